"""The demo, and the parts that it is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from openai_async.cli._commands.embed import similarities
from openai_async.cli._demo._preview import half_blocks
from openai_async.cli._demo._wrap import Wrapper
from openai_async.cli._engine import available
from openai_async.cli._meter import Meter
from openai_async.cli._output import size

from .conftest import Run
from .test_things import clear_png

PNG = b"\x89PNG\r\n\x1a\n"
PARTS = {"chat", "completion", "embeddings", "image", "upload", "fine_tune"}


def check(facts: dict[str, Any], folder: Path) -> None:
    """The facts are whole, and those that can be wrong are right."""
    assert facts.keys() >= PARTS
    assert facts["engines"].keys() == PARTS
    assert facts["chat"]["text"]
    assert facts["chat"]["tokens_per_second"] > 0
    assert facts["chat"]["seconds_to_first_token"] > 0
    assert facts["completion"]["text"]
    cat, kitten, prices, market = facts["embeddings"]["similarities"]
    assert cat[1] > max(cat[2:])
    assert kitten[0] > max(kitten[2:])
    assert prices[3] > max(prices[:2])
    assert market[2] > max(market[:2])
    picture = Path(facts["image"]["path"])
    assert picture.parent == folder
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size == facts["image"]["bytes"]
    assert facts["upload"]["bytes"] == 64_000_000
    assert facts["fine_tune"]["status"] == "succeeded"
    assert facts["fine_tune"]["events"][-1]["message"] == "Fine-tune succeeded"
    assert facts["fine_tune"]["text"].strip() == "Blue."
    assert 0 < facts["seconds"] < 60


def test_as_json(run: Run, tmp_path: Path) -> None:
    outcome = run("demo", "--json", "--no-local", "--output-dir", tmp_path / "new")
    assert (outcome.code, outcome.err) == (0, "")
    facts = json.loads(outcome.out)
    check(facts, tmp_path / "new")
    assert (facts["local"], facts["why_not_local"]) == (False, "--no-local")
    assert {engine["real"] for engine in facts["engines"].values()} == {False}


def test_as_plain_text(run: Run, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # of no concern to this machine itself
    outcome = run("demo", "--no-local")
    assert (outcome.code, outcome.err) == (0, "")
    assert (alone / "openai-async-demo.png").exists()
    assert "\x1b" not in outcome.out
    assert "\r" not in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    for said in ("built-in server", "tokens/s", "openai-async-demo.png", "Fine-tune succeeded"):
        assert said in outcome.out


def test_it_says_why_the_local_model_does_not_answer(
    run: Run, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alone / "file").touch()
    monkeypatch.setenv("OPENAI_ASYNC_CACHE", str(alone / "file" / "cache"))
    facts = json.loads(run("demo", "--json").out)
    assert facts["local"] is False
    assert str(alone / "file") in facts["why_not_local"] or not available()


def test_an_image_that_can_not_be_written(run: Run, alone: Path) -> None:
    (alone / "file").touch()
    outcome = run("demo", "--json", "--no-local", "--output-dir", "file")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "openai-async: File exists: file\n"


@pytest.mark.local
@pytest.mark.timeout(600)  # the weights may have to be fetched
@pytest.mark.skipif(not available(), reason="the local engine is not installed")
def test_with_the_local_model(run: Run, alone: Path) -> None:
    outcome = run("demo", "--json", "--output-dir", alone)
    assert outcome.code == 0
    facts = json.loads(outcome.out)
    if facts["why_not_local"] is not None:
        pytest.skip(facts["why_not_local"])
    check(facts, alone)
    assert facts["engines"]["chat"] == {
        "name": "SmolLM2-135M",
        "software": "llama.cpp",
        "real": True,
    }
    assert "blue" in facts["chat"]["text"]
    assert facts["embeddings"]["dimensions"] == 576


@given(st.lists(st.text("ab \n中", max_size=12)), st.integers(4, 20))
def test_wrapping_loses_no_word_and_keeps_to_the_width(pieces: list[str], width: int) -> None:
    wrapper = Wrapper(width, "  ")
    out = "".join(map(wrapper.feed, pieces)) + wrapper.close()
    assert out.split() == "".join(pieces).split()
    for line in out.split("\n"):
        assert not line.endswith(" ")
        assert cell_len(line) <= width or " " not in line.strip()
        assert not line or line.startswith("  ")


def test_a_meter_counts_what_the_server_says_else_pieces() -> None:
    meter = Meter(started=0.0)
    assert meter.tokens_per_second is None
    meter.first, meter.last, meter.pieces = 0.5, 1.5, 11
    assert (meter.tokens, meter.tokens_per_second) == (11, 10.0)
    meter.told = 21
    assert str(meter) == "21 tokens, 20 tokens/s, first after 0.50 s"


def test_similarities() -> None:
    assert similarities([[1, 0], [0, 2], [0, 0]]) == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_sizes() -> None:
    assert [size(n) for n in (0, 999, 1000, 98_362_432, 10**13)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "98.4 MB",
        "10000.0 GB",
    ]


def test_a_picture_of_another_kind_is_not_drawn() -> None:
    assert list(half_blocks(clear_png(), 4)) == []
