"""https://platform.openai.com/docs/api-reference/completions"""

from __future__ import annotations

from typing import Any, Literal, overload

from typing_extensions import Unpack

from .._resource import Resource
from .._stream import AsyncStream, Streamed, finished_choices
from ..types.completions import Completion, CompletionCreateParams

__all__ = ["Completions"]


class Completions(Resource):
    """Texts that go on from a prompt."""

    @overload
    async def create(
        self, *, stream: Literal[False] | None = ..., **params: Unpack[CompletionCreateParams]
    ) -> Completion: ...
    @overload
    async def create(
        self, *, stream: Literal[True], **params: Unpack[CompletionCreateParams]
    ) -> AsyncStream[Completion]: ...
    @overload
    async def create(
        self, *, stream: bool, **params: Unpack[CompletionCreateParams]
    ) -> Completion | AsyncStream[Completion]: ...
    async def create(
        self, *, stream: bool | None = None, **params: Unpack[CompletionCreateParams]
    ) -> Completion | AsyncStream[Completion]:
        """Complete a prompt; with `stream=True`, piece by piece."""
        if stream:
            return await self._stream(
                "/completions", STREAMED, json=params, takes=CompletionCreateParams
            )
        return await self._post(
            "/completions", Completion, json=params, takes=CompletionCreateParams
        )


def _from_whole(answer: dict[str, Any]) -> list[Any] | None:
    return [answer] if "choices" in answer else None  # a chunk has the shape of the whole


STREAMED = Streamed[Completion](Completion, finished_choices, _from_whole)
