"""`fine_tuning.jobs.follow`: every event once, in order, whatever happens to the calls."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
)
from openai_async.testing import Server

pytestmark = pytest.mark.anyio

AT_ONCE = RetryPolicy(initial=0.0001, maximum=0.001)

Trouble = int | Exception | None
"""What a call gets in place of its answer: a status, an error of the network, or nothing amiss."""


def event(number: int) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{number}",
        "created_at": 1,
        "level": "info",
        "message": f"Step {number}",
        "type": "message",
        "data": {},
    }


def job(status: str) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job",
        "id": "ftjob-1",
        "created_at": 1,
        "error": None,
        "fine_tuned_model": "ft:m:o::1" if status == "succeeded" else None,
        "finished_at": None,
        "hyperparameters": {"n_epochs": 3},
        "model": "m",
        "organization_id": "org-1",
        "result_files": [],
        "status": status,
        "trained_tokens": None,
        "training_file": "file-1",
        "validation_file": None,
        "seed": 1,
    }


@dataclass
class Api:
    """A server with one job. Each look at the job lets the next of `grows` events happen; with the
    last of them it is over."""

    grows: list[int]
    status: str = "succeeded"
    """What it ends in."""
    trouble: Iterator[Trouble] = field(default_factory=lambda: itertools.repeat(None))
    """What befalls the calls, in their order."""
    most: int = 100
    """Events in a page, whatever was asked for."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    happened: list[int] = field(default_factory=list[int])
    looks: int = 0
    calls: list[str] = field(default_factory=list[str])

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.raw_path.decode().removeprefix("/v1/fine_tuning/jobs"))
        await anyio.sleep(0)
        befalls = next(self.trouble)
        if isinstance(befalls, Exception):
            raise befalls
        if befalls is not None:
            return httpx.Response(befalls, json={"error": {"message": "overloaded"}})
        if request.url.path.endswith("/events"):
            return httpx.Response(200, json=self._page(request.url.params))
        if self.looks < len(self.grows):
            start = len(self.happened)
            self.happened += range(start, start + self.grows[self.looks])
        self.looks += 1
        status = self.status if self.looks >= len(self.grows) else "running"
        return httpx.Response(200, json=job(status), headers=self.headers)

    def _page(self, query: httpx.QueryParams) -> dict[str, Any]:
        newest_first = [event(number) for number in reversed(self.happened)]
        if "after" in query:
            ids = [found["id"] for found in newest_first]
            newest_first = newest_first[ids.index(query["after"]) + 1 :]
        page = newest_first[: min(self.most, int(query["limit"]))]
        return {"object": "list", "data": page, "has_more": len(page) < len(newest_first)}


def make(grows: Iterable[int], **api: Any) -> tuple[AsyncClient, Api]:
    server = Api(list(grows), **api)
    client = AsyncClient(
        api_key="k",
        base_url="http://api.test/v1",
        transport=httpx.MockTransport(server),
        max_retries=0,
    )
    return client, server


async def followed(client: AsyncClient, **options: Any) -> list[int]:
    settings: dict[str, Any] = {"reconnect": AT_ONCE, **options}
    following = client.fine_tuning.jobs.follow("ftjob-1", **settings)
    return [int(found.id.removeprefix("ftevent-")) async for found in following]


async def test_a_job_that_is_over_takes_one_round() -> None:
    client, api = make([3])
    following = client.fine_tuning.jobs.follow("ftjob-1")
    assert following.job is None
    assert [found.message async for found in following] == ["Step 0", "Step 1", "Step 2"]
    assert following.job is not None
    assert following.job.fine_tuned_model == "ft:m:o::1"
    assert api.calls == ["/ftjob-1", "/ftjob-1/events?limit=100"]
    with pytest.raises(StopAsyncIteration):
        await anext(following)


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
async def test_each_end_of_a_job_is_one(status: str) -> None:
    client, _ = make([2, 0, 2], status=status)
    following = client.fine_tuning.jobs.follow("ftjob-1", reconnect=AT_ONCE)
    assert len([found async for found in following]) == 4
    assert following.job is not None
    assert following.job.status == status


