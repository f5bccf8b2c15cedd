"""What HTTP/2 asks of us beyond `h2`: settings, a request's head, and a GOAWAY that is none. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

import httpx
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

__all__ = ["GoAways", "head", "protocol"]

STREAM_WINDOW: Final = 2 * 1024 * 1024
"""Bytes that a server may send on a stream ahead of who reads it."""
CONNECTION_WINDOW: Final = 2**31 - 1
"""The same for all streams together: no bound, lest one that nobody reads holds up the others."""
FIRST_WINDOW: Final = 2**16 - 1
"""That of a connection, before any other is told."""

# For DEBUG it writes down every header, the key among them.
logging.getLogger("hpack").setLevel(logging.INFO)

NOT_IN_HTTP2: Final = frozenset(
    {b"host", b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)


def protocol() -> H2Connection:
    """A connection's state, with what is to be sent first."""
    # Real servers send headers that the standard forbids; httpx reads them all the same.
    state = H2Connection(
        H2Configuration(client_side=True, header_encoding=None, validate_inbound_headers=False)
    )
    settings = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW}
    state.local_settings = Settings(client=True, initial_values=settings)
    # Some servers refuse a connection that speaks of it.
    del state.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]
    state.initiate_connection()
    state.increment_flow_control_window(CONNECTION_WINDOW - FIRST_WINDOW)
    return state


def head(request: httpx.Request) -> list[tuple[bytes, bytes]]:
    """The fields that begin a request."""
    url = request.url
    fields = [(name.lower(), value) for name, value in request.headers.raw]
    return [
        (b":method", request.method.encode("ascii")),
        (b":authority", request.headers["host"].encode("ascii")),
        (b":scheme", url.raw_scheme),
        (b":path", url.raw_path),
        *(field for field in fields if field[0] not in NOT_IN_HTTP2),
    ]


class GoAways:
    """Cuts the GOAWAY frames out of what a server sends.

    To h2 any of them is the end of the connection, and what follows an error. But a server that is
    about to leave says so, and then serves the streams that it has to their ends.
    """

    FRAME_HEAD = 9
    MOST = 2**14
    GOAWAY = 7

    def __init__(self) -> None:
        self._buffer = bytearray()

    def cut_out(self, data: bytes) -> Iterator[bytes | int]:
        """Bytes for h2, whole frames of them, and for each GOAWAY the last stream it leaves alive."""
        self._buffer += data
        buffer, start, at = self._buffer, 0, 0
        while len(buffer) >= at + self.FRAME_HEAD:
            size = int.from_bytes(buffer[at : at + 3], "big")
            if size > self.MOST:
                raise httpx.RemoteProtocolError(f"the server sent a frame of {size} bytes")
            end = at + self.FRAME_HEAD + size
            if end > len(buffer):
                break
            if buffer[at + 3] == self.GOAWAY:
                yield bytes(buffer[start:at])
                head = at + self.FRAME_HEAD
                yield int.from_bytes(buffer[head : head + 4], "big") & 0x7FFF_FFFF
                start = end
            at = end
        yield bytes(buffer[start:at])
        del buffer[:at]
