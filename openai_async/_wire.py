"""A socket on asyncio: connecting it, and a protocol that the request's task reads from."""

from __future__ import annotations

import asyncio
import re
import select
import socket
import ssl
from typing import Any, cast

import anyio
import httpx

__all__ = ["Wire", "connect"]

MOST_BUFFERED = 512 * 1024
"""Bytes that may wait to be read before the server is made to wait."""
HEAD_START = 0.25
"""Seconds that an address is tried alone before the next one is tried beside it (RFC 8305)."""
_REFUSAL = re.compile(rb"HTTP/1\.[01] [45]")

Address = tuple[Any, Any, int, str, Any]
"""As `getaddrinfo` gives it."""


async def connect(
    host: str, port: int, ssl_context: ssl.SSLContext | None, server_name: str
) -> Wire:
    """A new connection. Raises `OSError`, TLS's errors among them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    plugged = await _race(_alternating(found))
    options: dict[str, Any] = {}
    if ssl_context is not None:
        options = {"ssl": ssl_context, "server_hostname": server_name}
    wire = Wire()
    try:
        await loop.create_connection(lambda: wire, sock=plugged, **options)
    except BaseException as error:
        if type(loop).__module__ == "uvloop":
            # Up to 0.22 it closes the socket, but its object knows nothing of it, and would close,
            # later, whatever has the same number by then.
            plugged.detach()
        if hasattr(wire, "transport"):
            # Cancelled when all was done: asyncio would wait, half a minute, for TLS's goodbye.
            wire.transport.abort()
        elif isinstance(error, Exception):  # else asyncio has closed it, and what it was given to
            plugged.close()
        raise
    return wire


def _alternating(found: list[Address]) -> list[Address]:
    """The addresses, those of IPv6 and IPv4 in turn, beginning with the one that came first."""
    first = [one for one in found if one[0] == found[0][0]]
    other = [one for one in found if one[0] != found[0][0]]
    mixed = [one for pair in zip(first, other, strict=False) for one in pair]
    return mixed + first[len(other) :] + other[len(first) :]


async def _race(addresses: list[Address]) -> socket.socket:
    """The socket of the address that answers first. asyncio has such a race too, but loses the
    socket of the winner when it is cancelled."""
    if len(addresses) == 1:
        return await _plug(addresses[0])
    won: list[socket.socket] = []
    errors: list[OSError] = []

    async def run(address: Address, over: anyio.Event) -> None:
        try:
            won.append(await _plug(address))
            tasks.cancel_scope.cancel()
        except OSError as error:
            errors.append(error)
        over.set()

    try:
        async with anyio.create_task_group() as tasks:
            for address in addresses:
                over = anyio.Event()
                tasks.start_soon(run, address, over)
                with anyio.move_on_after(HEAD_START):
                    await over.wait()
    except BaseException:
        for loser in won:
            loser.close()
        raise
    for loser in won[1:]:
        loser.close()
    if won:
        return won[0]
    raise OSError("; ".join(dict.fromkeys(map(str, errors)))) from errors[0]


async def _plug(address: Address) -> socket.socket:
    family, kind, protocol, _, place = address
    plugged = socket.socket(family, kind, protocol)
    try:
        plugged.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plugged, place)
    except BaseException:
        plugged.close()
        raise
    return plugged


class Wire(asyncio.Protocol):
    """A connected socket: what has come and is not read yet, and whoever waits for it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.read_timeout: float | None = None
        self._pieces: list[bytes] = []
        self._buffered = 0
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._full = False  # what is to be sent waits for the server
        self._stopped = False  # what comes waits for the reader
        self._lost = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._buffered += len(data)
        if self._buffered > MOST_BUFFERED and not self._stopped:
            self._stopped = True
            self.transport.pause_reading()
        _wake(self._reader)
        _wake(self._writer)

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)
        # asyncio closes, but not before all has been sent, and who would read it
        _wake(self._writer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = self._error or exc
        if self._timer is not None:
            self._timer.cancel()
        _wake(self._reader)
        _wake(self._writer)
        self._lost.set()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _wake(self._writer)

    # What the request's task calls

    def is_disturbed(self) -> bool:
        """Whether something has come, or the end, since the last answer."""
        return bool(self._pieces) or self._ended or self.transport.is_closing()

    def has_news(self) -> bool:
        """Whether the system has something that the loop has not seen yet: most often, the end."""
        descriptor = self.transport.get_extra_info("socket").fileno()
        if not hasattr(select, "poll"):
            return bool(select.select([descriptor], [], [], 0)[0])
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))

    async def look(self) -> None:
        """Let the loop take in what has come. A write to a connection that is gone throws it away:
        most often, the server's reason."""
        if not self._ended and not self.transport.is_closing() and self.has_news():
            await asyncio.sleep(0)  # the loop looks at the socket, but behind this task's turn
            await asyncio.sleep(0)

    async def receive(self) -> bytes:
        """What has come, at least a byte, or nothing at the end.

        Raises `httpx.ReadTimeout`, `httpx.ReadError`.
        """
        if not self._pieces:
            if self._ended:
                if self._error is not None:
                    raise httpx.ReadError(str(self._error)) from self._error
                return b""
            self._reader = self._loop.create_future()
            self._watch()
            try:
                await self._reader
            finally:
                self._reader = None
            if not self._pieces:
                return await self.receive()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._buffered = 0
        if self._stopped:
            self._stopped = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
        return data

    def unread(self, data: bytes) -> None:
        """Put back what was read too much."""
        if data:
            self._pieces.insert(0, data)
            self._buffered += len(data)

    def _watch(self) -> None:
        """Bound the wait that begins. The timer is only moved when it goes off: that is hardly ever,
        and to set one for each wait would cost more than the wait."""
        if self.read_timeout is None:
            self._until = float("inf")
            return
        self._until = self._loop.time() + self.read_timeout
        if self._timer is not None and self._timer.when() > self._until:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._reader is None or self._reader.done() or self._until == float("inf"):
            return
        if self._loop.time() >= self._until:
            self._reader.set_exception(httpx.ReadTimeout("nothing came in time"))
        else:
            self._timer = self._loop.call_at(self._until, self._ring)

    async def send(self, data: bytes, timeout: float | None) -> None:
        """Send, and wait while the server is behind.

        Raises `httpx.WriteTimeout`, `httpx.WriteError`: the latter, too, where the server has said
        no already, which is there to be read.
        """
        deaf = self._is_deaf() or self.transport.is_closing()
        if not deaf:
            self.transport.write(data)
        del data  # it may hold the key, and tracebacks may show variables
        if not deaf and self._full:
            await self._drain(timeout)
            deaf = self._is_deaf()
        if deaf:
            raise httpx.WriteError(str(self._error or "the server hears no more"))

    async def _drain(self, timeout: float | None) -> None:
        """Wait until the server has caught up, or will not any more."""
        try:
            with anyio.fail_after(timeout):
                while self._full and not self._is_deaf():
                    self._writer = self._loop.create_future()
                    await self._writer
        except TimeoutError:
            raise httpx.WriteTimeout("the server took nothing in time") from None
        finally:
            self._writer = None

    def _is_deaf(self) -> bool:
        """Whether the server has left, or refused what it has not heard to its end yet."""
        return self._ended or (bool(self._pieces) and _REFUSAL.match(self._pieces[0]) is not None)

    async def close(self) -> None:
        """Close at once. What has not been sent is not sent."""
        if not self._ended:  # whoever still reads must not take it for the server's end
            self._ended = True
            self._error = ConnectionAbortedError("the connection was closed on this side")
        self.transport.abort()
        # The socket itself is closed in the next turn of the loop. Nothing can delay that.
        with anyio.CancelScope(shield=True):
            await self._lost.wait()


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
