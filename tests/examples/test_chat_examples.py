"""The examples of chat, run as they stand, against the built-in server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openai_async.testing import Server
from tests.common import delta

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Over a socket, with the environment that leads to it."""
    server = Server(seed=1, api_key="test-key")
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        yield server


def run(program: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program), *args],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_tool_loop(server: Server) -> None:
    done = run("tool_loop.py", "The weather in city: Rome and the time in timezone: UTC, please")
    assert done.returncode == 0, done.stderr
    first, second = (call.json for call in server.calls)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["GetWeather", "GetTime"]
    assert len(first["messages"]) == 1
    _, asked, *results = second["messages"]
    assert [result["tool_call_id"] for result in results] == [
        call["id"] for call in asked["tool_calls"]
    ]
    assert results[0]["content"] == "Sunny in Rome, 21 degrees"
    assert ":" in results[1]["content"]
    assert "GetWeather(city='Rome') -> Sunny" in done.stderr
    assert len(done.stdout.split()) > 3


def test_tool_loop_with_a_tool_that_fails(server: Server) -> None:
    done = run("tool_loop.py", "What time is it in timezone: Nowhere?")
    assert done.returncode == 0, done.stderr
    assert server.calls[1].json["messages"][2]["content"].startswith("It failed: ")


def test_tool_loop_ends(server: Server) -> None:
    function: Any = {"name": "GetTime", "arguments": '{"timezone": "UTC"}'}
    call = {"id": "call-1", "type": "function", "function": function}
    choice = {"index": 0, "finish_reason": "tool_calls"}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    head = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    server.reply(
        "POST /chat/completions",
        json={**head, "choices": [{**choice, "message": message}]},
        times=None,
    )
    assert run("tool_loop.py", "What time is it?").stdout == "None\n"
    assert [call.json["tool_choice"] for call in server.calls] == ["auto"] * 4 + ["none"]


def test_structured_answer(server: Server) -> None:
    done = run("structured_answer.py", "place: Rome, day: Friday, with Ann Miller as a guest.")
    assert done.returncode == 0, done.stderr
    meeting = json.loads(done.stdout)
    assert (meeting["place"], meeting["day"]) == ("Rome", "Friday")
    assert all(person["role"] == "guest" for person in meeting["people"])
    assert done.stderr.split() == ["...", "place", "...", "day", "...", "people", "...", "notes"]


@pytest.mark.parametrize(
    ("finish", "said"), [("length", "Too long"), ("stop", "does not fit Meeting")]
)
def test_structured_answer_that_is_none(server: Server, finish: str, said: str) -> None:
    server.reply("POST /chat/completions", events=[delta('{"place"'), delta(finish=finish)])
    done = run("structured_answer.py", "Lunch?")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
