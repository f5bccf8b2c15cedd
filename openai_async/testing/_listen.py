"""The server on a socket: uvicorn's HTTP protocol inside the running asyncio loop.

Not `uvicorn.Server`: that one is a process of its own, with signal handlers, a clock that ticks and
a slow end. Here are only a listening socket and uvicorn's protocol for each connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ._http import HANG_UP

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_GRACE_SECONDS = 1.0
_log = logging.getLogger("openai_async.testing.uvicorn")


class _Protocol(H11Protocol):
    """uvicorn's protocol, which also lets the application drop its connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        app: Any = self.app

        async def droppable(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[HANG_UP] = self.hang_up
            await app(scope, receive, send)

        self.app = droppable

    def hang_up(self, reset: bool) -> None:
        """Close the connection: after what was written, or at once, by a TCP reset."""
        if not reset:
            self.transport.close()
            return
        connection: socket.socket | None = self.transport.get_extra_info("socket")
        if connection is not None:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


@asynccontextmanager
async def listen(app: ASGIApp, host: str, port: int) -> AsyncGenerator[tuple[str, int], None]:
    """Serve `app` on a socket of this loop; yields the address. Port 0 lets the kernel choose."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,
    )
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        return _Protocol(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(protocol, host, port, backlog=2048)
    try:
        address = server.sockets[0].getsockname()
        yield address[0], address[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            # Each call hears of the end of its connection and finishes by itself.
            _, late = await asyncio.wait(state.tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        await server.wait_closed()