async def test_a_paused_job_is_not_over() -> None:
    client, api = make([1, 0, 0, 0, 1])
    api.status = "paused"

    async def end() -> None:
        while api.looks < 8:
            await anyio.sleep(0)
        api.status = "succeeded"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end)
        assert await followed(client) == [0, 1]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
async def test_many_events_come_page_by_page_and_in_order(most: int) -> None:
    client, api = make([7, 1, 0, 6, 2], most=most)
    assert await followed(client) == list(range(16))
    assert api.looks == 5


async def test_what_is_known_is_not_asked_for_again() -> None:
    client, api = make([250, 1, 0])
    assert await followed(client) == list(range(251))
    pages = [call for call in api.calls if "events" in call]
    assert len(pages) == 5  # three for the first 250, then one each


async def test_random_trouble() -> None:
    chance = random.Random(5)
    for _ in range(40):
        kinds: list[Trouble] = [*[None] * 8, 503, 408, 500, httpx.ReadError("reset by peer")]
        trouble = (chance.choice(kinds) for _ in itertools.count())
        grows = [chance.randrange(9) for _ in range(chance.randrange(1, 6))]
        client, _ = make(grows, trouble=trouble, most=chance.randrange(3, 8))
        assert await followed(client, max_failures=1000) == list(range(sum(grows)))


async def test_it_gives_up_after_failures_without_a_new_event() -> None:
    client, api = make([2, 1, 1], trouble=iter([None, None, 503, 500, 502]))
    following = client.fine_tuning.jobs.follow("ftjob-1", reconnect=AT_ONCE, max_failures=3)
    assert [(await anext(following)).message for _ in range(2)] == ["Step 0", "Step 1"]
    with pytest.raises(InternalServerError, match="overloaded"):
        await anext(following)
    assert len(api.calls) == 5


async def test_a_round_that_works_starts_the_count_again() -> None:
    trouble = itertools.cycle([503, 503, None, None])
    client, _ = make([1, 0, 0, 1, 1], trouble=trouble)
    assert await followed(client, max_failures=3) == [0, 1, 2]


async def test_what_no_waiting_mends_is_raised_at_once() -> None:
    client, api = make([1], trouble=iter([404]))
    with pytest.raises(NotFoundError):
        await followed(client)
    assert len(api.calls) == 1


async def test_the_network_s_own_errors_count_too() -> None:
    client, _ = make([1], trouble=itertools.repeat(httpx.ConnectError("refused")))
    with pytest.raises(APIConnectionError, match="refused"):
        await followed(client, max_failures=4)


async def test_events_before_an_error_are_given() -> None:
    # The deadline is over by the next round, but what came in this one comes out.
    client, _ = make([3, 1], headers={"openai-poll-after-ms": "60000"})
    following = client.fine_tuning.jobs.follow("ftjob-1", deadline=5)
    assert [(await anext(following)).message for _ in range(3)] == ["Step 0", "Step 1", "Step 2"]
    with pytest.raises(APITimeoutError) as caught:
        await anext(following)
    assert caught.value.phase == "deadline"


async def test_a_deadline_holds_for_the_whole() -> None:
    client, _ = make([1] + [0] * 1_000_000)
    began = time.monotonic()
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, deadline=0.1)
    assert caught.value.phase == "deadline"
    assert 0.05 < time.monotonic() - began < 5


async def test_a_wait_that_is_cancelled_is_not_the_end() -> None:
    client, api = make([2, 1], headers={"openai-poll-after-ms": "50"})
    following = client.fine_tuning.jobs.follow("ftjob-1")
    await anext(following)
    await anext(following)
    with anyio.move_on_after(0) as scope:
        await anext(following)
    assert scope.cancelled_caught
    assert (await anext(following)).message == "Step 2"
    assert api.looks == 2


async def test_the_server_says_when_to_look_again() -> None:
    client, _ = make([1, 1], headers={"openai-poll-after-ms": "120"})
    began = time.monotonic()
    await followed(client, reconnect=RetryPolicy(initial=60))
    assert 0.1 < time.monotonic() - began < 10


async def test_an_interval_of_one_s_own_wins() -> None:
    client, _ = make([1, 1], headers={"openai-poll-after-ms": "60000"})
    with anyio.fail_after(10):
        assert await followed(client, poll_interval_ms=5) == [0, 1]


