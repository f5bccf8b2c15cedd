"""The loopback server: as little HTTP as the scenarios need, so that it is not what is measured.

`python -m benchmarks.server` prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

from .limited import Limited
from .measure import raise_file_limit
from .payloads import CHAT_ANSWER, chunk, embeddings

__all__ = ["main"]

HEAD = b"HTTP/1.1 200 OK\r\nx-request-id: req_123\r\ndate: Sat, 01 Nov 2025 12:00:00 GMT\r\n"
STREAM_HEAD = HEAD + (
    b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)
WORDS = [chunk(f" word{number}") for number in range(100)]
ASKED = re.compile(rb"chunks=(\d+);every=(\d+)")


def whole(body: bytes) -> bytes:
    """A JSON answer, head and all."""
    return HEAD + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def framed(event: bytes) -> bytes:
    """An event as one chunk of the chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(event), event)


FRAMED_WORDS = [framed(word) for word in WORDS]
END = framed(chunk(None)) + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"
CHAT = whole(CHAT_ANSWER)
BASE64 = whole(embeddings(encoded=True))
FLOATS = whole(embeddings(encoded=False))
LIMITED = re.compile(rb"/limited/([\w,.@]+)/(\w+)/(.*)")
"""`/limited/SPEC/RUN/...`: see `Limited`; the run's name tells it from others."""
REFUSAL = b'{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}'
FILE = (
    b'{"id":"file-1","object":"file","bytes":%d,"created_at":1741570283,'
    b'"filename":"large.jsonl","purpose":"fine-tune","status":"processed"}'
)
"""What is said of an upload: how many bytes of body have come."""


class Connection(asyncio.Protocol):
    """One connection: requests one after another, a stream among them."""

    closed_at = 0.0
    """When a connection was last lost in the middle of a stream, on the machine's clock."""

    def __init__(self) -> None:
        self._pending = b""
        self._skipped = 0  # of the body that is being skipped
        self._left = 0  # of that body
        self._tail: bytes | None = None  # of a chunked body: its last bytes; None for no such body
        self._stream: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It has left: a stream stops here."""
        if self._stream is not None:
            Connection.closed_at = time.monotonic()
            self._stream.cancel()

    def pause_writing(self) -> None:
        """The client is slower than the stream."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head, or of a body."""
        if self._tail is not None:
            self._skip_chunked(data)
        elif self._left:
            self._skip(data)
        else:
            self._read_head(self._pending + data)

    def _read_head(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._pending = data
            return
        head, body = data[:end].lower(), data[end + 4 :]
        target = head.split(b" ", 2)[1]
        length = _length(head)
        if target.endswith(b"/files"):
            self._pending = b""
            self._sink(body, length)
        elif len(body) < (length or 0):
            self._pending = data
        else:
            self._pending = b""
            self._respond(target, body)

    def _respond(self, target: bytes, body: bytes) -> None:
        if found := LIMITED.search(target):
            self._transport.write(_limited(*found.groups(), body))
        elif target.endswith(b"/embeddings"):
            self._transport.write(BASE64 if b"base64" in body else FLOATS)
        elif target.endswith(b"/closed"):
            self._transport.write(whole(json.dumps(Connection.closed_at).encode()))
        elif b'"stream":' in body and (asked := ASKED.search(body)):
            self._stream = asyncio.ensure_future(self._send_stream(int(asked[1]), int(asked[2])))
        else:
            self._transport.write(CHAT)

    async def _send_stream(self, chunks: int, every_ms: int) -> None:
        self._transport.write(STREAM_HEAD)
        for number in range(chunks - 1):
            self._transport.write(FRAMED_WORDS[number % len(FRAMED_WORDS)])
            await asyncio.sleep(every_ms / 1000)
            if not self._writable.is_set():
                await self._writable.wait()
        self._stream = None
        self._transport.write(END)

    def _sink(self, body: bytes, length: int | None) -> None:
        self._skipped = 0
        if length is None:
            self._tail = b""
            self._skip_chunked(body)
        else:
            self._left = length
            self._skip(body)

    def _skip(self, data: bytes) -> None:
        self._left -= len(data)
        self._skipped += len(data)
        if self._left <= 0:
            self._transport.write(whole(FILE % self._skipped))

    def _skip_chunked(self, data: bytes) -> None:
        self._tail = ((self._tail or b"") + data[-7:])[-7:]
        self._skipped += len(data)
        if self._tail == b"\r\n0\r\n\r\n":
            self._tail = None
            self._transport.write(whole(FILE % self._skipped))


_limits: dict[bytes, Limited] = {}


def _limited(spec: bytes, run: bytes, path: bytes, body: bytes) -> bytes:
    if run not in _limits:
        _limits[run] = Limited(spec.decode())
    if path == b"count":
        return whole(_limits[run].count())
    allowed, headers = _limits[run].ask(body)
    answer = CHAT if allowed else whole(REFUSAL).replace(b"200 OK", b"429 Too Many Requests", 1)
    status, _, rest = answer.partition(b"\r\n")
    return status + b"\r\n" + headers + rest


def _length(head: bytes) -> int | None:
    """What the head says of the body's length: 0 for no body, None for a chunked one."""
    if found := re.search(rb"\r\ncontent-length: *(\d+)", head):
        return int(found[1])
    return None if b"\r\ntransfer-encoding:" in head else 0


async def serve() -> None:
    """Serve on a free port of the loopback interface until standard input ends."""
    raise_file_limit()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=8192)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def main() -> None:
    """Serve, in a process of its own."""
    asyncio.run(serve())


if __name__ == "__main__":
    main()
