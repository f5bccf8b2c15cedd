"""One big upload or download in a process of its own, watched: `python -m tests.faults.transfer`.

Prints as JSON by how much the process grew (MiB, at its peak), for how long the event loop's thread
was busy at a stretch (ms of its CPU time, so that other processes don't count), and how often it
read or wrote a file itself in place of a worker thread.
"""

from __future__ import annotations

import builtins
import gc
import io
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import anyio

from openai_async import AsyncClient, BinaryBody

loop_thread = threading.get_ident()
blocked = 0


def look() -> None:
    global blocked  # noqa: PLW0603 - one count for the process
    blocked += threading.get_ident() == loop_thread


class WatchedFile(io.FileIO):
    def readinto(self, buffer: Any, /) -> int | None:
        look()
        return super().readinto(buffer)

    def write(self, data: Any, /) -> int | None:
        look()
        return super().write(data)


def watched_open(path: Any, mode: str = "r") -> Any:
    """`open`, for the two modes that transfers use."""
    if mode == "rb":
        return io.BufferedReader(WatchedFile(path, "r"))
    assert mode == "xb"
    return io.BufferedWriter(WatchedFile(path, "x"))


def watched_fsync(fd: int) -> None:
    look()
    fsync(fd)


fsync = os.fsync


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def watch(spans: list[float]) -> None:
    """How long each turn of the loop keeps its thread busy."""
    before = time.thread_time()
    while True:
        await anyio.sleep(0)
        now = time.thread_time()
        spans.append(now - before)
        before = now


async def upload(client: AsyncClient, path: Path) -> None:
    await client.files.create(file=path, purpose="x")


async def download(client: AsyncClient, path: Path) -> None:
    async with await client.get("/content", cast_to=BinaryBody) as body:
        await body.write_to_file(path)


async def main(url: str, transport: str, direction: str, folder: str) -> dict[str, float]:
    transfer = upload if direction == "up" else download
    settings: Any = {"api_key": "k", "base_url": url, "transport": transport, "max_retries": 0}
    async with AsyncClient(**settings) as client:
        await transfer(client, Path(folder, "small"))
        # A collection of all that was imported takes its time, and is no part of a transfer.
        gc.collect()
        gc.freeze()
        before = peak()
        spans: list[float] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, spans)
            await anyio.sleep(0)
            vars(builtins)["open"], os.fsync = watched_open, watched_fsync
            await transfer(client, Path(folder, "big"))
            tasks.cancel_scope.cancel()
    busiest = max(spans)
    return {"grown_mib": peak() - before, "busy_ms": busiest * 1000, "blocked": blocked}


if __name__ == "__main__":
    url, backend, *rest = sys.argv[1:]
    print(json.dumps(anyio.run(main, url, *rest, backend=backend)))
