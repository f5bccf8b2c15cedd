"""`client.chat.completions.stream`: an answer as typed events, put together as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

import httpx
from typing_extensions import Self

from .._json import is_object
from .._stream import AsyncStream
from .._structured import argument_formats, is_output_type, output_format, partial_json
from ..types.chat import ChatCompletionChunk
from ..types.chat_parsed import ChatCompletionStreamEvent, ContentDeltaEvent, ParsedChatCompletion
from ._chat_accumulate import Accumulator

__all__ = ["AsyncChatCompletionStream"]

T = TypeVar("T")

_LEFT = "the stream was closed before its end"


class AsyncChatCompletionStream(Generic[T]):
    """An answer that is asked for on entering `async with`, and read by iterating over its events.

    At the end, after the last event, the answer is parsed: `LengthFinishReasonError`,
    `ContentFilterFinishReasonError` and `ResponseValidationError` are raised there.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[AsyncStream[ChatCompletionChunk]]],
        response_format: Any,
        tools: Any,
    ) -> None:
        self._start = start
        self._stream: AsyncStream[ChatCompletionChunk] | None = None
        answer = output_format(response_format) if is_output_type(response_format) else None
        partial = partial_json if _is_json(response_format) else None
        self._held: Accumulator[T] = Accumulator(
            answer, argument_formats(tools), partial if answer is None else answer.partial
        )
        self._events: Iterator[ChatCompletionStreamEvent[T]] = iter(())
        self._ended = False
        self._failure: Exception | None = None
        self._final: ParsedChatCompletion[T] | None = None

    async def __aenter__(self) -> Self:
        """Send the call. Raises as `create` does."""
        if self._stream is not None:
            raise RuntimeError("a stream is opened once; ask again for another")
        self._stream = await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatCompletionStreamEvent[T]:
        """The next event. Raises as `AsyncStream` does."""
        while True:
            for event in self._events:
                return event
            if self._ended and self._final is None:
                self._final = self._held.completion()  # of one that can't be parsed, this tells
            if self._ended or self._failure is not None:
                raise StopAsyncIteration
            self._events = iter(await self._more())

    async def _more(self) -> list[ChatCompletionStreamEvent[T]]:
        try:
            return self._held.add(await anext(self._opened))
        except StopAsyncIteration:
            self._ended = True
            return self._held.finish()
        except RuntimeError:  # of another task that reads it: that one goes on
            raise
        except BaseException as error:
            # After a cancellation, too, the rest is lost: what has come is no final answer.
            self._failure = error if isinstance(error, Exception) else RuntimeError(_LEFT)
            raise

    async def until_done(self) -> Self:
        """Read to the end. Raises what the stream raised, and `RuntimeError` if it was closed before
        its end."""
        if self._failure is not None:
            raise self._failure
        async for _ in self:
            pass
        return self

    async def get_final_completion(self) -> ParsedChatCompletion[T]:
        """The whole answer, parsed; reads to the end first. Raises as `until_done` does."""
        if self._final is None:
            await self.until_done()
        return self._final or self._held.completion()

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[Any]:
        """The answer so far; nothing in it is parsed."""
        return self._held.snapshot()

    def text_stream(self, choice: int = 0) -> AsyncIterator[str]:
        """The pieces of the content alone, of one choice."""
        return _Texts(self, choice)

    @property
    def response(self) -> httpx.Response:
        """The response: status and headers."""
        return self._opened.response

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return self._opened.request_id

    @property
    def complete(self) -> bool:
        """Whether the answer's end has been seen: `[DONE]`, or a finish reason of all its choices."""
        return self._opened.complete

    async def close(self) -> None:
        """Let go of the connection. What has not been read is lost."""
        if not self._ended and self._failure is None:
            self._failure = RuntimeError(_LEFT)
        if self._stream is not None:
            await self._stream.close()

    async def aclose(self) -> None:
        """The same as `close`, under the name that `contextlib.aclosing` calls."""
        await self.close()

    @property
    def _opened(self) -> AsyncStream[ChatCompletionChunk]:
        if self._stream is None:
            raise RuntimeError("a stream is opened by `async with`")
        return self._stream


class _Texts(AsyncIterator[str]):
    """The texts among the events. No generator, so that one may be left at any time."""

    def __init__(self, events: AsyncChatCompletionStream[Any], choice: int) -> None:
        self._events = events
        self._choice = choice

    async def __anext__(self) -> str:
        while True:
            event = await anext(self._events)
            if isinstance(event, ContentDeltaEvent) and event.choice == self._choice:
                return event.delta


def _is_json(response_format: Any) -> bool:
    return is_object(response_format) and response_format.get("type") != "text"
