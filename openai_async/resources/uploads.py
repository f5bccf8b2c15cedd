"""https://platform.openai.com/docs/api-reference/uploads"""

from __future__ import annotations

import functools

from typing_extensions import Unpack

from .._multipart import FileInput, file_part
from .._request import RequestOptions, bind, path
from .._resource import Resource, defaults
from .._slices import cut
from ..errors import ConfigurationError
from ..types.files import ExpiresAfterParam, FilePurpose
from ..types.uploads import (
    Upload,
    UploadCompleteParams,
    UploadCreateParams,
    UploadPart,
    UploadPartCreateParams,
    UploadState,
)
from ._chunked import PART_SIZE, ChunkedUpload

__all__ = ["UploadParts", "Uploads"]


class Uploads(Resource):
    """Large files, sent part by part."""

    @functools.cached_property
    def parts(self) -> UploadParts:
        """The pieces of a file."""
        return UploadParts(self._client)

    async def create(self, **params: Unpack[UploadCreateParams]) -> Upload:
        """Begin an upload of up to 8 GB; there is an hour to complete it in."""
        return await self._post("/uploads", Upload, json=params, takes=UploadCreateParams)

    async def complete(self, upload_id: str, **params: Unpack[UploadCompleteParams]) -> Upload:
        """Make a file of the parts: `upload.file`."""
        url = path("/uploads/{upload_id}/complete", upload_id=upload_id)
        return await self._post(url, Upload, json=params, takes=UploadCompleteParams)

    async def cancel(self, upload_id: str, **options: Unpack[RequestOptions]) -> Upload:
        """Give an upload up, and its parts."""
        url = path("/uploads/{upload_id}/cancel", upload_id=upload_id)
        return await self._post(url, Upload, json=options)

    @defaults
    async def upload_file_chunked(
        self,
        *,
        file: FileInput,
        mime_type: str,
        purpose: FilePurpose,
        filename: str | None = None,
        bytes: int | None = None,
        part_size: int | None = None,
        md5: str | None = None,
        expires_after: ExpiresAfterParam | None = None,
        concurrency: int = 4,
        resume: UploadState | None = None,
        cancel_on_failure: bool = False,
        **options: Unpack[RequestOptions],
    ) -> Upload:
        """Upload a file of up to 8 GB in parts, several at a time; `upload.file` is what it becomes.

        Memory holds some chunks of it, whatever the sizes. What can't be read at any place (an
        iterator, a pipe) goes through temporary files of one part each, on the disk.

        Args:
            filename: What it is called on the server. Default: the path's name, or the file's.
            bytes: Its size; needed where that can't be found out, as of an iterator.
            part_size: Bytes in a part, at most 64 MiB, which is the default.
            md5: Of the whole, in hexadecimal digits: the server compares.
            concurrency: Parts that are sent at a time. Each is sent again like any call.
            resume: Where to go on: the `state` of an `UploadInterruptedError`, together with the
                same file. What was sent is not sent again. A new `UploadState()` is kept up to date
                too, for when there is no error to carry one: after a cancellation, say.
            cancel_on_failure: Cancel the upload where it fails; then there is nothing to resume.
            options: `upload_progress` is called with (bytes sent, bytes in all) of the file, less
                than before where a part begins again. `deadline` is for the whole.

        Raises:
            ConfigurationError: a file that can't be read, or of a size that isn't known.
            UploadInterruptedError: it has begun, and failed; `__cause__` says why.
        """
        bind(options, RequestOptions)
        size = PART_SIZE if part_size is None else part_size
        for what, number in (("part_size", size), ("concurrency", concurrency), ("bytes", bytes)):
            if number is not None and not (isinstance(number, int) and number > 0):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigurationError(f"{what} must be a whole number above 0, not {number!r}")
        if size > PART_SIZE:
            raise ConfigurationError(f"part_size must be at most {PART_SIZE} bytes, not {size}")
        if resume is not None and not isinstance(resume, UploadState):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"resume must be an UploadState, not {type(resume).__name__}")
        part = file_part("file", file)
        name = filename or part.filename
        if name is None:
            raise ConfigurationError("filename: this file has no name; pass one")
        async with cut(part.source, "file", bytes) as content:
            create: UploadCreateParams = {
                "filename": name,
                "purpose": purpose,
                "bytes": content.size,
                "mime_type": mime_type,
            }
            if expires_after is not None:
                create["expires_after"] = expires_after
            deadline = options.get("deadline", self._client.config.deadline)
            state = UploadState() if resume is None else resume
            upload = ChunkedUpload(self, content, state, size, options, deadline)
            return await upload.run(create, md5, concurrency, cancel=cancel_on_failure)


class UploadParts(Resource):
    """The pieces of a file that is uploaded."""

    async def create(self, upload_id: str, **params: Unpack[UploadPartCreateParams]) -> UploadPart:
        """Send a part, of at most 64 MB; parts may be sent at once, and in any order."""
        url = path("/uploads/{upload_id}/parts", upload_id=upload_id)
        return await self._post(
            url, UploadPart, form=params, takes=UploadPartCreateParams, files=DATA
        )


DATA = frozenset({"data"})
