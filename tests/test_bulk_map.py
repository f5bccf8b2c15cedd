"""`bulk.map`: results in order, in bounded memory, and an end whatever the reader does."""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openai_async import (
    bulk,
)
from openai_async.testing import Server
from openai_async.types.chat import ChatCompletion
from tests.bulkcalls import Calls, Source, collect, half, turns, until

pytestmark = pytest.mark.anyio

# Results


async def test_every_item_has_its_result_in_order() -> None:
    def answer(item: int) -> int:
        if item % 10 == 3:
            raise ValueError(f"not {item}")
        return item * item

    calls = Calls(answer)
    job = bulk.map(calls, range(500), concurrency=7)
    results = [result async for result in job]
    assert [result.index for result in results] == list(range(500))
    assert [result.input for result in results] == list(range(500))
    for result in results:
        if result.index % 10 == 3:
            assert not result.ok
            assert result.value is None
            with pytest.raises(ValueError, match=f"not {result.index}"):
                result.unwrap()
        else:
            assert result.ok
            assert result.unwrap() == result.value == result.index**2
    assert sorted(calls.made) == list(range(500))  # each once
    assert calls.most <= 7
    assert job.progress.done == 500
    assert job.progress.failed == 50
    assert job.progress.ended


async def test_chat_completions() -> None:
    server = Server(seed=1)
    async with server.client() as client:

        async def answer(text: str) -> ChatCompletion:
            messages: Any = [{"role": "user", "content": text}]
            return await client.chat.completions.create(
                model="gpt-4o-mini", messages=messages, max_tokens=5, seed=1
            )

        job = bulk.map(answer, ["One?", "Two?", "Three?"], prices={"gpt-4o": (1.0, 2.0)})
        results = [result async for result in job]
        alone = [(await answer(text)).choices[0].message for text in ("One?", "Two?", "Three?")]
    assert [result.unwrap().choices[0].message for result in results] == alone
    usages = [result.unwrap().usage for result in results]
    sent = sum(usage.prompt_tokens for usage in usages if usage)
    came = sum(usage.completion_tokens for usage in usages if usage)
    assert job.progress.tokens == sent + came > 0
    assert job.progress.cost == pytest.approx((sent * 1.0 + came * 2.0) / 1e6)


async def test_results_as_they_are_ready() -> None:
    first = anyio.Event()

    async def wait_for_the_others(item: int) -> int:
        if item == 0:
            await first.wait()
        return item

    seen: list[int] = []
    async for result in bulk.map(wait_for_the_others, range(50), ordered=False, concurrency=4):
        seen.append(result.index)
        if len(seen) == 49:
            first.set()
    assert seen[-1] == 0
    assert sorted(seen) == list(range(50))


async def test_a_slow_item_does_not_hold_up_the_others_for_a_while() -> None:
    first = anyio.Event()

    async def wait(item: int) -> int:
        if item == 0:
            await first.wait()
        return item

    calls = Calls(wait)
    async with bulk.map(calls, Source(), concurrency=4) as job:
        async with anyio.create_task_group() as group:
            group.start_soon(anext, job)
            await until(lambda: len(calls.made) >= 12)
            first.set()


@pytest.mark.parametrize("empty", [[], iter(())])
async def test_no_items(empty: Any) -> None:
    assert [result async for result in bulk.map(Calls(), empty)] == []


# How far the source is pulled


async def test_the_source_is_pulled_as_results_are_taken() -> None:
    source, calls = Source(), Calls()
    async with bulk.map(calls, source, concurrency=3) as job:
        assert source.pulled == 0  # nothing before it is asked for
        taken = 0
        async for result in job:
            taken += 1
            assert result.index == taken - 1
            await turns()
            # What is on its way and what is ready are a few times the concurrency, not more.
            assert source.pulled <= taken + 4 * 3
            if taken == 100:
                break
    assert calls.most <= 3
    assert source.pulled <= 100 + 4 * 3


async def test_an_async_source_is_pulled_no_further_than_needed() -> None:
    pulled = closed = 0

    async def source() -> AsyncIterator[int]:
        nonlocal pulled, closed
        try:
            while True:
                pulled += 1
                yield pulled - 1
        finally:
            closed += 1

    taken = 0
    async with bulk.map(Calls(), source(), concurrency=3) as job:
        async for _ in job:
            taken += 1
            await turns()
            assert pulled <= taken + 4 * 3 + 1
            if taken == 50:
                break
    assert closed == 1


async def test_a_source_that_waits_for_results() -> None:
    """An agent's loop: the next item comes out of the result before."""
    seen: list[int] = []
    news = anyio.Event()

    async def source() -> AsyncIterator[int]:
        nonlocal news
        for item in range(5):
            while len(seen) < item:
                await news.wait()
            news = anyio.Event()
            yield item

    with anyio.fail_after(20):
        async for result in bulk.map(Calls(), source()):
            seen.append(result.unwrap())
            news.set()
    assert seen == [0, 10, 20, 30, 40]


