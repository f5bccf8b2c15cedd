"""A rate that is learnt from refusals alone, for servers that tell nothing of their limits."""

from __future__ import annotations

from collections import deque

__all__ = ["Pace"]

SECOND = 1.0
SLOWEST = 0.2
UNSURE = 5.0
"""The least rate after the first refusal: few calls before it may have been all that were to make."""
ROUNDING = 1.0
"""Seconds: what a server asks to wait is mostly told in whole ones, rounded up."""
FIRST = 0.96
CAUTION = 0.9
PLATEAU = 10.0
"""Seconds that a rate is kept which the server has just been seen to bear."""
RETURN = 3.0
"""The same where it has borne more before."""
DRIFT = 0.002
"""Growth in a second on the plateau."""
LATE = 0.05
"""Seconds by which a timer may be late."""
CURVE = 0.03
"""How fast the growth grows behind it: with the third power of the seconds."""


class Pace:
    """Calls a second: none at all before the first refusal; then what the server has accepted, kept
    for a while, then raised ever faster until it refuses again.

    The curve is that of TCP CUBIC. A probe that fails costs a refusal and a common wait, so that
    probing has to be rare where nothing has changed, and fast where much has. Only time in which the
    rate is used up counts: what nobody tried, the server has not been seen to bear.
    """

    def __init__(self) -> None:
        self.rate: float | None = None
        """Calls a second; None for any number."""
        self._accepted: deque[float] = deque()  # when calls were sent that were accepted, lately
        self._base = 0.0
        self._since = 0.0
        self._age = 0.0  # seconds since then in which the rate was used up
        self._grown_at = 0.0
        self._is_used_up = False  # the last call was sent as soon as it might
        self._plateau = PLATEAU
        self._best = 0.0
        self._next = 0.0

    def accept(self, sent_at: float) -> None:
        """A call was not refused."""
        accepted = self._accepted
        accepted.append(sent_at)
        while accepted[0] < sent_at - SECOND:
            accepted.popleft()

    def refuse(self, now: float, asked: float | None) -> None:
        """The server has refused, for the first time since it last accepted. It may have said how
        many seconds to wait."""
        least = SLOWEST
        lately = [at for at in self._accepted if at > now - SECOND]
        if self.rate is None:
            least = UNSURE
            # All of them came at once, perhaps, and are good for the time until it takes more.
            if asked and asked == int(asked):
                asked -= ROUNDING / 2
            rate = (
                FIRST * len(lately) / max(SECOND, now - min(lately, default=now) + (asked or 0.0))
            )
        elif not self._accepted or self._accepted[-1] < self._since:
            rate = self.rate  # none has been accepted since the last one: the wait was too short
        else:
            if now - self._since > SECOND:  # it was borne, for a while
                self._best = max(self._best, self.rate)
            rate = min(self.rate * CAUTION, max(float(len(lately)), self.rate / 2))
        self.rate = self._base = max(rate, least)
        self._plateau = RETURN if self._best > 1.2 * self.rate else PLATEAU

    def resume(self, at: float) -> None:
        """Calls go on at that instant."""
        self._since = self._next = self._grown_at = at
        self._age = 0.0

    def grow(self, now: float) -> None:
        """Raise the rate as its age allows."""
        if self.rate is None or now <= self._grown_at:
            return
        if self._is_used_up:
            # Longer without an answer is no use of it.
            self._age += min(now - self._grown_at, max(SECOND, 2 / self.rate))
        self._grown_at = now
        beyond = max(0.0, self._age - self._plateau)
        self.rate = self._base * (1 + DRIFT * self._age + CURVE * beyond**3)

    def wait(self, now: float) -> float:
        """Seconds until the next call's turn."""
        return 0.0 if self.rate is None else max(0.0, self._next - now)

    def take(self, now: float) -> None:
        """A call is sent."""
        if self.rate is not None:
            # What was missed is not caught up, but for a timer's lateness.
            self._is_used_up = self._next >= now - LATE
            self._next = max(self._next, now - LATE) + 1 / self.rate
