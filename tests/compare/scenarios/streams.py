"""Streams: what may be in them, and how they may end."""

from __future__ import annotations

from typing import Any

from tests.common import (
    CHAT,
    DONE,
    END,
    HELLO,
    A,
    B,
    cut_stream,
    event,
    streaming,
    take,
)
from tests.compare.common import (
    Missed,
    Run,
    Section,
    ends_in_error,
    gives,
    name_of,
    streamed,
    typed,
)
from tests.compare.peers import Peer
from tests.faults.test_streams import CHUNKS, EMPTY
from tests.rawserver import (
    Connection,
    RawServer,
    answer,
    chunk,
    chunked_head,
    json_response,
    response,
)

case = Section("Streams")

# Errors inside.

TOLD = {"message": "boom", "code": "c7", "type": "server_error"}


def error_event(data: Any, name: str | None) -> Run:
    script = streaming(A, event(data, name), B, DONE)
    return lambda peer: ends_in_error(peer, script, "boom", first="a")


for _name in ("error", None):
    for _data in ({"error": TOLD}, TOLD):
        case.add(
            error_event(_data, _name),
            f"{'an event named `error`' if _name else 'an event without a name'},"
            f" {'with' if 'error' in _data else 'without'} an `error` key",
            "an error object as an event, named or not, with or without an `error` key",
        )


def bad_data(data: bytes) -> Run:
    script = streaming(A, event(data), B, DONE)
    return lambda peer: ends_in_error(peer, script, first="a")


for _told, _data in {
    "data that is no JSON": b"{not json",
    "JSON that breaks off": b'{"id": "c", "choices": [',
    "JSON that is no object": b"[1]",
    "JSON null": b"null",
}.items():
    case.add(bad_data(_data), f"{_told}: a library error", "bad JSON in an event")


@case("a byte that is no UTF-8: a library error", "bad UTF-8")
async def _(peer: Peer) -> str:
    bad = A.replace(b'"a"', b'"\xff"')
    return await ends_in_error(peer, streaming(A, bad, B, DONE), first="a")


for _told, _data in (
    ("an event", B),
    ("an error", event({"error": TOLD})),
    ("broken JSON", b"data: {\n\n"),
):
    case.add(
        lambda peer, data=_data: gives(peer, streaming(A + DONE + data), "a"),
        f"{_told} behind `[DONE]` is ignored",
        "data after `[DONE]`",
    )

# However it ends.

CUT = "the connection cut before the end (with and without reset)"


@case("closed: what came is given, then a library error", CUT)
async def _(peer: Peer) -> str:
    return await ends_in_error(peer, cut_stream(A, B, then="close"), first="ab")


@case("reset: a library error", CUT)
async def _(peer: Peer) -> str:
    return await ends_in_error(peer, cut_stream(A, B, then="reset"))


@case("cut at each byte of head and body: a library error each time", CUT)
async def _(peer: Peer) -> str:
    whole = chunked_head() + chunk(A) + chunk(END)

    def script(connection: Connection) -> None:
        connection.send(whole[: int(connection.request().json()["model"])])

    with RawServer(script) as server:
        async with peer.client(server, max_retries=0) as client:
            for length in range(len(whole)):
                asked = {**HELLO, "model": str(length), "stream": True}
                try:
                    _, error = await take(await client.chat.completions.create(**asked))
                except Exception as caught:
                    error = caught
                typed(peer, error)
    return f"{len(whole)} errors"


@case("behind a finish reason, it is an end like any other", "an end without `[DONE]`")
async def _(peer: Peer) -> str:
    return await gives(peer, streaming(A, END), "a")


@case("the library tells it from a whole one", "an end without a finish reason")
async def _(peer: Peer) -> str:
    _, error, stream = await streamed(peer, streaming(A))
    if error is None and getattr(stream, "complete", True):
        raise Missed("looks like a whole one")
    return "stream.complete is false" if error is None else name_of(error)


JSON_BODY = "a JSON body where a stream was asked for"
JSON_ERROR = "a JSON error where a stream was asked for"


@case("a whole answer: the text, or an error", JSON_BODY)
async def _(peer: Peer) -> str:
    said, error, _ = await streamed(peer, answer(json_response(CHAT)))
    if said == "ab":
        return "the text"
    if error is None:
        raise Missed("an empty stream")
    return typed(peer, error)


@case("an HTML page: a library error", JSON_BODY)
async def _(peer: Peer) -> str:
    page = response(b"<html><body>Please log in</body></html>", content_type="text/html")
    return await ends_in_error(peer, answer(page))


@case("an empty body: a library error", JSON_BODY)
async def _(peer: Peer) -> str:
    return await ends_in_error(peer, answer(response(b"")))


def json_error(status: str, content_type: str) -> Run:
    body = json_response({"error": TOLD}, status=status, content_type=content_type)
    return lambda peer: ends_in_error(peer, answer(body), "boom")


for _status, _type in (
    ("200 OK", "application/json"),
    ("200 OK", "text/event-stream"),
    ("400 Bad Request", "application/json"),
):
    case.add(json_error(_status, _type), f"{_status[:3]}, {_type}: a library error", JSON_ERROR)

# Chunks that depart from the shape.


def odd_chunk(name: str) -> Run:
    """Loops over it hold, nothing in it is lost, and the stream goes on."""
    odd = CHUNKS[name]

    async def run(peer: Peer) -> str:
        with RawServer(streaming(A, event(odd), B, END, DONE)) as server:
            async with peer.client(server, max_retries=0) as client:
                stream = await client.chat.completions.create(**HELLO, stream=True)
                items, error = await take(stream)
        if error is not None or len(items) != 4:
            raise Missed(f"{len(items)} chunks, {name_of(error)}")
        try:
            said = "".join(c.delta.content or "" for item in items for c in item.choices)
        except (TypeError, AttributeError) as wrong:
            raise Missed(f"{name_of(wrong)}: {wrong}") from None
        if said[0] + said[-1] != "ab":
            raise Missed(repr(said))
        # Null for a list or an object may become an empty one.
        if (given := items[1].to_dict()) not in (odd, EMPTY.get(name)):
            raise Missed(f"became {given}")
        return "all of it"

    return run


for _clause, _name in case.cases("test_odd_chunks"):
    case.add(odd_chunk(_name), _name, _clause)
