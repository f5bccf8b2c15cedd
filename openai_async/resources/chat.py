"""https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from pydantic import TypeAdapter
from typing_extensions import Unpack

from .._config import NOT_GIVEN
from .._json import is_array, is_object
from .._pagination import Pager
from .._request import RequestOptions, lasting, path
from .._resource import Resource
from .._response import StreamingResponse
from .._stream import AsyncStream, Streamed, finished_choices
from ..types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionCreateParams,
    ChatCompletionDeleted,
    ChatCompletionListParams,
    ChatCompletionMessageListParams,
    ChatCompletionParseParams,
    ChatCompletionStoreMessage,
    ChatCompletionUpdateParams,
    ResponseFormatParam,
)

if TYPE_CHECKING:
    from ..types.chat_parsed import ParsedChatCompletion
    from ._chat_stream import AsyncChatCompletionStream

__all__ = ["Chat", "ChatCompletionMessages", "ChatCompletions"]

T = TypeVar("T")


class Chat(Resource):
    """Conversations."""

    @functools.cached_property
    def completions(self) -> ChatCompletions:
        """Answers to conversations."""
        return ChatCompletions(self._client)


class ChatCompletions(Resource):
    """Answers to conversations."""

    @functools.cached_property
    def messages(self) -> ChatCompletionMessages:
        """The messages of stored answers."""
        return ChatCompletionMessages(self._client)

    @overload
    async def create(
        self, *, stream: Literal[False] | None = ..., **params: Unpack[ChatCompletionCreateParams]
    ) -> ChatCompletion: ...
    @overload
    async def create(
        self, *, stream: Literal[True], **params: Unpack[ChatCompletionCreateParams]
    ) -> AsyncStream[ChatCompletionChunk]: ...
    @overload
    async def create(
        self, *, stream: bool, **params: Unpack[ChatCompletionCreateParams]
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]: ...
    async def create(
        self, *, stream: bool | None = None, **params: Unpack[ChatCompletionCreateParams]
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]:
        """Answer a conversation; with `stream=True`, piece by piece."""
        if stream:
            return await self._stream(
                "/chat/completions", STREAMED, json=params, takes=ChatCompletionCreateParams
            )
        return await self._post(
            "/chat/completions", ChatCompletion, json=params, takes=ChatCompletionCreateParams
        )

    @overload
    async def parse(
        self,
        *,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatCompletionParseParams],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    async def parse(
        self,
        *,
        response_format: ResponseFormatParam | None = ...,
        **params: Unpack[ChatCompletionParseParams],
    ) -> ParsedChatCompletion[None]: ...
    async def parse(
        self, *, response_format: Any = None, **params: Unpack[ChatCompletionParseParams]
    ) -> ParsedChatCompletion[Any]:
        """Answer a conversation with a value of a type: `choices[0].message.parsed`.

        The type is a pydantic model, a dataclass, a TypedDict, or anything else that pydantic knows;
        the arguments of `pydantic_function_tool`s are parsed too. Raises `ConfigurationError` for a
        type that strict schemas can't express, `LengthFinishReasonError` or
        `ContentFilterFinishReasonError` for an answer that was cut, and `ResponseValidationError`
        for one that does not fit.
        """
        from .._structured import argument_formats, is_output_type, output_format  # noqa: PLC0415
        from ._chat_parsing import parse_completion  # noqa: PLC0415

        answer = output_format(response_format) if is_output_type(response_format) else None
        params = cast("ChatCompletionParseParams", lasting(params))
        arguments = argument_formats(params.get("tools"))
        given: Any = await self._post(
            "/chat/completions",
            ChatCompletion,
            json=_with_format(params, response_format),
            takes=ChatCompletionCreateParams,
        )
        if isinstance(given, ChatCompletion):
            return parse_completion(given, answer, arguments)
        # In `with_streaming_response`, which knows what it gets.
        response = cast("StreamingResponse[Any]", given)
        response.complete_with(lambda whole: parse_completion(whole, answer, arguments))
        return cast("ParsedChatCompletion[Any]", response)

    @overload
    def stream(
        self,
        *,
        response_format: type[T] | TypeAdapter[T],
        **params: Unpack[ChatCompletionParseParams],
    ) -> AsyncChatCompletionStream[T]: ...
    @overload
    def stream(
        self,
        *,
        response_format: ResponseFormatParam | None = ...,
        **params: Unpack[ChatCompletionParseParams],
    ) -> AsyncChatCompletionStream[None]: ...
    def stream(
        self, *, response_format: Any = None, **params: Unpack[ChatCompletionParseParams]
    ) -> AsyncChatCompletionStream[Any]:
        """Answer a conversation as typed events, from an async context manager; formats as in `parse`.

        `async with client.chat.completions.stream(...) as stream: async for event in stream: ...`
        """
        from ._chat_stream import AsyncChatCompletionStream  # noqa: PLC0415

        params = cast("ChatCompletionParseParams", lasting(params))
        given = _with_format(params, response_format)

        async def start() -> AsyncStream[ChatCompletionChunk]:
            return await self._stream(
                "/chat/completions", STREAMED, json=given, takes=ChatCompletionCreateParams
            )

        return AsyncChatCompletionStream(start, response_format, params.get("tools"))

    async def retrieve(
        self, completion_id: str, **options: Unpack[RequestOptions]
    ) -> ChatCompletion:
        """An answer that was stored, by `store=True`."""
        return await self._get(_of(completion_id), ChatCompletion, query=options)

    async def update(
        self, completion_id: str, **params: Unpack[ChatCompletionUpdateParams]
    ) -> ChatCompletion:
        """Change the metadata of a stored answer."""
        return await self._post(
            _of(completion_id), ChatCompletion, json=params, takes=ChatCompletionUpdateParams
        )

    def list(self, **params: Unpack[ChatCompletionListParams]) -> Pager[ChatCompletion]:
        """Iterate over the stored answers; await for the first page."""
        return self._page(
            "/chat/completions", ChatCompletion, query=params, takes=ChatCompletionListParams
        )

    async def delete(
        self, completion_id: str, **options: Unpack[RequestOptions]
    ) -> ChatCompletionDeleted:
        """Delete a stored answer."""
        return await self._delete(_of(completion_id), ChatCompletionDeleted, query=options)


class ChatCompletionMessages(Resource):
    """The messages of stored answers."""

    def list(
        self, completion_id: str, **params: Unpack[ChatCompletionMessageListParams]
    ) -> Pager[ChatCompletionStoreMessage]:
        """Iterate over the conversation that was answered; await for the first page."""
        return self._page(
            _of(completion_id) + "/messages",
            ChatCompletionStoreMessage,
            query=params,
            takes=ChatCompletionMessageListParams,
        )


def _of(completion_id: str) -> str:
    return path("/chat/completions/{completion_id}", completion_id=completion_id)


def _with_format(params: Mapping[str, Any], response_format: Any) -> Mapping[str, Any]:
    """The parameters with the format as the API takes it, where one was given."""
    if response_format is None or response_format is NOT_GIVEN:
        return params
    if isinstance(response_format, Mapping):
        return {**params, "response_format": response_format}
    from .._structured import output_format  # noqa: PLC0415

    return {**params, "response_format": output_format(response_format).for_chat()}


def _from_whole(answer: dict[str, Any]) -> list[Any] | None:
    """A whole answer as one chunk: each message is the delta from nothing."""
    whole = answer.get("choices")
    if not is_array(whole):
        return None
    choices = [_from_message(choice) if is_object(choice) else choice for choice in whole]
    return [{**answer, "object": "chat.completion.chunk", "choices": choices}]


def _from_message(choice: dict[str, Any]) -> dict[str, Any]:
    return {("delta" if key == "message" else key): value for key, value in choice.items()}


STREAMED = Streamed[ChatCompletionChunk](ChatCompletionChunk, finished_choices, _from_whole)
