"""`/uploads`: files that come in parts."""

from __future__ import annotations

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._params import Integer, Many, Spec, Text, Upload, one_of, optional, required
from .._state import StoredFile
from .._uploads import PendingUpload
from .files import EXPIRES_AFTER, PURPOSES

MAX_PART_BYTES = 64 * 2**20
MAX_BYTES = 8 * 2**30

CREATE: Spec = {
    "filename": required(Text(1)),
    "purpose": required(one_of(*PURPOSES)),
    "bytes": required(Integer(1, MAX_BYTES)),
    "mime_type": required(Text(1)),
    "expires_after": optional(EXPIRES_AFTER),
}
ADD_PART: Spec = {"data": required(Upload())}
COMPLETE: Spec = {"part_ids": required(Many(Text(1), 1)), "md5": optional(Text(32, 32))}


async def create(exchange: Exchange) -> Answer:
    """Begin an upload."""
    upload_id = "upload_" + exchange.state.new_id()
    state = exchange.state
    upload = PendingUpload(
        upload_id, **exchange.params, seconds=state.upload_seconds, clock=state.clock
    )
    state.uploads[upload_id] = upload
    return as_json(upload.describe())


def _named(exchange: Exchange) -> PendingUpload:
    return exchange.named(exchange.state.uploads, "upload_id", "Upload")


async def add_part(exchange: Exchange) -> Answer:
    """Keep a part; which place it has is said at the end."""
    upload = _named(exchange)
    upload.check_pending()
    data: UploadFile = exchange.params["data"]
    size = data.size or 0
    if not size:
        raise bad_request("The part is empty.", "data")
    if size > MAX_PART_BYTES:
        raise ApiError(413, f"A part has at most {MAX_PART_BYTES} bytes, not {size}.", param="data")
    if size + sum(part.bytes for part in upload.parts.values()) > MAX_BYTES:
        raise bad_request(f"An upload has at most {MAX_BYTES} bytes.", "data")
    part_id = "part_" + exchange.state.new_id()
    exchange.taken.append(data)
    upload.parts[part_id] = StoredFile(
        part_id, upload.filename, upload.purpose, data.file, size, exchange.now
    )
    return as_json(
        {
            "id": part_id,
            "object": "upload.part",
            "created_at": exchange.now,
            "upload_id": upload.id,
        }
    )


async def complete(exchange: Exchange) -> Answer:
    """Make a file of the parts."""
    upload = _named(exchange)
    upload.check_pending()
    part_ids, md5 = exchange.params["part_ids"], exchange.params["md5"]
    await anyio.to_thread.run_sync(upload.complete, exchange.state, part_ids, md5)
    return as_json(upload.describe())


async def cancel(exchange: Exchange) -> Answer:
    """Give an upload up."""
    upload = _named(exchange)
    upload.check_pending()
    upload.cancel()
    return as_json(upload.describe())


ENDPOINTS = (
    Endpoint("POST", "/uploads", create, CREATE, "json"),
    Endpoint("POST", "/uploads/{upload_id}/parts", add_part, ADD_PART, "form"),
    Endpoint("POST", "/uploads/{upload_id}/complete", complete, COMPLETE, "json"),
    Endpoint("POST", "/uploads/{upload_id}/cancel", cancel),
)
