"""HTTP/2 connections: those that end, that don't come about, and that nobody closes."""

from __future__ import annotations

import contextvars
import functools
import gc
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    Retry,
    RetryPolicy,
    raw,
)
from tests.common import CHAT, DONE, END, HELLO, MODEL, A, B, ask, read
from tests.h2server import (
    Certificates,
    H2Server,
    Serve,
    Stream,
    endless,
    held,
    side_by_side,
    silent,
    tunnel,
    usual,
)
from tests.never_closed import QUIET, exit_of
from tests.rawserver import BOUND, RawServer, answer, json_response, sockets

pytestmark = [pytest.mark.timeout(60)]
anyio_tests = pytest.mark.anyio

REFUSED_STREAM = 7


# Connections that end.


@anyio_tests
async def test_goaway_lets_the_streams_end_and_the_next_call_connects(serve: Serve) -> None:
    with serve(endless) as server:
        async with server.client() as client:
            stream = await ask(client)
            assert (await anext(stream)).choices
            first = server.connections[0]
            first.go_away(last=1)
            first.raw(b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + bytes(8))  # a ping behind it
            server.streams[0].send(B)
            assert (await anext(stream)).choices
            server.answer = usual
            await client.models.retrieve("m")
            assert len(server.connections) == 2
            server.streams[0].send(END + DONE, end=True)
            with anyio.fail_after(BOUND):
                assert len([chunk async for chunk in stream]) == 1
            assert stream.complete
            await server.until(first.gone.is_set)  # the client closed it behind its last stream


@anyio_tests
async def test_a_stream_that_goaway_refuses_is_tried_again_at_once(serve: Serve) -> None:
    def leave(stream: Stream) -> None:
        stream.connection.go_away(last=0)
        server.answer = usual

    retry = Retry(RetryPolicy(initial=600, maximum=600))  # a back-off would take minutes
    with serve(leave) as server:
        async with server.client(max_retries=1, middleware=[retry]) as client:
            with anyio.fail_after(BOUND):
                found = await raw(client.models.retrieve)("m")
            assert (found.value.id, found.retries_taken) == ("m", 1)
    assert len(server.connections) == 2


@anyio_tests
async def test_goaway_while_idle(serve: Serve) -> None:
    with serve(usual) as server:
        async with server.client() as client:
            for number in range(3):
                await client.models.retrieve("m")
                server.connections[number].go_away(last=2**31 - 1)
                await server.until(server.connections[number].gone.is_set)
    assert len(server.connections) == 3


@anyio_tests
async def test_a_connection_that_the_server_closed_while_idle_is_not_used(serve: Serve) -> None:
    with serve(usual) as server:
        async with server.client() as client:
            for number in range(3):
                await client.models.retrieve("m")
                server.connections[number].cut()
                # Here, so that the event loop hears of nothing.
                server.connections[number].gone.wait(BOUND)
    assert len(server.connections) == 3


@anyio_tests
async def test_a_connection_lost_in_mid_stream_is_told_to_all_at_once(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep) as server:
        async with server.client() as client:
            errors: list[APIConnectionError] = []

            async def stream() -> None:
                with pytest.raises(APIConnectionError) as caught:
                    async for _ in await ask(client):
                        pass
                errors.append(caught.value)

            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    for _ in range(10):
                        tasks.start_soon(stream)
                    await server.until(lambda: len(streams) == 10)
                    for each in streams[:5]:
                        each.events(A, end=False)
                    server.connections[0].cut()
            assert len(errors) == 10
            server.answer = usual
            await client.models.retrieve("m")


@anyio_tests
async def test_a_lost_connection_is_tried_again(serve: Serve) -> None:
    def cut(stream: Stream) -> None:
        server.answer = usual
        stream.connection.cut()

    with serve(cut) as server:
        async with server.client(max_retries=1) as client:
            with anyio.fail_after(BOUND):
                assert (await raw(client.models.retrieve)("m")).retries_taken == 1


