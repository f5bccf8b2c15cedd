"""The default transport: connections are reused, shared out in order, and never lost."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest

from openai_async import APIConnectionError, APITimeoutError, AsyncClient, ConfigurationError
from tests.common import HELLO, MODEL
from tests.rawserver import (
    BOUND,
    EACH_TRANSPORT,
    Connection,
    RawServer,
    Script,
    answer,
    event_stream,
    json_response,
)

CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n'
)

STORM_SECONDS = 1.5

anyio_tests = pytest.mark.anyio


def client_of(server: RawServer, connections: int | None = None, **options: Any) -> AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    settings: Any = {"api_key": "k", "base_url": server.url, "max_retries": 0, **options}
    return AsyncClient(limits=limits, **settings)


async def assert_as_good_as_new(client: AsyncClient, connections: int) -> None:
    """As many calls as there may be connections pass side by side: no slot was lost."""
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(connections):
                tasks.start_soon(client.models.retrieve, "m")


async def at_most(server: RawServer, connections: int) -> None:
    """Wait until the server has heard that all but so many are closed."""
    with anyio.fail_after(BOUND):
        while sum(connection.open for connection in server.connections) > connections:
            await anyio.sleep(0.005)


@anyio_tests
@pytest.mark.parametrize("streamed", [False, True])
async def test_cancel_storm(streamed: bool) -> None:
    """Forty workers that give up at random don't take a slot, or a socket, with them."""

    def script(connection: Connection) -> None:
        pieces = event_stream(CHUNK, CHUNK, b"data: [DONE]\n\n")
        while True:
            request = connection.request()
            if request.method == "POST":
                for piece in pieces:
                    connection.send(piece)
            else:
                connection.send(json_response(MODEL))

    async def call(client: AsyncClient) -> None:
        if not streamed:
            await client.models.retrieve("m")
            return
        async with await client.chat.completions.create(stream=True, **HELLO) as stream:
            async for _ in stream:
                await anyio.lowlevel.checkpoint()

    async def worker(client: AsyncClient, chance: random.Random) -> None:
        end = time.monotonic() + STORM_SECONDS
        while time.monotonic() < end:
            with anyio.move_on_after(chance.random() * 0.02):
                await call(client)

    with RawServer(script) as server:
        async with client_of(server, connections=10) as client:
            async with anyio.create_task_group() as tasks:
                for seed in range(40):
                    tasks.start_soon(worker, client, random.Random(seed))
            await assert_as_good_as_new(client, 10)
            await at_most(server, 10)
        for connection in server.connections:
            await connection.client_left()


@anyio_tests
async def test_a_connection_serves_one_call_after_the_other() -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client_of(server) as client:
            for _ in range(5):
                await client.models.retrieve("m")
        assert {request.connection for request in server.requests} == {0}


@anyio_tests
async def test_calls_are_served_in_the_order_of_their_coming(anyio_backend_name: str) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client_of(server, connections=1) as client:
            async with anyio.create_task_group() as tasks:
                for number in range(200):
                    tasks.start_soon(client.models.retrieve, f"m{number}")
    # Trio starts the tasks of a batch in an order of its own.
    numbers = [int(request.target.rpartition("m")[2]) for request in server.requests]
    assert sorted(numbers) == list(range(200))
    if anyio_backend_name == "asyncio":
        assert numbers == list(range(200))


@anyio_tests
async def test_the_wait_for_a_connection_is_bounded_when_asked_for() -> None:
    def script(connection: Connection) -> None:
        connection.request()
        connection.until_gone()

    with RawServer(script) as server:
        timeout = httpx.Timeout(10, pool=0.05)
        async with client_of(server, connections=1, timeout=timeout) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ignore_cut, client)
                await server.connected()
                with pytest.raises(APITimeoutError) as caught:
                    await client.models.retrieve("second")
                assert caught.value.phase == "pool"
                tasks.cancel_scope.cancel()


async def ignore_cut(client: AsyncClient) -> None:
    with pytest.raises(APIConnectionError):
        await client.models.retrieve("first")


@anyio_tests
async def test_two_origins_share_the_limit() -> None:
    """An idle connection to one origin makes room for another's, in place of a deadlock."""
    with (
        RawServer(answer(json_response(MODEL))) as one,
        RawServer(answer(json_response(MODEL))) as other,
    ):
        async with client_of(one, connections=1) as client:
            elsewhere = client.with_options(base_url=other.url)
            for _ in range(3):
                await client.models.retrieve("m")
                await elsewhere.models.retrieve("m")
            await one.connections[0].client_left()
        assert len(one.connections) == len(other.connections) == 3


def held_until(event: threading.Event) -> Script:
    """A script: a request is answered when something has happened; those behind it, at once."""

    def script(connection: Connection) -> None:
        while True:
            connection.request()
            connection.until(event)
            connection.send(json_response(MODEL))

    return script


@anyio_tests
async def test_only_so_many_idle_connections_are_kept() -> None:
    limits = httpx.Limits(max_connections=10, max_keepalive_connections=2)
    go = threading.Event()
    with RawServer(held_until(go)) as server:
        async with server.client(limits=limits) as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(client.models.retrieve, "m")
                await server.connected(4)
                go.set()
            await at_most(server, 2)
            for _ in range(3):
                await client.models.retrieve("m")
        assert len(server.connections) == 5


