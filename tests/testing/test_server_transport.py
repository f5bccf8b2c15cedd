"""The ways to reach the server: in-process, over a socket, from a thread, mounted, by fixture."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from openai_async import AsyncClient, AuthenticationError
from openai_async.testing import InProcessTransport, RateLimit, Server

from .conftest import Connect

pytestmark = pytest.mark.anyio

STREAM = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Tell me about the sea."}],
    "stream": True,
}


async def test_a_stream_is_made_as_it_is_read(connect: Connect) -> None:
    server = Server(token_delay=0.001)
    http = connect(server)
    async with http.stream("POST", "/chat/completions", json=STREAM) as answer:
        chunks = answer.aiter_raw()
        for expected in (1, 2, 3):
            await anext(chunks)
            assert server.calls[0].sent == expected  # nothing is made ahead
        assert server.open_calls == 1
        assert b"[DONE]" in b"".join([chunk async for chunk in chunks])
    assert server.calls[0].outcome == "answered"


async def test_cancelling_the_client_cancels_the_server(connect: Connect) -> None:
    server = Server(token_delay=60)
    http = connect(server)
    with anyio.move_on_after(0.05) as scope:
        async with http.stream("POST", "/chat/completions", json=STREAM) as answer:
            await answer.aread()
    assert scope.cancelled_caught
    assert server.calls[0].outcome == "disconnected"


async def test_a_response_may_outlive_the_scope_that_it_was_asked_in(connect: Connect) -> None:
    http = connect(Server())
    with anyio.fail_after(1):
        answer = await http.send(
            http.build_request("POST", "/chat/completions", json=STREAM), stream=True
        )
    async with anyio.create_task_group() as group:
        group.start_soon(answer.aread)
    assert b"[DONE]" in answer.content
    await answer.aclose()


async def test_the_read_timeout_counts_the_servers_time_only(connect: Connect) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for part in (b'{"model":"ada",', b'"prompt":"x"}'):
            await anyio.sleep(0.3)
            yield part

    http = connect(Server(), timeout=0.5)
    sent = {"content-type": "application/json"}
    assert (await http.post("/completions", content=slowly(), headers=sent)).status_code == 200


async def test_an_application_that_fails_or_says_nothing() -> None:
    async def silent(scope: object, receive: object, send: object) -> None: ...

    async def failing(scope: object, receive: object, send: object) -> None:
        raise ZeroDivisionError

    async with httpx.AsyncClient(transport=InProcessTransport(silent)) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("http://testserver")
    async with httpx.AsyncClient(transport=InProcessTransport(failing)) as http:
        with pytest.raises(ZeroDivisionError):
            await http.get("http://testserver")


async def test_many_at_once_over_a_socket(server: Server) -> None:
    statuses: list[int] = []
    async with (
        server.listen() as base_url,
        httpx.AsyncClient(base_url=base_url, timeout=10) as http,
    ):

        async def call() -> None:
            answer = await http.post("/chat/completions", json=STREAM)
            assert answer.text.endswith("data: [DONE]\n\n")
            statuses.append(answer.status_code)

        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(call)
    assert statuses == [200] * 30


async def test_closing_the_socket_is_quick_with_open_streams(server: Server) -> None:
    async def closed() -> float:
        async with httpx.AsyncClient(timeout=5) as http:
            async with server.listen() as base_url:
                url, headers = base_url + "/chat/completions", {"x-fault": "stall=1"}
                request = http.build_request("POST", url, json=STREAM, headers=headers)
                answer = await http.send(request, stream=True)
                begin = time.monotonic()
            took = time.monotonic() - begin
            with pytest.raises(httpx.TransportError):
                await answer.aread()
            await answer.aclose()
            return took

    # Not all three are in the way of something else that the machine does.
    assert min([await closed() for _ in range(3)]) < 0.9
    assert server.open_calls == 0


def test_from_sync_code(server: Server) -> None:
    with server.run_in_thread() as base_url:
        assert httpx.get(base_url + "/models").json()["object"] == "list"
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url + "/models")


async def test_mounted_in_another_application(server: Server) -> None:
    app = Starlette(routes=[Mount("/openai", app=server.app)])
    async with httpx.AsyncClient(
        transport=InProcessTransport(app), base_url="http://testserver/openai/v1"
    ) as http:
        assert (await http.get("/models")).status_code == 200
        body = {"prompt": "x", "size": "256x256"}
        url = (await http.post("/images/generations", json=body)).json()["data"][0]["url"]
        assert url.startswith("http://testserver/openai/v1/images/files/")
        assert (await http.get(url)).status_code == 200


def test_a_seed_repeats_ids() -> None:
    assert Server(seed=3)._state.new_id() == Server(seed=3)._state.new_id()
    assert Server()._state.new_id() != Server()._state.new_id()


async def test_the_fixtures(openai_server: Server, openai_client: AsyncClient) -> None:
    openai_server.reply("GET /models/mine", json={"id": "mine", "object": "model"})
    model = await openai_client.models.retrieve("mine")
    assert model.id == "mine"
    assert [call.path for call in openai_server.calls] == ["/models/mine"]


async def test_a_client_of_a_server_with_a_key() -> None:
    server = Server(api_key="sk-mine", rate_limit=RateLimit(requests_per_minute=10))
    async with server.client(max_retries=0) as client:
        assert "gpt-4" in [model.id async for model in client.models.list()]
    async with server.client(api_key="sk-other", max_retries=0) as client:
        with pytest.raises(AuthenticationError):
            await client.models.retrieve("gpt-4")


def test_the_plugin_loads_nothing() -> None:
    code = (
        "import sys, openai_async.testing.pytest_plugin;"
        "late = ('starlette', 'uvicorn', 'openai_async.testing.server');"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names() -> None:
    import openai_async.testing as package

    assert set(package.__all__) <= set(dir(package))
    assert all(getattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError):
        package.nothing  # noqa: B018
