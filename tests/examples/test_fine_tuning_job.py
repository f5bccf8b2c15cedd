"""The example of a fine-tuning job, run as it stands, against the built-in server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from openai_async.testing import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "fine_tuning_job.py"

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


async def run(
    lines: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> subprocess.CompletedProcess[bytes]:
    line = {"messages": [{"role": "assistant", "content": "Ahoy, the parrot sleeps."}]}
    examples = tmp_path / "train.jsonl"
    examples.write_text("\n".join([json.dumps(line)] * lines))
    async with Server(seed=1, api_key="test-key", job_seconds=0.5).listen() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        command = [sys.executable, "-W", "error", str(EXAMPLE), str(examples), "Where is it?"]
        with anyio.fail_after(30):
            return await anyio.run_process(command, check=False)


async def test_a_job_followed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await run(10, tmp_path, monkeypatch)
    assert done.returncode == 0, done.stderr
    told = done.stdout.decode().splitlines()
    assert told[0].startswith("Created fine-tuning job: ftjob-")
    assert told[-2] == "The job has successfully completed"
    assert told[-1].startswith("ft:gpt-4o-mini:")
    assert "parrot" in told[-1]
    assert len(set(told)) == len(told)


async def test_a_job_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await run(3, tmp_path, monkeypatch)
    assert done.returncode == 1
    assert b"must have at least 10" in done.stderr
