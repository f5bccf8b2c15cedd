"""https://platform.openai.com/docs/api-reference/images"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any, Literal, TypeVar, overload

from typing_extensions import Unpack

from .._json import is_array, is_object
from .._resource import Resource
from .._stream import AsyncStream, Streamed
from ..types.images import (
    ImageCreateVariationParams,
    ImageEditParams,
    ImageEditStreamEvent,
    ImageGenerateParams,
    ImageGenStreamEvent,
    ImagesResponse,
)

__all__ = ["Images"]

T = TypeVar("T")

FILES = frozenset({"image", "mask", "markup"})


class Images(Resource):
    """Images from words and from other images."""

    @overload
    async def generate(
        self, *, stream: Literal[False] | None = ..., **params: Unpack[ImageGenerateParams]
    ) -> ImagesResponse: ...
    @overload
    async def generate(
        self, *, stream: Literal[True], **params: Unpack[ImageGenerateParams]
    ) -> AsyncStream[ImageGenStreamEvent]: ...
    @overload
    async def generate(
        self, *, stream: bool, **params: Unpack[ImageGenerateParams]
    ) -> ImagesResponse | AsyncStream[ImageGenStreamEvent]: ...
    async def generate(
        self, *, stream: bool | None = None, **params: Unpack[ImageGenerateParams]
    ) -> ImagesResponse | AsyncStream[ImageGenStreamEvent]:
        """Make images of what a text describes; with `stream=True`, unfinished ones first."""
        url = "/images/generations"
        if stream:
            made = _closed(GENERATED, params.get("n"))
            return await self._stream(url, made, json=params, takes=ImageGenerateParams)
        return await self._post(url, ImagesResponse, json=params, takes=ImageGenerateParams)

    @overload
    async def edit(
        self, *, stream: Literal[False] | None = ..., **params: Unpack[ImageEditParams]
    ) -> ImagesResponse: ...
    @overload
    async def edit(
        self, *, stream: Literal[True], **params: Unpack[ImageEditParams]
    ) -> AsyncStream[ImageEditStreamEvent]: ...
    @overload
    async def edit(
        self, *, stream: bool, **params: Unpack[ImageEditParams]
    ) -> ImagesResponse | AsyncStream[ImageEditStreamEvent]: ...
    async def edit(
        self, *, stream: bool | None = None, **params: Unpack[ImageEditParams]
    ) -> ImagesResponse | AsyncStream[ImageEditStreamEvent]:
        """Change one image, or make one of several, to go with a text.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        url = "/images/edits"
        if stream:
            made = _closed(EDITED, params.get("n"))
            return await self._stream(url, made, form=params, takes=ImageEditParams, files=FILES)
        return await self._post(
            url, ImagesResponse, form=params, takes=ImageEditParams, files=FILES
        )

    async def create_variation(
        self, **params: Unpack[ImageCreateVariationParams]
    ) -> ImagesResponse:
        """Make images that resemble one.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post(
            "/images/variations", ImagesResponse, form=params, takes=ImageCreateVariationParams
        )


def _finished(event: Any) -> Iterator[tuple[int, bool]]:
    """Streams of images end without a word: what tells is that the finished image has come."""
    yield 0, str(getattr(event, "type", "")).endswith(".completed")


def _closed(streamed: Streamed[T], n: int | None) -> Streamed[T]:
    """Of one image, the finished one is the end; of several, none tells whether it is the last."""
    return dataclasses.replace(streamed, closed=n is None or n == 1)


def _from_whole(kind: str, answer: dict[str, Any]) -> list[Any] | None:
    """A whole answer as one event for each image."""
    images = answer.get("data")
    if not is_array(images) or not all(is_object(one) and "b64_json" in one for one in images):
        return None
    told = {key: value for key, value in answer.items() if key not in ("data", "created")}
    common = {"type": kind, "created_at": answer.get("created"), **told}
    return [{**common, **image} for image in images]


GENERATED = Streamed[ImageGenStreamEvent](
    ImageGenStreamEvent, _finished, functools.partial(_from_whole, "image_generation.completed")
)
EDITED = Streamed[ImageEditStreamEvent](
    ImageEditStreamEvent, _finished, functools.partial(_from_whole, "image_edit.completed")
)
