"""The command from outside: what it writes where, signals, pipes, terminals."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openai_async.testing import Server

from .conftest import start

SECONDS = 15.0
"""Bounds every wait."""


def read_line(process: subprocess.Popen[bytes]) -> bytes:
    """The next line on standard output."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], SECONDS)
    assert ready, "nothing came in time"
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve(alone: Path, number: signal.Signals) -> None:
    arguments = ["--api-key", "secret", "--rate-limit", "60rpm,100000tpm", "--faults", "500:0"]
    with start("serve", *arguments, "--model", "mine", "--seed", 1) as process:
        url = read_line(process).decode().strip()
        answer = httpx.get(f"{url}/models", headers={"authorization": "Bearer secret"})
        assert "mine" in [model["id"] for model in answer.json()["data"]]
        assert answer.headers["x-ratelimit-limit-requests"] == "60"
        assert httpx.get(f"{url}/models").status_code == 401
        body = {"model": "mine", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
        headers = {"authorization": "Bearer secret", "x-fault": "stall=1"}
        # A stream that would go on for ever does not hold it up.
        post = httpx.stream("POST", f"{url}/chat/completions", json=body, headers=headers)
        with contextlib.suppress(httpx.HTTPError), post as stream:
            started = time.monotonic()
            process.send_signal(number)
            stream.read()
        out, err = process.communicate(timeout=SECONDS)
        assert time.monotonic() - started < 5
    assert (process.returncode, out, err) == (0, b"", b"")


def test_serve_takes_the_key_in_front_of_its_name_too(alone: Path) -> None:
    with start("--api-key", "secret", "serve") as process:
        assert httpx.get(f"{read_line(process).decode().strip()}/models").status_code == 401
        process.terminate()
        process.communicate(timeout=SECONDS)


def test_ctrl_c_stops_a_stream_at_once(server: Server) -> None:
    server.fault("stall", value=3)
    with start("chat", "--stream", "--json", "Hello") as process:
        assert json.loads(read_line(process))
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
        assert time.monotonic() - started < 3
    assert (process.returncode, err) == (130, b"")


def test_ctrl_c_does_not_wait_for_standard_input(server: Server) -> None:
    with start("files", "upload", "-", "--name", "x", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
        wait_until(lambda: server.open_calls)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""


def wait_until(true: Any) -> None:
    """Until something is so."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def slow_server(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(seed=1, token_delay=0.02)
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        yield server


def test_a_reader_that_leaves_is_no_news(slow_server: Server) -> None:
    with start("complete", "--stream", "--json", "--max-tokens", 500, "Hello") as process:
        assert json.loads(read_line(process))
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (141, b"")


def test_standard_input_from_a_pipe_is_streamed(server: Server) -> None:
    with start("files", "upload", "-", "--purpose", "user_data", stdin=subprocess.PIPE) as process:
        out, err = process.communicate(os.urandom(1_000_000), timeout=SECONDS)
    assert (process.returncode, err) == (0, b"")
    assert out.startswith(b"file-")


@pytest.mark.parametrize(("words", "code"), [("Hello", 0), ("", 1)])
def test_closed_streams(server: Server, words: str, code: int) -> None:
    command = f"{sys.executable} -m openai_async chat {words} >&- 2>&- <&-"
    assert subprocess.run(command, shell=True, timeout=SECONDS, check=False).returncode == code


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *argv: str, separate_output: bool = False) -> None:
        self._end, other = pty.openpty()
        self.screen = ""
        out = subprocess.PIPE if separate_output else other
        self.process = start(*argv, stdin=other, stdout=out, stderr=other)
        os.close(other)

    def wait_for(self, text: str, count: int = 1) -> None:
        """Read until a text is on the screen so many times."""
        end = time.monotonic() + SECONDS
        while self.screen.count(text) < count:
            ready, _, _ = select.select([self._end], [], [], end - time.monotonic())
            assert ready, f"{text!r} did not come: {self.screen!r}"
            self._read()

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def finish(self) -> int:
        """Read to the end; the exit code."""
        with contextlib.suppress(OSError):
            while self._read():
                pass
        with self.process:
            code = self.process.wait(SECONDS)
        os.close(self._end)
        return code

    def _read(self) -> bool:
        data = os.read(self._end, 65536)
        self.screen += data.decode(errors="replace")
        return bool(data)


def test_a_conversation(server: Server) -> None:
    terminal = Terminal("chat", "-s", "Be kind.")
    terminal.wait_for("> ")
    terminal.type("Hello\n")
    terminal.wait_for("> ", 2)
    server.fault("500")
    terminal.type("This one fails\n")
    terminal.wait_for("openai-async: 500")
    terminal.wait_for("> ", 3)
    server.fault("stall", value=2)
    terminal.type("This one is stopped\n")
    wait_until(lambda: server.open_calls)
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("> ", 4)
    terminal.type("And again\n")
    terminal.wait_for("> ", 5)
    terminal.type("/exit\n")
    assert terminal.finish() == 0
    assert "Traceback" not in terminal.screen
    said = [message["content"] for message in server.calls[-1].json["messages"]]
    assert said[:2] == ["Be kind.", "Hello"]
    assert said[-1] == "And again"
    assert "This one fails" not in said


def test_an_upload_shows_a_bar_on_a_terminal_and_nothing_of_it_in_the_output(
    server: Server, alone: Path
) -> None:
    (alone / "big.bin").write_bytes(os.urandom(3_000_000))
    terminal = Terminal(
        "files", "upload", "big.bin", "--purpose", "user_data", separate_output=True
    )
    assert terminal.process.stdout is not None
    out = terminal.process.stdout.read()
    assert terminal.finish() == 0
    assert out.startswith(b"file-")
    assert out.count(b"\n") == 1
    assert b"\x1b" not in out
    assert "Uploading big.bin" in terminal.screen
    assert "3.0 MB" in terminal.screen


def test_control_characters_of_an_answer_do_not_reach_a_terminal(server: Server) -> None:
    text = "a\x1b[31mb\x07c"
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    server.reply("POST /chat/completions", json=body)
    terminal = Terminal("chat", "--no-stream", "Hello")
    assert terminal.finish() == 0
    assert "abc" in terminal.screen
