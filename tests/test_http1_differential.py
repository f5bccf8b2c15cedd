"""Our HTTP/1.1 beside h11's: the same bytes say the same to both, or nothing to both.

h11 is what httpcore, and so httpx, reads with. Where ours differs, it is meant to:

- `HTTP/1.2` or `HTTP/2.0` in a status line is refused: no such protocol looks like this one.
- A body whose end is told both by a length and by chunks is read as h11 reads it, but its connection
  is not used again. What stands between us and the server may have seen the end elsewhere, and what
  is left would begin the next answer.
- The same for a 204 that tells of a body. It has none, but such servers send one, perhaps later.
- A carriage return within a chunk's extension is refused: to others it may be the end of the line.
- White space in front of a chunk's extension is allowed, as RFC 9112, section 7.1.1 wants it.
- More than a thousand interim answers in front of one are refused: they would have no end.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openai_async._http1 import MOST_HEAD, Http1Connection
from openai_async._wire import Wire

h11 = pytest.importorskip("h11")

Fields = list[tuple[bytes, bytes]]
Run = Callable[[Any], Any]


class Answer(NamedTuple):
    """What a client makes of the bytes that it got."""

    status: int
    version: bytes
    reason: bytes
    headers: Fields
    body: bytes
    reusable: bool


class Pipe(asyncio.Transport):
    """To a server that says its pieces one by one, a turn of the loop for each, and then ends."""

    silent: ClassVar[socket.socket]
    """In place of a socket of its own, to be asked for news."""

    def __init__(self, wire: Wire, *pieces: bytes) -> None:
        super().__init__()
        self.sent = b""
        self._wire = wire
        self._pieces = [piece for piece in pieces if piece]
        wire.connection_made(self)
        asyncio.get_running_loop().call_soon(self._say)

    def _say(self) -> None:
        if not self._pieces:
            self._wire.eof_received()
            return
        self._wire.data_received(self._pieces.pop(0))
        asyncio.get_running_loop().call_soon(self._say)

    def say_the_rest(self) -> None:
        """All but the end."""
        while self._pieces:
            self._wire.data_received(self._pieces.pop(0))

    def write(self, data: Any) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.silent if name == "socket" else default


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs coroutines on one loop: to make one takes longer than an example."""
    loop = asyncio.new_event_loop()
    Pipe.silent, other = socket.socketpair()
    with Pipe.silent, other:
        yield loop.run_until_complete
    loop.close()


def connected(*pieces: bytes) -> tuple[Http1Connection, Pipe]:
    """A connection of ours to a server that says these pieces."""
    connection = Http1Connection(None)
    connection._wire = wire = Wire()
    return connection, Pipe(wire, *pieces)


async def by_ours(method: str, pieces: list[bytes]) -> Answer | None:
    """Our reading; None where it refuses."""
    connection, pipe = connected(*pieces)
    try:
        response = await connection.send(httpx.Request(method, "http://test/"))
        body = b"".join([piece async for piece in response.aiter_raw()])
    except httpx.RemoteProtocolError:
        pipe.say_the_rest()
        return None
    pipe.say_the_rest()
    return Answer(
        response.status_code,
        response.extensions["http_version"].removeprefix(b"HTTP/"),
        response.extensions["reason_phrase"],
        normal(response.headers.raw),
        body,
        connection.is_reusable(),
    )


def by_h11(method: str, pieces: list[bytes]) -> Answer | None:
    """h11's reading, as httpcore uses it; None where it refuses."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "test")]))
    connection.send(h11.EndOfMessage())
    response, body, left = None, b"", list(pieces)
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(left.pop(0) if left else b"")
            elif isinstance(event, h11.ConnectionClosed):
                return None
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
    except h11.RemoteProtocolError:
        return None
    assert response is not None
    done = connection.our_state is h11.DONE and connection.their_state is h11.DONE
    rest = left or connection.trailing_data != (b"", False)
    return Answer(
        response.status_code,
        response.http_version,
        response.reason,
        normal(response.headers.raw_items()),
        body,
        done and not rest,
    )


def normal(headers: Fields) -> Fields:
    """As h11 rewrites what tells of the body's end."""
    found: Fields = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            value = value.split(b",")[0].strip()  # noqa: PLW2901
            if any(name.lower() == lower for name, _ in found):
                continue
        found.append((name, value.lower() if lower == b"transfer-encoding" else value))
    return found


