"""HTTP/1.1 as servers write it, well or badly, over the default transport of asyncio and of trio."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import anyio.to_thread
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async import APIConnectionError, APITimeoutError, AsyncClient
from openai_async._http1 import ChunkedBody
from tests.common import MODEL
from tests.rawserver import Connection, RawServer, answer, json_response

pytestmark = pytest.mark.anyio

BODY = b'{"id":"m","object":"model","created":1,"owned_by":"x"}'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
COUNTED = OK + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"

GOOD = {
    "counted": COUNTED,
    "no reason": COUNTED.replace(b" OK", b""),
    "an empty reason": COUNTED.replace(b" OK", b" "),
    "bare newlines": COUNTED.replace(b"\r\n", b"\n"),
    "the same length twice": COUNTED.replace(
        b"content-length", b"content-length: %d\r\ncontent-length" % len(BODY)
    ),
    "a folded header": COUNTED.replace(b"\r\ncontent-l", b"\r\nx-a: b\r\n  c\r\ncontent-l"),
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\n"
    + COUNTED,
    "until the end": OK + b"\r\n" + BODY,
    "old": COUNTED.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunked": CHUNKED
    + b"10\r\n%b\r\n%X;ext=1\r\n%b\r\n0\r\n\r\n" % (BODY[:16], len(BODY) - 16, BODY[16:]),
    "trailers": CHUNKED + b"%x\r\n%b\r\n0\r\nx-sum: 1\r\n\r\n" % (len(BODY), BODY),
}
CLOSES = {"until the end", "old"}

BAD = {
    "no HTTP": b"hello\r\n\r\n",
    "two lengths": COUNTED.replace(b"content-length", b"content-length: 3\r\ncontent-length"),
    "a length that is none": COUNTED.replace(b"content-length: ", b"content-length: +"),
    "a header without a name": COUNTED.replace(b"\r\ncontent-l", b"\r\n: a\r\ncontent-l"),
    "a coding that nobody knows": OK + b"transfer-encoding: gzip\r\n\r\n" + BODY,
    "a chunk length that is none": CHUNKED + b"1_0\r\n" + BODY,
    "a chunk that goes on": CHUNKED + b"3\r\n" + BODY,
    "cut in the head": OK,
    "cut in the body": COUNTED[:-5],
    "cut in a chunk": CHUNKED + b"ff\r\n" + BODY,
    "a head without end": OK + b"a: b\r\n" * 20_000,
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_answers_that_can_be_read(name: str, size: int) -> None:
    whole = GOOD[name]
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

    def script(connection: Connection) -> None:
        while True:
            connection.request()
            for piece in pieces:
                connection.send(piece)
            if name in CLOSES:
                return

    with RawServer(script) as server:
        async with server.client(max_retries=0) as client:
            for _ in range(3):
                assert (await client.models.retrieve("m")).id == "m"
        assert len(server.connections) == (3 if name in CLOSES else 1)


@pytest.mark.parametrize("name", BAD)
async def test_answers_that_cannot(name: str) -> None:
    with RawServer(answer(BAD[name], then="close")) as server:
        async with server.client(max_retries=0) as client:
            with pytest.raises(APIConnectionError):
                await client.models.retrieve("m")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_comes_behind_the_end_ends_the_connection() -> None:
    with RawServer(answer(COUNTED + b"more", COUNTED)) as server:
        async with server.client(max_retries=0) as client:
            await client.models.retrieve("m")
            await client.models.retrieve("m")
        assert len(server.connections) == 2


async def test_a_server_that_closes_an_idle_connection_is_no_error() -> None:
    with RawServer(answer(COUNTED, then="close")) as server:
        async with server.client(max_retries=0) as client:
            for number in range(3):
                await client.models.retrieve("m")
                gone = server.connections[number].gone
                await anyio.to_thread.run_sync(gone.wait)


async def test_a_read_is_bounded_anew_after_each_piece() -> None:
    def script(connection: Connection) -> None:
        connection.request()
        for at in range(0, len(COUNTED), 12):
            connection.send(COUNTED[at : at + 12])
            connection.wait(0.2)
        connection.request()
        connection.until_gone()

    with RawServer(script) as server:
        async with server.client(max_retries=0, timeout=1.5) as client:
            begun = time.monotonic()
            await client.models.retrieve("m")
            assert time.monotonic() - begun > 1.5
            with pytest.raises(APITimeoutError) as caught:
                await client.models.retrieve("m")
            assert caught.value.phase == "read"


async def test_cookies_go_back_to_where_they_came_from() -> None:
    head = ("set-cookie", "session=1; Path=/")
    with RawServer(answer(json_response(MODEL, headers=[head]), json_response(MODEL))) as server:
        async with server.client() as client:
            for _ in range(2):
                await client.models.retrieve("m")
                await client.chat.completions.with_raw_response.create(model="m", messages=[])
        assert [r.headers.get("cookie") for r in server.requests] == [None, *["session=1"] * 3]


async def test_redirects_are_followed() -> None:
    moved = b"HTTP/1.1 307 Moved\r\nlocation: /v1/other\r\ncontent-length: 0\r\n\r\n"
    chat = b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}'
    there = OK + b"content-length: %d\r\n\r\n" % len(chat) + chat
    with RawServer(answer(moved, there)) as server:
        async with server.client(max_retries=0) as client:
            await client.chat.completions.create(
                model="m", messages=[], extra_headers={"host": "virtual.test"}
            )
        assert [r.target.rpartition("/")[2] for r in server.requests] == ["completions", "other"]
        assert [r.headers["host"] for r in server.requests] == ["virtual.test"] * 2
        assert server.requests[0].body == server.requests[1].body


async def test_what_stands_between_httpx_and_the_network_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fake(_self: object, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=BODY, request=request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fake)
    async with AsyncClient(api_key="k", base_url="http://openai.invalid/v1") as client:
        assert (await client.models.retrieve("m")).id == "m"


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A body, and its chunked form in pieces."""
    body = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
    extension = draw(st.sampled_from([b"", b";a=b", b" "]))
    wire = b"".join(b"%x%b\r\n%b\r\n" % (len(one), extension, one) for one in body)
    wire += b"0\r\n" + draw(st.sampled_from([b"", b"a: b\r\n"])) + b"\r\n"
    cuts = sorted(draw(st.lists(st.integers(0, len(wire)), max_size=30)))
    return b"".join(body), [wire[a:b] for a, b in pairwise([0, *cuts, len(wire)])]


@given(chunked())
def test_any_split_of_chunks_is_the_same_body(case: tuple[bytes, Sequence[bytes]]) -> None:
    body, pieces = case
    framing = ChunkedBody()
    assert b"".join(framing.feed(piece) for piece in pieces if piece) == body
    assert framing.done
    assert not framing.rest
