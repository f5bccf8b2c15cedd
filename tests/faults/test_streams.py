"""Streams over a socket: however the bytes come, and however they end."""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APITimeoutError,
    AsyncClient,
    BadRequestError,
    OpenAIError,
)
from tests.common import (
    CHAT,
    DONE,
    END,
    WHOLE,
    A,
    B,
    ask,
    cut_stream,
    delta,
    event,
    read,
    streaming,
    take,
    text,
)
from tests.rawserver import (
    EACH_TRANSPORT,
    LAST_CHUNK,
    Connection,
    RawServer,
    answer,
    chunk,
    chunked_head,
    json_response,
    response,
)

from .conftest import ClientOf

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(30), EACH_TRANSPORT]

SOON = 0.1

# However the bytes come.

ODD = "é漢😀\u2028\u2029\u0085\v\f\x1c"
"""Characters of two, three and four bytes, and all that Unicode (but no event stream) calls a line's
end."""


def raw_data(text: str) -> bytes:
    """An event with the characters of its text as they are, where JSON lets them be."""
    return event(delta(text))


FRAMINGS: dict[str, tuple[list[bytes], str]] = {
    "one byte at a time": ([bytes([b]) for b in raw_data(ODD) + DONE], ODD),
    "LF": ([A + B + DONE], "ab"),
    "CR": ([(A + B + DONE).replace(b"\n", b"\r")], "ab"),
    "CR, one byte at a time": ([bytes([b]) for b in (A + DONE).replace(b"\n", b"\r")], "a"),
    "CRLF": ([(A + B + DONE).replace(b"\n", b"\r\n")], "ab"),
    "CRLF, one byte at a time": ([bytes([b]) for b in (A + DONE).replace(b"\n", b"\r\n")], "a"),
    "U+2028": ([raw_data("a\u2028b"), DONE], "a\u2028b"),
    "U+2029": ([raw_data("a\u2029b"), DONE], "a\u2029b"),
    "U+0085": ([raw_data("a\u0085b"), DONE], "a\u0085b"),
    "\\v and \\f": ([event(json.dumps(delta("a\vb\fc")).encode()), DONE], "a\vb\fc"),
    "a BOM first": ([b"\xef\xbb\xbf" + A + DONE], "a"),
    "a BOM first, in pieces": ([b"\xef", b"\xbb", b"\xbf", A + DONE], "a"),
    "comments": ([b": one\n\n", A, b":\n", b": two\n\n", B, DONE], "ab"),
    "retry only": ([b"retry: 5\n\n", A, b"retry: x\n\n", B, DONE], "ab"),
    "id only": ([b"id: 1\n\n", A, b"id\n\n", B, DONE], "ab"),
    "empty data": ([b"data:\n\n", A, b"data\n\n", b"data: \n\n", B, DONE], "ab"),
    "data over several lines": (
        [
            b"data: " + json.dumps(delta("ab"), indent=1).encode().replace(b"\n", b"\ndata: "),
            b"\n\n",
            DONE,
        ],
        "ab",
    ),
    "no space behind the colon": ([A.replace(b"data: ", b"data:"), DONE], "a"),
    "many events in one packet": ([A * 500 + DONE], "a" * 500),
    "one event of 5 MB": ([event(delta("x" * 5_000_000)), DONE], "x" * 5_000_000),
    "no blank line behind the last event": ([A, b"data: [DONE]"], "a"),
}


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_framing(framing: str, client: ClientOf) -> None:
    pieces, expected = FRAMINGS[framing]
    body = [chunked_head(), b"".join(map(chunk, pieces)) + LAST_CHUNK]
    with RawServer(answer(body)) as server:
        async with client(server) as api:
            assert await read(api) == (expected, None)


async def test_a_split_at_every_byte_gives_the_same_text(client: ClientOf) -> None:
    """Each split in two, as chunks of one packet: a cut in a character, in a line's end, anywhere."""
    whole = raw_data("é😀\u2028").replace(b"\n\n", b"\r\n\r\n") + DONE
    bodies = [
        [chunked_head() + chunk(whole[:cut]) + chunk(whole[cut:]) + LAST_CHUNK]
        for cut in range(1, len(whole))
    ]
    with RawServer(answer(*bodies)) as server:
        async with client(server) as api:
            for _ in bodies:
                assert await read(api) == ("é😀\u2028", None)


async def test_gzip(client: ClientOf) -> None:
    body = gzip.compress(WHOLE)
    coded = chunked_head(headers=[("content-encoding", "gzip")])
    with RawServer(answer([coded, *(chunk(bytes([b])) for b in body), LAST_CHUNK])) as server:
        async with client(server) as api:
            assert await read(api) == ("ab", None)


