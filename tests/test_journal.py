"""The journal of bulk jobs: nothing lost, nothing half, and a clear word where it can't be used."""

from __future__ import annotations

import array
import asyncio
import gc
import hashlib
import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import numpy as np
import pytest

from openai_async import ConfigurationError, JournalError
from openai_async.bulk import Entry, Journal, Row, journal_key
from tests.journal_rows import key, row, value

SECONDS = 30.0
"""Bounds every wait."""

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "job.journal"


def vector(*numbers: float) -> bytes:
    return array.array("f", numbers).tobytes()


async def entries(journal: Journal, kind: str | None = None) -> list[Entry]:
    return [entry async for entry in journal.entries(kind)]


# Rows


async def test_what_was_put_is_there_in_its_order(path: Path) -> None:
    before = datetime.now(timezone.utc)
    async with Journal(path) as journal:
        assert await journal.get([key(1)]) == {}
        await journal.put([row(number) for number in (3, 1, 2)])
        assert await journal.get([key(1), key(9), key(3)]) == {key(1): value(1), key(3): value(3)}
    async with Journal(str(path)) as journal:
        found = await entries(journal)
        assert await journal.count() == 3
    assert [entry.item for entry in found] == ["item 3", "item 1", "item 2"]
    assert [entry.load() for entry in found] == [json.loads(value(n)) for n in (3, 1, 2)]
    assert all(before <= entry.time <= datetime.now(timezone.utc) for entry in found)
    assert [child.name for child in path.parent.iterdir()] == ["job.journal"]  # nothing beside it


