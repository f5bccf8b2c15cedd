"""Whole answers: bytes to a value or to a typed error, bodies to read at leisure, `raw`."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypedDict

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    BinaryBody,
    Model,
    OpenAIError,
    raw,
)
from openai_async.types.chat import ChatCompletion
from openai_async.types.files import FileObject
from tests.common import CHAT, FILE, HELLO
from tests.rawserver import (
    EACH_TRANSPORT,
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


def client_of(
    content: bytes, content_type: str | None = "application/json", **options: Any
) -> AsyncClient:
    """A client that gets this body for an answer, without a socket."""
    headers = {"x-request-id": "req-7"}
    if content_type is not None:
        headers["content-type"] = content_type

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=content)

    given: Any = {"api_key": "k", "base_url": "http://api.test/v1", "max_retries": 0, **options}
    return AsyncClient(transport=httpx.MockTransport(handle), **given)


# What can't be used.


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "boom", "code": "c7"}}', "boom"),
        (b'{"error": "boom"}', "boom"),
        (b'{"error": "boom", "code": 500}', "boom"),
        (b'{"error": {"code": "c7"}}', "c7"),
        (b'{"object": "error", "message": "boom", "code": 404}', "boom"),
        (b'{"message": "boom", "type": "x", "param": null, "code": null}', "boom"),
        (b'{"detail": "boom"}', "boom"),
        (b'{"detail": [{"loc": ["body", "n"], "msg": "boom"}]}', "body.n: boom"),
        (json.dumps({**CHAT, "error": {"message": "boom"}}).encode(), "boom"),
        (b"<html><head><title>Sign in</title></head></html>", "Sign in"),
        (b"upstream failed", "upstream failed"),
        (b'{"id": "c", "choi', "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
        (b"", "empty body"),
        (b" \n ", "empty body"),
        (b"[" * 100_000, "not JSON"),
        (b'{"error":' * 900 + b'"boom"' + b"}" * 900, '{"error": {"error"'),
        (b'{"error":' + b"[" * 900 + b"]" * 900 + b"}", "[[[["),
        (b'{"a":' * 100_000, "not JSON"),
        (b"[]", "ChatCompletion"),
        (b"null", "ChatCompletion"),
        (b'"text"', "ChatCompletion"),
        (b"7", "ChatCompletion"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
async def test_an_answer_that_cannot_be_used(body: bytes, said: str, strict: bool) -> None:
    client = client_of(body, strict_responses=strict)
    with pytest.raises(APIResponseError) as caught:
        await client.chat.completions.create(**HELLO)
    error = caught.value
    assert said in str(error)
    assert error.status_code == 200
    assert error.request_id == "req-7"
    assert "POST http://api.test/v1/chat/completions" in str(error)
    assert len(str(error)) < 1000


async def test_an_unreadable_body_is_kept_whole() -> None:
    with pytest.raises(APIResponseError) as caught:
        await client_of(b"x" * 5000).chat.completions.create(**HELLO)
    assert caught.value.body == "x" * 5000
    assert "x" * 100 in str(caught.value)
    assert len(str(caught.value)) < 1000


async def test_the_code_of_an_error_in_a_200_is_there() -> None:
    client = client_of(b'{"error": {"message": "m", "code": "c", "param": "p", "type": "t"}}')
    with pytest.raises(APIResponseError) as caught:
        await client.chat.completions.create(**HELLO)
    error = caught.value
    assert (error.code, error.param, error.type) == ("c", "p", "t")


@pytest.mark.parametrize("nothing", [None, "", {}, [], False])
async def test_an_empty_error_is_none(nothing: Any) -> None:
    body = json.dumps({**CHAT, "error": nothing}).encode()
    answer = await client_of(body).chat.completions.create(**HELLO)
    assert answer.choices[0].message.content == "ab"
    assert answer.to_dict()["error"] == nothing


async def test_a_field_named_error_is_no_error_where_it_is_asked_for() -> None:
    class Job(Model):
        id: str
        error: dict[str, Any] | None = None

    job = await client_of(b'{"id": "j", "error": {"message": "x"}}').get("/jobs/j", cast_to=Job)
    assert job.error == {"message": "x"}


@settings(deadline=None, max_examples=50)
@given(st.binary() | st.text().map(str.encode))
async def test_whatever_comes_is_a_value_or_one_of_our_errors(body: bytes) -> None:
    for strict in (False, True):
        client = client_of(body, strict_responses=strict)
        with contextlib.suppress(APIResponseError):
            await client.chat.completions.create(**HELLO)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "choices", "index", "message", "content", "usage", "error", "detail", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=50)
@given(JSON, st.booleans())
async def test_whatever_json_comes_is_a_value_or_one_of_our_errors(
    value: Any, streamed: bool
) -> None:
    client = client_of(json.dumps(value).encode())
    try:
        answer: Any = await client.chat.completions.create(**HELLO, stream=streamed)
        items = [item async for item in answer] if streamed else [answer]
    except APIResponseError:
        return
    for item in items:
        item.to_json()
        repr(item)


# Other shapes.


class Shape(TypedDict):
    id: str


@pytest.mark.parametrize(
    ("cast_to", "body", "value"),
    [
        (Any, b'{"a": [1]}', {"a": [1]}),
        (dict, b'{"a": [1]}', {"a": [1]}),
        (dict[str, Any], b'{"a": [1]}', {"a": [1]}),
        (list[int], b"[1, 2]", [1, 2]),
        (Shape, b'{"id": "x"}', {"id": "x"}),
        (str, b"plain", "plain"),
        (str, b'"json"', '"json"'),
        (bytes, b"\xff\x00", b"\xff\x00"),
        (bytes, b"", b""),
        (int, b"5", 5),
        (None, b"whatever", None),
        (type(None), b"<html>", None),
        (Any, b"\xef\xbb\xbf[1]", [1]),
    ],
)
async def test_what_an_answer_may_be_cast_to(cast_to: Any, body: bytes, value: Any) -> None:
    assert await client_of(body).get("/x", cast_to=cast_to) == value


async def test_the_response_itself() -> None:
    found = await client_of(b"{not json").get("/x", cast_to=httpx.Response)
    assert found.content == b"{not json"


@pytest.mark.parametrize(
    "cast_to", [Any, dict, dict[str, Any], Shape, list[int], str, FileObject, int]
)
async def test_an_error_object_is_one_whatever_was_asked_for(cast_to: Any) -> None:
    with pytest.raises(APIResponseError, match="boom"):
        await client_of(b'{"error": {"message": "boom"}}').get("/x", cast_to=cast_to)


@pytest.mark.parametrize("cast_to", [list[int], Shape, int])
async def test_the_wrong_shape_is_an_error_where_nothing_can_be_saved(cast_to: Any) -> None:
    with pytest.raises(APIResponseError, match="expected"):
        await client_of(b'{"a": 1}').get("/x", cast_to=cast_to)


async def test_an_object_with_an_error_among_other_things_is_given() -> None:
    job = {"id": "j", "object": "job", "status": "failed", "error": {"message": "x"}}
    assert await client_of(json.dumps(job).encode()).get("/x") == job


async def test_a_byte_order_mark_is_no_departure(caplog: pytest.LogCaptureFixture) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(CHAT).encode()
    answer = await client_of(body, strict_responses=True).chat.completions.create(**HELLO)
    assert answer.id == "c"


# Over a socket.


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize(
    "body",
    [
        response(b'{"id": "c"', length=100),
        chunked_head("application/json") + chunk(b'{"id": "c"}'),
        response(b'{"error": ', length=100, status="500 Internal Server Error"),
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
@EACH_TRANSPORT
async def test_a_broken_answer_is_a_connection_error(
    body: bytes, then: Any, transport: Any
) -> None:
    with RawServer(answer(body, then=then)) as server:
        async with server.client(transport=transport) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.chat.completions.create(**HELLO)
    assert type(caught.value) is APIConnectionError
    assert caught.value.__cause__ is not None
    assert f"POST {server.url}/chat/completions" in str(caught.value)


@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_a_body_that_is_no_gzip() -> None:
    lie = response(b'{"id": "c"}', headers=[("content-encoding", "gzip")])
    with RawServer(answer(lie, then="next")) as server:
        async with server.client() as client:
            with pytest.raises(APIConnectionError, match="decoded"):
                await client.chat.completions.create(**HELLO)
            await (await server.accepted()).client_left()


@EACH_TRANSPORT
async def test_gzip(transport: Any) -> None:
    body = gzip.compress(json.dumps(CHAT).encode())
    with RawServer(answer(response(body, headers=[("content-encoding", "gzip")]))) as server:
        async with server.client(transport=transport) as client:
            assert (await client.chat.completions.create(**HELLO)).id == "c"


@pytest.mark.parametrize(
    "body",
    [
        json_response(CHAT),
        json_response({"error": {"message": "no"}}, status="400 Bad Request"),
        response(b"<html>", status="200 OK"),
        response(b"", status="500 Internal Server Error"),
        chunked_head("application/json") + chunk(json.dumps(CHAT).encode()) + LAST_CHUNK,
    ],
)
@EACH_TRANSPORT
async def test_whole_answers_of_any_kind_give_their_connection_back(
    body: bytes, transport: Any
) -> None:
    with RawServer(answer(body)) as server:
        async with server.client(transport=transport) as client:
            for _ in range(3):
                with contextlib.suppress(APIError):
                    await client.chat.completions.create(**HELLO)
        assert [request.connection for request in server.requests] == [0, 0, 0]


async def test_redirects_lose_nothing() -> None:
    there = response(status="307 Temporary Redirect", headers=[("location", "/v2/there")])
    with RawServer(answer(there, json_response(CHAT))) as server:
        async with server.client() as client:
            assert (await client.chat.completions.create(**HELLO)).id == "c"
    first, second = server.requests
    assert second.target == "/v2/there"
    assert (second.method, second.body) == (first.method, first.body)


async def test_a_redirect_without_end_is_an_error() -> None:
    here = response(status="307 Temporary Redirect", headers=[("location", "/v1/here")])
    with RawServer(answer(here)) as server:
        async with server.client() as client:
            with pytest.raises(OpenAIError, match="redirect"):
                await client.get("/here")


# Bodies to read at leisure.

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def download() -> RawServer:
    pieces = [CONTENT[i : i + 5000] for i in range(0, len(CONTENT), 5000)]
    head = chunked_head("audio/mpeg")
    return RawServer(answer([head, *map(chunk, pieces), LAST_CHUNK]))


async def test_read_a_body_whole(download: RawServer) -> None:
    with download as server:
        async with server.client() as client:
            body = await client.files.content("file-1")
            assert isinstance(body, BinaryBody)
            assert body.content_type == "audio/mpeg"
            assert await body.read() == CONTENT
            assert await body.read() == CONTENT
            again = await client.files.content("file-1")
            assert await again.read() == CONTENT
        assert [request.connection for request in server.requests] == [0, 0]


@pytest.mark.parametrize("size", [None, 1000, 100_000])
async def test_iterate_over_a_body(download: RawServer, size: int | None) -> None:
    with download as server:
        async with server.client() as client:
            body = await client.files.content("file-1")
            chunks = [chunk async for chunk in body.iter_bytes(size)]
    assert b"".join(chunks) == CONTENT
    if size is not None:
        assert {len(chunk) for chunk in chunks[:-1]} <= {size}


async def test_text_and_json_of_a_body() -> None:
    assert await (await client_of(b'{"a": 1}').files.content("f")).json() == {"a": 1}
    assert await (await client_of("é".encode(), "text/plain").files.content("f")).text() == "é"
    latin = client_of(b"\xe9", "text/plain; charset=latin-1")
    assert await (await latin.files.content("f")).text() == "é"
    with pytest.warns(DeprecationWarning, match=r"use client\.files\.content"):
        assert await latin.files.retrieve_content("f") == "é"
    with pytest.raises(APIResponseError, match="not JSON"):
        await (await client_of(b"{not").files.content("f")).json()


async def test_write_a_body_to_a_file(download: RawServer, tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    progress: list[tuple[int, int | None]] = []
    with download as server:
        async with server.client() as client:
            body = await client.files.content("file-1")
            await body.write_to_file(target, on_progress=lambda *done: progress.append(done))
    assert target.read_bytes() == CONTENT
    assert progress[-1] == (len(CONTENT), None)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert list(tmp_path.iterdir()) == [target]


async def test_progress_knows_the_length_where_it_is_told(tmp_path: Path) -> None:
    progress: list[tuple[int, int | None]] = []
    body = await client_of(b"x" * 10, "text/plain").files.content("f")
    await body.write_to_file(tmp_path / "x", on_progress=lambda *done: progress.append(done))
    assert progress == [(10, 10)]


async def test_a_cut_download_leaves_no_half_file(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")
    with RawServer(answer([response(b"new", length=10)], then="close")) as server:
        async with server.client() as client:
            body = await client.files.content("file-1")
            with pytest.raises(APIConnectionError):
                await body.write_to_file(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("turns", range(1, 12))
async def test_a_cancelled_download_leaves_no_file(tmp_path: Path, turns: int) -> None:
    """`Task.cancel` doesn't wait for threads: whatever one of them does, nothing is left behind."""
    with RawServer(answer(response(b"x" * 100))) as server:
        async with server.client() as client, await client.files.content("file-1") as body:
            task = asyncio.ensure_future(body.write_to_file(tmp_path / "out"))
            for _ in range(turns):
                await asyncio.sleep(0)
            end = time.monotonic() + 0.05
            while not any(tmp_path.iterdir()) and time.monotonic() < end:
                pass  # a thread may be opening it, and this one hears nothing of that
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    assert [path.name for path in tmp_path.iterdir()] in ([], ["out"])


