"""Files of results: each format reads back what was written, and a file is whole or not there."""

from __future__ import annotations

import array
import json
import math
import random
import sqlite3
import sys
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async import ConfigurationError
from openai_async.bulk._formats import Columns
from openai_async.bulk._outputs import Output, discard_leftovers

pytestmark = pytest.mark.anyio

COLUMNS: Columns = {"index": "int", "input": "text", "embedding": "vector", "error": "text"}
LINES: list[Any] = [
    (0, None, None, "line 1: is not JSON"),
    (1, "ä\ud800\n", array.array("f", [0.1, -2.5e-38, 3]).tobytes(), None),
    (2, "b", None, "too long"),
    (3, "", array.array("f", [1, math.inf, math.nan]).tobytes(), None),
]


async def write(path: Path, lines: list[Any], columns: Columns = COLUMNS) -> None:
    async with Output(path, columns) as output:
        for line in lines:  # one at a time: what comes in between must not matter
            await output.write([line])
        await output.complete()


def json_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def test_json_lines(tmp_path: Path) -> None:
    await write(tmp_path / "out.jsonl", LINES)
    first, second, third, fourth = json_lines(tmp_path / "out.jsonl")
    assert first == {"index": 0, "error": "line 1: is not JSON"}
    assert (second["index"], second["input"]) == (1, "ä\ud800\n")
    assert np.array(second["embedding"], np.float32).tobytes() == LINES[1][2]
    assert third == {"index": 2, "input": "b", "error": "too long"}
    assert fourth["embedding"] == [1, None, None]  # JSON knows no other numbers
    assert [child.name for child in tmp_path.iterdir()] == ["out.jsonl"]


async def test_npy(tmp_path: Path) -> None:
    await write(tmp_path / "out.npy", LINES)
    found = np.load(tmp_path / "out.npy", allow_pickle=False)
    assert (found.shape, found.dtype) == ((4, 3), np.dtype("<f4"))
    assert np.isnan(found[[0, 2]]).all()
    assert found[1].tobytes() == LINES[1][2]
    assert json_lines(tmp_path / "out.npy.errors.jsonl") == [
        {"index": 0, "error": "line 1: is not JSON"},
        {"index": 2, "input": "b", "error": "too long"},
    ]


async def test_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    await write(tmp_path / "out.parquet", LINES)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert [str(field.type) for field in table.schema] == [
        *("int64", "string", "list<element: float>", "string")
    ]
    rows = table.to_pylist()
    assert [row["index"] for row in rows] == [0, 1, 2, 3]
    assert [row["input"] for row in rows] == [None, "ä\\ud800\n", "b", ""]
    assert [row["error"] for row in rows] == [line[3] for line in LINES]
    assert (rows[0]["embedding"], rows[2]["embedding"]) == (None, None)
    assert np.array(rows[1]["embedding"], np.float32).tobytes() == LINES[1][2]


async def test_sqlite(tmp_path: Path) -> None:
    await write(tmp_path / "out.sqlite", LINES)
    database = sqlite3.connect(tmp_path / "out.sqlite")
    rows = database.execute("SELECT id, input, embedding, error FROM results").fetchall()
    database.close()
    assert rows == [
        (n, text and text.replace("\ud800", "\\ud800"), *rest) for n, text, *rest in LINES
    ]


@pytest.mark.parametrize("suffix", [".jsonl", ".npy", ".parquet", ".sqlite"])
@pytest.mark.parametrize("lines", [[], LINES[:1]], ids=["no rows", "no vectors"])
async def test_next_to_nothing(tmp_path: Path, suffix: str, lines: list[Any]) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"out{suffix}"
    await write(path, lines)
    if suffix == ".npy":
        assert np.load(path).shape == (len(lines), 0)
    elif suffix == ".jsonl":
        assert len(json_lines(path)) == len(lines)
    assert path.stat().st_size or suffix == ".jsonl"


async def test_what_else_stands_in_columns(tmp_path: Path) -> None:
    columns: Columns = {"input": "text", "output": "json"}
    lines = [("a", '{"b": [1, "\\u00e4"]}'), ("b", "null")]
    await write(tmp_path / "out.jsonl", lines, columns)
    assert json_lines(tmp_path / "out.jsonl") == [
        {"input": "a", "output": {"b": [1, "ä"]}},
        {"input": "b", "output": None},
    ]
    with pytest.raises(ConfigurationError, match="there are none"):
        await write(tmp_path / "out.npy", lines, columns)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", [".jsonl", ".npy", ".parquet", ".sqlite"])
async def test_what_is_not_completed_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with Output(path, COLUMNS) as output:
            await output.write(LINES)
            raise ZeroDivisionError
    with anyio.CancelScope() as scope:
        async with Output(path, COLUMNS) as output:
            await output.write(LINES)
            scope.cancel()
            await output.complete()
    assert path.read_text() == "old"
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


async def test_errors_of_an_earlier_run_are_removed(tmp_path: Path) -> None:
    await write(tmp_path / "out.npy", LINES)
    await write(tmp_path / "out.npy", LINES[1:2])
    assert [child.name for child in tmp_path.iterdir()] == ["out.npy"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("suffix", [".jsonl", ".npy", ".parquet", ".sqlite"])
async def test_a_full_disk(tmp_path: Path, suffix: str) -> None:
    import resource

    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    lines = [(n, None, random.randbytes(4000), None) for n in range(5000)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, hard))
    try:
        with pytest.raises(OSError):  # noqa: PT011, PT012 - each says it in its own way
            async with Output(path, COLUMNS) as output:
                for start in range(0, 5000, 100):
                    await output.write(lines[start : start + 100])
                await output.complete()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


async def test_what_a_killed_writer_left_can_be_removed(tmp_path: Path) -> None:
    names = [".a[1].npy.0123abcd.part", ".a[1].npy.errors.jsonl.0123abcd.part"]
    others = [".a1.npy.0123abcd.part", "a[1].npy", ".a[1].npy.part"]
    for name in names + others:
        (tmp_path / name).write_text("")
    discard_leftovers(tmp_path / "a[1].npy")
    assert sorted(child.name for child in tmp_path.iterdir()) == sorted(others)


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
def test_a_vector_in_json_is_exact(anyio_backend: str, numbers: list[float]) -> None:
    from openai_async.bulk._formats import Values

    vector = array.array("f", numbers)
    read = json.loads(Values.vector(vector.tobytes()))
    again = array.array("f", [math.nan if number is None else number for number in read])
    for one, other in zip(vector, again, strict=True):
        assert one == other or not math.isfinite(one)
