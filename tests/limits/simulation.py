"""Servers with limits, and a crowd of callers, in time that is only counted."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from openai_async.limits._headers import Quota
from openai_async.limits._lane import Lane

After = Literal["seconds", "milliseconds"] | None
"""How a refusal says when to come again: in whole seconds, rounded up, as most do."""

QUICK = 0.005
"""Seconds of the way to a server of concurrent calls, and of its refusal's way back."""


class Verdict(NamedTuple):
    accepted: bool
    quota: Quota | None
    retry_after: float | None


@dataclass
class Server:
    """Allows `limit` calls in each `period`, counted in one of three ways, or `concurrent` ones at a
    time; `changes` are new limits, each from an instant on."""

    limit: float
    kind: Literal["bucket", "fixed", "sliding", "concurrent"] = "bucket"
    period: float = 1.0
    tells: bool = False
    after: After = None
    changes: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        self._changes = deque(self.changes)
        self._level, self._at = self.limit, 0.0
        self._window, self._count = -1, 0
        self._log: deque[float] = deque()
        self._busy = 0

    def ask(self, now: float) -> Verdict:
        while self._changes and now >= self._changes[0][0]:
            self._refill(self._changes[0][0])
            self.limit = self._changes.popleft()[1]
        accepted, left, reset, wait = getattr(self, f"_{self.kind}")(now)
        quota = Quota(self.limit, math.floor(left), math.ceil(reset * 1e3) / 1e3, exact=True)
        told = {"seconds": math.ceil(wait), "milliseconds": math.ceil(wait * 1e3) / 1e3, None: None}
        return Verdict(
            accepted, quota if self.tells else None, None if accepted else told[self.after]
        )

    def _refill(self, now: float) -> None:
        rate = self.limit / self.period
        self._level = min(self.limit, self._level + (now - self._at) * rate)
        self._at = now

    def _bucket(self, now: float) -> tuple[bool, float, float, float]:
        self._refill(now)
        rate = self.limit / self.period
        accepted = self._level >= 1
        self._level -= accepted
        return (
            accepted,
            self._level,
            (self.limit - self._level) / rate,
            max(0.0, 1 - self._level) / rate,
        )

    def _fixed(self, now: float) -> tuple[bool, float, float, float]:
        window = int(now / self.period)
        if window != self._window:
            self._window, self._count = window, 0
        accepted = self._count < self.limit
        self._count += accepted
        left = (window + 1) * self.period - now
        return accepted, self.limit - self._count, left, left

    def _sliding(self, now: float) -> tuple[bool, float, float, float]:
        while self._log and self._log[0] <= now - self.period:
            self._log.popleft()
        accepted = len(self._log) < self.limit
        if accepted:
            self._log.append(now)
        left = self._log[0] + self.period - now
        return accepted, self.limit - len(self._log), left, left

    def _concurrent(self, _now: float) -> tuple[bool, float, float, float]:
        accepted = self._busy < self.limit
        self._busy += accepted
        return accepted, 0.0, 0.0, self.period

    def leave(self) -> None:
        """One that was accepted has its answer."""
        self._busy -= 1


@dataclass
class Outcome:
    seconds: float
    sent: int
    refused: int
    most_refused: int
    """How often the unluckiest call was refused."""
    most_in_flight: int


def crowd(
    server: Server | None,
    calls: int,
    latency: Callable[[], float],
    *,
    lane: Lane | None = None,
    work: float = 0.0,
    begins: float = 0.0,
) -> Outcome:
    """So many calls at once, at the instant `begins`, against a server; None allows everything.
    `work` is how many seconds a call keeps the server from others."""
    return _Crowd(server, calls, latency, lane or Lane(), work, begins).run()


class _Crowd:
    def __init__(
        self,
        server: Server | None,
        calls: int,
        latency: Any,
        lane: Lane,
        work: float,
        begins: float,
    ) -> None:
        self._server = server
        self._is_concurrent = server is not None and server.kind == "concurrent"
        self._latency = latency
        self._lane = lane
        self._work = work
        self._began = self._now = begins
        self._busy_until = 0.0
        self._waiting = deque(range(calls))
        self._again: deque[int] = deque()
        self._refusals = [0] * calls
        self._left = calls
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers: Iterator[int] = itertools.count()
        self._outcome = Outcome(0.0, 0, 0, 0, 0)

    def run(self) -> Outcome:
        while self._left:
            wait = self._send()
            due = self._events[0][0] if self._events else math.inf
            if self._now + wait < due:
                self._now += wait + 1e-6
                continue
            self._now, _, happen = heapq.heappop(self._events)
            happen()
            assert self._now - self._began < 1000, "it takes for ever"
        self._outcome.seconds = self._now - self._began
        self._outcome.most_refused = max(self._refusals)
        return self._outcome

    def _at(self, instant: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (instant, next(self._numbers), happen))

    def _send(self) -> float:
        """Send what may be sent; seconds until more may."""
        while line := self._again or self._waiting:
            wait = self._lane.wait(0.0, self._now)
            if wait > 0:
                return wait
            call, ticket = line.popleft(), self._lane.begin(0.0, self._now)
            self._outcome.sent += 1
            self._outcome.most_in_flight = max(self._outcome.most_in_flight, self._lane.in_flight)
            self._at(
                self._now + (QUICK if self._is_concurrent else self._latency() / 2),
                lambda call=call, ticket=ticket: self._arrive(call, ticket),
            )
        return math.inf

    def _arrive(self, call: int, ticket: Any) -> None:
        verdict = Verdict(True, None, None) if self._server is None else self._server.ask(self._now)
        self._busy_until = max(self._busy_until, self._now) + self._work
        back = (self._busy_until if self._work else self._now) + self._latency() / 2
        if self._is_concurrent:
            back = self._now + (self._latency() if verdict.accepted else QUICK)
        self._at(back, lambda: self._hear(call, ticket, verdict))

    def _hear(self, call: int, ticket: Any, verdict: Verdict) -> None:
        quota = verdict.quota
        told = quota if type(quota) is tuple else (quota, None)
        if verdict.accepted:
            if self._is_concurrent and self._server:
                self._server.leave()
            self._left -= 1
            waiting = bool(self._waiting or self._again)
            self._lane.accept(ticket, told, None, waiting=waiting, now=self._now)
        else:
            self._outcome.refused += 1
            self._refusals[call] += 1
            self._again.append(call)
            self._lane.refuse(ticket, told, verdict.retry_after, self._now)


def steady(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def between(least: float, most: float, seed: int = 1) -> Callable[[], float]:
    rng = random.Random(seed)
    return lambda: rng.uniform(least, most)
