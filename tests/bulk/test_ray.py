"""`EmbedColumn` on a local Ray, with a limit that its actors share over Redis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openai_async.testing import RateLimit, Server
from tests.redisserver import PROGRAM, RedisServer

pytest.importorskip("ray")
np = pytest.importorskip("numpy")

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),
    pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server"),
]
HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "ray_embeddings.py"
LIMIT = 20
"""Requests a second."""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key", rate_limit=RateLimit(requests_per_second=LIMIT))


def run(program: Path, *args: str, base_url: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(program), *args],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={
            **os.environ,
            "OPENAI_BASE_URL": base_url,
            "OPENAI_API_KEY": "test-key",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            **environment,
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for at in times if start <= at < start + 1) for start in times)


def alone(texts: list[str], **params: Any) -> Any:
    """What the same server gives for each text."""
    import anyio

    async def ask() -> Any:
        async with Server(seed=1).client() as client:
            answer = await client.embeddings.create(
                model="text-embedding-3-small", input=texts, **params
            )
            return answer.to_numpy()

    return anyio.run(ask)


def test_actors_share_a_limit_and_every_row_has_its_vector(
    server: Server, redis: RedisServer, tmp_path: Path
) -> None:
    target = tmp_path / "vectors.npy"
    orders = {
        "redis": redis.url, "requests_per_second": LIMIT, "texts": 400, "target": str(target)
    }  # fmt: skip
    with server.run_in_thread() as base_url:
        told = json.loads(
            run(HERE / "ray_job.py", json.dumps(orders), base_url=base_url).splitlines()[-1]
        )
    texts = [f"text number {number}" for number in range(400)]
    assert np.load(target) == pytest.approx(alone(texts, dimensions=8), abs=1e-6)

    calls = [call for call in server.calls if call.path == "/embeddings"]
    assert len(calls) >= 80
    assert sum(call.status == 429 for call in calls) <= 0.05 * len(calls)
    # Each by itself would send as many. The way to the server takes a varying time.
    assert most_in_a_second([call.started for call in calls]) <= 1.25 * LIMIT

    # A row that can't be embedded says so, or ends the job.
    assert told["missing"] == [False, True, True, False]
    assert [bool(error) for error in told["errors"]] == told["missing"]
    assert "empty" in told["refused"]


def test_the_example(server: Server, redis: RedisServer, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = [f"line {number}" for number in range(50)]
    source, target = tmp_path / "texts", tmp_path / "vectors"
    source.mkdir()
    (source / "lines.txt").write_text("\n".join(texts))
    with server.run_in_thread() as base_url:
        said = run(
            EXAMPLE, str(source), str(target), base_url=base_url, REDIS_URL=redis.url, ACTORS="2"
        )
    assert f"50 rows in {target}" in said
    table = parquet.read_table(target)
    assert sorted(table["text"].to_pylist()) == sorted(texts)
    assert set(table["error"].to_pylist()) == {""}
