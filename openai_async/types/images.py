"""Images: https://platform.openai.com/docs/api-reference/images"""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from ..errors import APIResponseError

__all__ = [
    "Image",
    "ImageCreateVariationParams",
    "ImageEditParams",
    "ImageFormat",
    "ImageGenerateParams",
    "ImageSize",
    "ImagesResponse",
]

ImageSize = Literal["256x256", "512x512", "1024x1024"] | str
"""Width and height in pixels. The classic API knows these three; servers know more."""

ImageFormat = Literal["url", "b64_json"]
"""How an image comes: as a URL, which the API keeps for an hour, or with its bytes as base64."""


class _ImageParams(RequestOptions, total=False):
    """What all three calls take."""

    model: str
    """The model's id, for servers that have more than one for images."""
    n: int | None
    """How many images, from 1 to 10. Default: 1."""
    size: ImageSize | None
    """Width and height in pixels. Default: `1024x1024`."""
    response_format: ImageFormat | None
    """Whether to give URLs or bytes. Default: `url`."""
    user: str
    """An id of your end user, by which abuse can be traced."""


class ImageGenerateParams(_ImageParams, total=False):
    prompt: Required[str]
    """What is to be seen, in up to 1,000 characters."""


class ImageEditParams(_ImageParams, total=False):
    image: Required[FileInput]
    """A square PNG of less than 4 MB: a path, bytes, a file object, or
    `(file name, content[, type])`. Without a mask it must have transparent areas: they are filled."""
    prompt: Required[str]
    """What is to be seen in the whole, in up to 1,000 characters."""
    mask: FileInput
    """A PNG of less than 4 MB and the image's size: where it is transparent, the image is edited."""


class ImageCreateVariationParams(_ImageParams, total=False):
    image: Required[FileInput]
    """A square PNG of less than 4 MB: a path, bytes, a file object, or
    `(file name, content[, type])`."""


class Image(Model):
    """An image, as a URL or as its bytes."""

    url: str | None = None
    """Where it is, for a while."""
    b64_json: str | None = None
    """Its bytes as base64; see `decode`."""
    revised_prompt: str | None = None
    """What the server made of the prompt, if it changed it."""

    def decode(self) -> bytes:
        """The bytes of an image that was asked for as `b64_json`: normally a PNG.

        Raises `ValueError` if only its URL came, `APIResponseError` if it isn't base64.
        """
        if self.b64_json is None:
            raise ValueError("the image came as a URL; ask for it with response_format='b64_json'")
        try:
            return base64.b64decode(self.b64_json, validate=True)
        except (binascii.Error, ValueError) as error:
            raise APIResponseError(f"an image is not base64: {error}") from None


class ImagesResponse(Model):
    """The images that were asked for."""

    created: int
    """Seconds since the epoch."""
    data: list[Image]
