"""HTTP/2 when asked for: one connection carries many streams, and none is in the way of another."""

from __future__ import annotations

import functools
import io
import itertools
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    BinaryBody,
    ConfigurationError,
    NotFoundError,
    raw,
)
from tests.common import CHAT, DONE, END, FILE, HELLO, MODEL, B, ask, cancelled_after, read
from tests.h2server import Serve, Stream, endless, held, side_by_side, silent, usual
from tests.rawserver import BOUND, sockets

pytestmark = [pytest.mark.timeout(60)]
anyio_tests = pytest.mark.anyio

STORM_SECONDS = 1.0
CANCEL = 8


# Many streams.


@anyio_tests
async def test_one_connection_carries_many_streams(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep) as server:
        async with server.client() as client:

            async def call(number: int) -> None:
                found = await raw(client.chat.completions.create)(
                    **HELLO, extra_headers={"x-number": str(number)}
                )
                assert found.value.id == f"c{number}"
                numbers.append(number)

            numbers: list[int] = []
            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    for number in range(60):
                        tasks.start_soon(call, number)
                    await server.until(lambda: len(streams) == 60)  # all of them at a time
                    for stream in reversed(streams):
                        stream.json({**CHAT, "id": f"c{stream.headers['x-number']}"})
            assert sorted(numbers) == list(range(60))
            await client.models.retrieve("m")
    assert len(server.connections) == 1


@anyio_tests
async def test_what_is_sent_and_what_comes_back(serve: Serve) -> None:
    with serve(usual) as server:
        async with server.client() as client:
            found = await raw(client.models.retrieve)("a b")
            assert found.value.id == "m"
            assert await read(client) == ("ab", None)
    first, second = server.streams
    assert (first.method, first.path) == ("GET", "/v1/models/a%20b")
    assert first.headers["authorization"] == "Bearer k"
    assert first.headers[":authority"] == server.url.removeprefix("https://").removesuffix("/v1")
    assert not {"host", "connection", "transfer-encoding"} & first.headers.keys()
    assert (second.method, second.headers["content-length"]) == ("POST", str(len(second.body)))


@anyio_tests
async def test_the_key_is_in_no_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    secrets = {"api_key": "sk-secret", "default_headers": {"api-key": "other-secret"}}
    with serve(usual) as server:
        async with server.client(**secrets) as client:
            await client.models.retrieve("m")
    assert server.streams[0].headers["api-key"] == "other-secret"
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    for record in caplog.records:
        assert "secret" not in record.getMessage() + repr(record.args)
        assert not record.name.startswith("hpack")


@anyio_tests
async def test_errors_are_told_as_ever(serve: Serve) -> None:
    with serve(lambda stream: stream.json({"error": {"message": "gone"}}, status=404)) as server:
        async with server.client() as client:
            with pytest.raises(NotFoundError, match="gone"):
                await client.models.retrieve("m")


@anyio_tests
async def test_a_further_connection_where_the_first_carries_its_maximum(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep, most_streams=4) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    for _ in range(10):
                        tasks.start_soon(functools.partial(client.chat.completions.create, **HELLO))
                    await server.until(lambda: len(streams) == 10)
                    for stream in streams:
                        stream.json(CHAT)
            for _ in range(3):
                await client.models.retrieve("m")  # the first one is enough again
    assert [connection.most_open for connection in server.connections] == [4, 4, 2]
    assert len(server.connections[0].streams) == 7


@anyio_tests
async def test_a_server_that_allows_no_streams(serve: Serve) -> None:
    with serve(usual, most_streams=0) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND), pytest.raises(APIConnectionError, match="no streams"):
                await client.models.retrieve("m")


@anyio_tests
async def test_a_server_that_allows_fewer_streams_later(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep, most_streams=10) as server:
        async with server.client() as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(functools.partial(client.chat.completions.create, **HELLO))
                await server.until(lambda: len(streams) == 5)
                connection = server.connections[0]
                connection.act(lambda: connection.h2.update_settings({3: 2}))
                for stream in streams[:2]:
                    stream.json(CHAT)
                with anyio.fail_after(BOUND):
                    await client.models.retrieve("m")
                for stream in streams[2:]:
                    stream.json(CHAT)


@anyio_tests
async def test_requests_in_flight_are_bounded_in_the_order_of_their_coming(serve: Serve) -> None:
    coming = itertools.count()

    async def call(client: AsyncClient) -> None:
        await client.models.retrieve(str(next(coming)))

    with serve(usual) as server:
        async with server.client(connections=1) as client:
            await side_by_side(50, functools.partial(call, client))
    assert [int(s.path.rpartition("/")[2]) for s in server.streams] == list(range(50))
    assert [connection.most_open for connection in server.connections] == [1]


