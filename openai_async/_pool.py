"""The connection pool: one `httpx.AsyncHTTPTransport` for each connection.

httpx's own pool walks all its connections and requests on each event, so its cost grows with the
square of the concurrency, and a request that is cancelled at the wrong moment leaves its slot
taken for ever. Here a free list (the last one in is the first one out, so that the rest can grow
old) and a fair limiter do the work, and whatever did not end cleanly is closed and thrown away.
"""

from __future__ import annotations

import functools
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import anyio
import httpx

from ._loops import PerLoop
from ._retry import STALE

__all__ = ["CLOSE_SECONDS", "ConnectionPool", "Origin", "Outgoing", "Slots", "origin_of"]

CLOSE_SECONDS = 2.0
"""How long the closing of a connection may take before it is left to the operating system."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """Connections to any number of origins, kept alive for the next request.

    - `limits`: as in httpx: how many connections there may be, how many of them idle and for how
      many seconds.
    - `verify`, `cert`: as in httpx; one `ssl.SSLContext` serves all connections.
    - `proxy`: the URL of the proxy that all of them go through.

    Requests wait for a connection in the order of their coming. Connections belong to the event
    loop that made them; on another one, the pool begins anew.
    """

    def __init__(
        self,
        *,
        limits: httpx.Limits,
        verify: ssl.SSLContext | bool = True,
        cert: Any = None,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
    ) -> None:
        self._limits = limits
        self._verify = verify
        self._cert = cert
        self._proxy = proxy
        self._runs = PerLoop(lambda: _Run(limits))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        run = self._runs.here() or await self._runs.begin()
        origin = origin_of(request.url)
        slot = _Slot()
        await run.slots.acquire(slot, request.extensions.get("timeout", {}).get("pool"))
        try:
            slot.connection = connection = run.take(origin) or self._connect(origin)
            if run.is_crowded():
                await run.close_oldest()
            response = await _send(connection.transport, request)
        except BaseException as error:
            if (
                isinstance(error, _LOST)
                and slot.connection is not None
                and slot.connection.idle_since
            ):
                setattr(error, STALE, True)
            await run.discard(slot)
            raise
        response.stream = _Body(cast("httpx.AsyncByteStream", response.stream), run, slot)
        return response

    async def aclose(self) -> None:
        """Close all connections, also those in use: whoever reads from one gets an error."""
        await self._runs.aclose()

    def _connect(self, origin: Origin) -> _Connection:
        transport = httpx.AsyncHTTPTransport(
            verify=self.ssl_context if self._needs_tls(origin) else _NO_TLS,
            limits=httpx.Limits(
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=self._limits.keepalive_expiry,
            ),
            proxy=self._proxy,
        )
        return _Connection(transport, origin)

    def _needs_tls(self, origin: Origin) -> bool:
        return origin[0] != "http"

    @functools.cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the certificates takes a while."""
        return httpx.create_ssl_context(verify=self._verify, cert=self._cert)


_LOST = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

Origin = tuple[str, str, "int | None"]

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For connections without TLS, where httpx would make a context of its own for each."""


def origin_of(url: httpx.URL) -> Origin:
    """What a connection leads to."""
    return url.scheme, url.host, url.port


class Slots:
    """The right to be on the way, for so many requests at a time, in the order of their coming."""

    def __init__(self, most: float) -> None:
        self._limiter = anyio.CapacityLimiter(most)
        self._taken: set[Any] = set()

    async def acquire(self, holder: object, timeout: float | None) -> None:
        """Wait for a slot; for `timeout` seconds at the most."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(holder)
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._limiter.acquire_on_behalf_of(holder)
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"no connection became free in {timeout:g} s") from None
        self._taken.add(holder)

    def release(self, holder: object) -> None:
        """Let the next one have the slot. A second time it does nothing."""
        if holder in self._taken:
            self._taken.remove(holder)
            self._limiter.release_on_behalf_of(holder)

    def __contains__(self, holder: object) -> bool:
        return holder in self._taken

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._taken))

    def __len__(self) -> int:
        return len(self._taken)


class _Connection:
    """A transport that holds one connection, or is about to make it."""

    __slots__ = ("idle_since", "origin", "transport")

    def __init__(self, transport: httpx.AsyncHTTPTransport, origin: Origin) -> None:
        self.transport = transport
        self.origin = origin
        self.idle_since = 0.0

    async def aclose(self) -> None:
        """Close, also in a task that has been cancelled, and never for long."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
            await self.transport.aclose()


class _Slot:
    """The right to one connection, and the connection once there is one."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: _Connection | None = None


