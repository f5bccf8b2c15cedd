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
import importlib
import ssl
import time
import weakref
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import anyio
import httpx

from ._connection import HttpxConnection
from ._http1 import Http1Connection
from ._patched import transport_is_patched
from ._retry import STALE

__all__ = ["ConnectionPool"]


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
        self._runs: weakref.WeakKeyDictionary[Any, _Run] = weakref.WeakKeyDictionary()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        run = self._runs.get(_running_loop()) or await self._begin()
        origin = self._origin(request)
        slot = _Slot()
        await run.acquire(slot, request.extensions.get("timeout", {}).get("pool"))
        try:
            await run.close_old()
            slot.connection = connection = run.take(origin) or self._connect(origin)
            if run.is_crowded():
                await run.close_oldest()
            response = await connection.line.send(request)
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
        run = self._runs.pop(_running_loop(), None)
        if run is not None:
            await run.until_the_end.aclose()

    async def _begin(self) -> _Run:
        """The connections of an event loop that has none yet."""
        run = self._runs[_running_loop()] = _Run(self._limits)
        await anext(run.until_the_end)
        return run

    def _origin(self, request: httpx.Request) -> _Origin:
        url = request.url
        ours = (
            self._proxy is None
            and "trace" not in request.extensions
            and url.scheme in ("http", "https")
            and _is_asyncio()
            and not transport_is_patched()
        )
        return (Http1Connection if ours else HttpxConnection, url.scheme, url.host, url.port)

    def _connect(self, origin: _Origin) -> _Connection:
        kind, scheme, *_ = origin
        context = None if scheme == "http" else self._ssl_context
        if kind is Http1Connection:
            return _Connection(Http1Connection(context), origin)
        return _Connection(
            HttpxConnection(
                ssl_context=context,
                proxy=self._proxy,
                keepalive_expiry=self._limits.keepalive_expiry,
            ),
            origin,
        )

    def read_certificates(self) -> None:
        """Do it now, not when the first connection is made: it takes some 20 ms."""
        _ = self._ssl_context

    @functools.cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the certificates takes a while."""
        context = httpx.create_ssl_context(verify=self._verify, cert=self._cert)
        context.set_alpn_protocols(["http/1.1"])
        return context


_LOST = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

_Kind = type[Http1Connection] | type[HttpxConnection]
_Origin = tuple[_Kind, str, str, "int | None"]


def _running_loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return importlib.import_module("trio.lowlevel").current_trio_token()


def _is_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Connection:
    """A connection, or one about to be made, and where it goes."""

    __slots__ = ("idle_since", "line", "origin")

    def __init__(self, line: Http1Connection | HttpxConnection, origin: _Origin) -> None:
        self.line = line
        self.origin = origin
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
        keep = limits.max_keepalive_connections
        self._most_idle = self._most if keep is None else keep
        self._expiry = limits.keepalive_expiry
        self._limiter = anyio.CapacityLimiter(self._most)
        self._used: set[_Slot] = set()
        self._idle: dict[_Origin, list[_Connection]] = {}
        self._by_age: OrderedDict[_Connection, None] = OrderedDict()  # idle ones, oldest first
        self.until_the_end = self._close_at_the_end()

    async def _close_at_the_end(self) -> AsyncGenerator[None, None]:
        """Closes everything when it is closed itself: by the pool, or by the event loop's end.

        A loop that ends closes the async generators begun on it. So connections don't outlive their
        loop, also those of a client that nobody closed.
        """
        try:
            yield
        finally:
            await self._close_all()

    async def acquire(self, slot: _Slot, timeout: float | None) -> None:
        """Wait for the right to a connection; for `timeout` seconds at the most."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(slot)
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._limiter.acquire_on_behalf_of(slot)
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"no connection became free in {timeout:g} s") from None
        self._used.add(slot)

    def take(self, origin: _Origin) -> _Connection | None:
        """The connection to an origin that was used last, or None."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            del self._by_age[connection]
            if connection.line.is_alive():
                return connection
        return None

    def is_crowded(self) -> bool:
        """Whether there are more connections, idle ones with them, than there may be."""
        return bool(self._by_age) and len(self._used) + len(self._by_age) > self._most

    async def close_oldest(self) -> None:
        """Close the connection that has been idle longest."""
        connection, _ = self._by_age.popitem(last=False)
        self._idle[connection.origin].remove(connection)
        await connection.line.aclose()

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
        if slot not in self._used or connection is None:
            return  # the pool was closed in the meantime
        connection.idle_since = time.monotonic()
        self._idle.setdefault(connection.origin, []).append(connection)
        self._by_age[connection] = None
        self._release(slot)
        await self.close_old()

    async def discard(self, slot: _Slot) -> None:
        """Close a connection that is of no more use, and let the next request have its slot."""
        try:
            if slot.connection is not None:
                await slot.connection.line.aclose()
        finally:
            self._release(slot)

    def _release(self, slot: _Slot) -> None:
        if slot in self._used:
            self._used.remove(slot)
            self._limiter.release_on_behalf_of(slot)

    async def _close_all(self) -> None:
        for slot in list(self._used):
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
        if self._slot.connection is not None and self._slot.connection.line.is_reusable():
            await self._run.give_back(self._slot)
        else:
            await self._run.discard(self._slot)
