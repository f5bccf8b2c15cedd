"""`Server.advance`: time that passes without anybody waiting for it."""

from __future__ import annotations

import math

import httpx
import pytest

from openai_async.testing import RateLimit, Server

from .conftest import Connect

pytestmark = pytest.mark.anyio


async def test_rate_limits_refill(connect: Connect) -> None:
    server = Server(rate_limit=RateLimit(requests_per_minute=2))
    http = connect(server)
    statuses: list[int] = []
    for seconds in (0, 0, 0, 20, 60, 0, 0):
        server.advance(seconds)
        statuses.append((await http.get("/models")).status_code)
    assert statuses == [200, 200, 429, 429, 200, 200, 429]


async def test_what_expires(http: httpx.AsyncClient, server: Server) -> None:
    stored = await http.post(
        "/files",
        files={"file": ("a.txt", b"text")},
        data={
            "purpose": "user_data",
            "expires_after[anchor]": "created_at",
            "expires_after[seconds]": "3600",
        },
    )
    path = f"/files/{stored.json()['id']}"
    assert (await http.get(path)).status_code == 200
    server.advance(3599 - 60)
    assert (await http.get(path)).status_code == 200
    server.advance(120)
    assert (await http.get(path)).status_code == 404


async def test_answers_tell_the_time_that_it_is_there(
    http: httpx.AsyncClient, server: Server
) -> None:
    before = (await http.post("/conversations", json={})).json()["created_at"]
    server.advance(86_400)
    after = (await http.post("/conversations", json={})).json()["created_at"]
    assert 86_400 <= after - before < 86_460


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_time_that_cannot_pass(seconds: float) -> None:
    with pytest.raises(ValueError, match="forward"):
        Server().advance(seconds)
