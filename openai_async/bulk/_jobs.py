"""`Job`: what `bulk.map` and `create_many` give."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from .._closing import Closing
from ..errors import BulkError, ConfigurationError
from ._progress import Meter, Progress
from ._results import Result
from ._window import Window, Work

__all__ = ["Job", "start"]

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")


class Job(Closing, AsyncIterator[Result[I, T]], Generic[I, T]):
    """A bulk job: an async iterator over its results, and an async context manager.

    It begins with the first result that is asked for. Leaving `async with`, `aclose()`, cancellation,
    or dropping the object ends it: what is on its way is cancelled, what has come and was not given
    is lost, but for what is in the journal.
    """

    def __init__(self, window: Window[Any, Result[I, T]], meter: Meter) -> None:
        self._window = window
        self._meter = meter
        self._busy = False

    @property
    def progress(self) -> Progress:
        """How far the job is."""
        return self._meter.progress()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result[I, T]:
        """The next result: in the order of the items, or as they are ready.

        Raises, after the results before it, what ended the job: what the source of the items
        raised; `APITimeoutError` at the deadline; `BulkError` after so many failures;
        `JournalError`; an error that every further call would meet too, such as
        `AuthenticationError`, or the last one where the server stayed away for longer than
        `patience`. `RuntimeError` where another task is waiting for the same job, or where the job
        ended because an earlier wait for a result was cancelled.
        """
        if self._busy:
            raise RuntimeError("another task is reading this job; one task reads, and hands out")
        self._busy = True
        try:
            return await self._window.next()
        except BaseException as error:  # the end, too
            if not isinstance(error, Exception):
                self._window.cut_off = True
            await self._window.aclose()
            raise
        finally:
            self._busy = False

    async def aclose(self) -> None:
        """End the job. What has not been given is lost, but for what is in the journal."""
        await self._window.aclose()

    close = aclose

    def __del__(self) -> None:
        if hasattr(self, "_window"):
            self._window.drop()


def start(
    work: Work[Any, Result[Any, Any]],
    meter: Meter,
    *,
    ordered: bool,
    deadline: float | None,
    stop_after: int | None,
) -> Window[Any, Any]:
    """The window of a job. Raises `ConfigurationError` for bounds that can't be kept."""
    if deadline is not None and not deadline > 0:
        raise ConfigurationError(f"deadline must be more than 0 seconds, not {deadline!r}")
    if stop_after is not None and stop_after < 1:
        raise ConfigurationError(f"stop_after must be at least 1, not {stop_after!r}")

    def enough(meter: Meter) -> Exception | None:
        return None if stop_after is None or meter.failed < stop_after else failed(meter)

    return Window(work, meter, ordered=ordered, deadline=deadline, enough=enough)


def failed(meter: Meter) -> BulkError:
    """What is raised for a job that has failed items."""
    first = meter.first_failure
    told = "" if first is None else f"; the first, item {first.index}: {first.error}"
    error = BulkError(
        f"{meter.failed} of {meter.done} items failed{told}", done=meter.done, failed=meter.failed
    )
    error.__cause__ = None if first is None else first.error
    return error
