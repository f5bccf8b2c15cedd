"""What servers other than OpenAI's send, byte for byte, through the public calls.

Each case is the shape of a server or of several: its name is told where it is known. What comes is
given, nothing of it is lost, and what goes wrong is told in the server's own words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    AsyncClient,
    pydantic_function_tool,
    raw,
)
from tests.common import CHAT, DONE, END, HELLO, A, B, delta, event
from tests.scripted import Script, answer

pytestmark = pytest.mark.anyio

EVENTS = {"content-type": "text/event-stream"}
ASK: Any = {"model": "m", "input": "hi"}
WAV: Any = {"model": "m", "file": ("a.wav", b"RIFF")}


class City(BaseModel):
    city: str


def client_of(body: Any, headers: Mapping[str, str] | None = None, **options: Any) -> AsyncClient:
    """A client whose server gives this: JSON, or bytes, or an event stream from a list of bytes."""
    if isinstance(body, list) and all(isinstance(piece, bytes) for piece in body):
        body, headers = b"".join(body), EVENTS
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Script(answer(content=content, headers=headers)).client(**options)


def chunk(told: Any, finish: str | None = None, **more: Any) -> bytes:
    """A chunk with any delta; what else its choice holds."""
    [choice] = delta(finish=finish)["choices"]
    return event({**delta(), "choices": [{**choice, "delta": told, **more}]})


# Errors in mid-stream.


@pytest.mark.parametrize("done", [b"", DONE])
@pytest.mark.parametrize("before", [b"", A])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'error: {"code":400,"message":"boom","type":"t"}\n\n', (400, "t")),  # llama.cpp, to 2025
        (b'error:{"code":400,"message":"boom"}\n\n', (400, None)),
        (b'event: error\ndata: {"error": {"message": "boom", "code": 400}}\n\n', (400, None)),
        (b"event: error\ndata: boom\n\n", (None, None)),
        (b'data: {"error": "boom", "error_type": "overloaded"}\n\n', (None, "overloaded")),  # TGI
        (b'data:[{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}]\n\n', (503, None)),
        (event({**delta(finish="error"), "error": {"code": "c", "message": "boom"}}), ("c", None)),
        (b'data: {"type": "error", "error": {"type": "t", "message": "boom"}}\n\n', (None, "t")),
        (b'data: {"message": "boom", "error_code": "c"}\n\n', ("c", None)),
    ],
)
async def test_an_error_in_mid_stream(
    line: bytes, told: tuple[Any, Any], before: bytes, done: bytes
) -> None:
    client = client_of([before, line, done])
    stream = await client.chat.completions.create(**HELLO, stream=True)
    texts: list[str | None] = []
    with pytest.raises(APIError, match="boom") as caught:
        texts.extend([item.choices[0].delta.content async for item in stream])
    assert not isinstance(caught.value, APIConnectionError)
    assert (caught.value.code, caught.value.type) == told


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
async def test_an_error_without_a_frame(end: bytes) -> None:
    """What the server would have answered, had it not begun to stream."""
    client = client_of([A, b'{"error": {"message": "boom", "code": 500}}', end])
    stream = await client.chat.completions.create(**HELLO, stream=True)
    assert (await anext(stream)).choices[0].delta.content == "a"
    with pytest.raises(APIError, match="boom") as caught:
        await anext(stream)
    assert caught.value.code == 500


STRAY = [
    (b"Internal Server Error", "Internal Server Error"),
    (b"<html><body>\n<h1>502\nBad Gateway</h1>\n</body></html>\n", "502 Bad Gateway"),
    (b"upstream connect error: reset before headers\n\n", "upstream connect error"),
    (b'{"detail": "boom"}\n', "boom"),
]


@pytest.mark.parametrize(("stray", "told"), STRAY)
async def test_a_stream_that_breaks_off_with_something_else(stray: bytes, told: str) -> None:
    client = client_of([A, stray])
    stream = await client.chat.completions.create(**HELLO, stream=True)
    assert (await anext(stream)).choices[0].delta.content == "a"
    with pytest.raises(APIConnectionError, match=told) as caught:
        await anext(stream)
    assert caught.value.body.strip() == stray.strip().decode()
    blocks = [event({"type": "response.created", "response": {}, "sequence_number": 0}), stray]
    events = await client_of(blocks).responses.create(**ASK, stream=True)
    await anext(events)
    with pytest.raises(APIConnectionError, match=told):
        await anext(events)


@pytest.mark.parametrize(
    "stray", [b"type: x\nupstream: 1\n", b": ping\n", b"Noise\n", b"dat", b"id: 1\nretr"]
)
async def test_what_is_no_event_does_no_harm(stray: bytes) -> None:
    """Where the answer is whole, and where the lines look like fields that nobody knows."""
    for blocks in ([A, stray, b"\n\n", END], [A, stray, b"\n\n", DONE], [A, END, stray]):
        stream = await client_of(blocks).chat.completions.create(**HELLO, stream=True)
        assert "a" in [item.choices[0].delta.content async for item in stream]
    if b"Noise" not in stray:
        stream = await client_of([A, stray]).chat.completions.create(**HELLO, stream=True)
        assert len([item async for item in stream]) == 1
        assert not stream.complete


# Chats, streamed and put together.

THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
CALL = {
    "index": 0,
    "id": "1",
    "type": "function",
    "function": {"name": "City", "arguments": '{"ci'},
}
WHOLE_CALL = {
    "id": "1",
    "type": "function",
    "function": {"name": "City", "arguments": '{"city": "Oslo"}'},
}
REST = {"index": 0, "function": {"arguments": 'ty": "Oslo"}'}}

MESSAGES: dict[str, tuple[list[bytes], dict[str, Any]]] = {
    "Mistral: thoughts as parts of the content": (
        [chunk({"content": [THINKING]}), chunk({"content": [{"type": "text", "text": "a"}]}), B],
        {"content": "ab", "content_parts": [THINKING]},
    ),
    "OpenRouter: thoughts that go on by their index": (
        [
            chunk({"reasoning_details": [{"index": 0, "type": "t", "text": "h", "format": "f"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "t", "text": "m", "format": "f"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "t", "signature": "s"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "enc", "id": "1", "data": "d"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "enc", "id": "2", "data": "e"}]}),
            A,
        ],
        {
            "content": "a",
            "reasoning_details": [
                {"index": 0, "type": "t", "text": "hm", "format": "f", "signature": "s"},
                {"index": 0, "type": "enc", "id": "1", "data": "d"},
                {"index": 0, "type": "enc", "id": "2", "data": "e"},
            ],
        },
    ),
    "TGI: one call, not in a list": (
        [chunk({"tool_calls": CALL}), chunk({"tool_calls": REST})],
        {"tool_calls": [WHOLE_CALL]},
    ),
    "Perplexity: the message so far beside each delta": (
        [
            chunk({"content": "a"}, message={"role": "assistant", "content": "a"}),
            chunk({"content": "b"}, message={"role": "assistant", "content": "ab"}),
        ],
        {"content": "ab"},
    ),
    "an empty message beside each delta": (
        [chunk({"content": piece}, message={"role": "", "content": ""}) for piece in "ab"],
        {"content": "ab"},
    ),
    "MiniMax: the message in place of the last delta": (
        [A, chunk(None, message={"role": "assistant", "content": "ab", "audio_content": ""})],
        {"content": "ab"},
    ),
    "messages in place of deltas": (
        [chunk(None, message={"content": "a"}), chunk(None, message={"content": "ab"})],
        {"content": "ab"},
    ),
    "the whole answer as one event": (
        [event({**CHAT, "choices": [{"index": 0, "message": {"tool_calls": [WHOLE_CALL]}}]})],
        {"tool_calls": [WHOLE_CALL]},
    ),
    "Gemini: calls without an index, with signatures": (
        [
            chunk({"tool_calls": [{**WHOLE_CALL, "extra_content": {"google": {"s": "x"}}}]}),
            chunk({"tool_calls": [{**WHOLE_CALL, "id": "2"}]}),
        ],
        {
            "tool_calls": [
                {**WHOLE_CALL, "extra_content": {"google": {"s": "x"}}},
                {**WHOLE_CALL, "id": "2"},
            ]
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_chat_in_pieces(name: str) -> None:
    blocks, expected = MESSAGES[name]
    text = ""
    async with client_of([*blocks, DONE]).chat.completions.stream(**HELLO) as stream:
        async for happened in stream:
            text += happened.delta if happened.type == "content.delta" else ""
        final = await stream.get_final_completion()
    [choice] = final.choices
    told = choice.message.model_dump(exclude_none=True, mode="json", warnings="error")
    for call in told.get("tool_calls", []):
        assert call["function"].pop("parsed_arguments") == {"city": "Oslo"}
    assert told == {"role": "assistant", **expected}
    assert text == expected.get("content", "")


async def test_azure_filters_of_what_was_told_before() -> None:
    head: dict[str, Any] = {"id": "", "object": "", "created": 0, "model": ""}
    filters = {"content_filter_results": {"hate": {"filtered": False}}}
    offsets = {"content_filter_offsets": {"start_offset": 0, "end_offset": 2}}
    late = {"index": 0, "finish_reason": None, **filters, **offsets}
    blocks = [
        event({**head, "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        *(A, B, END),
        event({**head, "choices": [late], "usage": None}),
        DONE,
    ]
    stream = await client_of(blocks).chat.completions.create(**HELLO, stream=True)
    told = [item async for item in stream]
    assert [item.choices[0].delta.content for item in told if item.choices] == [
        "a",
        "b",
        None,
        None,
    ]
    assert told[-1].to_dict()["choices"] == [late]
    async with client_of(blocks).chat.completions.stream(**HELLO) as events:
        final = await events.get_final_completion()
    whole = final.to_dict()
    assert (whole["id"], whole["prompt_filter_results"]) == ("c", [{"prompt_index": 0}])
    assert whole["choices"][0] == {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "ab", "refusal": None},
        **filters,
        **offsets,
    }


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (  # Together
            [{"tokens": ["a"], "token_logprobs": [-1]}, {"tokens": ["b"], "token_logprobs": [-2]}],
            {"tokens": ["a", "b"], "token_logprobs": [-1, -2]},
        ),
        ([-0.5, -1.5], {"token_logprobs": [-0.5, -1.5]}),
    ],
)
async def test_log_probabilities_of_another_form(pieces: list[Any], expected: Any) -> None:
    blocks = [chunk({"content": "a"}, logprobs=piece) for piece in pieces]
    async with client_of([*blocks, END, DONE]).chat.completions.stream(**HELLO) as stream:
        final = await stream.get_final_completion()
    told = final.choices[0].model_dump(exclude_none=True)
    assert told["logprobs"] == expected


@pytest.mark.parametrize(
    ("arguments", "value"),
    [({"city": "Oslo"}, City(city="Oslo")), ('{"city": "Oslo"}', City(city="Oslo"))],
)
async def test_arguments_that_are_no_text(arguments: Any, value: Any) -> None:
    def function(name: str, told: Any) -> dict[str, Any]:
        return {"id": 0, "type": "function", "function": {"name": name, "arguments": told}}

    calls = [function("City", arguments), function("b", arguments), function("c", None)]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    body = {**CHAT, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    tools = [pydantic_function_tool(City)]
    parsed: Any = await client_of(body).chat.completions.parse(**HELLO, tools=tools)
    found = [call.function.parsed_arguments for call in parsed.choices[0].message.tool_calls]
    assert found == [value, {"city": "Oslo"}, None]
    assert found[0] == value
    items = [
        {"type": "function_call", "id": "f", "call_id": "c", "name": name, "arguments": told}
        for name, told in (("City", arguments), ("b", arguments), ("c", None))
    ]
    response: Any = await client_of({"output": items}).responses.parse(**ASK, tools=tools)
    assert [item.parsed_arguments for item in response.output] == found


@pytest.mark.parametrize("kind", ["null", "tool", None])
async def test_a_call_of_another_type(kind: str | None) -> None:
    """Mistral's calls were of the type "null"; it is the function that counts."""
    call = {"id": "1", "type": kind, "function": {"name": "City", "arguments": '{"city": "Oslo"}'}}
    for calls in ([call], call):  # older versions of TGI send one alone
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        client = client_of({**CHAT, "choices": [{**CHAT["choices"][0], "message": message}]})
        told: Any = await client.chat.completions.create(**HELLO)
        assert told.choices[0].message.to_dict() == message
        assert calls is call or told.choices[0].message.tool_calls[0].function.name == "City"
        tools = [pydantic_function_tool(City)]
        parsed: Any = await client.chat.completions.parse(**HELLO, tools=tools)
        [found] = parsed.choices[0].message.tool_calls
        assert (found.id, found.function.parsed_arguments) == ("1", City(city="Oslo"))