async def test_a_download_to_nowhere_says_so(tmp_path: Path) -> None:
    body = await client_of(b"x").files.content("f")
    with pytest.raises(FileNotFoundError):
        await body.write_to_file(tmp_path / "none" / "out")


@EACH_TRANSPORT
async def test_a_cut_body_is_told_after_what_came(transport: Any) -> None:
    with RawServer(answer([response(b"abc", length=10)], then="close")) as server:
        async with server.client(transport=transport) as client:
            pieces = aiter(await client.files.content("file-1"))
            assert await anext(pieces) == b"abc"
            with pytest.raises(APIConnectionError):
                await anext(pieces)


@pytest.mark.parametrize("how", ["with", "close", "break", "drop", "cancel", "deadline"])
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
@EACH_TRANSPORT
async def test_leaving_a_body_closes_its_connection(how: str, transport: Any) -> None:
    hold = answer([chunked_head("audio/mpeg"), chunk(b"abc")], then="hold")
    with RawServer(hold, answer(json_response(FILE))) as server:
        limits = httpx.Limits(max_connections=1)
        async with server.client(transport=transport, limits=limits) as client:
            with anyio.fail_after(15):
                await _leave(client, how)
                await (await server.accepted()).client_left()
                assert (await client.files.retrieve("file-1")).id == "file-1"


