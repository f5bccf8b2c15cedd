"""The connection pool: a free list and a fair limiter.

httpx's own pool walks all its connections and requests on each event, so its cost grows with the
square of the concurrency, and a request that is cancelled at the wrong moment leaves its slot
taken for ever. Here the last connection that became free is the next one used, so that the rest can
grow old, and whatever did not end cleanly is closed and thrown away.

There are two kinds of connections: our own HTTP/1.1 on asyncio, and httpx's transport, one for each
connection, for the rest (trio, proxies).
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import anyio
import httpx

from ._connection import CLOSED, HttpxConnection
from ._http1 import Http1Connection
from ._loops import PerLoop, running_loop
from ._patched import transport_is_patched
from ._retry import STALE

__all__ = ["ConnectionPool", "Origin", "Slots", "origin_of"]


class ConnectionPool(httpx.AsyncBaseTransport):
    """Connections to any number of origins, kept alive for the next request.

    - `limits`: as in httpx: how many connections there may be, how many of them idle and for how
      many seconds.
    - `proxy`: the URL of the proxy that all of them go through.

    Requests wait for a connection in the order of their coming. Connections belong to the event
    loop that made them; on another one, the pool begins anew.
    """

    def __init__(
        self,
        *,
        limits: httpx.Limits,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
    ) -> None:
        self._limits = limits
        self._proxy = proxy
        self._runs = PerLoop(lambda: _Run(limits))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        run = self._runs.here() or await self._runs.begin()
        line = self._line(request)
        slot = _Slot()
        await run.slots.acquire(slot, request.extensions.get("timeout", {}).get("pool"))
        try:
            await run.close_old()
            slot.connection = connection = run.take(line) or self._connect(line)
            run.used.add(connection)
            if run.is_crowded():
                await run.close_oldest()
            response = await connection.inner.send(request)
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

    def _line(self, request: httpx.Request) -> _Line:
        """The kind of connection that a request needs, and where it leads."""
        ours = (
            self._proxy is None
            and "trace" not in request.extensions
            and request.url.scheme in ("http", "https")
            and isinstance(running_loop(), asyncio.AbstractEventLoop)
            and not transport_is_patched()
        )
        return Http1Connection if ours else HttpxConnection, origin_of(request.url)

    def _connect(self, line: _Line) -> _Connection:
        kind, (scheme, _, _) = line
        context = None if scheme == "http" else self._ssl_context
        if kind is Http1Connection:
            return _Connection(Http1Connection(context), line)
        expiry = self._limits.keepalive_expiry
        connection = HttpxConnection(
            ssl_context=context, proxy=self._proxy, keepalive_expiry=expiry
        )
        return _Connection(connection, line)

    def read_certificates(self) -> None:
        """Do it now, not when the first connection is made: it takes some 20 ms."""
        _ = self._ssl_context

    @functools.cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """Serves all connections. Made when it is first needed: reading the certificates takes a
        while."""
        context = httpx.create_ssl_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


_LOST = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

Origin = tuple[str, str, "int | None"]
_Kind = type[Http1Connection] | type[HttpxConnection]
_Line = tuple[_Kind, Origin]


def origin_of(url: httpx.URL) -> Origin:
    """What a connection leads to."""
    return url.scheme, url.host, url.port


class Slots:
    """The right to be on the way, for so many requests at a time, in the order of their coming."""

    def __init__(self, most: float) -> None:
        self._free = most
        self._taken: set[Any] = set()
        self._waiting: OrderedDict[Any, anyio.Event] = OrderedDict()
        self._closed = False

    async def acquire(self, holder: object, timeout: float | None) -> None:
        """Wait for a slot; for `timeout` seconds at the most. Raises httpx's errors."""
        if self._free >= 1 and not self._closed:
            self._free -= 1
            self._taken.add(holder)
            return
        self._waiting[holder] = turn = anyio.Event()
        try:
            with anyio.move_on_after(timeout) as scope:
                if not self._closed:
                    await turn.wait()
            if self._closed:
                raise httpx.ConnectError(CLOSED)
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"no connection became free in {timeout:g} s")
        except BaseException:
            self._waiting.pop(holder, None)
            self.release(holder)  # it may have become ours at the same moment
            raise

    def release(self, holder: object) -> None:
        """Let the next one have the slot. A second time it does nothing."""
        if holder not in self._taken:
            return
        self._taken.remove(holder)
        if self._waiting:
            following, turn = self._waiting.popitem(last=False)
            self._taken.add(following)
            turn.set()
        else:
            self._free += 1

    def close(self) -> None:
        """Give no more of them: whoever waits gets an error, and so does whoever comes."""
        self._closed = True
        for turn in self._waiting.values():
            turn.set()

    def __contains__(self, holder: object) -> bool:
        return holder in self._taken

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._taken))


