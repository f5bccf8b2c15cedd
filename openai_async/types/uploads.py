"""Uploads of large files, part by part: https://platform.openai.com/docs/api-reference/uploads"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from typing_extensions import Required

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from .files import ExpiresAfterParam, FileObject, FilePurpose

__all__ = [
    "Upload", "UploadCompleteParams", "UploadCreateParams", "UploadPart", "UploadPartCreateParams",
    "UploadState",
]  # fmt: skip


class UploadCreateParams(RequestOptions, total=False):
    filename: Required[str]
    purpose: Required[FilePurpose]
    bytes: Required[int]
    """The size of the whole file, 8 GB at most."""
    mime_type: Required[str]
    """One that the server supports for the purpose."""
    expires_after: ExpiresAfterParam
    """When the finished file is deleted. Default: 30 days for `batch`, never for all else."""


class UploadPartCreateParams(RequestOptions, total=False):
    data: Required[FileInput]
    """At most 64 MB."""


class UploadCompleteParams(RequestOptions, total=False):
    part_ids: Required[Sequence[str]]
    """In the order that the file has them."""
    md5: str
    """Of the whole file, in hexadecimal digits: the server compares."""


class UploadPart(Model):
    """A piece of a file."""

    id: str
    object: str
    """Always `upload.part`."""
    created_at: int
    """Seconds since the epoch."""
    upload_id: str


class Upload(Model):
    """A file that comes in parts."""

    id: str
    object: str
    """Always `upload`."""
    bytes: int
    """How large the file is to be."""
    created_at: int
    """Seconds since the epoch."""
    expires_at: int
    """Seconds since the epoch: an hour after it was created."""
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled", "expired"] | str
    file: FileObject | None = None
    """The file, once the upload is completed."""


class UploadState(Model):
    """How far a chunked upload has come, for `upload_file_chunked(resume=...)`.

    It can be kept as JSON (`model_dump_json`, `model_validate_json`). One that was passed as
    `resume` is up to date at every moment, an empty one too.
    """

    upload_id: str | None = None
    """None before it has begun."""
    bytes: int = 0
    """The size of the whole file."""
    part_size: int = 0
    """Bytes of each part but the last."""
    parts: dict[int, str] = Field(default_factory=dict[int, str])
    """The ids of the parts that the server has, by their number, from 0."""
    finishing: bool = False
    """Whether the server was asked to make a file of the parts."""
