"""Streams: what is given, what is raised, how long is waited, and what becomes of the connection."""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AsyncStream,
    ResponseValidationError,
    raw,
)
from openai_async.types.chat import ChatCompletionChunk
from tests.common import DONE, END, HELLO, A, B, delta, event, take, text
from tests.rawserver import (
    EACH_TRANSPORT,
    LAST_CHUNK,
    Connection,
    RawServer,
    Script,
    answer,
    chunk,
    chunked_head,
    event_stream,
    json_response,
)

pytestmark = pytest.mark.anyio


class Pieces(httpx.AsyncBaseTransport):
    """Answers with these pieces of a body, one by one, and then perhaps an error; no socket."""

    def __init__(
        self,
        *pieces: bytes,
        content_type: str | None = "text/event-stream",
        headers: dict[str, str] | None = None,
        failure: Exception | None = None,
        status: int = 200,
    ) -> None:
        self.body = Body(pieces, failure)
        self.headers = {"x-request-id": "req-7", **(headers or {})}
        if content_type is not None:
            self.headers["content-type"] = content_type
        self.status = status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.body.closed = False
        return httpx.Response(self.status, headers=self.headers, stream=self.body, request=request)

    def client(self, **options: Any) -> AsyncClient:
        given: Any = {"api_key": "k", "base_url": "http://api.test/v1", "max_retries": 0, **options}
        return AsyncClient(transport=self, **given)

    async def chat(self, **options: Any) -> AsyncStream[ChatCompletionChunk]:
        return await self.client(**options).chat.completions.create(**HELLO, stream=True)


class Body(httpx.AsyncByteStream):
    def __init__(self, pieces: Sequence[bytes], failure: Exception | None) -> None:
        self.pieces = pieces
        self.failure = failure
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for one in self.pieces:
            await anyio.lowlevel.checkpoint()
            yield one
        if self.failure is not None:
            raise self.failure

    async def aclose(self) -> None:
        self.closed = True


# What is given.


async def test_items_come_as_models_until_done() -> None:
    transport = Pieces(A + B, END, DONE)
    stream = await transport.chat()
    assert not stream.complete
    assert stream.request_id == "req-7"
    assert stream.response.status_code == 200
    items, error = await take(stream)
    assert error is None
    assert all(isinstance(item, ChatCompletionChunk) for item in items)
    assert text(items) == "ab"
    assert stream.complete
    assert transport.body.closed
    assert await take(stream) == ([], None)


@pytest.mark.parametrize(
    "after",
    [
        event(delta("z")),
        event(b"{not json"),
        event({"error": {"message": "late"}}),
        event(b"\xff"),
        b"garbage",
        DONE,
    ],
)
@pytest.mark.parametrize("apart", [False, True])
async def test_what_follows_done_is_ignored(after: bytes, apart: bool) -> None:
    stream = await Pieces(*([A, DONE, after] if apart else [A + DONE + after])).chat()
    items, error = await take(stream)
    assert error is None
    assert text(items) == "a"
    assert stream.complete


async def test_what_breaks_behind_done_is_ignored() -> None:
    stream = await Pieces(A, DONE, failure=httpx.ReadError("reset")).chat()
    items, error = await take(stream)
    assert (text(items), error, stream.complete) == ("a", None, True)


@st.composite
def cut_answers(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """Some text, and the stream that carries it, cut anywhere."""
    texts = draw(st.lists(st.text(), max_size=5))
    ends = draw(st.sampled_from([b"\n", b"\r", b"\r\n"]))
    between = draw(st.sampled_from([b"", b": ping\n\n", b"id: 1\nretry: 5\n\n", b"event: x\n\n"]))
    whole = draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n\n", b": hi\n"]))
    for one in texts:
        whole += between + event(delta(one))
    whole = (whole + between + END + DONE).replace(b"\n", ends)
    cuts = sorted(draw(st.lists(st.integers(1, len(whole) - 1), max_size=30, unique=True)))
    return "".join(texts), [whole[a:b] for a, b in pairwise([0, *cuts, len(whole)])]


@settings(deadline=None, max_examples=50)
@given(cut_answers())
async def test_any_split_gives_the_same_text(answer: tuple[str, list[bytes]]) -> None:
    expected, pieces = answer
    stream = await Pieces(*pieces).chat()
    items, error = await take(stream)
    assert error is None
    assert text(items) == expected
    assert stream.complete


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 400))
async def test_a_stream_cut_at_any_byte_says_so(length: int) -> None:
    whole = A + B + END + DONE
    failure = httpx.RemoteProtocolError("peer closed connection")
    stream = await Pieces(whole[:length], failure=failure).chat()
    items, error = await take(stream)
    came = [text for text in (A, A + B, A + B + END) if len(text) <= length]
    assert len(items) == len(came)
    if length >= len(whole):
        assert error is None
    else:
        assert type(error) is APIConnectionError
        assert error.__cause__ is failure
        assert error.request_id == "req-7"
        assert "peer closed connection" in str(error)


