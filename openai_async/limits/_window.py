"""How many calls may be on their way to a server whose limits are not known."""

from __future__ import annotations

__all__ = ["Window"]

START = 8.0
GROWTH = 0.2
"""For each answer: a burst must not be far past a limit by the time that it is refused."""
BOLD_GROWTH = 0.5
"""The same once a hundred have come without a refusal."""
ASSURED = 100
CAUTION = 0.9
LEAST = 16.0
"""Slowness alone takes no more than this away."""
OPENING = 50.0
"""Calls that are let out in the first second in which nothing comes back; doubled each second."""
SILENCE = 0.1
"""Seconds without an answer, after which time itself opens the window."""


class Window:
    """Additive increase, multiplicative decrease where more calls at a time take longer each and are
    no faster together. What comes of refusals is `Pace`'s.

    A server that takes long to answer is not punished for it: while nothing comes back, time opens
    the window.
    """

    def __init__(self) -> None:
        self.size = START
        self._calm = True  # nothing has ever been wrong
        self._heard_at: float | None = None  # when something came back last, or the first was sent
        self._opened_at = 0.0
        self._answers = 0
        self._count = 0  # since the last judgement, as are the others
        self._enough = LEAST
        self._total = 0.0
        self._began = 0.0
        self._best = float("inf")
        self._speed = 0.0

    def wait(self, in_flight: int, now: float) -> float:
        """Seconds until another call may go beside those; more may come back before."""
        if self._heard_at is None:
            self._heard_at = self._opened_at = self._began = now
        if in_flight + 1 <= self.size:
            return 0.0
        silent = now - self._heard_at - SILENCE
        if silent < 0:
            return -silent
        due = self._opened_at + 1 / (OPENING * 2 ** min(silent, 20.0))
        return max(0.0, due - now)

    def open(self, in_flight: int, now: float) -> None:
        """A call is sent: the window is as wide as what time has let out."""
        if in_flight + 1 > self.size:
            self._opened_at = now
            self.size = in_flight + 1.0

    def answer(self, took: float, waiting: bool, now: float) -> None:
        """A call was answered after so many seconds, while others had or had not to wait for it."""
        self._heard_at = now
        self._answers += 1
        self._count += 1
        self._total += took
        if waiting:  # a window that nobody fills says nothing of whether it is too small
            self.size += self._growth()
        if self._count >= self._enough:
            self._judge(waiting, now)

    def _growth(self) -> float:
        if not self._calm:
            return 1 / self.size
        return GROWTH if self._answers < ASSURED else BOLD_GROWTH

    def _judge(self, waiting: bool, now: float) -> None:
        mean, speed = self._total / self._count, self._count / max(now - self._began, 1e-9)
        if self._opened_at >= self._began:
            pass  # the answers so far are the quick ones of many that began together
        elif waiting and mean > 2 * self._best and speed < 1.1 * self._speed:
            self._calm = False
            self.size = max(min(self.size, LEAST), self.size * CAUTION)
        else:
            self._best = min(self._best * 1.01, mean)
        self._speed = speed
        self._count, self._total, self._began = 0, 0.0, now
        self._enough = max(LEAST, self.size)
