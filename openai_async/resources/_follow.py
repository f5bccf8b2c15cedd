"""Following a job: one sequence of events over as many connections as it takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from .._request import RequestOptions
from .._retry import RetryPolicy
from ..errors import APIConnectionError, APIStatusError, APITimeoutError
from ..types.fine_tunes import FineTuneEvent
from ._rounds import NEVER, Rounds, may_pass

if TYPE_CHECKING:
    from .fine_tunes import FineTunes

__all__ = ["Follower"]

FINISHED = frozenset({"succeeded", "failed", "cancelled"})
PROVEN_SECONDS = 30.0
"""A stream that was open for so long worked: proxies cut those that are silent for a minute."""


class Follower:
    """Follows one job; the state behind `FineTunes.follow`.

    Events have no ids, but the server begins each list and each stream with the job's first event.
    So how often each event was given is counted, and one is new only when a list or stream tells it
    more often than that: the same as skipping as many as were seen, and right even where a server
    leaves out old events, or tells two that are alike.
    """

    def __init__(
        self,
        jobs: FineTunes,
        fine_tune_id: str,
        policy: RetryPolicy,
        max_failures: int,
        options: RequestOptions,
    ) -> None:
        self._jobs = jobs
        self._id = fine_tune_id
        self._rounds = Rounds(policy, max_failures, options)
        self._given: Counter[tuple[int, str, str]] = Counter()
        self._finished = False
        self._opened_at = NEVER
        """When this round's stream was opened; NEVER where none is."""

    async def events(self) -> AsyncGenerator[FineTuneEvent, None]:
        """The events, each once; ends when the job has."""
        while not self._finished:
            before = self._given.total()
            self._opened_at = NEVER
            errors: list[APIConnectionError | APIStatusError] = []
            # What the end of a stream means is asked of the job: a server that shuts down may send
            # [DONE] too, and what happened after it is only in the list.
            for source in (self._streamed, self._rest):
                async with aclosing(self._new(source(), errors)) as events:
                    async for event in events:
                        yield event
            if not self._finished:
                error = errors[-1] if errors else None
                progressed = self._given.total() > before
                await anyio.sleep(self._rounds.delay(error, progressed=progressed))

    async def _streamed(self) -> AsyncGenerator[FineTuneEvent, None]:
        options = self._rounds.call_options()
        async with await self._jobs.list_events(self._id, stream=True, **options) as stream:
            self._opened_at = time.monotonic()
            async for event in stream:
                yield event

    async def _rest(self) -> AsyncGenerator[FineTuneEvent, None]:
        """All events, once the job has finished; before that, nothing."""
        self._opened_at = NEVER  # an error from here on is not the stream's
        job = await self._jobs.retrieve(self._id, **self._rounds.call_options())
        if job.status in FINISHED:
            listed = self._jobs.list_events(self._id, **self._rounds.call_options())
            with self._rounds.in_time():
                events = [event async for event in listed]
            for event in events:
                yield event
            self._finished = True

    async def _new(
        self,
        source: AsyncGenerator[FineTuneEvent, None],
        errors: list[APIConnectionError | APIStatusError],
    ) -> AsyncGenerator[FineTuneEvent, None]:
        """Of a source that begins with the job's first event, those that have not been given yet.

        An error that may pass ends it, and is added to `errors` if it counts as a failure.
        """
        told: Counter[tuple[int, str, str]] = Counter()
        async with aclosing(source):
            while True:
                try:
                    event = await anext(source)
                except StopAsyncIteration:
                    return
                except (APIConnectionError, APIStatusError) as error:
                    if not may_pass(error):
                        raise
                    if not self._was_merely_silent(error):
                        errors.append(error)
                    return
                key = (event.created_at, event.level, event.message)
                told[key] += 1
                if told[key] > self._given[key]:
                    self._given[key] += 1
                    yield event

    def _was_merely_silent(self, error: APIConnectionError | APIStatusError) -> bool:
        """Whether the stream was open, and nothing came of it because nothing happened."""
        if isinstance(error, APITimeoutError) and error.phase in ("idle", "read", "deadline"):
            return self._opened_at != NEVER
        return time.monotonic() - self._opened_at >= PROVEN_SECONDS
