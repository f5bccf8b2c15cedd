"""`/videos`: jobs that run off the clock, and what they leave: an MP4 whose frames are PNGs."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import ApiError, bad_request, no_such
from .._http import Answer, Endpoint, Exchange, as_json
from .._media import VideoJob
from .._movie import film
from .._pages import PAGES, as_page
from .._painting import paint
from .._params import Rule, Spec, Table, Text, Upload, one_of, optional, required
from .moderations import is_harmful

_SIZES = one_of("720x1280", "1280x720", "1024x1792", "1792x1024")
_PROMPT = required(Text(1, 32_000))
_POLL_AFTER = {"openai-poll-after-ms": "50"}


class _FileOr(Rule):
    """A file, or an object that says where one is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    kind = "a file or an object"

    def check(self, name: str, value: Any) -> Any:
        return (
            self._table.check(name, value)
            if isinstance(value, dict)
            else Upload().check(name, value)
        )


_VIDEO = required(_FileOr(Table({"id": required(Text(1))})))
CREATE: Spec = {
    "prompt": _PROMPT,
    "model": optional(Text(), default="sora-2"),
    "seconds": optional(one_of("4", "8", "12"), default="4"),
    "size": optional(_SIZES, default="720x1280"),
    "input_reference": optional(
        _FileOr(Table({"image_url": optional(Text()), "file_id": optional(Text())}))
    ),
}
EDIT: Spec = {"prompt": _PROMPT, "video": _VIDEO}
EXTEND: Spec = {**EDIT, "seconds": required(one_of("4", "8", "12", "16", "20"))}
REMIX: Spec = {"prompt": _PROMPT}
CHARACTER: Spec = {"name": required(Text(1, 80)), "video": required(Upload())}
CONTENT: Spec = {"variant": optional(one_of("video", "thumbnail", "spritesheet"), default="video")}


async def create(exchange: Exchange) -> Answer:
    """Begin a video."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("video", "v1/videos")
    reference: UploadFile | dict[str, str] | None = params["input_reference"]
    if reference is not None and not isinstance(reference, UploadFile):
        if ("file_id" in reference) == ("image_url" in reference):
            message = "Provide exactly one of 'image_url' and 'file_id'."
            raise bad_request(message, "input_reference")
        if "file_id" in reference:
            exchange.state.file(reference["file_id"])
    return _begin(exchange, model.id, params["size"], int(params["seconds"]))


async def edit(exchange: Exchange) -> Answer:
    """Begin a video of the same size and length."""
    source = _source(exchange)
    return _begin(exchange, *source)


async def extend(exchange: Exchange) -> Answer:
    """Begin a video that is longer."""
    model, size, seconds = _source(exchange)
    return _begin(exchange, model, size, seconds + int(exchange.params["seconds"]))


async def remix(exchange: Exchange) -> Answer:
    """Begin another version of a finished video."""
    source = _finished(_named(exchange))
    return _begin(exchange, source.model, source.size, source.seconds, source.id)


def _begin(
    exchange: Exchange, model: str, size: str, seconds: int, remixed_from: str | None = None
) -> Answer:
    """A new job; one whose prompt is harmful is going to fail."""
    state, prompt = exchange.state, exchange.params["prompt"]
    problem = "The prompt was blocked by moderation." if is_harmful(prompt) else None
    job = VideoJob(
        "video_" + state.new_id(),
        model,
        prompt,
        size,
        seconds,
        state.job_seconds,
        problem,
        remixed_from,
        clock=state.clock,
    )
    state.media.videos[job.id] = job
    return as_json(job.describe())


def _source(exchange: Exchange) -> tuple[str, str, int]:
    """Model, size and length of the video that is to be changed; an uploaded one is not looked at."""
    given: UploadFile | dict[str, str] = exchange.params["video"]
    if isinstance(given, UploadFile):
        return "sora-2", "720x1280", 4
    source = _finished(_find(exchange, given["id"]))
    return source.model, source.size, source.seconds


def _find(exchange: Exchange, video_id: str) -> VideoJob:
    job = exchange.state.media.videos.get(video_id)
    if job is None:
        raise no_such("Video", video_id)
    return job


def _named(exchange: Exchange) -> VideoJob:
    return _find(exchange, exchange.path_params["video_id"])


def _finished(job: VideoJob) -> VideoJob:
    if job.status != "completed":
        raise bad_request(f"Video {job.id} is not ready: its status is {job.status}.", "video_id")
    return job


async def list_videos(exchange: Exchange) -> Answer:
    """The videos, newest first, page by page."""
    return as_page(exchange, [job.describe() for job in exchange.state.media.videos.values()])


async def retrieve(exchange: Exchange) -> Answer:
    """How far a video is."""
    answer = as_json(_named(exchange).describe())
    answer.headers.update(_POLL_AFTER)
    return answer


async def delete(exchange: Exchange) -> Answer:
    """Forget a video; one that is being made stays, with a 409."""
    job = _named(exchange)
    if job.status in ("queued", "in_progress"):
        raise ApiError(409, f"Video {job.id} is still being made.", param="video_id")
    del exchange.state.media.videos[job.id]
    return as_json({"id": job.id, "object": "video.deleted", "deleted": True})


async def content(exchange: Exchange) -> Answer:
    """The MP4, or a picture of it."""
    job = _finished(_named(exchange))
    if exchange.params["variant"] == "video":
        data = await anyio.to_thread.run_sync(film, job.prompt, job.id, job.size, job.seconds)
        return Answer(data, content_type="video/mp4")
    width, height = map(int, job.size.split("x"))
    data = await anyio.to_thread.run_sync(paint, job.prompt, job.id, width, height)
    return Answer(data, content_type="image/png")


async def create_character(exchange: Exchange) -> Answer:
    """Take somebody from a video."""
    character_id = "char_" + exchange.state.new_id()
    name, now = exchange.params["name"], exchange.now
    character = {"id": character_id, "name": name, "created_at": now}
    exchange.state.media.characters[character_id] = character
    return as_json(character)


async def get_character(exchange: Exchange) -> Answer:
    """A character's name."""
    character_id = exchange.path_params["character_id"]
    character = exchange.state.media.characters.get(character_id)
    if character is None:
        raise no_such("Character", character_id)
    return as_json(character)


ENDPOINTS = (
    Endpoint("GET", "/videos", list_videos, PAGES),
    Endpoint("POST", "/videos", create, CREATE, "form"),
    Endpoint("POST", "/videos/edits", edit, EDIT, "form"),
    Endpoint("POST", "/videos/extensions", extend, EXTEND, "form"),
    Endpoint("POST", "/videos/characters", create_character, CHARACTER, "form"),
    Endpoint("GET", "/videos/characters/{character_id}", get_character),
    Endpoint("GET", "/videos/{video_id}", retrieve),
    Endpoint("DELETE", "/videos/{video_id}", delete),
    Endpoint("GET", "/videos/{video_id}/content", content, CONTENT),
    Endpoint("POST", "/videos/{video_id}/remix", remix, REMIX, "json"),
)