async def test_strange_line_ends_inside_data() -> None:
    odd = "a\u2028b\u2029c\u0085d\ve\ff\x1cg"
    items, error = await take(await Pieces(event(delta(odd)), DONE).chat())
    assert error is None
    assert text(items) == odd


async def test_always_utf8_whatever_the_header_says() -> None:
    lie = Pieces(event(delta("é漢😀")), DONE, content_type="text/event-stream; charset=latin-1")
    items, _ = await take(await lie.chat())
    assert text(items) == "é漢😀"


async def test_gzip() -> None:
    body = gzip.compress(A + B + DONE)
    transport = Pieces(body[:20], body[20:], headers={"content-encoding": "gzip"})
    items, error = await take(await transport.chat())
    assert error is None
    assert text(items) == "ab"


@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_broken_gzip_is_a_connection_error() -> None:
    _, error = await take(await Pieces(b"no gzip", headers={"content-encoding": "gzip"}).chat())
    assert type(error) is APIConnectionError


async def test_an_event_stream_under_another_content_type_is_one() -> None:
    for content_type in ("text/plain", "application/json", None):
        for end in (DONE, b""):
            pieces = Pieces(A, B, end, content_type=content_type)
            items, error = await take(await pieces.chat())
            assert (text(items), error) == ("ab", None)


async def test_usage_comes_in_a_chunk_of_its_own() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    last = {**delta(), "choices": [], "usage": usage}
    items, _ = await take(await Pieces(A, END, event(last), DONE).chat())
    assert items[-1].usage.total_tokens == 3
    assert items[-1].choices == []


@pytest.mark.parametrize(
    ("chunk", "content"),
    [
        ({**delta(), "choices": None}, None),
        ({"id": "c"}, None),
        ({**delta(), "choices": [{"index": 0, "delta": None}]}, None),
        ({**delta(), "choices": [{"index": 0}]}, None),
        ({"choices": [{"delta": {"content": "x"}}]}, "x"),
        ({**delta("x"), "object": None, "created": "now"}, "x"),
        ({**delta("x"), "choices": [{"index": None, "delta": {"content": "x"}}]}, "x"),
        ({**delta("x"), "choices": [{"index": "one", "delta": {"content": "x"}}]}, "x"),
        ({**delta("x"), "choices": [{"index": [1], "delta": {"content": "x"}}]}, "x"),
        ({**delta("x"), "choices": [None, *delta("x")["choices"]]}, "x"),
        ({**delta(), "choices": "none"}, None),
        ({**delta(), "choices": 5}, None),
        ({**delta(), "choices": {"a": 1}}, None),
        ({**delta("x"), "unheard": {"of": [1]}}, "x"),
    ],
)
async def test_chunks_that_depart_from_the_shape_are_given(
    chunk: dict[str, Any], content: str | None
) -> None:
    (item, last), error = await take(await Pieces(event(chunk), END, DONE).chat())
    assert error is None
    dumped = item.to_dict()
    for key, value in chunk.items():
        assert dumped[key] == value or key == "choices"
    found = [
        choice.delta.content
        for choice in (item.choices if isinstance(item.choices, list) else [])
        if choice is not None
    ]
    assert (found or [None])[-1] == content
    assert last.choices[0].finish_reason == "stop"


