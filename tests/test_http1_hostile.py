"""Servers that mean ill, or are badly made: no call gets another's answer, and all of them end."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from openai_async import APIConnectionError, APIError, APIStatusError
from tests.common import HELLO, MODEL
from tests.h2server import Certificates
from tests.rawserver import (
    BOUND,
    LAST_CHUNK,
    Connection,
    RawServer,
    answer,
    chunk,
    chunked_head,
    json_response,
    response,
)

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
GOOD = json_response(MODEL)
STOLEN = json_response({**MODEL, "id": "stolen"})
REFUSED = json_response({"error": {"message": "too big"}}, status="413 Too Large")


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """On trio, httpx's transport reads."""
    backend: str = request.param
    return backend


# An answer is to the call that it came for.

CHUNKED = chunked_head("application/json") + chunk(b"{}") + LAST_CHUNK
TOO_MUCH = {
    "behind a length": (GOOD, STOLEN),
    "behind chunks": (CHUNKED, STOLEN),
    "the body of a 204": (response(status="204 No Content", length=len(STOLEN)), STOLEN),
    "a late interim answer": (GOOD, b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "an empty line": (GOOD, b"\r\n"),
}


@pytest.mark.parametrize("when", ["at once", "idle", "idle, unseen"])
@pytest.mark.parametrize("name", TOO_MUCH)
async def test_what_comes_too_much_is_no_answer(name: str, when: str) -> None:
    idle, said = threading.Event(), threading.Event()

    def script(connection: Connection) -> None:
        first, more = TOO_MUCH[name]
        connection.request()
        if when == "at once":
            connection.send(first + more)
        else:
            connection.send(first)
            try:
                connection.until(idle)
                connection.send(more)
            finally:
                said.set()
        connection.until_gone()

    with RawServer(script, answer(GOOD)) as server:
        async with server.client() as client:
            await client.get("/first", cast_to=bytes)
            idle.set()
            if when == "idle":
                await anyio.to_thread.run_sync(said.wait, BOUND)
                await anyio.lowlevel.checkpoint()
            elif when == "idle, unseen":
                said.wait(BOUND)
            assert (await client.models.retrieve("m")).id == "m"
        assert [request.connection for request in server.requests] == [0, 1]


async def test_a_204_that_tells_of_a_body_ends_its_connection() -> None:
    """The body may come when the next request is on its way."""
    no_content = response(status="204 No Content", length=len(STOLEN))
    with RawServer(answer(no_content), answer(GOOD)) as server:
        async with server.client() as client:
            await client.get("/first", cast_to=bytes)
            assert (await client.models.retrieve("m")).id == "m"
        assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("length", ["5", "500", "x"])
async def test_a_length_of_the_callers_own_that_is_wrong(length: str) -> None:
    """What is sent behind the told end would be a request of its own, with an answer."""
    headers = {"content-length": length}
    with RawServer(answer(GOOD)) as server:
        async with server.client() as client:
            with pytest.raises(APIConnectionError, match="Content-Length"):
                await client.chat.completions.create(**HELLO, extra_headers=headers)
        assert not server.requests


@pytest.mark.parametrize("headers", [{"content-length": None}, {"transfer-encoding": "chunked"}])
async def test_a_body_whose_end_is_not_told_or_told_twice(headers: Any) -> None:
    with RawServer(answer(GOOD)) as server:
        async with server.client() as client:
            with pytest.raises(APIConnectionError):
                await client.chat.completions.create(**HELLO, extra_headers=headers)
        assert not server.requests


async def test_a_body_until_the_end_that_is_cut_on_this_side_is_not_whole() -> None:
    """Such a body has no end but the connection's: here it is we who end that."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nhalf of it")
        connection.until_gone()

    with RawServer(script) as server:
        client = server.client()
        body = await client.files.content("file-1")
        pieces = aiter(body)
        assert await anext(pieces) == b"half of it"
        async with anyio.create_task_group() as tasks:

            async def read_on() -> None:
                with pytest.raises(APIConnectionError):
                    await anext(pieces)

            tasks.start_soon(read_on)
            await anyio.wait_all_tasks_blocked()
            await client.close()


# Answers before the request was heard to its end.


@pytest.mark.parametrize("then", ["silence", "half close"])
@pytest.mark.parametrize("kind", ["bytes", "stream"])
async def test_a_refusal_is_read_though_the_request_is_not(
    kind: str, then: str, tmp_path: Path
) -> None:
    """The server hears no more, and does not close: it would be the write timeout's turn."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(32 * MIB)
    over = threading.Event()

    def script(connection: Connection) -> None:
        connection._read_until(b"\r\n\r\n")
        connection.send(REFUSED)
        if then == "half close":
            connection._socket.shutdown(socket.SHUT_WR)
        over.wait(BOUND)

    with RawServer(script, answer(GOOD)) as server:
        async with server.client() as client:
            if kind == "bytes":
                call: Any = client.post("/files", body={"a": "x" * 32 * MIB})
            else:
                call = client.files.create(file=path, purpose="x")
            with anyio.fail_after(BOUND), pytest.raises(APIStatusError, match="too big"):
                await call
            over.set()
            assert (await client.models.retrieve("m")).id == "m"
        assert len(server.connections) == 2


# A form in pieces over TLS is not here: to encrypt one takes long enough for the reset to come first.
@pytest.mark.parametrize(("kind", "encrypted"), [("json", False), ("json", True), ("form", False)])
async def test_a_refusal_is_read_though_its_connection_is_gone(
    kind: str, encrypted: bool, certificates: Certificates
) -> None:
    """Closed with something unheard, which resets it: a write behind that takes the answer along."""

    def script(connection: Connection) -> None:
        connection._read_until(b"\r\n\r\n")
        connection.send(REFUSED)

    told: list[APIError] = []
    with RawServer(script, tls=certificates.context() if encrypted else None) as server:
        async with server.client() as client:
            for _ in range(20):
                data = b"x" * 8 * MIB
                if kind == "json":
                    call: Any = client.post("/files", body={"a": data.decode()})
                else:
                    call = client.files.create(file=data, purpose="x")
                with anyio.fail_after(BOUND), pytest.raises(APIError) as caught:
                    await call
                told.append(caught.value)
    # Between looking and writing is still a moment, and this machine may be busy.
    assert sum(isinstance(error, APIStatusError) for error in told) > 15, told


async def test_an_interim_answer_is_no_refusal(tmp_path: Path) -> None:
    def script(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
        connection.request()
        connection.send(json_response({"id": "file-1", "object": "file"}))

    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(32 * MIB)
    with RawServer(script) as server:
        async with server.client() as client:
            assert (await client.files.create(file=path, purpose="x")).id == "file-1"


# Answers that are made to cost much, or have no end.

LONG = 90_000
COSTLY = {
    "blanks and a nul": b"a: " + b" " * LONG + b"\0",
    "blanks between": b"a: x" + b" " * LONG + b"x\0",
    "blanks at the end": b"a: x" + b" " * LONG + b"\0",
    "folded lines": b"a: b" + b"\r\n " * (LONG // 3) + b"\0",
    "commas": b"content-length: " + b"5," * (LONG // 2),
    "a name": b"a" * LONG,
    "interim answers": b"a: b\r\n\r\nHTTP/1.1 100 \r\n" * (LONG // 25),
}


@pytest.mark.parametrize("name", COSTLY)
async def test_a_head_costs_no_more_than_its_length(name: str) -> None:
    said = b"HTTP/1.1 200 OK\r\n" + COSTLY[name] + b"\r\n\r\n"
    if name == "interim answers":
        said = said.replace(b"200 OK", b"100 ", 1)
    with RawServer(answer(said, then="close")) as server:
        async with server.client() as client:
            before = time.process_time()
            with pytest.raises(APIConnectionError):
                await client.models.retrieve("m")
            assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\n", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (chunked_head(), b"a" * 100),
        (chunked_head(), b"1;" + b"a" * 1000),
        (chunked_head() + b"0\r\n", b"a: b\r\n" * 100),
        (chunked_head() + b"0\r\n", b"a"),
    ],
)
async def test_what_has_no_end_is_given_up(first: bytes, again: bytes) -> None:
    """Though something comes all the time, so that no read times out."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(first)
        while True:
            connection.send(again)

    with RawServer(script) as server:
        async with server.client(max_retries=0) as client:
            with anyio.fail_after(BOUND), pytest.raises(APIConnectionError):
                await client.models.retrieve("m")
