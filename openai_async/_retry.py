"""When to send a call again: a pure decision, and the middleware that acts on it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import anyio

from . import errors
from ._error_bodies import describe
from .errors import APIConnectionError, APITimeoutError

if TYPE_CHECKING:
    import httpx

    from ._middleware import Next
    from ._request import Request

__all__ = ["Retry", "RetryPolicy"]

RETRIES_TAKEN = "openai_async.retries_taken"
"""Where a response's `extensions` say how often its call was sent again."""
NOT_REPLAYABLE = "openai_async.not_replayable"
"""Set in a response's `extensions` where only the body kept the call from being sent again."""
GATED = "openai_async.gated"
"""Set in the `extensions` of a refusal that the gate makes all calls wait for, so that none has to
wait for itself."""
STALE = "openai_async_stale"
"""Set on the error of a connection that was lost when it was used again: servers close idle ones."""

UTC = timezone.utc

BODY_IS_GONE = (
    "not retried: its body can't be produced again (pass bytes, a path or a seekable file)"
)


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait before a call is sent again, or whether to leave it."""

    initial: float = 0.5
    """Seconds: the first back-off is drawn from 0 to this, each further one from twice as much."""
    maximum: float = 8.0
    """Seconds: no back-off of our own is longer."""
    max_retry_after: float = 60.0
    """Seconds: a server that asks for a longer wait gets its error raised at once."""

    def delay(
        self,
        outcome: httpx.Response | APIConnectionError,
        attempt: int,
        *,
        now: float | None = None,
        rng: Callable[[], float] = random.random,
    ) -> float | None:
        """Seconds to wait after `attempt` (0 is the first), or None not to send again.

        `now` is the time in seconds since the epoch, for `retry-after` with a date.
        """
        if isinstance(outcome, APIConnectionError):
            # That an idle connection was gone is no sign of trouble, and no reason to wait.
            return 0.0 if hasattr(outcome.__cause__, STALE) else self.backoff(attempt, rng)
        if outcome.status_code < 400 or not should_retry(outcome):
            return None
        asked = retry_after(outcome.headers, time.time() if now is None else now)
        if asked is None:
            return self.backoff(attempt, rng)
        return asked if asked <= self.max_retry_after else None

    def backoff(self, attempt: int, rng: Callable[[], float] = random.random) -> float:
        """Full jitter: any wait from 0 to a bound that doubles, so that clients spread out."""
        # 2.0**63 is past any maximum; the cap keeps a huge attempt from overflowing.
        return rng() * min(self.maximum, self.initial * 2.0 ** min(attempt, 63))


def should_retry(response: httpx.Response) -> bool:
    """Whether a 4xx or 5xx response invites another try.

    `x-should-retry` wins, but for an exhausted quota, which no wait refills.
    """
    advice = response.headers.get("x-should-retry", "").strip().lower()
    if advice == "false":
        return False
    if response.status_code == 429 and errors.is_quota_error(describe(response.content)[1]):
        return False
    return (
        advice == "true" or response.status_code in (408, 409, 429) or response.status_code >= 500
    )


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Seconds that the server asks to wait: `retry-after-ms`, else `retry-after` in either form.

    None where it doesn't say, or what it says can't be read. A date in the past is 0.
    """
    if (ms := _number(headers.get("retry-after-ms"))) is not None:
        return ms / 1000
    text = headers.get("retry-after")
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text or "")
        # Without a zone it is UTC, as HTTP's dates are, and not this machine's time.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    """A finite number of at least 0, or None."""
    try:
        value = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


class Retry:
    """Middleware that sends a call again as `RetryPolicy` says, up to the call's `max_retries`.

    The client puts it innermost. List it in `middleware=[..., Retry(), ...]` to move it: what
    stands behind it runs once per attempt.
    """

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self.policy: RetryPolicy = policy or RetryPolicy()

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        attempt = 0
        while True:
            try:
                outcome: httpx.Response | APIConnectionError = await call_next(request)
            except APIConnectionError as error:
                outcome = error
            delay = self._delay(request, outcome, attempt)
            if delay is None or not request.replayable:
                return _settle(outcome, attempt, body_is_gone=delay is not None)
            if time.monotonic() + delay >= request.expires:
                raise _too_late(outcome, attempt, delay)
            if not isinstance(outcome, APIConnectionError) and GATED in outcome.extensions:
                delay = 0.0
            del outcome  # an error kept here would keep its traceback, and this frame, alive
            await anyio.sleep(delay)
            attempt += 1
            request = replace(request, attempt=attempt)
            if request.tally is not None:
                request.tally.retries_taken = attempt

    def _delay(
        self, request: Request, outcome: httpx.Response | APIConnectionError, attempt: int
    ) -> float | None:
        if attempt >= request.max_retries:
            return None
        return self.policy.delay(outcome, attempt)


def _settle(
    outcome: httpx.Response | APIConnectionError, attempt: int, *, body_is_gone: bool
) -> httpx.Response:
    if isinstance(outcome, APIConnectionError):
        outcome.retries_taken = attempt
        if body_is_gone:
            outcome.hints.append(BODY_IS_GONE)
        raise outcome
    outcome.extensions[RETRIES_TAKEN] = attempt
    if body_is_gone:
        outcome.extensions[NOT_REPLAYABLE] = True
    return outcome


def _too_late(
    outcome: httpx.Response | APIConnectionError, attempt: int, delay: float
) -> APITimeoutError:
    """The deadline would pass during the back-off, so it is told now, with what came last."""
    if isinstance(outcome, APIConnectionError):
        last: errors.APIError = outcome
        last.retries_taken = attempt
    else:
        last = errors.from_response(outcome, retries_taken=attempt)
    error = APITimeoutError(
        f"the deadline comes before the next try, due in {delay:.1f} s; the last one: {last.message}",
        phase="deadline",
        request=last.request,
        response=last.response,
        body=last.body,
        retries_taken=attempt,
    )
    error.__cause__ = last
    return error