async def test_tool_calls_without_index_are_given() -> None:
    calls = [{"function": {"name": "f", "arguments": "{}"}}]
    more = {"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}
    (item,), error = await take(await Pieces(event({**delta(), **more}), DONE).chat())
    assert error is None
    assert item.choices[0].delta.tool_calls[0].index is None
    assert item.choices[0].delta.tool_calls[0].function.arguments == "{}"


async def test_one_warning_for_all_chunks_of_a_server(caplog: pytest.LogCaptureFixture) -> None:
    chunks = [event({**delta("a"), "choices": None}), event({**delta("b"), "created": "now"})]
    base_url = f"http://{threading.get_ident()}-{time.monotonic_ns()}.test"
    with caplog.at_level(logging.WARNING, "openai_async"):
        for _ in range(2):
            await take(await Pieces(*chunks, DONE).chat(base_url=base_url))
    assert len(caplog.records) == 1
    assert "ChatCompletionChunk" in caplog.text


async def test_strict_responses() -> None:
    bad = event({**delta("a"), "choices": None})
    items, error = await take(await Pieces(A, bad, DONE).chat(strict_responses=True))
    assert text(items) == "a"
    assert type(error) is ResponseValidationError
    assert "choices" in str(error)


# Errors as events.


@pytest.mark.parametrize(
    ("bad", "said", "code"),
    [
        (event({"error": {"message": "boom", "code": "c7"}}), "boom", "c7"),
        (event({"error": {"message": "boom", "code": 500}}, "error"), "boom", 500),
        (event({"error": "boom"}), "boom", None),
        (event({"error": True, "message": "boom"}), "boom", None),
        (event({"error": {"code": 5}}), '"code": 5', 5),
        (event({"message": "boom", "code": "c7"}, "error"), "boom", "c7"),
        (event({"message": "boom", "type": "server_error", "code": "c7"}), "boom", "c7"),
        (event({"object": "error", "message": "boom", "code": 4}), "boom", 4),
        (event({"detail": "boom"}), "boom", None),
        (event(b"boom", "error"), "boom", None),
        (event(b'"boom"', "error"), "boom", None),
        (b"event: error\n\n", "error in mid-stream", None),
        (event({**delta("z"), "error": {"message": "boom", "code": "c7"}}), "boom", "c7"),
        (event({"choices": [], "error": {"message": "boom", "code": "c7"}}), "boom", "c7"),
    ],
)
async def test_an_error_event_is_raised_after_what_came_before(
    bad: bytes, said: str, code: object
) -> None:
    transport = Pieces(A + bad + B + DONE)
    stream = await transport.chat()
    items, error = await take(stream)
    assert text(items) == "a"
    assert isinstance(error, APIError)
    assert not isinstance(error, APIConnectionError)
    assert said in str(error)
    assert "req-7" in str(error)
    assert error.code == code
    assert not stream.complete
    assert transport.body.closed


@pytest.mark.parametrize("nothing", [None, "", {}, False, []])
async def test_an_empty_error_is_none(nothing: Any) -> None:
    items, error = await take(await Pieces(event({**delta("a"), "error": nothing}), DONE).chat())
    assert (text(items), error) == ("a", None)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (event(b"{not json"), "{not json"),
        (event(b"[" * 100_000), "not JSON"),
        (event(b"[1]"), "ChatCompletionChunk"),
        (event(b"5"), "ChatCompletionChunk"),
        (event(b"null"), "ChatCompletionChunk"),
        (event(b"done"), "done"),
        (b"data: \xff\xfe\n\n", "UTF-8"),
        (b"data: {\ndata: x}\n\n", "not JSON"),
    ],
)
async def test_data_that_cannot_be_read(bad: bytes, said: str) -> None:
    items, error = await take(await Pieces(A + bad + B, DONE).chat())
    assert text(items) == "a"
    assert type(error) is APIResponseError
    assert said in str(error)
    assert "req-7" in str(error)


async def test_a_4xx_is_a_status_error_before_any_stream() -> None:
    transport = Pieces(b'{"error": {"message": "no such model"}}', status=404)
    with pytest.raises(APIStatusError, match="no such model"):
        await transport.chat()


# The end.


