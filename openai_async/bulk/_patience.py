"""What a job does about calls that fail: try again, wait with the server, or give up.

A failure is final, or passing. One that passes may be the item's or the server's, which is told by
whether other calls succeed. While they do, the item has a few tries. While nothing does, the job
pauses: one call at a time tries its luck, with growing waits between them (as long as a back-off may
be: 8 s), until one succeeds or the patience is over.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import anyio

from .._retry import RetryPolicy, retry_after, should_retry
from ..errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    AuthenticationError,
    BudgetExceededError,
    ConfigurationError,
    JournalError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
)

__all__ = ["Patience", "is_passing"]

T = TypeVar("T")

TRIES: Final = 5
"""How often one item is sent, at most, while others succeed."""
TAIL_SECONDS: Final = 90.0
"""How long a server's own errors are borne when the last items meet nothing else: then they may as
well be the items' fault, and there is no other item to tell by."""

_DOOMING: Final = (
    AuthenticationError,
    PermissionDeniedError,
    QuotaExceededError,
    BudgetExceededError,
    JournalError,
)
"""What every further call would meet too."""
_PAYMENT_REQUIRED: Final = 402
"""Some servers' word for an account that is empty."""


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later: what `Retry` would send again."""
    if isinstance(error, APIStatusError):
        return should_retry(error.response)
    return isinstance(error, APIConnectionError)


@dataclass
class _Trouble:
    """What has befallen one call."""

    since: float
    """When it first failed, or was first sent, on `time.monotonic`'s clock."""
    last: float
    """When it last failed; `since`, before that."""
    failures: int = 0
    counted: int = 0
    """Failures while others succeeded."""


class Patience:
    """Makes the calls of one job, and knows how the server is."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]],
        *,
        retry: RetryPolicy | int | None,
        patience: float,
        at_the_end: Callable[[], bool] = lambda: False,
        is_passing: Callable[[Exception], bool] = is_passing,
    ) -> None:
        """`sleep` waits, or raises where the job ends; `at_the_end` says whether there are no more
        items to come.

        Raises `ConfigurationError` for numbers that make no sense.
        """
        self.tries = TRIES if not isinstance(retry, int) else retry + 1
        """How often one call is made, while others succeed."""
        self._policy = retry if isinstance(retry, RetryPolicy) else RetryPolicy()
        if self.tries < 1 or not patience >= 0:
            raise ConfigurationError(
                f"retry and patience must be at least 0, not {retry!r} and {patience!r}"
            )
        self._sleep = sleep
        self._patience = patience
        self._at_the_end = at_the_end
        self._is_passing = is_passing
        self._queue: anyio.Lock | None = None  # made on the loop that it is for
        self._succeeded = float("-inf")  # when a call last did
        self._failing_since: float | None = None
        self._down = False
        self._probes = 0
        self._last_straw: Exception | None = None

    def ends_job(self, error: Exception) -> bool:
        """Whether it is not an item's error but everyone's."""
        unpaid = isinstance(error, APIStatusError) and error.status_code == _PAYMENT_REQUIRED
        return unpaid or error is self._last_straw or isinstance(error, _DOOMING)

    async def call(self, call: Callable[[], Awaitable[T]], *, since: float | None = None) -> T:
        """What the call gives, sooner or later.

        `since` is when something that this call is a part of was first sent. Raises the error that
        is final, or that came once too often; ask `ends_job` about it.
        """
        trouble: _Trouble | None = None
        while True:
            try:
                value = await (self._probe(call) if self._down else call())
            except Exception as error:
                if not self._is_passing(error):
                    if isinstance(error, APIStatusError):
                        self._alive()  # it was there to refuse
                    raise
                if trouble is None:
                    began = time.monotonic() if since is None else since
                    trouble = _Trouble(began, last=began)
                wait = self._judge(error, trouble)
                if wait is None:
                    raise
            else:
                self._alive()
                return value
            if wait:
                await self._sleep(wait)

    def _alive(self) -> None:
        self._succeeded = time.monotonic()
        self._failing_since, self._down, self._probes = None, False, 0

    def _judge(self, error: Exception, trouble: _Trouble) -> float | None:
        """Seconds to wait before the next try, or None where there is to be none."""
        now = time.monotonic()
        asked = _asked(error)
        wait = max(asked, self._policy.backoff(trouble.failures))
        trouble.failures += 1
        if self.tries == 1:
            return None
        # Where the server seems to be away, what succeeded before it went says nothing.
        since = trouble.last if _is_absence(error) else trouble.since
        trouble.last = now
        # An answer that can't be used is no sign that the server is away.
        if self._succeeded > since or isinstance(error, APIResponseError):
            # That there are too many calls is not the item's fault.
            trouble.counted += not isinstance(error, RateLimitError)
            late = now + wait - trouble.since > self._patience
            return None if late or trouble.counted >= self.tries else wait
        if self._failing_since is None:
            self._failing_since = now
        failing = now - self._failing_since
        if failing >= TAIL_SECONDS and self._at_the_end() and self._may_be_its_own(error, trouble):
            return None
        if failing + asked > self._patience:
            self._give_up(error, failing)
            return None
        if trouble.failures == 1:
            return wait  # it may have been chance
        self._down = True
        return asked

    def _may_be_its_own(self, error: Exception, trouble: _Trouble) -> bool:
        """Whether the server has an answer that may be meant for this item alone."""
        if not isinstance(error, APIStatusError):
            return False
        return _is_answer(error) or self._succeeded > trouble.since

    def _give_up(self, error: Exception, seconds: float) -> None:
        self._last_straw = error
        if isinstance(error, APIError):
            error.hints.append(f"no call has succeeded for {seconds:.0f} s (bound: patience)")

    async def _probe(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call when it is its turn: alone, or when the server is back."""
        if self._queue is None:
            self._queue = anyio.Lock()
        async with self._queue:
            if self._down:
                policy, probes = self._policy, min(self._probes, 63)
                bound = min(policy.maximum, policy.initial * 2.0**probes)
                self._probes += 1
                await self._sleep(bound * random.uniform(0.5, 1.0))
                return await call()
        return await call()


def _is_answer(error: Exception) -> bool:
    """Whether it is an error of the server's own, and not one that tells of its absence."""
    return isinstance(error, APIStatusError) and error.status_code not in _ABSENT


def _is_absence(error: Exception) -> bool:
    """Whether nobody seems to be there: no connection could be made, or a proxy says so."""
    if isinstance(error, APIStatusError):
        return not _is_answer(error)
    kinds = {kind.__name__ for kind in type(error.__cause__).__mro__}  # httpx's, or httpx2's
    return bool(kinds & {"ConnectError", "ConnectTimeout"})


_ABSENT: Final = frozenset({429, 502, 503, 504})


def _asked(error: Exception) -> float:
    """Seconds that the server asks to wait."""
    if not isinstance(error, APIStatusError):
        return 0.0
    return retry_after(error.response.headers, time.time()) or 0.0
