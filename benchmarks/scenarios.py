"""What is measured: each scenario drives one peer and gives figures."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .measure import (
    lap,
    longest_stall,
    many,
    percentile,
    resident,
    resident_peak,
    restart_peak,
)
from .peers import Peer

__all__ = ["SCENARIOS", "Figures", "Scenario"]

Figures = dict[str, float]
Size = dict[str, Any]
Run = Callable[[Peer, str, Size], Awaitable[Figures]]

MICRO = 1e6
MILLI = 1e3
UPLOAD_BYTES = 200 * 1024 * 1024
SETTLE = 0.3
"""Seconds."""
GONE_SECONDS = 1.0
"""How long to wait for the server to see that a client has left."""


@dataclass(frozen=True)
class Scenario:
    """Something to measure, and how much of it."""

    name: str
    title: str
    run: Run | None
    """None for what is measured without a client, in a new interpreter."""
    full: Size = field(default_factory=dict)
    short: Size | None = None
    """None leaves it out of the short form."""
    fresh: bool = False
    """Whether each run has a process of its own, which is not asked to end in good order."""
    rounds: int | None = None
    """How often, if not as often as all others."""
    peers: frozenset[str] = frozenset()
    """Who takes part; empty for all."""


async def chat(peer: Peer, _url: str, size: Size) -> Figures:
    """Chat calls, always so many in flight."""
    in_flight = size["in_flight"]
    await many(peer.chat, max(in_flight, 50), in_flight)
    calls = await many(peer.chat, size["calls"], in_flight)
    return {
        "cpu_us": calls.taken.cpu * MICRO / size["calls"],
        "per_second": size["calls"] / calls.taken.wall,
        "p50_ms": percentile(calls.seconds, 0.50) * MILLI,
        "p99_ms": percentile(calls.seconds, 0.99) * MILLI,
    }


async def _read(peer: Peer, chunks: int, every_ms: int = 0) -> float:
    """Read a stream to its end; gives the seconds to its first item."""
    started = time.perf_counter()
    first = 0.0
    count = 0
    async for item in await peer.stream(chunks, every_ms):
        first = first or time.perf_counter() - started
        peer.text(item)
        count += 1
    if count != chunks:
        raise RuntimeError(f"{count} of {chunks} chunks came")
    return first


async def stream(peer: Peer, _url: str, size: Size) -> Figures:
    """One stream after another, as fast as they come."""
    await _read(peer, 100)
    with lap() as taken:
        firsts = [await _read(peer, size["chunks"]) for _ in range(size["streams"])]
    chunks = size["chunks"] * size["streams"]
    return {
        "cpu_us": taken.cpu * MICRO / chunks,
        "first_ms": statistics.median(firsts) * MILLI,
        "per_second": chunks / taken.wall,
    }


async def streams(peer: Peer, _url: str, size: Size) -> Figures:
    """Many streams at once, each at the pace of a model: every chunk arrives alone."""
    await asyncio.gather(*(_read(peer, 2) for _ in range(size["streams"])))
    with lap() as taken:
        firsts = await asyncio.gather(
            *(_read(peer, size["chunks"], size["every_ms"]) for _ in range(size["streams"]))
        )
    return {
        "cpu_us": taken.cpu * MICRO / (size["chunks"] * size["streams"]),
        "first_ms": statistics.median(firsts) * MILLI,
        "wall_s": taken.wall,
    }


async def crowd(peer: Any, _url: str, size: Size) -> Figures:
    """Thousands of slow streams on one client."""
    roomy: Peer = peer.roomy()
    await _read(roomy, 2)
    before = resident()
    restart_peak()
    with lap() as taken:
        reading = (_read(roomy, size["chunks"], size["every_ms"]) for _ in range(size["streams"]))
        await asyncio.gather(*reading)
    return {
        "cpu_us": taken.cpu * MICRO / (size["chunks"] * size["streams"]),
        "wall_s": taken.wall,
        "memory_mib": max(0.0, resident_peak() - before),
    }


async def first_call(peer: Peer, _url: str, _size: Size) -> Figures:
    """The first call of a process that has been running without one."""
    async with longest_stall() as stalls:
        with lap() as taken:
            await peer.chat()
    return {"wall_ms": taken.wall * MILLI, "stall_ms": stalls[0]}


async def embeddings_list(peer: Peer, _url: str, size: Size) -> Figures:
    """100 vectors of 1,536 floats, each looked at as a list."""
    return await _embeddings(peer.vectors, size)


async def embeddings_numpy(peer: Peer, _url: str, size: Size) -> Figures:
    """100 vectors of 1,536 floats as one numpy array."""
    return await _embeddings(peer.array, size)


async def _embeddings(call: Callable[[], Awaitable[Any]], size: Size) -> Figures:
    for _ in range(2):
        vectors = await call()
    if len(vectors) != 100 or len(vectors[0]) != 1536:
        raise RuntimeError("these are not the vectors that the server sent")
    await asyncio.sleep(SETTLE)  # numpy's threads, new with it in some peers, idle busily at first
    with lap() as taken:
        for _ in range(size["calls"]):
            await call()
    return {
        "cpu_ms": taken.cpu * MILLI / size["calls"],
        "wall_ms": taken.wall * MILLI / size["calls"],
    }


async def upload(peer: Peer, _url: str, _size: Size) -> Figures:
    """A large file from a path."""
    with tempfile.TemporaryDirectory() as folder:
        file, small = Path(folder, "large.jsonl"), Path(folder, "small.jsonl")
        small.write_bytes(b"x" * 1024 * 1024)
        _fill(file, UPLOAD_BYTES)
        await peer.upload(small)
        restart_peak()
        before = resident()
        with lap() as taken:
            async with longest_stall() as stalls:
                arrived = await peer.upload(file)
        if arrived < UPLOAD_BYTES:
            raise RuntimeError(f"{arrived} bytes arrived")
        return {
            "wall_s": taken.wall,
            "cpu_s": taken.cpu,
            "memory_mib": max(0.0, resident_peak() - before),
            "stall_ms": stalls[0],
        }


def _fill(file: Path, size: int) -> None:
    block = b"y" * 1024 * 1024
    with file.open("wb") as out:
        for _ in range(size // len(block)):
            out.write(block)


async def limited(peer: Any, url: str, size: Size) -> Figures:
    """Many calls at once to a server that allows so many a second: how long, and how many are lost."""
    base = f"{url}/limited/{size['spec']}/{time.monotonic_ns()}"
    client: Peer = peer.at(base, size.get("retries"))
    with lap() as taken:
        calls = (client.chat() for _ in range(size["calls"]))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    await client.close()
    counted = await asyncio.to_thread(_fetch, f"{base}/count")
    return {
        "wall_s": taken.wall,
        "lost": sum(isinstance(outcome, Exception) for outcome in outcomes),
        "refused": counted["refused"],
        "refused_pct": 100 * counted["refused"] / counted["sent"],
    }


def _fetch(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())


async def memory(peer: Peer, _url: str, size: Size) -> Figures:
    """What is held after many calls, and how much of it was not there before."""
    await many(peer.chat, 200, 50)
    before = resident()
    await many(peer.chat, size["calls"], 50)
    after = resident()
    return {"resident_mib": after, "grown_mib": after - before}


async def growth(peer: Peer, _url: str, size: Size) -> Figures:
    """What one call costs as more of them are in flight. Each stage gets so many seconds."""
    figures: Figures = {}
    for in_flight in size["stages"]:
        count = max(2 * in_flight, 1000)
        calls = await many(peer.chat, count, in_flight, size["seconds"])
        if calls.seconds:
            figures[f"cpu_us_{in_flight}"] = calls.taken.cpu * MICRO / len(calls.seconds)
            figures[f"per_second_{in_flight}"] = len(calls.seconds) / calls.taken.wall
        if len(calls.seconds) < count:
            break  # calls of this stage are still under way
    return figures


async def abandon(peer: Peer, url: str, size: Size) -> Figures:
    """How long the server goes on after a client has left a stream, in each of the ways."""
    ways = {"cancel": _cancel, "leave": _leave, "drop": _drop}
    figures: Figures = {}
    for name, leave in ways.items():
        waits = []
        for _ in range(size["times"]):
            left = await leave(peer)
            waits.append(await _gone(url, left) * MILLI)
        figures[f"{name}_ms"] = max(waits)
    return figures


async def _begin(peer: Peer) -> AsyncIterator[Any]:
    items = await peer.stream(1000, 10)
    for _ in range(3):
        await anext(items)
    return items


async def _cancel(peer: Peer) -> float:
    reading = asyncio.Event()

    async def read() -> None:
        items = await _begin(peer)
        reading.set()
        async for _ in items:
            pass

    task = asyncio.ensure_future(read())
    await reading.wait()
    await asyncio.sleep(0.015)
    left = time.monotonic()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return left


async def _leave(peer: Peer) -> float:
    items: Any = await _begin(peer)
    left = time.monotonic()
    await (items.close() if hasattr(items, "close") else items.aclose())
    return left


async def _drop(peer: Peer) -> float:
    items = await _begin(peer)
    left = time.monotonic()
    del items
    return left


async def _gone(url: str, left: float) -> float:
    """Seconds from `left` until the server lost the connection."""
    while time.monotonic() - left < GONE_SECONDS:
        closed = await asyncio.to_thread(_closed_at, url)
        if closed > left:
            return closed - left
        await asyncio.sleep(0.005)
    return GONE_SECONDS


def _closed_at(url: str) -> float:
    return float(_fetch(f"{url}/closed"))


LIBRARIES = frozenset({"ours", "ours_aiohttp", "official", "official_aiohttp"})
NO_POOL = LIBRARIES | {"httpx", "aiohttp"}

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "chat_1",
            "chat, 1 in flight",
            chat,
            {"in_flight": 1, "calls": 400},
            {"in_flight": 1, "calls": 300},
        ),
        Scenario(
            "chat_50",
            "chat, 50 in flight",
            chat,
            {"in_flight": 50, "calls": 1000},
            {"in_flight": 50, "calls": 600},
        ),
        Scenario(
            "chat_500",
            "chat, 500 in flight",
            chat,
            {"in_flight": 500, "calls": 1000},
            {"in_flight": 500, "calls": 800},
        ),
        Scenario(
            "stream",
            "one stream, as fast as it comes",
            stream,
            {"streams": 8, "chunks": 400},
            {"streams": 6, "chunks": 300},
        ),
        Scenario(
            "streams_100",
            "100 streams at once, a chunk every 25 ms",
            streams,
            {"streams": 100, "chunks": 40, "every_ms": 25},
            {"streams": 100, "chunks": 30, "every_ms": 25},
        ),
        Scenario(
            "streams_10000",
            "10,000 streams at once, a chunk every second",
            crowd,
            {"streams": 10_000, "chunks": 8, "every_ms": 1000},
            fresh=True,
            rounds=1,
            peers=frozenset({"ours", "ours_aiohttp"}),
        ),
        Scenario(
            "embeddings_list",
            "100 x 1,536 embeddings, as floats",
            embeddings_list,
            {"calls": 300},  # fewer take so short that a neighbour's burst is what is measured
            {"calls": 60},
        ),
        Scenario(
            "embeddings_numpy",
            "100 x 1,536 embeddings, as numpy",
            embeddings_numpy,
            {"calls": 100},
            {"calls": 25},
        ),
        Scenario(
            "upload",
            "upload of 200 MiB from a path",
            upload,
            {},
            {},
            fresh=True,
            rounds=2,
            peers=NO_POOL,
        ),
        Scenario(
            "start",
            "import, client, first namespace",
            None,
            {},
            {},
            fresh=True,
            peers=LIBRARIES | {"httpx"},
        ),
        Scenario(
            "first_call",
            "the first call in a running event loop",
            first_call,
            {},
            {},
            fresh=True,
            peers=LIBRARIES,
        ),
        Scenario(
            "abandon",
            "upstream stops after a stream was left",
            abandon,
            {"times": 3},
            {"times": 1},
            rounds=1,
            peers=LIBRARIES,
        ),
        *(
            Scenario(
                f"limited_{name}",
                f"600 calls at once, {title}",
                limited,
                {"calls": 600, **size},
                {"calls": 600, **size} if name in ("requests", "tokens") else None,
                rounds=1,
                peers=frozenset({"official"} if "retries" in size else {"ours", "official"}),
            )
            for name, title, size in (
                ("requests", "50 a second allowed", {"spec": "50"}),
                ("retries", "the same; openai with 6 retries", {"spec": "50", "retries": 6}),
                ("silent", "the same, limits not told", {"spec": "s50"}),
                ("changing", "50, then 25, then 100 a second", {"spec": "50,25@3,100@6"}),
                ("tokens", "7,500 tokens a second allowed", {"spec": "t7500"}),
            )
        ),
        Scenario(
            "memory",
            "memory after 10,000 calls",
            memory,
            {"calls": 10_000},
            fresh=True,
            rounds=1,
            peers=NO_POOL,
        ),
        Scenario(
            "growth",
            "growth from 10 to 5,000 in flight",
            growth,
            {"stages": [10, 100, 1000, 5000], "seconds": 5},
            fresh=True,
            rounds=1,
            peers=NO_POOL,
        ),
    )
}
