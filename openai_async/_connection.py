"""One connection by httpx: a transport of its own, which holds no more than that one."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import anyio
import httpx

__all__ = ["CLOSED", "CLOSE_SECONDS", "HttpxConnection", "Outgoing"]

CLOSED = "the client was closed"
"""What a call is told that was on its way then."""

CLOSE_SECONDS = 2.0
"""How long the closing of a connection may take before it is left to the operating system."""

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For connections without TLS, where httpx would make a context of its own for each."""


class HttpxConnection:
    """Connects at its first request, and serves one after another."""

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None,
        proxy: str | httpx.URL | httpx.Proxy | None,
        keepalive_expiry: float | None,
    ) -> None:
        self._transport = httpx.AsyncHTTPTransport(
            verify=_NO_TLS if ssl_context is None else ssl_context,
            limits=httpx.Limits(
                max_connections=1, max_keepalive_connections=1, keepalive_expiry=keepalive_expiry
            ),
            proxy=proxy,
        )
        self._half_open: Any = None
        """The socket, until there has been an answer: httpcore loses it if the handshake of TLS is
        cancelled."""
        self._sending: anyio.CancelScope | None = None

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request, its body unread. Raises httpx's errors."""
        # The body's iterator is closed even if it was not read to its end: left to the garbage
        # collector, an async generator runs its end who knows when.
        body = cast("httpx.AsyncByteStream", request.stream)
        request.stream = outgoing = Outgoing(body)
        extensions = request.extensions
        request.extensions = {"trace": self._trace, **extensions}
        try:
            with anyio.CancelScope() as self._sending:
                response = await self._transport.handle_async_request(request)
                self._half_open = None
                return response
            raise httpx.ReadError(CLOSED)
        finally:
            request.stream, request.extensions = body, extensions
            if outgoing.unfinished:  # also where the answer came before the body's end
                await outgoing.aclose()

    async def _trace(self, event: str, facts: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._half_open = facts["return_value"]

    def is_alive(self) -> bool:
        """Whether the next request may be tried. httpx looks by itself, and connects anew."""
        return True

    def is_reusable(self) -> bool:
        """Whether the last answer is all that came: the next request would take more for its own.

        h11 keeps it, and nothing public shows it; where it can't be seen, the answer is yes.
        """
        connections: list[Any] = getattr(getattr(self._transport, "_pool", None), "connections", [])
        inner = connections[0] if connections else None
        while inner is not None:
            if (state := getattr(inner, "_h11_state", None)) is not None:
                return not state.trailing_data[0]
            inner = getattr(inner, "_connection", None)  # the one within a proxy's, for instance
        return True

    async def aclose(self) -> None:
        """Close, also in a task that has been cancelled, and never for long."""
        if self._sending is not None:
            self._sending.cancel()
        with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
            await self._transport.aclose()
            if self._half_open is not None:
                await self._half_open.aclose()


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