@anyio_tests
async def test_a_connection_that_is_lost_when_it_wakes_up_costs_no_wait(serve: Serve) -> None:
    """It says nothing about the server's health: it may have been closed as the call came."""

    def cut(stream: Stream) -> None:
        server.answer = usual
        stream.connection.cut()

    retry = Retry(RetryPolicy(initial=600, maximum=600))
    with serve(usual) as server:
        async with server.client(max_retries=1, middleware=[retry]) as client:
            await client.models.retrieve("m")
            server.answer = cut
            with anyio.fail_after(BOUND):
                assert (await raw(client.models.retrieve)("m")).retries_taken == 1


@anyio_tests
async def test_a_reset_stream_is_told_and_the_others_go_on(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep) as server:
        async with server.client() as client:
            staying = anyio.Event()

            async def stay() -> None:
                await client.chat.completions.create(**HELLO)
                staying.set()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stay)
                await server.until(lambda: len(streams) == 1)
                tasks.start_soon(refuse_second, server, streams)
                with pytest.raises(APIConnectionError, match="REFUSED_STREAM"):
                    await client.chat.completions.create(**HELLO)
                streams[0].json(CHAT)
            assert staying.is_set()


async def refuse_second(server: H2Server, streams: list[Stream]) -> None:
    await server.until(lambda: len(streams) == 2)
    streams[1].refuse(REFUSED_STREAM)


@anyio_tests
@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff\xff\xff" + bytes(6),
        b"\x00\x00\x04\x08\x00" + bytes(8),  # a window update by nothing
        b"\x00\x00\x03\x00\x00\x00\x00\x00\x00abc",  # data on stream 0
    ],
)
async def test_a_server_that_speaks_nonsense(garbage: bytes, serve: Serve) -> None:
    def babble(stream: Stream) -> None:
        stream.connection.raw(garbage)

    with serve(babble) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND), pytest.raises(APIConnectionError):
                await client.models.retrieve("m")
            server.answer = usual
            await client.models.retrieve("m")
        await server.until(lambda: all(c.gone.is_set() for c in server.connections))


@anyio_tests
async def test_frames_of_hardly_anything_but_padding(serve: Serve) -> None:
    """More of it than a stream's window: it counts, and has to be given back, like all else."""
    data = b"x" * 10_000

    def padded(stream: Stream) -> None:
        stream.start("text/plain")
        h2 = stream.connection.h2
        for _ in range(2):
            stream.connection.act(functools.partial(h2.send_data, stream.id, b"", pad_length=100))
        stream.frame, stream.padding = 1, 255
        stream.send(data, end=True)

    with serve(padded) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND):
                assert await client.get("/x", cast_to=bytes) == data


@anyio_tests
async def test_idle_connections_grow_old(serve: Serve) -> None:
    limits = httpx.Limits(keepalive_expiry=0)
    with serve(usual) as server:
        async with server.client(limits=limits) as client:
            for _ in range(3):
                await client.models.retrieve("m")
        assert len(server.connections) == 3
        await server.until(lambda: all(c.gone.is_set() for c in server.connections))


@anyio_tests
async def test_only_so_many_idle_connections_are_kept(serve: Serve) -> None:
    """Those that are too many go when the next call comes."""
    keep, streams = held()
    limits = httpx.Limits(max_keepalive_connections=1)
    with serve(keep, most_streams=1) as server:
        async with server.client(limits=limits) as client:
            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    for _ in range(3):
                        tasks.start_soon(functools.partial(client.chat.completions.create, **HELLO))
                    await server.until(lambda: len(streams) == 3)
                    for stream in streams:
                        stream.json(CHAT)
            await client.models.retrieve("m")
            await server.until(lambda: sum(c.gone.is_set() for c in server.connections) == 2)
        assert len(server.connections) == 3


