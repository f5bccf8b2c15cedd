"""https://platform.openai.com/docs/api-reference/embeddings"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from typing_extensions import Unpack

from .._request import bind, make
from .._resource import Resource
from .._retry import RetryPolicy
from ..errors import APIStatusError
from ..types.embeddings import (
    EmbeddingCreateParams,
    EmbeddingItem,
    EmbeddingList,
    EmbeddingManyOptions,
    EncodedEmbeddingList,
)

if TYPE_CHECKING:
    from ..bulk import EmbeddingJob, Journal, OnProgress, Prices

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

    def create_many(
        self,
        inputs: Iterable[EmbeddingItem] | AsyncIterable[EmbeddingItem],
        *,
        model: str,
        dimensions: int | None = None,
        user: str | None = None,
        batch: int = 256,
        tokens_per_request: int = 300_000,
        too_long: Literal["error", "truncate"] = "error",
        concurrency: int | Literal["auto"] = "auto",
        ordered: bool = True,
        journal: Journal | str | PathLike[str] | None = None,
        retry: RetryPolicy | int | None = None,
        patience: float = 600.0,
        stop_after: int | None = None,
        deadline: float | None = None,
        progress: OnProgress | None = None,
        prices: Prices | None = None,
        **options: Unpack[EmbeddingManyOptions],
    ) -> EmbeddingJob:
        """Embed any number of inputs; gives a `Result` for each, with a `Vector` or an error.

            async with client.embeddings.create_many(texts, model="text-embedding-3-small") as job:
                async for result in job:
                    print(result.index, result.unwrap().to_numpy())

        `await job.to_numpy()` gathers one array. The inputs are pulled as they are needed, and memory
        holds what is outstanding: some 24 MB of vectors, in up to 16 requests. Equal inputs that are
        close to each other are sent once.

        An input that can't be embedded (empty, no text, half a character, too long, refused by the
        server) is an error of that item. A request that is refused is divided until the input that
        is to blame is alone. What may pass is tried again as `bulk.map` does, which also says what
        ends a job; a model that is not there does too, and parameters that are refused, or
        `dimensions` that the server doesn't heed.

        Args:
            inputs: Texts, or lists of tokens: an iterable or async iterable, of any length.
            model: The model's id.
            dimensions: How long the vectors are to be, with models that can shorten them.
            user: An id of your end user, by which abuse can be traced.
            batch: Inputs in a request, at most: 1 to 2,048.
            tokens_per_request: Tokens in a request, at most, estimated as a third of the bytes.
            too_long: What is done with an input of more tokens than the model takes. "error": it has
                an error. "truncate": it is cut. Lists of tokens are cut to 8,192 for OpenAI's models;
                a text that the server refuses is cut to three quarters, and so on until it is taken.
            concurrency: Requests on their way at a time. "auto": up to 16, as memory allows.
            ordered: Whether results come in the order of the inputs, or as they are ready.
            journal: Where vectors are kept, so that the same job, run again, goes on where it was: a
                path, or an open `Journal`. An input's key is made of itself, the model, `dimensions`
                and `extra_body`; not of the address. Errors are not kept.
            retry: How often a request is sent again beside the client's own retries (default: 4), or
                the back-off between its tries.
            patience: Seconds that the job waits for a server with which nothing succeeds.
            stop_after: End the job with a `BulkError` when so many items have failed.
            deadline: Seconds for the whole job; then it ends with an `APITimeoutError`.
            progress: Called with a `Progress`; `bulk.bar()` draws one.
            prices: US dollars for a million tokens, by model, for `Progress.cost`.
            options: `EmbeddingManyOptions`: extra_headers, extra_query, extra_body, timeout,
                max_retries.

        Raises:
            ConfigurationError: a setting that can't be used.
            TypeError: inputs that can't be iterated over, a single text, or an unknown keyword.
        """
        from ..bulk._embeddings import embed_many  # noqa: PLC0415 - only where it is needed

        params: dict[str, Any] = {"model": model, **options}
        params |= {} if dimensions is None else {"dimensions": dimensions}
        params |= {} if user is None else {"user": user}
        self._check(params)
        return embed_many(
            self._ask_of_many,
            inputs,
            params,
            batch=batch,
            tokens_per_request=tokens_per_request,
            too_long=too_long,
            concurrency=concurrency,
            ordered=ordered,
            journal=journal,
            retry=retry,
            patience=patience,
            stop_after=stop_after,
            deadline=deadline,
            progress=progress,
            prices=prices,
        )

    def _check(self, params: Mapping[str, Any]) -> None:
        """Raise now what every request would raise."""
        given, options = bind({**params, "input": []}, EmbeddingCreateParams)
        make(self._client.config, "POST", "/embeddings", EmbeddingList, options, json=given)

    async def _ask_of_many(self, params: Mapping[str, Any], knows_base64: bool) -> EmbeddingList:
        """One request of many; when answers have come, a refusal has nothing to do with base64."""
        if knows_base64 and not self._client.server_traits.floats_only:
            return await self._ask(EmbeddingList, params, "base64")
        return await self.create(**cast("EmbeddingCreateParams", params))

    async def _ask(
        self, into: type[T], params: Mapping[str, Any], encoding_format: str | None
    ) -> T:
        asked = {} if encoding_format is None else {"encoding_format": encoding_format}
        return await self._post("/embeddings", into, json={**params, **asked}, takes=_WireParams)


class _WireParams(EmbeddingCreateParams, total=False):
    encoding_format: str
