"""The newest official client can use all of the built-in server's chat."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from openai_async.testing import Server

pytestmark = [pytest.mark.openai_sdk]

MODEL = "gpt-4o-mini"
HELLO: list[Any] = [{"role": "user", "content": "What is the weather in city: Paris?"}]


class GetWeather(BaseModel):
    city: str


@pytest.fixture
def base_url() -> Iterator[str]:
    with Server(seed=1, api_key="test-key").run_in_thread() as url:
        yield url


def test_everything(base_url: str) -> None:
    openai: Any = pytest.importorskip("openai", reason="needs the official client: nox -s official")

    async def use() -> None:
        async with openai.AsyncOpenAI(
            base_url=base_url, api_key="test-key", max_retries=0
        ) as client:
            await stream(client.chat.completions, openai.pydantic_function_tool(GetWeather))
            await custom(client.chat.completions)
            await stored(client.chat.completions)

    asyncio.run(use())


async def stream(completions: Any, tool: Any) -> None:
    async with completions.stream(
        model=MODEL, messages=HELLO, response_format=GetWeather
    ) as events:
        kinds = {event.type async for event in events}
        final = await events.get_final_completion()
    assert kinds == {"chunk", "content.delta", "content.done"}
    assert final.choices[0].message.parsed == GetWeather(city="Paris")
    async with completions.stream(model=MODEL, messages=HELLO, tools=[tool]) as events:
        final = await events.get_final_completion()
    [call] = final.choices[0].message.tool_calls
    assert call.function.parsed_arguments == GetWeather(city="Paris")


async def custom(completions: Any) -> None:
    tool = {"type": "custom", "custom": {"name": "shell"}}
    answer = await completions.create(
        model=MODEL, messages=HELLO, tools=[tool], tool_choice="required"
    )
    [call] = answer.choices[0].message.tool_calls
    assert call.custom.name == "shell"


async def stored(completions: Any) -> None:
    kept = await completions.create(
        model=MODEL, messages=HELLO, store=True, metadata={"topic": "weather"}
    )
    listed = [c.id async for c in completions.list(metadata={"topic": "weather"}, limit=1)]
    assert listed == [kept.id]
    changed = await completions.update(kept.id, metadata={"topic": "sea"})
    assert changed.metadata == {"topic": "sea"}
    assert [m.content async for m in completions.messages.list(kept.id)] == [HELLO[0]["content"]]
    assert (await completions.delete(kept.id)).deleted
