"""`RedisStore` against a real Redis: a common limit, leases, turns, and what happens without it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openai_async import ConfigurationError
from openai_async.limits._store import Reservation
from tests.redisserver import PROGRAM, RedisServer

pytest.importorskip("redis")
from openai_async.limits.redis import RedisStore

pytestmark = [
    pytest.mark.redis,
    pytest.mark.anyio,
    pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server"),
]
WORKER = Path(__file__).parent / "redis_worker.py"
LANE = "api.example.com/key/model"


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """redis-py knows asyncio only."""
    return request.param


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture
def prefix() -> str:
    """Each test has keys of its own."""
    return f"test-{random.getrandbits(64):x}"


@pytest.fixture
def worker(server: RedisServer, prefix: str) -> Iterator[Any]:
    """Starts processes that are ready to begin."""
    started = []

    def start(**orders: Any) -> subprocess.Popen[str]:
        orders["limits"] = {**orders["limits"], "prefix": prefix}
        process = subprocess.Popen(
            [sys.executable, "-W", "error", str(WORKER), json.dumps({"url": server.url, **orders})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go(*processes: subprocess.Popen[str]) -> None:
    """Let them begin, all at once."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def report(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    return json.loads(out)


def most_in(seconds: float, times: list[float]) -> int:
    """In any window of that length."""
    times = sorted(times)
    first = most = 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


async def take(store: RedisStore, tokens: int = 0, lane: str = LANE) -> Reservation:
    """Ask until it is given."""
    while not isinstance(answer := await store.reserve(lane, tokens=tokens), Reservation):
        await anyio.sleep(answer)
    return answer


# One limit for all


def test_four_processes_hold_one_limit_and_share_it(worker) -> None:
    limit, seconds = 200, 4.0
    # While a process stands still it takes nothing: to use the limit, and share it, are three tries.
    for _ in range(3):
        limits = {"requests_per_second": limit}
        processes = [worker(limits=limits, seconds=seconds) for _ in range(4)]
        go(*processes)
        given = [report(process) for process in processes]
        by_redis = [at for times in given for at, _ in times]
        took = max(by_redis) - min(by_redis)
        assert most_in(1.0, by_redis) <= limit
        # As the processes saw it, and a server would: late by what the way takes.
        assert most_in(1.0, [at for times in given for _, at in times]) <= 1.05 * limit
        shares = [len(times) / len(by_redis) for times in given]
        used = len(by_redis) / (limit * took)
        if used >= 0.95 and min(shares) >= 0.15:
            break
    assert used >= 0.95
    assert min(shares) >= 0.15, shares


def test_four_processes_share_tokens_that_come_back(worker) -> None:
    """All reserve four times what they use; what they don't use, others get."""
    processes = [
        worker(limits={"tokens_per_minute": 20_000}, tokens=400, used=100, seconds=3, callers=2)
        for _ in range(4)
    ]
    go(*processes)
    counts = [len(report(process)) for process in processes]
    # All but what doesn't suffice for one more reservation.
    assert 20_000 - 400 < 100 * sum(counts) <= 20_000


async def test_a_killed_process_gives_back_within_its_lease(server, prefix, worker) -> None:
    limits = {"tokens_per_minute": 1000, "requests_per_minute": 40, "lease": 3.0}
    victim = worker(limits=limits, tokens=125, hold=True)
    go(victim)
    assert json.loads(victim.stdout.readline()) == 8
    held = time.monotonic()
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    store = RedisStore(server.url, prefix=prefix, **limits)
    wait = await store.reserve(LANE, tokens=1000)
    assert isinstance(wait, float)
    reservation = await take(store, 1000)
    assert reservation.id
    # It held them for a while before it said so; the half second is the machine's.
    assert time.monotonic() - held <= 3.5
    await store.aclose()


async def test_a_call_longer_than_its_lease_counts_when_it_ends(server, prefix) -> None:
    store = RedisStore(server.url, tokens_per_minute=1000, lease=0.5, prefix=prefix)
    first = await take(store, 1000)
    second = await take(store, 600)  # after the lease of the first
    assert second.at - first.at >= 0.5
    await store.settle(second, tokens=300)
    await store.settle(first, tokens=400)
    third = await store.reserve(LANE, tokens=300)
    assert isinstance(third, Reservation)
    await store.settle(third, tokens=300)
    assert isinstance(await store.reserve(LANE, tokens=300), float)
    await store.aclose()


