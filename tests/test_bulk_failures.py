"""`bulk.map`: what it does about calls that fail, about servers that go away, and about ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BulkError,
    ConfigurationError,
    InternalServerError,
    JournalError,
    QuotaExceededError,
    RetryPolicy,
    bulk,
)
from openai_async.errors import from_response
from tests.bulkcalls import AT_ONCE, SOON, Calls, Source, collect, half, status, turns

pytestmark = pytest.mark.anyio

# Failures


async def test_what_may_pass_is_tried_again() -> None:
    left = {3: 2, 5: 1, 8: 3}

    def answer(item: int) -> int:
        if left.get(item, 0):
            left[item] -= 1
            raise [status(500), APIConnectionError("reset"), status(409)][item % 3]
        return item

    calls = Calls(answer)
    results = [r async for r in bulk.map(calls, range(30), concurrency=4, retry=AT_ONCE)]
    assert [result.unwrap() for result in results] == list(range(30))
    assert len(calls.made) == 30 + 6


async def test_what_fails_for_now_is_finished_when_the_source_fails_for_good() -> None:
    def source() -> Iterator[int]:
        yield from range(10)
        raise LookupError("gone")

    def answer(item: int) -> int:
        if item == 5 and calls.made.count(5) < 4:
            raise status(500)
        return item

    calls = Calls(answer)
    seen: list[Any] = []
    with pytest.raises(LookupError):
        await collect(bulk.map(calls, source(), retry=SOON), seen)
    assert [result.value for result in seen] == list(range(10))


@pytest.mark.parametrize(("retry", "tries"), [(SOON, 5), (0, 1), (1, 2)])
async def test_an_item_that_keeps_failing_while_others_succeed_has_its_error(
    retry: Any, tries: int
) -> None:
    def answer(item: int) -> int:
        if item == 2:
            raise status(500)
        return item

    calls = Calls(answer)
    async with bulk.map(calls, Source(), concurrency=4, ordered=False, retry=retry) as job:
        async for result in job:
            if not result.ok:
                break
    assert result.index == 2
    assert isinstance(result.error, InternalServerError)
    # One failure more, where the first came before anything had succeeded.
    assert tries <= calls.made.count(2) <= (tries + 1 if tries > 1 else 1)


@pytest.mark.parametrize(
    "error",
    [status(400), status(404), status(422), ConfigurationError("no"), TypeError("no"), KeyError()],
    ids=repr,
)
async def test_any_other_error_is_the_items_at_once(error: Exception) -> None:
    def answer(item: int) -> int:
        if item == 1:
            raise error
        return item

    calls = Calls(answer)
    results = [result async for result in bulk.map(calls, range(3))]
    assert [result.error for result in results] == [None, error, None]
    assert calls.made.count(1) == 1


async def test_too_many_requests_are_not_an_items_fault() -> None:
    def answer(item: int) -> int:
        if item == 2 and calls.made.count(2) <= 12:
            raise status(429)
        return item

    calls = Calls(answer)
    seen: list[int] = []
    async with bulk.map(calls, Source(), concurrency=4, ordered=False, retry=SOON) as job:
        async for result in job:
            seen.append(result.unwrap())
            if result.index == 2:
                break
    assert calls.made.count(2) == 13


async def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    at: list[float] = []

    def answer(item: int) -> int:
        if item == 1:
            at.append(time.monotonic())
            if len(at) < 3:
                response = httpx.Response(429, headers={"retry-after-ms": "120"}, json={})
                raise from_response(response)
        return item

    results = [result async for result in bulk.map(Calls(answer), range(5), retry=AT_ONCE)]
    assert all(result.ok for result in results)
    assert at[1] - at[0] >= 0.12


async def test_a_server_that_goes_down_is_waited_for() -> None:
    """All calls fail from the tenth on, and one at a time tries whether it is back."""
    down, probing, most = False, 0, 0
    policy = RetryPolicy(initial=0.004, maximum=0.01)

    async def answer(item: int) -> int:
        nonlocal down, probing, most
        if not down and len(calls.made) > 10 and len(calls.made) < 60:
            down = True
        if len(calls.made) >= 60:
            down = False
        if down:
            if len(calls.made) > 30:  # each of the ten on their way has failed twice
                probing += 1
                most = max(most, probing)
                await turns()
                probing -= 1
            raise APIConnectionError("refused")
        return item

    calls = Calls(answer)
    results = [r async for r in bulk.map(calls, range(300), concurrency=10, retry=policy)]
    assert [result.unwrap() for result in results] == list(range(300))
    assert most == 1


async def test_patience_ends() -> None:
    def answer(item: int) -> int:
        if item >= 20:
            raise APIConnectionError("refused")
        return item

    job = bulk.map(Calls(answer), range(100), concurrency=5, patience=0.2, retry=SOON)
    seen: list[Any] = []
    with pytest.raises(APIConnectionError, match=r"refused.*no call has succeeded for.*patience"):
        await collect(job, seen)
    assert [result.unwrap() for result in seen] == list(range(20))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (status(401), AuthenticationError),
        (status(402), APIStatusError),
        (status(429, code="insufficient_quota"), QuotaExceededError),
        (JournalError("disk full"), JournalError),
    ],
)
@pytest.mark.parametrize("ordered", [True, False])
async def test_what_all_calls_would_meet_ends_the_job(
    error: Exception, kind: type[Exception], ordered: bool
) -> None:
    def answer(item: int) -> int:
        if item >= 20:
            raise error
        return item

    source = Source()
    seen: list[Any] = []
    with pytest.raises(kind):
        await collect(bulk.map(Calls(answer), source, concurrency=4, ordered=ordered), seen)
    assert sorted(result.unwrap() for result in seen) == list(range(20))
    assert source.pulled < 60


async def test_what_is_on_its_way_is_finished_when_the_job_ends() -> None:
    """It has been paid for."""
    failed = anyio.Event()

    async def answer(item: int) -> int:
        if item == 1:
            failed.set()
            raise status(401)
        await failed.wait()
        await turns()
        return item

    seen: list[Any] = []
    with pytest.raises(AuthenticationError):
        await collect(bulk.map(answer, Source(), concurrency=4), seen)
    assert [result.unwrap() for result in seen] == [0, 2, 3]


async def test_stop_after() -> None:
    def answer(item: int) -> int:
        if item % 5 == 4:
            raise ValueError(f"item {item}")
        return item

    seen: list[Any] = []
    with pytest.raises(BulkError, match="3 of 15 items failed; the first, item 4: item 4") as told:
        await collect(bulk.map(Calls(answer), Source(), concurrency=1, stop_after=3), seen)
    assert (told.value.failed, told.value.done) == (3, 15)
    assert isinstance(told.value.__cause__, ValueError)
    assert len(seen) == 15


async def test_the_deadline_of_a_job() -> None:
    calls = Calls(half)
    seen: list[Any] = []
    with pytest.raises(APITimeoutError) as told:
        await collect(bulk.map(calls, range(20), deadline=0.3), seen)
    assert told.value.phase == "deadline"
    assert [result.index for result in seen] == list(
        range(0, 20, 2)
    )  # what was finished, with gaps
    assert calls.active == 0


async def test_a_call_that_is_cancelled_from_within_is_an_error(anyio_backend: str) -> None:
    if anyio_backend != "asyncio":
        pytest.skip("trio has no such thing")

    async def answer(item: int) -> int:
        if item == 1:
            task = asyncio.ensure_future(asyncio.sleep(60))
            task.cancel()
            await task
        return item

    results = [result async for result in bulk.map(answer, range(3))]
    assert [result.ok for result in results] == [True, False, True]
    assert isinstance(results[1].error, RuntimeError)


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": 0},
        {"retry": -1},
        {"patience": -1},
        {"patience": float("nan")},
        {"deadline": 0},
        {"stop_after": 0},
        {"journal": "x"},  # without a name
        {"journal": "x", "name": {1, 2}},
    ],
    ids=str,
)
async def test_settings_that_can_not_be_used(options: Any) -> None:
    with pytest.raises(ConfigurationError):
        bulk.map(Calls(), [1], **options)
