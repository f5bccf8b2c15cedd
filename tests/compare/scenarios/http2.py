"""HTTP/2 when asked for: one connection carries many streams, and none is in the way of another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.common import CHAT, DONE, END, HELLO, MODEL, B, take
from tests.compare.common import Missed, Section, name_of, text, typed, within
from tests.compare.peers import Peer
from tests.faults.test_connections import by_move_on_after, call, stream
from tests.h2server import Answer, Certificates, H2Server, Stream, endless, held, usual
from tests.rawserver import RawServer, answer, json_response

case = Section("Connections")

MANY = "HTTP/2 when asked for: one connection carries many streams"


@contextlib.contextmanager
def trusted() -> Iterator[Certificates]:
    """Certificates that this process trusts."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(Path(folder))
        os.environ["SSL_CERT_FILE"] = str(certificates.file)
        yield certificates


@contextlib.contextmanager
def serve(script: Answer, **options: Any) -> Iterator[H2Server]:
    with trusted() as certificates, H2Server(certificates, script, **options) as server:
        yield server


def client_of(peer: Peer, server: H2Server | RawServer, **options: Any) -> Any:
    return peer.client(server.url, http2=True, max_retries=0, **options)


async def chat(client: Any, number: int) -> str:
    """A chat that says its number, and gives the id of its answer."""
    found = await client.chat.completions.create(**HELLO, extra_headers={"x-number": str(number)})
    return str(found.id)


async def ask(client: Any) -> Any:
    """A stream that has given its first chunk."""
    found = await client.chat.completions.create(**HELLO, stream=True)
    await anext(found)
    return found


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)


@case("60 calls at a time over one connection, answered from last to first", MANY)
async def _(peer: Peer) -> str:
    keep, streams = held()
    with serve(keep) as server:
        async with client_of(peer, server) as client:
            calls = [asyncio.ensure_future(chat(client, number)) for number in range(60)]
            await within(5, until(lambda: len(streams) == 60))
            for each in reversed(streams):
                each.json({**CHAT, "id": f"c{each.headers['x-number']}"})
            found = await within(5, asyncio.gather(*calls))
    if found != [f"c{number}" for number in range(60)]:
        raise Missed("answers were mixed up")
    if len(server.connections) != 1:
        raise Missed(f"{len(server.connections)} connections")
    return "one connection"


@case("10 calls at a time, where a connection may carry 4: all are answered", MANY)
async def _(peer: Peer) -> str:
    def in_a_while(asked: Stream) -> None:
        asked.connection.later(0.1, lambda: usual(asked))

    with serve(in_a_while, most_streams=4) as server:
        async with client_of(peer, server) as client:
            calls = (client.models.retrieve("m") for _ in range(10))
            await within(5, asyncio.gather(*calls))
    return f"{len(server.connections)} connections"


@case("leaving a stream stops it at the server within 1 s, and another goes on", MANY)
async def _(peer: Peer) -> str:
    with serve(endless) as server:
        async with client_of(peer, server) as client:
            leaving, staying = await ask(client), await ask(client)
            left, stayed = server.streams
            await leaving.close()
            await within(1, until(lambda: left.reset is not None))
            stayed.send(B + END + DONE, end=True)
            items, error = await within(5, take(staying))
    if text(items) != "b" or error is not None:
        raise Missed(f"{text(items)!r}, {name_of(error)}")
    return "stopped, and whole"


@case("a call with `timeout=1` beside a patient one: an error within 4 s, for it alone", MANY)
async def _(peer: Peer) -> str:
    keep, streams = held()
    with serve(keep) as server:
        async with client_of(peer, server) as client:
            patient = asyncio.ensure_future(chat(client, 1))
            await within(5, until(lambda: len(streams) == 1))
            error = None
            try:
                await within(4, client.chat.completions.create(**HELLO, timeout=1))
            except peer.errors as caught:
                error = caught
            seen = typed(peer, error)
            streams[0].json(CHAT)
            await within(5, patient)
            await client.models.retrieve("m")
    return seen


@case(
    "the cancel storm: no cancel ends another's call or stream, and 40 calls pass afterwards", MANY
)
async def _(peer: Peer) -> str:
    dice = random.Random(1)

    def sometimes_later(asked: Stream) -> None:
        if dice.random() < 0.5:
            usual(asked)
        else:
            asked.connection.later(dice.random() * 0.06, lambda: usual(asked))

    with serve(sometimes_later) as server:
        async with client_of(peer, server, connections=50) as client:
            end = time.monotonic() + 4

            async def worker(chance: random.Random) -> None:
                while time.monotonic() < end:
                    work = chance.choice((call, stream))
                    # Its own cancel is all that may end it: an error is what another's did to it.
                    await by_move_on_after(work, client, chance.random() * 0.1)

            await asyncio.gather(*(worker(random.Random(number)) for number in range(40)))
            begun = time.monotonic()
            await within(5, asyncio.gather(*(call(client) for _ in range(40))))
            took = time.monotonic() - begun
    return f"40 pass in {took * 1000:.0f} ms"


@case("GOAWAY in mid-stream: it is read to its end, and the next call connects anew", MANY)
async def _(peer: Peer) -> str:
    with serve(endless) as server:
        async with client_of(peer, server) as client:
            reading = await ask(client)
            server.connections[0].go_away(last=1)
            server.streams[0].send(B)
            await anext(reading)
            server.answer = usual
            await within(5, client.models.retrieve("m"))
            server.streams[0].send(END + DONE, end=True)
            _, error = await within(5, take(reading))
    if error is not None:
        raise error
    return "whole"


@case("a connection lost under 10 streams: each is told at once, and the next call passes", MANY)
async def _(peer: Peer) -> str:
    with serve(endless) as server:
        async with client_of(peer, server) as client:
            streams = [await ask(client) for _ in range(10)]
            server.connections[0].cut()
            for _, error in await within(2, asyncio.gather(*map(take, streams))):
                seen = typed(peer, error)
            server.answer = usual
            await within(5, client.models.retrieve("m"))
    return seen


@case("closed by the server while idle: noticed before the next call", MANY)
async def _(peer: Peer) -> str:
    with serve(usual) as server:
        async with client_of(peer, server) as client:
            for number in range(3):
                await client.models.retrieve("m")
                server.connections[number].cut()
                await asyncio.to_thread(server.connections[number].gone.wait, 5)
                await asyncio.sleep(0.05)  # the news has to come through the kernel
    return "3 calls"


@case("a server that speaks HTTP/1.1 only: its calls pass all the same", MANY)
async def _(peer: Peer) -> str:
    good = answer(json_response(MODEL))
    with trusted() as certificates, RawServer(good, tls=certificates.context("http/1.1")) as server:
        async with client_of(peer, server) as client:
            await asyncio.gather(*(client.models.retrieve("m") for _ in range(5)))
    return f"{len(server.requests)} calls"
