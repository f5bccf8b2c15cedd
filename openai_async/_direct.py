"""An `httpx.AsyncClient` with a short way to its transport.

`AsyncClient.build_request` and `AsyncClient.send` merge settings, walk through authentication, hooks,
mounts and redirects, and wrap the body once more. That is as much work as the call itself, and for a
client that has none of these it comes to nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx

from ._patched import client_is_patched

__all__ = ["DirectClient"]

_logger = logging.getLogger("httpx")


class DirectClient(httpx.AsyncClient):
    """Of one transport; without authentication, hooks and proxies."""

    def __init__(self, transport: httpx.AsyncBaseTransport, **options: Any) -> None:
        super().__init__(transport=transport, **options)
        self._direct = transport
        self._has_cookies = False

    def read_certificates(self) -> None:
        """Ahead of the first connection, if the transport is one of ours."""
        read: Callable[[], None] | None = getattr(self._direct, "read_certificates", None)
        if read is not None:
            read()

    def add_cookies(self, request: httpx.Request) -> None:
        """The cookies that earlier answers have set for this place."""
        if self._has_cookies:
            self.cookies.set_cookie_header(request)

    async def send_directly(self, request: httpx.Request) -> httpx.Response:
        """The same as `send(request, stream=True)`, but that `next_request` is left to the caller, and
        the response's own `elapsed` to `Raw`."""
        if client_is_patched():
            return await self.send(request, stream=True)
        try:
            response = await self._direct.handle_async_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        if "set-cookie" in response.headers:
            self.cookies.extract_cookies(response)
            self._has_cookies = True
        if _logger.isEnabledFor(logging.INFO):
            _logger.info(
                'HTTP Request: %s %s "%s %d %s"',
                request.method,
                request.url.copy_with(query=None),  # which may hold a key, or sign a download
                response.http_version,
                response.status_code,
                response.reason_phrase,
            )
        return response
