"""Following a modern job: its events have ids, and are asked for page by page."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

import anyio
from typing_extensions import Self

from .._config import read_seconds
from .._pagination import Page
from .._poll import INTERVAL_HEADER, LONGEST_INTERVAL
from .._request import RequestOptions
from .._response import raw
from .._retry import RetryPolicy
from ..errors import APIConnectionError, APIStatusError
from ..types.fine_tuning import FineTuningJob, FineTuningJobEvent
from ._rounds import Rounds, may_pass

if TYPE_CHECKING:
    from .fine_tuning import Jobs

__all__ = ["FollowedJob"]

FINISHED = frozenset({"succeeded", "failed", "cancelled"})
PAGE = 100
"""Events that are asked for at once: what comes in late, behind what is known, is found there."""


class FollowedJob(AsyncIterator[FineTuningJobEvent]):
    """The events of a job, each once and oldest first; ends when the job has.

    Between two events nothing is open. `async with`, or `aclose()`, is for those who leave it in
    the hands of others: nothing more is asked then.
    """

    def __init__(
        self,
        jobs: Jobs,
        fine_tuning_job_id: str,
        policy: RetryPolicy,
        max_failures: int,
        poll_interval_ms: int | None,
        options: RequestOptions,
    ) -> None:
        self.job: FineTuningJob | None = None
        """The job as it was seen last; None before it was looked at."""
        self._jobs = jobs
        self._id = fine_tuning_job_id
        self._rounds = Rounds(policy, max_failures, options)
        interval = None if poll_interval_ms is None else poll_interval_ms / 1000
        self._interval = read_seconds("poll_interval_ms", interval)
        self._seen: set[str] = set()
        self._ready: deque[FineTuningJobEvent] = deque()
        self._outcome: tuple[APIConnectionError | APIStatusError | None, float | None, bool] | None
        self._outcome = None
        """Of the last round: what failed, how long to wait, whether something was new."""
        self._due = 0.0
        """When the next round is, on `time.monotonic`'s clock."""
        self._finished = False

    # No generator: one that is cancelled while it waits would be over, as if the job were.

    async def __anext__(self) -> FineTuningJobEvent:
        while not self._ready:
            if self._finished:
                raise StopAsyncIteration
            if self._outcome is not None:  # what came before an error was given before
                error, told, progressed = self._outcome
                self._outcome = None
                delay = self._rounds.delay(error, progressed=progressed, told=told)
                self._due = time.monotonic() + delay
            await anyio.sleep(max(0.0, self._due - time.monotonic()))
            await self._round()
        return self._ready.popleft()

    async def _round(self) -> None:
        """Ask for what is new."""
        error: APIConnectionError | APIStatusError | None = None
        told = self._interval
        try:
            # First the job, then its events: those of a job that had finished are all there.
            look = await raw(self._jobs.retrieve)(self._id, **self._rounds.call_options())
            new = await self._new()
        except (APIConnectionError, APIStatusError) as failure:
            if not may_pass(failure):
                raise
            error = failure
        else:
            self.job = look.value
            self._finished = look.value.status in FINISHED
            self._seen |= new.keys()
            self._ready.extend(reversed(new.values()))
            told = _told(look.headers.get(INTERVAL_HEADER)) if told is None else told
        self._outcome = error, told, bool(self._ready)

    async def _new(self) -> dict[str, FineTuningJobEvent]:
        """What has not been given yet, newest first; all of it or, by an error, nothing."""
        new: dict[str, FineTuningJobEvent] = {}
        options = self._rounds.call_options()
        page: Page[FineTuningJobEvent] | None
        page = await self._jobs.list_events(self._id, limit=PAGE, **options)
        while page is not None:
            fresh = {_key(event): event for event in page.data if _key(event) not in self._seen}
            new.update(fresh)
            page = None if len(fresh) < len(page.data) else await page.get_next_page()
        return new

    async def aclose(self) -> None:
        """Ask no more."""
        self._finished = True
        self._ready.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _key(event: FineTuningJobEvent) -> str:
    """An event's id; where a server gives none, what else tells it from the others."""
    return event.id or f"{event.created_at} {event.message}"


def _told(header: str | None) -> float | None:
    """Seconds to wait, as the server says them in milliseconds; None where it doesn't."""
    try:
        told = float(header or "") / 1000
    except ValueError:
        return None
    return min(told, LONGEST_INTERVAL) if told > 0 else None
