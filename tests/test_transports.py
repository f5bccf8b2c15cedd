"""The same calls over each transport, against a real socket."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    BinaryBody,
    ConfigurationError,
    InternalServerError,
    raw,
)
from tests.common import CHAT, FILE, MODEL
from tests.rawserver import RawServer, answer, json_response, response
from tests.scripted import AT_ONCE

pytestmark = pytest.mark.anyio

CHUNK = b'data: {"id":"c","object":"x","created":1,"model":"m","choices":[]}\n\n'
ASK: Any = {"model": "m", "messages": []}

KINDS = ["default", "httpx", "aiohttp", "own transport", "own client", "httpx2"]


@pytest.fixture(params=KINDS)
def options(request: pytest.FixtureRequest, anyio_backend: str) -> Callable[[], dict[str, Any]]:
    """What makes a client of a kind; called inside the event loop."""
    kind: str = request.param
    if kind == "aiohttp":
        if anyio_backend == "trio":
            pytest.skip("aiohttp is asyncio's")
        pytest.importorskip("httpx_aiohttp")
    if kind == "httpx2":
        pytest.importorskip("httpx2", reason="httpx2 is not installed")

    def make() -> dict[str, Any]:
        if kind == "own transport":
            return {"transport": httpx.AsyncHTTPTransport()}
        if kind == "own client":
            return {"http_client": httpx.AsyncClient()}
        if kind == "httpx2":
            httpx2 = importlib.import_module("httpx2")
            return {"http_client": httpx2.AsyncClient(), "timeout": httpx2.Timeout(30)}
        return {} if kind == "default" else {"transport": kind}

    return make


class Calls:
    """A client of a server, closed at the end together with what it was made of."""

    def __init__(self, server: RawServer, options: dict[str, Any], **more: Any) -> None:
        self._own = options.get("http_client")
        self.client = server.client(**options, middleware=[AT_ONCE], **more)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> AsyncClient:
        return self.client

    async def __aexit__(self, *error: object) -> None:
        await self.client.close()
        if self._own is not None:
            assert not self._own.is_closed
            await self._own.aclose()
        assert self.client.is_closed


Options = Callable[[], dict[str, Any]]


async def test_a_call(options: Options) -> None:
    with RawServer(answer(json_response(CHAT))) as server:
        async with Calls(server, options()) as api:
            found = await raw(api.chat.completions.create)(**ASK, temperature=None)
    (sent,) = server.requests
    assert (sent.method, sent.target) == ("POST", "/v1/chat/completions")
    assert sent.headers["authorization"] == "Bearer k"
    assert sent.headers["content-type"] == "application/json"
    assert sent.json() == {"model": "m", "messages": [], "temperature": None}
    assert (found.status_code, found.value.id) == (200, "c")  # type: ignore[union-attr]


async def test_calls_share_a_connection(options: Options) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with Calls(server, options()) as api:
            for _ in range(3):
                await api.models.retrieve("m")
            await api.with_options(timeout=5).models.retrieve("m")
    assert [request.connection for request in server.requests] == [0] * 4


async def test_paths_and_queries_arrive_as_they_were_quoted(options: Options) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with Calls(server, options()) as api:
            await api.models.retrieve("ft:a/b?c#d", extra_query={"a b": ["\u20ac&="]})
            await api.models.retrieve("../../x")
    first, second = (request.target.replace("%3A", ":") for request in server.requests)
    assert first == "/v1/models/ft:a%2Fb%3Fc%23d?a+b%5B%5D=%E2%82%AC%26%3D"
    assert second == "/v1/models/..%2F..%2Fx"


async def test_a_stream(options: Options) -> None:
    body = response(CHUNK * 3 + b"data: [DONE]\n\n", content_type="text/event-stream")
    with RawServer(answer(body)) as server:
        async with Calls(server, options()) as api:
            async with await api.chat.completions.create(**ASK, stream=True) as stream:
                assert len([chunk async for chunk in stream]) == 3
                assert stream.complete


async def test_an_upload(options: Options) -> None:
    data = bytes(range(256)) * 4000
    with RawServer(answer(json_response({}, status="503 Busy"), json_response(FILE))) as server:
        async with Calls(server, options(), max_retries=1) as api:
            await api.files.create(file=("\u20ac.bin", io.BytesIO(data)), purpose="x")
    first, second = server.requests
    assert first.body == second.body
    assert int(second.headers["content-length"]) == len(second.body)
    assert b'filename="\xe2\x82\xac.bin"' in second.body
    assert data in second.body


async def test_an_upload_of_unknown_size(options: Options) -> None:
    with RawServer(answer(json_response(FILE))) as server:
        async with Calls(server, options()) as api:
            await api.files.create(file=("x", iter([b"one", b"two"])), purpose="x")
    (sent,) = server.requests
    assert sent.headers["transfer-encoding"] == "chunked"
    assert b"onetwo\r\n" in sent.body


async def test_a_download(options: Options) -> None:
    with RawServer(answer(response(b"abc" * 1000, content_type="text/plain"))) as server:
        async with Calls(server, options()) as api:
            async with await api.get("/x", cast_to=BinaryBody) as body:
                assert await body.read() == b"abc" * 1000


async def test_a_response_of_the_clients_own_library() -> None:
    httpx2 = pytest.importorskip("httpx2")
    with RawServer(answer(response(b"abc", content_type="text/plain"))) as server:
        async with Calls(server, {"http_client": httpx2.AsyncClient()}) as api:
            found = await api.get("/x", cast_to=httpx2.Response)
    assert isinstance(found, httpx2.Response)
    assert found.content == b"abc"


async def test_failures(options: Options) -> None:
    failing = json_response({"error": {"message": "on fire"}}, status="500 Oh")
    with RawServer(answer(failing)) as server:
        async with Calls(server, options(), max_retries=1) as api:
            with pytest.raises(InternalServerError, match="on fire") as caught:
                await api.models.retrieve("m", extra_headers={"x-a": "1"})
            assert caught.value.retries_taken == 1


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_connection_that_ends_without_an_answer(options: Options, then: Any) -> None:
    with RawServer(answer(b"", then=then)) as server:
        async with Calls(server, options()) as api:
            with pytest.raises(APIConnectionError) as caught:
                await api.models.retrieve("m")
    assert caught.value.__cause__ is not None
    assert "GET" in str(caught.value)


async def test_a_body_that_is_shorter_than_it_says(options: Options) -> None:
    half = response(b'{"id": "m"}', length=500)
    with RawServer(answer(half, then="close"), answer(json_response(MODEL))) as server:
        async with Calls(server, options(), max_retries=1) as api:
            found = await raw(api.models.retrieve)("m")
    assert (found.value.id, found.retries_taken) == ("m", 1)


async def test_silence(options: Options) -> None:
    with RawServer(answer(b"", then="hold")) as server:
        async with Calls(server, options()) as api:
            with anyio.fail_after(5):
                with pytest.raises(APITimeoutError) as caught:
                    await api.models.retrieve("m", timeout=0.1)
                assert caught.value.phase == "read"
                with pytest.raises(APITimeoutError) as caught:
                    await api.models.retrieve("m", deadline=0.1)
                assert caught.value.phase == "deadline"


async def test_nobody_listens(options: Options) -> None:
    with RawServer(answer(b"")) as server:
        calls = Calls(server, options())
    async with calls as api:
        with pytest.raises(APIConnectionError):
            await api.models.retrieve("m")


def test_a_transport_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx_aiohttp", None)
    monkeypatch.delitem(sys.modules, "openai_async._aiohttp", raising=False)
    with pytest.raises(ConfigurationError, match=r"pip install 'openai_async\[aiohttp\]'"):
        AsyncClient(api_key="k", transport="aiohttp")


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_aiohttp_is_for_asyncio() -> None:
    pytest.importorskip("httpx_aiohttp")
    with pytest.raises(ConfigurationError, match="for asyncio"):
        async with AsyncClient(api_key="k", transport="aiohttp") as api:
            await api.models.list()


@pytest.mark.parametrize("kind", ["default", "aiohttp"])
def test_one_client_in_two_event_loops(kind: str) -> None:
    if kind == "aiohttp":
        pytest.importorskip("httpx_aiohttp")
    with RawServer(answer(json_response(MODEL))) as server:
        api = server.client(**({} if kind == "default" else {"transport": kind}))

        async def ask() -> str:
            return (await api.models.retrieve("m")).id

        async def ask_and_close() -> str:
            async with api:
                return await ask()

        assert anyio.run(ask) == "m"
        assert anyio.run(ask_and_close) == "m"
