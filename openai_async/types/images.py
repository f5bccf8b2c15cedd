"""Images: https://platform.openai.com/docs/api-reference/images"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._base64 import decoded
from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "Image", "ImageBackground", "ImageCreateVariationParams", "ImageEditCompletedEvent",
    "ImageEditParams", "ImageEditPartialImageEvent", "ImageEditStreamEvent", "ImageFormat",
    "ImageGenCompletedEvent", "ImageGenPartialImageEvent", "ImageGenStreamEvent", "ImageGenerateParams",
    "ImageInputTokensDetails", "ImageModel", "ImageOutputFormat", "ImageOutputTokensDetails",
    "ImageSize", "ImageSvgParam", "ImageSvgReasoningParam", "ImageUsage", "ImagesResponse",
]  # fmt: skip

ImageModel = str | Literal[
    "gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "gpt-image-2-2026-04-21",
    "chatgpt-image-latest", "dall-e-2", "dall-e-3",
]  # fmt: skip

ImageSize = str | Literal[
    "auto", "1024x1024", "1536x1024", "1024x1536", "256x256", "512x512", "1792x1024", "1024x1792",
]  # fmt: skip
"""Width and height in pixels. `gpt-image-2` takes others too: multiples of 16, such as `1536x864`."""

ImageFormat = Literal["url", "b64_json"]
"""How an image comes: as a URL, which the API keeps for an hour, or with its bytes as base64."""

ImageOutputFormat = Literal["png", "jpeg", "webp"] | str
ImageBackground = Literal["transparent", "opaque", "auto"]


class ImageSvgReasoningParam(TypedDict, total=False):
    effort: str | None


class ImageSvgParam(TypedDict, total=False):
    """Who writes an image of `output_format="svg"`."""

    model: str
    reasoning: ImageSvgReasoningParam | None


class _ImageParams(RequestOptions, total=False):
    """What all three calls take."""

    model: ImageModel | None
    """Default: `dall-e-2`, or a GPT image model where a parameter asks for one."""
    n: int | None
    """How many images, from 1 to 10; `dall-e-3` makes 1. Default: 1."""
    response_format: ImageFormat | None
    """Whether to give URLs or bytes; GPT image models always give bytes. Default: `url`."""
    user: str
    """An id of your end user, by which abuse can be traced."""


class _ImageModernParams(_ImageParams, total=False):
    """What GPT image models take."""

    prompt: Required[str]
    """What is to be seen: up to 32,000 characters, 4,000 for `dall-e-3`, 1,000 for `dall-e-2`."""
    size: ImageSize | None
    """Default: `auto` for GPT image models, else `1024x1024`."""
    background: ImageBackground | None
    """Default: `auto`. A transparent one needs `png` or `webp`."""
    output_format: ImageOutputFormat | None
    """Default: `png`. Newer models know `gif` and `svg` too."""
    output_compression: int | None
    """Of `jpeg` and `webp`, in percent. Default: 100."""
    partial_images: int | None
    """How many unfinished images a stream shows, from 0 to 3; fewer where it is done sooner."""
    complexity: Literal["low", "medium", "high"] | None
    """How much thought goes into the plan, whatever the quality."""
    frame_count: int | None
    """Of a `gif`, from 2 to 16. Default: 9."""
    frame_duration_ms: int | None
    """Of a `gif`. Default: 200."""
    svg: ImageSvgParam | None
    safety_identifier: str | None
    """A stable id of your end user, hashed; takes the place of `user`."""


class ImageGenerateParams(_ImageModernParams, total=False):
    quality: Literal["standard", "hd", "low", "medium", "high", "auto"] | None
    """`standard` and `hd` are for DALL-E. Default: `auto`."""
    moderation: Literal["low", "auto"] | None
    """How much is refused, by GPT image models. Default: `auto`."""
    style: Literal["vivid", "natural"] | None
    """For `dall-e-3`. Default: `vivid`."""


class ImageEditParams(_ImageModernParams, total=False):
    image: Required[FileInput | Sequence[FileInput]]
    """A path, bytes, a file object, or `(file name, content[, type])`. GPT image models take up to 16
    of them in a list, as PNG, WebP or JPEG of less than 50 MB; `dall-e-2` takes a square PNG of less
    than 4 MB, which without a mask must have transparent areas: they are filled."""
    mask: FileInput
    """A PNG of less than 4 MB and the (first) image's size: where it is transparent, the image is
    edited."""
    input_fidelity: Literal["high", "low"] | None
    """How closely the images are kept to, by models that know it."""
    quality: Literal["standard", "low", "medium", "high", "auto"] | None
    """Default: `auto`."""
    markup: FileInput
    """A transparent PNG laid over the first image, to show what is to change; not with a mask."""


class ImageCreateVariationParams(_ImageParams, total=False):
    image: Required[FileInput]
    """A square PNG of less than 4 MB: a path, bytes, a file object, or
    `(file name, content[, type])`."""
    size: Literal["256x256", "512x512", "1024x1024"] | str | None
    """Default: `1024x1024`."""


class Image(Model):
    """An image, as a URL or as its bytes."""

    url: str | None = None
    """Where it is, for a while."""
    b64_json: str | None = None
    """Its bytes as base64; see `decode`."""
    revised_prompt: str | None = None
    """What the server made of the prompt, if it changed it."""

    def decode(self) -> bytes:
        """The bytes of an image that came as `b64_json`: a PNG, unless another format was asked for.

        Raises `ValueError` if only its URL came, `APIResponseError` if it isn't base64.
        """
        if self.b64_json is None:
            raise ValueError("the image came as a URL; ask for it with response_format='b64_json'")
        return decoded(self.b64_json, "an image")


class ImageInputTokensDetails(Model):
    text_tokens: int
    image_tokens: int


class ImageOutputTokensDetails(Model):
    image_tokens: int
    text_tokens: int


class ImageUsage(Model):
    """The tokens of GPT image models."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: ImageInputTokensDetails
    output_tokens_details: ImageOutputTokensDetails | None = None


