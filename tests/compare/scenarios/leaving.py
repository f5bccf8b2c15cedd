"""Streams that fall silent, and streams that are left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from tests.common import DONE, END, HELLO, A, B, cut_stream, take
from tests.compare.common import (
    Missed,
    Run,
    Section,
    ends_in_error,
    fails,
    let_go,
    name_of,
    text,
    typed,
    within,
)
from tests.compare.peers import Peer
from tests.faults.test_streams import babbling
from tests.rawserver import Connection, RawServer, Script, answer, chunk, chunked_head, response

case = Section("Streams")

# Silence, against a bound of one second.


def bounded(script: Script, first: str | None, *, whole: bool = False) -> Run:
    """`timeout=1`, or the bound of a whole call, ends it."""

    async def run(peer: Peer) -> str:
        bound = peer.bound(1) if whole else {"timeout": 1}
        return str(await within(4, ends_in_error(peer, script, first=first, **bound)))

    return run


PING = b": ping\n\n"
for _told, _clause, _script, _first in (
    ("not even a head", "no first event", answer([], then="hold"), ""),
    ("a head, and no event", "no first event", answer([chunked_head()], then="hold"), ""),
    (
        "one event, then nothing",
        "silence after some events",
        cut_stream(A, then="hold"),
        "a",
    ),
    ("pings behind an event", "keep-alive comments for ever", babbling(A, again=PING), "a"),
    ("pings and no event ever", "keep-alive comments for ever", babbling(PING, again=PING), ""),
    (
        "one event that never ends",
        "keep-alive comments for ever",
        babbling(A, b"data: ", again=b"x"),
        "a",
    ),
):
    case.add(bounded(_script, _first), f"{_told}, with `timeout=1`: an error within 4 s", _clause)

TRICKLE = "a trickle that never ends against `deadline=`"
case.add(
    bounded(babbling(A, again=B), None, whole=True),
    "events for ever, bounded to 1 s: an error within 4 s",
    TRICKLE,
)


@case("an answer (no stream) that trickles for ever, bounded to 1 s: an error within 4 s", TRICKLE)
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(response(length=1000))
        while True:
            connection.wait(0.2)
            connection.send(b" ")

    return str(await within(4, fails(peer, script, **peer.bound(1))))


# However it is left. The connection is to be let go of without help of the caller's, such as
# `gc.collect()`, which the test of ours grants itself.


async def break_without_with(client: Any) -> None:
    async for _ in await client.chat.completions.create(**HELLO, stream=True):
        break


async def break_in_with(client: Any) -> None:
    async with await client.chat.completions.create(**HELLO, stream=True) as stream:
        async for _ in stream:
            break


async def raise_in_the_loop(client: Any) -> None:
    async for _ in await client.chat.completions.create(**HELLO, stream=True):
        raise ZeroDivisionError


async def raise_in_with(client: Any) -> None:
    async with await client.chat.completions.create(**HELLO, stream=True) as stream:
        async for _ in stream:
            raise ZeroDivisionError


async def drop_it(client: Any) -> None:
    stream = await client.chat.completions.create(**HELLO, stream=True)
    await anext(stream)


async def drop_it_unread(client: Any) -> None:
    await client.chat.completions.create(**HELLO, stream=True)


async def cancel_the_reader(client: Any) -> None:
    async def read() -> None:
        await take(await client.chat.completions.create(**HELLO, stream=True))

    await asyncio.wait_for(read(), 0.3)


def leaving(leave: Callable[[Any], Awaitable[None]]) -> Run:
    async def run(peer: Peer) -> str:
        with RawServer(cut_stream(A, A, then="hold")) as server:
            async with peer.client(server, max_retries=0) as client:
                with contextlib.suppress(ZeroDivisionError, asyncio.TimeoutError):
                    await leave(client)
                return await let_go(server)

    return run


for _told, _leave in {
    "`break` without `async with`": break_without_with,
    "`break` in `async with`": break_in_with,
    "a dropped reference": drop_it,
    "a dropped reference that was never read": drop_it_unread,
    "cancelling the task": cancel_the_reader,
    "an exception in the loop without `async with`": raise_in_the_loop,
    "an exception in the loop in `async with`": raise_in_with,
}.items():
    case.add(
        leaving(_leave),
        f"{_told}: upstream is let go of within 1 s",
        "`break` with and without `async with`; a dropped reference; cancelling the task; an"
        " exception in the caller's loop body",
    )

CLOSING = "closing the client while streams are open"


async def told_of_close(peer: Peer, script: Script, work: Callable[[Any], Awaitable[None]]) -> str:
    """Whoever waits when the client is closed is told so by an error of the library's."""
    with RawServer(script) as server:
        client = peer.client(server, max_retries=0)
        waiting = asyncio.ensure_future(work(client))
        await server.connected()
        await asyncio.sleep(0.1)
        await within(5, client.close())
        done, _ = await asyncio.wait([waiting], timeout=3)
        if not done:
            waiting.cancel()
            raise Missed("still waiting after 3 s")
        seen = typed(peer, waiting.exception())
        await let_go(server)
        return seen


@case("whoever reads a stream is told, and its connection is closed", CLOSING)
async def _(peer: Peer) -> str:
    async def read(client: Any) -> None:
        async for _ in await client.chat.completions.create(**HELLO, stream=True):
            pass

    return await told_of_close(peer, cut_stream(A, then="hold"), read)


@case("whoever waits for an answer is told, and its connection is closed", CLOSING)
async def _(peer: Peer) -> str:
    return await told_of_close(
        peer, answer(b"", then="hold"), lambda client: client.models.retrieve("m")
    )


@case("the second one gets an error, the first one every event", "two consumers of one stream")
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(chunked_head() + chunk(A))
        connection.wait(0.5)
        connection.send(chunk(B + END + DONE) + chunk(b""))

    with RawServer(script) as server:
        async with peer.client(server, max_retries=0) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            first = asyncio.ensure_future(take(stream))
            await asyncio.sleep(0.2)
            _, second = await within(4, take(stream))
            items, error = await within(4, first)
    if error is not None or text(items) != "ab" or second is None:
        raise Missed(f"{text(items)!r} and {name_of(error)}; {name_of(second)}")
    return f"{name_of(second)}: {second}"
