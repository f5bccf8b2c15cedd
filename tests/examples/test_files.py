"""The examples of large files and of batches, each run as it stands, against the built-in server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openai_async.testing import Server

EXAMPLES = Path(__file__).parents[2] / "examples"
ADD = "POST /uploads/*/parts"

# Runs a program, and tells the most memory that it had, in KiB, as its last line.
MEASURED = """
import resource, runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key", job_seconds=0.5)


@pytest.fixture
def upstream(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The built-in server over a socket, and the environment that leads to it."""
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        yield base_url


def run(*args: str | Path, status: int = 0) -> list[str]:
    """What a program prints, or says when it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return (done.stdout if status == 0 else done.stderr).splitlines()


def parts_sent(server: Server) -> int:
    return sum(call.path.endswith("/parts") for call in server.calls)


def test_a_chunked_upload_with_a_failing_part(
    server: Server, upstream: str, tmp_path: Path
) -> None:
    program = EXAMPLES / "chunked_upload.py"
    small, large = tmp_path / "small.bin", tmp_path / "large.bin"
    small.write_bytes(b"small")
    with large.open("wb") as file:
        for _ in range(64):
            file.write(os.urandom(2**20))
    *_, least = run("-c", MEASURED, program, small)
    server.clear()
    server.fault("500", on=ADD)
    said, most = run("-c", MEASURED, program, large)
    assert said.endswith(": 67,108,864 bytes")
    assert parts_sent(server) == 9  # eight, and one of them twice
    if sys.platform == "linux":
        assert int(most) - int(least) < 10 * 1024
    stored = server.app.state.files[said.partition(":")[0]]  # type: ignore[attr-defined]
    assert b"".join(stored.chunks()) == large.read_bytes()


def test_a_chunked_upload_that_goes_on(server: Server, upstream: str, tmp_path: Path) -> None:
    program, source = EXAMPLES / "chunked_upload.py", tmp_path / "large.bin"
    source.write_bytes(os.urandom(40 * 2**20))
    server.fault("slow", value=0.2, on=ADD, times=4)
    server.fault("403", on=ADD)
    assert "run it again to go on" in run(program, source, status=1)[-1]
    server.clear()
    first, last = run(program, source)
    assert first.startswith("going on after")
    assert parts_sent(server) == 5 - int(first.split()[3])
    assert last.endswith(": 41,943,040 bytes")
    assert list(tmp_path.iterdir()) == [source]


def test_a_batch_with_errors_in_it(server: Server, upstream: str, tmp_path: Path) -> None:
    source, target = tmp_path / "requests.jsonl", tmp_path / "answers.jsonl"
    with source.open("w") as file:
        for number in range(500):
            body = {"messages": [{"role": "user", "content": f"{number}?"}], "max_tokens": 5}
            if number % 50 == 7:
                body["model"] = "no-such-model"
            file.write(json.dumps(body) + "\n")
    said = run(EXAMPLES / "batch_job.py", source, target)
    assert said[-1] == f"500 results in {target}, 10 of them errors"
    assert said[-2] == "completed: 490 of 500, 10 failed"
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"request-{number}" for number in range(500)]
    assert [n for n, line in enumerate(lines) if "error" in line] == list(range(7, 500, 50))
    assert "no-such-model" in lines[7]["error"]