async def test_gzip_that_is_cut(client: ClientOf) -> None:
    body = gzip.compress(A * 200 + DONE)
    coded = chunked_head(headers=[("content-encoding", "gzip")])
    with RawServer(answer([coded, chunk(body[: len(body) // 2])], then="close")) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert set(told) <= {"a"}
    assert isinstance(error, APIConnectionError)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "none-such", "utf8; charset=ascii"])
async def test_charset_lies(charset: str, client: ClientOf) -> None:
    head = chunked_head(f"text/event-stream; charset={charset}")
    with RawServer(answer([head, chunk(event(delta(ODD)) + DONE), LAST_CHUNK])) as server:
        async with client(server) as api:
            assert await read(api) == (ODD, None)


# Errors inside.


@pytest.mark.parametrize("name", [None, "error"])
@pytest.mark.parametrize(
    "data",
    [
        {"error": {"message": "boom", "code": "c7", "type": "server_error"}},
        {"message": "boom", "code": "c7", "type": "server_error"},
    ],
    ids=["with the key", "without the key"],
)
async def test_an_error_event(data: Any, name: str | None, client: ClientOf) -> None:
    with RawServer(streaming(A, event(data, name), B, DONE)) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert told == "a"
    assert isinstance(error, APIError)
    assert not isinstance(error, APIConnectionError)
    assert error.code == "c7"
    assert "boom" in str(error)


@pytest.mark.parametrize(
    "bad", [b"{not json", b'{"id": "c", "choices": [', b"\x00", b"[1]", b"NaN", b'"text"', b"null"]
)
async def test_bad_json_in_an_event(bad: bytes, client: ClientOf) -> None:
    with RawServer(streaming(A, event(bad), B, DONE)) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert told == "a"
    assert type(error) is APIResponseError


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98"])
async def test_bad_utf8_in_an_event(bad: bytes, client: ClientOf) -> None:
    with RawServer(streaming(A, A.replace(b'"a"', b'"' + bad + b'"'), B, DONE)) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert told == "a"
    assert type(error) is APIResponseError


@pytest.mark.parametrize("after", [B, event({"error": {"message": "late"}}), b"\xff\n\n", DONE])
@pytest.mark.parametrize("apart", [True, False])
async def test_data_after_done(after: bytes, apart: bool, client: ClientOf) -> None:
    events = (A, DONE, after) if apart else (A + DONE + after,)
    with RawServer(streaming(*events)) as server:
        async with client(server) as api:
            assert await read(api) == ("a", None)


# However it ends.


def told_so_far(prefix: bytes) -> str:
    """The text of the events that are whole in a prefix of a body."""
    return "".join(t for at, t in ((A, "a"), (A + B, "b")) if prefix.startswith(at))


async def test_a_cut_at_every_byte_over_a_socket(client: ClientOf) -> None:
    """Of the whole response, head and framing included: the truth, or an error of ours."""
    head, body = chunked_head(), chunk(A) + chunk(B) + chunk(END) + chunk(DONE) + LAST_CHUNK
    whole = head + body
    ends = [
        len(head) + len(chunk(A)) - 2,  # the framing's own end may be missing
        len(head) + len(chunk(A)) + len(chunk(B)) - 2,
    ]
    done = len(whole) - len(LAST_CHUNK) - len(chunk(DONE)) + len(chunk(DONE)) - 2

    def script(connection: Connection) -> None:
        connection.send(whole[: int(connection.request().json()["model"])])

    with RawServer(script) as server:
        async with client(server, connections=8) as api:

            async def cut(length: int) -> None:
                said, items, error, complete = "", [], None, False
                asked: Any = {"messages": [], "model": str(length)}
                try:
                    stream = await api.chat.completions.create(**asked, stream=True)
                    items, error = await take(stream)
                    said, complete = text(items), stream.complete
                except OpenAIError as caught:
                    error = caught
                assert said == "ab"[: sum(length >= end for end in ends)], length
                if length >= done:  # what is missing behind the end is only framing
                    assert (error, complete) == (None, True), length
                else:
                    assert type(error) is APIConnectionError, length

            async with anyio.create_task_group() as tasks:
                for length in range(len(whole)):
                    tasks.start_soon(cut, length)


async def test_an_end_at_every_byte(client: ClientOf) -> None:
    """Of a body that ends with its connection, so that a cut looks like an end: never a wrong chunk."""
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n"

    def script(connection: Connection) -> None:
        connection.send(head + WHOLE[: int(connection.request().json()["model"])])

    with RawServer(script) as server:
        async with client(server, connections=8) as api:

            async def cut(length: int) -> None:
                asked: Any = {"messages": [], "model": str(length)}
                stream = await api.chat.completions.create(**asked, stream=True)
                items, error = await take(stream)
                whole = [len(A) - 2, len(A + B) - 2]  # the blank line may be missing
                assert text(items) == "ab"[: sum(length >= end for end in whole)], length
                assert error is None or isinstance(error, APIError), (length, error)
                # The end has been seen where the last choice has its finish reason.
                if error is None:
                    assert stream.complete == (length >= len(A + B + END) - 2), length

            async with anyio.create_task_group() as tasks:
                for length in range(len(WHOLE) + 1):
                    tasks.start_soon(cut, length)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_the_connection_is_cut_before_the_end(then: Any, client: ClientOf) -> None:
    with RawServer(cut_stream(A, then=then)) as server:
        async with client(server) as api:
            stream = await ask(api)
            items, error = await take(stream)
    assert text(items) in (
        "a",
        "" if then == "reset" else "a",
    )  # a reset may overtake what was sent
    assert type(error) is APIConnectionError
    assert error.__cause__ is not None
    assert "POST" in str(error)
    assert not stream.complete


async def test_an_end_without_done(client: ClientOf) -> None:
    with RawServer(streaming(A, END)) as server:
        async with client(server, strict_streams=True) as api:
            stream = await ask(api)
            assert text((await take(stream))[0]) == "a"
            assert stream.complete


async def test_an_end_without_a_finish_reason(client: ClientOf) -> None:
    with RawServer(streaming(A, B)) as server:
        async with client(server) as api:
            stream = await ask(api)
            items, error = await take(stream)
            assert (text(items), error, stream.complete) == ("ab", None, False)
            told, error = await read(api.with_options(strict_streams=True))
            assert told == "ab"
            assert type(error) is APIConnectionError


async def test_a_json_body_where_a_stream_was_asked_for(client: ClientOf) -> None:
    with RawServer(answer(json_response(CHAT))) as server:
        async with client(server) as api:
            stream = await ask(api)
            items, error = await take(stream)
    assert (text(items), error, stream.complete) == ("ab", None, True)


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_a_json_error_where_a_stream_was_asked_for(
    content_type: str, client: ClientOf
) -> None:
    body = json_response({"error": {"message": "boom", "code": "c7"}}, content_type=content_type)
    with RawServer(answer(body)) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert told == ""
    assert type(error) is APIResponseError
    assert "boom" in str(error)
    assert error.code == "c7"


async def test_a_status_error_where_a_stream_was_asked_for(client: ClientOf) -> None:
    body = json_response({"error": {"message": "boom"}}, status="400 Bad Request")
    with RawServer(answer(body)) as server:
        async with client(server) as api:
            with pytest.raises(BadRequestError, match="boom"):
                await ask(api)


async def test_a_page_where_a_stream_was_asked_for(client: ClientOf) -> None:
    page = response(b"<html><body>Please log in</body></html>", content_type="text/html")
    with RawServer(answer(page)) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert told == ""
    assert type(error) is APIResponseError
    assert "Please log in" in str(error)


async def test_nothing_where_a_stream_was_asked_for(client: ClientOf) -> None:
    with RawServer(answer(response(b""))) as server:
        async with client(server) as api:
            told, error = await read(api)
    assert (told, type(error)) == ("", APIResponseError)


# Silence.


def babbling(*first: bytes, again: bytes) -> Callable[[Connection], None]:
    """A script: some events, and then the same bytes over and over."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(chunked_head() + b"".join(map(chunk, first)))
        while True:
            connection.wait(0.02)
            connection.send(chunk(again))

    return script


def seconds(bound: str) -> float:
    """Some bounds begin with the call: on a busy machine, its first event takes a while, too."""
    return 3 * SOON if bound in ("timeout", "deadline") else SOON


async def bounded(api: AsyncClient, phase: str, said: str) -> None:
    """The stream ends by a bound, at about its time, and its connection is closed."""
    begun = time.monotonic()
    told = ""
    with anyio.fail_after(5):
        try:
            told, error = await read(api)
        except APITimeoutError as caught:
            error = caught
    assert isinstance(error, APITimeoutError)
    assert error.phase in phase.split(" or ")
    assert told.replace("b", "") == said
    assert time.monotonic() - begun >= SOON * 0.9


@pytest.mark.parametrize(
    ("bound", "phase", "head"),
    [
        ("first_event_timeout", "first_event", True),
        ("first_event_timeout", "first_event", False),
        ("idle_timeout", "idle", True),  # without a head, there is no stream yet
        ("timeout", "read", True),
        ("timeout", "read", False),
        ("deadline", "deadline", True),
        ("deadline", "deadline", False),
    ],
)
async def test_no_first_event(bound: str, phase: str, head: bool, client: ClientOf) -> None:
    with RawServer(answer([chunked_head()] if head else [], then="hold")) as server:
        async with client(server, **{bound: SOON}) as api:
            await bounded(api, phase, "")
            await (await server.accepted()).client_left()


@pytest.mark.parametrize(
    ("bound", "phase"), [("idle_timeout", "idle"), ("timeout", "read"), ("deadline", "deadline")]
)
async def test_silence_after_some_events(bound: str, phase: str, client: ClientOf) -> None:
    with RawServer(cut_stream(A, then="hold")) as server:
        async with client(server, **{bound: seconds(bound)}) as api:
            await bounded(api, phase, "a")
            await (await server.accepted()).client_left()


@pytest.mark.parametrize("ping", [b": ping\n\n", b":\n", b"id: 1\n\n", b"data:\n\n", b"\n"])
@pytest.mark.parametrize(
    ("bound", "phase", "first", "said"),
    [
        ("idle_timeout", "idle", A, "a"),
        ("timeout", "idle or read", A, "a"),  # "read", where the machine itself is so slow
        ("first_event_timeout", "first_event", b"", ""),
        ("idle_timeout", "idle", b"", ""),
    ],
)
async def test_keep_alive_comments_for_ever(
    bound: str, phase: str, first: bytes, said: str, ping: bytes, client: ClientOf
) -> None:
    with RawServer(babbling(first or ping, again=ping)) as server:
        async with client(server, **{bound: seconds(bound)}) as api:
            await bounded(api, phase, said)
            await (await server.accepted()).client_left()


async def test_a_trickle_that_never_ends_meets_the_deadline(client: ClientOf) -> None:
    with RawServer(babbling(A, again=B)) as server:
        async with client(server, deadline=0.3) as api:
            await bounded(api, "deadline", "a")
            await (await server.accepted()).client_left()


async def test_an_event_that_never_ends_meets_the_idle_time(client: ClientOf) -> None:
    with RawServer(babbling(A, b"data: ", again=b"x")) as server:
        async with client(server, idle_timeout=SOON) as api:
            await bounded(api, "idle", "a")
            await (await server.accepted()).client_left()


# Chunks that depart from the shape.

CALL = {"index": 0, "id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{"}}


def tools(*calls: dict[str, Any]) -> dict[str, Any]:
    return {**delta(), "choices": [{"index": 0, "delta": {"tool_calls": list(calls)}}]}


CHUNKS: dict[str, dict[str, Any]] = {
    "null choices": {**delta(), "choices": None},
    "no choices": {"id": "c"},
    "null delta": {**delta(), "choices": [{"index": 0, "delta": None}]},
    "no delta": {**delta(), "choices": [{"index": 0}]},
    "no index": {**delta(), "choices": [{"delta": {"content": "x"}}]},
    "no object": {"id": "c", "choices": [{"index": 0, "delta": {"content": "x"}}]},
    "unknown fields": {**delta("x"), "unheard": {"of": [1]}},
    "unknown fields within": {**delta(), "choices": [{"delta": {"reasoning_content": "hm"}}]},
    "usage only": {
        **delta(),
        "choices": [],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    },
    "null usage": {**delta("x"), "usage": None},
    "odd finish reason": delta("x", finish="because"),
    "tool call without index": tools({k: v for k, v in CALL.items() if k != "index"}),
    "tool call with a first index of 1": tools({**CALL, "index": 1}),
    "tool calls with repeated ids and names": tools(CALL, {**CALL, "index": 0}),
    "tool call of nothing but arguments": tools({"index": 0, "function": {"arguments": "}"}}),
    "null tool calls": {**delta(), "choices": [{"delta": {"tool_calls": None}}]},
}

EMPTY = {
    "null choices": {**delta(), "choices": []},
    "null delta": {**delta(), "choices": [{"index": 0, "delta": {}}]},
}


@pytest.mark.parametrize("name", CHUNKS)
async def test_odd_chunks(name: str, client: ClientOf) -> None:
    """Given like any other, with nothing lost; loops over them hold, and the stream goes on."""
    odd = CHUNKS[name]
    with RawServer(streaming(A, event(odd), B, END, DONE)) as server:
        async with client(server) as api:
            items, error = await take(await ask(api))
    assert error is None
    assert len(items) == 4
    # Null for a list or an object is an empty one, so that loops hold; all else is as it came.
    assert items[1].to_dict() == EMPTY.get(name, odd)
    said = text(items)
    assert said[0] + said[-1] == "ab"
    assert all(choice.delta is not None for item in items for choice in item.choices)


async def test_odd_chunks_are_told_of_once(
    client: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    odd = event(CHUNKS["null choices"])
    with RawServer(streaming(odd, odd, odd, DONE)) as server, caplog.at_level(logging.WARNING):
        async with client(server) as api:
            for _ in range(2):
                await take(await ask(api))
    assert len([r for r in caplog.records if r.name.startswith("openai_async")]) == 1