# Responses.

CREATED = {
    "type": "response.created",
    "response": {"id": "r", "status": "in_progress", "output": []},
}
DELTAS: list[dict[str, Any]] = [
    {"type": "response.output_text.delta", "delta": piece} for piece in ("Hi ", "there")
]
TEXT = {"type": "response.output_text.done", "text": "Hi there", "item_id": "m", "output_index": 0}
ADDED: dict[str, Any] = {
    "type": "response.output_item.added",
    "item": {"type": "message", "id": "m", "role": "assistant", "content": []},
}
END_OF_ALL = {"type": "response.completed", "response": {"id": "r", "output": [], "usage": None}}
THOUGHT = {
    "type": "response.reasoning_text.delta",
    "delta": "hm",
    "item_id": "x",
    "output_index": 0,
}
SUMMARY = {
    "type": "response.reasoning_summary_text.done", "text": "short", "item_id": "x", "summary_index": 0,
    "output_index": 0,
}  # fmt: skip

LEAN: dict[str, list[dict[str, Any]]] = {
    "nothing but the deltas": DELTAS,
    "begun": [CREATED, *DELTAS],
    "begun, with ids": [CREATED, *({**one, "item_id": "m"} for one in DELTAS)],
    "nothing but the text": [CREATED, TEXT],
    "deltas and the text": [CREATED, *({**one, "output_index": 0} for one in DELTAS), TEXT],
    "an item, which the deltas don't name": [CREATED, ADDED, *DELTAS],
    "an item with a number, and deltas with its id": [
        CREATED, {**ADDED, "output_index": 0}, *({**one, "item_id": "m"} for one in DELTAS)
    ],
    "thoughts before it": [
        CREATED, THOUGHT, SUMMARY, *({**one, "output_index": 1} for one in DELTAS)
    ],
}  # fmt: skip


