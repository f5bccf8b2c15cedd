"""`/files`: uploads, kept for as long as the server lives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, Frame, as_json
from .._pages import as_page, pages
from .._params import Integer, Spec, Table, Text, Upload, one_of, optional, required
from .._state import StoredFile

PURPOSES = ("fine-tune", "assistants", "batch", "evals", "user_data", "vision", "answers",
            "classifications", "search")  # fmt: skip

EXPIRES_AFTER = Table(
    {
        "anchor": required(one_of("created_at")),
        "seconds": required(Integer(3600, 2_592_000)),
    }
)
CREATE: Spec = {
    "file": required(Upload()),
    "purpose": required(one_of(*PURPOSES)),
    "expires_after": optional(EXPIRES_AFTER),
}
LIST: Spec = {"purpose": optional(Text()), **pages(10_000, 10_000)}


async def create(exchange: Exchange) -> Answer:
    """Keep a file. What is for fine-tuning has to be JSON Lines."""
    upload: UploadFile = exchange.params["file"]
    if not upload.size:
        raise bad_request("The file is empty.", "file")
    if exchange.params["purpose"] == "fine-tune":
        await anyio.to_thread.run_sync(check_json_lines, upload)
    exchange.taken.append(upload)
    stored = exchange.state.keep(upload, exchange.params["purpose"])
    return as_json(stored.expire(exchange.params["expires_after"]).describe())


def check_json_lines(upload: UploadFile) -> None:
    """400 for the first line that is no JSON object."""
    upload.file.seek(0)
    number = 0
    for number, line in enumerate(upload.file, 1):
        if line.strip() and not _is_object(line):
            raise bad_request(
                f"Invalid file format. Line {number} is not a JSON object. Example of a line: "
                '{"prompt": "...", "completion": "..."}',
                "file",
                "invalid_jsonl",
            )
    if not number:
        raise bad_request("Invalid file format. The file has no lines.", "file", "invalid_jsonl")


def _is_object(line: bytes) -> bool:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)


async def list_files(exchange: Exchange) -> Answer:
    """The files, newest first, page by page."""
    exchange.state.settle()
    query = exchange.params
    found = [
        stored
        for stored in exchange.state.files.values()
        if query["purpose"] in (None, stored.purpose)
    ]
    return as_page(exchange, [stored.describe() for stored in found])


def _named(exchange: Exchange) -> StoredFile:
    return exchange.state.file(exchange.path_params["file_id"])


async def retrieve(exchange: Exchange) -> Answer:
    """One file's description."""
    return as_json(_named(exchange).describe())


async def delete(exchange: Exchange) -> Answer:
    """Forget a file. One that a job is reading stays, with a 409."""
    stored = _named(exchange)
    for job in exchange.state.jobs.values():
        if stored in job.inputs and not job.is_over:
            message = f"File {stored.id} is used by the running job {job.id}; cancel it first."
            raise ApiError(409, message, param="file_id")
    del exchange.state.files[stored.id]
    return as_json({"id": stored.id, "object": "file", "deleted": True})


async def content(exchange: Exchange) -> Answer:
    """A file's bytes."""
    stored = _named(exchange)
    frames: Iterator[Frame] = stored.chunks()
    name = stored.filename.encode("ascii", "replace").decode().replace('"', "'").replace("?", "_")
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Answer(frames, 200, "application/octet-stream", headers, stored.bytes)


ENDPOINTS = (
    Endpoint("GET", "/files", list_files, LIST),
    Endpoint("POST", "/files", create, CREATE, "form"),
    Endpoint("GET", "/files/{file_id}", retrieve),
    Endpoint("DELETE", "/files/{file_id}", delete),
    Endpoint("GET", "/files/{file_id}/content", content),
)
