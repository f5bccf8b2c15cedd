"""Asking again and again over hours: what passes, what is one failure too many, how long to wait."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

import anyio

from .._config import read_seconds
from .._request import RequestOptions
from .._retry import RetryPolicy, should_retry
from ..errors import APIConnectionError, APIStatusError, APITimeoutError

__all__ = ["NEVER", "RECONNECT", "Rounds", "may_pass"]

RECONNECT = RetryPolicy(initial=1.0, maximum=30.0)
NEVER = float("inf")


class Rounds:
    """The patience of one who follows a job: it ends with the deadline, or with so many failures in
    a row that nothing new came between."""

    def __init__(self, policy: RetryPolicy, max_failures: int, options: RequestOptions) -> None:
        self._policy = policy
        self._max_failures = max_failures
        self._options = options
        deadline = read_seconds("deadline", options.get("deadline"))
        self._expires = NEVER if deadline is None else time.monotonic() + deadline
        self._failures = 0
        """In a row, since the last new event."""
        self._quiet = 0
        """Rounds in a row without a new event."""

    def delay(
        self,
        error: APIConnectionError | APIStatusError | None,
        *,
        progressed: bool,
        told: float | None = None,
    ) -> float:
        """Seconds to the next round: `told`, unless something failed. Raises `error` if it is one too
        many, or the wait too long."""
        if progressed or error is None:
            self._failures = 0
        self._quiet = 0 if progressed else self._quiet + 1
        delay: float | None = self._policy.backoff(self._quiet) if told is None else told
        if error is not None:
            self._failures += 1
            outcome = error.response if isinstance(error, APIStatusError) else error
            delay = self._policy.delay(outcome, self._quiet)
            if delay is None or self._failures >= self._max_failures:
                raise error
        if time.monotonic() + (delay or 0.0) >= self._expires:
            raise APITimeoutError("the deadline is over", phase="deadline") from error
        return delay or 0.0

    @contextlib.contextmanager
    def in_time(self) -> Generator[None, None, None]:
        """End what is done inside at the deadline: several calls, each of which knows of no other."""
        left = None if self._expires == NEVER else self._expires - time.monotonic()
        with anyio.move_on_after(left) as scope:
            yield
        if scope.cancelled_caught:
            raise APITimeoutError("the deadline is over", phase="deadline")

    def call_options(self) -> RequestOptions:
        """The options of one call: it has what is left of the time for the whole."""
        if self._expires == NEVER:
            return self._options
        left = self._expires - time.monotonic()
        if left <= 0:
            raise APITimeoutError("the deadline is over", phase="deadline")
        return {**self._options, "deadline": left}


def may_pass(error: APIConnectionError | APIStatusError) -> bool:
    """Whether another try may do better."""
    return not isinstance(error, APIStatusError) or should_retry(error.response)