@pytest.mark.parametrize(
    ("pieces", "complete"),
    [
        ([A, END, DONE], True),
        ([A, DONE], True),
        ([A, END], True),
        ([A, END, event({**delta(), "choices": []})], True),
        ([A, END, event(delta())], True),
        ([A, B], False),
        ([event(delta("a", finish="")), B], False),
        ([event(delta("a", index=1)), END], False),
        ([event(delta("a", index=1)), event(delta(index=1, finish="stop")), END], True),
        ([], False),
        ([b": ping\n\n"], False),
    ],
)
async def test_complete_tells_whether_the_end_was_seen(pieces: list[bytes], complete: bool) -> None:
    stream = await Pieces(*pieces).chat()
    _, error = await take(stream)
    assert error is None
    assert stream.complete == complete

    strict = await Pieces(*pieces).chat(strict_streams=True)
    _, error = await take(strict)
    assert (error is None) == complete
    if error is not None:
        assert type(error) is APIConnectionError
        assert "[DONE]" in str(error)


async def test_the_last_event_may_lack_its_blank_line() -> None:
    for last in (A[:-1], A[:-2]):
        items, error = await take(await Pieces(B, last).chat())
        assert (text(items), error) == ("ba", None)


async def test_an_end_in_the_middle_of_an_event_is_a_cut() -> None:
    items, error = await take(await Pieces(A, B[:30]).chat())
    assert text(items) == "a"
    assert type(error) is APIConnectionError
    assert "middle of an event" in str(error)


# Something else than a stream.

WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "all of it"},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", None])
@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("before", [b"", b"\n\n  ", b"\xef\xbb\xbf"])
async def test_a_whole_answer_is_adapted(
    content_type: str | None, size: int, before: bytes
) -> None:
    body = before + json.dumps(WHOLE).encode()
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    transport = Pieces(*pieces, content_type=content_type)
    stream = await transport.chat()
    (item,), error = await take(stream)
    assert error is None
    assert text([item]) == "all of it"
    assert item.choices[0].finish_reason == "stop"
    assert item.usage.total_tokens == 3
    assert stream.complete
    assert transport.body.closed


