"""Streams: bytes to events to models, with bounds on every wait, and never cut in silence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar, cast

import anyio
from pydantic import BaseModel
from typing_extensions import Self

from ._closing import Closing
from ._error_bodies import describe, snippet
from ._json import is_array, is_object
from ._models import options_of
from ._response import decode_json, quick_decoder, request_id, retries_taken
from ._sse import BOM, Event, EventDecoder, ServerSentEvent
from .errors import APIConnectionError, APIError, APIResponseError, APITimeoutError, TimeoutPhase

if TYPE_CHECKING:
    import httpx

    from ._transport import OpenBody

__all__ = ["AsyncStream", "StreamBounds", "Streamed", "finished_choices", "is_streamed"]

T = TypeVar("T")

NEVER = float("inf")
OPENING_BYTES = 4096
DRAIN_SECONDS = 0.2
"""How long the end of a body may lag behind `[DONE]` before its connection is closed instead."""


@dataclass(frozen=True)
class Streamed(Generic[T]):
    """What a streamed call is decoded to."""

    item: Any
    """The model of one event's data, or a union of models."""
    finished: Callable[[T], Iterable[tuple[int, bool]]] | None = None
    """Of one item: which parts of the answer it speaks of, and whether each has come to its end."""
    from_whole: Callable[[dict[str, Any]], list[Any] | None] | None = None
    """The items in a whole answer, as a server sends it that knows nothing of streams; None for
    what is no answer."""
    errors: tuple[type[BaseModel], ...] = ()
    """The items that tell an error: they are raised, not given."""
    closed: bool = False
    """Whether `finished` alone tells the end, with no `[DONE]`: nothing comes behind it, and a stream
    without it was cut."""


@dataclass(frozen=True)
class StreamBounds:
    """When a stream's waits are over, in seconds; instants are on `time.monotonic`'s clock."""

    first_event_at: float = NEVER
    idle: float = NEVER
    """Between two data events; comments don't count, nor does the time that the caller takes."""
    expires: float = NEVER
    timed: bool = False
    """Whether to set a timer for each read. Without one, the transport's read timeout bounds a read,
    and `idle` is looked at whenever bytes come that hold no event: that is much cheaper."""


def finished_choices(chunk: Any) -> Iterator[tuple[int, bool]]:
    """Which choices a chunk speaks of, and whether each has its finish reason.

    Whatever a server may have put in the place of choices is passed over.
    """
    for choice in chunk.choices if is_array(chunk.choices) else []:
        if isinstance(choice, BaseModel):
            index = getattr(choice, "index", 0)
            # Some servers write "" until there is one.
            yield index if isinstance(index, int) else 0, bool(getattr(choice, "finish_reason", 0))


def is_streamed(into: object) -> TypeGuard[Streamed[Any]]:
    """Whether an answer is to be decoded event by event."""
    return isinstance(into, Streamed)


