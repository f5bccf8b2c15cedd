"""`BatchJob`: many calls through the Batch API, from their bodies to their typed answers."""

from __future__ import annotations

import logging
import math
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
from anyio import to_thread
from typing_extensions import Self

from .._config import read_seconds
from .._json import is_array, is_object
from .._request import RequestOptions
from ..errors import APITimeoutError, BatchFailedError, NotFoundError
from ..types.batches import Batch
from ._batch_calls import ENDS, BatchCalls
from ._batch_files import BatchRequests, Lines, write_answered, write_requests
from ._batch_results import BatchResult, read_result, type_of

if TYPE_CHECKING:
    from .._client import AsyncClient

__all__ = ["BatchJob", "Plan"]

logger = logging.getLogger("openai_async")

T = TypeVar("T")
R = TypeVar("R")

DEADLINE = 25 * 3600.0
"""Seconds: the window of 24 hours, and an hour more, so that an expired batch is seen to be one."""


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
        self.begun = False
        """Whether the requests are being written, and can't be read again."""
        self.written = False
        self.file_id: str | None = None
        """The file's, once the server has it."""


class BatchJob(AsyncIterator[BatchResult[T]], Generic[T]):
    """A batch: an async iterator over its results, in the order of the requests, and an async
    context manager.

    It begins when it is first waited for. Leaving it ends the waiting, not the batch, which goes on
    at the server: `client.batches.results(job.batch.id)` picks it up again, in another process too.
    After an error or a cancellation, waiting again goes on where it was.
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
        self._config = client.config
        self._calls = BatchCalls(client, options)
        self._plan = plan
        self._into = into
        self._progress = progress
        self._interval = read_seconds("poll_interval", poll_interval)
        self._deadline = read_seconds("deadline", options.get("deadline", DEADLINE))
        self._expires: float | None = None
        self._folder: Path | None = None
        self._results: _Results | None = None
        self._let_go: list[weakref.finalize[Any, Any]] = []
        self._closed = False
        self._lock: anyio.Lock | None = None
        self.batch: Batch | None = None
        """The batch as it was last seen; None before it is begun."""

    async def submit(self) -> Batch:
        """Write the requests to a file, upload it, and begin the batch, if that was not done yet.

        Raises `ConfigurationError` for requests that can't be sent; none has been sent then.
        """
        async with self._one_at_a_time():
            if self.batch is None:
                if isinstance(self._plan, str):
                    self.batch = await self._in_time(self._calls.look, self._plan)
                else:
                    self.batch = await self._in_time(self._submit, self._plan)
            return self.batch

    def _one_at_a_time(self) -> anyio.Lock:
        """What several tasks may ask for is done by the first of them: a second batch would cost as
        much again."""
        self._lock = self._lock or anyio.Lock()  # made on the loop that it is for
        return self._lock

    async def wait(self) -> Batch:
        """Wait until the batch is over. Raises `BatchFailedError` where it was refused as a whole,
        and `APITimeoutError` at the deadline."""
        batch = await self.submit()
        if batch.status not in ENDS:
            batch = await self._in_time(self._calls.wait, batch.id, self._interval, self._see)
        if batch.status == "failed":
            raise BatchFailedError(_why(batch), batch)
        return batch

    async def cancel(self) -> Batch:
        """Have the server begin no more lines; those that are answered are among the results."""
        batch = await self.submit()
        self.batch = await self._calls.cancel(batch.id)
        return self.batch

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BatchResult[T]:
        """The next result; the first comes when the batch is over. Raises what `wait` does."""
        if self._closed:
            raise StopAsyncIteration
        if self._results is None:
            batch = await self.wait()
            async with self._one_at_a_time():
                self._results = self._results or await self._open(batch)
        ready = self._results.ready
        if ready:
            return ready.popleft()
        async with self._one_at_a_time():
            if not ready and not self._closed:
                await to_thread.run_sync(self._results.read)
            if ready:
                return ready.popleft()
            if not self._closed:
                self._results.finish()
                await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Let go of the files on this machine; no more results come. The batch itself goes on."""
        self._closed = True
        while self._let_go:
            self._let_go.pop()()

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

    async def _submit(self, plan: Plan) -> Batch:
        path = self._in_folder("requests.jsonl")
        if not plan.written:
            if plan.begun:
                raise RuntimeError("this job ended while it read its requests")
            plan.begun = True
            with path.open("wb") as file:
                endpoint = plan.create["endpoint"]
                await write_requests(plan.requests, file, endpoint, plan.defaults)
            plan.written = True
        if plan.file_id is None:
            plan.file_id = await self._calls.upload(path)
        return await self._calls.create(plan.create, plan.file_id)

    def _see(self, batch: Batch) -> None:
        self.batch = batch
        if self._progress is not None:
            self._progress(batch)

    async def _open(self, batch: Batch) -> _Results:
        """Fetch the files that aren't here."""
        paths = [self._in_folder("requests.jsonl")]
        sources = {paths[0]: batch.input_file_id}
        for kind, file_id in (("output", batch.output_file_id), ("error", batch.error_file_id)):
            if file_id:
                paths.append(self._in_folder(f"{kind}.jsonl"))
                sources[paths[-1]] = file_id
        gone = False
        for path, file_id in sources.items():
            if not path.exists():
                try:
                    await self._in_time(self._calls.download, file_id, path)
                except NotFoundError:
                    if path != paths[0] or len(paths) == 1:
                        raise
                    gone = True
        if gone:
            logger.warning("batch %s: its requests are gone; results have no input", batch.id)
            await to_thread.run_sync(write_answered, paths[1:], paths[0])
        lines = await to_thread.run_sync(Lines, paths[0], paths[1:])
        self._let_go.append(weakref.finalize(self, lines.close))
        asked = None if isinstance(self._plan, str) else self._plan.create["endpoint"]
        endpoint = batch.endpoint or asked or ""
        into = type_of(endpoint) if self._into is None else self._into
        url = self._config.base_url + endpoint.removeprefix("/v1")
        return _Results(lines, batch, into, url, strict=self._config.strict_responses)

    def _in_folder(self, name: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="openai-async-batch-"))
            self._let_go.append(weakref.finalize(self, shutil.rmtree, self._folder, True))
        return self._folder / name

    async def _in_time(self, step: Callable[..., Awaitable[R]], *args: Any) -> R:
        """Do a step within the deadline, which is counted from the first."""
        if self._expires is None:
            self._expires = time.monotonic() + (self._deadline or math.inf)
        left = self._expires - time.monotonic()
        with anyio.move_on_after(None if left == math.inf else left):
            return await step(*args)
        error = APITimeoutError("the batch's deadline is over", phase="deadline")
        if self.batch is not None:
            again = f"client.batches.results({self.batch.id!r})"
            error.hints.append(f"it goes on at the server; {again} waits for it again")
        raise error