@anyio_tests
async def test_idle_connections_grow_old() -> None:
    limits = httpx.Limits(keepalive_expiry=0)
    with RawServer(answer(json_response(MODEL))) as server:
        async with server.client(limits=limits) as client:
            for number in range(3):
                await client.models.retrieve("m")
                if number:
                    await server.connections[number - 1].client_left()
        assert len(server.connections) == 3


@anyio_tests
async def test_an_idle_connection_makes_room_before_the_next_one_is_used() -> None:
    """Not only behind it: there are never more than there may be."""
    go = threading.Event()
    with RawServer(answer(json_response(MODEL))) as one, RawServer(held_until(go)) as other:
        async with client_of(one, connections=1) as client:
            await client.models.retrieve("m")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.with_options(base_url=other.url).models.retrieve, "m")
                await other.connected()
                await one.connections[0].client_left()
                go.set()


@anyio_tests
async def test_a_connection_that_the_server_closed_while_idle_is_not_used() -> None:
    with RawServer(answer(json_response(MODEL), then="close")) as server:
        async with client_of(server) as client:
            for number in range(3):
                await client.models.retrieve("m")
                await anyio.to_thread.run_sync(server.connections[number].gone.wait, 5)
        assert len(server.connections) == 3


@anyio_tests
async def test_closing_the_client_ends_open_streams() -> None:
    def script(connection: Connection) -> None:
        connection.request()
        for piece in event_stream(CHUNK)[:-1]:
            connection.send(piece)
        connection.until_gone()

    with RawServer(script) as server:
        client = client_of(server)
        stream = await client.chat.completions.create(stream=True, **HELLO)
        assert (await anext(stream)).choices
        await client.close()
        await server.connections[0].client_left()
        with pytest.raises(APIConnectionError):
            await anext(stream)


async def close_behind(client: AsyncClient, moment: Callable[[], Awaitable[Any]]) -> list[str]:
    """Close a client at some moment of a call; gives the call's error, if it has one."""
    errors: list[str] = []

    async def call() -> None:
        try:
            await client.models.retrieve("m")
        except (APIConnectionError, ConfigurationError) as error:
            errors.append(str(error))

    with anyio.fail_after(BOUND):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await moment()
            await client.close()
    return errors


@EACH_TRANSPORT
@anyio_tests
async def test_closing_the_client_ends_the_wait_for_a_connection(transport: Any) -> None:
    with RawServer(
        answer(event_stream(CHUNK)[:-1], then="hold"), answer(json_response(MODEL))
    ) as server:
        client = client_of(server, 1, gate=False, transport=transport)
        stream = await client.chat.completions.create(stream=True, **HELLO)
        (error,) = await close_behind(client, anyio.wait_all_tasks_blocked)
        assert "the client was closed" in error
        await stream.close()
        for connection in server.connections:
            await connection.client_left()
        assert len(server.requests) == 1


@anyio_tests
async def test_closing_the_client_ends_the_making_of_a_connection() -> None:
    with RawServer(Connection.until_gone) as server:
        secure = server.url.replace("http:", "https:")  # the handshake is never answered
        client = client_of(server, gate=False, base_url=secure)
        (error,) = await close_behind(client, server.accepted)
        assert "the client was closed" in error
        await server.connections[0].client_left()


@EACH_TRANSPORT
@anyio_tests
@pytest.mark.parametrize("turns", range(12))
async def test_a_client_that_is_closed_at_any_moment_leaves_no_connection(
    transport: Any, turns: int
) -> None:
    async def moment() -> None:
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()

    limits = httpx.Limits(keepalive_expiry=None)  # what is left open stays so
    with RawServer(answer(json_response(MODEL))) as server:
        await close_behind(server.client(limits=limits, gate=False, transport=transport), moment)
        for connection in server.connections:
            await connection.client_left()


@anyio_tests
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("turns", range(1, 8))
async def test_a_cancelled_close_closes_all_the_same(turns: int) -> None:
    """`Task.cancel` heeds no shield."""
    go = threading.Event()
    with RawServer(held_until(go)) as server:
        client = client_of(server)
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(client.models.retrieve, "m")
            await server.connected(3)
            go.set()
        closing = asyncio.ensure_future(client.close())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        for connection in server.connections:
            await connection.client_left()
        assert client.is_closed


@EACH_TRANSPORT
@anyio_tests
async def test_a_client_that_is_closed_while_a_call_begins_does_not_send_it(transport: Any) -> None:
    async def key() -> str:
        await client.close()
        return "k"

    with RawServer(answer(json_response(MODEL))) as server:
        client = client_of(server, gate=False, api_key=key, transport=transport)
        with pytest.raises(ConfigurationError, match="closed"):
            await client.models.retrieve("m")
        assert not server.connections


def test_one_client_in_two_event_loops() -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        client = client_of(server)

        async def call() -> str:
            return (await client.models.retrieve("m")).id

        async def call_and_close() -> str:
            async with client:
                return await call()

        assert asyncio.run(call()) == "m"
        assert asyncio.run(call_and_close()) == "m"
        assert len(server.connections) == 2


@anyio_tests
async def test_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        RawServer(answer(json_response(MODEL))) as proxy,
        RawServer(answer(json_response(MODEL))) as direct,
    ):
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with AsyncClient(api_key="k", base_url="http://api.test/v1") as client:
            await client.models.retrieve("m")
            assert proxy.requests[0].target == "http://api.test/v1/models/m"
            await client.with_options(base_url=direct.url).models.retrieve("m")
            assert direct.requests[0].target == "/v1/models/m"
