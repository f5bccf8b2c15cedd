"""What type checkers infer for responses and conversations. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import dataclasses

from pydantic import BaseModel, TypeAdapter
from typing_extensions import assert_type

from openai_async import AsyncClient, AsyncStream
from openai_async.types.conversations import Conversation, ConversationItem
from openai_async.types.responses import (
    CompactedResponse,
    InputTokenCountResponse,
    ParsedResponse,
    Response,
    ResponseFunctionToolCall,
    ResponseItem,
    ResponseOutputMessage,
    ResponseStreamEvent,
)


class Weather(BaseModel):
    city: str


@dataclasses.dataclass
class Sky:
    color: str


async def create(client: AsyncClient, maybe: bool) -> None:
    make = client.responses.create
    plain = await make(model="m", input="Hi")
    assert_type(plain, Response)
    assert_type(plain.output_text, str)
    for item in plain.output:
        if item.type == "message":
            assert_type(item, ResponseOutputMessage)
        elif item.type == "function_call":
            assert_type(item, ResponseFunctionToolCall)
            assert_type(item.arguments, str)

    stream = await make(model="m", input="Hi", stream=True)
    assert_type(stream, AsyncStream[ResponseStreamEvent])
    async for event in stream:
        if event.type == "response.output_text.delta":
            assert_type(event.delta, str)
        elif event.type == "response.completed":
            assert_type(event.response, Response)
    assert_type(
        await make(model="m", input="Hi", stream=maybe),
        Response | AsyncStream[ResponseStreamEvent],
    )

    await make(
        model="m",
        previous_response_id=None,
        input=[
            *plain.output,
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]},
            {"type": "function_call_output", "call_id": "c", "output": "4"},
            {"type": "item_reference", "id": "msg_1"},
        ],
        tools=[
            {"type": "function", "name": "add", "parameters": {}, "strict": None},
            {"type": "mcp", "server_label": "s", "server_url": "https://x"},
        ],
    )
    await make(model=1)  # type: ignore[call-overload]
    await make(model="m", input=[{"type": "nonsense"}])  # type: ignore[list-item]


async def others(client: AsyncClient) -> None:
    assert_type(await client.responses.retrieve("r"), Response)
    assert_type(
        await client.responses.retrieve("r", stream=True, starting_after=3),
        AsyncStream[ResponseStreamEvent],
    )
    assert_type(await client.responses.delete("r"), None)
    assert_type(await client.responses.cancel("r"), Response)
    assert_type(await client.responses.compact(model="m"), CompactedResponse)
    assert_type(await client.responses.input_tokens.count(model="m"), InputTokenCountResponse)
    items = [item async for item in client.responses.input_items.list("r")]
    assert_type(items, list[ResponseItem])
    await client.responses.create(model="m", input=items)


async def parsed(client: AsyncClient) -> None:
    parse = client.responses.parse
    weather = await parse(model="m", input="Hi", text_format=Weather)
    assert_type(weather, ParsedResponse[Weather])
    assert_type(weather.output_parsed, Weather | None)
    sky = await parse(model="m", input="Hi", text_format=TypeAdapter(list[Sky]))
    assert_type(sky.output_parsed, list[Sky] | None)
    unparsed = await parse(model="m", input="Hi")
    assert_type(unparsed, ParsedResponse[None])

    async with client.responses.stream(model="m", input="Hi", text_format=Sky) as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                assert_type(event.snapshot, str)
            elif event.type == "response.output_text.done":
                assert_type(event.parsed, Sky | None)
            elif event.type == "response.completed":
                assert_type(event.response, ParsedResponse[Sky])
        assert_type(await stream.get_final_response(), ParsedResponse[Sky])
    async with client.responses.stream(response_id="r", starting_after=3, deadline=60) as plain:
        assert_type(await plain.get_final_response(), ParsedResponse[None])


async def conversations(client: AsyncClient) -> None:
    conversation = await client.conversations.create(items=[{"role": "user", "content": "Hi"}])
    assert_type(conversation, Conversation)
    item = await client.conversations.items.retrieve("i", conversation_id="c")
    assert_type(item, ConversationItem)
    listed = await client.conversations.items.list("c", order="asc")
    assert_type(listed.data, list[ConversationItem])
    await client.responses.create(model="m", input=listed.data, conversation="c")
