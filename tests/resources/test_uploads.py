"""Uploads in parts: from any source, several at a time, in flat memory, and on from where it failed."""

from __future__ import annotations

import hashlib
import io
import pickle
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APITimeoutError,
    AsyncClient,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    Next,
    NotFoundError,
    Request,
    UploadInterruptedError,
)
from openai_async.testing import Server
from openai_async.types.uploads import UploadState
from tests.scripted import AT_ONCE

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 4000 + b"the end"
PART = 100_000
PARTS = 11
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
ADD = "POST /uploads/*/parts"


@pytest.fixture
def server() -> Server:
    return Server(seed=1)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, middleware=[AT_ONCE]) as client:
        yield client


async def send(client: AsyncClient, file: Any, **more: Any) -> Any:
    settings = {"mime_type": "application/octet-stream", "purpose": "user_data", "part_size": PART}
    return await client.uploads.upload_file_chunked(file=file, **{**settings, **more})


async def content_of(client: AsyncClient, upload: Any) -> bytes:
    return await (await client.files.content(upload.file.id)).read()


def parts_sent(server: Server) -> int:
    return sum(call.path.endswith("/parts") for call in server.calls)


def path_of(folder: Path) -> Path:
    path = folder / "blob.bin"
    path.write_bytes(CONTENT)
    return path


def pieces(content: bytes = CONTENT) -> Iterator[bytes]:
    for start in range(0, len(content), 70_001):
        yield content[start : start + 70_001]


async def async_pieces() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


class Pipe(io.RawIOBase):
    """A file that can't seek."""

    def __init__(self) -> None:
        self._file = io.BytesIO(CONTENT)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


def from_the_middle(_: Path) -> Any:
    file = io.BytesIO(b"before" + CONTENT)
    file.seek(6)
    return ("blob.bin", file)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": path_of,
    "bytes": lambda _: ("blob.bin", CONTENT),
    "memory": from_the_middle,
    "pipe": lambda _: ("blob.bin", Pipe()),
    "iterator": lambda _: ("blob.bin", pieces()),
    "async iterator": lambda _: ("blob.bin", async_pieces()),
}


