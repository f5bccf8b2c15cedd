"""`/images`: pictures for prompts, changed pictures, and variations."""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._painting import paint
from .._params import (
    Anything,
    Flag,
    Integer,
    Json,
    Many,
    Rule,
    Spec,
    Text,
    Upload,
    one_of,
    optional,
    required,
)
from .._png import Png, read_png
from .._state import StoredImage

_MAX_IMAGE_BYTES = 4 * 2**20
_SIZES = one_of("256x256", "512x512", "1024x1024", "1024x1536", "1536x1024", "1024x1792",
                "1792x1024", "auto")  # fmt: skip


class _Image(Rule):
    """A file, or (as newer models take them) the first of several."""

    kind = "a file"

    def check(self, name: str, value: object) -> UploadFile:
        if isinstance(value, list):
            value = Many(Upload(), 1, 16).check(name, value)[0]
        return Upload().check(name, value)


_COMMON: Spec = {
    "model": optional(Text(), default="dall-e-2"),
    "n": optional(Integer(1, 10), default=1),
    "size": optional(_SIZES, default="1024x1024"),
    "response_format": optional(one_of("url", "b64_json")),
    "user": optional(Text()),
}
_MODERN: Spec = {
    name: optional(Anything())
    for name in ("background", "moderation", "output_compression", "output_format",
                 "partial_images", "quality", "style", "input_fidelity")
}  # fmt: skip
_NO_STREAM: Spec = {"stream": optional(Flag())}

GENERATE: Spec = {"prompt": required(Text(1, 32_000)), **_COMMON, **_MODERN, **_NO_STREAM}
EDIT: Spec = {"image": required(_Image()), "mask": optional(Upload()), **GENERATE}
VARY: Spec = {"image": required(_Image()), **_COMMON}


async def generate(exchange: Exchange) -> Answer:
    """Pictures for a prompt."""
    return await _paint(exchange, exchange.params["prompt"], "")


async def edit(exchange: Exchange) -> Answer:
    """A picture changed where it (or the mask) is transparent."""
    params = exchange.params
    image, digest = await _read(params["image"], "image")
    if params["mask"] is not None:
        mask, mask_digest = await _read(params["mask"], "mask")
        digest += mask_digest
        if (mask.width, mask.height) != (image.width, image.height):
            raise bad_request("Invalid mask image - mask size must match image size.", "mask")
        if not mask.transparent:
            raise _no_alpha(mask, "mask")
    elif not image.transparent and params["model"].startswith("dall-e"):
        raise _no_alpha(image, "image")
    return await _paint(exchange, params["prompt"], digest)


async def vary(exchange: Exchange) -> Answer:
    """Other views of a picture. One that this server has made still knows its prompt."""
    image, digest = await _read(exchange.params["image"], "image")
    return await _paint(exchange, image.description or digest, digest)


async def fetch(exchange: Exchange) -> Answer:
    """The PNG behind the URL of a picture."""
    stored = exchange.state.images.get(exchange.path_params["image_id"])
    if stored is None:
        raise ApiError(404, "This image does not exist (any more).", code="image_not_found")
    return Answer(await _render(stored), content_type="image/png")


async def _read(upload: UploadFile, name: str) -> tuple[Png, str]:
    """The header of an uploaded picture, which has to be a square PNG, and its digest."""
    if (upload.size or 0) > _MAX_IMAGE_BYTES:
        raise bad_request("Uploaded image must be a PNG and less than 4 MB.", name)
    upload.file.seek(0)
    data: bytes = upload.file.read()
    try:
        image = read_png(data)
    except ValueError:
        raise bad_request("Uploaded image must be a PNG and less than 4 MB.", name) from None
    if image.width != image.height:
        raise bad_request("Uploaded image must be square.", name)
    return image, hashlib.sha256(data).hexdigest()


def _no_alpha(image: Png, name: str) -> ApiError:
    message = f"Invalid input {name} - format must be in ['RGBA', 'LA', 'L'], got {image.mode}."
    return bad_request(message, name, "invalid_image_format")


async def _paint(exchange: Exchange, prompt: str, digest: str) -> Answer:
    """The answer with `n` pictures, each as a URL or in base64."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("image", "v1/images")
    if model.id == "dall-e-2" and len(prompt) > model.context:
        message = f"Invalid 'prompt': string too long. Expected at most {model.context} characters."
        raise bad_request(message, "prompt", "string_above_max_length")
    if params.get("stream"):
        raise bad_request("Streaming images is not supported by this model.", "stream")
    size = "1024x1024" if params["size"] == "auto" else params["size"]
    inline = params["response_format"] == "b64_json" or model.id.startswith("gpt-image")
    rng = exchange.state.rng(None, prompt, digest, size)
    data: list[Json] = []
    for _ in range(params["n"]):
        image = StoredImage(prompt, f"{digest}{rng.random()}", size)
        if inline:
            data.append({"b64_json": b64encode(await _render(image)).decode()})
        else:
            image_id = exchange.state.remember_image(image)
            data.append({"url": exchange.url(f"/images/files/{image_id}.png")})
    return as_json({"created": int(time.time()), "data": data})


async def _render(image: StoredImage) -> bytes:
    width, height = map(int, image.size.split("x"))
    return await anyio.to_thread.run_sync(paint, image.prompt, image.seed, width, height)


ENDPOINTS = (
    Endpoint("POST", "/images/generations", generate, GENERATE, "json"),
    Endpoint("POST", "/images/edits", edit, EDIT, "form"),
    Endpoint("POST", "/images/variations", vary, VARY, "form"),
    Endpoint("GET", "/images/files/{image_id}.png", fetch),
)
