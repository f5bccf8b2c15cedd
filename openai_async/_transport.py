"""Between us and httpx: which transport serves, what its errors mean, and open bodies.

This is the seam: `httpx.AsyncClient` in its several flavours (our own, the user's, its successor
`httpx2`) is spoken to from here and from `_send`, and from nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import time
from collections.abc import AsyncIterator, Callable
from types import ModuleType, NoneType, TracebackType
from typing import Any, Literal, TypeVar

import anyio
import httpx

from ._config import DEFAULT_LIMITS, DEFAULT_TIMEOUT
from ._direct import DirectClient
from ._loops import spawner
from ._pool import ConnectionPool
from ._proxies import environment_proxies
from ._retry import RETRIES_TAKEN
from .errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    OpenAIError,
    TimeoutPhase,
)

__all__ = ["OpenBody", "TransportChoice", "make_http_client", "translate"]

T = TypeVar("T")

MOST_BUFFERED = 10_000
"""Pieces of a body that may still come out of buffers when its connection has been closed."""

TransportChoice = httpx.AsyncBaseTransport | Literal["httpx", "aiohttp"] | None


def make_http_client(
    transport: TransportChoice,
    limits: httpx.Limits | None,
    timeout: httpx.Timeout,
    *,
    http2: bool = False,
) -> httpx.AsyncClient:
    """The `httpx.AsyncClient` that carries a client's calls.

    Raises `ConfigurationError` for a transport that isn't known or not installed.
    """
    options: dict[str, Any] = {"timeout": timeout}
    if not isinstance(limits, (httpx.Limits, NoneType)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"limits must be an httpx.Limits, not {limits!r}")
    limits = limits or DEFAULT_LIMITS
    if http2:
        return _pooled(_http2_transport(transport), limits, options)
    if transport is None or transport == "httpx":
        return _pooled(ConnectionPool, limits, options)
    if transport == "aiohttp":
        try:
            from ._aiohttp import AiohttpPool  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigurationError(
                "transport='aiohttp' needs the extra: pip install 'openai_async[aiohttp]'"
            ) from None
        return _pooled(AiohttpPool, limits, options)
    if not isinstance(transport, httpx.AsyncBaseTransport):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(
            f"transport must be 'httpx', 'aiohttp' or an httpx.AsyncBaseTransport, not {transport!r}"
        )
    return DirectClient(transport, **options)


def _http2_transport(transport: TransportChoice) -> Callable[..., httpx.AsyncBaseTransport]:
    if transport is not None and transport != "httpx":
        raise ConfigurationError(f"http2 is not for transport={transport!r}, which decides itself")
    try:
        from ._http2 import Http2Transport  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigurationError(
            "http2=True needs the extra: pip install 'openai_async[http2]'"
        ) from None
    return Http2Transport


def _pooled(
    pool: Callable[..., httpx.AsyncBaseTransport], limits: httpx.Limits, options: dict[str, Any]
) -> httpx.AsyncClient:
    """One pool for direct connections, and one for each proxy of the environment."""
    mounts = {
        pattern: None if proxy is None else pool(limits=limits, proxy=proxy)
        for pattern, proxy in environment_proxies().items()
    }
    if not mounts:
        return DirectClient(pool(limits=limits), **options)
    return httpx.AsyncClient(transport=pool(limits=limits), mounts=mounts, **options)


def library_of(http_client: Any) -> ModuleType:
    """The module, httpx or its successor httpx2, whose `AsyncClient` this is.

    Raises `ConfigurationError` for anything else.
    """
    kinds: tuple[type, ...] = type(http_client).__mro__
    for kind in kinds:
        library = kind.__module__.partition(".")[0]
        if kind.__name__ == "AsyncClient" and library in ("httpx", "httpx2"):
            return sys.modules[library]
    raise ConfigurationError(f"http_client must be an httpx.AsyncClient, not {http_client!r}")


def timeout_of(http_client: Any) -> Any:
    """The timeout of a user's own client, where it is not merely httpx's default of 5 seconds."""
    timeout = http_client.timeout
    return DEFAULT_TIMEOUT if timeout == type(timeout)(5.0) else timeout


_PHASES: tuple[tuple[str, TimeoutPhase], ...] = (
    ("ConnectTimeout", "connect"),
    ("ReadTimeout", "read"),
    ("WriteTimeout", "write"),
    ("PoolTimeout", "pool"),
    ("TimeoutException", "read"),  # the base of them all, which mocks raise
)


def translate(
    error: Exception, request: httpx.Request | None, response: httpx.Response | None = None
) -> APIConnectionError | ConfigurationError | None:
    """Our error for one of httpx's, or None where it is none of httpx's or the network's.

    By names, not classes, so that it holds for httpx and httpx2 alike.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    details: dict[str, Any] = {"request": request, "response": response}
    if response is not None:
        details["retries_taken"] = response.extensions.get(RETRIES_TAKEN, 0)
    for name, phase in _PHASES:
        if name in names and not _is_aiohttps_loss(error):
            return APITimeoutError(f"{phase} timed out", phase=phase, **details)
    if "UnsupportedProtocol" in names or "InvalidURL" in names:
        return ConfigurationError(str(error))
    if "DecodingError" in names:
        return APIConnectionError(f"the body can't be decoded: {error}", **details)
    if (
        names & {"RequestError", "StreamError", "ClientError"}  # the last is aiohttp's
        or isinstance(error, _NETWORK_ERRORS)
        or str(error) == "Connection closed."  # aiohttp's RuntimeError, once it has been closed
    ):
        told = _reason(error) or type(error).__name__
        what = "the connection was cut" if response is not None else "no answer"
        return APIConnectionError(f"{what}: {told}", **details)
    return None


