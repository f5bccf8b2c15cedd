"""One HTTP/1.1 connection on asyncio.

httpx's transport passes each read through anyio's timers and each chunk through h11's objects and
half a dozen generators. That is most of what a call costs. Here a read is a future, a timeout is a
number that a lazy timer looks at, and what arrived together is framed and given together. What
needs more than this (proxies, trio, tracing) is left to httpx's transport.

The rules are RFC 9112's; the errors are httpx's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from typing import cast

import anyio
import httpx

from ._connection import CLOSED
from ._wire import Wire, connect

__all__ = ["Http1Connection"]

MOST_HEAD = 100 * 1024
"""Bytes of a response's head or trailers, or of a line within a chunked body."""
MOST_INTERIM = 1000
"""Answers of the kind "wait a little" before the one that counts."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TEXT = rb"[^\0\n\r\v\f]*"  # nothing in here may match a byte twice: that is quadratic, and worse
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: (%b))?" % _TEXT)
_FIELD = re.compile(rb"(%b):(%b)" % (_TOKEN, _TEXT))
_FOLD = re.compile(rb"\n[ \t]+")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"[0-9]{1,20}")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\r\n]*)?\r\n")
_REQUEST_HEAD = re.compile(rb"%b [!-~]+ HTTP/1\.1\r\n(?:%b: %b\r\n)*\r\n" % (_TOKEN, _TOKEN, _TEXT))

Headers = list[tuple[bytes, bytes]]


class Http1Connection:
    """Connects at its first request, and serves one after another."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._ssl_context = ssl_context
        self._wire: Wire | None = None
        self._last: _Stream | None = None
        self._connecting: anyio.CancelScope | None = None

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request, its body unread. Raises httpx's errors."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        if self._wire is None:
            self._wire = await self._connect(request, timeouts.get("connect"))
            if self._connecting is not None and self._connecting.cancel_called:
                raise httpx.ConnectError(CLOSED)  # just when it was done
        wire = self._wire
        self._last = None
        keep = await _send(wire, request, timeouts.get("write"))
        wire.read_timeout = timeouts.get("read")
        minor, status, reason, headers = await _read_head(wire)
        framing, keeps = _framing(request, minor, status, headers)
        self._last = stream = _Stream(wire, framing, keep=keep and keeps)
        return httpx.Response(
            status,
            headers=headers,
            stream=stream,
            extensions={"http_version": b"HTTP/1.%d" % minor, "reason_phrase": reason},
        )

    def is_reusable(self) -> bool:
        """Whether the last answer is all that came, and the connection is to be kept."""
        if self._wire is None or self._last is None:
            return False
        return self._last.is_whole() and not self._wire.is_disturbed()

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
        if self._connecting is not None:
            self._connecting.cancel()
        if self._wire is not None:
            await self._wire.close()

    async def _connect(self, request: httpx.Request, timeout: float | None) -> Wire:
        url = request.url
        host = url.raw_host.decode("ascii")
        tls = url.scheme == "https"
        name = str(request.extensions.get("sni_hostname") or host)
        try:
            with anyio.fail_after(timeout) as self._connecting:
                return await connect(
                    host, url.port or (443 if tls else 80), self._ssl_context if tls else None, name
                )
            raise httpx.ConnectError(CLOSED)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error) or "connecting took too long") from error
        except (OSError, ValueError) as error:  # of TLS among them; of a name that is none
            raise httpx.ConnectError(str(error)) from error


async def _send(wire: Wire, request: httpx.Request, timeout: float | None) -> bool:
    """The request, head and body. Gives whether the connection may serve another one.

    A server may answer, or leave, before it has heard all of it.
    """
    length, chunked, close = _told(request.headers.raw, httpx.LocalProtocolError)
    if chunked and length is not None:
        raise httpx.LocalProtocolError("both Content-Length and Transfer-Encoding")
    try:
        await _send_all(wire, request, None if chunked else length or 0, timeout)
    except httpx.WriteError:
        # It may have said why. If it has not, reading the head tells of the cut connection.
        return False
    return not close


async def _send_all(
    wire: Wire, request: httpx.Request, length: int | None, timeout: float | None
) -> None:
    """A body of another length than its head tells would end in the midst of the next request, or
    begin it, and that one's answer would be to another question."""
    # The head is kept in no variable: it holds the key, and tracebacks may show variables.
    stream = request.stream
    if isinstance(stream, httpx.ByteStream) and length is not None:
        (body,) = stream
        _check_length(len(body), length, whole=True)
        await wire.send(_request_head(request) + body, timeout)
        return
    await wire.send(_request_head(request), timeout)
    pieces = aiter(cast("httpx.AsyncByteStream", stream))
    try:
        await _send_pieces(wire, pieces, length, timeout)
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
        await wire.look()
        if length is None:
            if piece:
                await wire.send(b"%x\r\n%b\r\n" % (len(piece), piece), timeout)
            continue
        sent += len(piece)
        _check_length(sent, length, whole=False)
        await wire.send(piece, timeout)
    if length is None:
        await wire.send(b"0\r\n\r\n", timeout)
    else:
        _check_length(sent, length, whole=True)


def _check_length(sent: int, length: int, *, whole: bool) -> None:
    if sent > length or (whole and sent < length):
        what = "Too much" if sent > length else "Too little"
        raise httpx.LocalProtocolError(f"{what} data for declared Content-Length")


def _request_head(request: httpx.Request) -> bytes:
    target: bytes = request.extensions.get("target") or request.url.raw_path
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % field for field in request.headers.raw]
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    if _REQUEST_HEAD.fullmatch(head) is None:
        del lines, head
        raise httpx.LocalProtocolError("Illegal header value")
    return head


