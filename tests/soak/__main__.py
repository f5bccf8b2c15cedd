"""The soak: mixed calls, streams, uploads, cancellations and faults, for as long as it is told.

    python -m tests.soak --seconds 600

Prints what happened and what was left; exits with 1 if sockets, tasks or memory grew, or if
anything came up that is no error of ours. The server runs in a process of its own, so that memory
and sockets are the client's alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from openai_async import AsyncClient, OpenAIError

FAULTS = (
    "429:0.01,500:0.02,slow=0.05:0.05,cut=2:0.03,drop:0.01,reset:0.01,"
    "bad-json:0.01,html:0.01,error-event:0.01"
)
IN_FLIGHT = 200
CONNECTIONS = 100
MEMORY_GROWTH = 24.0
"""MiB that the process may hold more at the end than after its first quarter."""
HELLO: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is the sea?"}]}


async def plain(client: AsyncClient) -> None:
    await client.chat.completions.create(max_tokens=8, **HELLO)


async def streamed(client: AsyncClient) -> None:
    stream = await client.chat.completions.create(max_tokens=8, stream=True, **HELLO)
    async with stream:
        async for _ in stream:
            pass


async def abandoned(client: AsyncClient) -> None:
    """A stream that is left after one chunk, and not closed."""
    stream = await client.chat.completions.create(max_tokens=8, stream=True, **HELLO)
    async for _ in stream:
        break


async def embedded(client: AsyncClient) -> None:
    await client.embeddings.create(model="text-embedding-ada-002", input=["one", "two"])


async def uploaded(client: AsyncClient) -> None:
    file = await client.files.create(file=("soak.txt", os.urandom(20_000)), purpose="assistants")
    await (await client.files.content(file.id)).read()
    await client.files.delete(file.id)


KINDS: list[Callable[[AsyncClient], Awaitable[None]]] = [
    plain, plain, streamed, streamed, abandoned, embedded, uploaded,
]  # fmt: skip


class Soak:
    """The workers' common state."""

    def __init__(self, client: AsyncClient, seconds: float) -> None:
        self.client = client
        self.end = time.monotonic() + seconds
        self.seen: Counter[str] = Counter()
        self.unexpected: list[str] = []

    async def worker(self, chance: random.Random) -> None:
        while time.monotonic() < self.end:
            call = chance.choice(KINDS)
            # One call in five is given up at some point.
            bound = chance.random() * 0.3 if chance.random() < 0.2 else 60.0
            try:
                await asyncio.wait_for(call(self.client), bound)
                self.seen["answered"] += 1
            except asyncio.TimeoutError:
                self.seen["given up" if bound < 60 else "HUNG"] += 1
            except OpenAIError as error:
                self.seen[type(error).__name__] += 1
            except Exception as error:  # that is what is looked for
                self.unexpected.append(f"{call.__name__}: {error!r}")


def resident() -> float:
    """Memory of this process in MiB."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def sockets() -> int:
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # closed in the meantime
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return count


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    command = (sys.executable, "-m", "openai_async", "serve", "--faults", FAULTS, "--seed", "1")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def main(seconds: float) -> int:
    async with serving() as base_url:
        before = (sockets(), len(asyncio.all_tasks()))
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        client = AsyncClient(base_url=base_url, api_key="k", limits=limits, timeout=20)
        async with client:
            soak = Soak(client, seconds)
            workers = [soak.worker(random.Random(seed)) for seed in range(IN_FLIGHT)]
            running = asyncio.gather(*workers)
            await asyncio.wait([running], timeout=seconds / 4)
            early = resident()
            await running
            late = resident()
            after_storm = time.monotonic()
            await client.with_options(max_retries=20).models.list()
            recovered = time.monotonic() - after_storm
            open_sockets = sockets() - before[0]
        await asyncio.sleep(0.1)  # what was dropped is closed by tasks of the loop
        gc.collect()
        left = (sockets() - before[0], len(asyncio.all_tasks()) - before[1])
    return report(soak, early, late, open_sockets, left, recovered)


def report(
    soak: Soak,
    early: float,
    late: float,
    open_sockets: int,
    left: tuple[int, int],
    recovered: float,
) -> int:
    calls = sum(soak.seen.values())
    print(f"calls            {calls}")
    for kind, count in soak.seen.most_common():
        print(f"  {kind:<22} {count}")
    print(
        f"sockets          {open_sockets} at the end (limit {CONNECTIONS}), {left[0]} after close"
    )
    print(f"tasks left       {left[1]}")
    print(f"memory           {early:.1f} MiB after a quarter, {late:.1f} MiB at the end")
    print(f"one call after   {recovered:.2f} s")
    faults = {
        "no call was answered": not soak.seen["answered"],
        "a call hung": soak.seen["HUNG"] > 0,
        "sockets beyond the limit": open_sockets > CONNECTIONS,
        "sockets left open": left[0] > 0,
        "tasks left": left[1] > 0,
        "memory grew": late - early > MEMORY_GROWTH,
        f"unexpected: {soak.unexpected[:3]}": bool(soak.unexpected),
    }
    for fault in (told for told, found in faults.items() if found):
        print(f"FAILED           {fault}")
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=600)
    sys.exit(asyncio.run(main(parser.parse_args().seconds)))
