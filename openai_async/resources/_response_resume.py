"""The events of one response, over as many connections as it takes."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from .._models import fitted
from .._poll import poll
from .._request import RequestOptions
from .._retry import RetryPolicy, should_retry
from .._stream import AsyncStream
from ..errors import APIConnectionError, APIStatusError, APITimeoutError
from ..types._response_events import Response, ResponseStreamEvent
from ._response_whole import ENDS, Seen, events_of

__all__ = ["MAX_FAILURES", "RECONNECT", "ResponseEvents"]

RECONNECT = RetryPolicy(initial=0.5, maximum=10.0)
MAX_FAILURES = 5
"""In a row, with no new event between them."""
NO_STREAM = frozenset({400, 405, 406, 422, 501})
"""How a server says that it does not stream what it has begun."""
GOING_ON = frozenset({"queued", "in_progress"})


class ResponseEvents:
    """Reads the events of a response, each once; where the stream is cut, the rest from a new one.

    What is in the background goes on without us, and the server keeps its events: a new stream is
    asked for those behind the last one that came. Where there is no stream to be had, the end is
    waited for, and what is left is told out of the whole response. Anything that is not in the
    background ends with its connection.
    """

    def __init__(
        self,
        stream: AsyncStream[Any],
        look: Callable[..., Awaitable[Response]],
        resume: Callable[[str, int | None, RequestOptions], Awaitable[AsyncStream[Any]]],
        options: RequestOptions,
        *,
        reconnect: RetryPolicy,
        max_failures: int,
        expires: float = math.inf,
        response_id: str | None = None,
    ) -> None:
        self.stream: AsyncStream[Any] = stream
        self.seen: Seen = Seen()
        self._look = look
        self._resume = resume
        self._options = options
        self._policy = reconnect
        self._max_failures = max_failures
        self._expires = expires
        self._id = response_id or ""
        self._resumable = response_id is not None
        self._last: int | None = None
        """The number of the last event."""
        self._barren = False
        """Whether the stream took the place of another one, and has told nothing new."""
        self._failures = 0
        """In a row, without a new event between them."""
        self._rest: deque[Any] = deque()
        """Events that are told without a stream."""
        self.over: bool = False
        self._busy = False

    async def next(self) -> Any:
        """The next event. Raises `StopAsyncIteration` behind the last one, and what streams raise
        where that is not to be mended."""
        if self._busy:
            raise RuntimeError("another task is reading this stream; give each its own")
        self._busy = True
        try:
            return await self._next()
        finally:
            self._busy = False

    async def close(self) -> None:
        """Give no more, and get no more."""
        self.over = True
        await self.stream.close()

    async def _next(self) -> Any:
        while not self.over:
            try:
                event = self._rest.popleft() if self._rest else await anext(self.stream)
            except StopAsyncIteration:
                if not self._resumable:
                    break
                await self._tell_the_rest()  # the server takes it for told, but there was no end
                continue
            except APIConnectionError as error:
                await self.stream.close()
                if not self._resumable or _is_final(error):
                    raise
                await self._go_on(error)
                continue
            if self._is_new(event):
                self._note(event)
                return event
        raise StopAsyncIteration

    def _is_new(self, event: Any) -> bool:
        if not self._resumable:  # nothing comes twice, and some servers don't count
            return True
        number = getattr(event, "sequence_number", None)
        return self._last is None or not isinstance(number, int) or number > self._last

    def _note(self, event: Any) -> None:
        """Remember how far the response has come."""
        self._failures = 0
        self._barren = False
        self.over = event.type in ENDS
        response = getattr(event, "response", None)
        if isinstance(response, Response) and not self._id:
            self._id = response.id
            self._resumable = bool(response.background and response.id)
        number = getattr(event, "sequence_number", None)
        if isinstance(number, int):
            self._last = number
        else:
            self._resumable = False  # what came could not be told from what comes

    async def _go_on(self, error: APIConnectionError | APIStatusError) -> None:
        """Get what has not been told: from a new stream, or out of the finished response."""
        while True:
            await self._pause(error)
            try:
                if self._barren and await self._is_finished():
                    return await self._tell_the_rest()
                self.stream = await self._resume(self._id, self._last, self._call_options())
                self._barren = True
                if self.over:  # another task has closed it meanwhile
                    await self.stream.close()
                return None
            except APIStatusError as refusal:
                if refusal.status_code in NO_STREAM:
                    return await self._tell_the_rest()
                if not should_retry(refusal.response):
                    raise
                error = refusal
            except APIConnectionError as failure:
                if _is_final(failure):
                    raise
                error = failure

    async def _is_finished(self) -> bool:
        """Whether the response is over, though the new stream told nothing of it."""
        response = await self._look(self._id, **self._call_options())
        return response.status not in GOING_ON

    async def _tell_the_rest(self) -> None:
        """Wait until the response is over, and tell what the streams have not."""
        response = await poll(
            self._look,
            self._id,
            over=lambda response: response.status not in GOING_ON,
            options=self._call_options(),
        )
        number = -1 if self._last is None else self._last
        for event in self.seen.left(events_of(response.to_dict())):
            number += 1
            self._rest.append(fitted(ResponseStreamEvent, {**event, "sequence_number": number}))

    async def _pause(self, error: APIConnectionError | APIStatusError) -> None:
        """Wait before the next connection. Raises `error` if there were too many of its kind."""
        if not (isinstance(error, APITimeoutError) and error.phase in ("idle", "read")):
            self._failures += 1  # it did not merely say nothing
        outcome = error.response if isinstance(error, APIStatusError) else error
        delay = self._policy.delay(outcome, max(0, self._failures - 1))
        if delay is None or self._failures >= self._max_failures:
            raise error
        if time.monotonic() + delay >= self._expires:
            raise APITimeoutError("the deadline is over", phase="deadline") from error
        await anyio.sleep(delay)

    def _call_options(self) -> RequestOptions:
        """The options of one call: it has what is left of the time for the whole."""
        if self._expires == math.inf:
            return self._options
        left = self._expires - time.monotonic()
        if left <= 0:
            raise APITimeoutError("the deadline is over", phase="deadline")
        return {**self._options, "deadline": left}


def _is_final(error: APIConnectionError) -> bool:
    return isinstance(error, APITimeoutError) and error.phase == "deadline"