async def _leave(client: AsyncClient, how: str) -> None:
    deadline = 1.5 if how == "deadline" else None
    body = await client.files.content("file-1", deadline=deadline)
    if how == "with":
        async with body:
            pass
    elif how == "close":
        await body.close()
    elif how == "break":
        async with body:
            async for _ in body:
                break
    elif how == "cancel":
        with anyio.move_on_after(0.05):
            await body.read()
    elif how == "deadline":
        with pytest.raises(APITimeoutError) as caught:
            await body.read()
        assert caught.value.phase == "deadline"


# raw(), with_raw_response, with_streaming_response.


async def test_raw() -> None:
    client = client_of(json.dumps(FILE).encode())
    found = await raw(client.files.retrieve)("file-1")
    assert found.value.id == found.parse().id == "file-1"
    assert found.request_id == "req-7"
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/json"
    assert found.retries_taken == 0
    assert found.elapsed >= 0
    assert found.json() == FILE
    assert (found.method, str(found.url)) == ("GET", "http://api.test/v1/files/file-1")
    same = await client.files.with_raw_response.retrieve("file-1")
    assert same.value == found.value


async def test_raw_text_that_is_no_json() -> None:
    found = await client_of(b"plain").with_raw_response.get("/x", cast_to=str)
    assert found.value == "plain"
    with pytest.raises(APIResponseError, match="not JSON"):
        found.json()


