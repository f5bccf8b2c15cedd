"""An HTTP/2 server over TLS, in threads, that does what a test tells it to and says what it heard.

    with H2Server(answer=lambda stream: stream.json(MODEL)) as server:
        async with server.client() as client:
            await client.models.retrieve("m")
    assert server.connections[0].streams[1].path == "/v1/models/m"

`answer` is called with each request once it is whole (with `early=True`, once its head is there), in
the connection's thread. What it leaves open, the test goes on with: all methods of `Connection` and
`Stream` may be called from any thread. Nothing sleeps: a connection waits for its socket, for the
test, and for what is due (`Connection.later`).
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import anyio
import anyio.to_thread
import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import httpx
import trustme
from typing_extensions import Self

from openai_async import AsyncClient
from tests.common import CHAT, DONE, END, MODEL, A, B
from tests.rawserver import BOUND

Answer = Callable[["Stream"], None]
Serve = Callable[..., "H2Server"]


class Certificates:
    """An authority of our own, and the certificates that it gives."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def context(self, *protocols: str, name: str = "127.0.0.1") -> ssl.SSLContext:
        """For a server of a name that speaks these protocols."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


class Stream:
    """One request, and the answer to it."""

    def __init__(self, connection: Connection, number: int, headers: dict[str, str]) -> None:
        self.connection = connection
        self.id = number
        self.headers = headers
        self.method, self.path = headers[":method"], headers[":path"]
        self.body = bytearray()
        self.whole = False
        """Whether the request has come to its end."""
        self.reset: tuple[int, float] | None = None
        """The code with which the client gave it up, and when."""
        self.sent = 0
        self.to_send = bytearray()
        self.ends = False
        self.frame, self.padding = 2**14, 0
        """Bytes of data, at the most, and of padding in each frame of its body."""

    def start(self, content_type: str = "application/json", status: int = 200) -> None:
        """Send the answer's head."""
        head = [(":status", str(status)), ("content-type", content_type)]
        self.connection.act(lambda: self.connection.h2.send_headers(self.id, head))

    def send(self, data: bytes, *, end: bool = False) -> None:
        """Send some of the answer's body, as fast as the client takes it."""
        self.to_send += data
        self.ends = self.ends or end
        self.connection.act(self.connection.pump)

    def json(self, value: Any, status: int = 200) -> None:
        """Send a whole answer."""
        self.start(status=status)
        self.send(json.dumps(value).encode(), end=True)

    def events(self, *events: bytes, end: bool = True) -> None:
        """Send an event stream."""
        self.start("text/event-stream")
        for event in events:
            self.send(event)
        if end:
            self.send(b"", end=True)

    def refuse(self, code: int) -> None:
        self.connection.act(lambda: self.connection.h2.reset_stream(self.id, code))


class Connection:
    """One accepted connection."""

    def __init__(self, server: H2Server, accepted: socket.socket) -> None:
        self.server = server
        self.streams: dict[int, Stream] = {}
        self.open: dict[int, Stream] = {}
        """Those of them that are not over."""
        self.gone = threading.Event()
        """Set when it is over."""
        self.most_open = 0
        self.goodbye = False
        """Whether the client has said GOAWAY."""
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.reads = threading.Event()
        """Cleared, it leaves what the client sends where it is."""
        self.reads.set()
        self._socket = accepted
        self._lock = threading.RLock()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._wake_up, self._wakes = socket.socketpair()
        self._wake_up.setblocking(False)

    # What tests and answers call.

    def act(self, action: Callable[[], None]) -> None:
        """Do something with `h2`, and send what comes of it. Nothing, where nobody listens."""
        with self._lock, contextlib.suppress(OSError, h2.exceptions.ProtocolError):
            action()
            self._send(self.h2.data_to_send())

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in a while."""
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), action))
        # Where so many wait to be read that there is no room, it will wake up all the same.
        with contextlib.suppress(BlockingIOError):
            self._wake_up.send(b"x")

    def go_away(self, last: int, code: int = 0) -> None:
        """Say GOAWAY, and go on with the streams that there are: h2 would refuse to."""
        payload = last.to_bytes(4, "big") + code.to_bytes(4, "big")
        self.raw(len(payload).to_bytes(3, "big") + b"\x07\x00" + bytes(4) + payload)

    def raw(self, data: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._send(data)

    def cut(self) -> None:
        """Close it without a word."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    # Inside.

    def serve(self) -> None:
        try:
            self._socket.settimeout(BOUND)
            self._socket = self.server.tls.wrap_socket(self._socket, server_side=True)
            self._socket.setblocking(False)
            self.h2.local_settings = h2.settings.Settings(
                client=False, initial_values=self.server.settings
            )
            self.act(self.h2.initiate_connection)
            while data := self._receive():
                with self._lock:
                    events = self.h2.receive_data(data)
                    for event in events:
                        self._handle(event)
                    self.pump()
                    self._send(self.h2.data_to_send())
                self.server.notify()
        except (OSError, h2.exceptions.ProtocolError):
            pass
        finally:
            self.gone.set()
            with self._lock:
                for each in (self._socket, self._wake_up, self._wakes):
                    each.close()
            self.server.notify()

    def _receive(self) -> bytes:
        while True:
            self._run_due()
            left = max(0.0, self._due[0][0] - time.monotonic()) if self._due else BOUND
            if not self.reads.wait(left):
                continue
            with self._lock, contextlib.suppress(ssl.SSLWantReadError):
                return self._socket.recv(65536)
            if self._wakes in select.select([self._socket, self._wakes], [], [], left)[0]:
                self._wakes.recv(100)

    def _run_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            with self._lock:
                action = heapq.heappop(self._due)[2]
            action()

    def _send(self, data: bytes) -> None:
        end = time.monotonic() + BOUND
        while data and time.monotonic() < end:
            try:
                data = data[self._socket.send(data) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):  # noqa: PERF203
                select.select([], [self._socket], [], 0.1)

    def pump(self) -> None:
        """Send what the client's windows have room for."""
        for stream in list(self.open.values()):
            self._pump(stream)

    def _pump(self, stream: Stream) -> None:
        while stream.to_send:
            window = self.h2.local_flow_control_window(stream.id)
            padded = 1 + stream.padding if stream.padding else 0
            room = min(window - padded, self.h2.max_outbound_frame_size - padded, stream.frame)
            if room <= 0:
                return
            piece = bytes(stream.to_send[:room])
            del stream.to_send[:room]
            self.h2.send_data(stream.id, piece, pad_length=stream.padding or None)
            stream.sent += len(piece)
        if stream.ends:
            self.h2.end_stream(stream.id)
            del self.open[stream.id]

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {bytes(n).decode(): bytes(v).decode() for n, v in event.headers}
            stream = self.streams[event.stream_id] = Stream(self, event.stream_id, headers)
            self.open[stream.id] = stream
            self.most_open = max(self.most_open, len(self.open))
            if self.server.early:
                self.server.answer(stream)
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.streams[event.stream_id].whole = True
            if not self.server.early:
                self.server.answer(self.streams[event.stream_id])
        elif isinstance(event, h2.events.StreamReset):
            self.streams[event.stream_id].reset = int(event.error_code), time.monotonic()
            self.open.pop(event.stream_id, None)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goodbye = True


