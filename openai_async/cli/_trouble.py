"""A word to whoever waits for a job while its server is away."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from .._middleware import Next
from .._request import Request
from ..errors import APIConnectionError
from ._output import one_line

if TYPE_CHECKING:
    import httpx

__all__ = ["Trouble"]

_CALM = 3.0
"""Seconds without a success after which a failure is worth a word."""
_AGAIN = 60.0
"""Seconds between two words."""


class Trouble:
    """A middleware that tells, on standard error, that no call succeeds and that it goes on trying."""

    def __init__(self) -> None:
        self._succeeded = self._told = float("-inf")

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        try:
            response = await call_next(request)
        except APIConnectionError as error:
            self._tell(one_line(str(error)))
            raise
        if response.status_code >= 500:
            self._tell(f"{response.status_code} {response.reason_phrase}")
        elif response.status_code < 400:
            self._succeeded = time.monotonic()
        return response

    def _tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._succeeded > _CALM and now - self._told > _AGAIN:
            self._told = now
            print(f"No call succeeds; trying again. {what}", file=sys.stderr, flush=True)
