"""Files: https://platform.openai.com/docs/api-reference/files"""

from __future__ import annotations

from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions

__all__ = ["FileCreateParams", "FileDeleted", "FileObject", "FilePurpose"]

FilePurpose = Literal["fine-tune"] | str
"""What a file is for. The classic API knows `fine-tune`; servers know more."""


class FileCreateParams(RequestOptions, total=False):
    file: Required[FileInput]
    """The content: a path, bytes, text, a file object, an iterator of bytes, or
    `(file name, content[, type])`. For `fine-tune`, JSON Lines of prompts and completions."""
    purpose: Required[FilePurpose]
    """What it is for; `fine-tune` makes the server check its format."""


class FileObject(Model):
    """A file on the server."""

    id: str
    object: str
    """Always `file`."""
    bytes: int
    """Its size."""
    created_at: int
    """Seconds since the epoch."""
    filename: str
    purpose: str
    status: str | None = None
    """`uploaded`, `processed`, `error`, ..."""
    status_details: str | None = None
    """What is wrong with it, if its `status` is `error`."""


class FileDeleted(Model):
    """A file that is gone."""

    id: str
    object: str
    deleted: bool
