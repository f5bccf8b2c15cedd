"""Connections: none is lost, whoever cancels whatever, and none outlives its client."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.common import DONE, HELLO, MODEL, A, cut_stream, streaming, take
from tests.compare.common import Missed, Run, Section, let_go, name_of, typed, within
from tests.compare.peers import Peer
from tests.faults.test_connections import (
    by_asyncio_timeout,
    by_move_on_after,
    by_task_group,
    call,
    closing_at_random,
    storm_script,
    stream,
)
from tests.rawserver import Connection, RawServer, Script, answer, event_stream, json_response

case = Section("Connections")

GOOD = json_response(MODEL)

# The cancel storm.

STORM = (
    "the cancel storm, for calls and streams, through `asyncio.timeout`,"
    " `anyio.move_on_after` and task-group cancellation"
)
STORM_SECONDS = 6


def storm(
    cancel: Callable[..., Awaitable[None]], work: Callable[[Any], Awaitable[None]], transport: str
) -> Run:
    """Forty workers cancel at random; then ten calls side by side, one for each connection."""

    async def run(peer: Peer) -> str:
        async def worker(client: Any, chance: random.Random) -> None:
            end = time.monotonic() + STORM_SECONDS
            while time.monotonic() < end:
                with contextlib.suppress(peer.errors):
                    await cancel(work, client, chance.random() * 0.1)

        with RawServer(storm_script) as server:
            client = peer.client(server, connections=10, transport=transport, max_retries=0)
            await asyncio.gather(*(worker(client, random.Random(n)) for n in range(40)))
            begun = time.monotonic()
            await within(5, asyncio.gather(*(work(client) for _ in range(10))))
            took = time.monotonic() - begun
            await client.close()
            await let_go(server, 2)
        return f"10 pass in {took * 1000:.0f} ms"

    return run


for _cancel, _by in (
    (by_asyncio_timeout, "`asyncio.timeout`"),
    (by_move_on_after, "`move_on_after`"),
    (by_task_group, "a task group"),
):
    for _work, _of in ((call, "calls"), (stream, "streams")):
        case.add(storm(_cancel, _work, "httpx"), f"{_of}, by {_by}: 10 pass afterwards", STORM)
for _work, _of in ((call, "calls"), (stream, "streams")):
    _told = f"{_of}, by `asyncio.timeout`, over aiohttp: 10 pass afterwards"
    case.add(storm(by_asyncio_timeout, _work, "aiohttp"), _told, STORM)


@case("a cancel at each turn of the event loop, with one connection: the next call passes", STORM)
async def _(peer: Peer) -> str:
    with RawServer(answer(event_stream(A, DONE))) as server:
        async with peer.client(server, connections=1, max_retries=0) as client:
            for turns in itertools.count():
                task = asyncio.ensure_future(stream(client))
                for _ in range(turns):
                    await asyncio.sleep(0)
                if task.done():
                    await task
                    return f"{turns} turns"
                task.cancel()
                await asyncio.wait([task], timeout=5)
                await within(5, stream(client))
    raise AssertionError


# Event loops.

TWO_LOOPS, OUTSIDE = "one client in two `asyncio.run`s", "a client made outside a loop"


def loops(count: int, transport: str = "httpx") -> Run:
    """A client made outside of any loop, used in one after the other, closed in the last."""

    def run(peer: Peer) -> str:
        with RawServer(answer(GOOD)) as server:
            client = peer.client(server, max_retries=0, transport=transport)

            async def use(last: bool) -> None:
                await client.models.retrieve("m")
                if last:
                    await client.close()

            for number in range(count):
                asyncio.run(use(number == count - 1))
        return f"{count} of {count}"

    return run


case.add(loops(2), "each loop gets its answer", TWO_LOOPS, OUTSIDE)
case.add(loops(2, "aiohttp"), "each loop gets its answer, over aiohttp", TWO_LOOPS, OUTSIDE)
case.add(loops(1), "it serves the loop that comes", OUTSIDE)


def never_closed(use: Callable[[Any, list[Any]], Awaitable[None]], script: Script) -> Run:
    """Used, dropped with all that it gave, and collected, outside of its loop."""

    def run(peer: Peer) -> str:
        # In debug mode, asyncio tells of imports that take long: that is no word at the exit.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        with RawServer(script) as server:
            kept: list[Any] = [peer.client(server)]

            async def main() -> None:
                await use(kept[0], kept)

            asyncio.run(main())
            kept.clear()
            gc.collect()
        return "quiet"

    return run


async def after_a_call(client: Any, kept: list[Any]) -> None:
    await client.models.retrieve("m")


async def within_streams(client: Any, kept: list[Any]) -> None:
    # Several: with one, the order in which its generators end is by chance, and so is the outcome.
    for _ in range(10):
        kept.append(await client.chat.completions.create(**HELLO, stream=True))
        await anext(kept[-1])


UNCLOSED = "a client that was never closed"
for _use, _told, _script in (
    (after_a_call, "after a call", answer(GOOD)),
    (within_streams, "within ten streams", cut_stream(A, then="hold")),
):
    case.add(
        never_closed(_use, _script),
        f"{_told}: no word at exit under -X dev -W error",
        UNCLOSED,
        quiet=True,
    )

# Order, limits, waits.

QUEUE = "1,000 requests through 10 connections in order of arrival, no pool timeout unless asked"


@case("they are served in the order of their coming", QUEUE)
async def _(peer: Peer) -> str:
    with RawServer(answer(GOOD)) as server:
        async with peer.client(server, connections=10) as client:
            begun = time.monotonic()
            await asyncio.gather(*(client.models.retrieve(f"m{n}") for n in range(1000)))
            took = time.monotonic() - begun
    order = [int(request.target.rpartition("m")[2]) for request in server.requests]
    # Ten are on their way at any time; in an order by chance, each would be some 300 places off.
    off = sum(abs(number - place) for place, number in enumerate(order)) / len(order)
    if len(order) != 1000 or off > 50:
        raise Missed(f"{len(order)} requests, each {off:.0f} places off")
    return f"each {off:.1f} places off, {took:.1f} s"


@case("with a read timeout of 1 s and none for the pool, 3 s in the queue are no timeout", QUEUE)
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        while True:
            connection.request()
            connection.wait(0.2)
            connection.send(GOOD)

    with RawServer(script) as server:
        options: dict[str, Any] = {"timeout": peer.timeout(1, pool=None), "max_retries": 0}
        async with peer.client(server, connections=10, **options) as client:
            calls = (client.models.retrieve("m") for _ in range(150))
            found = await asyncio.gather(*calls, return_exceptions=True)
    wrong = [error for error in found if isinstance(error, BaseException)]
    if wrong:
        raise Missed(f"{len(wrong)} of {len(found)}: {name_of(wrong[0])}")
    return f"{len(found)} calls"


@case("a pool timeout where it is asked for: a library error", QUEUE)
async def _(peer: Peer) -> str:
    with RawServer(answer(b"", then="hold")) as server:
        options: dict[str, Any] = {"timeout": peer.timeout(10, pool=0.2), "max_retries": 0}
        async with peer.client(server, connections=1, **options) as client:
            first = asyncio.ensure_future(client.models.retrieve("first"))
            await server.connected()
            error = None
            try:
                await within(5, client.models.retrieve("second"))
            except peer.errors as caught:
                error = caught
            first.cancel()
            await asyncio.wait([first])
    return typed(peer, error)


@case("http_proxy is used, and no_proxy heeded", "proxies from the environment")
async def _(peer: Peer) -> str:
    with RawServer(answer(GOOD)) as proxy, RawServer(answer(GOOD)) as direct:
        os.environ.update(http_proxy=proxy.url.removesuffix("/v1"), no_proxy="127.0.0.1")
        async with peer.client("http://api.test/v1", max_retries=0) as client:
            await client.models.retrieve("m")
        async with peer.client(direct, max_retries=0) as client:
            await client.models.retrieve("m")
    seen = [request.target for request in (*proxy.requests, *direct.requests)]
    if seen != ["http://api.test/v1/models/m", "/v1/models/m"]:
        raise Missed(f"{seen}")
    return "both"


@case("one connection, by turns: each gets its answer", "two origins on one client")
async def _(peer: Peer) -> str:
    with RawServer(answer(GOOD)) as one, RawServer(answer(GOOD)) as other:
        async with peer.client(one, connections=1, max_retries=0) as client:
            elsewhere = client.with_options(base_url=other.url)
            for _ in range(5):
                await within(5, client.models.retrieve("m"))
                await within(5, elsewhere.models.retrieve("m"))
    return f"{len(one.requests)} and {len(other.requests)}"


# Servers that close.

CLOSING = "server closing keep-alive connections at random"


def closes_at_random(announced: bool) -> Run:
    """Before, behind or instead of an answer; with `max_retries=10`, every call is answered."""

    async def run(peer: Peer) -> str:
        with RawServer(closing_at_random(GOOD, announced)) as server:
            async with peer.client(server, connections=10, max_retries=10) as client:

                async def some() -> None:
                    for _ in range(10):
                        await client.models.retrieve("m")

                begun = time.monotonic()
                await asyncio.gather(*(some() for _ in range(20)))
                took = time.monotonic() - begun
            await let_go(server)
        return f"200 calls, {took:.1f} s"

    return run


case.add(closes_at_random(True), "announced: each of 200 calls is answered", CLOSING)
case.add(closes_at_random(False), "without a word: each of 200 calls is answered", CLOSING)


@case("behind each stream, ten side by side: each is given", CLOSING)
async def _(peer: Peer) -> str:
    with RawServer(streaming(A, DONE, then="close")) as server:
        async with peer.client(server, connections=10) as client:

            async def some() -> None:
                for _ in range(5):
                    found = await client.chat.completions.create(**HELLO, stream=True)
                    _, error = await take(found)
                    if error is not None:
                        raise error

            await asyncio.gather(*(some() for _ in range(10)))
    return "50 streams"


@case("bytes behind an answer are not taken for the next one", CLOSING)
async def _(peer: Peer) -> str:
    stale = json_response({**MODEL, "id": "stale"})
    with RawServer(answer(GOOD + stale), answer(GOOD)) as server:
        async with peer.client(server) as client:
            for _ in range(3):
                found = await client.models.retrieve("m")
                if found.id != "m":
                    raise Missed("another answer was given")
    return "the right answers"
