"""`/images`: pictures for prompts, changed pictures, and variations."""

from __future__ import annotations

import functools
import hashlib
import re
from base64 import b64encode

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, as_events, as_json
from .._models import Model
from .._painting import paint
from .._params import (
    Flag,
    Integer,
    Json,
    Many,
    Rule,
    Spec,
    Text,
    Upload,
    is_list,
    one_of,
    optional,
    required,
)
from .._png import Png, image_format, read_png
from .._state import State, StoredImage
from .._tokens import tokenizer

_MAX_IMAGE_BYTES = 4 * 2**20
_MAX_MODERN_BYTES = 50 * 2**20
_MOST_PIXELS = 3840 * 2160
_SIZES = ("256x256", "512x512", "1024x1024", "1024x1536", "1536x1024", "1024x1792", "1792x1024",
          "auto")  # fmt: skip
_TOKENS = {"low": 272, "medium": 1056, "high": 4160}  # of a square of 1024 pixels
_TOKENS_OF_PARTIAL = 100
_TOKENS_OF_INPUT = 194
_COARSEST = 32  # pixels in the squares of the first unfinished image


class _Images(Rule):
    """A file, or (as GPT image models take them) several."""

    kind = "a file"

    def check(self, name: str, value: object) -> list[UploadFile]:
        return Many(Upload(), 1, 16).check(name, value if is_list(value) else [value])


class _Size(Rule):
    """Width and height; which ones, the model says."""

    kind = "a string"

    def check(self, name: str, value: object) -> str:
        size = Text().check(name, value)
        if size in _SIZES:
            return size
        found = re.fullmatch(r"([1-9]\d{1,3})x([1-9]\d{1,3})", size)
        width, height = map(int, found.groups()) if found else (1, 1)
        if width % 16 or height % 16 or width * height > _MOST_PIXELS:
            known = ", ".join(f"'{choice}'" for choice in _SIZES)
            message = f"Invalid value: '{size}'. Supported values are: {known}."
            raise bad_request(message, name, "invalid_value")
        return size


_COMMON: Spec = {
    "model": optional(Text()),
    "n": optional(Integer(1, 10), default=1),
    "size": optional(_Size()),
    "response_format": optional(one_of("url", "b64_json")),
    "user": optional(Text()),
}
_MODERN: Spec = {
    "prompt": required(Text(1, 32_000)),
    **_COMMON,
    "background": optional(one_of("transparent", "opaque", "auto")),
    "output_format": optional(one_of("png", "jpeg", "webp")),
    "output_compression": optional(Integer(0, 100)),
    "partial_images": optional(Integer(0, 3)),
    "stream": optional(Flag()),
    "quality": optional(one_of("standard", "hd", "low", "medium", "high", "auto")),
    "complexity": optional(one_of("low", "medium", "high")),
    "safety_identifier": optional(Text()),
}

GENERATE: Spec = {
    **_MODERN,
    "moderation": optional(one_of("low", "auto")),
    "style": optional(one_of("vivid", "natural")),
}
EDIT: Spec = {
    "image": required(_Images()),
    "mask": optional(Upload()),
    "input_fidelity": optional(one_of("high", "low")),
    **_MODERN,
}
VARY: Spec = {"image": required(_Images()), **_COMMON}

_ONLY_MODERN = ("background", "output_format", "output_compression", "partial_images", "stream",
                "moderation", "input_fidelity", "complexity")  # fmt: skip


async def generate(exchange: Exchange) -> Answer:
    """Pictures for a prompt."""
    return await _paint(exchange, _model(exchange), exchange.params["prompt"], "")


async def edit(exchange: Exchange) -> Answer:
    """A picture changed where it (or the mask) is transparent, or one made of several."""
    params = exchange.params
    model = _model(exchange)
    if model.id.startswith("dall-e"):
        digest = _read_one_to_be_filled(params)
    else:
        digest = "".join(_digest_of(upload) for upload in params["image"])
        if params["mask"] is not None:
            digest += _digest_of(params["mask"], "mask")
    return await _paint(exchange, model, params["prompt"], digest)