def assert_the_same(ours: Answer | None, theirs: Answer | None, said: bytes) -> None:
    """But for the differences at the top of this file."""
    if ours is None and theirs is not None:
        assert re.search(rb"HTTP/(?!1\.[01] )", said) or re.search(rb";.*\r(?!\n)", said)
    elif ours is not None and theirs is None:
        assert re.search(rb"\n[0-9A-Fa-f]+[ \t]+;", said)
    elif ours is not None and theirs is not None:
        assert ours[:-1] == theirs[:-1]
        if ours.reusable != theirs.reusable:
            told = {name.lower() for name, _ in ours.headers}
            both = {b"content-length", b"transfer-encoding"}
            assert theirs.reusable
            assert both <= told or (ours.status == 204 and both & told)


# What servers say: mostly what they should, so that what is odd is not all that is looked at.


def mostly(draw: st.DrawFn, usual: bytes, *odd: bytes) -> bytes:
    return draw(st.sampled_from(odd)) if draw(st.integers(0, 29)) == 29 else usual


def line_end(draw: st.DrawFn) -> bytes:
    return mostly(draw, b"\r\n", b"\n", b"\n", b"\r", b"\r\r\n")


VALUES = {  # the usual one first
    b"content-length": b"5|5|0|7|05|+5|-1|5, 5|5,7|5,||1_0|5.0|0x5|\xb2|999999999999999999999",
    b"transfer-encoding": b"chunked|Chunked|gzip|gzip, chunked|chunked, chunked||identity|chunked,",
    b"connection": b"close|keep-alive|Close|x, close|closed||,",
    b"x-a": b"a|a b||a \t b|\xff\xe4|\x01|\x0b|\0|a:b|\x85",
}


@st.composite
def field(draw: st.DrawFn, names: tuple[bytes, ...] = tuple(VALUES)) -> bytes:
    name = draw(st.sampled_from(names))
    usual, *odd = VALUES[name].split(b"|")
    value = usual if draw(st.booleans()) else draw(st.sampled_from(odd))
    name = mostly(draw, name, name.title(), name.title(), b"", b"a b", b"\xe4", name + b" ")
    colon = mostly(draw, b": ", b":", b":  \t", b" : ", b"")
    fold = mostly(draw, b"", b" ", b"\t ", b"\r\n folded", b"\n\tfolded", b"\r\n\t", b"\n a:b")
    return name + colon + value + fold + line_end(draw)


@st.composite
def head(draw: st.DrawFn, statuses: st.SearchStrategy[bytes], *fields: bytes) -> bytes:
    version = mostly(draw, b"1.1", b"1.0", b"1.0", b"1.2", b"2.0", b"11", b"0.9")
    reason = mostly(draw, b" OK", b"", b" ", b" \xff", b"  a\tb", b" \0", b"\x0b")
    space = mostly(draw, b" ", b"  ", b"\t")
    line = b"HTTP/" + version + space + draw(statuses) + reason + line_end(draw)
    more = draw(st.lists(field(), max_size=3 if draw(st.booleans()) else 0))
    return line + b"".join(draw(st.permutations([*fields, *more]))) + line_end(draw)


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    said = b""
    for data in [*draw(st.lists(st.binary(min_size=1, max_size=20), max_size=4)), b""]:
        size = b"%x" % len(data)
        size = mostly(draw, size, size.upper(), b"0" + size, b"0x" + size, b"f" * 21, b"")
        more = mostly(draw, b"", b";a=b", b" ", b" ;a", b";a\rb", b";\xff", b"a")
        said += size + more + line_end(draw)
        if data:
            said += data + line_end(draw)
    trailers = draw(st.lists(field(), max_size=2)) if draw(st.booleans()) else []
    return said + b"".join(trailers) + line_end(draw)


@st.composite
def said_by_a_server(draw: st.DrawFn) -> bytes:
    interim = head(st.sampled_from([b"100", b"103", b"102", b"199", b"101"]))
    statuses = (
        [b"200"] * 8 + [b"204", b"304", b"500", b"599", b"600", b"999"] + [b"099", b"20", b"2000"]
    )
    final = st.sampled_from(statuses)
    kind = draw(st.sampled_from(["counted", "chunked", "chunked", "until the end"]))
    said = b"".join(draw(st.lists(interim, max_size=2))) if draw(st.booleans()) else b""
    if kind == "counted":
        said += draw(head(final, b"content-length: 5\r\n")) + mostly(
            draw, b"12345", b"1234", b"123456"
        )
    elif kind == "chunked":
        said += draw(head(final, b"transfer-encoding: chunked\r\n")) + draw(chunks())
    else:
        said += draw(head(final)) + draw(st.binary(max_size=9))
    said += mostly(draw, b"", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"a")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):  # mutations
        at = draw(st.integers(0, len(said)))
        until = at + draw(st.integers(0, 2))
        instead = draw(st.sampled_from([b"", b"\r", b"\n", b" ", b":", b";", b"\0", b"0", b"a"]))
        said = said[:at] + instead + said[until:]
    return said[: draw(st.integers(0, len(said)))] if draw(st.integers(0, 9)) == 9 else said


