"""The gate through the client: who waits for whom, and for how long."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
    Next,
    QuotaExceededError,
    RateLimitError,
    Request,
    Retry,
    RetryPolicy,
)
from openai_async.limits import Gate, LaneSnapshot, Reservation
from openai_async.testing import RateLimit, Server
from tests.rawserver import Connection, RawServer, answer, json_response

pytestmark = pytest.mark.anyio

HELLO: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}


async def crowd(call: Callable[[], Any], count: int) -> list[Any]:
    """So many calls at once; what each gave, or raised."""
    outcomes: list[Any] = [None] * count

    async def one(number: int) -> None:
        try:
            outcomes[number] = await call()
        except Exception as error:
            outcomes[number] = error

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number)
    return outcomes


def embed(client: AsyncClient) -> Any:
    return client.embeddings.create(model="text-embedding-3-small", input="hello")


def lane(client: AsyncClient, model: str | None = "gpt-4o-mini") -> LaneSnapshot:
    assert client.gate is not None
    (found,) = (one for one in client.gate.snapshot() if one.model == model)
    return found


async def test_more_calls_than_a_server_allows() -> None:
    server = Server(rate_limit=RateLimit(requests_per_second=100))
    async with server.client() as client:
        began = time.monotonic()
        outcomes = await crowd(functools.partial(embed, client), 300)
        took = time.monotonic() - began
    statuses = Counter(call.status for call in server.calls)
    assert all(hasattr(outcome, "data") for outcome in outcomes)
    assert statuses[200] == 300
    assert statuses[429] < 15
    assert took > 1.9  # it was the server that set the pace


async def test_others_may_use_what_is_told_to_be_left() -> None:
    """Two gates, as in two processes, without a store: each finds out what its part is."""
    server = Server(rate_limit=RateLimit(requests_per_second=100))
    outcomes: list[Any] = []

    async def use(client: AsyncClient) -> None:
        outcomes.extend(await crowd(functools.partial(embed, client), 150))

    async with server.client(gate=Gate()) as one, server.client(gate=Gate()) as other:
        async with anyio.create_task_group() as group:
            group.start_soon(use, one)
            group.start_soon(use, other)
    statuses = Counter(call.status for call in server.calls)
    assert sum(hasattr(outcome, "data") for outcome in outcomes) > 285
    assert statuses[429] < 60


async def test_a_limit_of_tokens() -> None:
    """What a server charges for a call is not what we estimate, and is found out."""
    server = Server(rate_limit=RateLimit(tokens_per_minute=6000))
    async with server.client() as client:
        outcomes = await crowd(functools.partial(embed, client), 190)
        seen = lane(client, "text-embedding-3-small")
    statuses = Counter(call.status for call in server.calls)
    assert all(hasattr(outcome, "data") for outcome in outcomes)
    assert statuses[200] == 190
    assert statuses[429] <= 12
    assert seen.tokens_limit == 6000
    assert seen.tokens_left is not None
    assert seen.tokens_left < 600


async def test_without_a_gate_they_come_all_at_once() -> None:
    server = Server(rate_limit=RateLimit(requests_per_minute=50))
    async with server.client(gate=False, max_retries=0) as client:
        assert client.gate is None
        outcomes = await crowd(functools.partial(embed, client), 150)
    assert sum(isinstance(outcome, RateLimitError) for outcome in outcomes) > 50


async def test_a_given_limit_spaces_calls() -> None:
    server = Server()
    async with server.client(gate=Gate(requests_per_minute=3000)) as client:
        began = time.monotonic()
        await crowd(functools.partial(embed, client), 26)
        assert time.monotonic() - began > 0.49


@asynccontextmanager
async def refusing(
    first: bytes, *, http: Any = AsyncClient, **options: Any
) -> AsyncIterator[tuple[Any, list[float]]]:
    """A client, and when its calls come to a server that answers the first one with `first`."""
    came: list[float] = []

    def script(connection: Connection) -> None:
        while True:
            connection.request()
            came.append(time.monotonic())
            connection.send(first if len(came) == 1 else json_response(ANSWER))

    options.setdefault("max_retries", 2)
    with RawServer(script) as server:
        async with server.client(**options) as client:
            yield client, came


def refusal(**headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    body = b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'
    head = f"HTTP/1.1 429 Too Many Requests\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


async def test_after_a_refusal_all_wait_together() -> None:
    async with refusing(refusal(retry_after_ms="600")) as (client, came):
        outcomes: list[Any] = []

        async def ask() -> None:
            outcomes.append(await client.chat.completions.create(**HELLO))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            with anyio.fail_after(5):
                while lane_of(client) is None or not lane(client).cooling:
                    await anyio.sleep(0.001)
            assert lane(client).cooling < 0.61
            for _ in range(5):
                group.start_soon(ask)  # these have not been refused, and wait all the same
    assert len(outcomes) == 6
    assert min(came[1:]) - came[0] > 0.59


def lane_of(client: AsyncClient) -> Any:
    assert client.gate is not None
    return next(iter(client.gate.snapshot()), None)


async def test_the_line_moves_in_order() -> None:
    asked: list[str] = []
    server = Server()

    async def note(request: Request, call_next: Next) -> httpx.Response:
        asked.append(request.json["user"])  # trio begins tasks in no order of its own
        return await call_next(request)

    async with server.client(gate=Gate(requests_per_minute=3000), middleware=[note]) as client:
        async with anyio.create_task_group() as group:
            for number in range(40):
                settings: Any = {"model": "text-embedding-3-small", "user": str(number)}
                group.start_soon(functools.partial(client.embeddings.create, input="a", **settings))
    assert [call.json["user"] for call in server.calls] == asked
    assert len(asked) == 40


async def test_a_wait_that_is_too_long_is_not_waited() -> None:
    """The error is raised at once, and does not hold up the others."""
    async with refusing(refusal(retry_after="120")) as (client, came):
        with anyio.fail_after(5):
            with pytest.raises(RateLimitError):
                await client.chat.completions.create(**HELLO)
            await client.chat.completions.create(**HELLO)
    assert len(came) == 2


async def test_a_wait_that_is_too_long_for_all_is_waited_by_one() -> None:
    """A policy that allows it has the call wait by itself, rather than ask again at once."""
    patient = Retry(RetryPolicy(max_retry_after=300))
    async with refusing(refusal(retry_after="120"), middleware=[patient]) as (client, came):
        with anyio.move_on_after(0.5):
            await client.chat.completions.create(**HELLO)
        assert len(came) == 1


async def test_a_quota_is_not_waited_for() -> None:
    body = b'{"error":{"message":"no credit","code":"insufficient_quota"}}'
    head = f"HTTP/1.1 429 No\r\ncontent-length: {len(body)}\r\nretry-after: 30\r\n\r\n".encode()
    async with refusing(head + body) as (client, came):
        with anyio.fail_after(5):
            with pytest.raises(QuotaExceededError):
                await client.chat.completions.create(**HELLO)
            await client.chat.completions.create(**HELLO)
    assert len(came) == 2


async def test_a_deadline_ends_a_wait() -> None:
    async with refusing(refusal(retry_after="30")) as (client, _):
        with anyio.fail_after(5):
            with pytest.raises(RateLimitError):
                await client.chat.completions.create(**HELLO, max_retries=0)
            with pytest.raises(APITimeoutError) as caught:
                await client.chat.completions.create(**HELLO, deadline=0.2)
        assert caught.value.phase == "deadline"
        assert lane(client).waiting == lane(client).in_flight == 0


async def test_cancelled_calls_leave_the_line() -> None:
    async with refusing(refusal(retry_after_ms="3000")) as (client, came):
        with pytest.raises(RateLimitError):
            await client.chat.completions.create(**HELLO, max_retries=0)
        async with anyio.create_task_group() as group:
            group.start_soon(functools.partial(client.chat.completions.create, **HELLO))
            with anyio.move_on_after(0.1):
                async with anyio.create_task_group() as cancelled:
                    for _ in range(20):
                        cancelled.start_soon(
                            functools.partial(client.chat.completions.create, **HELLO)
                        )
            assert lane(client).waiting == 1
        assert lane(client).waiting == lane(client).in_flight == 0
    assert len(came) == 2


async def test_calls_in_line_end_when_their_client_is_closed() -> None:
    gate = Gate(requests_per_minute=2)
    outcomes: list[Any] = []
    with RawServer(answer(json_response(ANSWER))) as server:
        client = server.client(gate=gate)
        await client.chat.completions.create(**HELLO)

        async def ask(one: AsyncClient) -> None:
            outcomes.append((await crowd(lambda: one.chat.completions.create(**HELLO), 1))[0])

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for one in (client, client.with_options(timeout=5), client):
                    group.start_soon(ask, one)
                while lane(client).waiting < 3:
                    await anyio.sleep(0.001)
                await client.close()
        assert lane(client).waiting == lane(client).in_flight == 0
    assert [str(outcome) for outcome in outcomes] == ["the client is closed"] * 3


async def test_clients_of_one_server_and_key_share() -> None:
    """A second client of the same key waits, too; one of another key, or for another model, not."""
    async with refusing(refusal(retry_after_ms="700")) as (client, came):
        settings: Any = {"base_url": client.base_url, "max_retries": 0}
        same = AsyncClient(api_key=client.config.api_key.reveal(), **settings)
        other = AsyncClient(api_key="another", **settings)
        async with same, other:
            assert same.gate is client.gate
            with pytest.raises(RateLimitError):
                await client.chat.completions.create(**HELLO, max_retries=0)
            await other.chat.completions.create(**HELLO)
            await same.chat.completions.create(**{**HELLO, "model": "another"})
            assert came[-1] - came[0] < 0.69
            await same.chat.completions.create(**HELLO)
            assert came[-1] - came[0] > 0.69
            await client.with_options(timeout=5).chat.completions.create(**HELLO)
    assert len(came) == 5


async def test_a_retry_that_was_moved_still_waits_at_the_gate() -> None:
    seen: list[int] = []

    async def note(request: Request, call_next: Next) -> httpx.Response:
        response = await call_next(request)
        seen.append(response.status_code)
        return response

    first = refusal(retry_after_ms="300")
    async with refusing(first, middleware=[Retry(), note]) as (client, came):
        await client.chat.completions.create(**HELLO)
    assert seen == [429, 200]
    assert came[1] - came[0] > 0.29


async def test_a_gate_serves_one_event_loop_after_another() -> None:
    gate, server = Gate(requests_per_minute=60000), Server()

    def run() -> None:
        async def main() -> None:
            async with server.client(gate=gate) as client:
                await crowd(functools.partial(embed, client), 20)

        asyncio.run(main())

    for _ in range(2):
        thread = threading.Thread(target=run)
        thread.start()
        await anyio.to_thread.run_sync(thread.join)
    assert sum(call.status == 200 for call in server.calls) == 40


class Ledger:
    """A store that notes what it is asked."""

    def __init__(self) -> None:
        self.notes: list[Any] = []

    async def reserve(self, lane: str, *, tokens: int) -> Reservation | float:
        self.notes.append(("reserve", tokens))
        if len(self.notes) == 1:
            return 0.05
        assert "secret" not in lane
        return Reservation(lane, tokens)

    async def settle(self, _reservation: Reservation, *, tokens: int) -> None:
        self.notes.append(("settle", tokens))

    async def pause(self, _lane: str, seconds: float) -> None:
        self.notes.append(("pause", seconds > 0.2))

    async def aclose(self) -> None: ...


async def test_a_store_has_a_say() -> None:
    ledger = Ledger()
    server = Server(api_key="secret")
    async with server.client(gate=Gate(store=ledger)) as client:
        server.fault("429", value=0.3)
        answer = await embed(client)
    used = answer.usage.total_tokens
    asked = ("reserve", 2)
    assert ledger.notes == [
        asked, asked, ("pause", True), ("settle", 0), asked, ("settle", used)
    ]  # fmt: skip


@pytest.mark.parametrize("setting", [{"requests_per_minute": 0}, {"tokens_per_minute": -1.0}])
async def test_a_limit_that_makes_no_sense(setting: Any) -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        Gate(**setting)


async def test_a_store_that_fails_behind_a_call_costs_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Torn(Ledger):
        async def settle(self, _reservation: Reservation, *, tokens: int) -> None:
            raise OSError(f"torn with {tokens}")

    async with Server().client(gate=Gate(store=Torn())) as client:
        assert (await embed(client)).data
    assert "was not told what a call used: OSError('torn" in caplog.text


def test_outside_of_a_loop_there_is_nothing_to_see() -> None:
    assert AsyncClient(api_key="k", gate=True).gate.snapshot() == []  # type: ignore[union-attr]


async def test_a_gate_of_another_kind() -> None:
    with pytest.raises(ConfigurationError, match="gate must be"):
        AsyncClient(api_key="k", gate="open")  # type: ignore[arg-type]
