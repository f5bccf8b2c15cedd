"""docs/moving.md tells the truth: the left side of each line runs with the official client, the right
side with this one, and where both give plain values, these are the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock, patch

import httpx
import pytest

import openai_async
from openai_async.testing import Server

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]

PAGE = Path(__file__).parents[2] / "docs" / "moving.md"
ROW = re.compile(r"^\| `(?P<official>[^`]+)` \| `(?P<here>[^`]+)` \|$", re.MULTILINE)
PLAIN = (bytes, str, int, float, list, dict, type(None))
MESSAGES: Any = [{"role": "user", "content": "hello"}]
FILE = ("a.json", b'{"a":\n 1}')
HEADERS = {"x-request-id": "r1"}


def rows() -> list[tuple[str, str]]:
    return [(row["official"], row["here"]) for row in ROW.finditer(PAGE.read_text())]


def steps(code: str, name: str) -> Any:
    """A line of code as an async function that gives what it gives."""
    tree = ast.parse(f"async def {name}(client, body, answer, page, file_id):\n    pass")
    [function] = tree.body
    assert isinstance(function, ast.AsyncFunctionDef)
    function.body = ast.parse(code, "docs/moving.md").body
    last = function.body[-1]
    if isinstance(last, ast.Expr):
        function.body[-1] = ast.Return(last.value)
    return compile(ast.fix_missing_locations(tree), "docs/moving.md", "exec")


async def run(library: Any, code: str, url: str) -> Any:
    """What a line gives, with one of the two clients."""
    async with library.AsyncOpenAI(base_url=url, api_key="test-key", max_retries=0) as client:
        chunk = library.types.chat.ChatCompletionChunk
        names = {
            "openai": library,
            "raw": getattr(library, "raw", None),
            "httpx": httpx,
            "patch": patch,
            "AsyncMock": AsyncMock,
            "MagicMock": MagicMock,
            "MESSAGES": MESSAGES,
            "Chunk": chunk,
            "STREAMED": {"model": "gpt-4o-mini", "messages": MESSAGES, "stream": True},
            "RESPONSE": httpx.Response(429, request=httpx.Request("POST", "http://x")),
        }
        for _ in range(2):  # so that there is a next page
            file = await client.files.create(file=FILE, purpose="user_data")
        body = await client.files.content(file.id)
        answer = await client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
        page = await client.files.list(limit=1)
        exec(steps(code, "line"), names)
        line: Any = names["line"]
        given = await line(client, body, answer, page, file.id)
        if isinstance(given, library.AsyncStream):
            await given.close()
        if hasattr(body, "aclose"):
            await body.aclose()
        return given


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    with Server(seed=1, api_key="test-key").run_in_thread() as url:
        yield url


def test_the_page_has_lines() -> None:
    assert len(rows()) > 40
    unread = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert len(unread) == len(rows())


@pytest.mark.filterwarnings("ignore:Due to a bug, this method doesn't:DeprecationWarning")
@pytest.mark.parametrize(("official", "here"), rows())
async def test_both_sides_of_a_line(official: str, here: str, url: str) -> None:
    openai: Any = pytest.importorskip("openai", reason="needs the official client: nox -s official")
    theirs = await run(openai, official, url)
    ours = await run(openai_async, here, url)
    alike = isinstance(theirs, PLAIN) and "request_id" not in here and "after" not in here
    if alike and not official.startswith("await client.get"):
        assert ours == theirs
    assert ("copy" in official) == Path("copy").exists()