def _read_one_to_be_filled(params: Json) -> str:
    """The digest of the one square picture that DALL-E takes, and of its mask."""
    image, digest = _read(params["image"][0], "image")
    if params["mask"] is None:
        if not image.transparent:
            raise _no_alpha(image, "image")
        return digest
    mask, mask_digest = _read(params["mask"], "mask")
    if (mask.width, mask.height) != (image.width, image.height):
        raise bad_request("Invalid mask image - mask size must match image size.", "mask")
    if not mask.transparent:
        raise _no_alpha(mask, "mask")
    return digest + mask_digest


async def vary(exchange: Exchange) -> Answer:
    """Other views of a picture. One that this server has made still knows its prompt."""
    image, digest = _read(exchange.params["image"][0], "image")
    return await _paint(exchange, _model(exchange), image.description or digest, digest)


async def fetch(exchange: Exchange) -> Answer:
    """The PNG behind the URL of a picture."""
    stored = exchange.state.images.get(exchange.path_params["image_id"])
    if stored is None:
        raise ApiError(404, "This image does not exist (any more).", code="image_not_found")
    return Answer(await _render(exchange.state, stored), content_type="image/png")


def _model(exchange: Exchange) -> Model:
    """The model; where none is named, the one that knows the parameters. 400 where it doesn't."""
    params = exchange.params
    asked = [name for name in _ONLY_MODERN if params.get(name) is not None]
    several = len(params.get("image") or ()) > 1
    named = params["model"] or ("gpt-image-1" if asked or several else "dall-e-2")
    model = exchange.state.model(named).require("image", "v1/images")
    if model.id.startswith("dall-e"):
        if params.get("stream"):
            raise bad_request("Streaming images is not supported by this model.", "stream")
        if several:
            raise bad_request(f"{model.id} takes one image.", "image", "invalid_value")
        if model.id == "dall-e-2" and len(params.get("prompt") or "") > model.context:
            message = (
                f"Invalid 'prompt': string too long. Expected at most {model.context} characters."
            )
            raise bad_request(message, "prompt", "string_above_max_length")
    elif "gpt-image" in model.id and params["response_format"] is not None:
        message = "Unknown parameter: 'response_format'."
        raise bad_request(message, "response_format", "unknown_parameter")
    if params["size"] not in (None, *_SIZES) and model.id != "gpt-image-2":
        message = f"Invalid value: '{params['size']}' is no size that {model.id} makes."
        raise bad_request(message, "size", "invalid_value")
    return model


def _bytes(upload: UploadFile) -> bytes:
    upload.file.seek(0)
    data: bytes = upload.file.read()
    return data


def _read(upload: UploadFile, name: str) -> tuple[Png, str]:
    """The header of an uploaded picture, which has to be a square PNG, and its digest."""
    if (upload.size or 0) > _MAX_IMAGE_BYTES:
        raise bad_request("Uploaded image must be a PNG and less than 4 MB.", name)
    data = _bytes(upload)
    try:
        image = read_png(data)
    except ValueError:
        raise bad_request("Uploaded image must be a PNG and less than 4 MB.", name) from None
    if image.width != image.height:
        raise bad_request("Uploaded image must be square.", name)
    return image, hashlib.sha256(data).hexdigest()


def _digest_of(upload: UploadFile, name: str = "image") -> str:
    """The digest of an uploaded picture, in one of the formats that GPT image models take."""
    data = _bytes(upload)
    kind = image_format(data)
    if kind not in ("png", "jpeg", "webp") or len(data) > _MAX_MODERN_BYTES:
        message = "Invalid image file: it must be a PNG, WebP or JPEG of less than 50 MB."
        raise bad_request(message, name, "invalid_image_file")
    return hashlib.sha256(data).hexdigest()


def _no_alpha(image: Png, name: str) -> ApiError:
    message = f"Invalid input {name} - format must be in ['RGBA', 'LA', 'L'], got {image.mode}."
    return bad_request(message, name, "invalid_image_format")


