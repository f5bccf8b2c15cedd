"""Waiting for what a server works on: look, wait, look again, until it is over or the time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import anyio

from ._config import read_seconds
from ._request import RequestOptions
from ._response import raw
from .errors import APITimeoutError, ConfigurationError

__all__ = ["POLL_DEADLINE", "interval_of", "poll", "told"]

T = TypeVar("T")

POLL_DEADLINE = 1800.0
"""Seconds that a wait takes at the longest, where the caller says nothing."""
INTERVAL = 1.0
SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.01, 60.0
"""Within these the server may say when to look again."""
INTERVAL_HEADER = "openai-poll-after-ms"


async def poll(
    look: Callable[..., Awaitable[T]],
    *ids: str,
    over: Callable[[T], bool],
    options: RequestOptions,
    interval: float | None = None,
    otherwise: float = INTERVAL,
    notify: Callable[[T], None] | None = None,
) -> T:
    """Call `look(*ids, **options)` until what it gives is `over`; give that.

    Args:
        look: A method of a resource, such as `client.files.retrieve`.
        ids: Its positional arguments.
        over: Whether there is nothing more to wait for.
        options: Of each call; its `deadline` is the whole wait's, `POLL_DEADLINE` by default.
        interval: Seconds between two looks; `poll_interval` in errors. Default: what the server says
            in its header `openai-poll-after-ms`.
        otherwise: Seconds between two looks where neither says anything.
        notify: Called with each state that was seen.

    Raises `APITimeoutError` (phase `deadline`) when the time is up, and what `look` raises.
    """
    deadline = read_seconds("deadline", options.get("deadline", POLL_DEADLINE))
    expires = math.inf if deadline is None else time.monotonic() + deadline
    pause = read_seconds("poll_interval", interval)
    while True:
        left = expires - time.monotonic()
        if left <= 0:
            raise _too_late(deadline, ids)
        bound: RequestOptions = {**options, "deadline": None if left == math.inf else left}
        seen = await raw(look)(*ids, **bound)
        if notify is not None:
            notify(seen.value)
        if over(seen.value):
            return seen.value
        wait = pause or told(seen.headers) or otherwise
        if time.monotonic() + wait >= expires:
            raise _too_late(deadline, ids)
        await anyio.sleep(wait)


def _too_late(deadline: float | None, ids: Sequence[str]) -> APITimeoutError:
    seconds = round(deadline or 0.0, 3)  # what is left of the caller's may be an odd number
    what = f"{ids[0] if ids else 'it'} is not finished within {seconds:g} seconds"
    return APITimeoutError(f"{what}: the deadline is over", phase="deadline")


def told(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the server says them in milliseconds, within reason; None where it
    doesn't."""
    try:
        said = float(headers.get(INTERVAL_HEADER, "")) / 1000
    except ValueError:
        return None
    return min(max(said, SHORTEST_INTERVAL), LONGEST_INTERVAL) if said > 0 else None


def interval_of(poll_interval_ms: float | None) -> float | None:
    """The seconds that a caller wants between two looks, in milliseconds; None where he doesn't say.

    Raises `ConfigurationError`: for methods that first do something else, before they do it.
    """
    if poll_interval_ms is None:
        return None
    if isinstance(poll_interval_ms, (int, float)) and poll_interval_ms > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        return poll_interval_ms / 1000
    raise ConfigurationError(
        f"poll_interval_ms must be a number of milliseconds above 0, not {poll_interval_ms!r}"
    )