@pytest.mark.parametrize("source", SOURCES)
async def test_the_whole_file_arrives(
    source: str, client: AsyncClient, server: Server, tmp_path: Path
) -> None:
    told: list[tuple[int, int | None]] = []
    server.fault("500", on=ADD)  # each source can be read again
    upload = await send(
        client,
        SOURCES[source](tmp_path),
        bytes=len(CONTENT),
        md5=MD5,
        upload_progress=lambda *progress: told.append(progress),
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (upload.status, upload.filename, upload.bytes) == ("completed", "blob.bin", len(CONTENT))
    assert upload.file.expires_at == upload.file.created_at + 3600
    assert await content_of(client, upload) == CONTENT
    assert parts_sent(server) == PARTS + 1
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert all(0 <= sent <= len(CONTENT) for sent, _ in told)
    created, completed = (
        call.json for call in server.calls if call.json is not None and call.method == "POST"
    )
    assert created == {
        "filename": "blob.bin",
        "purpose": "user_data",
        "bytes": len(CONTENT),
        "mime_type": "application/octet-stream",
        "expires_after": {"anchor": "created_at", "seconds": 3600},
    }
    assert completed["md5"] == MD5
    assert len(completed["part_ids"]) == PARTS


async def test_an_open_file_is_read_from_where_it_stands(
    client: AsyncClient, tmp_path: Path
) -> None:
    with path_of(tmp_path).open("rb") as file:
        file.seek(1000)
        upload = await send(client, file, filename="renamed.bin")
    assert upload.filename == "renamed.bin"
    assert await content_of(client, upload) == CONTENT[1000:]


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_so_many_parts_at_a_time(concurrency: int, server: Server) -> None:
    running, most = 0, 0

    async def count(request: Request, call_next: Next) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await call_next(request)
        finally:
            running -= 1

    server.fault("slow", value=0.02, on=ADD, times=None)
    async with server.client(middleware=[count, AT_ONCE]) as client:
        await send(client, ("blob.bin", CONTENT), concurrency=concurrency)
    assert most == concurrency


async def test_what_failed_is_resumed_without_sending_anything_twice(
    client: AsyncClient, server: Server, tmp_path: Path
) -> None:
    path = path_of(tmp_path)
    with server.fault("400", on=ADD, probability=1, times=None):
        with pytest.raises(UploadInterruptedError) as nothing:
            await send(client, path)
    assert nothing.value.state.parts == {}
    assert isinstance(nothing.value.__cause__, BadRequestError)

    done: list[Any] = []

    def fail_after_five(sent: int, _: int | None) -> None:
        if sent > 5 * PART and not done:
            done.append(server.fault("400", on=ADD))

    with pytest.raises(UploadInterruptedError) as caught:
        await send(client, path, upload_progress=fail_after_five, concurrency=2)
    state = pickle.loads(pickle.dumps(caught.value)).state
    sent = len(state.parts)
    assert 4 <= sent < PARTS
    assert "resume" in str(caught.value)
    assert "400" in str(caught.value)

    server.clear()
    state = UploadState.model_validate_json(state.model_dump_json())
    upload = await send(client, path, resume=state, md5=MD5)
    assert upload.id == caught.value.state.upload_id
    assert parts_sent(server) == PARTS - sent
    assert await content_of(client, upload) == CONTENT


async def test_a_stream_is_resumed_from_its_beginning(client: AsyncClient, server: Server) -> None:
    state = UploadState()
    seen = 0

    def fail_later(sent: int, _: int | None) -> None:
        nonlocal seen
        if sent > 3 * PART and not seen:
            seen = 1
            server.fault("400", on=ADD)

    size = len(CONTENT)
    with pytest.raises(UploadInterruptedError):
        await send(client, ("x", pieces()), bytes=size, resume=state, upload_progress=fail_later)
    sent = len(state.parts)
    assert 0 < sent < PARTS
    server.clear()
    upload = await send(client, ("x", async_pieces()), bytes=size, resume=state, md5=MD5)
    assert parts_sent(server) == PARTS - sent
    assert await content_of(client, upload) == CONTENT


async def test_cancellation_leaves_nothing_running_and_a_state(
    client: AsyncClient, server: Server
) -> None:
    state = UploadState()
    server.fault("stall", on=ADD, times=None)
    with anyio.CancelScope() as scope:

        def cancel(sent: int, _: int | None) -> None:
            if sent == 3 * PART:
                scope.cancel()

        await send(
            client,
            ("x", CONTENT),
            resume=state,
            concurrency=3,
            upload_progress=cancel,
            timeout=None,
        )
    assert scope.cancelled_caught
    assert server.open_calls == 0
    assert state.upload_id is not None
    server.clear()
    upload = await send(client, ("x", CONTENT), resume=state)
    assert await content_of(client, upload) == CONTENT


async def test_what_the_callback_raises_ends_the_upload(
    client: AsyncClient, server: Server, tmp_path: Path
) -> None:
    def raising(sent: int, _: int | None) -> None:
        if sent > 3 * PART:
            raise ValueError("enough")

    with pytest.raises(UploadInterruptedError) as caught:
        await send(client, path_of(tmp_path), upload_progress=raising)
    assert isinstance(caught.value.__cause__, ValueError)
    assert server.open_calls == 0


async def test_a_failed_upload_is_cancelled_where_that_is_asked_for(
    client: AsyncClient, server: Server
) -> None:
    state = UploadState()
    server.fault("400", on=ADD)
    with pytest.raises(BadRequestError):
        await send(client, ("x", CONTENT), cancel_on_failure=True, resume=state)
    assert server.calls[-1].path.endswith("/cancel")
    assert server.calls[-1].status == 200
    assert state.upload_id is None


async def test_the_deadline_is_for_the_whole(client: AsyncClient, server: Server) -> None:
    server.fault("slow", value=30, on=ADD, times=None)
    with anyio.fail_after(5):
        with pytest.raises(UploadInterruptedError) as caught:
            await send(client, ("x", CONTENT), deadline=0.2)
    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert caught.value.__cause__.phase == "deadline"
    assert server.open_calls == 0


async def test_a_wrong_checksum_is_found_by_the_server(client: AsyncClient) -> None:
    with pytest.raises(UploadInterruptedError, match="md5") as caught:
        await send(client, ("x", CONTENT), md5="0" * 32)
    assert isinstance(caught.value.__cause__, BadRequestError)


async def test_a_lost_answer_to_the_last_call_is_told(client: AsyncClient, server: Server) -> None:
    state = UploadState()
    server.fault("cut", value=0, on="POST /uploads/*/complete")
    with pytest.raises(UploadInterruptedError, match=r"the file is in client.files.list"):
        await send(client, ("x", CONTENT), resume=state)
    # Whatever the error says, the file is there, and the server refuses to make it twice.
    assert [file.filename async for file in client.files.list()] == ["x"]
    with pytest.raises(UploadInterruptedError, match=r"the file is in client.files.list"):
        await send(client, ("x", CONTENT), resume=state)


async def test_an_upload_that_was_refused_has_no_state(client: AsyncClient, server: Server) -> None:
    server.fault("500", on="POST /uploads", times=None)
    with pytest.raises(InternalServerError):
        await send(client, ("x", CONTENT))


@pytest.mark.parametrize(
    ("file", "settings", "told"),
    [
        (("x", b""), {}, "empty"),
        (CONTENT, {}, "filename"),
        (("x", pieces()), {}, "bytes="),
        (("x", CONTENT), {"bytes": 5}, "not 5"),
        (("x", CONTENT), {"part_size": 65 * 2**20}, "part_size"),
        (("x", CONTENT), {"part_size": 1.5}, "part_size"),
        (("x", CONTENT), {"concurrency": 0}, "concurrency"),
        (("x", CONTENT), {"concurrency": 1.5}, "concurrency"),
        (("x", pieces()), {"bytes": -1}, "bytes"),
        (("x", pieces()), {"bytes": "10"}, "bytes"),
        (("x", CONTENT), {"resume": {"upload_id": "u"}}, "resume must be an UploadState"),
        (("x", b"ab"), {"resume": UploadState(upload_id="u", bytes=2)}, "part_size"),
        (
            ("x", b"ab"),
            {"resume": UploadState(upload_id="u", bytes=2, part_size=1, parts={2: "p"})},
            "parts don't go together",
        ),
        (("x", CONTENT), {"resume": UploadState(upload_id="u", bytes=5)}, "5 bytes"),
        (Path("/nowhere/at/all"), {}, "nowhere"),
    ],
)
async def test_what_can_not_be_sent(
    file: Any, settings: dict[str, Any], told: str, client: AsyncClient, server: Server
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        await send(client, file, **settings)
    assert not server.calls


@pytest.mark.parametrize(("size", "told"), [(-1, "more than"), (1, "ended before")])
async def test_a_stream_of_another_size(size: int, told: str, client: AsyncClient) -> None:
    with pytest.raises(UploadInterruptedError, match=told) as caught:
        await send(client, ("x", pieces()), bytes=len(CONTENT) + size)
    assert isinstance(caught.value.__cause__, ConfigurationError)


async def test_memory_does_not_grow_with_the_parts(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(192 * 2**20)
    sent = 0

    async def swallow(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        async for chunk in request.stream:  # type: ignore[union-attr]
            sent += len(chunk)
        name = request.url.path.rpartition("/")[2]
        if name == "parts":
            return httpx.Response(200, json={"id": f"part_{sent}"})
        return httpx.Response(200, json={"id": "upload_1", "status": "pending"})

    class Swallower(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await swallow(request)

    async with AsyncClient(api_key="k", base_url="http://a.test", transport=Swallower()) as client:
        await send(client, ("x", CONTENT))  # what is imported is no memory of the upload's
        sent = 0
        tracemalloc.start()
        try:
            await send(client, path, part_size=64 * 2**20, concurrency=3)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sent > 192 * 2**20
    assert peak < 8 * 2**20


async def test_parts_by_hand(client: AsyncClient) -> None:
    upload = await client.uploads.create(
        filename="two.txt", purpose="user_data", bytes=6, mime_type="text/plain"
    )
    assert (upload.status, upload.file) == ("pending", None)
    second = await client.uploads.parts.create(upload.id, data=b"def")
    first = await client.uploads.parts.create(upload.id, data=b"abc")
    assert first.upload_id == upload.id
    done = await client.uploads.complete(upload.id, part_ids=[first.id, second.id])
    assert await content_of(client, done) == b"abcdef"
    with pytest.raises(BadRequestError, match="completed"):
        await client.uploads.cancel(upload.id)
    with pytest.raises(NotFoundError):
        await client.uploads.cancel("upload_none")
