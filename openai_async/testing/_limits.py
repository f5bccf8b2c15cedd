"""Rate limits: token buckets that refill continuously, and the headers that tell of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ._errors import ApiError

_UNLIMITED_REQUESTS = 10_000
_UNLIMITED_TOKENS = 2_000_000


@dataclass(frozen=True)
class RateLimit:
    """What a key may ask for; what is left out is not limited.

    A bucket holds what is allowed in its period, starts full and refills continuously: with
    `requests_per_minute=60` there is one more request each second, and a burst of 60 at first;
    with `requests_per_second=1` the same rate, and no burst.
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    requests_per_second: float | None = None


class Bucket:
    """A token bucket: `capacity` units, refilled at `rate` units a second."""

    def __init__(self, capacity: float, rate: float) -> None:
        self.capacity = capacity
        self.rate = rate
        self._level = capacity
        self._at = -math.inf

    def level(self, now: float) -> float:
        """What is in it."""
        gained = 0.0 if self._at == -math.inf else max(0.0, now - self._at) * self.rate
        self._level, self._at = min(self.capacity, self._level + gained), max(now, self._at)
        return self._level

    def wait(self, units: float, now: float) -> float:
        """Seconds until `units` are there (a bucket that is too small for them counts when full)."""
        return max(0.0, (min(units, self.capacity) - self.level(now)) / self.rate)

    def take(self, units: float, now: float) -> None:
        """Take units out; never below empty."""
        self._level = max(0.0, self.level(now) - units)

    def full_in(self, now: float) -> float:
        """Seconds until it is full again."""
        return (self.capacity - self.level(now)) / self.rate


class Limiter:
    """The buckets of one server. Without a limit the headers are sent all the same."""

    def __init__(self, limit: RateLimit | None) -> None:
        limit = limit or RateLimit()
        self._requests: list[tuple[Bucket, bool]] = []
        for amount, period in ((limit.requests_per_second, 1), (limit.requests_per_minute, 60)):
            if amount is not None:
                self._requests.append((Bucket(max(1.0, amount), amount / period), True))
        if not self._requests:
            bucket = Bucket(_UNLIMITED_REQUESTS, _UNLIMITED_REQUESTS / 60)
            self._requests.append((bucket, False))
        tokens = limit.tokens_per_minute
        capacity = _UNLIMITED_TOKENS if tokens is None else max(1.0, tokens)
        self._tokens = (Bucket(capacity, capacity / 60), tokens is not None)

    def admit(self, tokens: int, now: float) -> None:
        """Count one call of about so many tokens, or refuse it with a 429."""
        asked = [(bucket, enforced, 1, "requests") for bucket, enforced in self._requests]
        asked.append((*self._tokens, tokens, "tokens"))
        for bucket, enforced, units, kind in asked:
            if enforced and (seconds := bucket.wait(units, now)) > 0:
                raise too_many(kind, seconds, limit=bucket.capacity, requested=units)
        for bucket, _, units, _ in asked:
            bucket.take(units, now)

    def headers(self, now: float) -> dict[str, str]:
        """`x-ratelimit-*`: of several request limits the one with the least left."""
        requests = min((bucket for bucket, _ in self._requests), key=lambda b: b.level(now))
        named = {"requests": requests, "tokens": self._tokens[0]}
        return {
            f"x-ratelimit-{what}-{kind}": value
            for kind, bucket in named.items()
            for what, value in (
                ("limit", str(int(bucket.capacity))),
                ("remaining", str(int(bucket.level(now)))),
                ("reset", duration(bucket.full_in(now))),
            )
        }


def too_many(kind: str, seconds: float, *, limit: float, requested: int) -> ApiError:
    """429 `rate_limit_exceeded`, with the time to wait in the headers and in the message."""
    short = "RPM" if kind == "requests" else "TPM"
    return ApiError(
        429,
        f"Rate limit reached on {kind} per min ({short}): Limit {limit:g}, Requested {requested}. "
        f"Please try again in {duration(seconds)}.",
        type=kind,
        code="rate_limit_exceeded",
        headers=retry_headers(seconds),
    )


def retry_headers(seconds: float) -> dict[str, str]:
    """`retry-after` in whole seconds, rounded up, and `retry-after-ms`."""
    return {
        "retry-after": str(math.ceil(seconds)),
        "retry-after-ms": str(math.ceil(seconds * 1000)),
    }


def duration(seconds: float) -> str:
    """As the API writes it: `6ms`, `1.5s`, `6m0s`, `1h0m0s`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    if seconds < 60:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s"
