"""Following a modern job: its events have ids, and are asked for page by page."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio

from .._closing import Closing
from .._pagination import Page
from .._poll import interval_of, told
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


class FollowedJob(Closing, AsyncIterator[FineTuningJobEvent]):
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
        self._interval = interval_of(poll_interval_ms)
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
            if not self._finished:  # it may have been closed meanwhile
                await self._round()
        return self._ready.popleft()

    async def _round(self) -> None:
        """Ask for what is new."""
        error: APIConnectionError | APIStatusError | None = None
        pause = self._interval
        try:
            with self._rounds.in_time():  # a list may have any number of pages
                # First the job, then its events: those of a job that had finished are all there.
                look = await raw(self._jobs.retrieve)(self._id, **self._rounds.call_options())
                new = await self._new()
        except (APIConnectionError, APIStatusError) as failure:
            if not may_pass(failure):
                raise
            error = failure
        else:
            if self._finished:  # as above
                return
            self.job = look.value
            self._finished = look.value.status in FINISHED
            self._seen |= new.keys()
            self._ready.extend(reversed(new.values()))
            pause = pause or told(look.headers)
        self._outcome = error, pause, bool(self._ready)

    async def _new(self) -> dict[str, FineTuningJobEvent]:
        """What has not been given yet, newest first; all of it or, by an error, nothing."""
        new: dict[str, FineTuningJobEvent] = {}
        options = self._rounds.call_options()
        page: Page[FineTuningJobEvent] | None
        page = await self._jobs.list_events(self._id, limit=PAGE, **options)
        while page is not None:
            keys = [_key(event) for event in page.data]
            before = len(new)
            for key, event in zip(keys, page.data, strict=True):
                if key not in self._seen:
                    new.setdefault(key, event)
            # Behind what is known, and where a server repeats itself, there is nothing more.
            over = len(new) == before or not self._seen.isdisjoint(keys)
            page = None if over else await page.get_next_page()
        return new

    async def close(self) -> None:
        """Ask no more."""
        self._finished = True
        self._ready.clear()


def _key(event: FineTuningJobEvent) -> str:
    """An event's id; where a server gives none, what else tells it from the others."""
    return event.id or f"{event.created_at} {event.message}"