def blocks_of(told: list[dict[str, Any]], *, how: str) -> list[bytes]:
    """Events in the ways that servers write them: without names, with names, with names alone."""
    blocks: list[bytes] = []
    for one in told:
        name = one["type"] if how != "plain" else None
        lean = {key: one[key] for key in one if key != "type" or how != "untyped"}
        # vLLM's types come behind other members.
        blocks.append(
            event(dict(reversed(lean.items())) if how == "named, type last" else lean, name)
        )
    return blocks


@pytest.mark.parametrize("how", ["plain", "named", "named, type last", "untyped"])
@pytest.mark.parametrize("name", LEAN)
async def test_a_lean_response_in_pieces(name: str, how: str) -> None:
    """Servers without numbers, items, or types; whose end doesn't repeat what was told."""
    told = [*LEAN[name], END_OF_ALL]
    blocks = [*blocks_of(told, how=how), DONE]
    stream = await client_of(blocks).responses.create(**ASK, stream=True)
    assert [happened.type async for happened in stream] == [one["type"] for one in told]
    async with client_of(blocks).responses.stream(**ASK) as events:
        final = await events.get_final_response()
    assert final.output_text == "Hi there"
    kinds = [item.type for item in final.output]
    assert kinds == (["reasoning", "message"] if "thoughts" in name else ["message"])
    if "thoughts" in name:
        thoughts = final.output[0].to_dict()
        assert [part["text"] for part in thoughts["summary"] + thoughts["content"]] == [
            "short",
            "hm",
        ]


