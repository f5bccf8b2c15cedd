"""The chain between a `Request` and the network."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import httpx

    from ._request import Request

__all__ = ["Middleware", "Next", "compose"]

Next: TypeAlias = "Callable[[Request], Awaitable[httpx.Response]]"
"""The rest of the chain: sends a request, or a changed copy of it, and may be called again."""

Middleware: TypeAlias = "Callable[[Request, Next], Awaitable[httpx.Response]]"
"""An async callable around a call, or (listed behind `Retry()`) around each attempt.

It sees 4xx and 5xx as responses: typed errors are raised outside the chain. What raises inside it
is an `APIConnectionError`. A response's body has been read, unless the call is streamed and the
answer is a 2xx.
"""


def compose(middleware: Sequence[Middleware], send: Next) -> Next:
    """Wrap `send` so that the first of `middleware` is the outermost."""
    for layer in reversed(middleware):
        send = functools.partial(_call, layer, send)
    return send


def _call(layer: Middleware, rest: Next, request: Request) -> Awaitable[httpx.Response]:
    return layer(request, rest)
