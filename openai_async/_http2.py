"""The HTTP/2 transport: one connection to an origin carries many requests side by side.

httpx can speak HTTP/2 too, but over a connection whose reads and writes are its requests' own: one
that is cancelled in the middle of a write breaks it for all, one that runs into its read timeout
takes the others with it, none of them tells the server to stop, and a server that says GOAWAY cuts
those that it would have served. So httpx makes the connection here, with its proxies and its TLS,
and `Http2Connection` takes over from there.
"""

from __future__ import annotations

import copy
import functools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import anyio
import httpx

from ._connection import CLOSE_SECONDS, CLOSED, Outgoing
from ._http2_connection import Http2Connection, Http2Stream
from ._loops import PerLoop, spawner
from ._pool import ConnectionPool, Origin, Slots, origin_of

__all__ = ["Http2Transport"]


class Http2Transport(httpx.AsyncBaseTransport):
    """HTTP/2 where the server agrees to it, and a `ConnectionPool` for all else.

    - `limits`: `max_connections` is how many requests may be on their way; as many connections are
      opened as carry them, which is one, unless the server bounds its streams. Those that have been
      idle for longer than `keepalive_expiry`, or are more than `max_keepalive_connections`, go.
    - `proxy`: the URL of the proxy that all connections go through.

    Requests wait for their turn in the order of their coming. Connections belong to the event loop
    that made them.
    """

    def __init__(
        self, *, limits: httpx.Limits, proxy: str | httpx.URL | httpx.Proxy | None = None
    ) -> None:
        self._pool = ConnectionPool(limits=limits, proxy=proxy)
        self._proxy = proxy
        self._refused: set[Origin] = set()  # those that only speak HTTP/1.1
        self._runs = PerLoop(lambda: _Run(limits))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = origin_of(request.url)
        if origin[0] != "https" or origin in self._refused:
            return await self._pool.handle_async_request(request)
        run = self._runs.here() or await self._runs.begin()
        timeouts = request.extensions.get("timeout", {})
        call = _Call(run.slots)
        await run.slots.acquire(call, timeouts.get("pool"))
        try:
            connection = await self._connection(run, origin, timeouts.get("connect"))
            if connection is not None:
                call.stream = stream = connection.open(request)
                await _send_body(stream, request, timeouts.get("write"))
                status, headers = await stream.head(timeouts.get("read"))
                return httpx.Response(
                    status,
                    headers=headers,
                    stream=_Body(call, stream, timeouts.get("read")),
                    extensions={
                        "http_version": b"HTTP/2",
                        "network_stream": connection.network,
                        "stream_id": stream.id,
                    },
                )
        except BaseException:
            call.end()
            raise
        call.end()
        return await self._pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections, also those in use: whoever reads from one gets an error."""
        await self._runs.aclose()
        await self._pool.aclose()

    def read_certificates(self) -> None:
        """Do it now, not when the first connection is made: it takes some 20 ms."""
        _ = self._ssl_context

    @functools.cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """Not the pool's: httpcore writes into it that HTTP/2 is spoken, which the pool doesn't."""
        return httpx.create_ssl_context()

    async def _connection(
        self, run: _Run, origin: Origin, timeout: float | None
    ) -> Http2Connection | None:
        """One with room for a stream; None where the server refuses HTTP/2.

        Between its return and the stream's beginning nothing may be awaited.
        """
        with anyio.move_on_after(timeout):
            while (connection := await run.choose(origin)) is None:
                if origin in self._refused:
                    return None
                await run.attempt(origin, functools.partial(self._connect, origin, timeout))
            return connection
        raise httpx.ConnectTimeout(f"no connection within {timeout:g} s")

    async def _connect(self, origin: Origin, timeout: float | None) -> Http2Connection | None:
        """A new one; None where the server refuses HTTP/2."""
        with anyio.move_on_after(timeout):
            network = await self._dial(origin, timeout)
            if network is None:
                self._refused.add(origin)
                return None
            connection = Http2Connection(network)
            try:
                await connection.start()
            except BaseException:
                await connection.aclose()
                raise
            return connection
        raise httpx.ConnectTimeout(f"no connection within {timeout:g} s")

    async def _dial(self, origin: Origin, timeout: float | None) -> Any:
        """A network stream over which HTTP/2 was agreed upon, or None where it was not.

        httpx connects for a request that is never sent: httpcore's trace tells when TLS stands, and
        there the request ends.
        """
        streams: list[Any] = []
        # Through a proxy, "connection" is the one to the proxy, which may have TLS of its own.
        direct = self._proxy is None

        async def trace(event: str, info: dict[str, Any]) -> None:
            layer, _, what = event.partition(".")
            if what in ("connect_tcp.complete", "start_tls.complete"):
                streams.append(info["return_value"])
            if what == "start_tls.complete" and (layer == "connection") == direct:
                raise _SecuredError

        transport = httpx.AsyncHTTPTransport(
            verify=self._ssl_context, proxy=self._proxy, http2=True
        )
        scheme, host, port = origin
        request = httpx.Request(
            "OPTIONS",
            httpx.URL(scheme=scheme, host=host, port=port, path="/"),
            extensions={"timeout": {"connect": timeout}, "trace": trace},
        )
        try:
            await transport.handle_async_request(request)
        except _SecuredError:
            tls = streams[-1].get_extra_info("ssl_object")
            if tls.selected_alpn_protocol() == "h2":
                return streams[-1]
        except BaseException:
            await _close(transport, streams)
            raise
        await _close(transport, streams)
        return None


class _SecuredError(Exception):
    """Not an error: the TLS handshake is done."""


async def _close(transport: httpx.AsyncHTTPTransport, streams: list[Any]) -> None:
    """Close what was opened for nothing. httpcore forgets what is cancelled while it connects."""
    with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
        for stream in reversed(streams):
            await stream.aclose()
        await transport.aclose()


class _Run:
    """The connections that belong to one event loop, and who may use them."""

    def __init__(self, limits: httpx.Limits) -> None:
        most = limits.max_connections
        self.slots = Slots(float("inf") if most is None else most)
        keep = limits.max_keepalive_connections
        self._most_idle = float("inf") if keep is None else keep
        self._expiry = float("inf") if limits.keepalive_expiry is None else limits.keepalive_expiry
        self._connections: dict[Origin, list[Http2Connection]] = {}
        self._attempts: dict[Origin, _Attempt] = {}
        self._closed = False

    async def choose(self, origin: Origin) -> Http2Connection | None:
        """The first connection with room, so that the others can grow old."""
        self._tidy()
        for connection in list(self._connections.get(origin, ())):
            if connection.has_room and connection.is_idle:
                await connection.listen()
            if connection.has_room:
                return connection
        return None

    async def attempt(
        self, origin: Origin, connect: Callable[[], Awaitable[Http2Connection | None]]
    ) -> None:
        """Wait until one more has been made, by whoever comes first. Raises httpx's errors.

        In a task of its own: if each who gives up took it along, none might ever be made. And one at
        a time: it may be enough for all who wait.
        """
        if self._closed:
            raise httpx.ConnectError(CLOSED)
        attempt = self._attempts.get(origin)
        if attempt is None:
            attempt = self._attempts[origin] = _Attempt()
            spawner()(functools.partial(self._make, attempt, origin, connect))
        await attempt.over.wait()
        if attempt.error is not None:
            raise copy.copy(attempt.error) from attempt.error

    async def _make(
        self,
        attempt: _Attempt,
        origin: Origin,
        connect: Callable[[], Awaitable[Http2Connection | None]],
    ) -> None:
        try:
            with attempt.scope:
                connection = await connect()
                if connection is not None:
                    self._connections.setdefault(origin, []).append(connection)
        except Exception as error:
            attempt.error = error
        finally:
            del self._attempts[origin]
            attempt.over.set()

    def _tidy(self) -> None:
        """Forget connections that are over, and close those that have been idle for long."""
        idle: list[Http2Connection] = []
        for origin, connections in self._connections.items():
            self._connections[origin] = [each for each in connections if not each.is_over]
            idle += [each for each in self._connections[origin] if each.is_idle]
        idle.sort(key=lambda connection: connection.idle_since)
        oldest = time.monotonic() - self._expiry
        for left, connection in zip(range(len(idle), 0, -1), idle, strict=True):
            if connection.idle_since < oldest or left > self._most_idle:
                connection.retire()

    async def aclose(self) -> None:
        self._closed = True
        self.slots.close()
        for attempt in list(self._attempts.values()):
            attempt.scope.cancel()
            with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
                await attempt.over.wait()
        connections = [each for some in self._connections.values() for each in some]
        for connection in connections:
            connection.close()  # all at once, so that the bound is one for all
        for connection in connections:
            await connection.aclose()


class _Attempt:
    """A connection that is being made."""

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.over = anyio.Event()
        self.error: Exception | None = None


class _Call:
    """A request on its way: its slot, and its stream once there is one."""

    def __init__(self, slots: Slots) -> None:
        self.stream: Http2Stream | None = None
        self._slots = slots

    def end(self) -> None:
        """Let go of both. It waits for nothing, so that no cancellation comes in between."""
        if self.stream is not None:
            self.stream.release()
        self._slots.release(self)


async def _send_body(stream: Http2Stream, request: httpx.Request, timeout: float | None) -> None:
    body = Outgoing(cast("httpx.AsyncByteStream", request.stream))
    try:
        await stream.send(body, timeout)
    finally:
        if body.unfinished:
            await body.aclose()


class _Body(httpx.AsyncByteStream):
    """A response's body."""

    def __init__(self, call: _Call, stream: Http2Stream, timeout: float | None) -> None:
        self._call = call
        self._stream = stream
        self._timeout = timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self._stream.read(self._timeout):
            yield data

    async def aclose(self) -> None:
        self._call.end()
