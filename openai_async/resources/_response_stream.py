"""`responses.stream`: a response while it is made, event by event, and whole at the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from .._closing import Closing
from .._json import is_object
from .._models import fitted, recast
from .._unions import Unknown
from ..errors import APIError
from ..types._response_events import Response
from ..types._response_parsed import (
    ParsedArgumentsDeltaEvent,
    ParsedArgumentsDoneEvent,
    ParsedCompletedEvent,
    ParsedResponse,
    ParsedResponseStreamEvent,
    ParsedTextDeltaEvent,
    ParsedTextDoneEvent,
    with_snapshot,
)
from ._response_parse import ResponseParser, if_it_fits
from ._response_resume import ResponseEvents
from ._response_whole import ENDS

if TYPE_CHECKING:
    import httpx

__all__ = ["ResponseStream", "ResponseStreamManager"]

T = TypeVar("T")

TEXT_DONE: Any = ParsedTextDoneEvent
COMPLETED: Any = ParsedCompletedEvent
NOT_TOLD = "ended without telling the whole response"


class ResponseStream(Closing, Generic[T]):
    """The events of a response: an async iterator, from `async with client.responses.stream(...)`."""

    def __init__(
        self, events: ResponseEvents, parser: ResponseParser[T], starting_after: int | None
    ) -> None:
        self._events = events
        self._parser = parser
        self._after = starting_after
        self._closed = False
        self._failure: APIError | None = None
        self._ended_as: Response | None = None
        self._final: ParsedResponse[T] | None = None

    @property
    def response(self) -> httpx.Response:
        """The HTTP response that is being read: status and headers."""
        return self._events.stream.response

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return self._events.stream.request_id

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ParsedResponseStreamEvent[T]:
        """The next event.

        Raises as `AsyncStream` does and, at the end, `ResponseValidationError` for a whole answer that
        does not fit what was asked for.
        """
        while True:
            try:
                event = await self._events.next()
            except StopAsyncIteration:
                await self._events.close()
                raise
            except APIError as error:
                self._failure = error
                raise
            told: ParsedResponseStreamEvent[T] = self._told(event)
            number = getattr(event, "sequence_number", None)
            if self._after is None or not isinstance(number, int) or number > self._after:
                return told

    def _told(self, event: Any) -> Any:
        """An event with what is known beside it."""
        text = self._events.seen.add(event)
        if event.type == "response.output_text.delta":
            return with_snapshot(recast(event, ParsedTextDeltaEvent), text)
        if event.type == "response.function_call_arguments.delta":
            return with_snapshot(recast(event, ParsedArgumentsDeltaEvent), text)
        if event.type == "response.output_text.done":
            phase = getattr(self._events.seen.item_of(event), "phase", None)
            return recast(event, TEXT_DONE, parsed=if_it_fits(self._parser.text, event.text, phase))
        if event.type == "response.function_call_arguments.done":
            # Not all servers repeat the name.
            name = event.name or getattr(self._events.seen.item_of(event), "name", "")
            arguments = if_it_fits(self._parser.arguments, name, event.arguments)
            return recast(event, ParsedArgumentsDoneEvent, parsed_arguments=arguments)
        if event.type in ENDS:
            return self._ended(event)
        return event

    def _ended(self, event: Any) -> Any:
        response: Any = getattr(event, "response", None)
        if is_object(response):  # in an event that isn't documented
            response = fitted(Response, response)
        if not isinstance(response, Response):
            return event
        if not response.output:
            # Some servers leave out at the end what they have told before.
            response = recast(response, Response, output=self._events.seen.items)
        self._ended_as = response
        if event.type == "response.completed":
            self._final = self._parser.response(response)
            return recast(event, COMPLETED, response=self._final)
        same: Any = recast(event, event.__class__, response=response)
        return event if isinstance(event, Unknown) else same

    async def until_done(self) -> Self:
        """Read to the end."""
        async for _ in self:
            pass
        return self

    async def get_final_response(self) -> ParsedResponse[T]:
        """Read to the end, and give the whole response; its `status` tells how it ended.

        Raises, beside what reading and `parse` raise or have raised, `RuntimeError` where the end was
        not told, or the stream was closed before.
        """
        await self.until_done()
        if self._ended_as is None:
            if self._failure is not None:
                raise self._failure
            how = "was closed before its end" if self._closed else NOT_TOLD
            raise RuntimeError(f"the stream {how}")
        if self._final is None:
            self._final = self._parser.response(self._ended_as)
        return self._final

    async def close(self) -> None:
        """Let go of the connection. A response in the background goes on."""
        self._closed = self._closed or not self._events.over
        await self._events.close()

    async def aclose(self) -> None:
        """The same as `close`, under the name that `contextlib.aclosing` calls."""
        await self.close()


class ResponseStreamManager(Generic[T]):
    """A stream that is asked for when `async with` is entered."""

    def __init__(self, start: Callable[[], Awaitable[ResponseStream[T]]]) -> None:
        self._start = start
        self._entered = False
        self._stream: ResponseStream[T] | None = None

    async def __aenter__(self) -> ResponseStream[T]:
        if self._entered:
            raise RuntimeError("a stream is opened once; ask again for another")
        self._entered = True
        self._stream = await self._start()
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        if self._stream is not None:
            await self._stream.close()
