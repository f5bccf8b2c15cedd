"""Every failure is one line on standard error and an exit code; no traceback, ever."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from openai_async.cli import main
from openai_async.testing import Server

from .conftest import Run


def check(outcome: Any, code: int, *said: str) -> None:
    """The outcome is this failure, told in one line, with nothing on standard output."""
    assert outcome.code == code, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("openai-async: ")
    assert outcome.err.count("\n") == 1
    for text in said:
        assert text in outcome.err


def test_no_key(run: Run) -> None:
    check(run("chat", "Hello"), 1, "OPENAI_API_KEY", "--api-key")


def test_a_key_that_can_not_be(run: Run) -> None:
    check(run("--api-key", "a  b", "chat", "Hello"), 1, "key")


def test_a_base_url_that_is_none(run: Run) -> None:
    check(run("--api-key", "k", "--base-url", "localhost:1", "models", "list"), 1, "localhost:1")


def test_a_server_that_is_not_there(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        check(run("--api-key", "k", "--base-url", url, "--max-retries", 0, "chat", "Hello"), 1, url)


def test_a_wrong_key(server: Server, run: Run) -> None:
    check(run("--api-key", "wrong", "chat", "Hello"), 1, "401")


def test_a_model_that_does_not_exist(server: Server, run: Run) -> None:
    check(run("chat", "-m", "nobody", "Hello"), 1, "404", "nobody")
    check(run("models", "retrieve", "nobody"), 1, "404")


def test_a_stream_that_is_cut(server: Server, run: Run) -> None:
    server.fault("cut", value=3)
    outcome = run("chat", "--stream", "--max-tokens", 50, "Hello")
    assert outcome.code == 1
    assert outcome.out.endswith("\n")
    assert outcome.err.count("\n") == 1


def test_an_answer_that_is_no_json(server: Server, run: Run) -> None:
    server.fault("bad-json")
    check(run("chat", "Hello"), 1)


def test_an_error_of_many_lines_is_told_in_one(server: Server, run: Run) -> None:
    body = {"error": {"message": "one\ntwo\x1b[31m three", "type": "t"}}
    server.reply("POST /chat/completions", status=400, json=body)
    outcome = run("chat", "Hello")
    check(outcome, 1, "one two three")


@pytest.mark.parametrize(
    "command",
    [
        ["files", "upload"],
        ["transcribe"],
        ["image", "boat", "--edit"],
        ["image", "--variation"],
        ["fine-tunes", "create"],
    ],
)
def test_a_file_that_is_not_there(server: Server, run: Run, command: list[str]) -> None:
    check(run(*command, "nowhere.jsonl"), 1, "nowhere.jsonl")
    assert server.calls == []


def test_a_folder_that_is_not_there(server: Server, run: Run) -> None:
    file_id = run("files", "upload", "-", stdin=b'{"a": 1}\n').out.strip()
    check(run("files", "content", file_id, "-o", "no/such/folder"), 1, "No such file")


def test_input_that_is_no_text(server: Server, run: Run) -> None:
    check(run("chat", "-", stdin=b"\xff\xfe\x00"), 1, "UTF-8")
    check(run("embed", "--lines", "-", stdin=b"\n"), 1, "no text")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "nonsense"),
        (["chat", "--nonsense"], "--nonsense"),
        (["chat", "--temperature", "warm", "Hello"], "--temperature"),
        (["chat", "-p", "nonsense", "Hello"], "NAME=VALUE"),
        (["files"], "--help"),
        (["files", "upload"], "--help"),
        (["image", "--mask", "m.png", "boat"], "--edit"),
        (["image", "--variation", "m.png", "boat"], "--variation"),
        (["image", "--json", "-o", "-", "boat"], "--json"),
        (["transcribe", "--json", "-f", "srt", "a.wav"], "--json"),
        (["serve", "--faults", "nonsense"], "nonsense"),
        (["serve", "--faults", "429:often"], "often"),
        (["serve", "--rate-limit", "10"], "rpm"),
        (["serve", "--port", "70000"], "--port"),
    ],
)
def test_wrong_calls_are_code_2(server: Server, run: Run, arguments: list[str], said: str) -> None:
    check(run(*arguments), 2, said)


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        check(run("serve", "--port", taken.getsockname()[1]), 1, "in use")


def test_settings_in_the_environment_that_are_no_numbers(
    server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ASYNC_TIMEOUT", "long")
    check(run("chat", "Hello"), 1, "OPENAI_ASYNC_TIMEOUT", "long")


def test_what_nobody_foresaw(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # A description of a model without its date: strange, and not told apart beforehand.
    server.reply("GET /models/m", json={"id": "m", "created": "when?", "owned_by": "me"})
    outcome = run("models", "retrieve", "m")
    assert outcome.code == 1
    assert "OPENAI_ASYNC_TRACEBACK" in outcome.err
    monkeypatch.setenv("OPENAI_ASYNC_TRACEBACK", "1")
    server.reply("GET /models/m", json={"id": "m", "created": "when?", "owned_by": "me"})
    assert "Traceback" in run("models", "retrieve", "m").err


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("openai_async.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["--version"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install 'openai_async[cli]'" in err


def test_without_the_server_of_the_extra_testing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    check(run("serve"), 1, "pip install 'openai_async[testing]'")


def test_help_and_version(run: Run) -> None:
    for arguments in ([], ["--help"], ["chat", "-h"], ["files", "--help"], ["--version"]):
        outcome = run(*arguments)
        assert (outcome.code, outcome.err) == (0, "")
        assert outcome.out


def test_a_failure_is_told_on_standard_error_with_json_too(server: Server, run: Run) -> None:
    check(run("chat", "--json", "-m", "nobody", "Hello"), 1, "nobody")
    assert json.loads(run("chat", "--json", "Hello").out)


def test_an_output_that_takes_nothing(server: Server, run: Run, monkeypatch: Any) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no full device here")
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        outcome = run("chat", "Hello")
        monkeypatch.undo()
    assert outcome.code == 1
    assert outcome.err == "openai-async: No space left on device\n"