@anyio_tests
async def test_closing_the_client_ends_open_streams(serve: Serve) -> None:
    with serve(endless) as server:
        client = server.client()
        stream = await ask(client)
        assert (await anext(stream)).choices
        await client.close()
        await server.until(server.connections[0].gone.is_set)
        with pytest.raises(APIConnectionError):
            await anext(stream)


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_a_client_is_closed_in_bounded_time_also_if_nobody_reads(serve: Serve) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            yield bytes(100_000)
            sent += 1

    window = {4: 2**31 - 1}  # as the connection's, so that it is the socket that holds it up
    with serve(silent, early=True, settings=window) as server:
        client = server.client()
        async with anyio.create_task_group() as tasks:
            upload = {"file": ("x", body()), "purpose": "x"}
            tasks.start_soon(functools.partial(client.files.create, **upload))
            await server.until(lambda: bool(server.streams) and len(server.streams[0].body) > 0)
            connection = server.connections[0]
            connection.act(lambda: connection.h2.increment_flow_control_window(2**30))
            connection.reads.clear()
            seen = 0
            while seen < sent:  # until all buffers on the way are full
                seen = sent
                await anyio.sleep(0.2)
            tasks.cancel_scope.cancel()
        before = sockets()
        with anyio.fail_after(BOUND):
            await client.close()
            while before is not None and sockets() == before:
                await anyio.sleep(0.01)


@anyio_tests
async def test_a_connection_gone_silent_gets_no_new_streams(serve: Serve) -> None:
    """Whoever tries again after a timeout would wait for it again."""
    with serve(silent) as server:
        async with server.client(max_retries=1, timeout=1.1) as client:
            with anyio.fail_after(BOUND), pytest.raises(APITimeoutError):
                await client.models.retrieve("m")
    assert len(server.connections) == 2


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_a_client_that_is_dropped_closes_its_connections(serve: Serve) -> None:
    with serve(usual) as server:
        client = server.client()
        await client.models.retrieve("m")
        del client
        gc.collect()
        await server.until(server.connections[0].gone.is_set)


class Thing:
    """Something big, in a context of the caller's."""


@anyio_tests
async def test_a_connection_holds_nothing_of_who_called_first(serve: Serve) -> None:
    things: list[weakref.ref[Thing]] = []
    current: contextvars.ContextVar[Thing] = contextvars.ContextVar("current")

    async def call() -> None:
        thing = Thing()
        things.append(weakref.ref(thing))
        current.set(thing)
        await client.models.retrieve("m")

    with serve(usual) as server:
        async with server.client() as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            gc.collect()
            assert things[0]() is None
            await client.models.retrieve("m")
        assert len(server.connections) == 1


# Other servers, other ways, other loops.


@anyio_tests
async def test_a_server_without_http2_is_served_by_the_ordinary_pool(
    certificates: Certificates,
) -> None:
    with RawServer(answer(json_response(MODEL)), tls=certificates.context("http/1.1")) as server:
        async with server.client(http2=True) as client:
            await side_by_side(5, functools.partial(client.models.retrieve, "m"))
            made = len(server.connections)
            for _ in range(3):
                await client.models.retrieve("m")
            assert len(server.connections) == made <= 6  # one to find out, and remembered
    assert len(server.requests) == 8


@anyio_tests
async def test_a_server_that_refused_http2_is_not_offered_it_again(
    certificates: Certificates,
) -> None:
    """Behind one address may be several: what takes HTTP/2 would hear HTTP/1.1 on it."""
    tls = certificates.context("http/1.1")
    with RawServer(answer(json_response(MODEL), then="close"), tls=tls) as server:
        async with server.client(http2=True) as client:
            await client.models.retrieve("m")
            for connection in server.connections:
                await anyio.to_thread.run_sync(connection.gone.wait, BOUND)
            tls.set_alpn_protocols(["h2", "http/1.1"])
            await client.models.retrieve("m")
    assert {connection.protocol for connection in server.connections} == {"http/1.1"}


@anyio_tests
async def test_without_tls_it_is_http_1() -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with server.client(http2=True) as client:
            await client.models.retrieve("m")
    assert len(server.connections) == 1


