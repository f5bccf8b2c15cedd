"""What a batch job asks of the server: each thing as often as it takes, a batch begun only once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from .._poll import poll
from .._request import RequestOptions
from .._retry import RetryPolicy
from ..errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    InternalServerError,
)
from ..types.batches import Batch

if TYPE_CHECKING:
    from .._client import AsyncClient

__all__ = ["ENDS", "BatchCalls"]

INTERVAL = 10.0
"""Seconds between two looks at a batch, where the server doesn't say."""
LOOK_RETRIES = 75
"""How often a look is tried again: for about ten minutes, because a day is long."""
DOWNLOADS = 5
"""How often a file is downloaded, where its body is cut."""
ENDS = frozenset({"completed", "failed", "expired", "cancelled"})


class BatchCalls:
    """The calls of one batch job, which bounds their time itself."""

    def __init__(self, client: AsyncClient, options: RequestOptions) -> None:
        options = {**options, "deadline": None}
        self._upload_progress: Any = options.pop("upload_progress", None)
        self._extra_body = options.pop("extra_body", {})
        self._options = options
        self._client = client
        self._policy = RetryPolicy()
        self._asked = False

    async def upload(self, path: Path) -> str:
        """The id of a file of requests, once the server has it."""
        options: RequestOptions = {**self._options}
        if self._upload_progress is not None:
            options["upload_progress"] = self._upload_progress
        return (await self._client.files.create(file=path, purpose="batch", **options)).id

    async def create(self, asked: Mapping[str, Any], file_id: str) -> Batch:
        """Begin a batch. Where it isn't known whether it has begun, the server is asked for one that
        reads this file, because a second one would cost as much again."""
        retries = self._options.get("max_retries", self._client.config.max_retries)
        params: Any = {**asked, "input_file_id": file_id, **self._options, "max_retries": 0}
        attempt = 0
        failure: APIError | None = None
        while True:
            try:
                begun = await self._begun(file_id) if self._asked else None
            except APIError as problem:
                if failure is None:
                    raise
                failure.hints.append("it may have begun: the list of batches could not be read")
                raise failure from problem
            if begun is not None:
                return begun
            self._asked = True
            try:
                return await self._client.batches.create(**params, extra_body=self._extra_body)
            except (APIConnectionError, APIResponseError, InternalServerError) as error:
                failure = error
            except APIStatusError as error:
                self._asked = False  # it was refused
                failure = error
            delay = self._delay(failure, attempt)
            if delay is None or attempt >= retries:
                raise failure
            await anyio.sleep(delay)
            attempt += 1

    async def _begun(self, file_id: str) -> Batch | None:
        page = await self._client.batches.list(limit=100, **self._options)
        return next((batch for batch in page.data if batch.input_file_id == file_id), None)

    def _delay(self, error: APIError, attempt: int) -> float | None:
        """How long to wait before the same is tried again; None where that is of no use."""
        if isinstance(error, APIStatusError):
            return self._policy.delay(error.response, attempt)
        if isinstance(error, APIConnectionError):
            return self._policy.delay(error, attempt)
        return self._policy.backoff(attempt)  # a 2xx that can't be read: it may have begun

    async def look(self, batch_id: str) -> Batch:
        """A batch, as it is now."""
        return await self._client.batches.retrieve(batch_id, **self._options)

    async def cancel(self, batch_id: str) -> Batch:
        """Cancel a batch."""
        return await self._client.batches.cancel(batch_id, **self._options)

    async def wait(
        self, batch_id: str, interval: float | None, notify: Callable[[Batch], None]
    ) -> Batch:
        """A batch, once it is over."""
        options: RequestOptions = {"max_retries": LOOK_RETRIES, **self._options}
        return await poll(
            self._client.batches.retrieve,
            batch_id,
            over=lambda batch: batch.status in ENDS,
            options=options,
            interval=interval,
            otherwise=INTERVAL,
            notify=notify,
        )

    async def download(self, file_id: str, path: Path) -> None:
        """Write a file's content to a path, whole or not at all."""
        attempt = 0
        while True:
            try:
                async with await self._client.files.content(file_id, **self._options) as body:
                    await body.write_to_file(path)
                return
            except APIConnectionError as error:  # cut in the middle, which no retry mends
                attempt += 1
                if attempt == DOWNLOADS:
                    raise
                delay = self._policy.delay(error, attempt)
            await anyio.sleep(delay or 0.0)
