"""Sockets on asyncio: nothing outlives its call, whoever ends it, and every wait is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from openai_async import APIConnectionError, APITimeoutError, AsyncClient
from openai_async._wire import MOST_BUFFERED, Wire
from tests.common import DONE, FILE, MODEL, A, read
from tests.h2server import Certificates
from tests.rawserver import (
    BOUND,
    ClientGoneError,
    Connection,
    RawServer,
    answer,
    event_stream,
    json_response,
    sockets,
)

pytestmark = [pytest.mark.anyio]
if sys.version_info < (3, 11):
    # asyncio of then forgets that the TLS of an aborted handshake has been closed.
    said = "ignore:unclosed transport <asyncio.sslproto:ResourceWarning"
    pytestmark.append(pytest.mark.filterwarnings(said))

MIB = 1024 * 1024
GOOD = json_response(MODEL)
HELD = httpx.Timeout(600, connect=BOUND)


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """On trio, httpx's transport has the sockets."""
    backend: str = request.param
    return backend


def timers() -> list[Any]:
    """What the loop is to do later, where that can be seen."""
    loop: Any = asyncio.get_running_loop()
    return [timer for timer in getattr(loop, "_scheduled", ()) if not timer.cancelled()]


# Cancelled, closed, cut.


def script(connection: Connection) -> None:
    while True:
        received = connection.request()
        if received.method == "GET":
            connection.send(GOOD)
        elif received.target.endswith("files"):
            connection.send(json_response(FILE))
        else:
            connection.send(b"".join(event_stream(A, DONE)))


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_cancel_after_some_turns_of_the_loop(
    encrypted: bool, certificates: Certificates
) -> None:
    """In the midst of a handshake, too: no task, no timer, no socket is left, and none is lost."""
    before, tasks = sockets(), asyncio.all_tasks()

    async def work(client: AsyncClient) -> None:
        await client.files.create(file=b"x", purpose="x")
        await read(client)

    with RawServer(script, tls=certificates.context() if encrypted else None) as server:
        turns = 0
        while True:
            client = server.client()
            task = asyncio.ensure_future(work(client))
            for _ in range(turns):
                await asyncio.sleep(0)
            done = task.done()
            task.cancel()
            await asyncio.wait([task])
            await client.close()
            assert not timers()
            assert asyncio.all_tasks() == tasks
            if done:
                break
            turns += 1 + turns // 20  # where the loop is quick, connecting takes hundreds of them
        assert task.result() is None
        assert turns > 3
        gc.collect()  # what was left unclosed would say so now
        for connection in server.connections:
            await anyio.to_thread.run_sync(connection.gone.wait, BOUND)
    assert sockets() == before


@pytest.mark.parametrize("ends", ["cancel", "timeout", "close"])
async def test_a_server_that_takes_nothing(ends: str) -> None:
    """An upload that is stuck: whatever ends it, what was to be sent is thrown away."""
    begun, over = threading.Event(), threading.Event()

    def script(connection: Connection) -> None:
        connection._read_until(b"\r\n\r\n")
        begun.set()
        over.wait(BOUND)
        connection.until_gone()

    before, tasks = sockets(), asyncio.all_tasks()
    with RawServer(script) as server:
        timeout = httpx.Timeout(600, connect=BOUND, write=0.1 if ends == "timeout" else 600)
        client = server.client(timeout=timeout)
        task = asyncio.ensure_future(client.files.create(file=b"x" * 32 * MIB, purpose="x"))
        if ends != "timeout":
            await anyio.to_thread.run_sync(begun.wait, BOUND)
            await anyio.wait_all_tasks_blocked()
        if ends == "cancel":
            task.cancel()
        with anyio.fail_after(BOUND / 2):  # before the server hears anything
            if ends == "close":
                await client.close()
            await asyncio.wait([task])
        assert task.cancelled() == (ends == "cancel")
        if ends != "cancel":
            assert isinstance(task.exception(), APIConnectionError)
        assert not timers()
        assert asyncio.all_tasks() == tasks
        await client.close()
        over.set()
        await server.connections[0].client_left()
    assert sockets() == before


