"""What the fault tests share: clients of a raw server, over each transport."""

from __future__ import annotations

import functools
from collections.abc import Callable

import httpx
import pytest

from openai_async import AsyncClient, Retry, RetryPolicy
from tests.rawserver import RawServer

ClientOf = Callable[..., AsyncClient]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `slow` runs only where `-m` speaks of it."""
    if "slow" not in config.getoption("-m"):
        skip = pytest.mark.skip(reason="slow: run with -m slow")
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(skip)


@pytest.fixture
def client(transport: str) -> ClientOf:
    """Makes clients of a server; the tests choose the transports by `EACH_TRANSPORT`.

    Retries, where a test asks for them, come at once.
    """
    return functools.partial(_client, transport)


def _client(
    transport: str, server: RawServer, connections: int | None = None, **options: object
) -> AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    options.setdefault("middleware", [Retry(RetryPolicy(initial=0, maximum=0))])
    return server.client(transport=transport, limits=limits, **options)
