"""https://platform.openai.com/docs/api-reference/images"""

from __future__ import annotations

from typing_extensions import Unpack

from .._resource import Resource
from ..types.images import (
    ImageCreateVariationParams,
    ImageEditParams,
    ImageGenerateParams,
    ImagesResponse,
)

__all__ = ["Images"]


class Images(Resource):
    """Images from words and from other images."""

    async def generate(self, **params: Unpack[ImageGenerateParams]) -> ImagesResponse:
        """Make images of what a text describes."""
        return await self._post(
            "/images/generations", ImagesResponse, json=params, takes=ImageGenerateParams
        )

    async def edit(self, **params: Unpack[ImageEditParams]) -> ImagesResponse:
        """Fill the transparent areas of an image, or of its mask, to go with a text.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post("/images/edits", ImagesResponse, form=params, takes=ImageEditParams)

    async def create_variation(
        self, **params: Unpack[ImageCreateVariationParams]
    ) -> ImagesResponse:
        """Make images that resemble one.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post(
            "/images/variations", ImagesResponse, form=params, takes=ImageCreateVariationParams
        )
