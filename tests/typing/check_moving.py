"""What type checkers say to code that comes from the official client. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import httpx
from typing_extensions import assert_type

import openai_async as openai
from openai_async import NOT_GIVEN, AsyncOpenAI, NotGiven, Omit, limits, not_given, omit, types
from openai_async.types import ChatModel, CreateEmbeddingResponse, chat
from openai_async.types.chat import (
    ChatCompletion,
    ChatCompletionMessageParam,
    ChatCompletionRole,
    ChoiceDeltaToolCall,
    ParsedChatCompletion,
)
from openai_async.types.responses import FunctionToolParam, Tool, ToolParam


def no_such_names() -> None:
    """By module and by client."""
    openai.DefaultHttpxClient  # type: ignore[attr-defined]  # noqa: B018
    types.Nonsense  # type: ignore[attr-defined]  # noqa: B018
    chat.Nonsense  # type: ignore[attr-defined]  # noqa: B018
    limits.Nonsense  # type: ignore[attr-defined]  # noqa: B018
    AsyncOpenAI().assistants  # type: ignore[attr-defined]  # noqa: B018


def without_an_import(answer: openai.types.chat.ChatCompletion) -> None:
    assert_type(answer, ChatCompletion)
    assert_type(
        openai.types.responses.InputTokenCountResponse.model_fields["object"].alias, "str | None"
    )


def settings(client: AsyncOpenAI) -> None:
    assert_type(client.timeout, httpx.Timeout)
    assert_type(client.max_retries, int)
    assert_type(client.organization, "str | None")
    client.api_key = "other"  # type: ignore[misc]
    client.anything = 1  # type: ignore[attr-defined]


async def ask(
    client: AsyncOpenAI,
    messages: list[ChatCompletionMessageParam],
    model: ChatModel = "gpt-4o-mini",
    role: ChatCompletionRole = "user",
) -> ChatCompletion:
    messages.append({"role": "user", "content": role})
    return await client.chat.completions.create(
        model=model, messages=messages, extra_headers={"Authorization": Omit()}
    )


def left_out(temperature: float | Omit = omit, seed: int | NotGiven = not_given) -> None:
    if isinstance(temperature, NotGiven) and isinstance(seed, Omit):
        assert_type(temperature, NotGiven)
        assert_type(NOT_GIVEN, NotGiven)


async def names(client: AsyncOpenAI, tool: FunctionToolParam, told: Tool) -> None:
    found = await client.embeddings.create(model="m", input="a")
    assert_type(found, CreateEmbeddingResponse)
    tools: list[ToolParam] = [tool, told]
    await client.responses.create(model="m", input="a", tools=tools)


def calls(delta: ChoiceDeltaToolCall, parsed: ParsedChatCompletion[int]) -> None:
    assert_type(delta.index, int)
    assert_type(parsed.choices[0].message.parsed, "int | None")
