"""Retries: what is sent again, when, and what is not."""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.common import CHAT, DONE, FILE, HELLO, A, cut_stream, streaming, take
from tests.compare.common import Missed, Run, Section, name_of, sent, typed, within
from tests.compare.peers import Peer
from tests.faults.test_retries import CUT, GOOD, SENT_AGAIN, SENT_ONCE, trouble
from tests.rawserver import Connection, RawServer, Script, answer, json_response

case = Section("Retries")


async def asked(peer: Peer, script: Script, **options: Any) -> tuple[Any, RawServer, float]:
    """What a call gives or raises, with the retries that are the default, and how long it took."""
    with RawServer(script) as server:
        async with peer.client(server, **options) as client:
            begun = time.monotonic()
            try:
                found: Any = await client.models.retrieve("m")
            except Exception as error:
                found = error
            return found, server, time.monotonic() - begun


# Statuses and headers.


def sent_again(bad: bytes) -> Run:
    async def run(peer: Peer) -> str:
        found, server, took = await asked(peer, answer(bad, bad, GOOD))
        if isinstance(found, Exception):
            raise Missed(f"{name_of(found)} after {len(server.requests)} attempts")
        if took > 5:
            raise Missed(f"after {took:.1f} s")
        return sent(server, 3)

    return run


def sent_once(bad: bytes) -> Run:
    async def run(peer: Peer) -> str:
        found, server, _ = await within(5, asked(peer, answer(bad, GOOD)))
        seen = sent(server, 1)
        typed(peer, found, "boom")
        return seen

    return run


# The bounds of the two differ: one minute and two. An hour is over both.
SENT_ONCE = {
    **SENT_ONCE,
    "retry-after over the bound": trouble("429 Too Many", retry_after="3600"),
    "retry-after-ms over the bound": trouble("429 Too Many", retry_after_ms="3600000"),
}

for _clause, _name in case.cases("test_sent_again"):
    case.add(sent_again(SENT_AGAIN[_name]), f"{_name}: sent again", _clause)
for _clause, _name in case.cases("test_sent_once"):
    case.add(sent_once(SENT_ONCE[_name]), f"{_name}: raised at once", _clause)

STATUSES = "408, 409, 429, 5xx"
for _name in ("400", "401", "403", "404", "422"):
    case.add(sent_once(SENT_ONCE[_name]), f"{_name}: raised at once", STATUSES)

AFTER = "`retry-after` in seconds, as a date (past, future, broken), over the bound"


def waits(least: float, **headers: str) -> Run:
    """Sent again, and not before the server said: later than the back-off that is the default."""

    async def run(peer: Peer) -> str:
        found, server, took = await asked(peer, answer(trouble(**headers), GOOD))
        if isinstance(found, Exception):
            raise Missed(name_of(found))
        if took < least:
            raise Missed(f"{sent(server, 2)}, after {took:.1f} s")
        return f"waits {took:.1f} s"

    return run


case.add(waits(2, retry_after="2"), "`retry-after: 2` is waited for", AFTER)
case.add(waits(1.5, retry_after_ms="1500"), "1500 ms are waited for", "`retry-after-ms`")
case.add(
    waits(1.5, retry_after_ms="1500", retry_after="20"),
    "1500 ms win over `retry-after: 20`",
    "`retry-after-ms`",
)


@case("a date in the future is waited for", AFTER)
async def _(peer: Peer) -> str:
    # Dates have whole seconds: this one is between two and three from now.
    return await waits(1.9, retry_after=formatdate(int(time.time()) + 3, usegmt=True))(peer)


@case("a wait of 120 s that is asked for is not cut short", AFTER)
async def _(peer: Peer) -> str:
    with RawServer(answer(trouble("429 Busy", retry_after="120"))) as server:
        async with peer.client(server) as client:
            with contextlib.suppress(asyncio.TimeoutError, peer.errors):
                await asyncio.wait_for(client.models.retrieve("m"), 5)
    return sent(server, 1)


# Connections that end.


def tried_again(script: Script) -> Run:
    async def run(peer: Peer) -> str:
        with RawServer(script, script, answer(json_response(CHAT))) as server:
            async with peer.client(server) as client:
                # A POST: aiohttp sends a GET once more on its own.
                await client.chat.completions.create(**HELLO)
        return sent(server, 3)

    return run


for _name, _script in CUT.items():
    case.add(
        tried_again(_script),
        f"{_name}: sent again",
        "truncated bodies" if "body" in _name else "resets",
    )


@case("reset each time: a library error after three attempts", "resets")
async def _(peer: Peer) -> str:
    found, server, _ = await asked(peer, CUT["reset without a word"])
    return f"{typed(peer, found)}, {sent(server, 3)}"


IDLE = "connections that the server closed while idle"


