"""Fixtures for tests of your own code: `openai_server` and `openai_client`.

    async def test_answer(openai_server, openai_client):
        openai_server.reply("POST /chat/completions", json={...})
        answer = await openai_client.chat.completions.create(...)

Loaded by pytest in every session where this package is installed: nothing is imported before a
fixture is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openai_async import AsyncClient

    from .server import Server


@pytest.fixture
def openai_server() -> Server:
    """A fresh `openai_async.testing.Server` for each test, with the same ids and texts every time."""
    from .server import Server  # noqa: PLC0415  # see above

    return Server(seed=0, job_seconds=0.2)


@pytest.fixture
def openai_client(openai_server: Server) -> AsyncClient:
    """An `AsyncClient` that talks to `openai_server` in-process.

    It is a plain fixture, so that it works with every plugin for async tests: in-process there are
    no connections, and a client of it needs no closing.
    """
    return openai_server.client(max_retries=0)
