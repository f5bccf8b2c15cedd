"""How the command is run in these tests: mostly in this process, else really from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openai_async.cli import main
from openai_async.testing import Server

KEY = "key-of-the-tests"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    code: int
    out: str
    err: str
    raw: bytes


Run = Callable[..., Outcome]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment that says nothing of a server, and an empty working directory."""
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def server(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the environment points to."""
    server = Server(api_key=KEY, seed=1, job_seconds=0.2)
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_ASYNC_MAX_RETRIES", "0")
        yield server


@pytest.fixture
def run(alone: Path, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in this process; `stdin` is a file with these bytes."""

    def run_here(*argv: object, stdin: bytes = b"") -> Outcome:
        (tmp_path / "stdin").write_bytes(stdin)
        with (tmp_path / "stdin").open() as file:
            monkeypatch.setattr("sys.stdin", file)
            capfdbinary.readouterr()
            code = main([str(each) for each in argv])
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Outcome(code, out.decode(errors="replace"), err.decode(), out)

    return run_here


def start(*argv: object, **settings: Any) -> subprocess.Popen[bytes]:
    """Start the command as a process of its own; end it with `with`."""
    streams: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that starts tests in the background has Ctrl-C ignored, and that is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "openai_async", *map(str, argv)],
        **{**streams, **settings},
    )