class AsyncStream(Closing, Generic[T]):
    """The events of a streamed answer, as they come: an async iterator and context manager.

    Leaving `async with`, `close()`, cancellation, or dropping the object lets go of the connection.
    """

    def __init__(
        self,
        body: OpenBody,
        streamed: Streamed[T],
        bounds: StreamBounds,
        *,
        strict: bool = False,
        strict_responses: bool = False,
    ) -> None:
        self._body = body
        self._reader = _Reader(body, streamed, bounds, strict, strict_responses)
        self._busy = False

    @property
    def response(self) -> httpx.Response:
        """The response: status and headers."""
        return self._body.response

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return request_id(self.response)

    @property
    def complete(self) -> bool:
        """Whether the answer's end has been seen: `[DONE]`, or a finish reason of all its parts."""
        return self._reader.complete

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next event.

        Raises `APIConnectionError` where the stream was cut, `APITimeoutError` where a bound was
        reached, `APIError` for an error that the server sent as an event, `APIResponseError` for
        data that can't be read, `RuntimeError` where another task is waiting for the same stream.
        """
        if self._busy:
            raise RuntimeError("another task is reading this stream; give each its own")
        self._busy = True
        try:
            return await anext(self._reader)
        finally:
            self._busy = False

    async def close(self) -> None:
        """Let go of the connection. What has not been read is lost."""
        if not self._busy:
            self._busy = True
            try:
                await self._reader.aclose()
            finally:
                self._busy = False
        await self._body.aclose()  # one that is being read, or was never begun


class _Reader(AsyncIterator[T]):
    """Reads a body's events; the state of one `AsyncStream`.

    No generator: those cost, and trio warns of one that is dropped.
    """

    def __init__(
        self,
        body: OpenBody,
        streamed: Streamed[T],
        bounds: StreamBounds,
        strict: bool,
        strict_responses: bool,
    ) -> None:
        self._body = body
        self._streamed = streamed
        self._bounds = bounds
        self._strict = strict
        self._strict_responses = strict_responses
        self._quick = quick_decoder(streamed.item)
        self._typed = len(options_of(streamed.item)) > 1  # its items tell by `type` what they are
        self._chunks = body.chunks()
        self._decoder = EventDecoder()
        self._events: Iterator[Event] = iter(())  # that have come and have not been given
        self._items: Iterator[T] = iter(())  # the same, where a document came in place of events
        self._begun = False
        self._over = False
        self._parts: dict[int, bool] = {}
        self._done = False
        self._ended = False  # no more bytes
        self._seen = False  # any event
        self._opening = b""  # what came before the first event, as much as an error's text takes

    @property
    def complete(self) -> bool:
        return self._done or (bool(self._parts) and all(self._parts.values()))

    async def __anext__(self) -> T:
        if self._over:
            raise StopAsyncIteration
        try:
            return await self._next()
        except BaseException:  # the end, too
            self._over = True
            await self._body.aclose()
            raise

    async def aclose(self) -> None:
        """Give no more."""
        self._over = True
        await self._body.aclose()

    async def _next(self) -> T:
        if not self._begun:
            await self._begin()
        for item in self._items:
            return item
        while True:
            for event in self._events:
                if not _is_done(event):
                    return self._item(event)
                await self._finish()
                raise StopAsyncIteration
            if self._streamed.closed and not self._done and self.complete:
                await self._finish()
                raise StopAsyncIteration
            if self._ended:
                self._check_end()
                raise StopAsyncIteration
            self._events = iter(await self._next_events())

    async def _begin(self) -> None:
        self._begun = True
        head = await self._head()
        if _is_document(head):
            self._items = iter(await self._from_document(head))
        else:
            self._events = iter(self._decoder.feed(head))

    async def _head(self) -> bytes:
        """The first bytes, up to one that tells an event stream from a document."""
        head = b""
        since = time.monotonic()
        while (BOM.startswith(head) or not head.removeprefix(BOM).strip()) and (
            chunk := await self._read(since)
        ):
            head += chunk
        return head

    async def _next_events(self) -> list[Event]:
        """At least one event, but for the end of the body."""
        since = time.monotonic()
        while True:
            chunk = await self._read(since)
            events = self._decoder.close() if chunk is None else self._decoder.feed(chunk)
            if events or self._ended:
                return events

    async def _read(self, since: float) -> bytes | None:
        """The next bytes, or None at the end; bounded, with the wait begun at `since`."""
        phase, until = self._limit(since)
        left = until - time.monotonic()
        if left > 0:
            try:
                if not self._bounds.timed:
                    return await self._pull()
                with anyio.move_on_after(left):
                    return await self._pull()
            except Exception as error:
                raise self._body.failure(error) from error
        raise APITimeoutError(_TOLD[phase], phase=phase, **self._details())

    async def _pull(self) -> bytes | None:
        # Not anext() with a default: httpx's iterators keep the promise only as generators.
        async for chunk in self._chunks:
            if not self._seen and len(self._opening) < OPENING_BYTES:
                self._opening += chunk
            return chunk
        self._ended = True
        return None

    def _limit(self, since: float) -> tuple[TimeoutPhase, float]:
        """Which bound comes first, and when."""
        bounds = self._bounds
        phase: TimeoutPhase = "idle"
        until = since + bounds.idle
        if not self._seen and bounds.first_event_at < until:
            phase, until = "first_event", bounds.first_event_at
        if bounds.expires < until:
            phase, until = "deadline", bounds.expires
        return phase, until

    def _item(self, event: Event) -> T:
        self._seen = True
        if isinstance(event, bytes):
            item = self._quick(event)
            return self._noted(self._unusual(event) if item is None else item)
        if isinstance(event, UnicodeDecodeError):
            raise self._not_text(event)
        if event.event == "error":
            raise self._sent_error(event.data)
        item = self._quick(event.data)
        if item is None:
            item = self._slow(_with_type(event) if self._typed else event.data)
        return self._noted(item)

    def _unusual(self, data: bytes) -> T:
        """The item of an event that needs a closer look, if it can be had."""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._not_text(error) from None
        return self._slow(text)

    def _slow(self, data: str) -> T:
        try:
            return self._decode(data)
        except APIResponseError as error:
            if self._ended and isinstance(error.body, str):
                raise APIConnectionError(
                    "the stream ended in the middle of an event", **self._details()
                ) from error
            raise

    def _noted(self, item: T) -> T:
        """The item, when it has been noted which parts of the answer have come to their end."""
        if isinstance(item, self._streamed.errors):
            raise self._sent_error(cast("BaseModel", item).model_dump_json())
        if self._streamed.finished is not None:
            for part, finished in self._streamed.finished(item):
                self._parts[part] = finished or self._parts.get(part, False)
        return item

    def _decode(self, data: str | bytes) -> T:
        response = self._body.response
        item = decode_json(data, self._streamed.item, response, strict=self._strict_responses)
        return cast("T", item)

    async def _from_document(self, head: bytes) -> list[T]:
        """The items of a JSON document where a stream was asked for. Raises for any other."""
        pieces = [head]
        since = time.monotonic()
        while (chunk := await self._read(since)) is not None:
            pieces.append(chunk)
        whole = b"".join(pieces)
        # Raises for what is not JSON, and for an error object.
        answer = decode_json(whole, Any, self._body.response, strict=False)
        adapt = self._streamed.from_whole
        items = adapt(answer) if adapt is not None and is_object(answer) else None
        if items is None:
            raise self._unusable("a document came where a stream was asked for", whole)
        self._done = True
        return [self._decode(json.dumps(item)) for item in items]

    async def _finish(self) -> None:
        """`[DONE]` has come: read what follows, normally nothing, so that the connection lives on.

        What follows is ignored, and so is what goes wrong in it. A server that neither ends nor
        closes the body has its connection closed.
        """
        self._done = True
        with anyio.move_on_after(DRAIN_SECONDS):
            try:
                while not self._ended:
                    await self._pull()
            except Exception:  # noqa: S110 - the answer is whole, only its connection isn't
                pass

    def _check_end(self) -> None:
        """The body ended without `[DONE]`: see whether that can pass."""
        if self._done:  # it was a document
            return
        if not self._seen and not _could_be_events(self._body.response, self._opening):
            raise self._unusable("the answer is not an event stream", self._opening)
        if self.complete:
            return
        if stray := self._decoder.stray.decode("utf-8", "replace"):
            raise APIConnectionError(
                f"the stream broke off with what is no event: {snippet(stray)}",
                body=stray,
                **self._details(),
            )
        if self._streamed.closed:
            raise APIConnectionError(
                "the stream ended without the event that should end it", **self._details()
            )
        if self._strict:
            raise APIConnectionError(
                "the stream ended without [DONE] and without a finish reason", **self._details()
            )

    def _sent_error(self, data: str) -> APIError:
        message, body = describe(data.encode())
        return APIError(
            f"the server sent an error in mid-stream: {message}", body=body, **self._details()
        )

    def _details(self) -> dict[str, Any]:
        response = self._body.response
        return {"response": response, "retries_taken": retries_taken(response)}

    def _not_text(self, error: UnicodeDecodeError) -> APIResponseError:
        return self._unusable(f"an event is not UTF-8 ({error.reason})", error.object)

    def _unusable(self, message: str, content: bytes) -> APIResponseError:
        text = content.decode("utf-8", "replace")
        quoted = f": {snippet(text)}" if text.strip() else ""
        return APIResponseError(message + quoted, body=text or None, **self._details())


_TOLD: dict[TimeoutPhase, str] = {
    "first_event": "no first event came in time",
    "idle": "the stream fell silent",
    "deadline": "the deadline is over",
}


def _is_done(event: Event) -> bool:
    if isinstance(event, bytes):
        return event.startswith(b"[") and event.strip() == b"[DONE]"
    return not isinstance(event, UnicodeDecodeError) and event.data.strip() == "[DONE]"


def _is_document(head: bytes) -> bool:
    """Whether a body that begins so is JSON or a page: no field of an event stream begins so."""
    return head.removeprefix(BOM).lstrip()[:1] in (b"{", b"[", b"<")


_FIELD = re.compile(rb"((data|event|id|retry)?(:.*)?|d|da|dat|e|ev|eve|even|i|r|re|ret|retr)\r?")
"""A line of an event stream, whole or, where the stream was cut in it, in part."""


def _with_type(event: ServerSentEvent) -> str:
    """An event's JSON, with its name as `type` where the server leaves that to the name."""
    try:
        data = json.loads(event.data)
    except (ValueError, RecursionError):
        return event.data
    if not is_object(data) or "type" in data or event.event == "message":
        return event.data
    return json.dumps({"type": event.event, **data})


def _could_be_events(response: httpx.Response, opening: bytes) -> bool:
    """Whether a body without any event is an event stream all the same: by header and by its lines."""
    return "event-stream" in response.headers.get("content-type", "") and all(
        _FIELD.fullmatch(line) for line in opening.removeprefix(BOM).split(b"\n")
    )
