"""`bulk.map`: what a journal remembers, and what is told of a job."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openai_async import (
    BudgetExceededError,
    ConfigurationError,
    JournalError,
    bulk,
)
from openai_async.limits import Budget, Price
from openai_async.testing import Server
from openai_async.types.chat import ChatCompletion
from tests.bulkcalls import Calls, Source, collect, half

pytestmark = pytest.mark.anyio

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


BAR = """
import anyio
from openai_async import bulk

async def call(item):
    if item == 3:
        raise ValueError
    return {"model": "m-1", "usage": {"prompt_tokens": 1000, "completion_tokens": 500}}

async def main():
    job = bulk.map(call, range(40), progress=bulk.bar("Numbers"), prices={"m": (1000.0, 2000.0)})
    async for _ in job:
        pass

anyio.run(main)
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
@pytest.mark.parametrize("setting", [{}, {"CI": "1"}], ids=str)
def test_a_bar_where_somebody_looks(setting: dict[str, str]) -> None:
    pytest.importorskip("rich")
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"TERM": "xterm", "COLUMNS": "150", **setting}
    with subprocess.Popen([sys.executable, "-c", BAR], stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that all have left
            while some := os.read(ours, 65536):
                shown += some
    os.close(ours)
    assert process.returncode == 0
    if setting:
        assert shown == b""
        return
    last = shown.decode().rsplit("Numbers", 1)[1]
    for fact in ("40/40", "1 failed", "58,500 tokens", "$78.00", " in 0:0"):
        assert fact in last


async def test_a_budget_that_is_used_up_ends_the_job() -> None:
    server = Server(seed=1)
    budget = Budget(tokens=300)
    async with server.client(middleware=[budget], gate=False) as client:

        async def answer(text: str) -> ChatCompletion:
            messages: Any = [{"role": "user", "content": text}]
            return await client.chat.completions.create(
                model="gpt-4o-mini", messages=messages, max_tokens=10
            )

        seen: list[Any] = []
        with pytest.raises(BudgetExceededError):
            await collect(bulk.map(answer, ["Why?"] * 1000, concurrency=4), seen)
    assert all(result.ok for result in seen)
    assert 5 < len(seen) < 100


async def test_cached_tokens_are_charged_as_such() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "total_tokens": 110,
        "prompt_tokens_details": {"cached_tokens": 60},
    }
    job = bulk.map(
        Calls(lambda item: {"model": item, "usage": usage}),
        ["m-mini"],
        prices={"m": 9.0, "m-mini": Price(1.0, 2.0, cached=0.5)},
    )
    await collect(job, [])
    assert job.progress.cost == pytest.approx((40 * 1.0 + 60 * 0.5 + 10 * 2.0) / 1e6)
    job = bulk.map(Calls(lambda item: {"model": item, "usage": usage}), ["x"], prices={"m": 9.0})
    await collect(job, [])
    assert job.progress.cost is None
