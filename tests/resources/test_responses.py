"""Responses: what is sent, and what comes of the answers."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any, Literal, cast

import anyio
import pytest
from pydantic import BaseModel, TypeAdapter

from openai_async import (
    NOT_GIVEN,
    APIConnectionError,
    APIError,
    APIResponseError,
    ConfigurationError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    NotFoundError,
    ResponseValidationError,
    pydantic_function_tool,
    raw,
)
from openai_async.resources._response_whole import from_whole
from openai_async.testing import Server
from openai_async.types.responses import (
    ParsedResponseFunctionToolCall,
    ParsedResponseOutputMessage,
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseReasoningItem,
)
from tests.rawserver import RawServer, answer, chunk, chunked_head

from .conftest import Answering
from .test_response_resume import BLOCKS, CALL, MESSAGE, WHOLE, read, response

pytestmark = pytest.mark.anyio


class Weather(BaseModel):
    """What the weather is like."""

    city: str
    degrees: int


class GetWeather(BaseModel):
    city: str


@dataclasses.dataclass
class Sky:
    color: Literal["blue", "grey"]


def message(text: str, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {**MESSAGE, "content": [part], **more}


# Calls


async def test_create(answering: Answering) -> None:
    client, script = answering(WHOLE)
    answer = await client.responses.create(
        model="m",
        input=[{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        tools=[
            {"type": "function", "name": "add", "parameters": {}, "strict": True},
            {"type": "web_search", "search_context_size": "low"},
        ],
        tool_choice={"type": "function", "name": "add"},
        include=["message.output_text.logprobs"],
        reasoning={"effort": "low"},
        metadata={"a": "b"},
        max_output_tokens=None,
    )
    assert script.line == "POST /v1/responses"
    assert script.json == {
        "model": "m",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        "tools": [
            {"type": "function", "name": "add", "parameters": {}, "strict": True},
            {"type": "web_search", "search_context_size": "low"},
        ],
        "tool_choice": {"type": "function", "name": "add"},
        "include": ["message.output_text.logprobs"],
        "reasoning": {"effort": "low"},
        "metadata": {"a": "b"},
        "max_output_tokens": None,
    }
    assert answer.output_text == "Grüße!"
    assert isinstance(answer.output[0], ResponseOutputMessage)
    assert isinstance(answer.output[1], ResponseFunctionToolCall)
    assert answer.to_dict() == WHOLE


async def test_output_text_joins_all_of_it(answering: Answering) -> None:
    refusal = message("", content=[{"type": "refusal", "refusal": "no"}])
    client, _ = answering(response("completed", message("a"), CALL, refusal, message("b")))
    assert (await client.responses.create(model="m", input="Hi")).output_text == "ab"


async def test_a_keyword_that_nobody_knows(answering: Answering) -> None:
    client, _ = answering(WHOLE)
    with pytest.raises(TypeError, match="did you mean 'model'"):
        await client.responses.create(modle="m")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="did you mean 'model'"):
        client.responses.stream(modle="m")  # type: ignore[call-overload]


async def test_retrieve_cancel_delete(answering: Answering) -> None:
    client, script = answering(WHOLE)
    await client.responses.retrieve("resp_1", include=["reasoning.encrypted_content"])
    assert script.line == "GET /v1/responses/resp_1?include%5B%5D=reasoning.encrypted_content"
    assert (await client.responses.cancel("resp_1")).id == "resp_1"
    assert script.line == "POST /v1/responses/resp_1/cancel"
    assert script.sent.content == b""
    await client.responses.delete("resp_1")
    assert script.line == "DELETE /v1/responses/resp_1"
    with pytest.raises(ConfigurationError, match="response_id"):
        await client.responses.retrieve("")


async def test_compact_and_count(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        compacted = await client.responses.compact(model="gpt-4.1", input="A long story. " * 50)
        assert compacted.output[-1].type == "compaction"
        # What was compacted goes on as it is.
        answer = await client.responses.create(
            model="gpt-4.1", input=[*compacted.output, {"role": "user", "content": "And then?"}]
        )
        assert answer.status == "completed"
        counted = await client.responses.input_tokens.count(model="gpt-4.1", input="How long?")
        assert counted.input_tokens > 2


async def test_input_items(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        first = await client.responses.create(model="gpt-4.1", input="One")
        answer = await client.responses.create(
            model="gpt-4.1",
            input=[{"role": "user", "content": text} for text in ("Two", "Three", "Four")],
            previous_response_id=first.id,
        )
        listed = client.responses.input_items.list(answer.id, limit=2, order="asc")
        items = [item async for item in listed]
        assert [item.type for item in items] == ["message"] * 3
        assert server.calls[-1].query["after"] == items[1].id
        # They go back as they are, too.
        again = await client.responses.create(model="gpt-4.1", input=items)
        assert again.status == "completed"


async def test_a_loop_with_tools(server: Server) -> None:
    tool = pydantic_function_tool(Weather)
    async with server.client(strict_responses=True) as client:
        asked = await client.responses.create(
            model="gpt-4.1", input="What is the weather?", tools=[tool], tool_choice="required"
        )
        sent = server.calls[-1].json["tools"][0]
        assert sent["name"] == "Weather"
        assert sent["strict"] is True
        assert "function" not in sent
        call = asked.output[-1]
        assert isinstance(call, ResponseFunctionToolCall)
        answer = await client.responses.create(
            model="gpt-4.1",
            input=[
                {"role": "user", "content": "What is the weather?"},
                *asked.output,
                {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"},
            ],
            tools=[tool],
        )
        assert answer.output_text


async def test_what_the_server_knows_no_more(server: Server) -> None:
    async with server.client() as client:
        answer = await client.responses.create(model="gpt-4.1", input="Hi")
        await client.responses.delete(answer.id)
        with pytest.raises(NotFoundError):
            await client.responses.retrieve(answer.id)


async def test_parse_does_not_stream(answering: Answering) -> None:
    client, script = answering(WHOLE)
    streamed: Any = {"model": "m", "input": "Hi", "stream": True}
    with pytest.raises(TypeError, match="`stream` takes a text_format"):
        await client.responses.parse(**streamed)
    assert not script.requests
    assert await client.responses.parse(**{**streamed, "stream": False})


async def test_a_stream_is_opened_once(answering: Answering) -> None:
    client, script = answering(b"".join(BLOCKS).decode())
    manager = client.responses.stream(model="m", input="Hi")
    async with manager as stream:
        await stream.until_done()
    with pytest.raises(RuntimeError, match="opened once"):
        await manager.__aenter__()
    assert len(script.requests) == 1


async def test_a_stream_that_failed_tells_it_again(answering: Answering) -> None:
    cut = b"".join(BLOCKS[:-1]).replace(b'"background": true', b'"background": false')
    client, _ = answering(cut.decode())
    async with client.responses.stream(model="m", input="Hi") as stream:
        for _ in range(2):
            with pytest.raises(APIConnectionError, match="without the event that should end it"):
                await stream.get_final_response()


async def test_parse_with_a_streaming_response(answering: Answering) -> None:
    client, _ = answering(response("completed", message('{"city": "Oslo", "degrees": 3}')))
    streaming = client.responses.with_streaming_response
    async with streaming.parse(model="m", input="Hi", text_format=Weather) as told:
        value: Any = await told.parse()
    assert value.output_parsed == Weather(city="Oslo", degrees=3)


async def test_raw(answering: Answering) -> None:
    client, _ = answering(WHOLE)
    told = await raw(client.responses.create)(model="m", input="Hi")
    assert told.value.output_text == "Grüße!"
    assert (await client.responses.with_raw_response.retrieve("resp_1")).parse().id == "resp_1"


async def test_an_item_of_a_new_kind(answering: Answering) -> None:
    new = {"type": "telepathy_call", "id": "t_1", "thought": {"a": 1}}
    client, script = answering(response("completed", new, message("Hi")))
    answer = await client.responses.create(model="m", input="Hi")
    assert cast("Any", answer.output[0]).thought == {"a": 1}
    assert answer.output_text == "Hi"
    await client.responses.create(model="m", input=answer.output)
    assert script.json["input"][0] == new


async def test_servers_that_leave_things_out(answering: Answering) -> None:
    part = {"type": "output_text", "text": "Hi"}
    bare = {"id": "r", "output": [{"type": "message", "role": "assistant", "content": [part]}]}
    client, _ = answering(bare, strict_responses=False)
    answer = await client.responses.create(model="m", input="Hi")
    assert answer.output_text == "Hi"
    assert answer.to_dict() == bare
    parsed = await client.responses.parse(model="m", input="Hi")
    assert parsed.output_text == "Hi"
    null = {**part, "text": None}
    message = {"type": "message", "role": "assistant", "content": [null, part, null]}
    call = {"type": "function_call", "name": "GetWeather", "arguments": None}
    client, _ = answering({"id": "r", "output": [message, call]}, strict_responses=False)
    parsed = await client.responses.parse(model="m", input="Hi")
    assert parsed.output_text == "Hi"
    asked: dict[str, Any]
    for item, asked in (
        (message, {"text_format": Weather}),
        (call, {"tools": [pydantic_function_tool(GetWeather)]}),
    ):
        client, _ = answering({"id": "r", "output": [item]}, strict_responses=False)
        with pytest.raises(ResponseValidationError):
            await client.responses.parse(model="m", input="Hi", **asked)


async def test_secrets_are_not_shown(answering: Answering) -> None:
    tool = {"type": "mcp", "server_label": "s", "authorization": "hush", "headers": {"x": "hush"}}
    client, _ = answering(response("completed", tools=[tool]))
    answer = await client.responses.create(model="m", input="Hi")
    assert "hush" not in repr(answer)
    assert answer.to_dict()["tools"] == [tool]


# Streams


async def test_stream_of_events(answering: Answering) -> None:
    client, script = answering(b"".join(BLOCKS).decode())
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    events = [event async for event in stream]
    assert script.json == {"model": "m", "input": "Hi", "stream": True}
    assert len(events) == len(BLOCKS)
    assert stream.complete
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "Grüße!"


async def test_retrieve_streams(answering: Answering) -> None:
    client, script = answering(b"".join(BLOCKS[3:]).decode())
    stream = await client.responses.retrieve("resp_1", stream=True, starting_after=2)
    assert [event.sequence_number async for event in stream] == list(range(3, len(BLOCKS)))
    assert script.line == "GET /v1/responses/resp_1?starting_after=2&stream=true"


async def test_a_stream_without_an_end_was_cut(answering: Answering) -> None:
    client, _ = answering(b"".join(BLOCKS[:-1]).decode())
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    told: list[str] = []
    with pytest.raises(APIConnectionError, match="without the event that should end it"):
        await read(stream, told)
    assert len(told) == len(BLOCKS) - 1
    assert not stream.complete


@pytest.mark.parametrize("named", ["event: error\n", ""])
async def test_an_error_in_mid_stream_is_raised(named: str, answering: Answering) -> None:
    error = {"type": "error", "code": "server_error", "message": "broken", "param": None}
    text = f"{named}data: {json.dumps({**error, 'sequence_number': 3})}\n\n"
    client, _ = answering(b"".join(BLOCKS[:3]).decode() + text)
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    told: list[str] = []
    with pytest.raises(APIError, match="broken") as caught:
        await read(stream, told)
    assert len(told) == 3
    assert cast("Any", caught.value.body)["code"] == "server_error"


async def test_a_server_that_stays_open_behind_the_end() -> None:
    held = answer([chunked_head(), *map(chunk, BLOCKS)], then="hold")
    with RawServer(held) as server, anyio.fail_after(10):
        async with server.client() as client:
            stream = await client.responses.create(model="m", input="Hi", stream=True)
            assert len([event async for event in stream]) == len(BLOCKS)
            await (await server.accepted()).client_left()


async def test_other_servers_end_with_done(answering: Answering) -> None:
    client, _ = answering(b"".join(BLOCKS[:5]).decode() + "data: [DONE]\n\n")
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    assert len([event async for event in stream]) == 5
    client, _ = answering(b"".join(BLOCKS).decode() + "data: [DONE]\n\n")
    async with client.responses.stream(model="m", input="Hi") as whole:
        assert (await whole.get_final_response()).output_text == "Grüße!"


async def test_an_end_that_is_not_told(answering: Answering) -> None:
    foreground = b"".join(BLOCKS[:5]).replace(b'"background": true', b'"background": false')
    client, _ = answering(foreground.decode() + "data: [DONE]\n\n")
    async with client.responses.stream(model="m", input="Hi") as stream:
        with pytest.raises(RuntimeError, match="without telling the whole response"):
            await stream.get_final_response()


async def test_events_that_lack_fields(answering: Answering) -> None:
    lean = {"type": "response.output_text.delta", "delta": "Hi", "sequence_number": 1}
    blocks = [BLOCKS[0], f"data: {json.dumps(lean)}\n\n".encode(), BLOCKS[-1]]
    client, _ = answering(b"".join(blocks).decode(), strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        deltas = [e.snapshot async for e in stream if e.type == "response.output_text.delta"]
    assert deltas == ["Hi"]
    client, _ = answering(b"".join(blocks).decode(), strict_responses=True)
    strict = await client.responses.create(model="m", input="Hi", stream=True)
    with pytest.raises(ResponseValidationError, match="ResponseTextDeltaEvent"):
        assert [event async for event in strict]


NUMBERS: list[Callable[[int], Any]] = [lambda _: 0, lambda _: -1, str, lambda n: 100 - n]


@pytest.mark.parametrize("number", NUMBERS)
async def test_servers_that_do_not_count(number: Any, answering: Answering) -> None:
    events = [
        {**json.loads(block.split(b"data: ")[1]), "sequence_number": number(n)}
        for n, block in enumerate(BLOCKS)
    ]
    for event in events:
        if "response" in event:
            event["response"]["background"] = False
    told = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    client, _ = answering(told, strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        types = [event.type async for event in stream]
        assert (await stream.get_final_response()).output_text == "Grüße!"
    assert types == [event["type"] for event in events]


ODD: list[dict[str, Any]] = [
    {"type": ["a"]},
    {"type": "response.output_item.done", "output_index": [], "item": {"type": "new"}},
    {"type": "response.output_item.added", "item": {"type": "message", "id": "msg_9"}},
    {"type": "response.output_text.delta", "content_index": {}, "delta": "x"},
    {"type": "response.output_text.delta", "delta": 5},
    {"type": "response.output_text.done", "output_index": None},
    {"type": "response.created", "response": None},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_odd_events_do_no_harm(odd: dict[str, Any], answering: Answering) -> None:
    end = {"type": "response.completed", "response": response("completed")}
    told = [*BLOCKS[:4], f"data: {json.dumps(odd)}\n\n".encode(), *BLOCKS[4:-1]]
    told.append(f"data: {json.dumps(end)}\n\n".encode())
    client, _ = answering(b"".join(told).decode(), strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert len(events) == len(told)
    assert final.output_text == "Grüße!"


@pytest.mark.parametrize("done", ["", "data: [DONE]\n\n"])
async def test_an_end_that_is_called_done(done: str, answering: Answering) -> None:
    told = b"".join(BLOCKS).decode().replace("response.completed", "response.done") + done
    client, _ = answering(told)
    async with client.responses.stream(model="m", input="Hi") as stream:
        types: list[str] = [event.type async for event in stream]
        assert (await stream.get_final_response()).output_text == "Grüße!"
    assert types[-1] == "response.done"


async def test_snapshots_cost_nothing_until_looked_at(answering: Answering) -> None:
    """Each event of a long answer that is kept would else keep a copy of the text."""
    piece = "some text " * 100
    delta = json.loads(BLOCKS[4].split(b"data: ")[1])
    pieces = (json.dumps({**delta, "sequence_number": n, "delta": piece}) for n in range(4, 4004))
    told = b"".join(BLOCKS[:4]).decode() + "".join(f"data: {one}\n\n" for one in pieces)
    client, _ = answering(told + "data: [DONE]\n\n")
    tracemalloc.start()
    try:
        stream = await client.responses.create(model="m", input="Hi", stream=True)
        plain = [event async for event in stream]
        plainly = tracemalloc.get_traced_memory()[0]
        foreground = told.replace('"background": true', '"background": false')
        client, _ = answering(foreground + "data: [DONE]\n\n")
        async with client.responses.stream(model="m", input="Hi") as events:
            kept: list[Any] = [event async for event in events]
        assert tracemalloc.get_traced_memory()[0] < 4 * plainly
    finally:
        tracemalloc.stop()
    assert len(plain) == len(kept)
    assert [len(kept[n].snapshot) for n in (4, 5, -1)] == [1000, 2000, 4_000_000]


async def test_events_can_be_kept(answering: Answering) -> None:
    client, _ = answering(b"".join(BLOCKS).decode())
    async with client.responses.stream(model="m", input="Hi") as stream:
        events: list[Any] = [event async for event in stream]
    for event in events:
        assert pickle.loads(pickle.dumps(event)) == copy.deepcopy(event) == event
        again = type(event).model_validate(event.model_dump())
        assert again.model_dump_json(warnings="error") == event.model_dump_json(warnings="error")
    assert pickle.loads(pickle.dumps(events[5])).snapshot == "Grüß"
    assert events[5].to_dict()["snapshot"] == "Grüß"


async def test_events_of_a_new_kind(answering: Answering) -> None:
    new = {"type": "response.smell.delta", "delta": {"x": 1}, "sequence_number": 1}
    blocks = [BLOCKS[0], f"data: {json.dumps(new)}\n\n".encode(), BLOCKS[-1]]
    client, _ = answering(b"".join(blocks).decode())
    async with client.responses.stream(model="m", input="Hi") as stream:
        told: list[Any] = [event async for event in stream]
    assert told[1].to_dict() == new


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
async def test_a_whole_response_in_place_of_a_stream(status: str, answering: Answering) -> None:
    refusal = message("", id="msg_2", content=[{"type": "refusal", "refusal": "no"}])
    client, _ = answering(response(status, message("Hello"), refusal, CALL))
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    events: list[Any] = [event async for event in stream]
    assert events[0].type == "response.created"
    assert events[-1].type == f"response.{status}"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [(event.type, event.delta) for event in events if event.type.endswith(".delta")]
    assert deltas == [
        ("response.output_text.delta", "Hello"),
        ("response.refusal.delta", "no"),
        ("response.function_call_arguments.delta", '{"a": 1}'),
    ]


async def test_a_document_that_is_no_response(answering: Answering) -> None:
    client, _ = answering({"hello": "world"})
    stream = await client.responses.create(model="m", input="Hi", stream=True)
    with pytest.raises(APIResponseError):
        await anext(stream)


async def test_the_end_lacks_what_was_told_before(answering: Answering) -> None:
    end = {**json.loads(BLOCKS[-1].split(b"data: ")[1]), "response": response("completed")}
    blocks = [*BLOCKS[:-1], f"data: {json.dumps(end)}\n\n".encode()]
    client, _ = answering(b"".join(blocks).decode())
    async with client.responses.stream(model="m", input="Hi") as stream:
        final = await stream.get_final_response()
    assert final.output_text == "Grüße!"
    assert [item.type for item in final.output] == ["message", "function_call"]


@pytest.mark.parametrize("status", ["failed", "incomplete"])
async def test_an_answer_that_is_cut_holds_what_was_told(status: str, answering: Answering) -> None:
    end = {"type": f"response.{status}", "response": response(status), "sequence_number": 99}
    blocks = [*BLOCKS[:13], f"data: {json.dumps(end)}\n\n".encode()]  # the call is not done
    for index in (0, 9):  # some servers send placeholders
        empty = {"type": "response.output_item.added", "output_index": index, "item": None}
        blocks.insert(-1, f"data: {json.dumps(empty)}\n\n".encode())
    client, _ = answering(b"".join(blocks).decode(), strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        *_, last = [event async for event in stream]
        final = await stream.get_final_response()
    assert last.type == f"response.{status}"
    assert last.response.output == final.output
    whole, begun = final.output
    assert whole.to_dict() == MESSAGE
    assert begun.to_dict() == {**CALL, "status": "in_progress", "arguments": '{"a"'}


def without(blocks: list[bytes], *names: str) -> str:
    """Events that lack fields, and behind them an end that tells nothing of the output."""
    told = [json.loads(block.split(b"data: ")[1]) for block in blocks]
    told.append({"type": "response.completed", "response": response("completed")})
    lean = [{key: event[key] for key in event if key not in names} for event in told]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in lean)


@pytest.mark.parametrize("lacks", [(), ("output_index",)])
async def test_items_that_are_never_done_hold_what_was_told(
    lacks: tuple[str, ...], answering: Answering
) -> None:
    begun = [block for block in BLOCKS if b".delta" in block or b"item.added" in block]
    client, _ = answering(without(begun, *lacks), strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        final = await stream.get_final_response()
    assert final.output_text == "Grüße!"
    message, call = final.output
    assert isinstance(message, ParsedResponseOutputMessage)
    assert isinstance(call, ParsedResponseFunctionToolCall)
    assert call.parsed_arguments == {"a": 1}


async def test_an_item_that_begins_after_it_was_done(answering: Answering) -> None:
    client, _ = answering(without([*BLOCKS[3:11], BLOCKS[2]]), strict_responses=False)
    async with client.responses.stream(model="m", input="Hi") as stream:
        [item] = (await stream.get_final_response()).output
    assert item.to_dict() == {**MESSAGE, "content": [{**MESSAGE["content"][0], "parsed": None}]}


async def test_stream_of_the_built_in_server(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        params: Any = {"model": "gpt-4.1", "input": "Tell me of the sea."}
        async with client.responses.stream(**params) as stream:
            snapshot = ""
            async for event in stream:
                if event.type == "response.output_text.delta":
                    assert event.snapshot == snapshot + event.delta
                    snapshot = event.snapshot
            final = await stream.get_final_response()
        assert final.output_text == snapshot
        assert final.usage is not None
        assert final.usage.output_tokens > 0
        stored = await client.responses.retrieve(final.id)
        assert stored.to_dict() == {**final.to_dict(), "output": stored.to_dict()["output"]}
        assert stored.output_text == final.output_text


async def test_reasoning(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        params: Any = {"model": "o3", "input": "Think.", "reasoning": {"summary": "auto"}}
        async with client.responses.stream(**params) as stream:
            kinds = {event.type async for event in stream}
            final = await stream.get_final_response()
        assert isinstance(final.output[0], ResponseReasoningItem)
        assert "response.reasoning_summary_text.delta" in kinds


@pytest.mark.parametrize("cut", [1, 2, 5, 9])
async def test_the_built_in_server_is_picked_up_again(server: Server, cut: int) -> None:
    async with server.client(strict_responses=True) as client:
        params: Any = {"model": "gpt-4.1", "input": "Tell me of the sea.", "background": True}
        server.fault("cut", value=cut, on="POST /responses")
        server.fault("cut", value=cut, on="GET /responses/*", times=2)
        async with client.responses.stream(**params, deadline=30) as stream:
            numbers = [event.sequence_number async for event in stream]
            final = await stream.get_final_response()
        assert numbers == list(range(len(numbers)))
        assert final.status == "completed"
        assert final.output_text == (await client.responses.retrieve(final.id)).output_text
        assert [call.method for call in server.calls][:4] == ["POST", "GET", "GET", "GET"]


# Parsed


async def test_parse(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        answer = await client.responses.parse(
            model="gpt-4.1", input="The weather?", text_format=Weather, text={"verbosity": "low"}
        )
        sent = server.calls[-1].json["text"]
        assert sent["verbosity"] == "low"
        assert sent["format"]["type"] == "json_schema"
        assert sent["format"]["strict"] is True
        assert isinstance(answer.output_parsed, Weather)
        assert json.loads(answer.output_text) == answer.output_parsed.model_dump()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Weather, Weather(city="Ulm", degrees=3)),
        (Sky, Sky("blue")),
        (list[int], [1, 2]),
        (TypeAdapter(list[Sky]), [Sky("grey")]),
    ],
)
async def test_what_can_be_parsed(kind: Any, value: Any, answering: Answering) -> None:
    text = TypeAdapter(Any).dump_json(value).decode()
    client, _ = answering(response("completed", message(text)))
    answer = await client.responses.parse(model="m", input="Hi", text_format=kind)
    assert answer.output_parsed == value


async def test_parsed_answers_are_written_without_warnings(answering: Answering) -> None:
    text = '{"city": "Ulm", "degrees": 3}'
    client, script = answering(response("completed", message(text), CALL))
    answer = await client.responses.parse(model="m", input="Hi", text_format=Weather)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dumped = answer.model_dump(warnings="error")
        assert json.loads(answer.model_dump_json(warnings="error")) == dumped
    assert dumped["output"][0]["content"][0]["parsed"] == {"city": "Ulm", "degrees": 3}
    assert dumped["output"][1]["parsed_arguments"] == {"a": 1}
    assert pickle.loads(pickle.dumps(answer)) == answer
    # They go back as the API knows them.
    await client.responses.create(model="m", input=answer.output)
    assert script.json["input"][0]["content"][0] == {
        "type": "output_text",
        "text": text,
        "annotations": [],
        "logprobs": [],
    }
    assert "parsed_arguments" not in script.json["input"][1]


async def test_arguments_become_models(answering: Answering) -> None:
    call = {**CALL, "name": "Weather", "arguments": '{"city": "Ulm", "degrees": 3}'}
    client, _ = answering(response("completed", call, {**CALL, "arguments": "{"}))
    answer = await client.responses.parse(
        model="m", input="Hi", tools=[pydantic_function_tool(Weather)]
    )
    known, broken = answer.output
    assert isinstance(known, ParsedResponseFunctionToolCall)
    assert known.parsed_arguments == Weather(city="Ulm", degrees=3)
    assert isinstance(broken, ParsedResponseFunctionToolCall)
    assert broken.parsed_arguments is None


async def test_what_does_not_fit(answering: Answering) -> None:
    client, _ = answering(response("completed", message('{"city": 1}')))
    with pytest.raises(ResponseValidationError, match="Weather") as caught:
        await client.responses.parse(model="m", input="Hi", text_format=Weather)
    assert caught.value.body == '{"city": 1}'


async def test_answers_that_were_cut(answering: Answering) -> None:
    for reason, error in (
        ("max_output_tokens", LengthFinishReasonError),
        ("content_filter", ContentFilterFinishReasonError),
    ):
        cut = response("incomplete", message('{"ci'), incomplete_details={"reason": reason})
        client, _ = answering(cut)
        with pytest.raises(error) as caught:
            await client.responses.parse(model="m", input="Hi", text_format=Weather)
        assert isinstance(cast("Any", caught.value).completion, Response)
        # Where nothing was asked for, there is nothing to be raised.
        answer = await client.responses.parse(model="m", input="Hi")
        assert answer.status == "incomplete"


async def test_refusals_remarks_and_failures_are_not_parsed(answering: Answering) -> None:
    refusal = message("", content=[{"type": "refusal", "refusal": "no"}])
    remark = message("Let me see", phase="commentary")
    final = message('{"city": "Ulm", "degrees": 3}', phase="final_answer")
    client, _ = answering(response("completed", refusal, remark, final))
    answer = await client.responses.parse(model="m", input="Hi", text_format=Weather)
    assert answer.output_parsed == Weather(city="Ulm", degrees=3)
    assert isinstance(answer.output[1], ParsedResponseOutputMessage)
    client, _ = answering(response("failed", message("{")))
    failed = await client.responses.parse(model="m", input="Hi", text_format=Weather)
    assert failed.output_parsed is None


async def test_remarks_beside_calls_are_not_parsed(answering: Answering) -> None:
    call = {**CALL, "name": "GetWeather", "arguments": '{"city": "Oslo"}'}
    tools = [pydantic_function_tool(GetWeather)]
    remark = response("completed", message("Let me look."), call)
    value = response("completed", message('{"city": "Oslo", "degrees": 3}'), call)
    client, _ = answering(remark, value)
    for parsed in (None, Weather(city="Oslo", degrees=3)):
        answer = await client.responses.parse(
            model="m", input="Hi", text_format=Weather, tools=tools
        )
        assert answer.output_parsed == parsed
        assert isinstance(answer.output[1], ParsedResponseFunctionToolCall)
        assert answer.output[1].parsed_arguments == GetWeather(city="Oslo")


async def test_a_call_that_was_cut(answering: Answering) -> None:
    cut = {**CALL, "name": "GetWeather", "arguments": '{"ci', "status": "incomplete"}
    details = {"reason": "max_output_tokens"}
    client, _ = answering(response("incomplete", cut, incomplete_details=details))
    with pytest.raises(LengthFinishReasonError):
        await client.responses.parse(
            model="m", input="Hi", tools=[pydantic_function_tool(GetWeather)]
        )
    assert (await client.responses.parse(model="m", input="Hi")).status == "incomplete"


async def test_one_format_is_enough(answering: Answering) -> None:
    client, _ = answering(WHOLE)
    with pytest.raises(TypeError, match="pass one of them"):
        await client.responses.parse(
            model="m", input="Hi", text_format=Weather, text={"format": {"type": "text"}}
        )


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_may_be_an_iterator(server: Server, streamed: bool) -> None:
    tools: Any = iter([pydantic_function_tool(GetWeather)])
    params: Any = {"model": "gpt-4.1", "input": "Hello", "tools": tools, "tool_choice": "required"}
    async with server.client() as api:
        if streamed:
            async with api.responses.stream(**params, text_format=NOT_GIVEN) as stream:
                response = await stream.get_final_response()
        else:
            response = await api.responses.parse(**params, text_format=NOT_GIVEN)
    assert [tool["name"] for tool in server.calls[-1].json["tools"]] == ["GetWeather"]
    parsed = [getattr(item, "parsed_arguments", None) for item in response.output]
    assert any(isinstance(arguments, GetWeather) for arguments in parsed)


async def test_parsed_streams(server: Server) -> None:
    tool = pydantic_function_tool(Weather)
    async with server.client(strict_responses=True) as client:
        stream_of = client.responses.stream
        async with stream_of(model="gpt-4.1", input="The sky?", text_format=Sky) as stream:
            done = [e async for e in stream if e.type == "response.output_text.done"]
            final = await stream.get_final_response()
        assert isinstance(done[0].parsed, Sky)
        assert final.output_parsed == done[0].parsed
        async with stream_of(
            model="gpt-4.1", input="The weather?", tools=[tool], tool_choice="required"
        ) as calls:
            events = [event async for event in calls]
        arguments = [e for e in events if e.type == "response.function_call_arguments.done"]
        assert isinstance(arguments[0].parsed_arguments, Weather)
        pieces = [e for e in events if e.type == "response.function_call_arguments.delta"]
        assert pieces[-1].snapshot == arguments[0].arguments
        end = events[-1]
        assert end.type == "response.completed"
        assert isinstance(end.response.output[-1], ParsedResponseFunctionToolCall)


def streamed(whole: dict[str, Any], **changes: Any) -> str:
    """A response as a stream that says what the built-in server wouldn't."""
    events = [{**event, **changes.get(event["type"], {})} for event in from_whole(whole) or ()]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)


