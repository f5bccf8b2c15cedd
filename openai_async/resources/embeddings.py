"""https://platform.openai.com/docs/api-reference/embeddings"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, overload

from typing_extensions import Unpack

from .._resource import Resource
from ..errors import APIStatusError
from ..types.embeddings import EmbeddingCreateParams, EmbeddingList, EncodedEmbeddingList

__all__ = ["Embeddings"]

T = TypeVar("T")

REFUSALS = frozenset({400, 404, 415, 422})
"""Statuses that may mean that the server knows no base64; others have nothing to do with it."""


class Embeddings(Resource):
    """Vectors for texts."""

    @overload
    async def create(
        self,
        *,
        encoding_format: Literal["float"] | None = ...,
        **params: Unpack[EmbeddingCreateParams],
    ) -> EmbeddingList: ...
    @overload
    async def create(
        self, *, encoding_format: Literal["base64"], **params: Unpack[EmbeddingCreateParams]
    ) -> EncodedEmbeddingList: ...
    async def create(
        self,
        *,
        encoding_format: Literal["float", "base64"] | None = None,
        **params: Unpack[EmbeddingCreateParams],
    ) -> EmbeddingList | EncodedEmbeddingList:
        """Embed one or many inputs.

        Without `encoding_format`, the vectors travel as base64, a quarter of the bytes, and are
        read as floats; a server that refuses base64 is asked for floats from then on. With
        `"base64"`, the text itself is given.
        """
        if encoding_format == "base64":
            return await self._ask(EncodedEmbeddingList, params, encoding_format)
        if encoding_format == "float":
            return await self._ask(EmbeddingList, params, encoding_format)
        if self._client.server_traits.floats_only:
            return await self._ask(EmbeddingList, params, None)
        try:
            return await self._ask(EmbeddingList, params, "base64")
        except APIStatusError as refusal:
            if refusal.status_code not in REFUSALS:
                raise
        # If this fails too, base64 was not to blame, and what is raised here says what was.
        answer = await self._ask(EmbeddingList, params, None)
        self._client.server_traits.floats_only = True
        return answer

    async def _ask(
        self, into: type[T], params: Mapping[str, Any], encoding_format: str | None
    ) -> T:
        asked = {} if encoding_format is None else {"encoding_format": encoding_format}
        return await self._post("/embeddings", into, json={**params, **asked}, takes=_WireParams)


class _WireParams(EmbeddingCreateParams, total=False):
    encoding_format: str