async def test_a_key_that_is_there_gets_the_new_value_in_the_old_place(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.put([row(1), row(2)])
        await journal.put([Row(key(1), b'"new"', "json", "another")])
        assert [(e.item, e.load()) for e in await entries(journal)] == [
            ("another", "new"),
            ("item 2", json.loads(value(2))),
        ]


async def test_any_item_and_many_keys_at_once(path: Path) -> None:
    strange = ["", "\0", "\ud800 alone", "naïve 🙂", None]
    async with Journal(path) as journal:
        await journal.put([Row(key(n), b"null", "json", text) for n, text in enumerate(strange)])
        await journal.put([row(number) for number in range(10, 3010)])
        found = await journal.get([key(number) for number in range(5000)])
        assert len(found) == 3005
        assert found[key(3009)] == value(3009)
        items = [entry.item for entry in (await entries(journal))[:5]]
    assert items == ["", "\0", "\\ud800 alone", "naïve 🙂", None]


async def test_kinds(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.put([row(1), Row(key(2), vector(0.5, -1, 3), "embedding", "a text")])
        (found,) = await entries(journal, "embedding")
        assert found.load() == [0.5, -1.0, 3.0]
        assert found.to_numpy().tolist() == [0.5, -1.0, 3.0]
        assert found.to_numpy().dtype == np.float32
        assert (await journal.count("json"), await journal.count()) == (1, 2)
        with pytest.raises(ValueError, match="no vector"):
            (await entries(journal, "json"))[0].to_numpy()


async def test_putting_while_the_entries_are_read(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.put([row(number, size=100_000) for number in range(100)])  # several pages
        seen = 0
        async for entry in journal.entries():
            assert entry.load() == json.loads(value(seen, 100_000))
            if not seen:
                await journal.put([row(100, size=100_000)])
            seen += 1
    assert seen == 101


async def test_many_puts_at_once(path: Path) -> None:
    async with Journal(path) as journal:
        async with anyio.create_task_group() as group:
            for number in range(500):
                group.start_soon(journal.put, [row(number)])
        assert len(await entries(journal)) == 500


async def test_a_row_that_can_not_be_written_fails_alone(path: Path) -> None:
    async with Journal(path) as journal:
        failed: list[Exception] = []

        async def put(one: Row) -> None:
            try:
                await journal.put([one])
            except Exception as error:
                failed.append(error)

        bad: Any = {"no": "bytes"}
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(
                    put, Row(key(7), bad, "json", None) if number == 7 else row(number)
                )
        assert len(failed) == 1
        assert isinstance(failed[0], JournalError)
        assert await journal.count() == 19


async def test_a_closed_journal_says_so(path: Path) -> None:
    journal = Journal(path)
    for use in (journal.get([key(1)]), journal.put([row(1)]), journal.count()):
        with pytest.raises(JournalError, match="not open"):
            await use
    async with journal:
        assert await journal.count() == 0
        with pytest.raises(JournalError, match="open already"):
            await journal.open()
    await journal.aclose()
    async with journal:  # again
        await journal.put([row(1)])


# Keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("e", "a", {"x": 1, "y": 2}), ("e", "a", {"y": 2, "x": 1})),
        (("e", "a", {"t": 1.0}), ("e", "a", {"t": 1})),
        (("e", (1, 2), {}), ("e", [1, 2], {})),
        (("e", {"a": {"b": (1,)}}, {}), ("e", {"a": {"b": [1.0]}}, {})),
    ],
)
async def test_the_same_call_has_the_same_key(one: Any, other: Any) -> None:
    assert journal_key(*one) == journal_key(*other)
    assert len(journal_key(*one)) == 32


async def test_another_call_has_another_key() -> None:
    calls: list[Any] = [
        *[("e", "a", {}), ("m", "a", {}), ("e", "b", {}), ("e", "a", {"x": 1}), ("e", "1", {})],
        *[("e", 1, {}), ("e", True, {}), ("e", None, {}), ("e", "null", {}), ("e", 1.5, {})],
        *[("e", [1, 2], {}), ("e", [12], {}), ("e", "[12]", {}), ("e", [[1], 2], {})],
        *[("e", "ä", {}), ("e", "a\u0308", {}), ("e", "\ud800", {}), ("e", {"x": 1}, {})],
    ]
    assert len({journal_key(*call) for call in calls}) == len(calls)


async def test_a_key_is_the_same_in_the_next_release() -> None:
    found = journal_key("embeddings", "a text", {"model": "m", "dimensions": 64})
    canonical = b'["embeddings","a text",{"dimensions":64,"model":"m"}]'
    assert found == hashlib.sha256(canonical).digest()


@pytest.mark.parametrize("item", [object(), float("nan"), b"bytes", {"a": {1}}])
async def test_what_json_can_not_say_has_no_key(item: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        journal_key("e", item, {})


# Processes that die


@contextmanager
def child(folder: Path, first: int, each: int) -> Iterator[subprocess.Popen[str]]:
    """A process that writes rows, and says which it has written."""
    arguments = [sys.executable, "-m", "tests.journal_rows", str(folder), str(first), str(each)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def kill_at_some_moment(process: subprocess.Popen[str], chance: random.Random) -> None:
    """Not at the one where it has just said something, and is about to begin the next put."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.random() * 0.02)
    process.send_signal(signal.SIGKILL)


async def whole_rows(path: Path) -> set[int]:
    """The numbers of all rows of a journal, each of which is whole."""
    async with Journal(path) as journal:
        numbers = {int(str(entry.item).split()[1]): entry async for entry in journal.entries()}
    for number, entry in numbers.items():
        assert (entry.key, entry.value) == (key(number), value(number, 3000))
    return set(numbers)


@pytest.mark.crash
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_kill_9_in_mid_write_loses_nothing_that_was_put(tmp_path: Path) -> None:
    """One journal, killed again and again: what `put` returned from is there, and no half of a put."""
    chance = random.Random(os.environ.get("SEED"))
    acknowledged: set[int] = set()
    for turn in range(int(os.environ.get("ROUNDS", "6"))):
        with child(tmp_path, turn * 100_000, 100_000) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            lines = list(itertools.islice(process.stdout, chance.randrange(40)))
            kill_at_some_moment(process, chance)
            lines += process.stdout.read().split("\n")[:-1]
        for line in lines:
            start = int(line.split()[1])
            acknowledged |= set(range(start, start + 10))
        found = await whole_rows(tmp_path / "0.journal")
        assert acknowledged <= found
        assert all(number // 10 * 10 + other in found for number in found for other in range(10))


@pytest.mark.crash
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_kill_9_while_journals_are_made_and_closed(tmp_path: Path) -> None:
    chance = random.Random(os.environ.get("SEED"))
    for turn in range(int(os.environ.get("ROUNDS", "4"))):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with child(folder, 0, 20) as process:
            assert process.stdout is not None
            list(itertools.islice(process.stdout, chance.randrange(1, 60)))
            kill_at_some_moment(process, chance)
            process.stdout.read()
        for journal in folder.glob("*.journal"):
            assert await whole_rows(journal) in [set(), set(range(10)), set(range(20))]


async def test_one_process_writes_at_a_time_and_others_may_read(path: Path) -> None:
    with child(path.parent, 0, 100_000) as process:
        assert process.stdout is not None
        list(itertools.islice(process.stdout, 3))
        with pytest.raises(JournalError, match=f"in use by process {process.pid}"):
            await Journal(path.parent / "0.journal").open()
        async with Journal(path.parent / "0.journal", read_only=True) as journal:
            assert await journal.count() >= 20
            with pytest.raises(JournalError, match="can't be written"):
                await journal.put([row(1)])
        process.kill()
        process.wait(SECONDS)
        async with Journal(path.parent / "0.journal") as journal:  # the lock died with it
            await journal.put([row(1)])


async def test_one_journal_writes_at_a_time_in_a_process_too(path: Path) -> None:
    async with Journal(path) as journal:
        with pytest.raises(JournalError, match=f"in use by process {os.getpid()}"):
            await Journal(path).open()
        await journal.put([row(1)])
    async with Journal(path) as journal:
        assert await journal.count() == 1


async def test_a_journal_that_is_dropped_lets_go_of_its_file(path: Path) -> None:
    journal = await Journal(path).open()
    await journal.put([row(1)])
    del journal
    gc.collect()
    with anyio.fail_after(SECONDS):
        while True:
            with suppress(JournalError):  # its thread is not there yet
                async with Journal(path) as journal:
                    assert await journal.count() == 1
                    return
            await anyio.lowlevel.checkpoint()


# Cancellation


@pytest.mark.parametrize("native", [False, True])
async def test_a_cancelled_put_is_whole_or_not_at_all(
    path: Path, native: bool, anyio_backend: str
) -> None:
    if native and anyio_backend != "asyncio":
        pytest.skip("tasks are cancelled so on asyncio only")
    chance = random.Random()
    put: set[int] = set()

    async def one(journal: Journal, number: int) -> None:
        await journal.put([row(number * 10 + place) for place in range(10)])
        put.add(number)

    async def with_scope(journal: Journal, number: int) -> None:
        with anyio.move_on_after(chance.random() * 0.02):
            await one(journal, number)

    async with Journal(path) as journal:
        if native:
            tasks = [asyncio.create_task(one(journal, number)) for number in range(200)]
            for task in tasks:
                await asyncio.sleep(0)
                if chance.random() < 0.5:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        else:
            async with anyio.create_task_group() as group:
                for number in range(200):
                    group.start_soon(with_scope, journal, number)
        found = {int(str(entry.item).split()[1]) for entry in await entries(journal)}
        await journal.put([row(5)])  # it is as good as before
    assert all(number // 10 * 10 + other in found for number in found for other in range(10))
    assert {number * 10 for number in put} <= found


async def test_opening_and_closing_can_be_cancelled(path: Path) -> None:
    for _ in range(20):
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with Journal(path):
                pass
        with anyio.CancelScope() as scope:
            journal = await Journal(path).open()
            scope.cancel()
            await journal.aclose()  # waits all the same, for a bounded time
        async with Journal(path) as journal:  # nobody holds it
            await journal.put([row(1)])


# Disks and files that can't be used


@contextmanager
def disk_with(room: int) -> Iterator[None]:
    """No file may grow past `room` bytes, as on a disk that is full."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def fill(journal: Journal) -> int:
    """Put rows until there is no room; gives how many."""
    count = 0
    with pytest.raises(JournalError, match="make room") as caught:  # noqa: PT012
        while True:
            await journal.put([row(count, size=20_000)])
            count += 1
    assert str(journal.path) in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    return count


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
async def test_a_full_disk(path: Path) -> None:
    async with Journal(path) as journal:
        with disk_with(room=600_000):
            count = await fill(journal)
            assert count > 5
            assert await journal.get([key(0)]) == {key(0): value(0, 20_000)}
            with pytest.raises(JournalError):
                await journal.put([row(count, size=20_000)])
            assert len(await entries(journal)) == count
        await journal.put([row(count, size=20_000)])  # there is room again
    async with Journal(path) as journal:
        found = await entries(journal)
    assert [entry.value for entry in found] == [value(n, 20_000) for n in range(count + 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("room", [0, 3000])  # for the lock's file, or not even for that
async def test_a_disk_that_is_full_from_the_beginning(path: Path, room: int) -> None:
    with disk_with(room), pytest.raises(JournalError, match="make room"):
        await Journal(path).open()
    async with Journal(path) as journal:
        await journal.put([row(1)])


async def test_a_file_that_another_program_has_locked(path: Path) -> None:
    async with Journal(path, timeout=0.05) as journal:
        await journal.put([row(1)])
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match=r"locked by another program; close"):
                await journal.put([row(2)])
            assert await journal.count() == 1
            other.execute("ROLLBACK")
        finally:
            other.close()
        await journal.put([row(2)])
        assert await journal.count() == 2


async def test_a_damaged_file(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.put([row(number, size=20_000) for number in range(400)])
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\xee" * (len(whole) - middle))
    seen: list[Entry] = []
    async with Journal(path) as journal:
        with pytest.raises(JournalError, match="is damaged; export"):  # noqa: PT012
            async for entry in journal.entries():
                seen.append(entry)  # noqa: PERF401 - what came before the error counts
    assert len(seen) > 100
    assert [entry.value for entry in seen] == [value(n, 20_000) for n in range(len(seen))]


async def test_a_file_that_is_no_journal(path: Path) -> None:
    path.write_text("dear diary, " * 1000)
    with pytest.raises(JournalError, match="is no journal"):
        await Journal(path).open()
    assert path.read_text() == "dear diary, " * 1000


async def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="but no journal"):
        await Journal(path).open()
    assert path.read_bytes() == before


async def test_a_journal_of_a_newer_release(path: Path) -> None:
    async with Journal(path):
        pass
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 2")
    other.close()
    with pytest.raises(JournalError, match="upgrade"):
        await Journal(path).open()


async def test_places_where_no_journal_can_be(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"can't be written: No such file.*its folder"):
        await Journal(tmp_path / "nowhere" / "x.journal").open()
    with pytest.raises(JournalError, match="is a folder"):
        await Journal(tmp_path).open()
    with pytest.raises(JournalError, match="is not there"):
        await Journal(tmp_path / "x.journal", read_only=True).open()
    assert list(tmp_path.parent.glob("*-lock")) == list(tmp_path.iterdir()) == []


NOBODY = """
import os, sys
from pathlib import Path
import anyio
from openai_async import JournalError
from openai_async.bulk import Journal

async def main(path):
    try:
        await Journal(path).open()
    except JournalError as error:
        print(error)
    async with Journal(path, read_only=True) as journal:
        print(await journal.count())

async def begin():  # what is imported late, while it can be
    try:
        async with Journal("/nowhere/x", read_only=True): pass
    except JournalError: pass

anyio.run(begin)
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
anyio.run(main, Path(sys.argv[1]))
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="no users")
async def test_a_folder_that_can_not_be_written_to() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own is nobody's business
        path = Path(name) / "job.journal"
        async with Journal(path) as journal:
            await journal.put([row(1)])
        os.chmod(name, 0o555)
        done = await anyio.run_process([sys.executable, "-c", NOBODY, str(path)], check=False)
        os.chmod(name, 0o755)
    said = done.stdout.decode().splitlines()
    assert len(said) == 2, done.stderr.decode()
    assert "can't be written: Permission denied; its folder must be" in said[0]
    assert said[1] == "1"  # and reading needs no more than reading


# List, export, clean


@pytest.fixture
async def filled(path: Path) -> AsyncIterator[Journal]:
    """Three vectors and an answer."""
    async with Journal(path) as journal:
        rows = [Row(key(n), vector(n, 0.1, -1e-30), "embedding", f"text {n}") for n in range(3)]
        await journal.put([*rows, Row(key(3), b'{"a": [1, "\xc3\xa4"]}', "json", "asked")])
        yield journal


async def test_export_to_json_lines(filled: Journal, tmp_path: Path) -> None:
    assert await filled.export(tmp_path / "out.jsonl") == 4
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["item"] for line in lines] == ["text 0", "text 1", "text 2", "asked"]
    exact = np.array(lines[2]["embedding"], dtype=np.float32)
    assert exact.tobytes() == vector(2, 0.1, -1e-30)
    assert lines[3]["value"] == {"a": [1, "ä"]}
    assert lines[3].keys() == {"item", "kind", "value", "time"}
    assert datetime.fromisoformat(lines[3]["time"]).tzinfo is not None


async def test_export_to_numpy(filled: Journal, tmp_path: Path) -> None:
    assert await filled.export(tmp_path / "out.npy") == 3
    found = np.load(tmp_path / "out.npy", mmap_mode="r")
    assert (found.shape, found.dtype) == ((3, 3), np.dtype("<f4"))
    assert found.tobytes() == b"".join(vector(n, 0.1, -1e-30) for n in range(3))
    assert not (tmp_path / "out.npy.errors.jsonl").exists()


async def test_export_to_parquet(filled: Journal, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert await filled.export(str(tmp_path / "out.parquet")) == 4
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["item"] for row in rows] == ["text 0", "text 1", "text 2", "asked"]
    assert np.array(rows[1]["embedding"], dtype=np.float32).tobytes() == vector(1, 0.1, -1e-30)
    assert (rows[1]["value"], rows[3]["embedding"]) == (None, None)
    assert json.loads(rows[3]["value"]) == {"a": [1, "ä"]}
    assert rows[0]["time"].tzinfo is not None


async def test_export_to_sqlite(filled: Journal, tmp_path: Path) -> None:
    assert await filled.export(tmp_path / "out.sqlite", kind="json") == 1
    database = sqlite3.connect(tmp_path / "out.sqlite")
    ((item, value),) = database.execute("SELECT item, value FROM results").fetchall()
    database.close()
    assert (item, json.loads(value)) == ("asked", {"a": [1, "ä"]})


async def test_an_export_that_fails_leaves_what_was_there(filled: Journal, tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    target.write_text("mine")
    await filled.put([Row(key(9), vector(1, 2), "embedding", None)])
    with pytest.raises(ConfigurationError, match=r"of 3 and of 2 numbers.*use .jsonl"):
        await filled.export(target)
    with pytest.raises(ConfigurationError, match=r"must end in .*\.npy"):
        await filled.export(tmp_path / "out.xls")
    with pytest.raises(ConfigurationError, match="not entries of kind 'json'"):
        await filled.export(target, kind="json")
    with pytest.raises(FileNotFoundError):
        await filled.export(tmp_path / "nowhere" / "out.jsonl")
    assert target.read_text() == "mine"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", [".npy", ".jsonl", ".parquet", ".sqlite"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_stays_flat_while_exporting(path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    size, count = 60_000, 1200  # 72 MB
    kind = "json" if suffix == ".jsonl" else "embedding"
    async with Journal(path) as journal:
        for start in range(0, count, 100):
            written = [row(number, size=size - 2) for number in range(start, start + 100)]
            await journal.put([one._replace(kind=kind) for one in written])
        tracemalloc.start()
        try:
            assert await journal.export(path.with_suffix(suffix)) == count
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert path.with_suffix(suffix).stat().st_size > 1_000_000
    assert peak < 45_000_000


async def test_clean(filled: Journal, path: Path) -> None:
    await filled.put([row(number, size=20_000) for number in range(100, 300)])
    assert await filled.clean(older_than=timedelta(hours=1)) == 0
    assert await filled.clean(older_than=3600, kind="embedding") == 0
    grown = path.stat().st_size
    assert grown > 2_000_000
    assert await filled.clean(older_than=-1, kind="json") == 201
    assert await filled.count() == 3
    assert path.stat().st_size < grown / 20
    assert await filled.clean() == 3
    await filled.put([row(1)])
    assert [entry.item for entry in await entries(filled)] == ["item 1"]
