"""A content that is cut into slices is, put together, the content."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async import ConfigurationError
from openai_async._slices import cut
from openai_async._sources import open_source


async def read(content: Any, size: int, length: int, without: set[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    async with cut(open_source(content, "file"), "file", size) as whole:
        async with aclosing(whole.slices(length, without)) as slices:
            async for number, piece in slices:
                once = await piece.read()
                assert await piece.seek(0, os.SEEK_END) == piece.length == len(once)
                await piece.seek(0)
                # Again, as when it is sent again, and in small pieces.
                again = [await piece.read(7) for _ in range(len(once) // 7 + 2)]
                assert b"".join(again) == once
                piece.close()
                found[number] = once
    return found


def in_pieces(content: bytes, pieces: list[int]) -> Iterator[bytes]:
    start = 0
    for size in pieces:
        yield content[start : start + size]
        start += size
    yield content[start:]


async def asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@given(
    content=st.binary(min_size=1, max_size=200),
    length=st.integers(1, 250),
    pieces=st.lists(st.integers(0, 60), max_size=8),
    without=st.sets(st.integers(0, 8)),
    kind=st.sampled_from(["bytes", "memory", "iterator", "async iterator"]),
)
def test_slices_make_up_the_content(
    content: bytes, length: int, pieces: list[int], without: set[int], kind: str
) -> None:
    source: Any = {
        "bytes": content,
        "memory": io.BytesIO(content),
        "iterator": in_pieces(content, pieces),
        "async iterator": asynchronous(in_pieces(content, pieces)),
    }[kind]
    expected = {
        number: content[start : start + length]
        for number, start in enumerate(range(0, len(content), length))
        if number not in without
    }
    assert anyio.run(read, source, len(content), length, without) == expected


def test_a_file_is_read_at_several_places_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 1000)

    async def main() -> None:
        found: dict[int, bytes] = {}
        async with cut(open_source(path, "file"), "file", None) as whole:
            async with anyio.create_task_group() as group:

                async def take(number: int, piece: Any) -> None:
                    chunks = [await piece.read(100) for _ in range(301)]
                    found[number] = b"".join(chunks)

                async for number, piece in whole.slices(30_000, set()):
                    group.start_soon(take, number, piece)
        assert b"".join(found[number] for number in sorted(found)) == path.read_bytes()

    anyio.run(main)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with cut(open_source(tmp_path / "none", "file"), "file", None):
            pass

    with pytest.raises(ConfigurationError, match="No such file"):
        anyio.run(main)