async def test_other_tasks_have_their_turn_while_a_source_blocks() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await anyio.sleep(0)

    def blocking() -> Iterator[int]:
        for item in range(100):
            time.sleep(0.002)
            yield item

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        results = [result.index async for result in bulk.map(Calls(), blocking(), concurrency=1000)]
        group.cancel_scope.cancel()
    assert len(results) == 100
    assert ticks >= 10


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_what_the_source_raises_comes_after_the_results_before_it(
    kind: str, ordered: bool
) -> None:
    def sync() -> Iterator[int]:
        yield from range(40)
        raise LookupError("the file is gone")

    async def asynchronous() -> AsyncIterator[int]:
        for item in range(40):
            yield item
        raise LookupError("the file is gone")

    source: Any = sync() if kind == "sync" else asynchronous()
    seen: list[Any] = []
    with pytest.raises(LookupError, match="the file is gone"):
        await collect(bulk.map(Calls(), source, concurrency=3, ordered=ordered), seen)
    assert sorted(result.unwrap() for result in seen) == [item * 10 for item in range(40)]


async def test_what_would_look_like_the_end_of_the_results_is_an_error() -> None:
    class Source:
        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            raise StopAsyncIteration

    with pytest.raises(RuntimeError, match="StopAsyncIteration"):
        await anext(bulk.map(Calls(), Source()))


@pytest.mark.parametrize("items", ["text", b"bytes", 5, None])
async def test_what_can_not_be_iterated_over_is_told_at_once(items: Any) -> None:
    with pytest.raises(TypeError):
        bulk.map(Calls(), items)


# Ends


async def forever(_: Any) -> None:
    await anyio.sleep_forever()


async def test_leaving_the_block_ends_what_is_on_its_way() -> None:
    calls = Calls(half)
    async with bulk.map(calls, Source(), concurrency=8, ordered=False) as job:
        async for _ in job:
            break
        assert calls.active
    assert calls.active == 0
    assert [result async for result in job] == []


async def test_leaving_the_loop_and_dropping_the_job_ends_it() -> None:
    calls = Calls(half)
    async for _ in bulk.map(calls, Source(), concurrency=8, ordered=False):
        break
    gc.collect()
    await until(lambda: calls.active == 0)
    made = len(calls.made)
    await turns()
    assert len(calls.made) == made


async def test_a_job_that_is_never_begun_says_nothing() -> None:
    calls = Calls()
    bulk.map(calls, Source())
    async with bulk.map(calls, Source()):
        pass
    job = bulk.map(calls, Source())
    await job.aclose()
    assert [result async for result in job] == []
    assert calls.made == []


def test_a_job_may_be_made_without_an_event_loop() -> None:
    async def source() -> AsyncIterator[int]:
        yield 1

    async def run() -> list[int]:
        return [result.unwrap() async for result in job]

    job = bulk.map(Calls(), source())
    assert anyio.run(run) == [10]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_ends_takes_a_job_with_it(backend: str) -> None:
    calls = Calls(half)
    jobs: list[Any] = []

    async def main() -> None:
        jobs.append(bulk.map(calls, Source(), concurrency=4, ordered=False))
        await anext(jobs[0])

    anyio.run(main, backend=backend)
    assert calls.active == 0
    assert jobs[0].progress.ended


async def test_cancelling_the_reader_ends_the_job() -> None:
    calls = Calls(forever)
    job = bulk.map(calls, Source(), concurrency=8)
    async with anyio.create_task_group() as group:
        group.start_soon(anext, job)
        await until(lambda: calls.active == 8)
        group.cancel_scope.cancel()
    assert calls.active == 0


async def test_who_reads_on_after_a_cancelled_wait_is_told_that_the_job_has_ended() -> None:
    """An end in silence would be taken for the end of the items."""
    job = bulk.map(Calls(forever), Source())
    with anyio.move_on_after(0.01):
        await anext(job)
    with pytest.raises(RuntimeError, match="ended when its reader was cancelled"):
        await anext(job)


async def test_a_call_that_is_not_async_ends_the_job() -> None:
    """A mistake of the program's own: else each of a million items would have it as its error."""
    made: list[int] = []
    call: Any = made.append
    with pytest.raises(TypeError, match="NoneType came from the call, which must be async"):
        await anext(bulk.map(call, range(1000), concurrency=4))
    assert len(made) <= 8


async def test_an_error_in_the_reader_ends_the_job() -> None:
    calls = Calls(half)
    job = bulk.map(calls, Source(), concurrency=8, ordered=False)

    async def read() -> None:
        async with job:
            async for _ in job:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read()
    assert calls.active == 0


async def test_two_readers_are_one_too_many() -> None:
    calls = Calls(forever)
    async with bulk.map(calls, [1]) as job, anyio.create_task_group() as group:
        group.start_soon(anext, job)
        await until(lambda: calls.active == 1)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(job)
        group.cancel_scope.cancel()


async def test_the_context_of_the_reader_is_that_of_the_calls() -> None:
    import contextvars

    user = contextvars.ContextVar("user", default="nobody")
    user.set("somebody")
    results = [result async for result in bulk.map(Calls(lambda _: user.get()), [1])]
    assert results[0].unwrap() == "somebody"
