"""One of several processes whose clients share a limit: sends calls for as long as it is told.

Reads its orders as JSON from its arguments, says "ready", begins at a line from its standard input,
and prints how many calls it has made.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from openai_async import AsyncClient
from openai_async.limits import Gate
from openai_async.limits.redis import RedisStore


async def main(client: AsyncClient, orders: dict[str, Any]) -> None:
    end = time.monotonic() + orders["seconds"]
    calls = 0

    async def caller() -> None:
        nonlocal calls
        while time.monotonic() < end:
            await client.embeddings.create(
                model="text-embedding-3-small", input=["text"], dimensions=1
            )
            calls += 1

    async with client:
        await asyncio.gather(*(caller() for _ in range(orders["callers"])))
    print(calls, flush=True)


if __name__ == "__main__":
    orders = json.loads(sys.argv[1])
    store = RedisStore(orders["redis"], **orders["limits"])
    client = AsyncClient(base_url=orders["base_url"], api_key="k", gate=Gate(store=store)).preload(
        "embeddings"
    )
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(main(client, orders))
