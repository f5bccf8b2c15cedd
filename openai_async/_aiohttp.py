"""The aiohttp transport: httpx-aiohttp's, one for each event loop, closed when its loop ends."""

from __future__ import annotations

import asyncio
import functools
import ssl
import weakref
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from ._connection import CLOSED
from ._loops import PerLoop
from .errors import ConfigurationError

__all__ = ["AiohttpPool"]

NEVER = 1e9
"""Seconds: aiohttp has no word for keeping a connection for ever."""


class AiohttpPool(httpx.AsyncBaseTransport):
    """aiohttp's connections, behind httpx's interface.

    An aiohttp session belongs to one event loop, and complains when nobody closed it. Here each
    loop gets its own, which ends with it.
    """

    def __init__(self, *, limits: httpx.Limits, proxy: str | None = None) -> None:
        self._limits = limits
        self._proxy = None if proxy is None else httpx.Proxy(proxy)
        self._runs = PerLoop(self._make)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _check_loop()
        run = self._runs.here() or await self._runs.begin()
        # One turn of the loop, in which it hears of idle connections that the server has closed.
        await asyncio.sleep(0)
        if self._runs.here() is not run:  # it would make a session that nobody closes
            raise httpx.ConnectError(CLOSED)
        try:
            return await run.transport.handle_async_request(request)
        except Exception as error:
            if self._runs.here() is not run:  # whatever aiohttp says to that
                raise httpx.ReadError(CLOSED) from error
            raise

    async def aclose(self) -> None:
        """Close all connections of this event loop, also those in use."""
        await self._runs.aclose()

    def _make(self) -> _Run:
        answers: weakref.WeakSet[aiohttp.ClientResponse] = weakref.WeakSet()
        transport = AiohttpTransport(
            verify=self._ssl_context,
            client=functools.partial(self._session, answers),
            proxy=self._proxy,
        )
        return _Run(transport, answers)

    def _session(self, answers: weakref.WeakSet[aiohttp.ClientResponse]) -> aiohttp.ClientSession:
        class Response(aiohttp.ClientResponse):
            async def start(self, connection: Any) -> aiohttp.ClientResponse:
                answers.add(self)
                return await super().start(connection)

        expiry = self._limits.keepalive_expiry
        connector = aiohttp.TCPConnector(
            ssl=self._ssl_context,
            limit=self._limits.max_connections or 0,  # 0 is no limit
            keepalive_timeout=NEVER if expiry is None else expiry,
        )
        # Cookies are httpx's business.
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), response_class=Response
        )

    def read_certificates(self) -> None:
        """Do it now, not when the first connection is made: it takes some 20 ms."""
        _ = self._ssl_context

    @functools.cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


def _check_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("transport='aiohttp' is for asyncio, not for trio") from None


@dataclass
class _Run:
    """The session of one event loop."""

    transport: AiohttpTransport
    answers: weakref.WeakSet[aiohttp.ClientResponse]

    async def aclose(self) -> None:
        # One by one, for whoever waits for more of one: a session that closes wakes up nobody.
        for answer in list(self.answers):
            answer.close()
        await self.transport.aclose()
        await asyncio.sleep(0)  # asyncio closes a socket one turn of the loop later
