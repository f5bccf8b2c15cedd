"""What HTTP said of a call: `raw()`, `with_raw_response`, `with_streaming_response`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIResponseError,
    AsyncStream,
    BinaryBody,
    NotFoundError,
    Raw,
    StreamingResponse,
    raw,
)
from openai_async.types.chat import ChatCompletion
from tests.common import CHAT, FILE, MODEL
from tests.scripted import Script, answer

pytestmark = pytest.mark.anyio

ASK: Any = {"model": "m", "messages": []}
CHUNK = b'data: {"id":"c","object":"x","created":1,"model":"m","choices":[]}\n\n'
EVENTS = answer(content=CHUNK * 2 + b"data: [DONE]\n\n", headers={"x-request-id": "r2"})


class Body(httpx.AsyncByteStream):
    """A body in pieces that knows how far it was read, and whether it was closed."""

    def __init__(self, *pieces: bytes, cut: bool = False) -> None:
        self.pieces = pieces
        self.cut = cut
        self.read = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if self.closed:
                raise httpx.StreamClosed
            self.read += 1
            yield piece
        if self.cut:
            raise httpx.RemoteProtocolError("cut")

    async def aclose(self) -> None:
        self.closed = True


def giving(body: Body, **headers: str) -> Any:
    return lambda _: httpx.Response(200, stream=body, headers=headers)


async def test_raw_tells_what_http_said() -> None:
    script = Script(answer(status=503), answer(FILE, headers={"x-request-id": "r1", "x-a": "1"}))
    async with script.client() as api:
        found = await raw(api.files.retrieve)("file-1", extra_query={"q": 1})
    assert isinstance(found, Raw)
    assert found.value.id == found.parse().id == "file-1"
    assert (found.status_code, found.request_id, found.retries_taken) == (200, "r1", 1)
    assert found.headers["x-a"] == "1"
    assert found.json() == FILE
    assert found.content == found.text.encode() == found.http_response.content
    assert (found.method, str(found.url)) == ("GET", "http://api.test/v1/files/file-1?q=1")
    assert found.http_request is found.response.request
    assert found.is_closed
    assert 0 <= found.elapsed < 5


async def test_raw_raises_what_the_method_raises() -> None:
    script = Script(answer({"error": {"message": "gone"}}, 404))
    async with script.client() as api:
        with pytest.raises(NotFoundError, match="gone"):
            await raw(api.files.retrieve)("x")
        with pytest.raises(TypeError, match="'tiemout'"):
            await raw(api.files.retrieve)("x", tiemout=1)  # type: ignore[call-arg]
        # Nothing of it is left over for the next call.
        script.answers = [answer(FILE)]
        assert (await api.files.retrieve("x")).id == "file-1"


async def test_raw_is_for_calls() -> None:
    async def no_call() -> int:
        return 1

    with pytest.raises(TypeError, match="made none"):
        await raw(no_call)()


async def test_raw_keeps_the_name_and_the_words_of_a_method() -> None:
    api = Script().client()
    assert raw(api.files.retrieve).__name__ == "retrieve"
    assert raw(api.files.retrieve).__doc__ == api.files.retrieve.__doc__
    await api.close()


async def test_raw_of_a_stream_and_of_a_body() -> None:
    async with Script(EVENTS).client() as api:
        found: Any = await raw(api.chat.completions.create)(**ASK, stream=True)
        assert isinstance(found.value, AsyncStream)
        assert found.request_id == "r2"
        assert len([chunk async for chunk in found.value]) == 2
    async with Script(answer(content=b"abc")).client() as api:
        body = await raw(api.files.content)("f")
        assert isinstance(body.value, BinaryBody)
        assert await body.value.read() == b"abc" == body.content


async def test_calls_at_the_same_time_are_told_apart() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={**MODEL, "id": name}, headers={"x-request-id": name})

    found: dict[str, Any] = {}
    async with Script(echo).client() as api, anyio.create_task_group() as tasks:

        async def ask(name: str) -> None:
            found[name] = await raw(api.models.retrieve)(name)

        for number in range(20):
            tasks.start_soon(ask, str(number))
    assert all(found[name].value.id == found[name].request_id == name for name in found)
    assert len(found) == 20


async def test_raw_methods_of_a_namespace_and_of_a_client() -> None:
    async with Script(answer(CHAT, headers={"x-request-id": "r1"})).client() as api:
        for call in (
            api.chat.completions.with_raw_response.create,
            api.chat.with_raw_response.completions.create,
            api.with_raw_response.chat.completions.create,
        ):
            found = await call(**ASK)
            assert isinstance(found, Raw)
            assert isinstance(found.parse(), ChatCompletion)
            assert found.request_id == "r1"
        with pytest.raises(AttributeError, match="creat"):
            _ = api.with_raw_response.chat.completions.creat


# Responses whose body is on its way


async def test_a_streaming_response_has_its_body_unread() -> None:
    body = Body(b'{"id": "file-1", ', b'"object": "file"}')
    async with Script(giving(body, **{"x-request-id": "r1"})).client() as api:
        async with api.files.with_streaming_response.retrieve("file-1") as response:
            assert isinstance(response, StreamingResponse)
            assert (response.status_code, response.request_id) == (200, "r1")
            assert (response.retries_taken, response.is_closed) == (0, False)
            assert response.headers["x-request-id"] == "r1"
            assert response.http_response is response.response
            assert response.http_request is response.response.request
            assert (response.method, response.url.path) == ("GET", "/v1/files/file-1")
            assert response.http_version == "HTTP/1.1"
            assert body.read == 0
        assert body.closed
        assert response.is_closed


async def test_a_streaming_response_of_a_method_that_gives_none() -> None:
    async with Script(answer({"id": "resp_1", "deleted": True})).client() as api:
        for call in (
            api.with_streaming_response.responses.delete("resp_1"),
            api.with_streaming_response.containers.delete("c"),
            api.with_streaming_response.containers.files.delete("f", container_id="c"),
            api.with_streaming_response.realtime.calls.hangup("call"),
        ):
            async with call as response:
                assert response.status_code == 200
                assert await response.parse() is None


async def test_parse_gives_what_the_method_gives() -> None:
    async with Script(answer(FILE)).client() as api:
        async with api.files.with_streaming_response.retrieve("file-1") as response:
            found = await response.parse()
            assert found.id == "file-1"
            assert await response.json() == FILE
            assert await response.parse() == found
    async with Script(EVENTS).client() as api:
        async with api.with_streaming_response.chat.completions.create(
            **ASK, stream=True
        ) as response:
            assert len([chunk async for chunk in await response.parse()]) == 2
    async with Script(answer(content=b"abc")).client() as api:
        async with api.files.with_streaming_response.content("f") as response:
            assert await (await response.parse()).read() == b"abc"


@pytest.mark.parametrize(
    ("how", "gives"),
    [
        ("iter_bytes", [b"one\ntwo", b"\nthree"]),
        ("iter_text", ["one\ntwo", "\nthree"]),
        ("iter_lines", ["one", "two", "three"]),
    ],
)
async def test_reading_it_in_pieces(how: str, gives: list[Any]) -> None:
    body = Body(b"one\ntwo", b"\nthree")
    async with Script(giving(body)).client() as api:
        async with api.files.with_streaming_response.content("f") as response:
            assert [piece async for piece in getattr(response, how)()] == gives
            assert body.closed


async def test_reading_it_whole(tmp_path: Any) -> None:
    async with Script(answer(content=b"abc")).client() as api:
        async with api.files.with_streaming_response.content("f") as response:
            assert (await response.read(), await response.text()) == (b"abc", "abc")
        async with api.files.with_streaming_response.content("f") as response:
            await response.stream_to_file(tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"abc"


@pytest.mark.parametrize("how", ["iter_bytes", "iter_text", "iter_lines"])
async def test_a_body_that_is_cut_is_an_error_of_ours(how: str) -> None:
    body = Body(b"half", cut=True)
    async with Script(giving(body)).client() as api:
        async with api.files.with_streaming_response.content("f") as response:
            with pytest.raises(APIConnectionError, match="cut"):
                _ = [piece async for piece in getattr(response, how)()]
        assert body.closed


async def test_an_error_status_is_raised_and_nothing_stays_open() -> None:
    script = Script(answer({"error": {"message": "gone"}}, 404))
    async with script.client() as api:
        with pytest.raises(NotFoundError, match="gone"):
            async with api.files.with_streaming_response.retrieve("x"):
                raise AssertionError
        call = api.files.with_streaming_response.retrieve("x", tiemout=1)
        with pytest.raises(TypeError, match="tiemout"):
            async with call:
                raise AssertionError


async def test_an_error_in_the_block_closes_it_too() -> None:
    body = Body(b"one", b"two")
    async with Script(giving(body)).client() as api:

        async def leave_by_an_error() -> None:
            async with api.files.with_streaming_response.content("f") as response:
                async for _ in response.iter_bytes():
                    raise LookupError

        with pytest.raises(LookupError):
            await leave_by_an_error()
    assert (body.closed, body.read) == (True, 1)


async def test_what_cannot_be_parsed() -> None:
    async with Script(answer(content=b"<html>no")).client() as api:
        async with api.files.with_streaming_response.retrieve("f") as response:
            with pytest.raises(APIResponseError, match="not JSON"):
                await response.parse()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_method_that_reads_its_answer_itself_says_so() -> None:
    async with Script(answer(content=b"abc")).client() as api:
        assert (await api.files.with_raw_response.retrieve_content("f")).value == "abc"
        with pytest.raises(TypeError, match="no streaming response"):
            async with api.files.with_streaming_response.retrieve_content("f"):
                raise AssertionError