class _Connection:
    """A connection, or one about to be made, and what it is kept for."""

    __slots__ = ("idle_since", "inner", "line")

    def __init__(self, inner: Http1Connection | HttpxConnection, line: _Line) -> None:
        self.inner = inner
        self.line = line
        self.idle_since = 0.0


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
        self.used: set[_Connection] = set()
        self._idle: dict[_Line, list[_Connection]] = {}
        self._by_age: OrderedDict[_Connection, None] = OrderedDict()  # idle ones, oldest first

    def take(self, line: _Line) -> _Connection | None:
        """The connection of a kind, to an origin, that was used last, or None."""
        idle = self._idle.get(line)
        while idle:
            connection = idle.pop()
            del self._by_age[connection]
            if connection.inner.is_alive():
                return connection
        return None

    def is_crowded(self) -> bool:
        """Whether there are more connections, idle ones with them, than there may be."""
        return bool(self._by_age) and len(self.used) + len(self._by_age) > self._most

    async def close_oldest(self) -> None:
        """Close the connection that has been idle longest."""
        connection, _ = self._by_age.popitem(last=False)
        self._idle[connection.line].remove(connection)
        await connection.inner.aclose()

    async def close_old(self) -> None:
        """Close the connections that have been idle for too long, and those that are too many."""
        while self._by_age and self._has_old(time.monotonic()):
            await self.close_oldest()

    def _has_old(self, now: float) -> bool:
        if len(self._by_age) > self._most_idle:
            return True
        oldest = next(iter(self._by_age))
        return self._expiry is not None and now - oldest.idle_since > self._expiry

    async def give_back(self, slot: _Slot) -> None:
        """Take back a connection that is fit for the next request."""
        connection = slot.connection
        if slot not in self.slots or connection is None:  # the pool was closed in the meantime
            await self.discard(slot)
            return
        self.used.discard(connection)
        connection.idle_since = time.monotonic()
        self._idle.setdefault(connection.line, []).append(connection)
        self._by_age[connection] = None
        self.slots.release(slot)
        await self.close_old()

    async def discard(self, slot: _Slot) -> None:
        """Close a connection that is of no more use, and let the next request have its slot."""
        try:
            if slot.connection is not None:
                self.used.discard(slot.connection)
                await slot.connection.inner.aclose()
        finally:
            self.slots.release(slot)

    async def aclose(self) -> None:
        self.slots.close()  # or whoever waits would get one of those, and connect anew
        for slot in self.slots:
            await self.discard(slot)
        while self._by_age:
            await self.close_oldest()


class _Body(httpx.AsyncByteStream):
    """A response's body, and the duty to give its connection back, or to close it."""

    def __init__(self, stream: httpx.AsyncByteStream, run: _Run, slot: _Slot) -> None:
        self._stream = stream
        self._chunks: AsyncIterator[bytes] | None = None
        self._run = run
        self._slot = slot
        self._whole = False
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._chunks is None:
            self._chunks = aiter(self._stream)
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            self._whole = True
            raise

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
        if self._slot.connection is not None and self._slot.connection.inner.is_reusable():
            await self._run.give_back(self._slot)
        else:
            await self._run.discard(self._slot)
