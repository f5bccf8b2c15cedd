"""The newest official client, on the built-in server over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from openai_async.testing import Server


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key", job_seconds=0.1)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Any]:
    openai = pytest.importorskip("openai", reason="needs the official client: nox -s official")
    async with server.listen() as base_url:
        async with openai.AsyncOpenAI(
            base_url=base_url, api_key="test-key", max_retries=0, timeout=20
        ) as client:
            yield client
