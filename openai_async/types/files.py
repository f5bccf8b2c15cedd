"""Files: https://platform.openai.com/docs/api-reference/files"""

from __future__ import annotations

from typing import Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions

__all__ = [
    "ExpiresAfterParam", "FileCreateParams", "FileDeleted", "FileListParams", "FileObject",
    "FilePurpose",
]  # fmt: skip

FilePurpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] | str
"""What a file is for: `user_data` is anything. Other servers know more."""


class ExpiresAfterParam(TypedDict):
    """When a file is deleted by itself."""

    anchor: Literal["created_at"]
    seconds: int
    """After the anchor: 3,600 (an hour) to 2,592,000 (30 days)."""


class FileCreateParams(RequestOptions, total=False):
    file: Required[FileInput]
    """The content: a path, bytes, text, a file object, an iterator of bytes, or
    `(file name, content[, type])`. For `fine-tune` and `batch`, JSON Lines."""
    purpose: Required[FilePurpose]
    """What it is for; `fine-tune` makes the server check its format."""
    expires_after: ExpiresAfterParam
    """Default: 30 days for `batch`, never for all else."""


class FileListParams(RequestOptions, total=False):
    purpose: str
    """Only the files of this purpose."""
    limit: int
    """Files in a page: 1 to 10,000. Default: 10,000."""
    order: Literal["asc", "desc"]
    """By time of creation. Default: `desc`, the newest first."""
    after: str
    """The id of the file behind which to begin."""


class FileObject(Model):
    """A file on the server."""

    id: str
    object: str
    """Always `file`."""
    bytes: int
    """Its size."""
    created_at: int
    """Seconds since the epoch."""
    expires_at: int | None = None
    """Seconds since the epoch."""
    filename: str
    purpose: (
        Literal[
            "assistants",
            "assistants_output",
            "batch",
            "batch_output",
            "fine-tune",
            "fine-tune-results",
            "vision",
            "user_data",
        ]
        | str
    )
    status: Literal["uploaded", "processed", "error"] | str | None = None
    """Deprecated by the API."""
    status_details: str | None = None
    """What is wrong with it, if its `status` is `error`. Deprecated by the API."""


class FileDeleted(Model):
    """A file that is gone."""

    id: str
    object: str
    deleted: bool