@pytest.mark.parametrize("how", ["plain", "untyped"])
@pytest.mark.parametrize("name", ["deltas", "the whole"])
async def test_lean_calls_in_pieces(name: str, how: str) -> None:
    """Two at a time, which come in turn and are known by their ids alone."""
    kind = "response.function_call_arguments"
    told: list[dict[str, Any]] = [CREATED]
    for number in ("1", "2"):
        item = {
            "type": "function_call",
            "id": number,
            "call_id": "c",
            "name": "City",
            "arguments": "",
        }
        told.append({"type": "response.output_item.added", "item": item})
    for number, city in (("2", "Rome"), ("1", "Oslo")):
        text = json.dumps({"city": city})
        if name == "deltas":
            pieces = (text[:5], text[5:])
            told += [{"type": f"{kind}.delta", "item_id": number, "delta": one} for one in pieces]
        else:
            told.append({"type": f"{kind}.done", "item_id": number, "arguments": text})
    blocks = blocks_of([*told, END_OF_ALL], how=how)
    tools = [pydantic_function_tool(City)]
    async with client_of(blocks).responses.stream(**ASK, tools=tools) as events:
        final: Any = await events.get_final_response()
    found = [(item.id, item.parsed_arguments.city) for item in final.output]
    assert found == [("1", "Oslo"), ("2", "Rome")]


