"""Moving pictures; deprecated: https://platform.openai.com/docs/api-reference/videos"""

from __future__ import annotations

from typing import Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions

__all__ = [
    "Video", "VideoCharacter", "VideoCreateCharacterParams", "VideoCreateParams", "VideoDeleted",
    "VideoDownloadContentParams", "VideoEditParams", "VideoError", "VideoExtendParams",
    "VideoImageParam", "VideoListParams", "VideoModel", "VideoReferenceParam", "VideoRemixParams",
    "VideoSeconds", "VideoSize",
]  # fmt: skip

VideoModel = (
    Literal[
        "sora-2", "sora-2-pro", "sora-2-2025-10-06", "sora-2-pro-2025-10-06", "sora-2-2025-12-08"
    ]
    | str
)
VideoSeconds = Literal["4", "8", "12"]
VideoSize = Literal["720x1280", "1280x720", "1024x1792", "1792x1024"]
"""Width and height in pixels."""


class VideoImageParam(TypedDict, total=False):
    """An image: exactly one of these."""

    image_url: str
    """A URL, or a data URL with the image in it."""
    file_id: str


class VideoReferenceParam(TypedDict, total=False):
    id: Required[str]
    """Of a finished video."""


class VideoCreateParams(RequestOptions, total=False):
    prompt: Required[str]
    """What is to be seen, in up to 32,000 characters."""
    input_reference: FileInput | VideoImageParam
    """An image to begin with: a file, or where it is."""
    model: VideoModel
    """Default: `sora-2`."""
    seconds: VideoSeconds
    """Default: `4`."""
    size: VideoSize
    """Default: `720x1280`."""


class VideoEditParams(RequestOptions, total=False):
    prompt: Required[str]
    """What is to be changed, in up to 32,000 characters."""
    video: Required[FileInput | VideoReferenceParam]
    """A file, or a finished video's id."""


class VideoExtendParams(RequestOptions, total=False):
    prompt: Required[str]
    """How it goes on, in up to 32,000 characters."""
    seconds: Required[VideoSeconds | Literal["16", "20"]]
    """How long the new part is to be."""
    video: Required[FileInput | VideoReferenceParam]
    """A file, or a finished video's id."""


class VideoRemixParams(RequestOptions, total=False):
    prompt: Required[str]
    """What is to be seen instead, in up to 32,000 characters."""


class VideoCreateCharacterParams(RequestOptions, total=False):
    name: Required[str]
    """Up to 80 characters."""
    video: Required[FileInput]


class VideoListParams(RequestOptions, total=False):
    limit: int
    order: Literal["asc", "desc"]
    """By the time of creation."""
    after: str
    """The id of the last item of the page before."""


class VideoDownloadContentParams(RequestOptions, total=False):
    variant: Literal["video", "thumbnail", "spritesheet"]
    """Default: `video`."""


class VideoError(Model):
    """Why there is no video."""

    code: str
    message: str


class Video(Model):
    """A video that is being made, or was."""

    id: str
    object: str
    """Always `video`."""
    model: VideoModel
    status: Literal["queued", "in_progress", "completed", "failed"] | str
    progress: int
    """In percent."""
    created_at: int
    """Seconds since the epoch."""
    completed_at: int | None
    """Seconds since the epoch."""
    expires_at: int | None
    """Until when it can be downloaded: seconds since the epoch."""
    prompt: str | None
    size: VideoSize | str
    seconds: VideoSeconds | str
    """Its length; of an extended one, the whole."""
    remixed_from_video_id: str | None
    error: VideoError | None


class VideoDeleted(Model):
    """A video that is gone."""

    id: str
    object: str
    """Always `video.deleted`."""
    deleted: bool


class VideoCharacter(Model):
    """Somebody taken from a video, to appear in others."""

    id: str | None
    name: str | None
    created_at: int
    """Seconds since the epoch."""