async def test_a_quarter_goes_at_once_and_the_rest_is_spaced(server, prefix) -> None:
    store = RedisStore(server.url, requests_per_minute=40, prefix=prefix)
    for _ in range(10):
        assert isinstance(await store.reserve(LANE, tokens=0), Reservation)
    wait = await store.reserve(LANE, tokens=0)
    # Ten times 1.5 s are due, less the 3 s that may be caught up.
    assert isinstance(wait, float)
    assert 8 < wait <= 12.1
    # Another lane has limits of its own.
    assert isinstance(await store.reserve("another", tokens=0), Reservation)
    await store.aclose()


async def test_a_limit_that_is_no_whole_number(server, prefix) -> None:
    store = RedisStore(server.url, requests_per_second=0.4, prefix=prefix)
    first = await take(store)
    assert 1 < await store.reserve(LANE, tokens=0) <= 2.6
    second = await take(store)
    assert second.at - first.at == pytest.approx(2.5, abs=0.7)
    await store.aclose()


async def test_more_tokens_than_the_limit_wait_for_an_empty_window(server, prefix) -> None:
    store = RedisStore(server.url, tokens_per_minute=1000, prefix=prefix)
    small = await take(store, 1)
    assert isinstance(await store.reserve(LANE, tokens=5000), float)
    await store.settle(small, tokens=0)
    large = await take(store, 5000)
    assert large.tokens == 5000
    await store.settle(large, tokens=1000)  # the whole limit is still taken
    assert isinstance(await store.reserve(LANE, tokens=1), float)
    await store.aclose()


async def test_what_is_used_beyond_the_estimate_counts(server, prefix) -> None:
    store = RedisStore(server.url, tokens_per_minute=1000, prefix=prefix)
    first = await take(store, 100)
    await store.settle(first, tokens=950)
    await store.settle(first, tokens=950)  # twice is once
    assert isinstance(await store.reserve(LANE, tokens=51), float)
    assert isinstance(await store.reserve(LANE, tokens=50), Reservation)
    await store.aclose()


# Turns


async def test_callers_of_one_process_go_in_the_order_of_their_coming(server, prefix) -> None:
    store = RedisStore(server.url, requests_per_second=40, prefix=prefix)
    given: list[tuple[float, int]] = []

    async def call(number: int) -> None:
        given.append(((await take(store)).at, number))

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(call, number)
            await anyio.sleep(0)
    assert [number for _, number in sorted(given)] == list(range(30))
    # Ten at once, and then one in 25 ms, where two may be caught up.
    assert most_in(0.25, sorted(at for at, _ in given)[10:]) <= 13
    await store.aclose()


async def test_a_large_call_is_not_kept_out_by_small_ones(server, prefix) -> None:
    """Others take whatever comes back at once, and would for ever leave too little for it."""
    small, large = (RedisStore(server.url, tokens_per_minute=1000, prefix=prefix) for _ in range(2))
    running = anyio.Event()

    async def call() -> None:
        while True:
            reservation = await take(small, 100)
            running.set()
            await anyio.sleep(0.05)
            await small.settle(reservation, tokens=0)

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(call)
        await running.wait()
        with anyio.fail_after(10):
            assert (await take(large, 900)).id
        tasks.cancel_scope.cancel()
    await small.aclose()
    await large.aclose()


async def test_who_is_cancelled_leaves_nothing_behind(server, prefix) -> None:
    """At whatever turn of the event loop it happens."""
    store = RedisStore(server.url, tokens_per_minute=1000, prefix=prefix)
    await store.settle(await take(store, 1), tokens=0)  # it is connected
    for turns in [*range(30)] * 3:
        asked = asyncio.create_task(store.reserve(LANE, tokens=100))
        for _ in range(turns):
            await asyncio.sleep(0)
        asked.cancel()
        try:
            answer = await asked
        except asyncio.CancelledError:
            continue
        assert isinstance(answer, Reservation)
        await store.settle(answer, tokens=0)
    assert isinstance(await store.reserve(LANE, tokens=1000), Reservation)
    await store.aclose()


async def test_a_pause_is_for_all(server, prefix) -> None:
    mine, yours = (RedisStore(server.url, prefix=prefix) for _ in range(2))
    assert isinstance(await yours.reserve(LANE, tokens=0), Reservation)
    await mine.pause(LANE, 30)
    await mine.pause(LANE, 3)  # the longer one stays
    await mine.pause(LANE, 0)
    wait = await yours.reserve(LANE, tokens=0)
    assert isinstance(wait, float)
    assert 20 < wait < 30.1
    assert isinstance(await yours.reserve("another", tokens=0), Reservation)
    await mine.pause("another", 0.5)
    before = time.monotonic()
    await take(yours, lane="another")
    assert time.monotonic() - before > 0.4
    await mine.aclose()
    await yours.aclose()


