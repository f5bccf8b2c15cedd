"""What type checkers infer for parsed answers. For mypy --strict and pyright strict; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict, assert_type

from openai_async import AsyncClient, pydantic_function_tool
from openai_async.resources._chat_stream import AsyncChatCompletionStream
from openai_async.types.chat import ChatCompletion, ChatCompletionStoreMessage, CustomToolCall
from openai_async.types.chat_parsed import (
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDoneEvent,
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedFunctionToolCall,
)


class Weather(BaseModel):
    city: str


@dataclasses.dataclass
class Point:
    x: int


class Person(TypedDict):
    name: str


async def parse(client: AsyncClient) -> None:
    parse = client.chat.completions.parse
    model = await parse(model="m", messages=[], response_format=Weather)
    assert_type(model, ParsedChatCompletion[Weather])
    assert_type(model.choices[0].message, ParsedChatCompletionMessage[Weather])
    assert_type(model.choices[0].message.parsed, Weather | None)
    assert_type(model.choices[0].message.content, str | None)
    for call in model.choices[0].message.tool_calls or []:
        assert_type(call, ParsedFunctionToolCall | CustomToolCall)
        if call.type == "function":
            assert_type(call.function.arguments, str)
            assert_type(call.function.parsed_arguments, Any)
        else:
            assert_type(call.custom.input, str)

    assert_type(
        (await parse(model="m", messages=[], response_format=Point)).choices[0].message.parsed,
        Point | None,
    )
    assert_type(
        (await parse(model="m", messages=[], response_format=Person)).choices[0].message.parsed,
        Person | None,
    )
    assert_type(
        (await parse(model="m", messages=[], response_format=list[int])).choices[0].message.parsed,
        list[int] | None,
    )
    either: TypeAdapter[Weather | int] = TypeAdapter(Weather | int)
    assert_type(
        (await parse(model="m", messages=[], response_format=either)).choices[0].message.parsed,
        Weather | int | None,
    )
    plain = await parse(model="m", messages=[], tools=[pydantic_function_tool(Weather)])
    assert_type(plain, ParsedChatCompletion[None])
    assert_type(
        await parse(model="m", messages=[], response_format={"type": "json_object"}),
        ParsedChatCompletion[None],
    )
    # It is a completion, and its message goes back as it is.
    completion: ChatCompletion = model
    await client.chat.completions.create(
        model=completion.model, messages=[model.choices[0].message]
    )


async def stream(client: AsyncClient) -> None:
    opening = client.chat.completions.stream(model="m", messages=[], response_format=Weather)
    assert_type(opening, AsyncChatCompletionStream[Weather])
    async with opening as stream:
        async for event in stream:
            if event.type == "content.delta":
                assert_type(event, ContentDeltaEvent)
                assert_type(event.snapshot, str)
            elif event.type == "content.done":
                assert_type(event, ContentDoneEvent[Weather])
                assert_type(event.parsed, Weather | None)
            elif event.type == "tool_calls.function.arguments.done":
                assert_type(event, FunctionToolCallArgumentsDoneEvent)
            elif event.type == "chunk":
                assert_type(event, ChunkEvent)
        async for text in stream.text_stream():
            assert_type(text, str)
        assert_type(await stream.get_final_completion(), ParsedChatCompletion[Weather])


async def stored(client: AsyncClient) -> None:
    async for completion in client.chat.completions.list(metadata={"a": "b"}, limit=3):
        assert_type(completion, ChatCompletion)
    async for message in client.chat.completions.messages.list("c", order="desc"):
        assert_type(message, ChatCompletionStoreMessage)
    assert_type((await client.chat.completions.delete("c")).deleted, bool)


async def mistakes(client: AsyncClient) -> None:
    """Each of these must be an error, else the comment that allows it is one."""
    parse = client.chat.completions.parse
    await parse(model="m", response_format=Weather)  # type: ignore[call-overload]
    await parse(model="m", messages=[], response_format=Weather, stream=True)  # type: ignore[call-overload]
    await parse(model="m", messages=[], response_format={"type": "yaml"})  # type: ignore[call-overload]
    await client.chat.completions.update("c")  # type: ignore[call-arg]
