"""Rows for the tests of the journal, and a process that writes them until it is killed."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import anyio

from openai_async.bulk import Journal, Row, journal_key


def row(number: int, *, size: int = 64) -> Row:
    """A row whose value can be told from its number."""
    return Row(key(number), value(number, size), "json", f"item {number}")


def key(number: int) -> bytes:
    return journal_key("tests", number, {})


def value(number: int, size: int = 64) -> bytes:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return json.dumps((digest * (size // 64 + 1))[:size]).encode()


async def write(folder: Path, first: int, each: int) -> None:
    """Write journals, with `each` rows in puts of ten, and say what has been written."""
    for number in range(1000):
        async with Journal(folder / f"{number}.journal") as journal:
            print("open", flush=True)
            for start in range(first, first + each, 10):
                await journal.put([row(n, size=3000) for n in range(start, start + 10)])
                print(number, start, flush=True)


if __name__ == "__main__":
    anyio.run(write, Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
