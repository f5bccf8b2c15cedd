"""https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

import functools
from typing import Any, Literal, overload

from typing_extensions import Unpack

from .._json import is_array, is_object
from .._resource import Resource
from .._stream import AsyncStream, Streamed, finished_choices
from ..types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionCreateParams

__all__ = ["Chat", "ChatCompletions"]


class Chat(Resource):
    """Conversations."""

    @functools.cached_property
    def completions(self) -> ChatCompletions:
        """Answers to conversations."""
        return ChatCompletions(self._client)


class ChatCompletions(Resource):
    """Answers to conversations."""

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