@anyio_tests
async def test_the_wait_for_a_slot_is_bounded_when_asked_for(serve: Serve) -> None:
    with serve(silent) as server:
        async with server.client(connections=1, timeout=httpx.Timeout(10, pool=0.05)) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.models.retrieve, "first")
                await server.until(lambda: bool(server.streams))
                with anyio.fail_after(BOUND), pytest.raises(APITimeoutError) as caught:
                    await client.models.retrieve("second")
                assert caught.value.phase == "pool"
                tasks.cancel_scope.cancel()


# Giving up.


@anyio_tests
async def test_leaving_a_stream_stops_it_at_the_server_and_disturbs_no_other(serve: Serve) -> None:
    with serve(endless) as server:
        async with server.client() as client:
            leaving, staying = await ask(client), await ask(client)
            assert (await anext(leaving)).choices
            assert (await anext(staying)).choices
            left, stayed = server.streams
            started = time.monotonic()
            await leaving.close()
            await server.until(lambda: left.reset is not None, within=1)
            assert left.reset is not None
            assert left.reset[0] == CANCEL
            assert left.reset[1] - started < 0.1
            stayed.send(B + END + DONE, end=True)
            with anyio.fail_after(BOUND):
                assert len([chunk async for chunk in staying]) == 2
            assert stayed.reset is None
    assert len(server.connections) == 1


@anyio_tests
@pytest.mark.parametrize("begun", [False, True])
async def test_cancelling_a_call_stops_it_at_the_server(begun: bool, serve: Serve) -> None:
    with serve(endless if begun else silent) as server:
        async with server.client() as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(functools.partial(client.chat.completions.create, **HELLO))
                await server.until(lambda: bool(server.streams) and server.streams[0].whole)
                started = time.monotonic()
                tasks.cancel_scope.cancel()
            (stream,) = server.streams
            await server.until(lambda: stream.reset is not None, within=1)
            assert stream.reset is not None
            assert stream.reset[0] == CANCEL
            assert stream.reset[1] - started < 0.1


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_a_stream_that_is_dropped_is_stopped(serve: Serve) -> None:
    with serve(endless) as server:
        async with server.client() as client:
            stream = await ask(client)
            assert (await anext(stream)).choices
            del stream
            await server.until(lambda: server.streams[0].reset is not None)


@anyio_tests
async def test_a_read_timeout_is_its_callers_own(serve: Serve) -> None:
    keep, streams = held()
    with serve(keep) as server:
        async with server.client() as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(functools.partial(client.chat.completions.create, **HELLO))
                await server.until(lambda: len(streams) == 1)
                with pytest.raises(APITimeoutError) as caught:
                    await client.chat.completions.create(**HELLO, timeout=0.05)
                assert caught.value.phase == "read"
                await server.until(lambda: streams[1].reset is not None)
                streams[0].json(CHAT)
            await client.models.retrieve("m")
    assert len(server.connections) == 1


Cancel = Callable[[Callable[[], Awaitable[None]], float], Awaitable[None]]