class _Run:
    """The connections that belong to one event loop."""

    def __init__(self, limits: httpx.Limits) -> None:
        most = limits.max_connections
        self._most = float("inf") if most is None else most
        self.slots = Slots(self._most)
        keep = limits.max_keepalive_connections
        self._most_idle = self._most if keep is None else keep
        self._expiry = limits.keepalive_expiry
        self._idle: dict[Origin, list[_Connection]] = {}
        self._by_age: OrderedDict[_Connection, None] = OrderedDict()  # idle ones, oldest first

    def take(self, origin: Origin) -> _Connection | None:
        """The connection to an origin that was used last, or None."""
        idle = self._idle.get(origin)
        if not idle:
            return None
        connection = idle.pop()
        del self._by_age[connection]
        return connection

    def is_crowded(self) -> bool:
        """Whether there are more connections, idle ones with them, than there may be."""
        return bool(self._by_age) and len(self.slots) + len(self._by_age) > self._most

    async def close_oldest(self) -> None:
        """Close the connection that has been idle longest."""
        connection, _ = self._by_age.popitem(last=False)
        self._idle[connection.origin].remove(connection)
        await connection.aclose()

    def has_old(self, now: float) -> bool:
        if not self._by_age or self._expiry is None:
            return len(self._by_age) > self._most_idle
        oldest = next(iter(self._by_age))
        return len(self._by_age) > self._most_idle or now - oldest.idle_since > self._expiry

    async def give_back(self, slot: _Slot) -> None:
        """Take back a connection that is fit for the next request."""
        connection = slot.connection
        if slot not in self.slots or connection is None:
            return  # the pool was closed in the meantime
        connection.idle_since = now = time.monotonic()
        self._idle.setdefault(connection.origin, []).append(connection)
        self._by_age[connection] = None
        self.slots.release(slot)
        while self.has_old(now):
            await self.close_oldest()

    async def discard(self, slot: _Slot) -> None:
        """Close a connection that is of no more use, and let the next request have its slot."""
        try:
            if slot.connection is not None:
                await slot.connection.aclose()
        finally:
            self.slots.release(slot)

    async def aclose(self) -> None:
        for slot in self.slots:
            await self.discard(slot)
        while self._by_age:
            await self.close_oldest()


async def _send(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
    """Send a request, and close its body's iterator even if it was not read to its end.

    Left to the garbage collector, an async generator runs its end who knows when.
    """
    body = cast("httpx.AsyncByteStream", request.stream)
    request.stream = outgoing = Outgoing(body)
    try:
        return await transport.handle_async_request(request)
    finally:
        request.stream = body
        if outgoing.unfinished:  # also where the answer came before the body's end
            await outgoing.aclose()


class Outgoing(httpx.AsyncByteStream):
    """A request's body, with a hold on the iterator that reads it."""

    def __init__(self, body: httpx.AsyncByteStream) -> None:
        self._body = body
        self._iterator: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._iterator = iterator = aiter(self._body)
        return iterator

    @property
    def unfinished(self) -> bool:
        # A generator that has ended has no frame; whether another iterator has, nobody knows.
        return self._iterator is not None and getattr(self._iterator, "ag_frame", True) is not None

    async def aclose(self) -> None:
        close = getattr(self._iterator, "aclose", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await close()


class _Body(httpx.AsyncByteStream):
    """A response's body, and the duty to give its connection back, or to close it."""

    def __init__(self, stream: httpx.AsyncByteStream, run: _Run, slot: _Slot) -> None:
        self._stream = stream
        self._run = run
        self._slot = slot
        self._whole = False
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk
        self._whole = True

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        if not self._whole:
            await self._run.discard(self._slot)
            return
        try:
            await self._stream.aclose()
        except BaseException:
            await self._run.discard(self._slot)
            raise
        if self._slot.connection is not None and _has_more(self._slot.connection.transport):
            await self._run.discard(self._slot)
        else:
            await self._run.give_back(self._slot)


def _has_more(transport: httpx.AsyncHTTPTransport) -> bool:
    """Whether bytes came behind an answer: the next request would take them for its own answer.

    h11 keeps them, and nothing public shows them; where it can't be seen, the answer is no.
    """
    connections: list[Any] = getattr(getattr(transport, "_pool", None), "connections", [])
    inner = connections[0] if connections else None
    while inner is not None:
        if (state := getattr(inner, "_h11_state", None)) is not None:
            return bool(state.trailing_data[0])
        inner = getattr(inner, "_connection", None)  # the one within a proxy's, for instance
    return False