async def test_raw_is_for_methods_that_make_a_call() -> None:
    async def nothing() -> None:
        await anyio.lowlevel.checkpoint()

    with pytest.raises(TypeError, match="raw"):
        await raw(nothing)()


async def test_with_streaming_response(download: RawServer) -> None:
    with download as server:
        async with server.client() as client:
            method = client.files.with_streaming_response.content
            async with method("file-1") as response:
                assert response.status_code == 200
                assert not response.is_closed
                assert b"".join([piece async for piece in response.iter_bytes()]) == CONTENT


async def test_with_streaming_response_parses_when_asked() -> None:
    client = client_of(json.dumps(CHAT).encode())
    method = client.chat.completions.with_streaming_response.create
    async with method(**HELLO) as response:
        answer = await response.parse()
        assert isinstance(answer, ChatCompletion)
        assert await response.json() == CHAT
        assert await response.read() == json.dumps(CHAT).encode()


async def test_with_streaming_response_lines_and_text() -> None:
    client = client_of("é\nb".encode(), "text/plain")
    async with client.with_streaming_response.get("/x") as response:
        assert [line async for line in response.iter_lines()] == ["é", "b"]
    async with client.with_streaming_response.get("/x") as response:
        assert "".join([part async for part in response.iter_text(1)]) == "é\nb"
    async with client.with_streaming_response.get("/x") as response:
        with pytest.raises(APIResponseError, match="not JSON"):
            await response.json()


