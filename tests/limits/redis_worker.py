"""One of several processes that share a limit: takes what it gets, and says when it got it.

Reads its orders as JSON from its arguments, says "ready", begins at a line from its standard input,
and prints one line of JSON: the times of what it was given, by Redis's clock and by its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from openai_async.limits import _store
from openai_async.limits.redis import RedisStore

LANE = "api.example.com/key/model"


async def main(store: RedisStore, orders: dict[str, Any]) -> None:
    end = time.monotonic() + orders["seconds"]
    given: list[tuple[float, float]] = []

    async def caller() -> None:
        while time.monotonic() < end:
            answer = await store.reserve(LANE, tokens=orders.get("tokens", 0))
            if isinstance(answer, _store.Reservation):
                given.append((answer.at, time.time()))
                if "used" in orders:
                    await store.settle(answer, tokens=orders["used"])
            else:
                await asyncio.sleep(min(answer, max(0.0, end - time.monotonic())))

    await asyncio.gather(*(caller() for _ in range(orders.get("callers", 10))))
    await store.aclose()
    print(json.dumps(given), flush=True)


async def hold(store: RedisStore, orders: dict[str, Any]) -> None:
    """Take all that there is, say so, and never settle: somebody kills this process."""
    taken = 0
    while isinstance(await store.reserve(LANE, tokens=orders["tokens"]), _store.Reservation):
        taken += 1
    print(json.dumps(taken), flush=True)
    await asyncio.sleep(60)


if __name__ == "__main__":
    orders = json.loads(sys.argv[1])
    store = RedisStore(orders["url"], **orders["limits"])  # what is slow to import is imported here
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(hold(store, orders) if orders.get("hold") else main(store, orders))
