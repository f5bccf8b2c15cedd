"""The example that fills a vector store and searches it, run as it stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from openai_async.testing import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "vector_search.py"

TEXTS = {
    "bread": "Bread is baked from flour, water, yeast and a little salt.",
    "trains": "Trains run on rails and are pulled by electric locomotives.",
    "whales": "Whales are large mammals that live in the sea and breathe air.",
}


def run(server: Server, *args: str) -> subprocess.CompletedProcess[str]:
    with server.run_in_thread() as base_url:
        return subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLE), *args],
            env={**os.environ, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "test-key"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


def test_it_finds_the_file_that_is_asked_for(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.txt").write_text(text)
    (tmp_path / "picture.txt").write_bytes(b"\xff\xd8\xff")
    server = Server(seed=1, api_key="test-key", job_seconds=0.2)
    done = run(server, str(tmp_path), "Which mammals live in the sea?")
    assert done.returncode == 0, done.stderr
    assert "3 of 4 files are ready" in done.stderr
    assert "unsupported_file" in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert "whales.txt  'Whales are large mammals" in lines[0]
    assert server.calls[-1].method == "DELETE"


def test_it_leaves_no_store_behind_when_it_fails(tmp_path: Path) -> None:
    server = Server(seed=1, api_key="test-key")
    done = run(server, str(tmp_path), "Anything?")
    assert done.returncode == 1
    assert "files: there are none" in done.stderr
    assert [call.method for call in server.calls] == ["POST", "DELETE"]
