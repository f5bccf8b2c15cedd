"""The newest official client can use the built-in server's responses and conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openai_async.testing import Server

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]

MODEL = "gpt-4o-mini"
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key", token_delay=0.002)


async def test_a_response(client: Any) -> None:
    response = await client.responses.create(model=MODEL, input="What is the sea?")
    assert response.status == "completed"
    assert response.output_text
    again = await client.responses.retrieve(response.id)
    assert again.output_text == response.output_text
    (item,) = [item async for item in client.responses.input_items.list(response.id)]
    assert item.content[0].text == "What is the sea?"
    count = await client.responses.input_tokens.count(model=MODEL, input="What is the sea?")
    assert count.input_tokens == response.usage.input_tokens
    await client.responses.delete(response.id)


async def test_a_stream(client: Any) -> None:
    stream = await client.responses.create(model=MODEL, input="What is the sea?", stream=True)
    events = [event async for event in stream]
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == text
    async with client.responses.stream(model=MODEL, input="What is the sea?") as managed:
        async for _ in managed:
            pass
        assert (await managed.get_final_response()).output_text == text


async def test_tools(client: Any) -> None:
    async with client.responses.stream(
        model="gpt-5", input="The weather in Paris?", tools=[WEATHER], reasoning={"summary": "auto"}
    ) as stream:
        events = [event async for event in stream]
        response = await stream.get_final_response()
    assert "response.reasoning_summary_text.delta" in {event.type for event in events}
    call = response.output[-1]
    assert json.loads(call.arguments) == {"city": "Paris"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "Rain"}
    answer = await client.responses.create(
        model="gpt-5", input=[result], previous_response_id=response.id
    )
    assert answer.output_text


async def test_parsed(client: Any) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    response = await client.responses.parse(
        model=MODEL, input="I am called Ann and 30 years old.", text_format=Person
    )
    assert response.output_parsed == Person(name="Ann", age=30)


async def test_in_the_background(client: Any) -> None:
    stream = await client.responses.create(
        model=MODEL, input="What is the sea?", background=True, stream=True
    )
    events = []
    async for event in stream:
        events.append(event)
        if len(events) == 8:
            break
    await stream.close()
    response_id, after = events[0].response.id, events[-1].sequence_number
    rest = await client.responses.retrieve(response_id, stream=True, starting_after=after)
    events += [event async for event in rest]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert events[-1].response.output_text == text

    made = await client.responses.create(model=MODEL, input="What is the sea?", background=True)
    assert made.status == "queued"
    assert (await client.responses.cancel(made.id)).status == "cancelled"


async def test_conversations(client: Any) -> None:
    conversation = await client.conversations.create(metadata={"a": "b"})
    await client.responses.create(model=MODEL, input="Hello!", conversation=conversation.id)
    items = [item async for item in client.conversations.items.list(conversation.id, order="asc")]
    assert [item.role for item in items] == ["user", "assistant"]
    new: Any = [{"type": "message", "role": "user", "content": "And?"}]
    added = await client.conversations.items.create(conversation.id, items=new)
    one = await client.conversations.items.retrieve(
        added.data[0].id, conversation_id=conversation.id
    )
    assert one.content[0].text == "And?"
    await client.conversations.items.delete(one.id, conversation_id=conversation.id)
    changed = await client.conversations.update(conversation.id, metadata={"a": "c"})
    assert changed.metadata == {"a": "c"}
    assert (await client.conversations.delete(conversation.id)).deleted
    compacted = await client.responses.compact(model=MODEL, input="Hello!")
    assert compacted.output[-1].type == "compaction"
