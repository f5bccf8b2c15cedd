"""That `RedisStore` is a store. Checked by mypy --strict and pyright strict; never run."""

from __future__ import annotations

from redis.asyncio import Redis
from typing_extensions import assert_type

from openai_async import AsyncClient
from openai_async.limits import Gate, Reservation, Store
from openai_async.limits.redis import RedisStore


async def stores(client: Redis) -> None:
    store: Store = RedisStore("redis://localhost", requests_per_minute=500, tokens_per_minute=1e6)
    assert_type(await store.reserve("lane", tokens=5), Reservation | float)
    RedisStore(client, requests_per_second=0.5, prefix="mine", lease=30, timeout=1)
    AsyncClient(gate=Gate(store=store))