class H2Server:
    """A context manager: a listening socket on a port of the kernel's choice."""

    def __init__(
        self,
        certificates: Certificates,
        answer: Answer,
        *,
        most_streams: int = 100,
        early: bool = False,
        settings: dict[int, int] | None = None,
    ) -> None:
        self.tls = certificates.context("h2", "http/1.1")
        self.answer = answer
        self.early = early
        most = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS
        self.settings: Any = {most: most_streams, **(settings or {})}
        self.connections: list[Connection] = []
        self._news = threading.Condition()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}/v1"

    def client(self, connections: int | None = None, **options: Any) -> AsyncClient:
        """A client of this server over HTTP/2, without retries."""
        limits = httpx.Limits(max_connections=connections)
        settings: Any = {"api_key": "k", "base_url": self.url, "max_retries": 0, **options}
        return AsyncClient(http2=True, **{"limits": limits, **settings})

    @property
    def streams(self) -> list[Stream]:
        """All requests, in the order of their coming."""
        return [s for connection in self.connections for s in list(connection.streams.values())]

    async def until(self, true: Callable[[], bool], within: float = BOUND) -> None:
        """Wait until something is true of what the server has heard."""
        assert await anyio.to_thread.run_sync(self._wait, true, within), "it did not come"

    def _wait(self, true: Callable[[], bool], within: float) -> bool:
        with self._news:
            return self._news.wait_for(true, within)

    def notify(self) -> None:
        with self._news:
            self._news.notify_all()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up the accept
        self._listener.close()
        for connection in self.connections:
            connection.reads.set()
            connection.cut()
        for thread in self._threads:
            thread.join(BOUND)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, accepted)
            with self._news:
                self.connections.append(connection)
                self._news.notify_all()
            self._start(connection.serve)


@contextlib.contextmanager
def tunnel() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that knows CONNECT only: its URL, and where it was asked to lead to."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    ends: list[socket.socket] = []

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                near.settimeout(BOUND)
                asked.append(near.recv(65536).split()[1])
                host, _, port = asked[-1].decode().rpartition(":")
                far = socket.create_connection((host, int(port)), BOUND)
                ends.extend([near, far])
                near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
                for pair in ((near, far), (far, near)):
                    threads.append(threading.Thread(target=pass_on, args=pair, daemon=True))
                    threads[-1].start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        for each in (listener, *ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(BOUND)
        for each in (listener, *ends):
            each.close()


# What tests have in common.


def usual(stream: Stream) -> None:
    """Answers at once."""
    if stream.method == "GET":
        stream.json(MODEL)
    elif b'"stream":true' in stream.body.replace(b" ", b""):
        stream.events(A, B, END, DONE)
    else:
        stream.json(CHAT)


def silent(stream: Stream) -> None:
    """Doesn't answer."""


def endless(stream: Stream) -> None:
    """Begins an event stream."""
    stream.events(A, end=False)


def held() -> tuple[Answer, list[Stream]]:
    """Answers when the test says so; `GET`s at once."""
    streams: list[Stream] = []

    def keep(stream: Stream) -> None:
        if stream.method == "GET":
            stream.json(MODEL)
        else:
            streams.append(stream)

    return keep, streams


async def side_by_side(count: int, call: Callable[[], Awaitable[Any]]) -> None:
    with anyio.fail_after(BOUND):
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(call)
