"""An httpx transport that calls an ASGI application in-process, without a socket, and streams.

The application runs inside the client's own task: it is stepped from one `send` to the next, each
time the client asks for more. What it awaits in between goes to the event loop as if the client
awaited it. So there is no background task and nothing is buffered: a client that does not read
holds the application still, one that is cancelled cancels it, and one that closes the response
makes the next `send` fail, as a closed connection does. It works on asyncio and on trio.

The application has to call `send` from the task that it was called in.
"""

from __future__ import annotations

import math
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import httpx

from ._http import HANG_UP

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message


class _ClosedError(OSError):
    """What `send` raises after the client has closed the response."""


@dataclass
class _Sent:
    """How an application that sends is told from one that awaits."""

    message: Message


@types.coroutine
def _send(message: Message) -> Generator[Any, Any, None]:
    """The application's `send`: hands the message to `_step`, which stops there."""
    yield _Sent(message)


@types.coroutine
def _step(
    step: Callable[[], Any], app: Coroutine[Any, Any, None]
) -> Generator[Any, Any, Message | None]:
    """Run the application until it sends (the message) or ends (None)."""
    try:
        trap = step()
        while not isinstance(trap, _Sent):
            try:
                value = yield trap
            except BaseException as error:  # noqa: PERF203  # it is the application's
                trap = app.throw(error)
            else:
                trap = app.send(value)
    except StopIteration:
        return None
    return trap.message


class InProcessTransport(httpx.AsyncBaseTransport):
    """Calls an ASGI application. Needs no closing, and is bound to no event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Start the application and return as soon as it has sent its headers."""
        run = _Run(self._app, request)
        try:
            message = await run.next_message()
        except BaseException:
            run.abandon()
            raise
        if message is None:
            raise run.lost("Server disconnected without sending a response.")
        return httpx.Response(
            status_code=message["status"],
            headers=message["headers"],
            stream=_Body(run),
            extensions={"http_version": b"HTTP/1.1"},
            request=request,
        )


@dataclass
class _Run:
    """One call of the application."""

    app: ASGIApp
    request: httpx.Request
    ended: bool = False
    _reset: bool = False
    _told_end: bool = False
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _chunks: AsyncIterator[bytes] | None = None

    def __post_init__(self) -> None:
        timeouts: dict[str, float | None] = self.request.extensions.get("timeout", {})
        limit = timeouts.get("read")
        self._read_timeout = math.inf if limit is None else limit
        self._coroutine: Coroutine[Any, Any, None] = _call(
            self.app, self._asgi_scope(), self._receive
        )

    async def next_message(self) -> Message | None:
        """What the application sends next; None if it has ended. At most the read timeout."""
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + self._read_timeout) as scope:
                self._scope = scope
                message = await _step(lambda: self._coroutine.send(None), self._coroutine)
                self.ended = message is None
                return message
        except BaseException:
            self.ended = True  # cancelled in the middle of something, or failed
            raise
        self.ended = True
        raise httpx.ReadTimeout("The server did not answer in time.", request=self.request)

    async def close(self) -> None:
        """Tell the application that nobody reads on, and let it come to its end."""
        with anyio.CancelScope(shield=True):
            while not self.ended:
                step = partial(self._coroutine.throw, _ClosedError("response closed"))
                self.ended = await _step(step, self._coroutine) is None

    def abandon(self) -> None:
        """End the application without waiting for it."""
        self.ended = True
        self._coroutine.close()

    def lost(self, message: str) -> httpx.TransportError:
        """The error of a connection that the server has closed too early."""
        if self._reset:
            return httpx.ReadError("[Errno 104] Connection reset by peer", request=self.request)
        return httpx.RemoteProtocolError(message, request=self.request)

    async def _receive(self) -> Message:
        """The request's body, and then nothing: who closes is told by `send`.

        The client's own time, in which it produces the body, is not the server's: no deadline.
        """
        if self._chunks is None:
            self._chunks = aiter(cast(httpx.AsyncByteStream, self.request.stream))
        self._scope.deadline = math.inf
        chunk = await anext(self._chunks, None)
        self._scope.deadline = anyio.current_time() + self._read_timeout
        if chunk is not None:
            return {"type": "http.request", "body": chunk, "more_body": True}
        if not self._told_end:
            self._told_end = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while True:
            await anyio.sleep_forever()

    def _asgi_scope(self) -> dict[str, Any]:
        url = self.request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self.request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": (url.host, url.port or 80),
            "extensions": {HANG_UP: self._hang_up},
        }

    def _hang_up(self, reset: bool) -> None:
        self._reset = reset
        raise _ClosedError("hung up")


async def _call(app: ASGIApp, scope: dict[str, Any], receive: Any) -> None:
    """The application, ended quietly where it does not itself catch that the client has closed."""
    with suppress(_ClosedError):
        await app(scope, receive, _send)


class _Body(httpx.AsyncByteStream):
    """A response's body, straight from the application.

    An iterator and no generator: one that is left in the middle needs no clearing up.
    """

    def __init__(self, run: _Run) -> None:
        self._run = run

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._run.ended:
            message = await self._run.next_message()
            if message is None:
                raise self._run.lost(
                    "peer closed connection without sending complete message body "
                    "(incomplete chunked read)"
                )
            if not message.get("more_body", False):
                # The last piece: let the application end before anyone can stop reading.
                while await self._run.next_message() is not None:
                    pass
            body: bytes = message.get("body", b"")
            if body:
                return body
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self._run.close()
