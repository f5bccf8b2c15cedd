"""Framing: bytes to events by the WHATWG's rules, however the bytes are cut."""

from __future__ import annotations

import re
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async._sse import Event, EventDecoder

Told = tuple[str, str] | type[UnicodeDecodeError]
"""An event's name and data, or that it can't be read."""


def decode(*pieces: bytes, close: bool = True) -> list[Told]:
    decoder = EventDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    if close:
        events += decoder.close()
    return [told(event) for event in events]


def told(event: Event) -> Told:
    if isinstance(event, bytes):
        try:
            return ("message", event.decode())
        except UnicodeDecodeError:
            return UnicodeDecodeError
    return (
        UnicodeDecodeError if isinstance(event, UnicodeDecodeError) else (event.event, event.data)
    )


def essence(events: list[Told]) -> list[Any]:
    """Without the names, but for whether they tell an error: no other one matters."""
    return [
        (event[0] == "error", event[1]) if isinstance(event, tuple) else event for event in events
    ]


def reference(data: bytes) -> list[Told]:
    """The WHATWG's steps over the whole text; but white space counts as no data, a last event that
    no blank line ends is given, and an error may have no data."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    events: list[Told] = []
    name, lines = "", []
    for line in [*re.split(r"\r\n|\r|\n", text), "", ""]:
        if line == "":
            if "\n".join(lines).strip() or name == "error":
                events.append((name or "message", "\n".join(lines)))
            name, lines = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            lines.append(value)
        elif field == "event":
            name = value
    return events


@pytest.mark.parametrize(
    ("data", "events"),
    [
        pytest.param(b"data: a\n\n", [("message", "a")], id="plain"),
        pytest.param(b"data:a\n\n", [("message", "a")], id="no space"),
        pytest.param(b"data:  a \n\n", [("message", " a ")], id="one space only is taken"),
        pytest.param(b"data: a: b\n\n", [("message", "a: b")], id="a colon in the data"),
        pytest.param(b"data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")], id="CR"),
        pytest.param(
            b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a"), ("message", "b")], id="CRLF"
        ),
        pytest.param(b"data: a\n\rdata: b\r\n\r", [("message", "a"), ("message", "b")], id="mixed"),
        pytest.param(b"data: a\ndata: b\n\n", [("message", "a\nb")], id="two lines"),
        pytest.param(
            b"data: a\ndata\ndata: b\n\n", [("message", "a\n\nb")], id="an empty line of data"
        ),
        pytest.param(
            b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a"), ("message", "b")], id="named"
        ),
        pytest.param(
            b'event: x\ndata: {"type": 1}\n\ndata: b\n\n',
            [("message", '{"type": 1}'), ("message", "b")],
            id="named JSON, whose name nobody needs",
        ),
        pytest.param(
            b'event: x\ndata: {"a": 1}\n\ndata: b\n\n',
            [("x", '{"a": 1}'), ("message", "b")],
            id="named JSON that doesn't say what it is",
        ),
        pytest.param(
            b"event: error\ndata: {}\n\nevent: errors\ndata: []\n\n",
            [("error", "{}"), ("message", "[]")],
            id="an error is known by its name",
        ),
        pytest.param(
            b"event: x\ndata: {\ndata: }\n\n", [("x", "{\n}")], id="named JSON in two lines"
        ),
        pytest.param(b": ping\n\ndata: a\n\n: ping\n\n", [("message", "a")], id="comments"),
        pytest.param(b"data: a\n: ping\ndata: b\n\n", [("message", "a\nb")], id="comment inside"),
        pytest.param(b"id: 1\n\nretry: 10\n\nevent: x\n\n", [], id="blocks without data"),
        pytest.param(b"id: 1\ndata: a\n\n\n\n\n", [("message", "a")], id="an id that stays"),
        pytest.param(b"data:\n\ndata: \n\ndata\n\n", [], id="empty data"),
        pytest.param(b"data:\ndata:\n\ndata:  \n\n", [], id="nothing but white space"),
        pytest.param(b"event: error\n\n", [("error", "")], id="an error without a word"),
        pytest.param(b"unknown: 1\ndata2: 2\ndata: a\n\n", [("message", "a")], id="unknown fields"),
        pytest.param(
            b"retry: x\nid: \0\ndata: a\n\n", [("message", "a")], id="fields that can't be"
        ),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("message", "a")], id="BOM"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], id="only one BOM is taken"),
        pytest.param(
            b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [("message", "a")], id="BOM at the start only"
        ),
        pytest.param(b"data: a", [("message", "a")], id="no end of line"),
        pytest.param(b"data: a\n", [("message", "a")], id="no blank line"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(
            "data: a\u2028b\u2029c\u0085d\ve\ff\x1cg\x1dh\x1ei\n\n".encode(),
            [("message", "a\u2028b\u2029c\u0085d\ve\ff\x1cg\x1dh\x1ei")],
            id="what other rules take for line ends",
        ),
        pytest.param(
            b"data: a\n\ndata: \xff\n\ndata: b\n\n",
            [("message", "a"), UnicodeDecodeError],
            id="not UTF-8",
        ),
        pytest.param(b"data: \xc3\n\n", [UnicodeDecodeError], id="half a character"),
        pytest.param(b"data: \xed\xa0\x80\n\n", [UnicodeDecodeError], id="a surrogate"),
    ],
)
def test_events(data: bytes, events: list[Told]) -> None:
    found = decode(data)
    assert found[: len(events)] == events
    if UnicodeDecodeError not in events:
        assert found == events
        assert essence(reference(data)) == essence(events)
        assert decode(*(data[i : i + 1] for i in range(len(data)))) == events


def test_an_event_is_given_as_soon_as_its_end_is_there() -> None:
    assert decode(b"data: a\n", close=False) == []
    assert decode(b"data: a\n\n", close=False) == [("message", "a")]
    assert decode(b"data: a\r\r", close=False) == [("message", "a")]  # without waiting for a \n
    assert decode(b"data: a\r\n\r\n", close=False) == [("message", "a")]


def test_five_megabytes_in_one_event() -> None:
    data = b"data: " + b"x" * 5_000_000 + b"\n\n"
    pieces = [data[i : i + 1000] for i in range(0, len(data), 1000)]
    assert decode(*pieces) == [("message", "x" * 5_000_000)]


def test_an_event_of_many_lines_longer_than_what_is_held() -> None:
    """Its lines are decoded as they come, the last one, which looks like an event, among them."""
    lines = [*("x" * 1000 for _ in range(200)), '{"a": 1}']
    data = "".join(f"data: {line}\n" for line in lines).encode()
    expected = [("message", "\n".join(lines)), ("message", "{}")]
    assert decode(data, b"\n", b"data: {}\n\n") == expected
    pieces = [data[i : i + 10_000] for i in range(0, len(data), 10_000)]
    assert decode(*pieces, b"\ndata: {}\n\n") == expected


def test_comments_without_end_are_not_heaped_up() -> None:
    decoder = EventDecoder()
    comment = b": " + b"x" * 16_000 + b"\n"
    tracemalloc.start()
    for _ in range(500):
        assert not decoder.feed(comment)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert [told(event) for event in decoder.feed(b"data: a\n\n")] == [("message", "a")]


LINES = st.one_of(
    st.sampled_from(["", "data", "data:", "event: error", "event: x", "id: 1", "retry: 5", ": c"]),
    st.sampled_from(["event: error\ndata: {}", "event: x\ndata: {}", "event: x.y\ndata: [1]"]),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8")),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8")).map("data: {}".format),
)
ENDS = st.sampled_from(["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(st.tuples(LINES, ENDS), max_size=12))
    bom = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return bom + "".join(line + end for line, end in lines).encode()


@st.composite
def cut_streams(draw: st.DrawFn, data: st.SearchStrategy[bytes]) -> list[bytes]:
    """Pieces, also empty ones, that are the whole of `data` together."""
    whole = draw(data)
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=20)))
    return [whole[a:b] for a, b in pairwise([0, *cuts, len(whole)])]


@given(cut_streams(streams()))
def test_any_split_gives_what_the_rules_give(pieces: list[bytes]) -> None:
    assert essence(decode(*pieces)) == essence(reference(b"".join(pieces)))


PIECES_OF_STREAMS = st.sampled_from(
    [b"data: ", b"a", b"\n", b"\r", b"\n\n", b"\xff", b"\xc3", b"\xa9", b": ", b"\xef\xbb\xbf"]
)


@given(cut_streams(st.lists(PIECES_OF_STREAMS, max_size=30).map(b"".join)))
def test_any_bytes_give_the_same_events_however_they_are_cut(pieces: list[bytes]) -> None:
    # Nothing is promised for what comes after a line that is not UTF-8.
    assert up_to_error(decode(*pieces)) == up_to_error(decode(b"".join(pieces)))


def up_to_error(events: list[Told]) -> list[Told]:
    return (
        events[: events.index(UnicodeDecodeError) + 1] if UnicodeDecodeError in events else events
    )


@given(cut_streams(st.text("a\r\n\u2028\u0085\v").map(lambda text: f"data: {text}".encode())))
def test_only_three_ends_end_a_line(pieces: list[bytes]) -> None:
    first = re.split(rb"\r\n|\r|\n", b"".join(pieces))[0]
    data = first.decode().removeprefix("data: ")
    assert decode(*pieces, b"\n\n")[:1] == [("message", data)] * bool(data.strip())