async def test_streams_whose_end_can_not_be_parsed(answering: Answering) -> None:
    cut = response("incomplete", message('{"ci'), incomplete_details={"reason": "x"})
    client, _ = answering(streamed(cut))
    async with client.responses.stream(model="m", input="Hi", text_format=Weather) as stream:
        told = [event async for event in stream]
        assert told[-1].type == "response.incomplete"
        with pytest.raises(LengthFinishReasonError):
            await stream.get_final_response()

    client, _ = answering(streamed(response("completed", message("{}"))))
    async with client.responses.stream(model="m", input="Hi", text_format=Weather) as stream:
        kinds: list[str] = []
        with pytest.raises(ResponseValidationError):
            await read(stream, kinds)
        assert kinds[-1] == "response.output_item.done"


async def test_arguments_that_come_without_a_name(answering: Answering) -> None:
    call = {**CALL, "name": "Weather", "arguments": '{"city": "Ulm", "degrees": 3}'}
    nameless = {"response.function_call_arguments.done": {"name": None}}
    text = streamed(response("completed", call), **nameless)
    client, _ = answering(text, strict_responses=False)
    tools = [pydantic_function_tool(Weather)]
    async with client.responses.stream(model="m", input="Hi", tools=tools) as stream:
        done = [e async for e in stream if e.type == "response.function_call_arguments.done"]
    assert done[0].parsed_arguments == Weather(city="Ulm", degrees=3)