async def by_move_on_after(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    with anyio.move_on_after(seconds):
        await work()


async def by_task_group(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await anyio.sleep(seconds)
        tasks.cancel_scope.cancel()


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
@pytest.mark.parametrize("most_streams", [100, 4])
@pytest.mark.parametrize("cancel", [by_move_on_after, by_task_group])
async def test_the_cancel_storm(cancel: Cancel, most_streams: int, serve: Serve) -> None:
    """Forty workers that give up at random take no slot, no socket, and no other's stream."""
    before = sockets()
    dice = random.Random(1)

    def sometimes_later(stream: Stream) -> None:
        if dice.random() < 0.5:
            usual(stream)
        else:
            stream.connection.later(dice.random() * 0.06, lambda: usual(stream))

    async def call(client: AsyncClient) -> None:
        assert (await client.models.retrieve("m")).id == "m"

    async def stream(client: AsyncClient) -> None:
        async with await ask(client) as items:
            async for _ in items:
                await anyio.lowlevel.checkpoint()

    def over() -> bool:
        """Whether enough of both has come to pass: on a busy machine that takes longer."""
        lost = sum(stream.reset is not None for stream in server.streams)
        whole = sum(stream.ends for stream in server.streams)
        return lost >= 5 and whole >= 20 and time.monotonic() >= end

    raging = True

    async def watch() -> None:
        nonlocal raging
        while not over():  # not looked at by each worker: there are thousands of streams
            await anyio.sleep(0.05)
        raging = False

    async def worker(client: AsyncClient, chance: random.Random) -> None:
        while raging:
            work = chance.choice((call, stream))
            span = 0.1 if time.monotonic() < end else chance.choice((0.1, 1.0))
            await cancel(functools.partial(work, client), chance.random() * span)

    async def steady(client: AsyncClient) -> None:
        """In the midst of it, nobody else's stream comes to harm."""
        while raging:
            assert await read(client) == ("ab", None)

    with serve(sometimes_later, most_streams=most_streams) as server:
        async with server.client(connections=45) as client:
            end = time.monotonic() + STORM_SECONDS
            with anyio.fail_after(30):
                async with anyio.create_task_group() as tasks:
                    for seed in range(40):
                        tasks.start_soon(worker, client, random.Random(seed))
                    for _ in range(2):
                        tasks.start_soon(steady, client)
                    tasks.start_soon(watch)
            await side_by_side(45, functools.partial(call, client))
            if most_streams == 100:
                # One, unless the machine was so busy that it seemed to have gone silent.
                assert len(server.connections) <= 3
        await server.until(lambda: all(c.gone.is_set() for c in server.connections))
        assert all(connection.goodbye for connection in server.connections)
    if before is not None:
        assert sockets() == before


@anyio_tests
async def test_a_cancel_at_every_step(serve: Serve) -> None:
    """After 0, 1, 2 ... turns of the event loop: every await of a call is cancelled once."""
    cancelled = 0
    with serve(usual) as server:
        for connected in (False, True):
            for turns in itertools.count():
                async with server.client(connections=1) as client:
                    if connected:
                        await client.models.retrieve("m")
                    if not await cancelled_after(turns, functools.partial(read, client)):
                        break  # it was faster than that
                    cancelled += 1
                    with anyio.fail_after(BOUND):
                        assert await read(client) == ("ab", None)
        assert cancelled > 5
        await server.until(lambda: all(c.gone.is_set() for c in server.connections))


# Big things.


@anyio_tests
async def test_big_uploads_side_by_side(serve: Serve) -> None:
    """Far more than the windows of the streams, and of the connection that they share."""
    data = random.Random(1).randbytes(2_000_000)

    def file(stream: Stream) -> None:
        assert data in stream.body
        stream.json(FILE)

    with serve(file) as server:
        async with server.client() as client:

            async def upload() -> None:
                await client.files.create(file=("x", io.BytesIO(data)), purpose="x")

            await side_by_side(5, upload)
    assert len(server.connections) == 1


@anyio_tests
async def test_a_big_download_that_nobody_reads_is_not_in_the_way_of_others(serve: Serve) -> None:
    data = random.Random(2).randbytes(5_000_000)

    def download(stream: Stream) -> None:
        if stream.path.endswith("m"):
            return stream.json(MODEL)
        stream.start("application/octet-stream")
        return stream.send(data, end=True)

    with serve(download) as server:
        async with server.client() as client:
            async with await client.get("/slow", cast_to=BinaryBody) as slow:
                await server.until(lambda: server.streams[0].sent >= 2**21)  # its window is full
                async with await client.get("/big", cast_to=BinaryBody) as big:
                    with anyio.fail_after(BOUND):
                        assert await big.read() == data
                await client.models.retrieve("m")
                assert 0 < server.streams[0].sent < len(data)
                with anyio.fail_after(BOUND):
                    assert await slow.read() == data
            for _ in range(3):  # what was not read when it is given up counts for nobody
                async with await client.get("/slow", cast_to=BinaryBody):
                    pass
            await client.models.retrieve("m")
    assert len(server.connections) == 1


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_an_answer_before_the_uploads_end_ends_it(serve: Serve) -> None:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1000)
            await anyio.lowlevel.checkpoint()

    def enough(stream: Stream) -> None:
        stream.json({"error": {"message": "too big"}}, status=404)

    with serve(enough, early=True) as server:
        async with server.client() as client:
            with anyio.fail_after(BOUND), pytest.raises(NotFoundError, match="too big"):
                await client.files.create(file=("x", body()), purpose="x")
            server.early, server.answer = False, usual
            await client.models.retrieve("m")
    assert len(server.connections) == 1


@anyio_tests
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_an_upload_that_the_server_leaves_lying_times_out(serve: Serve) -> None:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1000)

    with serve(silent, early=True, settings={4: 0}) as server:  # a window of nothing
        async with server.client(timeout=httpx.Timeout(10, write=0.1)) as client:
            with anyio.fail_after(BOUND), pytest.raises(APITimeoutError) as caught:
                await client.files.create(file=("x", body()), purpose="x")
            assert caught.value.phase == "write"
            await server.until(lambda: server.streams[0].reset is not None)


# Settings.


@pytest.mark.parametrize(
    "options",
    [
        {"transport": "aiohttp"},
        {"transport": httpx.AsyncHTTPTransport()},
        {"http_client": httpx.AsyncClient()},
    ],
)
def test_others_decide_themselves(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="http2"):
        AsyncClient(api_key="k", http2=True, **options)


def test_h2_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_http2", "_http2_connection", "_http2_protocol"):
        monkeypatch.delitem(sys.modules, f"openai_async.{name}", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "h2"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'openai_async\[http2\]'"):
        AsyncClient(api_key="k", http2=True)


def test_h2_is_not_imported_before_it_is_asked_for() -> None:
    program = (
        "import sys, openai_async as o; o.AsyncClient(api_key='k'); print('h2' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"