@st.composite
def in_pieces(draw: st.DrawFn, whole: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in pairwise([0, *cuts, len(whole)]) if a < b]
    return [whole[at : at + 1] for at in range(len(whole))] if draw(st.booleans()) else pieces


@settings(max_examples=400)
@given(data=st.data())
def test_answers_say_the_same_to_both(run: Run, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "GET", "POST", "HEAD"]))
    said = data.draw(said_by_a_server())
    pieces = data.draw(in_pieces(said))
    assert_the_same(run(by_ours(method, pieces)), by_h11(method, pieces), said)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n"
STRICTER = {
    "another version": b"HTTP/1.2 200 OK\r\ncontent-length: 0\r\n\r\n",
    "a carriage return in an extension": CHUNKED + b"\r\n5;a\rb\r\n12345\r\n0\r\n\r\n",
    "interim answers without end": b"HTTP/1.1 100 \r\n\r\n" * 1001 + OK + b"\r\n",
}
USED_ONCE = {
    "a length and chunks": CHUNKED + b"content-length: 5\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
    "a 204 with a length": b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n",
    "a 204 in chunks": b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
}
LAXER = {"white space before an extension": CHUNKED + b"\r\n5 ;a\r\n12345\r\n0\r\n\r\n"}


@pytest.mark.parametrize("name", [*STRICTER, *USED_ONCE, *LAXER])
def test_the_differences_that_are_meant(run: Run, name: str) -> None:
    said = {**STRICTER, **USED_ONCE, **LAXER}[name]
    ours, theirs = run(by_ours("GET", [said])), by_h11("GET", [said])
    assert (ours is None, theirs is None) == (name in STRICTER, name in LAXER)
    if name in USED_ONCE:
        assert not ours.reusable
        assert theirs is not None
        assert theirs.reusable


# What we say.

TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8)
NAME = st.from_regex(r"x-[a-z!#$%&'*+.^_`|~0-9-]{1,8}", fullmatch=True)


@settings(max_examples=150)
@given(data=st.data())
def test_a_server_hears_what_was_meant(run: Run, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "POST", "DELETE", "PATCH"]))
    headers = data.draw(st.dictionaries(NAME, TEXT, max_size=4))
    pieces = data.draw(st.lists(st.binary(max_size=20), max_size=4))
    kind = data.draw(st.sampled_from(["bytes", "counted", "chunked"]))
    target = httpx.URL("http://test/" + quote(data.draw(st.text(max_size=8))))
    if kind == "counted":
        headers["content-length"] = str(sum(map(len, pieces)))
    content: Any = b"".join(pieces) if kind == "bytes" else one_by_one(pieces)
    request = httpx.Request(method, target, headers=headers, content=content)

    heard, body = heard_by_h11(run(sent_by_us(request)))
    assert heard.method == method.encode()
    assert heard.target == target.raw_path
    assert sorted(heard.headers) == sorted((n.lower(), v) for n, v in request.headers.raw)
    assert body == b"".join(pieces)


@settings(max_examples=150)
@given(data=st.data())
def test_nothing_is_sent_behind_the_end(run: Run, data: st.DataObject) -> None:
    """Whatever lengths a caller's headers tell: the rest would be a request, with an answer."""
    body = data.draw(st.sampled_from([b"", b"12345", b"GET /2 HTTP/1.1\r\nhost: test\r\n\r\n"]))
    names = st.sampled_from([b"content-length", b"Content-Length", b"transfer-encoding"])
    values = b"|".join([VALUES[b"content-length"], VALUES[b"transfer-encoding"]]).split(b"|")
    told = data.draw(st.lists(st.tuples(names, st.sampled_from(values)), max_size=2))
    # By way of `raw`, because httpx would add what is missing.
    request = httpx.Request("POST", "http://test/", headers=[(b"host", b"test"), *told])
    request.stream = data.draw(st.sampled_from([httpx.ByteStream(body), Pieces(body)]))
    try:
        said = run(sent_by_us(request))
    except httpx.LocalProtocolError:
        return
    heard = heard_by_h11(said)
    assert heard[1] == body


class Pieces(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), 3):
            yield self._body[at : at + 3]


async def one_by_one(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def sent_by_us(request: httpx.Request) -> bytes:
    connection, pipe = connected(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    try:
        await connection.send(request)
    finally:
        pipe.say_the_rest()
    return pipe.sent


def heard_by_h11(said: bytes) -> tuple[Any, bytes]:
    """One request, whole, with nothing behind it."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(said)
    request, body = connection.next_event(), b""
    assert isinstance(request, h11.Request), request
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data), event
        body += event.data
    assert connection.trailing_data == (b"", False)
    return request, body
