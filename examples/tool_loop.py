"""Answers with the help of tools: the model calls functions until it knows what it has to say.

The calls of one message run at the same time. What goes wrong in one is told to the model, which may
try again; after a few rounds it has to make do with what it has.

Run it:  python examples/tool_loop.py "What is the weather in Rome, and what time is it there?"
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from pydantic import BaseModel, Field

from openai_async import AsyncClient, pydantic_function_tool
from openai_async.types.chat import ChatCompletionMessage, ChatCompletionMessageParam
from openai_async.types.chat_parsed import ParsedFunctionToolCall

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
ROUNDS = 5


class GetWeather(BaseModel):
    """Tell the weather in a city."""

    city: str


class GetTime(BaseModel):
    """Tell the local time."""

    timezone: str = Field(description="Such as Europe/Rome.")


async def get_weather(asked: GetWeather) -> str:
    return f"Sunny in {asked.city}, 21 degrees"


async def get_time(asked: GetTime) -> str:
    return datetime.now(ZoneInfo(asked.timezone)).strftime("%H:%M")


Tool = Callable[[Any], Awaitable[str]]
TOOLS: dict[type[BaseModel], Tool] = {GetWeather: get_weather, GetTime: get_time}


async def result_of(call: ParsedFunctionToolCall) -> ChatCompletionMessageParam:
    """What a call comes to, as the message that tells the model."""
    asked = call.function.parsed_arguments
    try:
        content = await TOOLS[type(asked)](asked)
    except Exception as error:
        content = f"It failed: {error}"
    print(f"{call.function.name}({asked}) -> {content}", file=sys.stderr)
    return {"role": "tool", "tool_call_id": call.id, "content": content}


async def answer(client: AsyncClient, question: str) -> str | None:
    messages: list[ChatCompletionMessageParam | ChatCompletionMessage] = [
        {"role": "user", "content": question}
    ]
    tools = [pydantic_function_tool(model) for model in TOOLS]
    for left in reversed(range(ROUNDS)):
        completion = await client.chat.completions.parse(
            model=MODEL, messages=messages, tools=tools, tool_choice="auto" if left else "none"
        )
        message = completion.choices[0].message
        calls = [call for call in message.tool_calls or [] if call.type == "function"]
        if not calls:
            return message.content
        results: dict[str, ChatCompletionMessageParam] = {}

        async def run(
            call: ParsedFunctionToolCall, results: dict[str, ChatCompletionMessageParam] = results
        ) -> None:
            results[call.id] = await result_of(call)

        async with anyio.create_task_group() as tasks:
            for call in calls:
                tasks.start_soon(run, call)
        messages += [message, *(results[call.id] for call in calls)]
    return None


async def main(question: str) -> None:
    async with AsyncClient() as client:
        print(await answer(client, question))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