async def test_a_whole_completion_is_adapted() -> None:
    answer = {"id": "c", "object": "text_completion", "created": 1, "model": "m"}
    choice = {"index": 0, "text": "all of it", "finish_reason": "stop"}
    transport = Pieces(json.dumps({**answer, "choices": [choice]}).encode())
    stream = await transport.client().completions.create(model="m", prompt="p", stream=True)
    (item,), error = await take(stream)
    assert error is None
    assert item.choices[0].text == "all of it"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "overloaded"}}', "overloaded"),
        (b'{"error": "overloaded"}', "overloaded"),
        (b'{"detail": "overloaded"}', "overloaded"),
        (b'{"object": "error", "message": "overloaded"}', "overloaded"),
        (b'{"status": "overloaded"}', "overloaded"),
        (b"{}", "a document came"),
        (b'[{"a": 1}]', "a document came"),
        (b'{"choices": null}', "a document came"),
        (b'{"choices": "overloaded"}', "overloaded"),
        (b'{"choices": [', "not JSON"),
        (b"{" * 100_000, "not JSON"),
        (b"<html><body><h1>502</h1>Bad <b>gateway</b></body></html>", "502 Bad gateway"),
        (b"<!DOCTYPE html><title>Sign in</title>", "Sign in"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_a_document_that_is_no_answer(body: bytes, said: str, content_type: str) -> None:
    items, error = await take(await Pieces(body, content_type=content_type).chat())
    assert items == []
    assert type(error) is APIResponseError
    assert said in str(error)


@pytest.mark.parametrize("content_type", ["text/plain", "text/event-stream"])
@pytest.mark.parametrize("size", [1, 1000])
async def test_plain_text_that_is_no_stream(size: int, content_type: str) -> None:
    body = b"upstream connect error"
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    items, error = await take(await Pieces(*pieces, content_type=content_type).chat())
    assert items == []
    assert type(error) is APIResponseError
    assert "upstream connect error" in str(error)


async def test_nothing_under_another_content_type() -> None:
    _, error = await take(await Pieces(content_type="text/html").chat())
    assert type(error) is APIResponseError


async def test_choices_of_a_whole_answer_that_are_no_objects() -> None:
    (item,), error = await take(await Pieces(b'{"choices": [null, 5]}').chat())
    assert error is None
    assert item.to_dict()["choices"] == [{}, 5]


async def test_an_undocumented_endpoint_streams_plain_json() -> None:
    transport = Pieces(event({"type": "a"}), event({"type": "b"}, "named"))
    stream = await transport.client().stream("/responses", cast_to=dict, body={"stream": True})
    assert await take(stream) == ([{"type": "a"}, {"type": "b"}], None)


async def test_raw_gives_the_stream_and_its_response() -> None:
    client = Pieces(A, DONE).client()
    found = await raw(client.chat.completions.create)(**HELLO, stream=True)
    assert found.request_id == "req-7"
    items, _ = await take(found.value)
    assert text(items) == "a"


# Time.


class Stalling(Pieces):
    """Answers with some pieces and then, for ever, nothing, or the same piece over and over."""

    def __init__(self, *pieces: bytes, again: bytes = b"", answers: bool = True) -> None:
        super().__init__()
        self.body = StallingBody(pieces, again)
        self.answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.answers:
            await anyio.sleep_forever()
        return await super().handle_async_request(request)


class StallingBody(Body):
    def __init__(self, pieces: Sequence[bytes], again: bytes) -> None:
        super().__init__(pieces, None)
        self.again = again

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for one in self.pieces:
            yield one
        while True:
            await anyio.sleep(0.005 if self.again else 3600)
            yield self.again


PING = b": ping\n\n"
HALF = b"data: {"
SOON = 0.05


@pytest.mark.parametrize(
    ("transport", "bound", "phase", "given"),
    [
        (Stalling(answers=False), "first_event_timeout", "first_event", ""),
        (Stalling(), "first_event_timeout", "first_event", ""),
        (Stalling(again=PING), "first_event_timeout", "first_event", ""),
        (Stalling(b"data: {", again=b"x"), "first_event_timeout", "first_event", ""),
        (Stalling(A), "idle_timeout", "idle", "a"),
        (Stalling(A + HALF), "idle_timeout", "idle", "a"),
        (Stalling(A, again=PING), "idle_timeout", "idle", "a"),
        (Stalling(A, again=b"id: 1\n\n"), "idle_timeout", "idle", "a"),
        (Stalling(A, again=b"data:\n\n"), "idle_timeout", "idle", "a"),
        (Stalling(A + HALF, again=b"x"), "idle_timeout", "idle", "a"),
        (Stalling(b"{", again=b" "), "idle_timeout", "idle", ""),
        (Stalling(again=b"\n"), "idle_timeout", "idle", ""),
        (Stalling(again=PING), "timeout", "idle", ""),
        (Stalling(A, again=PING), "timeout", "idle", "a"),
        (Stalling(answers=False), "deadline", "deadline", ""),
        (Stalling(A), "deadline", "deadline", "a"),
        (Stalling(A, again=PING), "deadline", "deadline", "a"),
        (Stalling(b"{"), "deadline", "deadline", ""),
        (Stalling(A + DONE[:-1]), "deadline", "deadline", "a"),
    ],
)
async def test_every_wait_is_bounded(
    transport: Stalling, bound: str, phase: str, given: str
) -> None:
    items: list[Any] = []
    with anyio.fail_after(5):
        try:
            items, error = await take(await transport.chat(**{bound: SOON}))
        except APITimeoutError as caught:
            error = caught
    assert isinstance(error, APITimeoutError)
    assert error.phase == phase
    assert error.request is not None
    assert text(items) == given
    assert transport.body.closed == transport.answers


@pytest.mark.parametrize(
    ("bound", "phase"),
    [
        ("first_event_timeout", "first_event"),
        ("idle_timeout", "idle"),
        ("timeout", "idle"),
        ("deadline", "deadline"),
    ],
)
async def test_a_call_has_bounds_of_its_own(bound: str, phase: str) -> None:
    client = Stalling(again=PING).client(**{bound: 60})
    bounds: Any = {bound: SOON}
    with anyio.fail_after(5), pytest.raises(APITimeoutError) as caught:
        await anext(await client.chat.completions.create(**HELLO, stream=True, **bounds))
    assert caught.value.phase == phase


async def test_a_first_event_in_time_is_all_that_its_bound_asks_for() -> None:
    transport = Stalling(A, again=B)
    stream = await transport.chat(first_event_timeout=SOON)
    begun = time.monotonic()
    async for _ in stream:
        if time.monotonic() - begun > 3 * SOON:
            break
    await stream.close()


async def test_a_trickle_that_never_ends_meets_the_deadline() -> None:
    transport = Stalling(again=A)
    with anyio.fail_after(5):
        items, error = await take(await transport.chat(deadline=0.2))
    assert isinstance(error, APITimeoutError)
    assert error.phase == "deadline"
    assert len(items) > 2
    assert transport.body.closed


@pytest.mark.parametrize(
    ("bounds", "phase"),
    [({"timeout": 0.1}, "read"), ({"idle_timeout": 0.1}, "idle"), ({"deadline": 0.1}, "deadline")],
)
@EACH_TRANSPORT
async def test_a_bound_that_was_reached_closes_the_connection(
    bounds: Any, phase: str, transport: Any
) -> None:
    with RawServer(answer([chunked_head(), chunk(PING)], then="hold")) as server:
        async with server.client(transport=transport, **bounds) as client:
            with pytest.raises(APITimeoutError) as caught, anyio.fail_after(5):
                await anext(await client.chat.completions.create(**HELLO, stream=True))
            await (await server.accepted()).client_left()
    assert caught.value.phase == phase


def silence(*before: bytes) -> Script:
    return answer([chunked_head(), *map(chunk, before)], then="hold")


async def test_the_time_that_the_caller_takes_is_no_silence() -> None:
    stream = await Pieces(A, B, DONE).chat(idle_timeout=SOON)
    items = [await anext(stream)]
    await anyio.sleep(2 * SOON)
    rest, error = await take(stream)
    assert error is None
    assert text(items + rest) == "ab"


async def test_a_server_that_does_not_end_after_done() -> None:
    """It gets a second for it; the answer is whole all the same."""
    with RawServer(answer([chunked_head(), chunk(A + DONE)], then="hold")) as server:
        async with server.client() as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            with anyio.fail_after(5):
                items, error = await take(stream)
            await (await server.accepted()).client_left()
    assert (text(items), error, stream.complete) == ("a", None, True)


# The connection.


async def start(client: AsyncClient) -> AsyncStream[ChatCompletionChunk]:
    """A stream of which one event has been read."""
    stream = await client.chat.completions.create(**HELLO, stream=True)
    await anext(stream)
    return stream


async def by_break_in_with(client: AsyncClient) -> None:
    async with await client.chat.completions.create(**HELLO, stream=True) as stream:
        async for _ in stream:
            break


async def by_break_without_with(client: AsyncClient) -> None:
    async for _ in await client.chat.completions.create(**HELLO, stream=True):
        break
    gc.collect()


async def by_dropping_it(client: AsyncClient) -> None:
    stream = await start(client)
    del stream
    gc.collect()


async def by_dropping_it_unread(client: AsyncClient) -> None:
    stream = await client.chat.completions.create(**HELLO, stream=True)
    del stream
    gc.collect()


async def by_close(client: AsyncClient) -> None:
    await (await start(client)).close()


async def by_close_unread(client: AsyncClient) -> None:
    await (await client.chat.completions.create(**HELLO, stream=True)).close()


async def by_aclosing(client: AsyncClient) -> None:
    async with contextlib.aclosing(await start(client)):
        pass


async def by_an_exception(client: AsyncClient) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - how the loop is left is the point
        async with await start(client) as stream:
            async for _ in stream:
                raise ZeroDivisionError


async def by_cancelling_the_read(client: AsyncClient) -> None:
    stream = await start(client)
    with anyio.move_on_after(0.05) as scope:
        await take(stream)
    assert scope.cancelled_caught


async def by_cancelling_inside_with(client: AsyncClient) -> None:
    with anyio.move_on_after(0.05) as scope:
        async with await start(client) as stream:
            await take(stream)
    assert scope.cancelled_caught


async def by_cancelling_the_caller_at_work(client: AsyncClient) -> None:
    with anyio.move_on_after(0.05) as scope:
        async with await start(client):
            await anyio.sleep_forever()
    assert scope.cancelled_caught


async def by_closing_the_client(client: AsyncClient) -> None:
    stream = await start(client)
    await client.close()
    _, error = await take(stream)
    assert isinstance(error, APIConnectionError)


async def by_closing_it_in_another_task(client: AsyncClient) -> None:
    stream = await start(client)
    async with anyio.create_task_group() as tasks:

        async def read() -> None:
            _, error = await take(stream)
            assert isinstance(error, APIConnectionError)

        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(stream.close)


async def by_an_error_event(client: AsyncClient) -> None:
    _, error = await take(await client.chat.completions.create(**HELLO, stream=True))
    assert isinstance(error, APIError)


async def by_with_streaming_response(client: AsyncClient) -> None:
    method = client.chat.with_streaming_response.completions.create
    async with method(**HELLO, stream=True) as response:
        stream = await response.parse()
        await anext(stream)


LEAVES: list[Any] = [
    by_break_in_with,
    by_break_without_with,
    by_dropping_it,
    by_dropping_it_unread,
    by_close,
    by_close_unread,
    by_aclosing,
    by_an_exception,
    by_cancelling_the_read,
    by_cancelling_inside_with,
    by_cancelling_the_caller_at_work,
    by_closing_the_client,
    by_closing_it_in_another_task,
    by_with_streaming_response,
]


@pytest.mark.parametrize("leave", LEAVES)
@EACH_TRANSPORT
async def test_leaving_a_stream_closes_its_connection(
    leave: Callable[[AsyncClient], Awaitable[None]], transport: Any
) -> None:
    with RawServer(silence(A, A), answer(event_stream(B, DONE))) as server:
        async with server.client(
            transport=transport, limits=httpx.Limits(max_connections=1)
        ) as client:
            with anyio.fail_after(5):
                await leave(client)
                await (await server.accepted()).client_left()
                if not client.is_closed:
                    # And its place is free.
                    async with await client.chat.completions.create(**HELLO, stream=True) as after:
                        assert text([item async for item in after]) == "b"


@EACH_TRANSPORT
async def test_an_error_event_closes_the_connection(transport: Any) -> None:
    with RawServer(silence(A, event({"error": {"message": "boom"}}))) as server:
        async with server.client(transport=transport) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            _, error = await take(stream)
            await (await server.accepted()).client_left()
    assert "boom" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        [chunked_head(), chunk(A), chunk(DONE), LAST_CHUNK],
        [chunked_head() + chunk(A + DONE), LAST_CHUNK],
        [chunked_head() + chunk(A + END) + LAST_CHUNK],
        [chunked_head(), chunk(A), chunk(DONE + b": bye\n\n"), chunk(b": bye\n\n"), LAST_CHUNK],
        [json_response(WHOLE)],
    ],
)
@EACH_TRANSPORT
async def test_a_stream_that_ran_to_its_end_gives_its_connection_back(
    body: list[bytes], transport: Any
) -> None:
    with RawServer(answer(body)) as server:
        async with server.client(transport=transport) as client:
            for _ in range(3):
                _, error = await take(await client.chat.completions.create(**HELLO, stream=True))
                assert error is None
            assert [request.connection for request in server.requests] == [0, 0, 0]
            assert server.connections[0].open