async def _paint(exchange: Exchange, model: Model, prompt: str, digest: str) -> Answer:
    """The answer with `n` pictures, each as a URL, in base64, or as events."""
    params, state = exchange.params, exchange.state
    size = params["size"] if params["size"] not in (None, "auto") else "1024x1024"
    clear = params.get("background") == "transparent"
    rng = state.rng(None, prompt, digest, size)
    images = [
        StoredImage(prompt, f"{digest}{rng.random()}", size, model.id, clear)
        for _ in range(params["n"])
    ]
    if params.get("stream"):
        return await _stream(exchange, images)
    answer: Json = {"created": exchange.now}
    if "gpt-image" in model.id:
        answer |= {**_looks(exchange, images[0]), "usage": _usage(exchange, images, 0)}
    elif params["response_format"] != "b64_json":
        ids = [state.remember_image(image) for image in images]
        urls = [exchange.url(f"/images/files/{image_id}.png") for image_id in ids]
        return as_json({**answer, "data": [{"url": url} for url in urls]})
    data = [{"b64_json": b64encode(await _render(state, image)).decode()} for image in images]
    return as_json({**answer, "data": data})


async def _stream(exchange: Exchange, images: list[StoredImage]) -> Answer:
    """Unfinished pictures, each in smaller squares than the one before it, then the finished ones."""
    state, partial = exchange.state, exchange.params["partial_images"] or 0
    kind = "image_edit" if exchange.path == "/images/edits" else "image_generation"
    usage = _usage(exchange, images, partial)
    pause = [float(state.token_delay)] if state.token_delay else []
    events: list[Json | float] = []
    for image in images:
        looks = {"created_at": exchange.now, **_looks(exchange, image)}
        for index in range(partial):
            data = await _render(state, image, _COARSEST >> index)
            told = {"b64_json": b64encode(data).decode(), "partial_image_index": index, **looks}
            events += [*pause, {"type": f"{kind}.partial_image", **told}]
        data = await _render(state, image)
        told = {"b64_json": b64encode(data).decode(), **looks, "usage": usage}
        events += [*pause, {"type": f"{kind}.completed", **told}]
    return as_events(events)


def _looks(exchange: Exchange, image: StoredImage) -> Json:
    """What GPT image models tell of a picture. This server has no encoder but PNG's, and says so."""
    quality = exchange.params["quality"]
    return {
        "background": "transparent" if image.clear else "opaque",
        "output_format": "png",
        "quality": quality if quality in _TOKENS else "medium",
        "size": image.size,
    }


def _usage(exchange: Exchange, images: list[StoredImage], partial: int) -> Json:
    params = exchange.params
    width, height = map(int, images[0].size.split("x"))
    of_one = round(_TOKENS.get(params["quality"], 1056) * width * height / 2**20)
    made = len(images) * (of_one + partial * _TOKENS_OF_PARTIAL)
    read = len(params.get("image") or ()) * _TOKENS_OF_INPUT
    words = len(tokenizer().encode(params["prompt"]))
    return {
        "input_tokens": words + read,
        "output_tokens": made,
        "total_tokens": words + read + made,
        "input_tokens_details": {"text_tokens": words, "image_tokens": read},
        "output_tokens_details": {"text_tokens": 0, "image_tokens": made},
    }


async def _render(state: State, image: StoredImage, coarse: int = 1) -> bytes:
    """The PNG; that it is this server's is remembered."""
    width, height = map(int, image.size.split("x"))
    painting = functools.partial(paint, clear=image.clear, coarse=coarse)
    data = await anyio.to_thread.run_sync(painting, image.prompt, image.seed, width, height)
    return state.media.remember(data, image.model, state.clock.now())


ENDPOINTS = (
    Endpoint("POST", "/images/generations", generate, GENERATE, "json"),
    Endpoint("POST", "/images/edits", edit, EDIT, "form"),
    Endpoint("POST", "/images/variations", vary, VARY, "form"),
    Endpoint("GET", "/images/files/{image_id}.png", fetch),
)
