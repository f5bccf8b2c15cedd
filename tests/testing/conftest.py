"""The built-in server, driven with raw requests: it is tested without our own client."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from openai_async.testing import Server

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
def server() -> Server:
    return Server(seed=7, job_seconds=0.2)


@pytest.fixture
def connect() -> Connect:
    """An httpx client that reaches a server in-process (such a client needs no closing)."""

    def make(server: Server, **options: object) -> httpx.AsyncClient:
        options.setdefault("timeout", 5)
        return httpx.AsyncClient(
            transport=server.transport(), base_url="http://testserver/v1", **options
        )

    return make


@pytest.fixture
def http(server: Server, connect: Connect) -> httpx.AsyncClient:
    return connect(server)