@anyio_tests
async def test_a_certificate_that_is_not_trusted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with serve(usual) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND), pytest.raises(APIConnectionError):
                await client.models.retrieve("m")
        await server.until(lambda: all(c.gone.is_set() for c in server.connections))


@anyio_tests
async def test_nobody_listens(serve: Serve) -> None:
    with serve(usual) as server:
        client = server.client()
    async with client:
        with anyio.fail_after(BOUND):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(no_answer, client)


async def no_answer(client: AsyncClient) -> None:
    with pytest.raises(APIConnectionError):
        await client.models.retrieve("m")


@anyio_tests
async def test_connecting_is_bounded_for_each_who_waits() -> None:
    """A server that takes the connection and says nothing: who comes late waits no longer."""
    with RawServer(lambda connection: connection.until_gone()) as server:
        url = server.url.replace("http:", "https:")
        settings: Any = {"base_url": url, "timeout": httpx.Timeout(10, connect=0.2)}
        async with server.client(http2=True, **settings) as client:

            async def call() -> None:
                with pytest.raises(APITimeoutError) as caught:
                    await client.models.retrieve("m")
                assert caught.value.phase == "connect"

            started = time.monotonic()
            await side_by_side(50, call)
            assert time.monotonic() - started < 50 * 0.2 / 2
            for connection in server.connections:
                await connection.client_left()


@anyio_tests
async def test_who_is_in_a_hurry_does_not_wait_with_the_patient() -> None:
    """All wait for the one connection that is being made, each for as long as it was told."""
    patient = httpx.Timeout(10, connect=600)
    with RawServer(lambda connection: connection.until_gone()) as server:
        url = server.url.replace("http:", "https:")
        async with server.client(http2=True, base_url=url, timeout=patient) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.models.retrieve, "m")
                await server.accepted()
                hurry = httpx.Timeout(10, connect=0.1)
                with anyio.fail_after(BOUND / 2), pytest.raises(APITimeoutError) as caught:
                    await client.models.retrieve("m", timeout=hurry)
                assert caught.value.phase == "connect"
                tasks.cancel_scope.cancel()
        assert len(server.connections) == 1


@anyio_tests
async def test_proxies_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(usual) as server, tunnel() as (proxy, asked):
        monkeypatch.setenv("https_proxy", proxy)
        async with server.client() as client:
            await side_by_side(5, functools.partial(client.models.retrieve, "m"))
            assert await read(client) == ("ab", None)
    assert [where.decode() for where in asked] == [server.url[8:].removesuffix("/v1")]
    assert len(server.connections) == 1


@anyio_tests
async def test_two_origins_on_one_client(serve: Serve) -> None:
    with serve(usual) as one, serve(usual) as other:
        async with one.client(connections=1) as client:
            elsewhere = client.with_options(base_url=other.url)
            for _ in range(3):
                await client.models.retrieve("m")
                await elsewhere.models.retrieve("m")
    assert (len(one.connections), len(other.connections)) == (1, 1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_client_in_two_event_loops(backend: str, serve: Serve) -> None:
    before = sockets()
    with serve(usual) as server:
        client = server.client()

        async def use() -> None:
            await client.models.retrieve("m")
            assert await read(client) == ("ab", None)

        async def use_and_close() -> None:
            async with client:
                await use()

        for main in (use, use, use_and_close):
            anyio.run(main, backend=backend)
        assert len(server.connections) == 3
        assert all(connection.gone.wait(BOUND) for connection in server.connections)
    if before is not None:
        assert sockets() == before


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_that_was_never_closed_exits_quietly(backend: str, serve: Serve) -> None:
    def begin(stream: Stream) -> None:
        stream.json(MODEL) if stream.method == "GET" else endless(stream)

    with serve(begin) as server:
        assert exit_of(server.url, backend, http2=True) == QUIET
    assert len(server.connections) == 2
