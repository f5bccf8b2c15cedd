"""A job that is killed and begun again: nothing is lost, and hardly anything is paid for twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from openai_async import AsyncClient
from openai_async.testing import Server
from openai_async.testing._listen import listen

np = pytest.importorskip("numpy")

MODEL = "text-embedding-3-small"
DIMENSIONS = 16
FAULTS = "429:0.0025,500:0.0025,cut:0.0025,slow=0.3:0.0025"
REQUESTS = 16
"""That are on their way at a time."""

JOB = '''
import asyncio, resource, sys
import numpy as np
from openai_async import AsyncClient

url, journal, out, count, batch = sys.argv[1:4] + [int(number) for number in sys.argv[4:]]

def most():
    """MB. Not by getrusage where that can be helped: it begins with the parent's."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

async def main():
    async with AsyncClient(base_url=url, api_key="k") as client:
        await client.embeddings.create(model="text-embedding-3-small", input="begin", dimensions=16)
        before, cached = most(), 0
        texts = (f"text {number}" for number in range(count))
        rows = np.empty((count, 16), dtype=np.float32)
        async with client.embeddings.create_many(
            texts, model="text-embedding-3-small", dimensions=16, batch=batch, journal=journal
        ) as job:
            expected = 0
            async for result in job:
                assert result.index == expected, (result.index, expected)
                assert result.input == f"text {expected}"
                rows[expected] = result.unwrap().to_numpy()
                expected += 1
                if expected % (count // 100) == 0:
                    print(expected, flush=True)
        assert expected == count
        np.save(out, rows)
        print("done", job.progress.cached, round(most() - before), flush=True)

asyncio.run(main())
'''


class Counting:
    """An application that counts which inputs it has answered, whole."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.embedded: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()
        status = 0
        whole = False

        async def receive_and_keep() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def send_and_note(message: Any) -> None:
            nonlocal status, whole
            await send(message)
            status = message.get("status", status)
            whole = message["type"] == "http.response.body" and not message.get("more_body")

        await self.app(scope, receive_and_keep, send_and_note)
        if status == 200 and whole:
            asked = json.loads(body)["input"]
            self.embedded.update([asked] if isinstance(asked, str) else asked)


@contextmanager
def serving(app: Any) -> Generator[str]:
    """The application on a socket, in a thread."""
    with anyio.from_thread.start_blocking_portal("asyncio") as portal:
        with portal.wrap_async_context_manager(listen(app, "127.0.0.1", 0)) as (host, port):
            yield f"http://{host}:{port}/v1"


class Job:
    """The job in a process of its own."""

    def __init__(self, url: str, folder: Path, count: int, batch: int) -> None:
        arguments = [url, folder / "a.journal", folder / "rows.npy", count, batch]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", JOB, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill_after(self, results: int) -> None:
        """kill -9 when it has given so many."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            assert not line.startswith("done"), "it was too quick"
            if int(line) >= results:
                break
        else:
            raise AssertionError(self._process.communicate()[1])
        self._process.kill()
        self._process.communicate()

    def finish(self) -> tuple[int, int]:
        """How many were in the journal, and MB that were used above the start."""
        out, err = self._process.communicate()
        assert self._process.returncode == 0, err
        word, cached, memory = out.splitlines()[-1].split()
        assert word == "done"
        return int(cached), int(memory)


async def right(count: int) -> Any:
    """What the vectors ought to be."""
    async with Server().client(gate=False) as client:
        parts = []
        for start in range(0, count, 2000):
            some = [f"text {number}" for number in range(start, min(count, start + 2000))]
            answer = await client.embeddings.create(model=MODEL, input=some, dimensions=DIMENSIONS)
            parts.append(answer.to_numpy())
    return np.concatenate(parts)


@pytest.mark.crash
@pytest.mark.parametrize(
    ("count", "batch"),
    [
        (3000, 20),
        pytest.param(100_000, 256, marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
def test_killed_three_times_and_resumed(tmp_path: Path, count: int, batch: int) -> None:
    counting = Counting(Server(seed=1, faults=FAULTS).app)
    with serving(counting) as url:
        for share in (0.15, 0.4, 0.7):
            Job(url, tmp_path, count, batch).kill_after(int(share * count))
        cached, memory = Job(url, tmp_path, count, batch).finish()
    assert np.array_equal(np.load(tmp_path / "rows.npy"), anyio.run(right, count))
    assert cached >= 0.7 * count
    assert memory < 80
    print(f"{cached} of {count} were in the journal, {memory} MB above the start")
    embedded = counting.embedded
    del embedded["begin"]
    assert len(embedded) == count
    # At each kill, what was on its way; the answers of a few may have been lost on theirs.
    twice = sum(embedded.values()) - count
    print(f"{twice} inputs were embedded twice")
    assert twice <= 3 * REQUESTS * batch


SERVER = """
import asyncio, sys
from openai_async.testing import Server

async def main():
    async with Server(seed=1).listen() as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_as_fast_as_a_gather_by_hand() -> None:
    """Which has all texts in memory, knows no faults, and never waits."""
    inputs = [f"text {number}" for number in range(8000)]
    settings: Any = {"model": MODEL, "dimensions": DIMENSIONS}

    async def by_hand(client: AsyncClient) -> None:
        semaphore = asyncio.Semaphore(REQUESTS)

        async def some(start: int) -> Any:
            async with semaphore:
                answer = await client.embeddings.create(
                    input=inputs[start : start + 256], **settings
                )
                return answer.to_numpy()

        found = await asyncio.gather(*map(some, range(0, len(inputs), 256)))
        assert len(np.concatenate(found)) == len(inputs)

    async def by_job(client: AsyncClient) -> None:
        found = await client.embeddings.create_many(inputs, **settings).to_numpy()
        assert len(found) == len(inputs)

    async def seconds(url: str, way: Callable[[AsyncClient], Awaitable[None]]) -> float:
        async with AsyncClient(base_url=url, api_key="k") as client:
            await client.embeddings.create(input="begin", **settings)
            began = time.perf_counter()
            await way(client)
            return time.perf_counter() - began

    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = process.stdout.readline().strip()
        hand: list[float] = []
        job: list[float] = []
        for _ in range(12):  # short ones and in turns: a neighbour that is busy spoils some of both
            hand.append(asyncio.run(seconds(url, by_hand)))
            job.append(asyncio.run(seconds(url, by_job)))
        process.stdin.close()
    print(f"by hand {len(inputs) / min(hand):,.0f} texts/s, by job {len(inputs) / min(job):,.0f}")
    assert min(job) <= min(hand) / 0.9
