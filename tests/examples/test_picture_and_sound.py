"""`examples/picture_and_sound.py`, run as it stands, against the built-in server."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from openai_async.testing import Server
from openai_async.testing._png import read_png

EXAMPLE = Path(__file__).parents[2] / "examples" / "picture_and_sound.py"

pytestmark = pytest.mark.anyio


async def test_picture_and_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "A boat on a lake at night."
    with Server(seed=1, api_key="test-key").run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        with anyio.fail_after(30):
            done = await anyio.run_process(
                [sys.executable, "-W", "error", str(EXAMPLE), said, str(tmp_path / "made")]
            )
    told = done.stdout.decode().splitlines()
    assert f"heard: {said}" in told
    assert told.index("painted unfinished-1.png") < told.index("painted picture.png")
    pictures = [read_png(path.read_bytes()) for path in (tmp_path / "made").glob("*.png")]
    assert [(png.width, png.height, png.description) for png in pictures] == [(512, 512, said)] * 3
    assert (tmp_path / "made" / "speech.mp3").read_bytes().startswith(b"ID3")
