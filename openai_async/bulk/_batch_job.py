"""`BatchJob`: many calls through the Batch API, from their bodies to their typed answers."""

from __future__ import annotations

import logging
import math
import shutil
import tempfile
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
from anyio import to_thread
from typing_extensions import Self

from .._config import read_seconds
from .._poll import poll
from .._request import RequestOptions
from .._retry import RetryPolicy
from ..errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    BatchFailedError,
    InternalServerError,
)
from ..types.batches import Batch
from ._batch_files import BatchRequests, Lines, write_requests
from ._batch_results import BatchResult, read_result, type_of

if TYPE_CHECKING:
    from .._client import AsyncClient

__all__ = ["DEADLINE", "BatchJob", "Plan"]

logger = logging.getLogger("openai_async")

T = TypeVar("T")
R = TypeVar("R")

DEADLINE = 25 * 3600.0
"""Seconds: the window of 24 hours, and an hour more, so that an expired batch is seen to be one."""
INTERVAL = 10.0
"""Seconds between two looks at a batch, where the server doesn't say."""
LOOK_RETRIES = 75
"""How often a look is tried again: for about ten minutes, because a day is long."""
DOWNLOADS = 5
"""How often a file is downloaded, where its body is cut."""
ENDS = frozenset({"completed", "failed", "expired", "cancelled"})


class Plan:
    """What is to be sent: the requests, and how the batch is created."""

    def __init__(
        self, requests: BatchRequests, defaults: Mapping[str, Any], create: Mapping[str, Any]
    ) -> None:
        self.requests = requests
        self.defaults = defaults
        """Members of every body that doesn't have them."""
        self.create = create
        """Parameters of `batches.create`."""