def _reason(error: BaseException | None) -> str:
    """What an error says or, where it is silent, what it came from does: TLS's reasons lie deep."""
    while error is not None:
        if text := str(error):
            return text
        error = error.__cause__ or error.__context__
    return ""


_NETWORK_ERRORS = (
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)


def _is_aiohttps_loss(error: Exception) -> bool:
    """Whether a "timeout" is a connection that aiohttp lost: httpx-aiohttp calls each a timeout."""
    cause = error.__cause__
    library = type(cause).__module__.partition(".")[0]
    return library == "aiohttp" and not isinstance(cause, asyncio.TimeoutError)


class OpenBody:
    """A response whose body has not been read, and the duty to let go of its connection.

    Dropped unclosed, it closes itself on the event loop that it was made on.
    """

    def __init__(self, response: httpx.Response, expires: float = float("inf")) -> None:
        self.response = response
        self.expires = expires
        """When the call's deadline is over, on `time.monotonic`'s clock."""
        self._reading: AsyncIterator[Any] | None = None
        self._spawn = spawner()

    @property
    def is_read(self) -> bool:
        """Whether the whole body has been read, and is kept."""
        return hasattr(self.response, "_content")

    async def read(self) -> bytes:
        """The whole body. Raises `APIConnectionError`, a timeout among them."""
        if not self.is_read:
            with Deadline(self.expires, self.response):
                await self._read()
        return self.response.content

    async def _read(self) -> None:
        try:
            await self.response.aread()
        except Exception as error:
            raise self.failure(error) from error
        finally:
            await self.aclose()

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The body, decoded, as it comes. Raises as `read` does."""
        return self.guard(self.response.aiter_bytes(chunk_size))

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, decoded, as it comes, with httpx's own errors; `failure` translates them."""
        self._reading = aiter(self.response.aiter_bytes())
        return self._reading

    def guard(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        """The same items, with httpx's errors translated, and the connection let go of at the end."""
        self._reading = items
        return _Guarded(self, items)

    def failure(self, error: Exception) -> Exception:
        """What to raise for an error that came up while the body was read."""
        if type(error).__name__ == "StreamConsumed":
            told = "the body has been read already; read() keeps it, where it comes first"
            return OpenAIError(told)
        return translate(error, self.response.request, self.response) or error

    async def aclose(self) -> None:
        """Let go of the connection, also when the task has been cancelled."""
        if self.response.is_closed and self._reading is None:
            return
        with anyio.CancelScope(shield=True):
            await self.response.aclose()
            # It may not be at its end though the body is: the last piece may still be in a buffer.
            reading, self._reading = self._reading, None
            if reading is not None:
                await _run_out(reading)

    def drop(self) -> None:
        """Let go of the connection later, from wherever this is called."""
        if not self.response.is_closed:
            self._spawn(functools.partial(_drop, self.response, self._reading))

    __del__ = drop


class _Guarded(AsyncIterator[T]):
    """What `OpenBody.guard` gives.

    No generator, of which trio warns where a loop over it is left.
    """

    def __init__(self, body: OpenBody, items: AsyncIterator[T]) -> None:
        self._body = body
        self._items = items

    async def __anext__(self) -> T:
        try:
            with Deadline(self._body.expires, self._body.response):
                return await anext(self._items)
        except StopAsyncIteration:
            await self._body.aclose()
            raise
        except BaseException as error:
            await self._body.aclose()
            failure = self._body.failure(error) if isinstance(error, Exception) else error
            if failure is error:
                raise
            raise failure from error

    async def aclose(self) -> None:
        """For `contextlib.aclosing`."""
        await self._body.aclose()

    def __del__(self) -> None:
        self._body.drop()


async def _run_out(items: AsyncIterator[Any]) -> None:
    """End an iterator over a closed body, and with it the generators that httpx has behind it.

    Closing the outermost would leave the others to the garbage collector, who makes a task of each,
    and of whom trio warns. So it is resumed: it finds the body closed or, if it would wait for
    something, itself cancelled.
    """
    with anyio.CancelScope() as scope, contextlib.suppress(Exception):
        scope.cancel()
        for _ in range(MOST_BUFFERED):
            await anext(items)


async def _drop(response: httpx.Response, reading: AsyncIterator[Any] | None) -> None:
    # Nobody is there to be told; and an error in a system task of trio's would end all of it.
    with contextlib.suppress(Exception):
        await response.aclose()
        if reading is not None:
            await _run_out(reading)


class Deadline:
    """A context manager that turns the passing of a call's deadline into `APITimeoutError`.

    Free of cost where there is no deadline.
    """

    def __init__(self, expires: float, response: httpx.Response | None = None) -> None:
        self._expires = expires
        self._response = response
        self._scope: anyio.CancelScope | None = None

    def __enter__(self) -> None:
        if self._expires != float("inf"):
            left = self._expires - time.monotonic()
            self._scope = anyio.move_on_after(max(0.0, left)).__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._scope is None:
            return
        self._scope.__exit__(kind, error, traceback)
        if self._scope.cancelled_caught:
            taken = self._response.extensions.get(RETRIES_TAKEN, 0) if self._response else 0
            raise APITimeoutError(
                "the deadline is over",
                phase="deadline",
                response=self._response,
                retries_taken=taken,
            ) from None