async def test_nothing_stays_in_redis(server, prefix) -> None:
    from redis.asyncio import Redis

    store = RedisStore(
        server.url, requests_per_second=1, tokens_per_minute=10, lease=5, prefix=prefix
    )
    reservation = await take(store, 10)
    await store.reserve(LANE, tokens=10)
    await store.settle(reservation, tokens=5)
    await store.pause(LANE, 5)
    async with Redis.from_url(server.url) as redis:
        keys = await redis.keys(f"*{prefix}*")
        assert len(keys) == 4  # log, state, claims, pause; nothing is held any more
        assert all([0 < await redis.pttl(key) <= 61_000 for key in keys])
    await store.aclose()


# Without Redis


async def test_calls_go_on_without_redis_and_share_again_with_it(
    prefix, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "openai_async")
    with RedisServer() as server:
        store = RedisStore(server.url, requests_per_second=1, prefix=prefix)
        assert (await take(store)).id
        server.stop()
        for _ in range(100):  # none of them waits, and there is nothing to settle
            reservation = await store.reserve(LANE, tokens=5)
            assert isinstance(reservation, Reservation)
            assert reservation.id == ""
            await store.settle(reservation, tokens=3)
        await store.pause(LANE, 5)
        assert [r.levelname for r in caplog.records] == ["WARNING"]
        assert "out of reach" in caplog.text
        server.start()
        with anyio.fail_after(20):
            while not (await take(store)).id:
                await anyio.sleep(0.05)
        assert len(caplog.records) == 2
        assert "answers again" in caplog.text
        await store.aclose()


async def test_a_redis_that_never_answers_holds_nobody_up(prefix) -> None:
    from redis.asyncio import Redis

    with RedisServer() as server:
        client = Redis.from_url(server.url, socket_timeout=None)
        store = RedisStore(client, tokens_per_minute=5, prefix=prefix, timeout=0.5)
        first = await take(store, 1)
        assert server.pid is not None
        before = time.monotonic()
        try:
            os.kill(server.pid, signal.SIGSTOP)
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(take, store)
                tasks.start_soon(lambda: store.settle(first, tokens=0))
                tasks.start_soon(lambda: store.pause(LANE, 1))
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert time.monotonic() - before < 5
        await client.aclose()


async def test_a_wrong_password_is_told_and_not_shown(prefix) -> None:
    with RedisServer("--requirepass", "right-secret") as server:
        for url in (server.url, server.url.replace("unix://", "unix://:wrong-secret@")):
            store = RedisStore(url, prefix=prefix)
            with pytest.raises(ConfigurationError, match="Redis refuses") as caught:
                await store.reserve(LANE, tokens=0)
            assert "secret" not in repr(caught.value) + repr(store) + repr(vars(store))
            await store.aclose()
        store = RedisStore(server.url.replace("unix://", "unix://:right-secret@"), prefix=prefix)
        assert (await take(store)).id
        await store.aclose()


# Settings and event loops


@pytest.mark.parametrize(
    "settings",
    [
        {"requests_per_second": 0},
        {"requests_per_minute": -1},
        {"tokens_per_minute": float("inf")},
        {"requests_per_second": float("nan")},
        {"lease": 0},
        {"timeout": -1},
    ],
)
def test_settings_that_are_none(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        RedisStore("redis://localhost", **settings)


def test_an_url_that_is_none_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        RedisStore("http://me:secret@localhost")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_its_repr_says_what_it_holds() -> None:
    store = RedisStore("redis://me:secret@localhost", requests_per_second=5, tokens_per_minute=70)
    assert repr(store) == "<RedisStore 'openai_async': 5 requests in 1 s, 70 tokens in 60 s>"
    assert repr(RedisStore("redis://localhost")) == "<RedisStore 'openai_async': cool-downs only>"


def test_without_redis_py_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['redis.asyncio'] = None\n"
        "from openai_async.limits.redis import RedisStore\n"
        "RedisStore('redis://localhost')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert "ConfigurationError: RedisStore needs the extra" in done.stderr


def test_trio_is_told_that_it_is_not_served(server, prefix) -> None:
    import trio

    store = RedisStore(server.url, prefix=prefix)

    async def ask() -> None:
        with pytest.raises(ConfigurationError, match="asyncio"):
            await store.reserve(LANE, tokens=0)

    trio.run(ask)


def test_one_store_serves_one_event_loop_after_the_other(server, prefix) -> None:
    store = RedisStore(server.url, tokens_per_minute=100, prefix=prefix)
    for number in range(3):
        # Nobody closes it: that is its loop's affair.
        assert asyncio.run(take(store, 30)).id, number


async def test_a_client_of_your_own_stays_open(server, prefix) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(server.url) as client:
        store = RedisStore(client, prefix=prefix)
        assert (await take(store)).id
        await store.aclose()
        assert await client.ping()
