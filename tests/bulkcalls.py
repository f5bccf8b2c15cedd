"""Calls and sources that tests of bulk jobs share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from openai_async import (
    RetryPolicy,
    bulk,
)
from openai_async.errors import from_response

AT_ONCE = RetryPolicy(initial=0, maximum=0)
SOON = RetryPolicy(initial=0.01, maximum=0.01)


def status(number: int, **detail: Any) -> Exception:
    """What a call raises for an answer with this status."""
    error = {"message": f"a {number}", **detail}
    return from_response(httpx.Response(number, json={"error": error}))


class Calls:
    """A call that counts itself."""

    def __init__(self, answer: Callable[[Any], Any] = lambda item: item * 10) -> None:
        self.answer = answer
        self.made: list[Any] = []
        self.active = 0
        self.most = 0

    async def __call__(self, item: Any) -> Any:
        self.made.append(item)
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            await anyio.lowlevel.checkpoint()
            answer = self.answer(item)
            return await answer if isinstance(answer, Awaitable) else answer
        finally:
            self.active -= 1


class Source:
    """Counts up, and notes how far it was pulled."""

    def __init__(self) -> None:
        self.pulled = 0

    def __iter__(self) -> Iterator[int]:
        while True:
            self.pulled += 1
            yield self.pulled - 1


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():
            await anyio.sleep(0.001)


async def collect(job: bulk.Job[Any, Any], results: list[bulk.Result[Any, Any]]) -> None:
    """What came is kept, also where the job ends with an error."""
    async for result in job:
        results.append(result)  # noqa: PERF401


async def turns() -> None:
    """Give other tasks all the turns that they could want."""
    for _ in range(50):
        await anyio.sleep(0)


async def half(item: int) -> int:
    """Of the items, every other one never comes."""
    if item % 2:
        await anyio.sleep_forever()
    return item
