r"""A TCP server that says exactly the bytes it is told to, and tells what it heard.

It runs in threads, so that a client on any event loop can talk to it, also one that blocks its own.
A *script* is a function of one `Connection`: it reads requests, sends bytes, waits, and when it
returns the connection is closed.

    with RawServer(answer(json_response({"id": "1"}))) as server:
        async with server.client() as client:
            await client.models.retrieve("1")
    assert server.requests[0].method == "GET"

Scripts that do the usual are made by `answer`. Nothing here sleeps: a script that paces itself
(`Connection.wait`) or stays open (`Connection.until_gone`) listens for the client's end meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Literal

import anyio.to_thread
import pytest
from typing_extensions import Self

from openai_async import AsyncClient

EACH_TRANSPORT = pytest.mark.parametrize(
    ("anyio_backend", "transport"),
    [
        ("asyncio", "httpx"),
        ("trio", "httpx"),
        pytest.param(
            "asyncio",
            "aiohttp",
            marks=pytest.mark.skipif(
                find_spec("httpx_aiohttp") is None, reason="needs the extra `aiohttp`"
            ),
        ),
    ],
)
"""For tests of what happens on a connection: each transport on the backends that it runs on."""

BOUND = 10.0
"""Seconds that anything here waits at the most."""

Script = Callable[["Connection"], None]
After = Literal["next", "close", "reset", "hold"]


class ClientGoneError(Exception):
    """The client has closed the connection, or the server is being closed: the script is over."""


@dataclass(frozen=True)
class Received:
    """One request, as it was heard."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    """Without the chunks' framing."""
    connection: int
    """Which of the server's connections it came on, from 0."""

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One accepted connection, in the hands of a script."""

    def __init__(self, server: RawServer, connection: socket.socket, number: int) -> None:
        self.number = number
        self.gone = threading.Event()
        """Set when the client has closed its end, and when the connection is over."""
        self.closed_by_client = False
        """Whether it was the client that ended it."""
        self.protocol: str | None = None
        """What TLS has agreed upon."""
        self._server = server
        self._socket = connection
        self._buffer = b""

    # What scripts call.

    def request(self) -> Received:
        """Read one whole request. Raises `ClientGoneError` if none comes."""
        head = self._read_until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        pairs = (line.split(":", 1) for line in lines[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = self._body(headers)
        received = Received(method, target, headers, body, self.number)
        self._server.received(received)
        return received

    def send(self, data: bytes) -> None:
        """Send bytes. Raises `ClientGoneError` if nobody takes them."""
        try:
            self._socket.sendall(data)
        except OSError:
            self._over(by_client=True)
            raise ClientGoneError from None

    def wait(self, seconds: float, until: threading.Event | None = None) -> None:
        """Let time pass, or an event happen. Raises `ClientGoneError` as soon as the client leaves."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (until is not None and until.is_set()):
            # Whoever waits for an event of the test looks up often.
            self._listen(min(left, 0.005) if until is not None else left)

    def until(self, event: threading.Event) -> None:
        """Wait for an event of the test. Raises `ClientGoneError` as soon as the client leaves."""
        self.wait(BOUND, event)
        assert event.is_set(), "the event that the script waits for did not happen"

    def until_gone(self) -> None:
        """Stay open, silent, until the client leaves."""
        with contextlib.suppress(ClientGoneError):
            self.wait(BOUND)

    def reset(self) -> None:
        """End with a TCP reset, in place of an orderly close."""
        linger = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def close(self) -> None:
        self._socket.close()
        self._over(by_client=False)  # behind it: who waits for the end finds it

    # What tests call.

    async def client_left(self, within: float = BOUND) -> None:
        """Wait until the client has closed its end; fails if it doesn't."""
        await anyio.to_thread.run_sync(self.gone.wait, within)
        assert self.closed_by_client, f"connection {self.number} was not closed by the client"

    @property
    def open(self) -> bool:
        """Whether neither side has ended it."""
        return not self.gone.is_set()

    # Inside.

    def start_tls(self, context: ssl.SSLContext) -> None:
        try:
            self._socket.settimeout(BOUND)
            self._socket = secured = context.wrap_socket(self._socket, server_side=True)
            self.protocol = secured.selected_alpn_protocol()
        except OSError:
            self._over(by_client=True)
            raise ClientGoneError from None

    def shut(self) -> None:
        """Wake up the script, from another thread: the server is being closed."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _over(self, *, by_client: bool) -> None:
        if not self.gone.is_set():
            self.closed_by_client = by_client and not self._server.closing
            self.gone.set()

    def _listen(self, seconds: float) -> None:
        """Take in what comes within some time."""
        try:
            pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
            if not pending and not select.select([self._socket], [], [], seconds)[0]:
                return
            data = self._socket.recv(65536)
        except (OSError, ValueError):
            data = b""
        if not data:
            self._over(by_client=True)
            raise ClientGoneError
        self._buffer += data

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._listen(BOUND)
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def _read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._listen(BOUND)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self._read_exactly(int(headers.get("content-length", 0)))
        pieces: list[bytes] = []
        while size := int(self._read_until(b"\r\n").split(b";")[0], 16):
            pieces.append(self._read_exactly(size))
            self._read_until(b"\r\n")
        self._read_until(b"\r\n")
        return b"".join(pieces)


class RawServer:
    """A context manager: a listening socket on a port of the kernel's choice, and its scripts.

    The first connection gets the first script, and so on; the last script serves all the rest.
    An exception in a script is raised when the server is left. With `tls`, it speaks TLS.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.connections: list[Connection] = []
        self.requests: list[Received] = []
        """All requests, in the order in which they were whole."""
        self.closing = False
        self._scripts = scripts
        self._tls = tls
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._news = threading.Condition()

    @property
    def url(self) -> str:
        """A base URL, with a path."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}/v1"

    def client(self, **options: Any) -> AsyncClient:
        """A client of this server, without retries."""
        settings: Any = {"api_key": "k", "base_url": self.url, "max_retries": 0, **options}
        return AsyncClient(**settings)

    def received(self, request: Received) -> None:
        with self._news:
            self.requests.append(request)
            self._news.notify_all()

    async def accepted(self, number: int = 0) -> Connection:
        """Wait for the connection of a number."""
        await anyio.to_thread.run_sync(self._wait, lambda: len(self.connections) > number)
        return self.connections[number]

    async def connected(self, number: int = 0) -> Connection:
        """Wait for a request on the connection of a number, and give that connection."""
        await anyio.to_thread.run_sync(
            self._wait, lambda: any(request.connection == number for request in self.requests)
        )
        return self.connections[number]

    def _wait(self, true: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(true, BOUND), "the client did not do what is waited for"

    def __enter__(self) -> Self:
        self._listener = _listener()
        self._port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up the accept
        self._listener.close()
        for connection in self.connections:
            connection.shut()
        for thread in self._threads:
            thread.join(BOUND)
        if error is None and self._failures:
            raise self._failures[0]

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            # What is sent in pieces is to leave in pieces.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = len(self.connections)
            connection = Connection(self, accepted, number)
            with self._news:
                self.connections.append(connection)
                self._news.notify_all()
            script = self._scripts[min(number, len(self._scripts) - 1)]
            self._start(self._run, script, connection)

    def _run(self, script: Script, connection: Connection) -> None:
        try:
            if self._tls is not None:
                connection.start_tls(self._tls)
            script(connection)
        except ClientGoneError:
            pass
        except BaseException as error:  # raised when the server is left
            self._failures.append(error)
        finally:
            connection.close()


def sockets() -> int | None:
    """How many sockets this process holds, where that can be seen."""
    if not os.path.isdir("/proc/self/fd"):
        return None
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # closed in the meantime
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return count


def answer(*answers: bytes | Sequence[bytes], then: After = "next") -> Script:
    """A script: each request gets the next answer, the last one serves all the rest.

    An answer in several pieces is sent piece by piece. `then` is what follows an answer: the next
    request, an orderly close, a reset, or silence until the client leaves.
    """

    def script(connection: Connection) -> None:
        for pieces in _and_so_on(answers):
            connection.request()
            for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                connection.send(piece)
            if then == "hold":
                return connection.until_gone()
            if then == "reset":
                return connection.reset()
            if then == "close":
                return None
        return None

    return script


def _and_so_on(items: Sequence[Any]) -> Iterator[Any]:
    yield from items
    while True:
        yield items[-1]


def response(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    content_type: str | None = "application/json",
    headers: Iterable[tuple[str, str]] = (),
    length: int | None = None,
) -> bytes:
    """A response with a `content-length`, which may be a lie."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    if content_type is not None:
        lines.append(f"content-type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_response(value: Any, **options: Any) -> bytes:
    """A JSON response."""
    return response(json.dumps(value).encode(), **options)


def chunked_head(
    content_type: str | None = "text/event-stream", headers: Iterable[tuple[str, str]] = ()
) -> bytes:
    """The head of a 200 whose body comes in chunks."""
    lines = ["HTTP/1.1 200 OK", "transfer-encoding: chunked"]
    if content_type is not None:
        lines.append(f"content-type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body. The empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = chunk(b"")


def event_stream(*events: bytes, headers: Iterable[tuple[str, str]] = ()) -> list[bytes]:
    """A whole chunked event stream, one chunk for each of `events`."""
    return [chunked_head(headers=headers), *map(chunk, events), LAST_CHUNK]


_used: set[int] = set()


def _listener() -> socket.socket:
    """A socket that listens on a port that this process has not used before: what a client says once
    for each server (a warning), it would not say for the second one of a name."""
    while True:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        port: int = listener.getsockname()[1]
        if port not in _used:
            _used.add(port)
            return listener
        listener.close()
