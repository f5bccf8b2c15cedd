"""A large file, sent in parts, several at a time."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anyio

from .._config import read_seconds
from .._request import RequestOptions
from .._slices import Cut, Slice
from ..errors import APIStatusError, APITimeoutError, ConfigurationError, UploadInterruptedError
from ..types.uploads import Upload, UploadCreateParams, UploadState

if TYPE_CHECKING:
    from .uploads import Uploads

__all__ = ["PART_SIZE", "ChunkedUpload"]

logger = logging.getLogger("openai_async")

PART_SIZE = 64 * 2**20
"""Bytes: the most that the API takes."""
CANCEL_SECONDS = 10.0
"""How long a failed upload may take to be cancelled."""

MAY_BE_THERE = (
    "the answer to an earlier try was lost; if that succeeded, the file is in client.files.list()"
)


class ChunkedUpload:
    """One upload on its way; the state behind `Uploads.upload_file_chunked`."""

    def __init__(
        self,
        uploads: Uploads,
        content: Cut,
        state: UploadState,
        part_size: int,
        options: RequestOptions,
        deadline: float | None,
    ) -> None:
        """Raises `ConfigurationError` for the state of another file's upload."""
        self._uploads = uploads
        self._content = content
        self._state = state
        self._notify = options.pop("upload_progress", None)
        self._extra_body = options.pop("extra_body", {})
        self._options: RequestOptions = {**options, "deadline": None}
        self._deadline = read_seconds("deadline", deadline)
        self._sending: set[Slice] = set()
        self._failure: Exception | None = None
        if state.upload_id is None:
            state.bytes, state.part_size = content.size, part_size
        elif state.bytes != content.size:
            raise ConfigurationError(
                f"resume: that upload is of {state.bytes} bytes, and this file has {content.size}"
            )
        elif not (state.part_size > 0 and all(0 <= number <= self._last for number in state.parts)):
            raise ConfigurationError("resume: its part_size and its parts don't go together")

    @property
    def _last(self) -> int:
        """The number of the last part."""
        return (self._state.bytes - 1) // self._state.part_size

    async def run(
        self, create: UploadCreateParams, md5: str | None, concurrency: int, *, cancel: bool
    ) -> Upload:
        """Do what is still to be done."""
        try:
            with anyio.move_on_after(self._deadline):
                return await self._run(create, md5, concurrency)
            raise APITimeoutError("the upload's deadline is over", phase="deadline")
        except Exception as error:
            if cancel:
                await self._cancel()
            if self._state.upload_id is None:
                raise
            message = (
                f"the upload failed after {len(self._state.parts)} parts: {error};"
                " resume=error.state sends the rest"
            )
            raise UploadInterruptedError(message, self._state) from error
        except BaseException:
            if cancel:
                await self._cancel()
            raise

    async def _run(self, create: UploadCreateParams, md5: str | None, concurrency: int) -> Upload:
        state = self._state
        if state.upload_id is None:
            asked: dict[str, Any] = {**create, **self._options, "extra_body": self._extra_body}
            state.upload_id = (await self._uploads.create(**asked)).id
        await self._send_parts(state.upload_id, concurrency)
        return await self._complete(state.upload_id, md5)

    async def _complete(self, upload_id: str, md5: str | None) -> Upload:
        state = self._state
        again, state.finishing = state.finishing, True
        checked: Any = {} if md5 is None else {"md5": md5}
        ids = [state.parts[number] for number in sorted(state.parts)]
        try:
            return await self._uploads.complete(upload_id, part_ids=ids, **checked, **self._options)
        except APIStatusError as error:
            if again or error.retries_taken:
                error.hints.append(MAY_BE_THERE)
            raise

    async def _send_parts(self, upload_id: str, concurrency: int) -> None:
        room = anyio.Semaphore(concurrency)
        slices = self._content.slices(self._state.part_size, frozenset(self._state.parts))
        async with aclosing(slices), anyio.create_task_group() as group:
            self._scope = group.cancel_scope
            while True:
                await room.acquire()
                try:
                    number, piece = await anext(slices)
                except StopAsyncIteration:
                    break
                except Exception as error:  # as itself, and in no group
                    self._fail(error)
                    break
                self._sending.add(piece)
                group.start_soon(self._send, upload_id, number, piece, room)
        if self._failure is not None:
            raise self._failure

    async def _send(self, upload_id: str, number: int, piece: Slice, room: anyio.Semaphore) -> None:
        piece.on_read = self._tell
        data = (f"part-{number}", piece, "application/octet-stream")
        try:
            part = await self._uploads.parts.create(upload_id, data=data, **self._options)
            self._state.parts[number] = part.id
        except Exception as error:
            self._fail(error)
        finally:
            self._sending.discard(piece)
            piece.close()
            room.release()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._scope.cancel()

    def _tell(self) -> None:
        if self._notify is not None:
            state = self._state
            done = len(state.parts) * state.part_size
            if self._last in state.parts:  # it is shorter
                done -= (self._last + 1) * state.part_size - state.bytes
            try:
                self._notify(done + sum(piece.given for piece in self._sending), state.bytes)
            except Exception as error:  # or it would be taken for the file's
                self._fail(error)

    async def _cancel(self) -> None:
        """Cancel the upload, as well as it can be done: what went wrong matters more."""
        upload_id, self._state.upload_id = self._state.upload_id, None
        self._state.parts.clear()
        self._state.finishing = False
        if upload_id is not None:
            with anyio.move_on_after(CANCEL_SECONDS, shield=True):
                try:
                    await self._uploads.cancel(upload_id, **self._options)
                except Exception:
                    logger.warning("upload %s could not be cancelled", upload_id, exc_info=True)