@pytest.mark.parametrize("then", ["close", "reset"])
@EACH_TRANSPORT
async def test_a_cut_is_told_after_what_came(then: Any, transport: Any) -> None:
    with RawServer(answer([chunked_head(), chunk(A), chunk(B)], then=then)) as server:
        async with server.client(transport=transport) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            items, error = await take(stream)
    if then == "close":  # a reset may overtake what was sent before it
        assert text(items) == "ab"
    assert type(error) is APIConnectionError
    assert error.__cause__ is not None
    assert not stream.complete


@EACH_TRANSPORT
async def test_two_consumers_of_one_stream_are_told(transport: Any) -> None:
    with RawServer(silence(A)) as server:
        async with server.client(transport=transport) as client:
            stream = await start(client)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(take, stream)
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(RuntimeError, match="another task"):
                    await anext(stream)
                tasks.cancel_scope.cancel()
            await (await server.accepted()).client_left()


@EACH_TRANSPORT
async def test_reading_goes_on_after_two_consumers_were_told(transport: Any) -> None:
    go_on = threading.Event()

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(chunked_head())
        connection.until(go_on)
        connection.send(chunk(A + DONE) + LAST_CHUNK)

    found: list[Any] = []
    with RawServer(script) as server:
        async with server.client(transport=transport) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)

            async def read() -> None:
                found.extend(await take(stream))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(RuntimeError, match="another task"):
                    await anext(stream)
                go_on.set()
    items, error = found
    assert (text(items), error) == ("a", None)
