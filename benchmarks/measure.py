"""Meters: processor time, memory, the event loop's stalls, and many calls at once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "Calls",
    "Lap",
    "lap",
    "longest_stall",
    "many",
    "percentile",
    "raise_file_limit",
    "resident",
    "resident_peak",
    "restart_peak",
]

STATUS = Path("/proc/self/status")
TICK = 0.001
"""Seconds between two looks at the loop."""


@dataclass
class Lap:
    """The time that something took."""

    wall: float = 0.0
    """Seconds."""
    cpu: float = 0.0
    """Seconds of processor time, of all threads."""


@contextlib.contextmanager
def lap() -> Iterator[Lap]:
    """Measure what is done in the `with` block."""
    taken = Lap()
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield taken
    finally:
        taken.cpu = time.process_time() - cpu
        taken.wall = time.perf_counter() - wall


@dataclass
class Calls:
    """What became of many calls."""

    taken: Lap
    seconds: list[float] = field(default_factory=list)
    """Of each call that came to its end."""


async def many(
    call: Callable[[], Awaitable[object]], count: int, in_flight: int, most_seconds: float = 1e9
) -> Calls:
    """Make `count` calls, always so many at once, or as many as `most_seconds` allow."""
    left = iter(range(count))
    seconds: list[float] = []
    until = time.perf_counter() + most_seconds

    async def worker() -> None:
        for _ in left:
            started = time.perf_counter()
            await call()
            ended = time.perf_counter()
            seconds.append(ended - started)
            if ended > until:
                break

    with lap() as taken:
        workers = [asyncio.ensure_future(worker()) for _ in range(in_flight)]
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(_all(workers), most_seconds)
    return Calls(taken, seconds)


async def _all(workers: Sequence[asyncio.Future[None]]) -> None:
    # Unlike gather(), this leaves the others alone when it is cancelled: ending them takes a while.
    done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
    for worker in done:
        worker.result()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident() -> float:
    """MiB of memory that this process holds."""
    return _status("VmRSS")


def resident_peak() -> float:
    """MiB that it held at most, since `restart_peak`."""
    return _status("VmHWM")


def restart_peak() -> None:
    """Forget the peak, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> float:
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


@contextlib.asynccontextmanager
async def longest_stall():
    """Gives a list whose last item is, at the end, the longest that the loop did not run, in ms."""
    stalls = [0.0]

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            stalls.append(max(stalls.pop(), (time.perf_counter() - before - TICK) * 1000))

    watcher = asyncio.ensure_future(watch())
    await asyncio.sleep(TICK)
    try:
        yield stalls
    finally:
        await asyncio.sleep(2 * TICK)
        watcher.cancel()


def raise_file_limit() -> None:
    """Allow this process as many open sockets as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
