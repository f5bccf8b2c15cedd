"""`responses.stream` in the background: every event once, wherever the connection breaks."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
)
from openai_async.types.responses import ParsedResponse

pytestmark = pytest.mark.anyio

AT_ONCE = RetryPolicy(initial=0.0001, maximum=0.001)

PART: dict[str, Any] = {
    "type": "output_text",
    "text": "Grüße!",
    "annotations": [],
    "logprobs": [],
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [PART],
}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "call_id": "call_1",
    "name": "add",
    "arguments": '{"a": 1}',
    "status": "completed",
}


def response(status: str, *output: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "background": True,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "m",
        "output": list(output),
        "parallel_tool_calls": True,
        "temperature": 1,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1,
        **more,
    }


def numbered(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


TEXT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
ARGUMENTS = {"item_id": "fc_1", "output_index": 1}
WHOLE = response("completed", MESSAGE, CALL)
EVENTS = numbered(
    {"type": "response.created", "response": response("queued")},
    {"type": "response.in_progress", "response": response("in_progress")},
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**MESSAGE, "status": "in_progress", "content": []},
    },
    {"type": "response.content_part.added", **TEXT, "part": {**PART, "text": ""}},
    *(
        {"type": "response.output_text.delta", **TEXT, "delta": piece, "logprobs": []}
        for piece in ("Gr", "üß", "e", "!")
    ),
    {"type": "response.output_text.done", **TEXT, "text": "Grüße!", "logprobs": []},
    {"type": "response.content_part.done", **TEXT, "part": PART},
    {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
    {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": {**CALL, "status": "in_progress", "arguments": ""},
    },
    {"type": "response.function_call_arguments.delta", **ARGUMENTS, "delta": '{"a"'},
    {"type": "response.function_call_arguments.delta", **ARGUMENTS, "delta": ": 1}"},
    {
        "type": "response.function_call_arguments.done",
        **ARGUMENTS,
        "name": "add",
        "arguments": '{"a": 1}',
    },
    {"type": "response.output_item.done", "output_index": 1, "item": CALL},
    {"type": "response.completed", "response": WHOLE},
)
TYPES = [(event["type"], event["sequence_number"]) for event in EVENTS]
BLOCKS = [
    f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
    for event in EVENTS
]


@dataclass
class Connection:
    """A stream: how many events it tells, and how it ends."""

    events: int = len(BLOCKS)
    ending: Literal["cut", "ends", "stalls"] = "cut"
    extra_bytes: int = 0
    """How much of the next event is sent before it ends."""


@dataclass
class Body(httpx.AsyncByteStream):
    data: bytes
    ending: str
    server: Background

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data
        if self.ending == "cut":
            raise httpx.ReadError("cut")
        if self.ending == "stalls":
            raise httpx.ReadTimeout("silent")

    async def aclose(self) -> None:
        self.server.open -= 1


Scripted = Connection | int | Exception | dict[str, Any]
"""What opening a stream gives: a stream, an HTTP status, an error of the network, a document."""


@dataclass
class Background:
    """A server with one response in the background, and the connections to it, one by one."""

    connections: Iterable[Scripted]
    looks: Iterable[Any] = field(default_factory=lambda: itertools.repeat(WHOLE))
    """What asking for the response gives: documents, statuses, errors."""
    open: int = 0
    asked: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.connections, self.looks = iter(self.connections), iter(self.looks)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        streamed = request.method == "POST" or request.url.params.get("stream") == "true"
        given = next(self.connections if streamed else self.looks)  # type: ignore[call-overload]
        if isinstance(given, Exception):
            raise given
        if isinstance(given, int):
            return httpx.Response(given, json={"error": {"message": "no"}})
        if isinstance(given, dict):
            return httpx.Response(200, json=given, headers={"openai-poll-after-ms": "1"})
        after = int(request.url.params.get("starting_after", -1)) + 1
        return self._stream(given, after)

    def _stream(self, connection: Connection, first: int) -> httpx.Response:
        told = b"".join(BLOCKS[first : connection.events])
        rest = b"".join(BLOCKS[max(first, connection.events) :])[: connection.extra_bytes]
        self.open += 1
        return httpx.Response(
            200,
            headers={"content-type": "text/event-stream"},
            stream=Body(told + rest, connection.ending, self),
        )

    def client(self, **options: Any) -> AsyncClient:
        settings: Any = {"api_key": "k", "base_url": "http://api.test/v1", "max_retries": 0}
        return AsyncClient(transport=httpx.MockTransport(self), **{**settings, **options})


async def follow(
    server: Background, **params: Any
) -> tuple[list[tuple[str, int]], ParsedResponse[None]]:
    """All events of the stream, and its response."""
    params = {"model": "m", "input": "Hi", "background": True, "reconnect": AT_ONCE, **params}
    async with server.client(strict_responses=True) as client:
        async with client.responses.stream(**params) as stream:
            events: list[tuple[str, int]] = [
                (event.type, event.sequence_number) async for event in stream
            ]
            final = await stream.get_final_response()
    assert server.open == 0
    return events, final


async def read(stream: AsyncIterator[Any], told: list[str]) -> None:
    """Note the types of all events, also where it ends in an error."""
    async for event in stream:
        told.append(event.type)  # noqa: PERF401 - those before the error, too


@pytest.mark.parametrize("ending", ["cut", "ends", "stalls"])
@pytest.mark.parametrize("events", range(1, len(BLOCKS)))
async def test_cut_at_every_boundary(events: int, ending: Any) -> None:
    server = Background([Connection(events, ending), Connection()])
    told, final = await follow(server)
    assert told == TYPES
    assert final.output_text == "Grüße!"
    assert server.asked == [
        "POST /v1/responses",
        f"GET /v1/responses/resp_1?starting_after={events - 1}&stream=true",
    ]


async def test_cut_at_every_byte() -> None:
    whole = b"".join(BLOCKS)
    first = len(BLOCKS[0])
    for size in range(first, len(whole), 7):
        server = Background([Connection(1, "cut", size - first), Connection()])
        told, final = await follow(server)
        assert told == TYPES, size
        assert final.output_text == "Grüße!"


async def test_cut_again_and_again() -> None:
    each = [Connection(events, "cut", events % 5) for events in range(1, len(BLOCKS))]
    server = Background([*each, Connection()])
    told, _ = await follow(server, max_failures=1 + 1)
    assert told == TYPES
    assert len(server.asked) == len(BLOCKS)


async def test_a_server_that_begins_anew_repeats_nothing() -> None:
    class Forgetful(Background):
        def _stream(self, connection: Connection, first: int) -> httpx.Response:  # noqa: ARG002
            return super()._stream(connection, 0)

    told, final = await follow(Forgetful([Connection(7), Connection(9), Connection()]))
    assert told == TYPES
    assert final.output_text == "Grüße!"


async def test_snapshots_go_on_behind_a_cut() -> None:
    server = Background([Connection(6), Connection(14), Connection()])
    async with server.client() as client:
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=AT_ONCE)
        async with manager as stream:
            snapshots = [
                event.snapshot
                async for event in stream
                if event.type == "response.output_text.delta"
                or event.type == "response.function_call_arguments.delta"
            ]
    assert snapshots == ["Gr", "Grüß", "Grüße", "Grüße!", '{"a"', '{"a": 1}']


async def test_what_is_not_in_the_background_ends_with_its_connection() -> None:
    class Foreground(Background):
        def _stream(self, connection: Connection, first: int) -> httpx.Response:
            answer = super()._stream(connection, first)
            assert isinstance(answer.stream, Body)
            answer.stream.data = answer.stream.data.replace(
                b'"background": true', b'"background": false'
            )
            return answer

    server = Foreground([Connection(5)])
    with pytest.raises(APIConnectionError):
        await follow(server, background=False)
    assert len(server.asked) == 1


async def test_a_cut_before_the_first_event_is_raised() -> None:
    server = Background([Connection(0, "cut", 40)])
    with pytest.raises(APIConnectionError):
        await follow(server)
    assert len(server.asked) == 1


async def test_create_raises_where_it_is_cut() -> None:
    endings: tuple[Literal["cut", "ends"], ...] = ("cut", "ends")
    for ending in endings:
        server = Background([Connection(5, ending)])
        told: list[str] = []
        async with server.client() as client:
            stream = await client.responses.create(model="m", input="Hi", stream=True)
            with pytest.raises(APIConnectionError):
                await read(stream, told)
            assert not stream.complete
        assert told == [kind for kind, _ in TYPES[:5]]


async def test_trouble_while_connecting_again_passes() -> None:
    server = Background(
        [Connection(5), 503, httpx.ConnectError("no"), 429, Connection(9), Connection()]
    )
    told, _ = await follow(server)
    assert told == TYPES


async def test_too_many_failures_raise_the_last() -> None:
    server = Background([Connection(5), 503, 503, 500])
    with pytest.raises(InternalServerError) as caught:
        await follow(server, max_failures=4)
    assert caught.value.status_code == 500
    assert len(server.asked) == 4


async def test_what_no_waiting_mends_is_raised_at_once() -> None:
    server = Background([Connection(5), 404])
    with pytest.raises(NotFoundError):
        await follow(server)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 405, 501])
@pytest.mark.parametrize("events", range(1, len(BLOCKS)))
async def test_a_server_that_refuses_to_stream_is_polled(events: int, status: int) -> None:
    server = Background([Connection(events), status], [response("in_progress"), WHOLE])
    told, final = await follow(server)
    kinds = [kind for kind, _ in told]
    assert kinds[:events] == [kind for kind, _ in TYPES[:events]]
    # What was left of a text comes in one piece; nothing else is left out, or told twice.
    merged = [kind for kind, _ in itertools.groupby(kinds)]
    expected = [kind for kind, _ in itertools.groupby(kind for kind, _ in TYPES)]
    assert [k for k in merged if k != "response.in_progress"] == [
        k for k in expected if k != "response.in_progress"
    ]
    assert [number for _, number in told] == list(range(len(told)))
    assert final.output_text == "Grüße!"


async def test_a_document_in_place_of_the_rest() -> None:
    server = Background([Connection(6), WHOLE], [WHOLE])
    async with server.client() as client:
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=AT_ONCE)
        async with manager as stream:
            deltas = [
                event.delta async for event in stream if event.type == "response.output_text.delta"
            ]
    assert deltas == ["Gr", "üß", "e!"]


async def test_a_response_that_was_cancelled_ends() -> None:
    cancelled = response("cancelled", {**MESSAGE, "status": "incomplete"})
    server = Background([Connection(6), Connection(6, "ends")], [cancelled, cancelled])
    told, final = await follow(server)
    assert told[-1][0] == "response.incomplete"
    assert final.status == "cancelled"


async def test_the_deadline_bounds_the_whole() -> None:
    server = Background(
        itertools.repeat(Connection(5, "stalls")), itertools.repeat(response("in_progress"))
    )
    began = time.monotonic()
    with pytest.raises(APITimeoutError) as caught:
        await follow(server, deadline=0.2)
    assert caught.value.phase == "deadline"
    assert time.monotonic() - began < 5


async def test_silence_is_no_failure() -> None:
    silent = [Connection(5, "stalls")] * 10
    server = Background([*silent, Connection()], itertools.repeat(response("in_progress")))
    told, _ = await follow(server, max_failures=2)
    assert told == TYPES


async def test_by_id() -> None:
    server = Background([Connection(9), Connection()])
    async with server.client() as client:
        manager = client.responses.stream(
            response_id="resp_1", starting_after=4, include_obfuscation=False, reconnect=AT_ONCE
        )
        async with manager as stream:
            told: list[tuple[str, int]] = [
                (event.type, event.sequence_number) async for event in stream
            ]
            final = await stream.get_final_response()
    assert told == TYPES[5:]
    assert final.output_text == "Grüße!"
    assert server.asked == [
        "GET /v1/responses/resp_1?include_obfuscation=false&stream=true",
        "GET /v1/responses/resp_1?include_obfuscation=false&starting_after=8&stream=true",
    ]


async def test_by_id_where_the_first_connection_tells_nothing() -> None:
    server = Background([Connection(0), Connection()])
    async with server.client() as client:
        manager = client.responses.stream(response_id="resp_1", reconnect=AT_ONCE)
        async with manager as stream:
            told: list[tuple[str, int]] = [
                (event.type, event.sequence_number) async for event in stream
            ]
    assert told == TYPES


async def test_an_error_event_is_the_servers_word() -> None:
    error = {"type": "error", "code": "server_error", "message": "broken", "param": None}
    body = BLOCKS[0] + f"data: {json.dumps({**error, 'sequence_number': 1})}\n\n".encode()

    class Broken(Background):
        def _stream(self, connection: Connection, first: int) -> httpx.Response:
            answer = super()._stream(connection, first)
            assert isinstance(answer.stream, Body)
            answer.stream.data = body
            return answer

    server = Broken([Connection(ending="ends")])
    told: list[str] = []
    async with server.client() as client:
        async with client.responses.stream(model="m", input="Hi", background=True) as stream:
            with pytest.raises(APIError, match="broken"):
                await read(stream, told)
    assert told == ["response.created"]
    assert server.open == 0


async def test_what_was_closed_asks_for_nothing_more() -> None:
    server = Background([Connection(6), Connection()])
    async with server.client() as client:
        async with client.responses.stream(model="m", input="Hi", background=True) as stream:
            await anext(stream)
        asked = len(server.asked)
        with pytest.raises(RuntimeError, match="closed before its end"):
            await stream.get_final_response()
    assert len(server.asked) == asked
    assert server.open == 0


async def test_two_tasks_do_not_read_one_stream() -> None:
    server = Background([Connection(0), 503, Connection()])
    slow = RetryPolicy(initial=30, maximum=30)
    async with server.client() as client, anyio.create_task_group() as tasks:
        manager = client.responses.stream(response_id="resp_1", reconnect=slow)
        async with manager as stream:
            tasks.start_soon(anext, stream)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(RuntimeError, match="another task"):
                await anext(stream)
            tasks.cancel_scope.cancel()


async def test_closed_by_another_task_while_it_connects_again() -> None:
    connecting, closed = anyio.Event(), anyio.Event()
    server = Background([Connection(6), Connection()])

    async def answer(request: httpx.Request) -> httpx.Response:
        if server.asked:
            connecting.set()
            await closed.wait()
        return await server(request)

    settings: Any = {"api_key": "k", "base_url": "http://api.test/v1", "max_retries": 0}
    told: list[str] = []
    async with AsyncClient(transport=httpx.MockTransport(answer), **settings) as client:
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=AT_ONCE)
        async with manager as stream, anyio.create_task_group() as tasks:
            tasks.start_soon(read, stream, told)
            await connecting.wait()
            await stream.close()
            closed.set()
    assert len(told) == 6
    assert server.open == 0


async def test_a_response_that_failed_with_nothing_to_show() -> None:
    failed = {key: value for key, value in response("failed").items() if key != "output"}
    server = Background([Connection(6), 400], [failed])
    async with server.client() as client:
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=AT_ONCE)
        async with manager as stream:
            assert (await stream.get_final_response()).status == "failed"


async def test_leaving_early_lets_go() -> None:
    server = Background([Connection(9), Connection()])
    async with server.client() as client:
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=AT_ONCE)
        async with manager as stream:
            async for event in stream:
                if event.sequence_number == 10:  # in the second connection
                    break
        assert server.open == 0


async def test_cancelling_while_it_waits_lets_go() -> None:
    server = Background([Connection(5), 503])
    async with server.client() as client:
        slow = RetryPolicy(initial=1000, maximum=1000)
        manager = client.responses.stream(model="m", input="Hi", background=True, reconnect=slow)
        with anyio.move_on_after(0.05) as scope:
            async with manager as stream:
                await stream.until_done()
        assert scope.cancelled_caught
    assert server.open == 0