async def test_items_without_ids_and_numbers() -> None:
    item = {"type": "message", "role": "assistant"}
    told: list[dict[str, Any]] = [CREATED]
    for piece in ("a", "b"):
        part = {"type": "output_text", "text": piece}
        told.append({"type": "response.output_item.added", "item": {**item, "content": []}})
        told.append({"type": "response.output_text.delta", "delta": piece})
        told.append({"type": "response.output_item.done", "item": {**item, "content": [part]}})
    blocks = blocks_of([*told, END_OF_ALL], how="plain")
    async with client_of(blocks).responses.stream(**ASK) as events:
        final = await events.get_final_response()
    assert (final.output_text, len(final.output)) == ("ab", 2)


async def test_a_message_whose_content_is_a_text() -> None:
    message = {"type": "message", "role": "assistant", "content": '{"city": "Oslo"}'}
    response = await client_of({"id": "r", "output": [message]}).responses.create(**ASK)
    assert response.output_text == '{"city": "Oslo"}'
    assert response.to_dict()["output"] == [message]
    client = client_of({"id": "r", "output": [message]})
    parsed = await client.responses.parse(**ASK, text_format=City)
    assert (parsed.output_parsed, parsed.output_text) == (City(city="Oslo"), message["content"])


# Whole answers that are none, or are not framed.

NONE: list[tuple[Any, Any]] = [
    ({"error": {"message": "boom", "code": "c"}}, "c"),
    ([{"error": {"message": "boom", "code": 400}}], 400),
    ({"error": "boom"}, None),
    ({"success": False, "errors": [{"code": 7, "message": "boom"}], "result": None}, 7),
    ({"status": "error", "message": "boom"}, None),
    ({"error_code": "c", "message": "boom"}, "c"),
]


@pytest.mark.parametrize(("body", "code"), NONE)
async def test_200_with_an_error(body: Any, code: Any) -> None:
    client = client_of(body)
    for call in (
        client.chat.completions.create(**HELLO),
        client.responses.create(**ASK),
        client.embeddings.create(**ASK),
        client.models.list(),
    ):
        with pytest.raises(APIResponseError, match="boom") as caught:
            await call
        assert caught.value.code == code


async def test_a_failure_without_a_response() -> None:
    """Perplexity's last event tells only what went wrong."""
    failed = {"type": "response.failed", "error": {"message": "boom", "code": "c"}}
    blocks = [event(CREATED), event({**failed, "sequence_number": 1})]
    async with client_of(blocks).responses.stream(**ASK) as events:
        await anext(events)
        with pytest.raises(APIError, match="boom") as caught:
            await anext(events)
    assert caught.value.code == "c"


async def test_an_answer_that_says_that_it_is_none_of_an_error() -> None:
    """Gateways with an envelope of their own."""
    envelope = {"error": None, "errors": [], "code": 0, "message": "success", "success": True}
    for more in (envelope, {**envelope, "error": ""}, {**envelope, "error": {}, "detail": "fine"}):
        body = {**CHAT, **more}
        assert (await client_of(body).chat.completions.create(**HELLO)).to_dict() == body
        blocks = [event({**delta("a", "stop"), **more}), DONE]
        stream = await client_of(blocks).chat.completions.create(**HELLO, stream=True)
        assert [item.to_dict() async for item in stream] == [{**delta("a", "stop"), **more}]


async def test_why_groq_stopped_early() -> None:
    head = {**delta(), "choices": [], "x_groq": {"id": "req_1"}}
    last = {**delta(), "choices": [], "x_groq": {"id": "req_1", "error": "boom"}}
    stream = await client_of([event(head), A, event(last), DONE]).chat.completions.create(
        **HELLO, stream=True
    )
    assert (await anext(stream)).to_dict() == head
    await anext(stream)
    with pytest.raises(APIError, match="boom"):
        await anext(stream)


async def test_the_only_choice_is_an_error() -> None:
    """OpenRouter's, where the provider fails behind the status."""
    good = CHAT["choices"][0]
    bad = {**good, "finish_reason": "error", "error": {"code": 502, "message": "boom"}}
    with pytest.raises(APIResponseError, match="boom") as caught:
        await client_of({**CHAT, "choices": [bad]}).chat.completions.create(**HELLO)
    assert caught.value.code == 502
    body = {**CHAT, "choices": [good, {**bad, "index": 1}]}
    assert (await client_of(body).chat.completions.create(**HELLO)).to_dict() == body