async def test_leaving_early() -> None:
    client, api = make([2, 1])
    async with client.fine_tuning.jobs.follow("ftjob-1") as following:
        await anext(following)
    async with aclosing(client.fine_tuning.jobs.follow("ftjob-1")) as other:
        await anext(other)
    calls = len(api.calls)
    for left in (following, other):
        with pytest.raises(StopAsyncIteration):
            await anext(left)
    assert len(api.calls) == calls


async def test_events_without_ids_are_told_apart_by_what_they_say() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/events"):
            return httpx.Response(200, json=job("succeeded"))
        data = [{"created_at": 1, "level": "info", "message": text} for text in ("b", "a")]
        return httpx.Response(200, json={"object": "list", "data": data, "has_more": False})

    client = AsyncClient(api_key="k", transport=httpx.MockTransport(answer))
    following = client.fine_tuning.jobs.follow("ftjob-1")
    assert [found.message async for found in following] == ["a", "b"]


def pages_of(*pages: list[int]) -> AsyncClient:
    """A client of a job that has succeeded; its events come on these pages, the last one repeated."""
    asked = itertools.count()

    async def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/events"):
            return httpx.Response(200, json=job("succeeded"))
        number = next(asked)
        await anyio.sleep(0.001)
        data = [event(index) for index in pages[min(number, len(pages) - 1)]]
        more = {"has_more": True, "last_id": f"cursor-{number}"}
        return httpx.Response(200, json={"object": "list", "data": data, **more})

    return AsyncClient(api_key="k", transport=httpx.MockTransport(answer))


async def test_pages_that_repeat_themselves_end_and_lose_nothing() -> None:
    with anyio.fail_after(10):
        assert await followed(pages_of([4, 3, 3], [3, 2, 1], [1, 0], [1, 0])) == [0, 1, 2, 3, 4]


async def test_the_deadline_bounds_all_pages_of_a_list_together() -> None:
    client = pages_of(*([number] for number in range(100_000)))
    began = time.monotonic()
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, deadline=0.2)
    assert caught.value.phase == "deadline"
    assert time.monotonic() - began < 5


async def test_closing_while_somebody_waits_ends_it() -> None:
    client, api = make([1, 1], headers={"openai-poll-after-ms": "20"})
    following = client.fine_tuning.jobs.follow("ftjob-1")
    assert (await anext(following)).message == "Step 0"

    async def wait() -> None:
        with pytest.raises(StopAsyncIteration):
            await anext(following)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            await following.aclose()
    assert api.looks == 1


def test_what_is_wrong_is_told_before_anything_is_asked() -> None:
    client, api = make([1])
    with pytest.raises(ConfigurationError, match="fine_tuning_job_id"):
        client.fine_tuning.jobs.follow("")
    with pytest.raises(ConfigurationError, match="poll_interval_ms"):
        client.fine_tuning.jobs.follow("ftjob-1", poll_interval_ms=-1)
    with pytest.raises(TypeError, match="timeout"):
        client.fine_tuning.jobs.follow("ftjob-1", time_out=3)  # type: ignore[call-arg]
    assert not api.calls


async def test_connections_that_are_cut_over_a_socket() -> None:
    server = Server(seed=1, job_seconds=0.5)
    lines = b'{"messages": [{"role": "assistant", "content": "Ahoy."}]}\n' * 10
    async with server.listen() as base_url:
        async with AsyncClient(base_url=base_url, api_key="k", max_retries=0) as client:
            stored = await client.files.create(file=("t.jsonl", lines), purpose="fine-tune")
            made = await client.fine_tuning.jobs.create(
                model="gpt-4o-mini", training_file=stored.id
            )
            for fault in ("reset", "500", "drop"):
                server.fault(fault, on="GET /fine_tuning/*", times=2)
            following = client.fine_tuning.jobs.follow(
                made.id, poll_interval_ms=20, reconnect=AT_ONCE, max_failures=50, deadline=20
            )
            messages = [found.message async for found in following]
    assert messages[0] == f"Created fine-tuning job: {made.id}"
    assert messages[-1] == "The job has successfully completed"
    assert len(set(messages)) == len(messages)
