"""`bulk.map`: results in order, in bounded memory, whatever the calls, the items and the reader do."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from openai_async import (
    APIConnectionError,
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
from openai_async.testing import Server
from openai_async.types.chat import ChatCompletion

pytestmark = pytest.mark.anyio

AT_ONCE = RetryPolicy(initial=0, maximum=0)
SOON = RetryPolicy(initial=0.01, maximum=0.01)


def status(number: int, **detail: Any) -> Exception:
    """What a call raises for an answer with this status."""
    error = {"message": f"a {number}", **detail}
    return from_response(httpx.Response(number, json={"error": error}))


class Calls:
    """A call that counts itself."""

    def __init__(self, answer: Callable[[Any], Any] = lambda item: item * 10) -> None:
        self.answer = answer
        self.made: list[Any] = []
        self.active = 0
        self.most = 0

    async def __call__(self, item: Any) -> Any:
        self.made.append(item)
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            await anyio.lowlevel.checkpoint()
            answer = self.answer(item)
            return await answer if isinstance(answer, Awaitable) else answer
        finally:
            self.active -= 1


class Source:
    """Counts up, and notes how far it was pulled."""

    def __init__(self) -> None:
        self.pulled = 0

    def __iter__(self) -> Iterator[int]:
        while True:
            self.pulled += 1
            yield self.pulled - 1


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():
            await anyio.sleep(0.001)


async def collect(job: bulk.Job[Any, Any], results: list[bulk.Result[Any, Any]]) -> None:
    """What came is kept, also where the job ends with an error."""
    async for result in job:
        results.append(result)  # noqa: PERF401


async def turns() -> None:
    """Give other tasks all the turns that they could want."""
    for _ in range(50):
        await anyio.sleep(0)


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


@pytest.mark.parametrize("items", ["text", b"bytes", 5, None])
async def test_what_can_not_be_iterated_over_is_told_at_once(items: Any) -> None:
    with pytest.raises(TypeError):
        bulk.map(Calls(), items)


# Ends


async def forever(_: Any) -> None:
    await anyio.sleep_forever()


async def half(item: int) -> int:
    """Of the items, every other one never comes."""
    if item % 2:
        await anyio.sleep_forever()
    return item


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


# The journal


async def test_a_second_run_goes_on_where_the_first_was(tmp_path: Path) -> None:
    calls, again = Calls(), Calls()
    path = tmp_path / "a.journal"
    async with bulk.map(calls, range(100), journal=path, name="ten") as job:
        async for result in job:
            assert not result.cached
            if result.index == 60:
                break
    results = [r async for r in bulk.map(again, range(100), journal=path, name="ten")]
    assert [result.unwrap() for result in results] == [item * 10 for item in range(100)]
    assert all(result.cached for result in results[:61])
    assert not set(range(61)) & set(again.made)
    assert sorted({*calls.made, *again.made}) == list(range(100))


async def test_another_name_or_item_is_another_call(tmp_path: Path) -> None:
    calls = Calls()
    async with bulk.Journal(tmp_path / "a.journal") as journal:
        for name in ("m", {"model": "m"}, "m", "n"):
            results = [r async for r in bulk.map(calls, [1, 2, 3], journal=journal, name=name)]
            assert [result.value for result in results] == [10, 20, 30]
        assert len(calls.made) == 9  # the third time not
        assert await journal.count() == 9


async def test_errors_are_not_kept(tmp_path: Path) -> None:
    def answer(item: int) -> int:
        if item == 1 and len(calls.made) < 4:
            raise ValueError("not now")
        return item

    calls = Calls(answer)
    first = [r async for r in bulk.map(calls, range(3), journal=tmp_path / "j", name="n")]
    second = [r async for r in bulk.map(calls, range(3), journal=tmp_path / "j", name="n")]
    assert [result.ok for result in first] == [True, False, True]
    assert [result.value for result in second] == [0, 1, 2]
    assert calls.made.count(1) == 2
    assert len(calls.made) == 4


async def test_models_are_kept_as_what_they_are(tmp_path: Path) -> None:
    server = Server(seed=1)
    async with server.client() as client:

        async def answer(text: str) -> ChatCompletion:
            messages: Any = [{"role": "user", "content": text}]
            return await client.chat.completions.create(model="gpt-4o-mini", messages=messages)

        async def run(**options: Any) -> list[bulk.Result[str, ChatCompletion]]:
            job = bulk.map(answer, ["One?", "Two?"], journal=tmp_path / "j", name="a", **options)
            return [result async for result in job]

        with pytest.raises(ConfigurationError, match="into=ChatCompletion"):
            await run()
        first = await run(into=ChatCompletion)
        calls = len(server.calls)
        second = await run(into=ChatCompletion)
    assert len(server.calls) == calls
    assert [result.value for result in first] == [result.value for result in second]
    assert isinstance(second[0].unwrap().choices[0].message.content, str)
    assert [result.cached for result in second] == [True, True]
    async with bulk.Journal(tmp_path / "j") as journal:
        with pytest.raises(ConfigurationError, match="what the journal holds"):
            await collect(bulk.map(answer, ["One?"], journal=journal, name="a", into=list), [])  # type: ignore[arg-type]


async def test_plain_values_are_given_as_they_are_read_back(tmp_path: Path) -> None:
    values = [{"a": (1, 2)}, None, "half \ud83d", "ü", 1.5, [True]]
    calls = Calls(lambda item: values[item])
    for _ in range(2):
        job = bulk.map(calls, range(len(values)), journal=tmp_path / "j", name="v")
        results = [result.value async for result in job]
        assert results == [{"a": [1, 2]}, None, "half \ud83d", "ü", 1.5, [True]]
    assert len(calls.made) == len(values)


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object(), b"bytes"])
async def test_a_value_that_is_no_json_ends_the_job(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be kept as JSON"):
        await collect(bulk.map(Calls(lambda _: value), [1], journal=tmp_path / "j", name="v"), [])


async def test_what_identifies_an_item(tmp_path: Path) -> None:
    class Row:
        def __init__(self, number: int) -> None:
            self.number = number

    rows = [Row(number) for number in range(5)]
    calls = Calls(lambda row: row.number)
    without = [r async for r in bulk.map(calls, rows, journal=tmp_path / "j", name="r")]
    assert all(isinstance(result.error, ConfigurationError) for result in without)
    assert calls.made == []

    def key(row: Row) -> int:
        return {0: 0, 1: 1, 2: 2, 3: 3}[row.number]

    for _ in range(2):
        job = bulk.map(calls, rows, journal=tmp_path / "j", name="r", key=key)
        results = [result async for result in job]
        assert [result.value for result in results] == [0, 1, 2, 3, None]
        assert isinstance(results[4].error, KeyError)
        assert results[0].input is rows[0]
    assert len(calls.made) == 4


async def test_a_journal_that_can_not_be_opened_ends_the_job_before_it_begins(
    tmp_path: Path,
) -> None:
    (tmp_path / "j").write_text("no journal" * 1000)
    calls = Calls()
    with pytest.raises(JournalError):
        await collect(bulk.map(calls, [1], journal=tmp_path / "j", name="r"), [])
    assert calls.made == []


# Progress


async def test_progress_is_told_now_and_then_and_at_the_end() -> None:
    told: list[bulk.Progress] = []
    began = time.monotonic()
    job = bulk.map(Calls(), range(3000), progress=told.append)
    async for _ in job:
        pass
    assert len(told) <= (time.monotonic() - began) * 10 + 2
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    last = told[-1]
    assert (last.done, last.failed, last.cached, last.total) == (3000, 0, 0, 3000)
    assert last.ended
    assert last.left == 0
    assert last.rate > 0
    assert last.cost is None
    assert not any(progress.ended for progress in told[:-1])
    assert job.progress == last


async def test_progress_of_a_source_that_has_no_length() -> None:
    told: list[bulk.Progress] = []
    async with bulk.map(half, Source(), progress=told.append, ordered=False) as job:
        await anext(job)
    assert told[-1].ended
    assert told[-1].total is None
    assert told[-1].left is None


async def test_what_a_callback_raises_ends_the_job() -> None:
    def refuse(progress: bulk.Progress) -> None:
        if progress.done:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await collect(bulk.map(Calls(), Source(), progress=refuse), [])


def test_no_bar_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async for _ in bulk.map(Calls(), range(10), progress=bulk.bar("numbers")):
            pass

    anyio.run(run)
    assert capsys.readouterr() == ("", "")