async def test_an_error_in_place_of_sound() -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    speech: Any = {"model": "m", "voice": "v", "input": "hi"}
    client = client_of({"error": "boom: unexpected endpoint"}, headers)  # LM Studio's
    with pytest.raises(APIResponseError, match="boom"):
        await client.audio.speech.create(**speech)
    sound = await client_of(b"{}", headers).audio.speech.create(**speech)
    assert await sound.read() == b"{}"


async def test_deleted_without_a_word() -> None:
    client = Script(answer(content=b"", status=204)).client()
    gone = await client.files.delete("file-1")
    assert (gone.to_dict(), gone.deleted) == ({}, None)
    with pytest.raises(APIResponseError):
        await client.files.retrieve("file-1")
    with pytest.raises(APIResponseError):
        await client.with_options(strict_responses=True).files.delete("file-1")


async def test_a_transcription_in_the_pieces_of_a_chat() -> None:
    """As vLLM streams it."""
    pieces = [chunk({"content": text}) for text in ("a", "b")]
    stream: Any = await client_of([*pieces, DONE]).audio.transcriptions.create(**WAV, stream=True)
    told = [item.choices[0]["delta"]["content"] async for item in stream]
    assert told == ["a", "b"]


async def test_a_failed_response_is_no_error_of_the_call() -> None:
    body = {"id": "r", "status": "failed", "output": [], "error": {"code": "c", "message": "boom"}}
    response = await client_of(body).responses.create(**ASK)
    assert response.to_dict() == body


async def test_a_bare_list() -> None:
    """Of Together's models, say: what ought to stand around it says nothing."""
    models = [{"id": "a", "object": "model", "pricing": {"input": 0.2}}, {"id": "b"}]
    client = client_of(models)
    page = await client.models.list()
    assert [model.id async for model in page] == [model.id async for model in client.models.list()]
    assert [model.to_dict() for model in page.data] == models
    assert not page.has_next_page()
    told = await raw(client.models.list)()
    assert told.json() == models
    vectors = await client_of([{"embedding": [1, 0.5]}]).embeddings.create(**ASK)
    assert vectors.data[0].embedding == [1.0, 0.5]


PLAIN = {"content-type": "text/plain; charset=utf-8"}


@pytest.mark.parametrize(
    ("body", "headers", "text"),
    [
        (b"Gr\xc3\xbc\xc3\x9fe\n", PLAIN, "Grüße\n"),
        (b"42", PLAIN, "42"),
        (b'"Hi"', None, "Hi"),
        (b'{"text": "Hi", "x_groq": {"id": "r"}}', None, "Hi"),
    ],
)
async def test_a_transcription_as_text(body: bytes, headers: Any, text: str) -> None:
    client = client_of(body, headers)
    assert (await client.audio.transcriptions.create(**WAV)).text == text
    assert (await client.audio.translations.create(**WAV)).text == text
    verbose = await client.audio.transcriptions.create(**WAV, response_format="verbose_json")
    assert (verbose.text, verbose.segments) == (text, [])


@pytest.mark.parametrize("headers", [PLAIN, {"content-type": "text/html"}])
async def test_a_page_is_no_transcription(headers: Any) -> None:
    with pytest.raises(APIResponseError):
        await client_of(b" " if headers is PLAIN else b"<p>", headers).audio.transcriptions.create(
            **WAV
        )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"text": "Hi", "usage": {"type": "duration", "seconds": 2}}', "Hi"),  # vLLM
        (b"Hi\n", "Hi\n"),
        (b'{"words": "Hi"}', '{"words": "Hi"}'),
        (b"{broken", "{broken"),
    ],
)
async def test_a_text_that_was_asked_for(body: bytes, text: str) -> None:
    client = client_of(body, {"content-type": "application/json"})
    asked: Any = {**WAV, "response_format": "text"}
    assert await client.audio.transcriptions.create(**asked) == text
    assert await client.audio.translations.create(**asked) == text
    async with client.audio.transcriptions.with_streaming_response.create(**asked) as response:
        assert await response.parse() == text


async def test_an_image_as_a_data_url() -> None:
    told = await client_of(
        {"data": [{"b64_json": "data:image/png;base64,QUJD"}, {"b64_json": "QUJD"}]}
    ).images.generate(prompt="x")
    assert [image.decode() for image in told.data] == [b"ABC", b"ABC"]