class _Results:
    """The results of a batch that is over, read in portions."""

    def __init__(self, lines: Lines, batch: Batch, into: Any, url: str, *, strict: bool) -> None:
        self.ready: deque[BatchResult[Any]] = deque()
        self._lines = lines
        self._batch = batch
        self._into = into
        self._url = url
        self._strict = strict
        self._count = 0
        self._lock = threading.Lock()

    def read(self) -> None:
        """Add a portion to those that are ready, in a thread: whoever waits for it may be cancelled,
        and nothing of it is lost."""
        with self._lock:
            for line in self._lines.portion():
                result = read_result(
                    self._count,
                    line,
                    self._into,
                    self._url,
                    self._batch.status,
                    strict=self._strict,
                )
                self.ready.append(result)
                self._count += 1

    def finish(self) -> None:
        """Tell of answers to what was not asked, and of those that are none."""
        if self._lines.unreadable:
            logger.warning(
                "batch %s: %d lines of its answers are no JSON objects",
                self._batch.id,
                self._lines.unreadable,
            )
        if self._lines.unasked:
            logger.warning(
                "batch %s: %d answers belong to none of its requests",
                self._batch.id,
                self._lines.unasked,
            )


def _why(batch: Batch) -> str:
    """What the server found wrong with a batch, in whatever form it tells it."""
    errors = batch.to_dict().get("errors")
    found: Any = errors.get("data") if is_object(errors) else errors
    told = found if is_array(found) else [found] if found else []
    more = f" (and {len(told) - 3} more)" if len(told) > 3 else ""
    why = "; ".join(map(_problem, told[:3])) or "the server gives no reason"
    return f"batch {batch.id} has failed: {why}{more}"


def _problem(told: Any) -> str:
    if not is_object(told):
        return str(told)
    line = f"line {told['line']}: " if told.get("line") is not None else ""
    return line + str(told.get("message") or told.get("code"))
