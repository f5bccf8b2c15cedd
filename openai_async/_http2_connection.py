"""One HTTP/2 connection, and the streams that it carries.

`h2` is the protocol; what is here moves bytes. A task that belongs to the connection, and to no
call, reads and writes. So no call that is cancelled cuts a write in two, pings are answered while
nobody reads, and whatever ends a connection is told at once to all who wait. What a call does to
the protocol (begin a stream, send a piece, give the stream up) it does without waiting: there is no
await at which it could be half done.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.lowlevel
import httpx
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError

from ._connection import CLOSE_SECONDS
from ._http2_protocol import GoAways, head, protocol
from ._loops import spawner
from ._retry import STALE

__all__ = ["Http2Connection", "Http2Stream"]

READ_BYTES: Final = 64 * 1024
SHARE: Final = 64 * 1024
"""Bytes that each upload may have waiting to be written: all of them move, and none fills memory."""
SILENCE: Final = 1.0
"""Seconds without a word, after which a stream that is given up casts doubt on its connection."""
PATIENCE: Final = 1.0
"""Seconds that a new connection, whose callers may have given up, is kept for others."""
TURNS: Final = 10
"""Of the event loop at the most, in which the reading task hears of what has arrived."""


class Http2Connection:
    """A connection over which HTTP/2 was agreed upon.

    `network` is an `httpcore.AsyncNetworkStream`.
    """

    def __init__(self, network: Any) -> None:
        self.network = network
        self.idle_since = self._heard = time.monotonic()
        self._retired = False
        self._closing = False
        self._loss: _Loss | None = None
        self._h2 = protocol()
        self._goaways = GoAways()
        self._streams: dict[int, Http2Stream] = {}
        # To the bytes that wait to be written; who sent last comes last.
        self._senders: dict[Http2Stream, int] = {}
        self._used = False
        self._unsent = bytearray()
        self._to_write = _Signal()
        self._scope = anyio.CancelScope()
        self._ready = anyio.Event()
        self._over = anyio.Event()

    async def start(self) -> None:
        """Say hello, and hear how many streams the server takes. Raises httpx's errors."""
        self._flush()
        spawner()(self._run)
        await self._ready.wait()
        if self._loss is not None:
            raise self._loss.error()
        if not self.has_room:
            raise httpx.ConnectError("the server allows no streams")

    @property
    def has_room(self) -> bool:
        """Whether it can carry one more stream."""
        most = self._h2.remote_settings.max_concurrent_streams
        return not self._retired and len(self._streams) < most

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do, other than to wait a little for its first stream."""
        is_new = not self._used and time.monotonic() - self.idle_since < PATIENCE
        return not self._streams and not is_new

    @property
    def is_over(self) -> bool:
        """Whether its socket has been closed."""
        return self._over.is_set()

    async def listen(self) -> None:
        """Let the reading task hear what has come while the connection was idle: its end, perhaps."""
        for _ in range(TURNS):
            if self._retired or not self.network.get_extra_info("is_readable"):
                return
            await anyio.lowlevel.checkpoint()

    def open(self, request: httpx.Request) -> Http2Stream:
        """Begin a stream with a request's head. Raises `httpx.LocalProtocolError`."""
        whole = not request.headers.keys() & {"content-length", "transfer-encoding"}
        try:
            stream_id = self._h2.get_next_available_stream_id()
            self._h2.send_headers(stream_id, head(request), end_stream=whole)
        except ProtocolError as error:
            # It may be out of numbers, or its header compression out of step with the server's.
            self.retire()
            raise httpx.LocalProtocolError(str(error)) from error
        stream = Http2Stream(self, stream_id, sent=whole, woke_up=self._used and not self._streams)
        self._streams[stream_id] = stream
        self._used = True
        self._flush()
        return stream

    def retire(self) -> None:
        """Take no new streams, and close behind the last one."""
        self._retired = True
        if not self._streams:
            self.close()

    def close(self) -> None:
        """Begin to close. What waits to be written is written, in bounded time."""
        if self._closing:
            return
        self._h2.close_connection()
        self._flush()
        self._retired = self._closing = True
        self._tell_all(_Loss(httpx.ReadError, "the connection was closed"))
        self._scope.deadline = anyio.current_time() + CLOSE_SECONDS
        self._to_write.set()

    async def aclose(self) -> None:
        """Close, also in a task that has been cancelled, and never for long."""
        self.close()
        with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
            await self._over.wait()

    # What its streams call.

    def send(self, stream: Http2Stream, data: memoryview) -> int:
        """Send as much as there is room for, which may be nothing; how much it was."""
        waiting = self._senders.pop(stream, 0)
        window = self._h2.local_flow_control_window(stream.id)
        room = min(window, self._h2.max_outbound_frame_size, SHARE - waiting)
        piece = bytes(data[: max(0, room)])
        if piece:
            self._h2.send_data(stream.id, piece)
            self._flush()
        self._senders[stream] = waiting + len(piece)
        return len(piece)

    def end(self, stream: Http2Stream) -> None:
        """Say that the request is whole."""
        self._senders.pop(stream, None)
        self._h2.end_stream(stream.id)
        self._flush()

    def acknowledge(self, stream: Http2Stream, size: int) -> None:
        """Let the server send so many bytes more."""
        if self._loss is None and size:
            self._h2.acknowledge_received_data(size, stream.id)
            self._flush()

    def release(self, stream: Http2Stream, unread: int) -> None:
        """Take back a stream; one that did not run to its end, the server is told to stop."""
        if self._streams.pop(stream.id, None) is None:
            return
        self._senders.pop(stream, None)
        self.acknowledge(stream, unread)  # its bytes count for the others too
        if self._loss is None and not stream.is_settled:
            self._h2.reset_stream(stream.id, ErrorCodes.CANCEL)
            self._flush()
            # The server may be gone without a word, and whoever tries again would wait for it too.
            if time.monotonic() - max(self._heard, stream.since) > SILENCE:
                self._retired = True
        if not self._streams:
            self.idle_since = time.monotonic()
            if self._retired:
                self.close()

    # The task that reads and writes.

    async def _run(self) -> None:
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._until_it_ends, self._write)
                    await self._until_it_ends(self._read)
        finally:
            self._lose(_Loss(httpx.ReadError, "the event loop has ended"))
            with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
                with contextlib.suppress(Exception):  # it is of no more use to anybody
                    await self.network.aclose()
            self._over.set()

    async def _until_it_ends(self, work: Callable[[], Awaitable[None]]) -> None:
        """Reading and writing end together."""
        try:
            await work()
        except Exception as error:
            self._lose(_loss(error))
        finally:
            self._scope.cancel()

    async def _write(self) -> None:
        while True:
            while not self._unsent:
                if self._closing:
                    return
                await self._to_write.wait()
            data, self._unsent = bytes(self._unsent), bytearray()
            await self.network.write(data)
            self._senders = dict.fromkeys(self._senders, 0)
            self._wake_senders()

    async def _read(self) -> None:
        while data := await self.network.read(READ_BYTES):
            self._heard = time.monotonic()
            for found in self._goaways.cut_out(data):
                if self._closing:
                    break
                if isinstance(found, int):
                    self._go_away(found)
                    continue
                for event in self._h2.receive_data(found):
                    self._handle(event)
                self._flush()
        raise httpx.RemoteProtocolError("the server closed the connection")

    def _handle(self, event: Event) -> None:
        if isinstance(event, (WindowUpdated, RemoteSettingsChanged)):
            self._wake_senders()
            if isinstance(event, RemoteSettingsChanged):
                self._ready.set()
        elif isinstance(event, (ResponseReceived, DataReceived, StreamEnded, StreamReset)):
            stream = self._streams.get(event.stream_id)
            if stream is not None:  # else it has been given up
                stream.handle(event)

    def _wake_senders(self) -> None:
        for stream in self._senders:
            stream.news.set()

    def _go_away(self, last: int) -> None:
        """The server takes no more streams, and serves those up to the last one to their ends."""
        refused = _Loss(httpx.RemoteProtocolError, "the server goes away", harmless=True)
        for stream in self._streams.values():
            if stream.id > last:
                stream.lose(refused)
        self.retire()

    def _lose(self, loss: _Loss) -> None:
        self._retired = self._closing = True
        self._tell_all(loss)
        self._ready.set()

    def _tell_all(self, loss: _Loss) -> None:
        if self._loss is None:
            self._loss = loss
            for stream in self._streams.values():
                stream.lose(loss)

    def _flush(self) -> None:
        if data := self._h2.data_to_send():
            self._unsent += data
            self._to_write.set()


