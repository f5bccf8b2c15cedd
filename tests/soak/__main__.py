"""The soak: mixed calls, streams, uploads, cancellations and faults, for as long as it is told.

    python -m tests.soak [--seconds 600] [--transport httpx|aiohttp] [--backend asyncio|trio]

Prints what happened and what was left; exits with 1 if sockets, tasks or memory grew, or if
anything came up that is no error of ours. The server runs in a process of its own, so that memory
and sockets are the client's alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import gc
import importlib
import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from openai_async import APIConnectionError, AsyncClient, Middleware, OpenAIError, Request, Retry

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

    def __init__(self) -> None:
        self.end = float("inf")
        self.requests = 0
        self.faults: Counter[str] = Counter()
        """What attempts met, most of it unseen by the caller, who is answered after a retry."""
        self.calls: Counter[str] = Counter()
        self.unexpected: list[str] = []

    async def watch(self, request: Request, call_next: Any) -> httpx.Response:
        """Middleware behind the retries: it sees each attempt."""
        self.requests += 1
        try:
            response: httpx.Response = await call_next(request)
        except APIConnectionError as error:
            self.faults[type(error).__name__] += 1
            raise
        if response.is_error:
            self.faults[str(response.status_code)] += 1
        return response

    async def worker(self, client: AsyncClient, chance: random.Random) -> None:
        while time.monotonic() < self.end:
            call = chance.choice(KINDS)
            # One call in five is given up at some point.
            bound = chance.random() * 0.3 if chance.random() < 0.2 else 60.0
            try:
                with anyio.fail_after(bound):
                    await call(client)
                self.calls["answered"] += 1
            except TimeoutError:
                self.calls["given up" if bound < 60 else "HUNG"] += 1
            except OpenAIError as error:
                self.calls[type(error).__name__] += 1
            except Exception as error:  # that is what is looked for
                self.unexpected.append(f"{call.__name__}: {error!r}")


@dataclass(frozen=True)
class State:
    """What this process holds."""

    mib: float
    sockets: int
    tasks: int

    @classmethod
    def now(cls) -> State:
        gc.collect()
        return cls(resident(), sockets(), tasks())


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


def tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        living: int = importlib.import_module("trio.lowlevel").current_statistics().tasks_living
        return living


@contextlib.contextmanager
def serving() -> Iterator[str]:
    command = (sys.executable, "-m", "openai_async", "serve", "--faults", FAULTS, "--seed", "1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def main(base_url: str, transport: str, seconds: float) -> int:
    soak = Soak()
    begun = State.now()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    middleware: list[Middleware] = [Retry(), soak.watch]
    settings: Any = {"transport": transport, "limits": limits, "middleware": middleware}
    async with AsyncClient(base_url=base_url, api_key="k", timeout=20, **settings) as client:
        soak.end = time.monotonic() + seconds
        async with anyio.create_task_group() as workers:
            for seed in range(IN_FLIGHT):
                workers.start_soon(soak.worker, client, random.Random(seed))
            await anyio.sleep(seconds / 4)
            early = State.now()
        after_storm = time.monotonic()
        await client.with_options(max_retries=20).models.list()
        recovered = time.monotonic() - after_storm
        late = State.now()
    with anyio.move_on_after(2):  # what was dropped is closed by tasks of the loop
        while State.now().tasks > begun.tasks:
            await anyio.sleep(0.01)
    return report(soak, begun, early, late, State.now(), recovered)


def report(
    soak: Soak, begun: State, early: State, late: State, closed: State, recovered: float
) -> int:
    print(f"requests         {soak.requests}, {sum(soak.faults.values())} of them met a fault")
    for kind, count in soak.faults.most_common():
        print(f"  {kind:<22} {count}")
    print(f"calls            {sum(soak.calls.values())}")
    for kind, count in soak.calls.most_common():
        print(f"  {kind:<22} {count}")
    open_sockets, left = late.sockets - begun.sockets, closed.sockets - begun.sockets
    print(f"sockets open     {open_sockets} (limit {CONNECTIONS}), {left} after close")
    print(f"tasks alive      {late.tasks - begun.tasks}, {closed.tasks - begun.tasks} after close")
    memory = f"{begun.mib:.1f} MiB at the start, {early.mib:.1f} after a quarter"
    print(f"memory           {memory}, {late.mib:.1f} at the end")
    print(f"one call after   {recovered:.2f} s")
    failures = {
        "no call was answered": not soak.calls["answered"],
        "no fault was met": not soak.faults,
        "a call hung": soak.calls["HUNG"] > 0,
        "sockets beyond the limit": open_sockets > CONNECTIONS,
        "sockets left open": left > 0,
        "tasks left": closed.tasks > begun.tasks,
        "memory grew": late.mib - early.mib > MEMORY_GROWTH,
        f"unexpected: {soak.unexpected[:3]}": bool(soak.unexpected),
    }
    for failure in (told for told, found in failures.items() if found):
        print(f"FAILED           {failure}")
    return 1 if any(failures.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--transport", choices=["httpx", "aiohttp"], default="httpx")
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    asked = parser.parse_args()
    # Under -X dev it tells of each callback that a busy machine has held up.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with serving() as base_url:
        run = functools.partial(main, base_url, asked.transport, asked.seconds)
        sys.exit(anyio.run(run, backend=asked.backend))
