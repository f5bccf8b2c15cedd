"""Connections: none is lost, whoever cancels whatever, and none outlives its client."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest

from openai_async import APIConnectionError, APITimeoutError, AsyncClient, Retry, RetryPolicy
from tests.common import CHAT, DONE, HELLO, MODEL, A, ask, cancelled_after, read, streaming
from tests.never_closed import QUIET, exit_of
from tests.rawserver import (
    BOUND,
    EACH_TRANSPORT,
    Connection,
    RawServer,
    Script,
    answer,
    event_stream,
    json_response,
    sockets,
)

from .conftest import ClientOf

pytestmark = [pytest.mark.timeout(60)]

STORM_SECONDS = 1.2
CONNECTIONS = 10
WORKERS = 40


async def all_left(server: RawServer) -> None:
    """Wait until the client has closed every connection that it made."""

    def wait() -> bool:
        end = time.monotonic() + BOUND
        return all(c.gone.wait(max(0, end - time.monotonic())) for c in server.connections)

    assert await anyio.to_thread.run_sync(wait), "the client left connections open"


# The cancel storm.

Call = Callable[[AsyncClient], Awaitable[None]]
Cancel = Callable[[Call, AsyncClient, float], Awaitable[None]]


async def call(client: AsyncClient) -> None:
    await client.models.retrieve("m")


async def stream(client: AsyncClient) -> None:
    async with await ask(client) as items:
        async for _ in items:
            await anyio.lowlevel.checkpoint()


async def stream_without_with(client: AsyncClient) -> None:
    async for _ in await ask(client):
        await anyio.lowlevel.checkpoint()


async def by_move_on_after(work: Call, client: AsyncClient, seconds: float) -> None:
    with anyio.move_on_after(seconds):
        await work(client)


async def by_task_group(work: Call, client: AsyncClient, seconds: float) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, client)
        await anyio.sleep(seconds)
        tasks.cancel_scope.cancel()


async def by_asyncio_timeout(work: Call, client: AsyncClient, seconds: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        if sys.version_info >= (3, 11):
            async with asyncio.timeout(seconds):
                await work(client)
        else:
            await asyncio.wait_for(work(client), seconds)


async def by_task_cancel(work: Call, client: AsyncClient, seconds: float) -> None:
    task = asyncio.ensure_future(work(client))
    await asyncio.sleep(seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def storm_script(connection: Connection) -> None:
    """Answers at once, or a little later, so that cancels meet every step of a call."""
    chance = random.Random(connection.number)
    pieces = event_stream(A, A, DONE)
    while True:
        received = connection.request()
        if chance.random() < 0.5:
            connection.wait(chance.random() * 0.01)
        if received.method == "GET":
            connection.send(json_response(MODEL))
            continue
        for piece in pieces:
            connection.send(piece)
            if chance.random() < 0.3:
                connection.wait(chance.random() * 0.005)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("cancel", "work"),
    [
        (by_move_on_after, call),
        (by_move_on_after, stream),
        (by_move_on_after, stream_without_with),
        (by_task_group, call),
        (by_task_group, stream),
        (by_asyncio_timeout, call),
        (by_asyncio_timeout, stream),
        (by_task_cancel, call),
        (by_task_cancel, stream),
    ],
)
@EACH_TRANSPORT
async def test_the_cancel_storm(
    cancel: Cancel, work: Call, client: ClientOf, anyio_backend_name: str
) -> None:
    if anyio_backend_name == "trio" and cancel in (by_asyncio_timeout, by_task_cancel):
        pytest.skip("asyncio's own")
    before = sockets()

    begun = time.monotonic()

    def span() -> float:
        """How long a call may take: on a machine that is busy, none would come through in less."""
        return 0.1 if time.monotonic() < begun + STORM_SECONDS else 1.0

    async def worker(api: AsyncClient, chance: random.Random) -> None:
        while span() < 1 or len(server.requests) < 2 * CONNECTIONS:
            await cancel(work, api, chance.random() * span())

    with RawServer(storm_script) as server:
        async with client(server, connections=CONNECTIONS) as api:
            async with anyio.create_task_group() as tasks:
                for seed in range(WORKERS):
                    tasks.start_soon(worker, api, random.Random(seed))
            with anyio.fail_after(5):  # as many calls as there may be connections, side by side
                async with anyio.create_task_group() as tasks:
                    for _ in range(CONNECTIONS):
                        tasks.start_soon(work, api)
        await all_left(server)
    if before is not None:
        assert sockets() == before


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_a_cancel_at_every_step(client: ClientOf) -> None:
    """After 0, 1, 2 ... turns of the event loop: every await of a call is cancelled once."""
    with RawServer(answer(event_stream(A, DONE))) as server:
        async with client(server, connections=1) as api:
            for turns in itertools.count():
                if not await cancelled_after(turns, functools.partial(stream, api)):
                    break  # it was faster than that
                with anyio.fail_after(5):
                    assert await read(api) == ("a", None)
        assert turns > 1
        await all_left(server)


# Order, limits, waits.


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_a_thousand_requests_through_ten_connections_in_order(client: ClientOf) -> None:
    """No pool timeout, however long the last one waits."""
    count = 1000
    coming = itertools.count()
    with RawServer(answer(json_response(MODEL))) as server:
        timeout = httpx.Timeout(10, pool=None)
        async with client(server, connections=CONNECTIONS, timeout=timeout) as api:

            async def one() -> None:
                await api.models.retrieve(str(next(coming)))

            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(one)
        assert len(server.connections) <= CONNECTIONS
    order = [int(request.target.rpartition("/")[2]) for request in server.requests]
    assert sorted(order) == list(range(count))
    # Ten are on their way at any time, and the server's threads take turns as they like; in an order
    # by chance, each would be some 300 places off.
    assert sum(abs(number - place) for place, number in enumerate(order)) / count < 50


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_a_pool_timeout_where_it_is_asked_for(client: ClientOf) -> None:
    with RawServer(answer(b"", then="hold")) as server:
        timeout = httpx.Timeout(10, pool=0.1)
        async with client(server, connections=1, timeout=timeout) as api:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(api.models.retrieve, "first")
                await server.connected()
                with anyio.fail_after(5), pytest.raises(APITimeoutError):
                    await api.models.retrieve("second")
                tasks.cancel_scope.cancel()


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_two_origins_on_one_client(client: ClientOf) -> None:
    with (
        RawServer(answer(json_response(MODEL))) as one,
        RawServer(answer(json_response(MODEL))) as other,
    ):
        async with client(one, connections=1) as api:
            elsewhere = api.with_options(base_url=other.url)
            with anyio.fail_after(10):
                for _ in range(5):
                    await api.models.retrieve("m")
                    await elsewhere.models.retrieve("m")
    assert (len(one.requests), len(other.requests)) == (5, 5)


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_proxies_from_the_environment(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        RawServer(answer(json_response(MODEL))) as proxy,
        RawServer(answer(json_response(MODEL))) as direct,
    ):
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        settings: Any = {"api_key": "k", "base_url": "http://api.test/v1", "transport": transport}
        async with AsyncClient(**settings) as api:
            await api.models.retrieve("m")
            assert proxy.requests[0].target == "http://api.test/v1/models/m"
            await api.with_options(base_url=direct.url).models.retrieve("m")
            assert direct.requests[0].target == "/v1/models/m"


# Servers that close.


def closing_at_random(response: bytes, announced: bool) -> Script:
    """A script: closes before, behind or instead of an answer."""
    lock, chance = threading.Lock(), random.Random(1)

    def draw() -> float:
        with lock:
            return chance.random()

    def script(connection: Connection) -> None:
        while True:
            connection.request()
            if draw() < 0.05:
                return connection.reset()
            last = draw() < 0.3
            close = b"\r\nconnection: close" if last and announced else b""
            connection.send(response.replace(b"\r\n", close + b"\r\n", 1))
            if last:
                return None

    return script


@pytest.mark.anyio
@pytest.mark.parametrize("announced", [True, False])
@EACH_TRANSPORT
async def test_a_server_that_closes_at_random(announced: bool, client: ClientOf) -> None:
    """Every call is answered all the same."""
    with RawServer(closing_at_random(json_response(CHAT), announced)) as server:
        async with client(server, connections=CONNECTIONS, max_retries=10) as api:

            async def some() -> None:
                for _ in range(20):
                    assert (await api.chat.completions.create(**HELLO)).id == "c"

            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    for _ in range(20):
                        tasks.start_soon(some)
        await all_left(server)


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_a_server_that_closes_behind_each_stream(client: ClientOf) -> None:
    """As llama.cpp does, without a word: ten streams side by side, again and again."""
    retry = Retry(RetryPolicy(initial=0.1))
    with RawServer(streaming(A, DONE, then="close")) as server:
        async with client(
            server, connections=CONNECTIONS, max_retries=2, middleware=[retry]
        ) as api:

            async def some() -> None:
                for _ in range(10):
                    assert await read(api) == ("a", None)

            async with anyio.create_task_group() as tasks:
                for _ in range(CONNECTIONS):
                    tasks.start_soon(some)


@pytest.mark.anyio
@pytest.mark.parametrize("transport", ["httpx"])
async def test_an_idle_connection_that_is_gone_costs_no_wait(client: ClientOf) -> None:
    """A retry, but no back-off: here, each would take half a minute."""
    retry = Retry(RetryPolicy(initial=60, maximum=60))
    with RawServer(streaming(A, DONE, then="close")) as server:
        async with client(server, max_retries=1, middleware=[retry]) as api:
            with anyio.fail_after(20):
                for _ in range(100):
                    assert await read(api) == ("a", None)


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_a_server_that_says_too_much(client: ClientOf) -> None:
    """What comes behind an answer is no answer to the next question."""
    more = json_response({**MODEL, "id": "stale"})
    with RawServer(answer(json_response(MODEL) + more), answer(json_response(MODEL))) as server:
        async with client(server, connections=1, max_retries=2) as api:
            for _ in range(3):
                assert (await api.models.retrieve("m")).id == "m"


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_closing_the_client_while_calls_and_streams_are_open(client: ClientOf) -> None:
    """Whoever waits, for an answer or for more of one, is told, and not left waiting."""

    def script(connection: Connection) -> None:
        if connection.request().method == "POST":
            connection.send(event_stream(A)[0] + event_stream(A)[1])
        connection.until_gone()

    told: list[Exception | None] = []
    with RawServer(script) as server:
        api = client(server)

        async def reading() -> None:
            try:
                told.append((await read(api))[1])
            except APIConnectionError as error:  # the answer had not begun yet
                told.append(error)

        async def calling() -> None:
            try:
                await api.models.retrieve("m")
            except APIConnectionError as error:
                told.append(error)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for number, work in enumerate([reading, calling] * 3):
                    tasks.start_soon(work)
                    await server.connected(number)
                await anyio.wait_all_tasks_blocked()
                await api.close()
        await all_left(server)
    assert [type(error) for error in told] == [APIConnectionError] * 6


# Event loops.


@pytest.mark.parametrize(
    ("backend", "transport"), [("asyncio", "httpx"), ("trio", "httpx"), ("asyncio", "aiohttp")]
)
def test_one_client_in_two_event_loops(backend: str, transport: str, client: ClientOf) -> None:
    """A client made outside of any loop, used in one after the other, closed in the last."""
    if transport == "aiohttp":
        pytest.importorskip("httpx_aiohttp")
    before = sockets()
    with RawServer(storm_script) as server:
        api = client(server)

        async def use() -> None:
            for _ in range(3):
                await api.models.retrieve("m")
                assert await read(api) == ("aa", None)

        async def use_and_close() -> None:
            async with api:
                await use()

        for main in (use, use, use_and_close):
            anyio.run(main, backend=backend)
        assert len(server.connections) == 3
        assert all(connection.gone.wait(BOUND) for connection in server.connections)
    if before is not None:
        assert sockets() == before


@pytest.mark.parametrize(
    ("backend", "transport"), [("asyncio", "httpx"), ("trio", "httpx"), ("asyncio", "aiohttp")]
)
def test_a_client_that_was_never_closed_exits_quietly(backend: str, transport: str) -> None:
    """Made outside a loop, used in two of them, with open streams, under -X dev -W error."""
    if transport == "aiohttp":
        pytest.importorskip("httpx_aiohttp")
    with RawServer(storm_script) as server:
        assert exit_of(server.url, backend, transport=transport) == QUIET
