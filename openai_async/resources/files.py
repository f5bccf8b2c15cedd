"""https://platform.openai.com/docs/api-reference/files"""

from __future__ import annotations

from typing_extensions import Unpack, deprecated

from .._config import read_seconds
from .._pagination import Pager
from .._poll import POLL_DEADLINE, poll
from .._request import RequestOptions, path
from .._resource import Resource, defaults
from .._response import BinaryBody
from ..types.files import FileCreateParams, FileDeleted, FileListParams, FileObject

__all__ = ["Files"]


class Files(Resource):
    """Files for fine-tuning and other uses, kept by the server."""

    def list(self, **params: Unpack[FileListParams]) -> Pager[FileObject]:
        """Iterate over the organization's files; await for the first page."""
        return self._page("/files", FileObject, query=params, takes=FileListParams)

    async def create(self, **params: Unpack[FileCreateParams]) -> FileObject:
        """Upload a file; the body streams from disk.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post("/files", FileObject, form=params, takes=FileCreateParams)

    async def retrieve(self, file_id: str, **options: Unpack[RequestOptions]) -> FileObject:
        """A file's name, size, purpose and status."""
        return await self._get(path("/files/{file_id}", file_id=file_id), FileObject, query=options)

    async def delete(self, file_id: str, **options: Unpack[RequestOptions]) -> FileDeleted:
        """Delete a file."""
        return await self._delete(
            path("/files/{file_id}", file_id=file_id), FileDeleted, query=options
        )

    async def content(self, file_id: str, **options: Unpack[RequestOptions]) -> BinaryBody:
        """Download; `BinaryBody` reads whole, iterates, or writes to a path."""
        url = path("/files/{file_id}/content", file_id=file_id)
        return await self._get(url, BinaryBody, query=options)

    @deprecated("files.retrieve_content() is deprecated: use client.files.content()")
    async def retrieve_content(self, file_id: str, **options: Unpack[RequestOptions]) -> str:
        """The content as text."""
        return await (await self.content(file_id, **options)).text()

    @defaults
    async def wait_for_processing(
        self,
        id: str,
        *,
        poll_interval: float | None = None,
        max_wait_seconds: float = POLL_DEADLINE,
        **options: Unpack[RequestOptions],
    ) -> FileObject:
        """Wait until a file is `processed`, or an `error` was found in it. Where a server tells no
        status, there is nothing to wait for.

        `poll_interval` is in seconds; default: what the server says, or 5. Raises `APITimeoutError`
        after `max_wait_seconds`, or `deadline`, which means the same.
        """
        return await poll(
            self.retrieve,
            id,
            over=lambda file: file.status in PROCESSED,
            options={"deadline": read_seconds("max_wait_seconds", max_wait_seconds), **options},
            interval=poll_interval,
            otherwise=5.0,
        )


PROCESSED = frozenset({"processed", "error", "deleted", None})
