"""HTTP/2: one connection carries many streams."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.compare.common import Missed, Section, within
from tests.compare.peers import Peer
from tests.faults.common import DONE, END, HELLO, B
from tests.faults.test_connections import by_asyncio_timeout, call, stream
from tests.h2server import Answer, Certificates, H2Server, endless, usual

case = Section("Connections")

HTTP2 = "HTTP/2 when asked for: one connection carries many streams"
STORM_SECONDS = 3


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[H2Server]:
    """An HTTP/2 server whose certificate clients believe."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(Path(folder))
        os.environ["SSL_CERT_FILE"] = str(certificates.file)
        with H2Server(certificates, answer) as server:
            yield server


@case("40 calls at once over HTTP/2: all answered, over one connection", HTTP2)
async def _(peer: Peer) -> str:
    with serving(usual) as server:
        async with peer.client(server.url, http2=True, max_retries=0) as client:
            await within(10, asyncio.gather(*(call(client) for _ in range(40))))
    if len(server.connections) != 1:
        raise Missed(f"{len(server.connections)} connections")
    return "one connection"


@case("a stream over HTTP/2 that is left: the server hears of it, the others go on", HTTP2)
async def _(peer: Peer) -> str:
    with serving(endless) as server:
        async with peer.client(server.url, http2=True, max_retries=0) as client:
            leaving = await client.chat.completions.create(**HELLO, stream=True)
            staying = await client.chat.completions.create(**HELLO, stream=True)
            await anext(aiter(leaving))
            left, stayed = server.streams
            await leaving.close()
            with contextlib.suppress(AssertionError):
                await server.until(lambda: left.reset is not None, within=1)
            if left.reset is None:
                raise Missed("the server goes on for a second and more")
            stayed.send(B + END + DONE, end=True)
            if len([chunk async for chunk in staying]) != 3:
                raise Missed("the other stream is cut")
    return "stopped, and the other is whole"


@case("a cancel storm over HTTP/2: 10 calls pass afterwards", HTTP2)
async def _(peer: Peer) -> str:
    with serving(usual) as server:
        client = peer.client(server.url, http2=True, connections=10, max_retries=0)

        async def worker(chance: random.Random) -> None:
            end = time.monotonic() + STORM_SECONDS
            while time.monotonic() < end:
                with contextlib.suppress(peer.errors):
                    work = chance.choice([call, stream])
                    await by_asyncio_timeout(work, client, chance.random() * 0.05)

        await asyncio.gather(*(worker(random.Random(seed)) for seed in range(40)))
        begun = time.monotonic()
        await within(5, asyncio.gather(*(call(client) for _ in range(10))))
        took = time.monotonic() - begun
        await client.close()
    return f"10 pass in {took * 1000:.0f} ms"
