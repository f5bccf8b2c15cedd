"""Clients in four processes, whose gates share a limit over Redis."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from openai_async.testing import Server
from tests.redisserver import PROGRAM, RedisServer

pytest.importorskip("redis")

pytestmark = [
    pytest.mark.redis,
    pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server"),
]
WORKER = Path(__file__).parent / "gate_worker.py"


def run(base_url: str, redis: str, seconds: float, callers: int, **limits: float) -> list[int]:
    """The calls that each of four processes has made."""
    orders = {
        "base_url": base_url, "redis": redis, "seconds": seconds, "callers": callers,
        "limits": limits,
    }  # fmt: skip
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", str(WORKER), json.dumps(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=40)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return [int(output) for output in outputs]


def test_four_processes_stay_within_a_limit_as_the_server_sees_it() -> None:
    limit, seconds = 80, 5.0
    # While a process stands still it takes nothing: to use the limit, and share it, are three tries.
    for _ in range(3):
        server = Server(seed=1)
        with RedisServer() as redis, server.run_in_thread() as base_url:
            counts = run(base_url, redis.url, seconds, 10, requests_per_second=limit)
        times = sorted(call.started for call in server.calls)
        assert len(times) == sum(counts)
        assert {call.status for call in server.calls} == {200}
        took = times[-1] - times[0]
        assert len(times) <= 1.05 * limit * (took + 1 / 4)
        # What is in any one second is asked of the store, by Redis's clock: on a machine that is
        # busy, calls reach a server in clumps, whoever lets them out.
        used, fair = len(times) / (limit * took), min(counts) >= 0.15 * sum(counts)
        if used >= 0.95 and fair:
            break
    assert used >= 0.95
    assert fair, counts


def test_a_refusal_of_one_is_a_pause_for_all() -> None:
    server = Server(seed=1)
    server.fault("429", value=3, on="POST /embeddings")
    with RedisServer() as redis, server.run_in_thread() as base_url:
        counts = run(base_url, redis.url, 4.0, 2, requests_per_second=40)
    refused = next(call for call in server.calls if call.status == 429)
    # Those that were on their way arrive, and then nobody comes for the rest of the three seconds.
    meanwhile = [call.started - refused.started for call in server.calls]
    assert not [after for after in meanwhile if 1.0 < after < 2.9]
    assert all(counts)