@case("noticed before the next call: no retry is needed", IDLE)
async def _(peer: Peer) -> str:
    with RawServer(answer(GOOD, then="close")) as server:
        async with peer.client(server, max_retries=0) as client:
            for number in range(5):
                await client.models.retrieve("m")
                await asyncio.to_thread(server.connections[number].gone.wait, 5)
                await asyncio.sleep(0.05)  # the news has to come through the kernel
    return "5 calls"


@case("closed right behind each of 20 streams, as llama.cpp does: all are given", IDLE)
async def _(peer: Peer) -> str:
    with RawServer(streaming(A, DONE, then="close")) as server:
        async with peer.client(server) as client:
            for _ in range(20):
                stream = await client.chat.completions.create(**HELLO, stream=True)
                items, error = await take(stream)
                if error is not None or not items:
                    raise Missed(name_of(error))
    return "20 streams"


# Waits.


@case("it ends at once, and nothing is sent behind it", "a cancel during back-off")
async def _(peer: Peer) -> str:
    with RawServer(answer(trouble(retry_after="2"))) as server:
        async with peer.client(server) as client:
            task = asyncio.ensure_future(client.models.retrieve("m"))
            await server.connected()
            await asyncio.sleep(0.2)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=1)
            if not done or not task.cancelled():
                raise Missed("goes on")
            await asyncio.sleep(2.5)
    return sent(server, 1)


BOUND = "`deadline=` bounds the sum"


@case("attempts of 0.8 s each, bounded to 1 s: an error within 2.5 s", BOUND)
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        while True:
            connection.request()
            connection.wait(0.8)
            connection.send(trouble())

    found, _, _ = await within(2.5, asked(peer, script, **peer.bound(1)))
    return typed(peer, found)


@case("a back-off of 30 s, bounded to 1 s: an error within 4 s", BOUND)
async def _(peer: Peer) -> str:
    script = answer(trouble(retry_after="30"))
    found, _, _ = await within(4, asked(peer, script, **peer.bound(1)))
    return typed(peer, found)


# Uploads.

SAME = "retried uploads send the same bytes"
DATA = bytes(range(256)) * 2000


def upload(kind: str, *scripts: Script) -> Run:
    """Three attempts, each with all of the bytes."""

    async def run(peer: Peer) -> str:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            path = Path(folder, "data.bin")
            path.write_bytes(DATA)
            content: Any = DATA if kind == "bytes" else path
            if kind == "open file":
                content = stack.enter_context(path.open("rb"))  # noqa: ASYNC230 - as callers do
            with RawServer(*scripts) as server:
                async with peer.client(server) as client:
                    await client.files.create(file=("data.bin", content), purpose="assistants")
        whole = [request.body.count(DATA) for request in server.requests]
        if whole != [1, 1, 1]:
            raise Missed(f"{[len(request.body) for request in server.requests]} bytes")
        return "the same bytes"

    return run


GIVEN = json_response(FILE)
GONE = CUT["closed without a word"]
for _kind in ("bytes", "path", "open file"):
    case.add(upload(_kind, answer(trouble(), trouble(), GIVEN)), f"{_kind}, after 503", SAME)
    case.add(upload(_kind, GONE, GONE, answer(GIVEN)), f"{_kind}, after a close", SAME)


ONCE = "what can't be replayed is not retried, and the error says so"


class Once(io.RawIOBase):
    """A file that can be read, but not rewound, such as standard input."""

    def __init__(self) -> None:
        self._left = DATA

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any, /) -> int:
        size = min(len(room), len(self._left))
        room[:size], self._left = self._left[:size], self._left[size:]
        return size


async def upload_once(peer: Peer) -> tuple[BaseException | None, RawServer]:
    """What an upload raises whose bytes come but once, to a server that is busy at first."""
    error: BaseException | None = None
    with RawServer(answer(trouble(), GIVEN)) as server:
        async with peer.client(server) as client:
            try:
                await client.files.create(file=("x", Once()), purpose="assistants")
            except Exception as caught:
                error = caught
    return error, server


@case("a file that can't be rewound: never sent in part", ONCE)
async def _(peer: Peer) -> str:
    error, server = await upload_once(peer)
    whole = [DATA in request.body for request in server.requests]
    if not all(whole):
        raise Missed(f"{whole.count(False)} of {len(whole)} in part, {name_of(error)}")
    return f"{typed(peer, error)}, {sent(server, len(whole))}"


@case("a file that can't be rewound: the error says that it was not sent again, or why", ONCE)
async def _(peer: Peer) -> str:
    error, _ = await upload_once(peer)
    if not any(word in str(error) for word in ("retr", "again", "replay", "rewind", "seek")):
        raise Missed(f"{name_of(error)}: {error}")
    return str(error)


@case("a stream that has begun is not sent again", ONCE)
async def _(peer: Peer) -> str:
    begun = cut_stream(A, then="close")
    with RawServer(begun, streaming(A, DONE)) as server:
        async with peer.client(server) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            _, error = await take(stream)
    return f"{typed(peer, error)}, {sent(server, 1)}"
