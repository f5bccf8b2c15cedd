"""How many calls a server bears at a time, for servers that refuse by number and not by rate."""

from __future__ import annotations

__all__ = ["Ceiling"]

HOLD = 30.0
"""Seconds without any answer, after which one more is tried: those on their way may be stuck."""
BORNE = 5
"""Rounds of answers that a number is kept before more is tried: a try may cost a refusal."""
LEAST_BORNE = 40
"""Answers: the same for a small number."""


class Ceiling:
    """None at all until refusals show one: a call that has waited is refused again, while calls from
    before the first refusal are still on their way. Those are what is in its way then, and it is
    their answers that are worth waiting for, rather than time.
    """

    def __init__(self) -> None:
        self.most: float | None = None
        """Calls on their way; None for any number."""
        self._older = 0  # on their way since before the last refusal
        self._refused_at = 0.0
        self._heard_at = 0.0
        self._borne = 0
        self._step = 1.0

    def land(self, sent_at: float) -> None:
        """A call is not on its way any more."""
        if sent_at <= self._refused_at and self._older:
            self._older -= 1

    def accept(self, in_flight: int, now: float) -> None:
        """A call was not refused; so many others are on their way."""
        self._heard_at = now
        if self.most is None or in_flight + 1 < self.most:
            return
        self._borne += 1
        if self._borne >= max(LEAST_BORNE, BORNE * self.most):
            self._raise()

    def refuse(self, in_flight: int, now: float, *, again: bool) -> bool:
        """A call was refused, after one wait or more of them (`again`), while so many others were on
        their way. Whether it was their number."""
        known = self.most is not None and in_flight + 1 >= self.most
        is_number = in_flight > 0 and (known or (again and self._older > 0))
        if is_number:
            self.most, self._borne, self._step = float(in_flight), 0, 1.0
        self._older, self._refused_at = in_flight, now
        self._heard_at = max(self._heard_at, now)
        return is_number

    def refuse_another(self, in_flight: int) -> None:
        """A call was refused that was on its way already when the last one was."""
        if self.most is not None:
            self.most = max(1.0, min(self.most, in_flight))

    def wait(self, in_flight: int, now: float) -> float:
        """Seconds until another call may go beside those; an answer may come before."""
        if self.most is None or in_flight < self.most:
            return 0.0
        return max(0.0, self._heard_at + HOLD - now)

    def take(self, in_flight: int, now: float) -> None:
        """A call is sent beside those."""
        if self.most is not None and in_flight >= self.most:
            self._heard_at = now
            self._raise()

    def _raise(self) -> None:
        self.most = (self.most or 0.0) + self._step
        self._borne, self._step = 0, 2 * self._step
