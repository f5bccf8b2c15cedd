"""chat, complete, embed, moderate."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from openai_async.testing import Server

from .conftest import Run


def reply(server: Server, text: str, **more: Any) -> None:
    """Have the server answer the next chat so."""
    message = {"role": "assistant", "content": text, **more}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    server.reply("POST /chat/completions", json=body)


def last(server: Server) -> Any:
    """The body of the last call."""
    return server.calls[-1].json


def test_chat_writes_the_answer_and_nothing_else(server: Server, run: Run) -> None:
    reply(server, "Because of Rayleigh.")
    outcome = run("chat", "Why", "is it blue?")
    assert (outcome.code, outcome.out, outcome.err) == (0, "Because of Rayleigh.\n", "")
    assert last(server)["messages"] == [{"role": "user", "content": "Why is it blue?"}]
    assert "stream" not in last(server)


def test_every_option_of_chat_reaches_the_server(server: Server, run: Run) -> None:
    outcome = run(
        *("chat", "-m", "gpt-4", "-s", "Be brief.", "--max-tokens", 5, "-t", 0.5, "--top-p", 0.9),
        *("--seed", 3, "--stop", "a", "--stop", "b", "-p", "n=2", "-p", "user=me", "Hello"),
    )
    assert outcome.code == 0
    assert outcome.out.count("---\n") == 1  # two answers
    assert last(server) == {
        "model": "gpt-4",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 3,
        "stop": ["a", "b"],
        "n": 2,
        "user": "me",
    }


def test_chat_streams(server: Server, run: Run) -> None:
    whole = run("chat", "--no-stream", "--seed", 1, "Hello").out
    outcome = run("chat", "--stream", "--stats", "--seed", 1, "Hello")
    assert (outcome.code, outcome.out) == (0, whole)
    assert last(server)["stream"] is True
    assert "tokens" in outcome.err


def test_a_stream_of_several_answers_shows_all_of_them(server: Server, run: Run) -> None:
    outcome = run("chat", "--stream", "-p", "n=3", "Hello")
    assert (outcome.code, outcome.out.count("---\n")) == (0, 2)


def test_chat_as_json(server: Server, run: Run) -> None:
    answer = json.loads(run("chat", "--json", "Hello").out)
    assert answer["object"] == "chat.completion"
    lines = run("chat", "--json", "--stream", "Hello").out.splitlines()
    assert {json.loads(line)["object"] for line in lines} == {"chat.completion.chunk"}


def test_a_call_of_a_tool_is_written_as_json(server: Server, run: Run) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    reply(server, "", tool_calls=[call])
    assert json.loads(run("chat", "Hello").out)["tool_calls"] == [call]


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_the_prompt_may_come_from_standard_input(
    server: Server, run: Run, arguments: list[str]
) -> None:
    assert run("chat", *arguments, stdin="Grüße\n".encode()).code == 0
    assert last(server)["messages"][0]["content"] == "Grüße"


def test_standard_input_may_stand_among_the_words(server: Server, run: Run) -> None:
    assert run("chat", "Sum up:", "-", stdin=b"a\nb\n").code == 0
    assert last(server)["messages"][0]["content"] == "Sum up:\n\na\nb"


def test_complete(server: Server, run: Run) -> None:
    outcome = run("complete", "--echo", "--suffix", "end", "--max-tokens", 4, "Once upon")
    assert outcome.code == 0
    assert outcome.out.startswith("Once upon")
    assert last(server)["suffix"] == "end"
    streamed = run("complete", "--stream", "--seed", 5, "Once upon").out
    assert streamed == run("complete", "--seed", 5, "Once upon").out
    assert json.loads(run("complete", "--json", "-", stdin=b"Once").out)["choices"]
    assert last(server)["prompt"] == "Once"


def test_embed_compares_texts(server: Server, run: Run) -> None:
    rows = [line.split("\t") for line in run("embed", "a cat", "a cat", "trains").out.splitlines()]
    assert [row[0] for row in rows] == ["a cat", "a cat", "trains"]
    assert rows[0][1:3] == ["1.00", "1.00"]
    assert float(rows[0][3]) < 1
    assert rows[0][-1] == "1536"


def test_embed_takes_lines_and_gives_vectors_as_json(server: Server, run: Run) -> None:
    answer = json.loads(run("embed", "--json", "--lines", "-", stdin=b"one\n\ntwo\n").out)
    assert last(server)["input"] == ["one", "two"]
    assert [len(item["embedding"]) for item in answer["data"]] == [1536, 1536]


def test_moderate(server: Server, run: Run) -> None:
    rows = run("moderate", "I will kill you", "a nice day").out.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["flagged", "ok"]
    assert json.loads(run("moderate", "--json", "-", stdin=b"hello").out)["results"]


def test_options_of_the_connection_stand_before_or_behind_the_command(
    server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url = run_url(monkeypatch)
    options = ["--base-url", base_url, "--api-key", "key-of-the-tests", "--organization", "org-1"]
    reply(server, "one")
    assert run(*options, "chat", "Hello").out == "one\n"
    reply(server, "two")
    assert run("chat", *options, "--project", "p-1", "--timeout", 5, "Hello").out == "two\n"
    headers = server.calls[-1].headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "p-1")


def run_url(monkeypatch: pytest.MonkeyPatch) -> str:
    """Take the address out of the environment."""
    base_url = os.environ["OPENAI_BASE_URL"]
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    return base_url


def test_text_that_the_output_can_not_hold_is_replaced(
    server: Server, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reply(server, "Grüße")
    with (tmp_path / "ascii").open("w", encoding="ascii") as file:
        monkeypatch.setattr("sys.stdout", file)
        assert run("chat", "Hello").code == 0
        reply(server, "Grüße")
        assert run("chat", "--json", "Hello").code == 0
    lines = (tmp_path / "ascii").read_text().splitlines()
    assert lines[0] == "Gr??e"
    assert json.loads("".join(lines[1:]))["choices"][0]["message"]["content"] == "Grüße"
