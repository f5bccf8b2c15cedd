"""embed --output, map, journal: whole files in, whole files out, and what is between them kept."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.cli._output import Failure
from openai_async.cli._templates import Template
from openai_async.testing import Server

from .conftest import KEY, Run, start

SECONDS = 30.0
"""Bounds every wait."""


def json_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def embedded(server: Server) -> Counter[str]:
    """How often each text was sent."""
    calls = [call.json["input"] for call in server.calls if call.path.endswith("/embeddings")]
    return Counter(str(text) for call in calls for text in call)


def asked(server: Server) -> list[str]:
    """The last message of each chat."""
    return [call.json["messages"][-1]["content"] for call in server.calls]


# embed


def test_embed_a_file(server: Server, run: Run, alone: Path) -> None:
    (alone / "texts.txt").write_text("".join(f"text {n}\n" for n in range(1000)))
    outcome = run("embed", "texts.txt", "-o", "out.npy", "--dimensions", 16, "--batch", 100)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "1,000 done, 0 from the journal, 0 failed: out.npy\n"
    found = np.load("out.npy")
    assert (found.shape, found.dtype) == ((1000, 16), np.float32)
    assert max(embedded(server).values()) == 1
    assert len(server.calls) == 10
    assert all(call.json["dimensions"] == 16 for call in server.calls)
    # The rows are those of the lines.
    one = run("embed", "--json", "--dimensions", 16, "text 777")
    assert np.allclose(json.loads(one.out)["data"][0]["embedding"], found[777], atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        *(["--format", "txt"], ["--field", "text"], ["--batch", 2], ["--truncate"], ["--clean"]),
        *(["--concurrency", 2], ["--stop-after", 2], ["--patience", 2], ["--journal", "j"]),
        ["--no-journal"],
    ],
)
def test_options_of_bulk_jobs_are_refused_without_one(
    server: Server, run: Run, alone: Path, options: list[Any]
) -> None:
    """The name of a file would be embedded, in place of what is in it."""
    (alone / "texts.txt").write_text("a\nb\n")
    outcome = run("embed", "texts.txt", *options)
    assert outcome.code == 2
    assert f"{options[0]} is for files, whose vectors go to --output" in outcome.err
    assert not server.calls


@pytest.mark.parametrize("option", ["--json", "--lines"])
def test_options_for_a_few_texts_are_refused_in_bulk_jobs(
    server: Server, run: Run, alone: Path, option: str
) -> None:
    (alone / "texts.txt").write_text("a\n")
    outcome = run("embed", "texts.txt", "-o", "out.npy", option)
    assert outcome.code == 2
    assert f"{option} and --output exclude each other" in outcome.err
    assert not server.calls


def test_a_second_run_pays_for_nothing(server: Server, run: Run, alone: Path) -> None:
    (alone / "texts.txt").write_text("a\nb\n")
    command = ("embed", "texts.txt", "-o", "out.npy", "--dimensions", 4)
    run(*command)
    first = (alone / "out.npy").read_bytes()
    assert sorted(child.name for child in alone.iterdir()) == [
        *("out.npy", "out.npy.journal", "texts.txt")
    ]
    server.clear()
    again = run(*command)
    assert (again.code, again.err) == (0, "2 done, 2 from the journal, 0 failed: out.npy\n")
    assert (alone / "out.npy").read_bytes() == first
    assert not server.calls
    (alone / "texts.txt").write_text("b\nc\na\n")  # what is new is sent, and nothing else
    assert run(*command).code == 0
    assert embedded(server) == {"c": 1}
    changed = run(*command[:-1], 8)  # another parameter, another vector
    assert ", 0 from the journal" in changed.err
    assert np.load(alone / "out.npy").shape == (3, 8)


def test_bad_items_are_errors_of_their_own(server: Server, run: Run, alone: Path) -> None:
    lines = [
        *(b'{"text": "good"}', b'"a text alone"', b"", b'{"text"', b'{"text": null}', b"null"),
        *(b'{"other": "x", "more": 1}', b'{"text": ""}', b'"\xff"', b'{"text": 5}', b"[1, 2]"),
        *(b'{"text": "\\ud800"}', b'{"text": "last"}'),
    ]
    (alone / "in.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    outcome = run("embed", "in.jsonl", "-o", "out.npy", "--dimensions", 4)
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "4 done, 0 from the journal, 8 failed: out.npy",
        "The first that failed: in.jsonl line 4 is not JSON: Expecting ':' delimiter at column 8",
    ]
    rows = np.load("out.npy")
    failed = {2, 3, 4, 5, 6, 7, 8, 10}
    assert set(np.flatnonzero(np.isnan(rows).all(axis=1))) == failed
    errors = {line["index"]: line["error"] for line in json_lines(alone / "out.npy.errors.jsonl")}
    assert errors.keys() == failed
    assert errors[3] == "in.jsonl line 5 has a 'text' that is null"
    assert "no 'text' or 'input' or 'prompt', but: other, more" in errors[5]
    assert errors[7] == "in.jsonl line 9 is not UTF-8: byte 0xff at 2"
    # Mended, the same command sends what is new.
    server.clear()
    (alone / "in.jsonl").write_text('{"text": "good"}\n{"text": "mended"}\n')
    assert run("embed", "in.jsonl", "-o", "out.npy", "--dimensions", 4).code == 0
    assert embedded(server) == {"mended": 1}
    assert not (alone / "out.npy.errors.jsonl").exists()


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "sqlite"])
def test_other_formats(server: Server, run: Run, alone: Path, suffix: str) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    outcome = run("embed", "-o", f"out.{suffix}", "--dimensions", 4, stdin="ä\n\nz".encode())
    assert outcome.code == 1
    path = alone / f"out.{suffix}"
    if suffix == "jsonl":
        rows = json_lines(path)
        assert [set(row) for row in rows] == [
            {"index", "input", "embedding"},
            {"index", "input", "error"},
            {"index", "input", "embedding"},
        ]
    elif suffix == "parquet":
        import pyarrow.parquet as parquet

        rows = parquet.read_table(path).to_pylist()
    else:
        database = sqlite3.connect(path)
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute('SELECT *, id AS "index" FROM results')]
        database.close()
        rows = [
            row | {"embedding": row["embedding"] and np.frombuffer(row["embedding"], "<f4")}
            for row in rows
        ]
    assert [(row["index"], row["input"]) for row in rows] == [(0, "ä"), (1, ""), (2, "z")]
    assert [row.get("error") for row in rows] == [None, "the text is empty", None]
    assert rows[1].get("embedding") is None
    assert len(rows[2]["embedding"]) == 4


def test_several_inputs_of_several_kinds(server: Server, run: Run, alone: Path) -> None:
    (alone / "a.txt").write_text("one")
    (alone / "b.csv").write_text('id,text\n1,"two, ""2""\nlines"\n\n2,three\n')
    (alone / "c.tsv").write_text("text\nfour\n")
    (alone / "d.ndjson").write_text('{"input": "five"}')
    (alone / "e").write_text('{"deep": "six"}')
    run("embed", "a.txt", "-", "b.csv", "c.tsv", "d.ndjson", "-o", "o.jsonl", stdin=b"zero\n")
    inputs = [line["input"] for line in json_lines(alone / "o.jsonl")]
    assert inputs == [
        *("one", "zero", {"id": "1", "text": 'two, "2"\nlines'}, {"id": "2", "text": "three"}),
        *({"text": "four"}, {"input": "five"}),
    ]
    assert set(embedded(server)) == {"one", "zero", 'two, "2"\nlines', "three", "four", "five"}
    assert run("embed", "e", "--format", "jsonl", "-o", "o.jsonl").code == 0  # the one field it has
    assert run("embed", "b.csv", "--column", "id", "-o", "o.jsonl").code == 0
    assert embedded(server)["2"] == embedded(server)["six"] == 1


def test_bad_csv(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.csv").write_bytes(b'a,text\n1,x\n2\n3,\xff\n4,"y"z\n5,a,b\n6,"never closed\n7,w\n')
    assert run("embed", "in.csv", "-o", "out.jsonl").code == 1
    rows = json_lines(alone / "out.jsonl")
    assert [row.get("error") for row in rows] == [
        None,
        "in.csv line 3 has 1 cells for 2 columns",
        "in.csv line 4 is not UTF-8: byte 0xff at 3",
        None,
        "in.csv line 6 has 3 cells for 2 columns",
        "in.csv line 7 has a quote that is not closed",
    ]
    assert rows[3]["input"]["text"] == "yz"


def test_csv_with_semicolons(server: Server, run: Run, alone: Path) -> None:
    """As spreadsheets write it where the comma is used in numbers."""
    (alone / "in.csv").write_text('id;text\n1;"a; b"\n2;c, d\n')
    assert run("embed", "in.csv", "-o", "out.jsonl").code == 0
    assert set(embedded(server)) == {"a; b", "c, d"}


def test_nothing_to_do(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.txt").write_text("")
    outcome = run("embed", "in.txt", "-o", "out.npy")
    assert (outcome.code, outcome.err) == (0, "0 done, 0 from the journal, 0 failed: out.npy\n")
    assert sorted(path.name for path in alone.iterdir()) == ["in.txt", "out.npy"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of POSIX's")
def test_no_standard_input(server: Server, alone: Path) -> None:
    command = f"{sys.executable} -m openai_async embed - -o out.npy <&-"
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stderr) == (1, "openai-async: there is no standard input\n")


def test_lines_of_any_length(server: Server, run: Run, alone: Path) -> None:
    long = "x" * 300_000  # more than is read at once
    (alone / "in.txt").write_bytes(f"{long}\n".encode() + b"y" * (9 << 20) + b"\nlast\n")
    assert run("embed", "in.txt", "-o", "out.jsonl").code == 1
    first, second, third = json_lines(alone / "out.jsonl")
    assert second["error"] == "in.txt line 2 is longer than 8 MiB"
    assert first["input"] == long
    assert "embedding" in third


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["embed", "t.txt", "-o", "x.xls"], 2, "must end in .jsonl, .npy, .parquet or .sqlite"),
        (["embed", "nowhere.txt", "-o", "x.npy"], 1, "No such file or directory: nowhere.txt"),
        (["embed", "t.txt", "-o", "no/x.npy"], 1, "its folder must be there"),
        (["embed", "t.jsonl", "-o", "t.jsonl"], 2, "t.jsonl is among the inputs"),
        (["embed", "t.txt", "-o", "x.npy", "--json"], 2, "exclude each other"),
        (["embed", "-", "-", "-o", "x.npy"], 2, "once only"),
        (["embed", "README.md", "-o", "x.npy"], 2, "--format"),
        (["embed", "t.txt", "-o", "x.npy", "--format", "xml"], 2, "jsonl, txt, csv, tsv"),
        (["embed", "t.csv", "-o", "x.npy", "--field", "no"], 2, "has no column 'no', but: a, b"),
        (["embed", "t.txt", "-o", "x.npy", "--no-journal", "--clean"], 2, "--no-journal"),
        (["embed", "utf16.txt", "-o", "x.npy"], 1, "UTF-16"),
        (["embed", "utf16le.txt", "-o", "x.npy"], 1, "UTF-16"),
        (["embed", "cr.csv", "-o", "x.npy"], 1, "its lines end in \\r alone"),
        (["embed", "t.txt", "-o", "x.npy", "--journal", "t.txt"], 1, "is no journal"),
        (["map", "t.txt", "-o", "x.jsonl", "--prompt", "Hi"], 2, "{text}"),
        (["map", "t.txt", "-o", "x.npy", "--prompt", "{text}"], 2, "a .npy file holds vectors"),
    ],
)
def test_wrong_calls_leave_nothing(
    server: Server, run: Run, alone: Path, arguments: list[str], code: int, said: str
) -> None:
    (alone / "t.txt").write_text("a\n")
    (alone / "README.md").write_text("a\n")
    (alone / "t.jsonl").write_text('"a"\n')
    (alone / "t.csv").write_text("a,b\n1,2\n")
    (alone / "utf16.txt").write_text("a\nb\n", encoding="utf-16")
    (alone / "utf16le.txt").write_text("a\nb\n", encoding="utf-16-le")
    (alone / "cr.csv").write_bytes(b"a,text\r1,x\r")
    before = {child.name: child.read_bytes() for child in alone.iterdir()}
    outcome = run(*arguments)
    assert outcome.code == code
    assert outcome.err.startswith("openai-async: ")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err
    assert {child.name: child.read_bytes() for child in alone.iterdir()} == before


def test_a_job_that_fails_says_how_to_go_on(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.txt").write_text("a\nb\n\nc\n")
    command = ("embed", "in.txt", "-o", "out.npy", "--batch", 1, "--concurrency", 1)
    outcome = run(*command, "--stop-after", 1)
    assert outcome.code == 1
    told, error = outcome.err.splitlines()
    assert told.startswith("Failed after ")
    assert told.endswith("They are in out.npy.journal: the same command goes on from there.")
    assert "the text is empty" in error
    assert not (alone / "out.npy").exists()
    server.clear()
    assert run(*command).code == 1
    assert np.load("out.npy").shape[0] == 4
    assert "a" not in embedded(server)


def test_the_key_is_nowhere(server: Server, run: Run, alone: Path) -> None:
    run("embed", "-o", "out.jsonl", stdin=b"a\n")
    for child in alone.iterdir():
        assert KEY.encode() not in child.read_bytes()


def test_the_journal_may_be_elsewhere_go_or_not_be(server: Server, run: Run, alone: Path) -> None:
    run("embed", "-o", "a.jsonl", "--journal", "my.journal", stdin=b"a\n")
    assert {child.name for child in alone.iterdir()} == {"a.jsonl", "my.journal"}
    run("embed", "-o", "b.jsonl", "--journal", "my.journal", "--clean", stdin=b"a\n")
    assert {child.name for child in alone.iterdir()} == {"a.jsonl", "b.jsonl"}
    outcome = run("embed", "-o", "c.jsonl", "--no-journal", stdin=b"a\n")
    assert outcome.err == "1 done, 0 failed: c.jsonl\n"
    assert {child.name for child in alone.iterdir()} == {"a.jsonl", "b.jsonl", "c.jsonl"}
    run("embed", "-o", "d.jsonl", "--clean", stdin=b"a\n\n")  # one has failed: it is kept
    assert (alone / "d.jsonl.journal").exists()


def test_a_server_that_is_away_is_told_of(run: Run, alone: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        options = ("--base-url", url, "--api-key", "k", "--max-retries", 0, "--patience", 0.2)
        outcome = run("embed", "-o", "a.jsonl", *options, stdin=b"a\n")
    told, error = outcome.err.splitlines()
    assert told.startswith("No call succeeds; trying again. ")
    assert error.startswith("openai-async: ")
    assert outcome.code == 1
    assert not list(alone.iterdir())


# map


def test_map_asks_for_each_item(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.csv").write_text("name,text,n\nAnn,good,\nBob,bad,5\n")
    outcome = run(
        *("map", "in.csv", "-o", "out.jsonl", "-m", "gpt-4", "-s", "Be brief.", "--max-tokens", 4),
        *("-t", 0.5, "-p", "user=me", "--prompt", '{name}: {{text}} {"a": 1} {text} {n}'),
    )
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "2 done, 0 from the journal, 0 failed: out.jsonl\n"
    assert sorted(asked(server)) == [
        'Ann: {text} {"a": 1} good ',
        'Bob: {text} {"a": 1} bad 5',
    ]
    body = server.calls[0].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("gpt-4", 4, 0.5)
    assert body["user"] == "me"
    rows = json_lines(alone / "out.jsonl")
    assert [row["input"]["name"] for row in rows] == ["Ann", "Bob"]
    assert {row["finish_reason"] for row in rows} <= {"stop", "length"}
    assert all(isinstance(row["output"], str) for row in rows)


def test_map_goes_on_and_knows_another_question(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.txt").write_text("a\nb\n")
    command = ("map", "in.txt", "-o", "out.jsonl", "--max-tokens", 4)
    run(*command, "--prompt", "Say {text}")
    first = (alone / "out.jsonl").read_text()
    again = run(*command, "--prompt", "Say {text}")
    assert again.err == "2 done, 2 from the journal, 0 failed: out.jsonl\n"
    assert (alone / "out.jsonl").read_text() == first
    assert len(server.calls) == 2
    for change in (["--prompt", "Sing {text}"], ["--prompt", "Say {text}", "-s", "Be loud."]):
        assert ", 0 from the journal" in run(*command, *change).err
    whole = run(*command, "--prompt", "Say {text}", "--json")  # of what is there already
    assert ", 2 from the journal" in whole.err
    rows = json_lines(alone / "out.jsonl")
    assert rows[0]["output"]["object"] == "chat.completion"
    assert rows[0]["output"]["usage"]["completion_tokens"] <= 4


def test_map_has_errors_for_items(server: Server, run: Run, alone: Path) -> None:
    (alone / "in.jsonl").write_text('{"a": 1}\n{"b": [2]}\n{"a": null}\n{"a": " "}\n5\n')
    outcome = run("map", "in.jsonl", "-o", "out.jsonl", "--prompt", "{a}", "--max-tokens", 2)
    assert outcome.code == 1
    assert [row.get("error") for row in json_lines(alone / "out.jsonl")] == [
        None,
        "in.jsonl line 2 has no 'a', but: b",
        "in.jsonl line 3 has a 'a' that is null",
        "in.jsonl line 4 is empty",
        "in.jsonl line 5 has no 'a', but: a text alone",
    ]
    assert asked(server) == ["1"]
    refused = run("map", "in.jsonl", "-o", "b.sqlite", "--prompt", "{text}", "-m", "nobody")
    assert refused.code == 1
    database = sqlite3.connect(alone / "b.sqlite")
    (error,) = database.execute("SELECT error FROM results WHERE id = 0").fetchone()
    database.close()
    assert "404" in error


def test_templates() -> None:
    assert Template("{text}").fill("{text}") == "{text}"
    assert Template("{a b}{a b} {x-y}").fill({"a b": 1, "x-y": [1, "ä"]}) == '11 [1, "ä"]'
    assert Template("{text}", "body").fill({"body": "x", "text": ""}) == "x"
    for text in ("", "{}", "{0}", "{ text }", "{{text}}", '{"text": 1}'):
        with pytest.raises(Failure):
            Template(text)


@given(st.text(), st.text(min_size=1))
def test_what_is_filled_in_is_not_looked_at_again(before: str, said: str) -> None:
    before = before.replace("{", "(").replace("}", ")")
    if said.strip():
        assert Template(before + "{text}}").fill(said) == f"{before}{said}}}"


# Signals


@pytest.fixture
def slow(server: Server, alone: Path) -> Iterator[Any]:
    """A job of 400 requests, two at a time, against a server that takes its time."""
    (alone / "in.txt").write_text("".join(f"text {n}\n" for n in range(400)))
    server.fault("slow", value=0.02, times=None)
    command = ("embed", "in.txt", "-o", "out.npy", "--batch", 1, "--concurrency", 2)

    @contextlib.contextmanager
    def begun(until: int) -> Iterator[subprocess.Popen[bytes]]:
        """The job, when so many of its requests have come."""
        with start(*command, "--dimensions", 4) as process:
            limit = threading.Timer(SECONDS, process.kill)
            limit.start()
            try:
                while len(server.calls) < until and process.poll() is None:
                    select.select([], [], [], 0.005)
                yield process
            finally:
                limit.cancel()
                process.kill()

    return begun


@pytest.mark.crash
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(
    server: Server, slow: Any, run: Run, alone: Path
) -> None:
    with slow(until=30) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, b"")
    assert err.decode().startswith("Stopped after ")
    assert err.decode().endswith(
        "They are in out.npy.journal: the same command goes on from there.\n"
    )
    assert {child.name for child in alone.iterdir()} == {"in.txt", "out.npy.journal"}
    check_second_run(server, slow, alone)


@pytest.mark.crash
def test_kill_9_and_the_same_command_goes_on(server: Server, slow: Any, alone: Path) -> None:
    with slow(until=30) as process:
        process.kill()
        process.wait(SECONDS)
    assert not (alone / "out.npy").exists()
    check_second_run(server, slow, alone)


def check_second_run(server: Server, slow: Any, alone: Path) -> None:
    with slow(until=0) as process:
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert err.startswith(b"400 done, ")
    assert b", 0 from the journal" not in err
    assert np.load(alone / "out.npy").shape == (400, 4)
    assert {child.name for child in alone.iterdir()} == {"in.txt", "out.npy", "out.npy.journal"}
    times = embedded(server)
    assert len(times) == 400
    assert sum(times.values()) <= 402  # what was in flight, and no more


def test_two_at_once_on_one_output(server: Server, slow: Any, run: Run, alone: Path) -> None:
    with slow(until=5) as process:
        outcome = run("embed", "in.txt", "-o", "out.npy")
        assert f"in use by process {process.pid}" in outcome.err
        assert outcome.code == 1
        listed = run("journal", "list", "out.npy.journal")
        assert listed.code == 0
        assert "text 0" in listed.out


# journal


def test_journal(server: Server, run: Run, alone: Path) -> None:
    run("embed", "-o", "a.npy", "--dimensions", 4, stdin=b"one\ntwo\n")
    listed = run("journal", "list", "a.npy.journal")
    assert (listed.code, listed.err) == (0, "")
    assert [line.split("\t")[1:] for line in listed.out.splitlines()] == [
        ["embedding", "4 numbers", "one"],
        ["embedding", "4 numbers", "two"],
    ]
    told = [
        json.loads(line)
        for line in run("journal", "list", "--json", "a.npy.journal").out.splitlines()
    ]
    assert [(each["item"], each["bytes"]) for each in told] == [("one", 16), ("two", 16)]
    assert run("journal", "list", "--kind", "json", "a.npy.journal").out == ""
    assert run("journal", "export", "a.npy.journal", "b.npy").code == 0
    assert np.array_equal(np.load("b.npy"), np.load("a.npy"))
    assert run("journal", "clean", "a.npy.journal", "--older-than", "30d").out == "0 deleted\n"
    assert run("journal", "clean", "a.npy.journal", "--all").out == "2 deleted\n"
    assert run("journal", "list", "a.npy.journal").out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list", "nothing"], 1, "is not there"),
        (["list", "text"], 1, "is no journal"),
        (["export", "text", "x.jsonl"], 1, "is no journal"),
        (["clean", "nothing", "--all"], 1, "is not there"),
        (["clean", "text"], 2, "say what to delete"),
        (["clean", "text", "--older-than", "soon"], 2, "30d"),
        (["clean", "text", "--older-than", "99999999999w"], 2, "too long ago"),
    ],
)
def test_journals_that_can_not_be_used(
    run: Run, alone: Path, arguments: list[str], code: int, said: str
) -> None:
    (alone / "text").write_text("just a text, " * 100)
    outcome = run("journal", *arguments)
    assert outcome.code == code
    assert said in outcome.err
    assert [child.name for child in alone.iterdir()] == ["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes of this kind")
def test_a_pipe_is_read_as_it_comes(server: Server, alone: Path) -> None:
    reading, writing = os.pipe()
    with start("embed", "-", "-o", "out.npy", "--dimensions", 4, stdin=reading) as process:
        os.close(reading)
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        os.write(writing, b"first\n")
        while "first" not in embedded(server) and process.poll() is None:
            select.select([], [], [], 0.005)
        os.write(writing, b"second\n")
        os.close(writing)
        _, err = process.communicate(timeout=SECONDS)
        limit.cancel()
    assert err == b"2 done, 0 from the journal, 0 failed: out.npy\n"
    assert embedded(server) == {"first": 1, "second": 1}
