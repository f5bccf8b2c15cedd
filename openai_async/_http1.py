"""One HTTP/1.1 connection on asyncio.

httpx's transport passes each read through anyio's timers and each chunk through h11's objects and
half a dozen generators. That is most of what a call costs. Here a read is a future, a timeout is a
number that a lazy timer looks at, and what arrived together is framed and given together. What
needs more than this (proxies, HTTP/2, trio, tracing) is left to httpx's transport.

The rules are RFC 9112's; the errors are httpx's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import cast

import anyio
import httpx

from ._wire import Wire, connect

__all__ = ["Http1Connection"]

MOST_HEAD = 100 * 1024
"""Bytes of a response's head, or of a line within a chunked body."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) +([1-5][0-9][0-9])(?: ([^\r\n\0]*))?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n")

Headers = list[tuple[bytes, bytes]]


class Http1Connection:
    """Connects at its first request, and serves one after another."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._ssl_context = ssl_context
        self._wire: Wire | None = None
        self._finished = False

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request, its body unread. Raises httpx's errors."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        if self._wire is None:
            self._wire = await self._connect(request, timeouts.get("connect"))
        wire = self._wire
        self._finished = False
        await _send(wire, request, timeouts.get("write"))
        wire.read_timeout = timeouts.get("read")
        minor, status, reason, headers = await _read_head(wire)
        framing, keep = _framing(request, minor, status, headers)
        return httpx.Response(
            status,
            headers=headers,
            stream=_Stream(self, wire, framing, keep=keep),
            extensions={"http_version": b"HTTP/1.%d" % minor, "reason_phrase": reason},
        )

    def finish(self) -> None:
        """The answer has been read to its end, and more may follow."""
        self._finished = True

    def is_reusable(self) -> bool:
        """Whether the last answer is all that came, and the connection is to be kept."""
        return self._finished and self._wire is not None and not self._wire.is_disturbed()

    def is_alive(self) -> bool:
        """Whether the next request may go over this connection now. If not, it is closed."""
        if self._wire is None:
            return False
        if self.is_reusable() and not self._wire.has_news():
            return True
        self._wire.transport.abort()
        return False

    async def aclose(self) -> None:
        """Close, without any wait for the server."""
        if self._wire is not None:
            await self._wire.close()

    async def _connect(self, request: httpx.Request, timeout: float | None) -> Wire:
        url = request.url
        host = url.raw_host.decode("ascii")
        tls = url.scheme == "https"
        name = str(request.extensions.get("sni_hostname") or host)
        try:
            with anyio.fail_after(timeout):
                return await connect(
                    host, url.port or (443 if tls else 80), self._ssl_context if tls else None, name
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error) or "connecting took too long") from error
        except (OSError, UnicodeError) as error:  # of TLS among them; of a name that is none
            raise httpx.ConnectError(str(error)) from error


async def _send(wire: Wire, request: httpx.Request, timeout: float | None) -> None:
    """The request, head and body. A server may answer, or leave, before it has heard all of it."""
    # The head is kept in no variable: it holds the key, and tracebacks may show variables.
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        await wire.send(_request_head(request) + b"".join(stream), timeout)
        return
    await wire.send(_request_head(request), timeout)
    length = request.headers.get("content-length")
    pieces = aiter(cast("httpx.AsyncByteStream", stream))
    try:
        await _send_pieces(wire, pieces, None if length is None else int(length), timeout)
    except httpx.WriteError:
        # It may have said why. If it has not, reading the head tells of the cut connection.
        return
    finally:
        # Left to the garbage collector, an async generator runs its end who knows when.
        if (close := getattr(pieces, "aclose", None)) is not None:
            with anyio.CancelScope(shield=True):
                await close()


async def _send_pieces(
    wire: Wire, pieces: AsyncIterator[bytes], length: int | None, timeout: float | None
) -> None:
    """A body of so many bytes, or one in chunks."""
    sent = 0
    async for piece in pieces:
        sent += len(piece)
        if length is None:
            if piece:
                await wire.send(b"%x\r\n%b\r\n" % (len(piece), piece), timeout)
        elif sent > length:
            raise httpx.LocalProtocolError("Too much data for declared Content-Length")
        else:
            await wire.send(piece, timeout)
    if length is None:
        await wire.send(b"0\r\n\r\n", timeout)
    elif sent < length:
        raise httpx.LocalProtocolError("Too little data for declared Content-Length")


def _request_head(request: httpx.Request) -> bytes:
    fields = request.headers.raw
    target: bytes = request.extensions.get("target") or request.url.raw_path
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % field for field in fields]
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    ends = len(fields) + 2
    if head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        del fields, lines, head
        raise httpx.LocalProtocolError("Illegal header value")
    return head


async def _read_head(wire: Wire) -> tuple[int, int, bytes, Headers]:
    """Minor version, status, reason and headers of the answer; interim ones are passed over."""
    data = await wire.receive()
    while True:
        end = _HEAD_END.search(data)
        while end is None:
            if len(data) > MOST_HEAD:
                raise httpx.RemoteProtocolError("the head of the answer is too long")
            more = await wire.receive()
            if not more:
                told = "in the middle of its head" if data else "without sending a response"
                raise httpx.RemoteProtocolError(f"Server disconnected {told}.")
            data += more
            end = _HEAD_END.search(data)
        head = _parse_head(data[: end.start()])
        data = data[end.end() :]
        if head[1] >= 200:
            wire.unread(data)
            return head
        if head[1] == 101:
            raise httpx.RemoteProtocolError("the server changed the protocol unasked")


def _parse_head(head: bytes) -> tuple[int, int, bytes, Headers]:
    first, *lines = head.replace(b"\r\n", b"\n").split(b"\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise httpx.RemoteProtocolError(f"illegal status line: {first[:100]!r}")
    headers: Headers = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is not None:
            headers.append((field[1], field[2]))
        elif line[:1] in (b" ", b"\t") and headers:  # a line that was folded, as once was allowed
            name, value = headers[-1]
            headers[-1] = (name, value + b" " + line.strip(b" \t"))
        else:
            raise httpx.RemoteProtocolError(f"illegal header line: {line[:100]!r}")
    return int(status[1]), int(status[2]), status[3] or b"", headers


def _framing(
    request: httpx.Request, minor: int, status: int, headers: Headers
) -> tuple[Body, bool]:
    """How the body's end is told, and whether the connection outlives it."""
    length: bytes | None = None
    chunked = False
    keep = minor == 1 and not _says_close(request.headers.raw)
    for name, value in headers:
        name = name.lower()  # noqa: PLW2901
        if name == b"content-length":
            lengths = {one.strip() for one in value.split(b",")} | ({length} - {None})
            length = lengths.pop() or b""
            if lengths or not length.isdigit() or len(length) > 20:
                raise httpx.RemoteProtocolError("bad Content-Length")
        elif name == b"transfer-encoding":
            if chunked or value.lower() != b"chunked":
                raise httpx.RemoteProtocolError("only the chunked transfer encoding is known")
            chunked = True
        elif name == b"connection":
            keep = keep and not _says_close([(name, value)])
    if request.method == "HEAD" or status in (204, 304):
        return CountedBody(0), keep
    if chunked:
        return ChunkedBody(), keep
    if length is not None:
        return CountedBody(int(length)), keep
    return Body(), False