class ImagesResponse(Model):
    """The images that were asked for."""

    created: int
    """Seconds since the epoch."""
    data: list[Image] = Field(default_factory=list[Image])
    background: Literal["transparent", "opaque"] | str | None = None
    output_format: ImageOutputFormat | None = None
    size: Literal["1024x1024", "1024x1536", "1536x1024"] | str | None = None
    quality: Literal["low", "medium", "high"] | str | None = None
    usage: ImageUsage | None = None


class _StreamedImage(Model):
    b64_json: str
    """Its bytes as base64; see `decode`."""
    created_at: int
    """Seconds since the epoch."""
    size: Literal["1024x1024", "1024x1536", "1536x1024", "auto"] | str
    quality: Literal["low", "medium", "high", "auto"] | str
    background: ImageBackground | str
    output_format: ImageOutputFormat

    def decode(self) -> bytes:
        """The image's bytes. Raises `APIResponseError` if they aren't base64."""
        return decoded(self.b64_json, "an image")


class ImageGenPartialImageEvent(_StreamedImage):
    """An image that is not finished."""

    type: Literal["image_generation.partial_image"]
    partial_image_index: int
    """From 0."""


class ImageGenCompletedEvent(_StreamedImage):
    """The finished image."""

    type: Literal["image_generation.completed"]
    usage: ImageUsage


ImageGenStreamEvent = Annotated[ImageGenPartialImageEvent | ImageGenCompletedEvent, OpenUnion()]


class ImageEditPartialImageEvent(_StreamedImage):
    """An edited image that is not finished."""

    type: Literal["image_edit.partial_image"]
    partial_image_index: int
    """From 0."""


class ImageEditCompletedEvent(_StreamedImage):
    """The finished edited image."""

    type: Literal["image_edit.completed"]
    usage: ImageUsage


ImageEditStreamEvent = Annotated[ImageEditPartialImageEvent | ImageEditCompletedEvent, OpenUnion()]
