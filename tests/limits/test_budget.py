"""A cap on what is spent: what counts, and when it ends."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import anyio
import pytest

from openai_async import BudgetExceededError, ConfigurationError, InternalServerError
from openai_async.limits import Budget, Price
from openai_async.testing import Server
from tests.rawserver import RawServer, answer, response

pytestmark = pytest.mark.anyio

HELLO: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}


def reply(server: Server, prompt: int, answer: int, cached: int = 0, times: int | None = 1) -> None:
    """Script what a call uses."""
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
    server.reply("POST /chat/completions", json={**body, "usage": usage}, times=times)


async def test_a_cap_of_tokens() -> None:
    """Nothing is sent any more when it is reached."""
    server, budget = Server(), Budget(tokens=250)
    reply(server, 60, 40, times=None)
    async with server.client(middleware=[budget]) as client:
        for _ in range(3):
            await client.chat.completions.create(**HELLO)
        with pytest.raises(BudgetExceededError, match="budget of 250 tokens is used up: 300 are"):
            await client.chat.completions.create(**HELLO)
    assert len(server.calls) == 3
    assert budget.tokens == 300


async def test_a_cap_of_dollars() -> None:
    """By the longest name that fits, with what was cached at its own price."""
    prices = {"gpt-4o": Price(100.0, 100.0), "gpt-4o-mini": Price(1.0, 10.0, cached=0.5)}
    server, budget = Server(), Budget(usd=0.05, prices=prices)
    reply(server, 10_000, 1_000, cached=4_000, times=None)
    async with server.client(middleware=[budget]) as client:
        await client.chat.completions.create(**HELLO)
        assert budget.usd == pytest.approx(0.006 + 0.002 + 0.010)
        for _ in range(2):
            await client.chat.completions.create(**HELLO)
        with pytest.raises(BudgetExceededError, match="US dollars"):
            await client.chat.completions.create(**HELLO)
    assert len(server.calls) == 3


async def test_a_model_without_a_price_is_not_called() -> None:
    server, budget = Server(), Budget(usd=1, prices={"gpt-4o-mini": (1.0, 2.0)})
    async with server.client(middleware=[budget]) as client:
        with pytest.raises(ConfigurationError, match="no price for 'text-embedding-3-small'"):
            await client.embeddings.create(model="text-embedding-3-small", input="a")
        await client.models.list()  # a call of no model costs nothing
    assert [call.path for call in server.calls] == ["/models"]


async def test_failed_calls_cost_nothing() -> None:
    server, budget = Server(), Budget(tokens=1)
    server.fault("500", times=3)
    async with server.client(middleware=[budget]) as client:
        with pytest.raises(InternalServerError):
            await client.chat.completions.create(**HELLO, max_retries=0)
        assert budget.tokens == 0
        await client.chat.completions.create(**HELLO)


async def test_calls_on_their_way_count() -> None:
    """A crowd does not pass the cap by as many calls as it has members."""
    server, budget = Server(), Budget(tokens=1000)
    refused = 0

    async def call(client: Any) -> None:
        nonlocal refused
        try:
            await client.chat.completions.create(**HELLO, max_tokens=100)
        except BudgetExceededError:
            refused += 1

    async with server.client(middleware=[budget]) as client:
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(call, client)
        assert refused >= 39
        with anyio.move_on_after(0):  # a cancelled call gives back what it held
            await call(client)
        while budget.tokens < 1000:
            await client.chat.completions.create(**HELLO, max_tokens=100)
    assert budget.tokens < 1200


@pytest.mark.parametrize("told", [True, False])
async def test_streams_count(told: bool) -> None:
    """As the last chunk tells, else as estimated; also where they are left."""
    server, budget = Server(), Budget(tokens=100_000)
    more: Any = {"stream_options": {"include_usage": True}} if told else {}
    async with server.client(middleware=[budget]) as client:
        stream = await client.chat.completions.create(**HELLO, stream=True, max_tokens=40, **more)
        chunks = [chunk async for chunk in stream]
        if told:
            assert chunks[-1].usage is not None
            assert budget.tokens == chunks[-1].usage.total_tokens
        else:
            assert budget.tokens == 40 + 3  # `hello` and its role, at four bytes a token
        before = budget.tokens
        async with await client.chat.completions.create(
            **HELLO, stream=True, max_tokens=40
        ) as stream:
            async for _ in stream:
                break
        assert budget.tokens == before + 43


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "needs tokens"),
        ({"usd": 1}, "needs prices"),
        ({"tokens": -1}, "at least 0"),
        ({"usd": float("nan"), "prices": {"m": (1.0, 1.0)}}, "at least 0"),
    ],
)
async def test_a_budget_that_makes_no_sense(settings: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Budget(**settings)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_packed_stream_tells_its_usage_too(coding: str) -> None:
    usage = b'{"prompt_tokens":100,"completion_tokens":200,"total_tokens":300}'
    chunk = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]'
    events = chunk + b',"usage":' + usage + b"}\n\ndata: [DONE]\n\n"
    packed = (gzip if coding == "gzip" else zlib).compress(events)
    headers = [("content-type", "text/event-stream"), ("content-encoding", coding)]
    budget = Budget(tokens=1000)
    with RawServer(answer(response(packed, headers=headers))) as server:
        async with server.client(middleware=[budget]) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            assert [chunk.usage.total_tokens async for chunk in stream if chunk.usage] == [300]
    assert budget.tokens == 300