async def _read_head(wire: Wire) -> tuple[int, int, bytes, Headers]:
    """Minor version, status, reason and headers of the answer; interim ones are passed over."""
    data = b""
    for _ in range(MOST_INTERIM):
        text, data = await _read_until_blank(wire, data)
        head = _parse_head(text)
        if head[1] >= 200:
            wire.unread(data)
            return head
        if head[1] == 101:
            raise httpx.RemoteProtocolError("the server changed the protocol unasked")
        _told(head[3], httpx.RemoteProtocolError)  # it has no body; but it must be no nonsense
    raise httpx.RemoteProtocolError("interim answers, and no end of them")


async def _read_until_blank(wire: Wire, data: bytes) -> tuple[bytes, bytes]:
    """The lines of a head, between bare newlines, and what came behind it."""
    at = 0
    while (end := _BLANK_LINE.search(data, at)) is None:
        if len(data) > MOST_HEAD:
            raise httpx.RemoteProtocolError("the head of the answer is too long")
        more = await wire.receive()
        if not more:
            told = "in the middle of its head" if data else "without sending a response"
            raise httpx.RemoteProtocolError(f"Server disconnected {told}.")
        at = max(0, len(data) - 2)  # not from the beginning for each of many small pieces
        data += more
    return _lines(data[: end.start()]), data[end.end() :]


def _lines(text: bytes) -> bytes:
    """Without the carriage returns, the one at the end among them, whose newline is not there."""
    return text.replace(b"\r\n", b"\n").removesuffix(b"\r")


def _parse_head(head: bytes) -> tuple[int, int, bytes, Headers]:
    first, _, fields = head.partition(b"\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise httpx.RemoteProtocolError(f"illegal status line: {first[:100]!r}")
    return int(status[1]), int(status[2]), status[3] or b"", _parse_fields(fields)


def _parse_fields(text: bytes) -> Headers:
    """Headers or trailers, from lines that end in bare newlines."""
    if b"\n " in text or b"\n\t" in text:  # lines that were folded, as once was allowed
        text = _FOLD.sub(b" ", text)
    fields: Headers = []
    for line in text.split(b"\n") if text else ():
        field = _FIELD.fullmatch(line)
        if field is None:
            raise httpx.RemoteProtocolError(f"illegal header line: {line[:100]!r}")
        fields.append((field[1], field[2].strip(b" \t")))
    return fields


def _framing(
    request: httpx.Request, minor: int, status: int, headers: Headers
) -> tuple[Body, bool]:
    """How the body's end is told, and whether the connection outlives it."""
    length, chunked, close = _told(headers, httpx.RemoteProtocolError)
    keep = minor == 1 and not close
    if request.method == "HEAD" or status in (204, 304):
        # A 204 that tells of a body may send one, and a late one would begin the next answer.
        return CountedBody(0), keep and not (status == 204 and (chunked or length))
    if chunked:
        # Told twice, the end may be seen at another place by what stands between us and the server.
        return ChunkedBody(), keep and length is None
    if length is not None:
        return CountedBody(length), keep
    return Body(), False


def _told(headers: Headers, error: type[httpx.ProtocolError]) -> tuple[int | None, bool, bool]:
    """What a head tells: the body's length, if it is in chunks, if the connection ends with it."""
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    close = False
    for name, value in headers:
        name = name.lower()  # noqa: PLW2901
        if name == b"content-length":
            lengths.update(one.strip() for one in value.split(b","))
        elif name == b"transfer-encoding":
            codings.append(value.lower())
        elif name == b"connection":
            close = close or b"close" in (one.strip() for one in value.lower().split(b","))
    del headers  # it may hold the key, and tracebacks may show variables
    if codings not in ([], [b"chunked"]):
        raise error("only the chunked transfer encoding is known")
    if not lengths:
        return None, bool(codings), close
    length = lengths.pop()
    if lengths or _LENGTH.fullmatch(length) is None:
        raise error("bad Content-Length")
    return int(length), bool(codings), close


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
                self._read_trailers(data[at:])
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
                length = int(line[1], 16)
                self._left = length + 2 if length else 0
                self._trailers = not length
                at = line.end() - (not length)  # the newline may be half of an empty line
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _check_pending(self) -> None:
        if len(self._pending) > MOST_HEAD or b"\n" in self._pending:
            raise httpx.RemoteProtocolError("illegal chunk header")

    def _read_trailers(self, data: bytes) -> None:
        """Pass over the lines behind the last chunk, up to the empty one."""
        end = _BLANK_LINE.search(data)
        if end is not None:
            # Nobody asks for them, but what is wrong in a head is no better here.
            _told(_parse_fields(_lines(data[1 : end.start()])), httpx.RemoteProtocolError)
            self.done = True
            self.rest = data[end.end() :]
        elif len(data) > MOST_HEAD:
            raise httpx.RemoteProtocolError("the trailers are too long")
        else:
            self._pending = data

    def end(self) -> None:
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body (incomplete chunked read)"
        )


class _Stream(httpx.AsyncByteStream):
    """A response's body. No generator: those cost, and have to be ended."""

    def __init__(self, wire: Wire, framing: Body, *, keep: bool) -> None:
        self._wire = wire
        self._framing = framing
        self._keep = keep

    def is_whole(self) -> bool:
        """Whether it has been read to its end, and the connection is still of use behind it."""
        return self._keep and self._framing.done and not self._framing.rest

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
        raise StopAsyncIteration