class BatchJob(AsyncIterator[BatchResult[T]], Generic[T]):
    """A batch: an async iterator over its results, in the order of the requests, and an async
    context manager.

    It begins when it is first waited for. Leaving it ends the waiting, not the batch, which goes on
    at the server: `client.batches.results(job.batch.id)` picks it up again, in another process too.
    """

    def __init__(
        self,
        client: AsyncClient,
        plan: Plan | str,
        *,
        into: Any,
        progress: Callable[[Batch], object] | None,
        poll_interval: float | None,
        options: RequestOptions,
    ) -> None:
        """`plan` is what to send, or the id of a batch that was begun before."""
        self._client = client
        self._plan = plan
        self._into = into
        self._progress = progress
        self._interval = read_seconds("poll_interval", poll_interval)
        self._deadline = read_seconds("deadline", options.get("deadline", DEADLINE))
        options = {**options, "deadline": None}  # which is the whole's
        self._upload_progress: Any = options.pop("upload_progress", None)
        self._extra_body = options.pop("extra_body", {})
        self._options = options
        self._expires: float | None = None
        self._folder: Path | None = None
        self._clean_up: Callable[[], object] = lambda: None
        self._reading: AsyncGenerator[BatchResult[T], None] | None = None
        self.batch: Batch | None = None
        """The batch as it was last seen; None before it is begun."""

    async def submit(self) -> Batch:
        """Write the requests to a file, upload it, and begin the batch, if that was not done yet."""
        if self.batch is None:
            if isinstance(self._plan, str):
                self.batch = await self._in_time(self._client.batches.retrieve, self._plan)
            else:
                self.batch = await self._in_time(self._submit, self._plan)
        return self.batch

    async def wait(self) -> Batch:
        """Wait until the batch is over. Raises `BatchFailedError` where it was refused as a whole."""
        batch = await self.submit()
        if batch.status not in ENDS:
            batch = await self._in_time(self._poll, batch.id)
        if batch.status == "failed":
            raise BatchFailedError(_why(batch), batch)
        return batch

    async def cancel(self) -> Batch:
        """Have the server begin no more lines; those that are answered are among the results."""
        batch = await self.submit()
        self.batch = await self._client.batches.cancel(batch.id, **self._options)
        return self.batch

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BatchResult[T]:
        """The next result; the first comes when the batch is over.

        Raises `BatchFailedError`; `APITimeoutError` at the deadline; `ConfigurationError` for
        requests that can't be sent; and what the calls to the server raise.
        """
        if self._reading is None:
            self._reading = self._results()
        try:
            return await anext(self._reading)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Let go of the files on this machine. The batch goes on at the server."""
        if self._reading is None:
            self._reading = self._results()
        await self._reading.aclose()
        self._clean_up()

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    # The server's side

    async def _submit(self, plan: Plan) -> Batch:
        path = self._make_folder() / "requests.jsonl"
        with path.open("wb") as file:
            endpoint = plan.create["endpoint"]
            await write_requests(plan.requests, file, endpoint, plan.defaults)
        options: RequestOptions = {**self._options}
        if self._upload_progress is not None:
            options["upload_progress"] = self._upload_progress
        uploaded = await self._client.files.create(file=path, purpose="batch", **options)
        return await self._create({**plan.create, "input_file_id": uploaded.id})

    async def _create(self, asked: Mapping[str, Any]) -> Batch:
        """Begin the batch, once: where it isn't known whether it has begun, the server is asked for
        one that reads our file, because a second one would cost as much again."""
        policy = RetryPolicy()
        retries = self._options.get("max_retries", self._client.config.max_retries)
        params: Any = {**asked, **self._options, "extra_body": self._extra_body, "max_retries": 0}
        attempt = 0
        while True:
            try:
                return await self._client.batches.create(**params)
            except (APIConnectionError, APIResponseError, InternalServerError) as error:
                begun = await self._begun(asked["input_file_id"])
                if begun is not None:
                    return begun
                failure: APIError = error
            except APIStatusError as error:
                failure = error
            delay = _delay(policy, failure, attempt)
            if delay is None or attempt >= retries:
                raise failure
            await anyio.sleep(delay)
            attempt += 1

    async def _begun(self, file_id: str) -> Batch | None:
        page = await self._client.batches.list(limit=100, **self._options)
        return next((batch for batch in page.data if batch.input_file_id == file_id), None)

    async def _poll(self, batch_id: str) -> Batch:
        options: RequestOptions = {"max_retries": LOOK_RETRIES, **self._options}
        return await poll(
            self._client.batches.retrieve,
            batch_id,
            over=lambda batch: batch.status in ENDS,
            options=options,
            interval=self._interval,
            otherwise=INTERVAL,
            notify=self._see,
        )

    def _see(self, batch: Batch) -> None:
        self.batch = batch
        if self._progress is not None:
            self._progress(batch)

    async def _in_time(self, step: Callable[..., Awaitable[R]], *args: Any) -> R:
        """Do a step within the deadline, which begins with the first."""
        if self._expires is None:
            self._expires = time.monotonic() + (self._deadline or math.inf)
        left = self._expires - time.monotonic()
        with anyio.move_on_after(left if left < math.inf else None):
            return await step(*args)
        error = APITimeoutError("the batch's deadline is over", phase="deadline")
        if self.batch is not None:
            again = f"client.batches.results({self.batch.id!r})"
            error.hints.append(f"it goes on at the server; {again} waits for it again")
        raise error

    # The results

    async def _results(self) -> AsyncGenerator[BatchResult[T], None]:
        batch = await self.wait()
        requests, answers = await self._in_time(self._fetch, batch)
        lines = await to_thread.run_sync(Lines, requests, answers)
        index = 0
        try:
            into = type_of(batch.endpoint) if self._into is None else self._into
            while portion := await to_thread.run_sync(self._portion, lines, index, batch, into):
                for result in portion:
                    yield result
                index += len(portion)
            if lines.unasked:
                logger.warning(
                    "batch %s: %d answers belong to none of its requests", batch.id, lines.unasked
                )
        finally:
            lines.close()

    def _portion(self, lines: Lines, index: int, batch: Batch, into: Any) -> list[BatchResult[Any]]:
        config = self._client.config
        url = config.base_url + batch.endpoint.removeprefix("/v1")
        strict = config.strict_responses
        return [
            read_result(number, line, into, url, batch.status, strict=strict)
            for number, line in enumerate(lines.portion(), index)
        ]

    async def _fetch(self, batch: Batch) -> tuple[Path, list[Path]]:
        """The files, on this machine: the requests and what came of them."""
        folder = self._make_folder()
        requests = folder / "requests.jsonl"
        if not requests.exists():
            await self._download(batch.input_file_id, requests)
        answers: list[Path] = []
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                answers.append(folder / f"answers-{len(answers)}.jsonl")
                await self._download(file_id, answers[-1])
        return requests, answers

    async def _download(self, file_id: str, path: Path) -> None:
        policy = RetryPolicy()
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
                delay = policy.delay(error, attempt)
            await anyio.sleep(delay or 0.0)

    def _make_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="openai-async-batch-"))
            self._clean_up = weakref.finalize(self, shutil.rmtree, self._folder, True)
        return self._folder


def _delay(policy: RetryPolicy, error: APIError, attempt: int) -> float | None:
    """How long to wait before the same is tried again; None where that is of no use."""
    if isinstance(error, APIStatusError):
        return policy.delay(error.response, attempt)
    return policy.delay(error, attempt) if isinstance(error, APIConnectionError) else None


def _why(batch: Batch) -> str:
    """What the server found wrong with a batch."""
    found = (batch.errors.data if batch.errors is not None else None) or []
    told = [
        (f"line {one.line}: " if one.line is not None else "") + str(one.message or one.code)
        for one in found[:3]
    ]
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return f"batch {batch.id} has failed: {'; '.join(told) or 'the server says no reason'}{more}"
