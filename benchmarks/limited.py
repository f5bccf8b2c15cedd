"""A rate limit for the loopback server: as much at once as it allows in a second, then evenly."""

from __future__ import annotations

import json
import math
import time

__all__ = ["Limited"]

CHARACTERS_PER_TOKEN = 4


class Limited:
    """The limit of one run.

    `spec` is what is allowed in a second, `50`; with other amounts from some second on,
    `50,25@3,100@6`; in tokens, `t7500`, not in calls; and silent, `s50`, without headers that tell.
    """

    def __init__(self, spec: str) -> None:
        self.sent = 0
        self.refused = 0
        first, *later = spec.lstrip("st").split(",")
        self._kind = "tokens" if spec.startswith("t") else "requests"
        self._tells = not spec.startswith("s")
        self._rate = self._level = float(first)
        self._changes = [(float(at), float(rate)) for rate, at in (c.split("@") for c in later)]
        self._at = self._began = 0.0

    def ask(self, body: bytes) -> tuple[bool, bytes]:
        """Whether a call is allowed, and the headers that go with the answer."""
        now = time.monotonic()
        self._began = self._began or now
        self._refill(now)
        units = 1.0 if self._kind == "requests" else tokens(body)
        allowed = self._level >= units
        self.sent += 1
        self.refused += not allowed
        self._level -= units * allowed
        return allowed, self._headers() + (b"" if allowed else self._later(units))

    def _refill(self, now: float) -> None:
        while self._changes and now - self._began >= self._changes[0][0]:
            at, rate = self._changes.pop(0)
            self._gain(self._began + at)
            self._rate = rate
        self._gain(now)

    def _gain(self, now: float) -> None:
        gained = (now - self._at) * self._rate if self._at else 0.0
        self._level, self._at = min(self._rate, self._level + gained), now

    def _headers(self) -> bytes:
        if not self._tells:
            return b""
        reset = math.ceil((self._rate - self._level) / self._rate * 1000)
        told = {"limit": int(self._rate), "remaining": int(self._level), "reset": f"{reset}ms"}
        lines = (f"x-ratelimit-{name}-{self._kind}: {value}\r\n" for name, value in told.items())
        return "".join(lines).encode()

    def _later(self, units: float) -> bytes:
        return b"retry-after: %d\r\n" % math.ceil((units - self._level) / self._rate)

    def count(self) -> bytes:
        """What has come so far, as JSON."""
        return json.dumps({"sent": self.sent, "refused": self.refused}).encode()


def tokens(body: bytes) -> float:
    """What a call is charged: its text by length, and the longest answer that it asks for."""
    asked = json.loads(body).get("max_tokens") or 0
    return len(body) // CHARACTERS_PER_TOKEN + asked
