"""What is left of one limit: a model of the server's own account, put right by its answers."""

from __future__ import annotations

import math

from ._headers import Quota

__all__ = ["Meter"]

MINUTE = 60.0
TIMER = 0.02
"""Seconds by which a timer may be late: what comes back meanwhile is not lost."""
ROUNDING = 1.0
"""What is left is told in whole units, rounded down."""
SURE = 2
"""So many times in a row the reset must have stood still: a server that is wrongly believed to give
back all at once would be waited for until it has given back all."""


class Meter:
    """Units (requests, tokens) that may still be used, and how they come back.

    Two kinds of servers are about: those that give back continuously, and those that give back all
    at once when a period ends. Which one it is shows in how the instant of the reset moves while
    units are used.
    """

    def __init__(self, limit: float, rate: float, level: float) -> None:
        self.limit = limit
        self.rate = rate
        """Units a second that come back."""
        self.resets_at = math.inf
        """When all is back, of a server that gives back all at once."""
        self.period = 0.0
        """Seconds: the longest time to a reset that was seen."""
        self.at_once = False
        self.is_given = False
        """Whether the user told it, and not the server."""
        self._level = level
        self._at = -math.inf
        self._used = 0.0  # at the last answer, and when it said that it would all be back
        self._full_at = math.nan
        self._fixed = 0

    @classmethod
    def given(cls, per_minute: float) -> Meter:
        """A limit that the user tells. Servers count in different ways; evenly spaced, calls are
        within what each of them allows, in any minute and in any second."""
        at_once = max(1.0, per_minute / MINUTE * TIMER)
        meter = cls(at_once, max(per_minute - at_once, per_minute / 2) / MINUTE, at_once)
        meter.is_given = True
        return meter

    @classmethod
    def told(cls, quota: Quota) -> Meter:
        """A limit that the server tells."""
        return cls(quota.limit, quota.limit / MINUTE, quota.remaining)

    def level(self, now: float) -> float:
        """Units that are left; below 0 where more was used than was there."""
        if self.at_once:
            if now >= self.resets_at:
                # The next answer tells the next reset; until then, one as far away as the last.
                self._level, self.resets_at = self.limit, now + self.period
        elif now > self._at:
            if self._at > -math.inf:
                self._level = min(self.limit, self._level + (now - self._at) * self.rate)
            self._at = now
        return self._level

    def wait(self, units: float, now: float) -> float:
        """Seconds until so many units are there; of more than the limit, until it is full."""
        missing = min(units, self.limit) - self.level(now)
        if missing <= 1e-9:
            return 0.0
        if self.at_once:
            return self.resets_at - now
        return missing / self.rate

    def take(self, units: float, now: float) -> None:
        """Use units, also such as are not there. Less than 0 gives back."""
        self._level = min(self.limit, self.level(now) - units)

    def learn(
        self, quota: Quota, *, later: float, in_flight: float, age: float, now: float
    ) -> None:
        """Take in what an answer says.

        Of the units that are used by calls on their way, the server may have counted some already:
        all of them are `in_flight`, and those of calls that were sent after the answered one are
        `later`. `age` is how many seconds that one took: what came back since is not counted.
        """
        if quota.limit != self.limit:
            self._full_at, self.period = math.nan, 0.0
        self.limit = quota.limit
        if quota.reset is not None:
            self._learn_rate(quota, quota.reset, age, now)
        slack = 0.0 if self.at_once else min(age, 1.0) * self.rate
        least, most = quota.remaining - in_flight, quota.remaining - later + ROUNDING + slack
        self._level = min(max(self.level(now), least), max(most, least), self.limit)

    def _learn_rate(self, quota: Quota, reset: float, age: float, now: float) -> None:
        self.resets_at = full_at = now + reset
        self.period = max(self.period, reset)
        used = quota.limit - quota.remaining
        if not reset or used < 1:
            return
        error = 0.005 if quota.exact else 1.0
        if reset > error:
            # At the end of a period that gives back all at once, this would be anything.
            self.rate = min(used / reset, quota.limit / self.period)
        moved, more = full_at - self._full_at, used - self._used
        expected = more * reset / used  # if each unit had to be waited for
        if math.isnan(self._full_at) or more < 0:
            self._used, self._full_at, self._fixed = used, full_at, 0
        elif expected > 4 * (error + age):
            self._used, self._full_at = used, full_at
            self._fixed = self._fixed + 1 if moved < expected / 3 else 0
        self.at_once = self._fixed >= SURE
