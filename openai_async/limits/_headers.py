"""What a server tells of its limits: `x-ratelimit-*`."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Quota", "quotas"]


class Quota(NamedTuple):
    """One limit, as told with an answer."""

    limit: float
    remaining: float
    reset: float | None
    """Seconds until all of it is there again; None where nothing is said."""
    exact: bool
    """Whether `reset` was told in milliseconds rather than whole seconds."""


LONGEST = 400 * 86400.0
"""Seconds to a reset: more than a year makes no sense."""
_PREFIX = b"x-ratelimit-"
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def quotas(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Quota | None, Quota | None]:
    """The limits of (requests, tokens) in raw headers; None for one that isn't told, or makes no
    sense."""
    told: dict[bytes, bytes] | None = None
    for name, value in headers:
        # Nearly all headers end here, so that it must be cheap.
        if name[:1] in b"xX" and name[:12].lower() == _PREFIX:
            if told is None:
                told = {}
            told[name[12:].lower()] = value
    if told is None:
        return None, None
    return _quota(told, b"-requests") or _quota(told, b""), _quota(told, b"-tokens")


def _quota(told: dict[bytes, bytes], kind: bytes) -> Quota | None:
    limit = _number(told.get(b"limit" + kind))
    remaining = _number(told.get(b"remaining" + kind))
    if limit is None or remaining is None or limit < 1 or remaining < 0:
        return None
    reset, exact = _duration(told.get(b"reset" + kind))
    return Quota(limit, min(limit, remaining), reset, exact)


def _number(value: bytes | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _duration(value: bytes | None) -> tuple[float | None, bool]:
    """Seconds from `6m0s`, `12ms`, `1.5s`, a number of seconds, or an instant since the epoch."""
    if (number := _number(value)) is not None:
        if number > 1e9:
            instant = number / 1000 if number > 1e11 else number  # some tell it in milliseconds
            number = instant - time.time()
        return _possible(max(0.0, number)), not number.is_integer()
    text = (value or b"").decode("latin-1").strip()
    parts = _PART.findall(text)
    if not parts or "".join(amount + unit for amount, unit in parts) != text:
        return None, False
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    return _possible(seconds), parts[-1][1] == "ms" or "." in parts[-1][0]


def _possible(seconds: float) -> float | None:
    return seconds if seconds <= LONGEST else None