async def test_a_cancel_when_the_handshake_is_done(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But nobody has been told yet: asyncio would then wait for TLS's goodbye, for half a minute."""
    before, over = sockets(), threading.Event()
    look = ssl.SSLObject.getpeercert

    def cancelling(*arguments: Any) -> Any:  # the last that asyncio does before it tells
        task.cancel()
        return look(*arguments)

    def says_no_goodbye(connection: Connection) -> None:
        over.wait(BOUND)

    with RawServer(says_no_goodbye, script, tls=certificates.context()) as server:
        async with server.client() as client:
            with monkeypatch.context() as patch:
                patch.setattr(ssl.SSLObject, "getpeercert", cancelling)
                task = asyncio.ensure_future(client.models.retrieve("m"))
                await asyncio.wait([task])
            assert task.cancelled()
            assert not timers()
            over.set()
            assert (await client.models.retrieve("m")).id == "m"
        for connection in server.connections:
            await anyio.to_thread.run_sync(connection.gone.wait, BOUND)
    gc.collect()
    assert sockets() == before


def wires() -> list[Wire]:
    """All that are held in memory."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is Wire]


async def test_what_is_over_is_let_go_of() -> None:
    """A timer of ten minutes that nobody waits for any more holds nothing in memory."""
    before = len(wires())
    with RawServer(answer(GOOD, then="close")) as server:
        async with server.client(timeout=HELD, max_retries=2) as client:
            for _ in range(20):
                await client.models.retrieve("m")
            assert len(wires()) <= before + 2
        assert not timers()
    assert len(server.connections) == 20
    assert len(wires()) == before


async def test_each_request_has_its_own_bound_on_one_connection() -> None:
    """Long, then short, then none, then short again."""

    def script(connection: Connection) -> None:
        for _ in range(3):
            connection.request()
            connection.send(GOOD)
        connection.request()
        connection.until_gone()

    with RawServer(script) as server:
        async with server.client(timeout=HELD) as client:
            await client.models.retrieve("m")
            await client.models.retrieve("m", timeout=BOUND)
            await client.models.retrieve("m", timeout=httpx.Timeout(None))
            with anyio.fail_after(BOUND), pytest.raises(APITimeoutError) as caught:
                await client.models.retrieve("m", timeout=0.05)
            assert caught.value.phase == "read"
        assert len(server.connections) == 1


async def test_a_reader_that_stops_makes_the_server_wait() -> None:
    """What comes is not heaped up here; and all of it is there once somebody reads on."""
    size = 64 * MIB
    sent = 0

    def script(connection: Connection) -> None:
        nonlocal sent
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        connection._socket.settimeout(BOUND)
        for _ in range(size // MIB):
            connection.send(b"x" * MIB)
            sent += MIB
        connection.until_gone()

    known = wires()
    with RawServer(script) as server:
        async with server.client() as client:
            body = await client.files.content("file-1")
            pieces = aiter(body)
            got = len(await anext(pieces))
            (wire,) = (one for one in wires() if one not in known)
            with anyio.fail_after(BOUND):
                while not wire._stopped:
                    await asyncio.sleep(0)
            with anyio.move_on_after(0.5):  # in which all of it would come, if it were let in
                while sent < size:
                    await asyncio.sleep(0)
            assert sent < size
            assert wire._buffered < MOST_BUFFERED + MIB
            async for piece in pieces:
                assert len(piece) < MOST_BUFFERED + MIB
                got += len(piece)
            assert got == size


async def test_tls_that_says_more_on_an_idle_connection(certificates: Certificates) -> None:
    """What is TLS's own is no answer: nothing is lost but, at the worst, the connection."""
    with RawServer(script, tls=certificates.context()) as server:
        async with server.client() as client:
            for _ in range(5):
                await client.models.retrieve("m")
                await asyncio.sleep(0)
        assert len(server.connections) <= 2


async def test_what_comes_before_tls_is_no_answer(certificates: Certificates) -> None:
    """Whoever stands on the line can say something there, and it would pass for the server's."""

    def script(connection: Connection) -> None:
        connection.send(GOOD)
        with contextlib.suppress(ClientGoneError):
            connection.start_tls(certificates.context())
            connection.request()
        connection.until_gone()

    with RawServer(script) as server:
        url = server.url.replace("http:", "https:")
        async with server.client(base_url=url) as client:
            for _ in range(20):
                with anyio.fail_after(BOUND), pytest.raises(APIConnectionError):
                    await client.models.retrieve("m")
        assert not server.requests


async def test_tls_that_ends_without_a_word(certificates: Certificates) -> None:
    """A cut: the length that was told is not there."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(json_response(MODEL, length=100))
        connection.close()  # without close_notify

    with RawServer(script, tls=certificates.context()) as server:
        async with server.client() as client:
            with (
                anyio.fail_after(BOUND),
                pytest.raises(APIConnectionError, match="complete message body"),
            ):
                await client.models.retrieve("m")


# Names and addresses.


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What names stand for: addresses, an error, or an event to wait for."""
    table: dict[str, Any] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        host = host.decode() if isinstance(host, bytes) else host
        found = table.get(host)
        if found is None:
            return real(host, port, *more, **options)
        if isinstance(found, threading.Event):
            found.wait(BOUND)
            raise socket.gaierror("nobody knows")
        if isinstance(found, Exception):
            raise found
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (kinds[":" in place[0]], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)
            for place in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@contextlib.contextmanager
def full(host: str, family: socket.AddressFamily = socket.AF_INET) -> Iterator[Any]:
    """A place that does not answer to connects: its queue is full."""
    with socket.create_server((host, 0), family=family, backlog=0) as listener:
        place = listener.getsockname()
        callers = [socket.socket(family) for _ in range(3)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(place)
        yield place
        for caller in callers:
            caller.close()


@pytest.fixture
def deaf() -> Iterator[tuple[str, int]]:
    with full("127.0.0.1") as place:
        yield place


async def test_of_several_addresses_the_one_that_answers(
    names: dict[str, Any], deaf: tuple[str, int]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()
    with RawServer(script) as server:
        names["many.test"] = [nobody, ("::1", nobody[1], 0, 0), deaf, ("127.0.0.1", server._port)]
        async with server.client(base_url=f"http://many.test:{server._port}/v1") as client:
            with anyio.fail_after(BOUND):
                assert (await client.models.retrieve("m")).id == "m"


async def test_addresses_of_both_kinds_are_tried_in_turn(names: dict[str, Any]) -> None:
    """A way that is broken for IPv6 is not waited for once for each of its addresses."""
    with contextlib.ExitStack() as stack, RawServer(script) as server:
        try:
            place = stack.enter_context(full("::1", socket.AF_INET6))
        except OSError:
            pytest.skip("no IPv6 here")
        names["many.test"] = [place] * 100 + [("127.0.0.1", server._port)]
        async with server.client(base_url=f"http://many.test:{server._port}/v1") as client:
            with anyio.fail_after(BOUND):
                assert (await client.models.retrieve("m")).id == "m"


async def test_no_address_that_answers(names: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()
    names["gone.test"] = [nobody, nobody]
    async with AsyncClient(api_key="k", base_url="http://gone.test/v1", max_retries=0) as client:
        with pytest.raises(APIConnectionError, match="Connect call failed"):
            await client.models.retrieve("m")


@pytest.mark.parametrize("where", ["address", "name"])
async def test_connecting_is_bounded(
    where: str, names: dict[str, Any], deaf: tuple[str, int]
) -> None:
    """Whether it is the server that does not answer, or the one that knows its address."""
    names["slow.test"] = over = threading.Event()
    names["deaf.test"] = [deaf, deaf]
    host = "deaf.test" if where == "address" else "slow.test"
    timeout = httpx.Timeout(BOUND, connect=0.1)
    settings: Any = {"api_key": "k", "max_retries": 0, "timeout": timeout}
    async with AsyncClient(base_url=f"http://{host}/v1", **settings) as client:
        with anyio.fail_after(BOUND), pytest.raises(APITimeoutError) as caught:
            await client.models.retrieve("m")
    over.set()
    assert caught.value.phase == "connect"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", ["a" * 64 + ".test", "a..test", ".test", "nobody.invalid", "xn--a.test", "%00", "a b"]
)
async def test_names_that_nobody_has(host: str, scheme: str) -> None:
    with pytest.raises((APIConnectionError, ValueError)):  # a name that can't be is a setting
        async with AsyncClient(
            api_key="k", base_url=f"{scheme}://{host}/v1", max_retries=0
        ) as client:
            await client.models.retrieve("m")


@pytest.mark.parametrize(
    ("host", "asked_for"),
    [
        ("under_score.test", "under_score.test"),
        ("dot.test.", "dot.test."),
        ("b\u00fccher.test", "xn--bcher-kva.test"),
        ("UPPER.test", "upper.test"),
    ],
)
async def test_names_that_somebody_may_have(
    host: str, asked_for: str, names: dict[str, Any]
) -> None:
    with RawServer(script) as server:
        names[asked_for] = [("127.0.0.1", server._port)]
        async with server.client(base_url=f"http://{host}:{server._port}/v1") as client:
            await client.models.retrieve("m")
        assert server.requests[0].headers["host"] == f"{asked_for}:{server._port}"


async def test_an_address_of_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            accepted, _ = listener.accept()
            with accepted:
                accepted.recv(65536)
                accepted.sendall(GOOD)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        async with AsyncClient(api_key="k", base_url=f"http://[::1]:{port}/v1") as client:
            with anyio.fail_after(BOUND):
                assert (await client.models.retrieve("m")).id == "m"
        thread.join(BOUND)