def _says_close(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        b"close" in (token.strip().lower() for token in value.split(b","))
        for name, value in headers
        if name.lower() == b"connection"
    )


class Body:
    """Takes the bytes of a body out of its framing. This one is for a body that ends when the
    connection does."""

    done = False
    rest = b""
    """What came behind the end."""

    def feed(self, data: bytes) -> bytes:
        return data

    def end(self) -> None:
        """The connection has ended. Raises `httpx.RemoteProtocolError` in the middle of a body."""
        self.done = True


class CountedBody(Body):
    """A body whose length was told."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._left = length
        self.done = not length

    def feed(self, data: bytes) -> bytes:
        if len(data) > self._left:
            data, self.rest = data[: self._left], data[self._left :]
        self._left -= len(data)
        self.done = not self._left
        return data

    def end(self) -> None:
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
            f" (received {self._length - self._left} bytes, expected {self._length})"
        )


class ChunkedBody(Body):
    """A body in the chunked coding. All chunks that are whole are given as one piece."""

    def __init__(self) -> None:
        self._left = 0  # of the chunk that is being read
        self._pending = b""  # the beginning of what can't be read yet
        self._trailers = False

    def feed(self, data: bytes) -> bytes:
        if self._pending:
            data = self._pending + data
            self._pending = b""
        pieces: list[bytes] = []
        at, size = 0, len(data)
        while at < size:
            if self._trailers:
                at = self._skip_trailers(data, at)
                break
            if self._left > 2:
                piece = data[at : at + self._left - 2]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
            elif self._left:
                if data[at] != (13 if self._left == 2 else 10):
                    raise httpx.RemoteProtocolError("a chunk does not end where it should")
                at += 1
                self._left -= 1
            else:
                line = _CHUNK_LINE.match(data, at)
                if line is None:
                    self._pending = data[at:]
                    self._check_pending()
                    break
                at = line.end()
                length = int(line[1], 16)
                self._left = length + 2 if length else 0
                self._trailers = not length
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _check_pending(self) -> None:
        if len(self._pending) > MOST_HEAD or b"\n" in self._pending:
            raise httpx.RemoteProtocolError("illegal chunk header")

    def _skip_trailers(self, data: bytes, at: int) -> int:
        """Pass over the lines behind the last chunk, up to the empty one."""
        while (end := data.find(b"\r\n", at)) >= 0:
            if end == at:
                self.done = True
                self.rest = data[end + 2 :]
                return len(data)
            at = end + 2
        self._pending = data[at:]
        if len(self._pending) > MOST_HEAD:
            raise httpx.RemoteProtocolError("the trailers are too long")
        return len(data)

    def end(self) -> None:
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body (incomplete chunked read)"
        )


class _Stream(httpx.AsyncByteStream):
    """A response's body. No generator: those cost, and have to be ended."""

    def __init__(
        self, connection: Http1Connection, wire: Wire, framing: Body, *, keep: bool
    ) -> None:
        self._connection = connection
        self._wire = wire
        self._framing = framing
        self._keep = keep

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        framing = self._framing
        while not framing.done:
            data = await self._wire.receive()
            if not data:
                framing.end()
            elif piece := framing.feed(data):
                return piece
        if self._keep and not framing.rest:
            self._connection.finish()
        raise StopAsyncIteration