async def test_with_streaming_response_raises_for_4xx() -> None:
    with RawServer(answer(json_response({"error": "no"}, status="404 Not Found"))) as server:
        async with server.client() as client:
            with pytest.raises(APIStatusError, match="no"):
                async with client.files.with_streaming_response.content("file-1"):
                    pytest.fail("nothing was opened")


@EACH_TRANSPORT
async def test_with_streaming_response_left_unread_closes_the_connection(transport: Any) -> None:
    hold = answer([chunked_head("audio/mpeg"), chunk(b"abc")], then="hold")
    with RawServer(hold) as server:
        async with server.client(transport=transport) as client:
            async with client.files.with_streaming_response.content("file-1"):
                pass
            await (await server.accepted()).client_left()


@EACH_TRANSPORT
async def test_a_body_cut_under_with_streaming_response(transport: Any) -> None:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(response(b"abc", length=10))

    async def read(pieces: AsyncIterator[Any]) -> None:
        async for _ in pieces:
            pass

    for name in ("iter_bytes", "iter_text", "iter_lines"):
        with RawServer(script) as server:
            async with server.client(transport=transport) as client:
                async with client.files.with_streaming_response.content("f") as opened:
                    with pytest.raises(APIConnectionError):
                        await read(getattr(opened, name)())


@EACH_TRANSPORT
async def test_cancelling_a_call_closes_its_connection(transport: Any) -> None:
    heard = threading.Event()

    def script(connection: Connection) -> None:
        connection.request()
        heard.set()
        connection.until_gone()

    with RawServer(script, answer(json_response(FILE))) as server:
        async with server.client(
            transport=transport, limits=httpx.Limits(max_connections=1)
        ) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.files.retrieve, "file-1")
                connection = await server.connected()
                tasks.cancel_scope.cancel()
            await connection.client_left()
            with anyio.fail_after(5):
                assert (await client.files.retrieve("file-1")).id == "file-1"
