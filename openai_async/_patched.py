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
    """Whether `httpx.AsyncClient.send` is another's."""
    return not _is_of(httpx.AsyncClient.send, "httpx")


def transport_is_patched() -> bool:
    """Whether httpx's way to the network is another's."""
    if not _is_of(httpx.AsyncHTTPTransport.handle_async_request, "httpx"):
        return True
    httpcore = sys.modules.get("httpcore")  # httpx does without it until there is a connection
    return httpcore is not None and not (
        _is_of(httpcore.AsyncConnectionPool.handle_async_request, "httpcore")
        and _is_of(httpcore.AsyncHTTPConnection.handle_async_request, "httpcore")
    )


def _is_of(method: Any, package: str) -> bool:
    """By the globals: `functools.wraps` copies the name of the module."""
    if not isinstance(method, FunctionType):
        return False
    module: str = method.__globals__["__name__"]
    return module == package or module.startswith(f"{package}.")
