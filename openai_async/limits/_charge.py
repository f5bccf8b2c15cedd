"""What a call is charged in tokens, which is seldom what it was estimated at."""

from __future__ import annotations

from typing import NamedTuple

from ._headers import Quota

__all__ = ["Charge"]

UPWARDS, DOWNWARDS = 1.0, 0.2
"""How fast estimates follow what is charged: too low is a refusal, too high a moment's wait."""
SAMPLE = 4
"""Calls over which the server's charge is compared: what is left is told in whole numbers."""
MOST_BIAS = 64.0
MOST_AT_ONCE = 16.0
"""How many times as much one comparison may make it."""
SAFETY = 1.02
"""Taken beyond what is charged: else each call would come at the very moment at which it just fits."""


class _Account(NamedTuple):
    """What a server said was left, and what had been taken by then."""

    at: float
    quota: Quota
    spent: float


class Charge:
    """How many times its estimate a call is charged."""

    def __init__(self) -> None:
        self._bias = 1.0
        self._last: _Account | None = None

    def of(self, estimate: float) -> float:
        """Tokens to take for a call."""
        return estimate * self._bias * SAFETY

    def use(self, used: float, estimate: float) -> None:
        """A call has told what it used; it is all that is known, where the server tells no limit."""
        if estimate > 0:
            # Answers shorter than they might have been say nothing of the next ones.
            self._follow(max(1.0, used / estimate))

    def refuse(self, tokens: float, quota: Quota) -> None:
        """A call was refused for which so many were taken."""
        if 0 < tokens <= quota.remaining < quota.limit / 2:
            self._follow(1.5 * self._bias)  # there was enough, by our count

    def compare(self, quota: Quota, spent: float, tokens: float, rate: float, now: float) -> None:
        """See what is charged over some calls: by what is left, when so many were `spent` in all, and
        so many a second come back. `tokens` were taken for the last one."""
        last, this = self._last, _Account(now, quota, spent)
        if last is None or last.quota.limit != quota.limit:
            self._last = this
        elif (taken := spent - last.spent) >= SAMPLE * tokens > 0:
            charged = last.quota.remaining - quota.remaining + rate * (now - last.at)
            if charged > 0 and quota.remaining < quota.limit - 1:  # of a full one, nothing is seen
                self._follow(self._bias * min(SAFETY * charged / taken, MOST_AT_ONCE))
            self._last = this

    def _follow(self, bias: float) -> None:
        share = UPWARDS if bias > self._bias else DOWNWARDS
        bias = self._bias + (bias - self._bias) * share
        self._bias = min(max(bias, 1 / MOST_BIAS), MOST_BIAS)
