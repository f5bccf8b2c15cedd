"""Uploads in parts, until they are a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ._clock import Timed
from ._errors import bad_request, no_such
from ._params import Json
from ._state import State, StoredFile


@dataclass
class PendingUpload(Timed):
    """An upload, and its parts as they came."""

    id: str
    filename: str
    purpose: str
    bytes: int
    mime_type: str
    expires_after: Json | None
    seconds: float
    cancelled: bool = False
    parts: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    file: StoredFile | None = None

    @property
    def status(self) -> str:
        """`pending`, and in the end `completed`, `cancelled` or `expired`."""
        if self.file is not None:
            return "completed"
        if self.cancelled:
            return "cancelled"
        return "pending" if self.clock.now() < self.created + self.seconds else "expired"

    def check_pending(self) -> None:
        """400 where nothing can be added any more."""
        if self.status != "pending":
            raise bad_request(f"Upload {self.id} is already {self.status}.", "upload_id")

    def cancel(self) -> None:
        """Give it up, and its parts."""
        self.cancelled = True
        self.parts.clear()

    def complete(self, state: State, part_ids: Sequence[str], md5: str | None) -> None:
        """Make a file of these parts, in this order; 400 where they aren't what was announced."""
        for part_id in part_ids:
            if part_id not in self.parts:
                raise no_such("UploadPart", part_id, "part_ids")
        if len(set(part_ids)) < len(part_ids):
            raise bad_request("part_ids has the same part twice.", "part_ids")
        parts = [self.parts[part_id] for part_id in part_ids]
        size = sum(part.bytes for part in parts)
        if size != self.bytes:
            message = f"The parts have {size} bytes, but the upload was created for {self.bytes}."
            raise bad_request(message, "part_ids")
        digest = hashlib.md5(usedforsecurity=False)
        file_id = "file-" + state.new_id()

        def chunks() -> Iterator[bytes]:
            for part in parts:
                for chunk in part.chunks():
                    digest.update(chunk)
                    yield chunk

        stored = state.store(file_id, self.filename, self.purpose, chunks())
        if md5 is not None and md5.lower() != digest.hexdigest():
            del state.files[file_id]
            raise bad_request(f"The md5 of the parts is {digest.hexdigest()}, not {md5}.", "md5")
        self.file = stored.expire(self.expires_after)
        self.parts.clear()

    def describe(self) -> Json:
        """The API's `upload` object."""
        return {
            "id": self.id,
            "object": "upload",
            "bytes": self.bytes,
            "created_at": int(self.created),
            "expires_at": int(self.created + self.seconds),
            "filename": self.filename,
            "purpose": self.purpose,
            "status": self.status,
            "file": None if self.file is None else self.file.describe(),
        }
