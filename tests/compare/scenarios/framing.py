"""Streams, and how their bytes may come."""

from __future__ import annotations

import gzip

from tests.common import DONE, HELLO, WHOLE, A, delta, event, take
from tests.compare.common import Missed, Run, Section, ends_in_error, gives, name_of, text
from tests.compare.peers import Peer
from tests.faults.test_streams import FRAMINGS
from tests.rawserver import LAST_CHUNK, RawServer, Script, answer, chunk, chunked_head

case = Section("Streams")

ODD = "é漢😀"


def body(*pieces: bytes, head: bytes | None = None) -> Script:
    """A script: an event stream in these pieces, as chunks of one packet."""
    head = chunked_head() if head is None else head
    return answer([head, b"".join(map(chunk, pieces)) + LAST_CHUNK])


def framed(pieces: list[bytes], expected: str) -> Run:
    return lambda peer: gives(peer, body(*pieces), expected)


for _clause, _name in case.cases("test_framing"):
    case.add(framed(*FRAMINGS[_name]), _name, _clause)


@case("cut in two at each of its bytes", "any split of bytes, also inside a UTF-8 sequence")
async def _(peer: Peer) -> str:
    whole = event(delta(ODD)).replace(b"\n", b"\r\n") + DONE
    cuts = range(1, len(whole))
    bodies = [
        [chunked_head() + chunk(whole[:cut]) + chunk(whole[cut:]) + LAST_CHUNK] for cut in cuts
    ]
    with RawServer(answer(*bodies)) as server:
        async with peer.client(server, max_retries=0) as client:
            for cut in cuts:
                stream = await client.chat.completions.create(**HELLO, stream=True)
                items, error = await take(stream)
                if error is not None or text(items) != ODD:
                    raise Missed(f"{text(items)!r}, {name_of(error)}, cut at {cut}")
    return f"{len(cuts)} times the same text"


GZIP = chunked_head(headers=[("content-encoding", "gzip")])


@case("gzip, one byte at a time", "gzip")
async def _(peer: Peer) -> str:
    pieces = [bytes([byte]) for byte in gzip.compress(WHOLE)]
    return await gives(peer, body(*pieces, head=GZIP), "ab")


@case("gzip that is cut: a library error", "gzip")
async def _(peer: Peer) -> str:
    data = gzip.compress(A * 200 + DONE)
    return await ends_in_error(peer, answer([GZIP, chunk(data[: len(data) // 2])], then="close"))


@case("gzip that ends early, in a body that is whole: a library error", "gzip")
async def _(peer: Peer) -> str:
    data = gzip.compress(A * 200 + DONE)
    return await ends_in_error(peer, body(data[: len(data) // 2], head=GZIP))


def labelled(charset: str) -> Run:
    head = chunked_head(f"text/event-stream; charset={charset}")
    return lambda peer: gives(peer, body(event(delta(ODD)) + DONE, head=head), ODD)


for _charset in ("latin-1", "utf-16", "none-such"):
    case.add(labelled(_charset), f"UTF-8, and the label says {_charset}", "`charset=` lies")