class Http2Stream:
    """One request and its answer."""

    def __init__(
        self, connection: Http2Connection, number: int, *, sent: bool, woke_up: bool
    ) -> None:
        self.id = number
        self.is_sent = sent
        """Whether the request has been sent to its end."""
        self.since = time.monotonic()
        self.news = _Signal()
        self._connection = connection
        self._woke_up = woke_up  # the connection, which may have been lost while it was idle
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._unread = 0  # of the flow-control window, which counts padding too
        self._ended = False
        self._loss: _Loss | None = None
        self._reset = False

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to stop any more."""
        return self._reset or (self._ended and self.is_sent)

    async def send(self, body: AsyncIterable[bytes], timeout: float | None) -> None:
        """Send the request's body, as far as the server wants it. Raises `httpx.WriteTimeout`."""
        if self.is_sent:
            return
        async for chunk in body:
            left = memoryview(chunk)
            while left:
                if self._is_answered:
                    return
                size = self._connection.send(self, left)
                left = left[size:]
                if not size:
                    await self._wait(timeout, httpx.WriteTimeout)
        if not self._is_answered:
            self.is_sent = True
            self._connection.end(self)

    @property
    def _is_answered(self) -> bool:
        return self._ended or self._loss is not None

    async def head(self, timeout: float | None) -> tuple[int, list[tuple[bytes, bytes]]]:
        """The answer's status and headers. Raises httpx's errors."""
        while not self._headers:
            if self._loss is not None:
                raise self._loss.error(harmless=self._woke_up)
            await self._wait(timeout, httpx.ReadTimeout)
        status = dict(self._headers).get(b":status", b"")
        if not status.isdigit():
            raise httpx.RemoteProtocolError(f"the answer has no status, but {status!r}")
        return int(status), [pair for pair in self._headers if pair[0][:1] != b":"]

    async def read(self, timeout: float | None) -> bytes:
        """What there is of the answer's body, and b"" at its end. Raises httpx's errors."""
        while not self._pieces:
            if self._ended:
                return b""
            if self._loss is not None:
                raise self._loss.error()
            await self._wait(timeout, httpx.ReadTimeout)
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._connection.acknowledge(self, self._unread)
        self._unread = 0
        return data

    def release(self) -> None:
        """Let go of it: the server stops sending. A second time it does nothing."""
        self._connection.release(self, self._unread)
        if self._pieces:  # who reads on is not to take this for the end
            self._ended = False
            self._pieces.clear()
        self._unread = 0
        self.lose(_Loss(httpx.ReadError, "the answer was closed"))

    async def _wait(self, timeout: float | None, late: type[httpx.TimeoutException]) -> None:
        with anyio.move_on_after(timeout) as scope:
            await self.news.wait()
        if scope.cancelled_caught:
            raise late(f"nothing for {timeout:g} s")

    # What the connection tells it.

    def handle(self, event: ResponseReceived | DataReceived | StreamEnded | StreamReset) -> None:
        self._woke_up = False
        if isinstance(event, ResponseReceived):
            self._headers = [(bytes(name), bytes(value)) for name, value in event.headers]
        elif isinstance(event, DataReceived):
            self._unread += event.flow_controlled_length
            if event.data:
                self._pieces.append(event.data)
        elif isinstance(event, StreamEnded):
            self._ended = True
        else:
            self._reset = True
            self.lose(_Loss(httpx.RemoteProtocolError, f"the server reset it: {_name(event)}"))
        self.news.set()

    def lose(self, loss: _Loss) -> None:
        # Behind a whole answer, a reset only says that the rest of the request is not wanted.
        if self._loss is None and not self._ended:
            self._loss = loss
        self.news.set()


@dataclass(frozen=True)
class _Loss:
    """Why there is no more to come; each who waits gets an error of its own, and its traceback."""

    kind: type[httpx.TransportError]
    message: str
    harmless: bool = False
    """Whether it says nothing about the server's health, so that the next try need not wait."""

    def error(self, *, harmless: bool = False) -> httpx.TransportError:
        error = self.kind(self.message)
        if harmless or self.harmless:
            setattr(error, STALE, True)
        return error


def _loss(error: Exception) -> _Loss:
    """httpx's name for an error of `httpcore`'s (they are the same), of h2's or the network's."""
    if isinstance(error, ProtocolError):
        return _Loss(httpx.RemoteProtocolError, f"{type(error).__name__}: {error}")
    kind = getattr(httpx, type(error).__name__, httpx.ReadError)
    return _Loss(kind, str(error) or type(error).__name__)


def _name(event: StreamReset) -> str:
    code = event.error_code
    return code.name if isinstance(code, ErrorCodes) else f"error {code}"


class _Signal:
    """Wakes up who waits for it now."""

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def set(self) -> None:
        if self._event is not None:
            self._event.set()
            self._event = None

    async def wait(self) -> None:
        self._event = self._event or anyio.Event()
        await self._event.wait()
