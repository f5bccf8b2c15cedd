"""Conversations: what is sent, what comes back, and responses that go on from them."""

from __future__ import annotations

from typing import Any

import pytest

from openai_async import ConfigurationError, NotFoundError
from openai_async.testing import Server
from openai_async.types.conversations import ConversationMessage
from openai_async.types.responses import (
    ResponseCustomToolCall,
    ResponseFunctionToolCallItem,
    ResponseInputText,
)

from .conftest import Answering

pytestmark = pytest.mark.anyio

CONVERSATION = {
    "id": "conv_1",
    "object": "conversation",
    "created_at": 1,
    "metadata": {"topic": "sea"},
}
ITEM = {
    "id": "msg_1",
    "type": "message",
    "role": "user",
    "status": "completed",
    "content": [{"type": "input_text", "text": "Hi"}],
}
LIST = {
    "object": "list",
    "data": [ITEM],
    "first_id": "msg_1",
    "last_id": "msg_1",
    "has_more": False,
}


async def test_the_conversation_itself(answering: Answering) -> None:
    client, script = answering(CONVERSATION)
    made = await client.conversations.create(
        items=[{"role": "user", "content": "Hi"}], metadata={"topic": "sea"}
    )
    assert script.line == "POST /v1/conversations"
    assert script.json == {
        "items": [{"role": "user", "content": "Hi"}],
        "metadata": {"topic": "sea"},
    }
    assert made.metadata == {"topic": "sea"}
    assert await client.conversations.retrieve("conv_1") == made
    assert script.line == "GET /v1/conversations/conv_1"
    await client.conversations.update("conv_1", metadata={"topic": "lake"})
    assert script.line == "POST /v1/conversations/conv_1"
    assert script.json == {"metadata": {"topic": "lake"}}


async def test_items_on_the_wire(answering: Answering) -> None:
    client, script = answering(LIST)
    items = client.conversations.items
    added = await items.create(
        "conv_1",
        items=[{"role": "user", "content": "Hi"}],
        include=["message.output_text.logprobs"],
    )
    assert script.line == (
        "POST /v1/conversations/conv_1/items?include%5B%5D=message.output_text.logprobs"
    )
    assert script.json == {"items": [{"role": "user", "content": "Hi"}]}
    assert added.to_dict() == LIST
    await items.list("conv_1", limit=1, order="asc", after="msg_0")
    assert script.line == "GET /v1/conversations/conv_1/items?limit=1&order=asc&after=msg_0"

    client, script = answering(ITEM, CONVERSATION)
    found = await client.conversations.items.retrieve(
        "msg_1", conversation_id="conv_1", include=["reasoning.encrypted_content"]
    )
    assert script.line == (
        "GET /v1/conversations/conv_1/items/msg_1?include%5B%5D=reasoning.encrypted_content"
    )
    assert isinstance(found, ConversationMessage)
    assert isinstance(found.content[0], ResponseInputText)
    left = await client.conversations.items.delete("msg_1", conversation_id="conv_1")
    assert script.line == "DELETE /v1/conversations/conv_1/items/msg_1"
    assert left.id == "conv_1"


@pytest.mark.parametrize("ids", [("", "conv_1"), ("msg_1", ""), ("..", "conv_1")])
async def test_ids_that_can_not_be(ids: tuple[str, str], answering: Answering) -> None:
    client, script = answering(ITEM)
    with pytest.raises(ConfigurationError, match="_id"):
        await client.conversations.items.retrieve(ids[0], conversation_id=ids[1])
    assert not script.requests


async def test_items_of_many_kinds(answering: Answering) -> None:
    called = {"call_id": "c", "name": "add"}
    data: list[dict[str, Any]] = [
        ITEM,
        {**ITEM, "role": "critic", "content": [{"type": "text", "text": "Hm"}]},
        {
            "type": "function_call",
            "id": "fc_1",
            "arguments": "{}",
            "status": "completed",
            **called,
        },
        {"type": "custom_tool_call", "input": "x", **called},
        {"type": "telepathy", "id": "t_1"},
    ]
    client, _ = answering({**LIST, "data": data})
    items = [item async for item in client.conversations.items.list("conv_1")]
    assert isinstance(items[1], ConversationMessage)
    assert items[1].role == "critic"
    assert isinstance(items[2], ResponseFunctionToolCallItem)
    assert isinstance(items[3], ResponseCustomToolCall)
    assert [item.to_dict() for item in items] == data


async def test_responses_go_on_from_a_conversation() -> None:
    async with Server(seed=1).client(strict_responses=True) as client:
        conversation = await client.conversations.create(
            items=[{"role": "user", "content": "My name is Ida."}]
        )
        answer = await client.responses.create(
            model="gpt-4.1", input="Who am I?", conversation=conversation.id
        )
        assert answer.conversation is not None
        assert answer.conversation.id == conversation.id
        await client.responses.create(
            model="gpt-4.1", input="Are you sure?", conversation=answer.conversation
        )
        listed = client.conversations.items.list(conversation.id, order="asc", limit=2)
        items = [item async for item in listed]
        roles = [item.role for item in items if isinstance(item, ConversationMessage)]
        assert roles == ["user", "user", "assistant", "user", "assistant"]

        assert items[0].id is not None
        await client.conversations.items.delete(items[0].id, conversation_id=conversation.id)
        left = await client.conversations.items.list(conversation.id)
        assert len(left.data) == 4
        # Items of a conversation go into another call as they are.
        again = await client.responses.create(model="gpt-4.1", input=left.data)
        assert again.output_text

        deleted = await client.conversations.delete(conversation.id)
        assert deleted.deleted
        with pytest.raises(NotFoundError):
            await client.conversations.retrieve(conversation.id)
