"""Whether someone has put himself in the place of a method of httpx's.

What fakes, records or traces calls (respx, pytest-httpx, Sentry, OpenTelemetry) does so, and has to be
asked where we would take a shorter way.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

import httpx

__all__ = ["client_is_patched", "transport_is_patched"]


def client_is_patched() -> bool:
    """Whether a method of `httpx.AsyncClient` that we leave out is another's.

    The inner ones are for respx, which can sit there too, and for vcrpy up to 7.
    """
    client: Any = httpx.AsyncClient
    return not (
        _is_of(client.send, "httpx.")
        and _is_of(getattr(client, "_send_single_request", client.send), "httpx.")
        and _is_of(getattr(client, "_transport_for_url", client.send), "httpx.")
    )


def transport_is_patched() -> bool:
    """Whether httpx's way to the network is another's."""
    if not _is_of(httpx.AsyncHTTPTransport.handle_async_request, "httpx."):
        return True
    httpcore = sys.modules.get("httpcore")  # httpx does without it until there is a connection
    return httpcore is not None and not (
        _is_of(httpcore.AsyncConnectionPool.handle_async_request, "httpcore.")
        and _is_of(httpcore.AsyncHTTPConnection.handle_async_request, "httpcore.")
    )


def _is_of(method: Any, package: str) -> bool:
    """By the globals: `functools.wraps` copies the name of the module, and wrapt's objects, as
    OpenTelemetry puts them there, pass for what is in them."""
    if type(method) is not FunctionType:
        return False
    module: str = method.__globals__["__name__"]
    return module.startswith(package)
