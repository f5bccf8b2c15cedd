"""Uploads and downloads: flat, beside the event loop's other work, and whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from tests.common import FILE
from tests.compare.common import Missed, Run, Section, typed, within
from tests.compare.peers import Peer
from tests.faults.test_transfers import MIB, WARM, cut_in_the_middle, is_open, sink, spring
from tests.faults.transfer import peak, watch
from tests.rawserver import Connection, RawServer, answer, json_response, response

case = Section("Transfers")

FLAT = "uploads and downloads of 1 GB in flat memory without blocking the event loop"
ATOMIC = "a download to a path is atomic"

SIZE = 128 * MIB
"""Enough to be seen: what holds a file in memory holds it whole."""
ROOM = 24
"""MiB that a transfer may take."""
BUSY = 10
"""Milliseconds for which a turn of the event loop may keep its thread busy."""

Transfer = Callable[[Peer, Any, Path], Awaitable[None]]


async def upload(peer: Peer, client: Any, path: Path) -> None:
    await client.files.create(file=path, purpose="assistants")


async def download(peer: Peer, client: Any, path: Path) -> None:
    await peer.download(client, "f", path)


@contextlib.contextmanager
def big_and_small() -> Iterator[tuple[Path, Path]]:
    """Two sparse files in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        small, big = Path(folder, "small"), Path(folder, "big")
        for path, size in ((small, WARM), (big, SIZE)):
            path.touch()
            os.truncate(path, size)
        yield small, big


def flat(transfer: Transfer) -> Run:
    async def run(peer: Peer) -> str:
        with big_and_small() as (small, big), RawServer(script_of(transfer)) as server:
            async with peer.client(server, max_retries=0) as client:
                await transfer(peer, client, small)
                before = peak()
                await transfer(peer, client, big)
                grown = peak() - before
        if grown > ROOM:
            raise Missed(f"{grown:.0f} MiB")
        return f"{grown:.0f} MiB"

    return run


def script_of(transfer: Transfer) -> Any:
    return sink if transfer is upload else spring(SIZE)


async def busiest(peer: Peer, transfer: Transfer) -> float:
    """For how many ms of its CPU time the loop's thread was busy at a stretch."""
    spans: list[float] = []
    with big_and_small() as (small, big), RawServer(script_of(transfer)) as server:
        async with peer.client(server, max_retries=0) as client:
            await transfer(peer, client, small)
            # A collection of all that was imported takes its time, and is no part of a transfer.
            gc.collect()
            gc.freeze()
            watching = asyncio.ensure_future(watch(spans))
            await asyncio.sleep(0)
            await transfer(peer, client, big)
            watching.cancel()
    return max(spans) * 1000


def unblocked(transfer: Transfer) -> Run:
    async def run(peer: Peer) -> str:
        # A machine that is busy with something else has hiccups; what is done wrong comes each time.
        took = min([await busiest(peer, transfer) for _ in range(3)])
        if took > BUSY:
            raise Missed(f"{took:.0f} ms at a stretch")
        return f"{took:.0f} ms at a stretch"

    return run


for _transfer, _told in ((upload, "an upload from a path"), (download, "a download to a path")):
    case.add(flat(_transfer), f"{_told}: 128 MiB take less than {ROOM} MiB of memory", FLAT)
    case.add(unblocked(_transfer), f"{_told}: no turn of the loop takes {BUSY} ms of CPU", FLAT)


@case("every byte arrives, up and down", FLAT)
async def _(peer: Peer) -> str:
    data = os.urandom(3 * MIB + 7)
    answers = (response(data, content_type=None), json_response(FILE))
    with tempfile.TemporaryDirectory() as folder, RawServer(answer(*answers)) as server:
        path = Path(folder, "x")
        async with peer.client(server, max_retries=0) as client:
            await peer.download(client, "f", path)
            if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(data).digest():
                raise Missed("other bytes came")
            await upload(peer, client, path)
    if data not in server.requests[1].body:
        raise Missed("other bytes were sent")
    return "both ways"


@case("an upload that is refused halfway: a library error within 20 s, and no file left open", FLAT)
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        connection._read_until(b"\r\n\r\n")
        connection.send(json_response({"error": {"message": "big"}}, status="413 Too Large"))

    error = None
    with big_and_small() as (_, big), RawServer(script) as server:
        async with peer.client(server, max_retries=0) as client:
            try:
                await within(20, upload(peer, client, big))
            except peer.errors as caught:
                error = caught
        if is_open(big):
            raise Missed("the file is still open")
    return typed(peer, error)


def interrupted(before: bytes | None, cancelled: bool) -> Run:
    """Under the name there is what was there before, and no half file."""

    def script(connection: Connection) -> None:
        cut_in_the_middle(connection)
        if cancelled:
            connection.until_gone()

    async def run(peer: Peer) -> str:
        with tempfile.TemporaryDirectory() as folder, RawServer(script) as server:
            path = Path(folder, "out")
            if before is not None:
                path.write_bytes(before)
            async with peer.client(server, max_retries=0) as client:
                # That the error is one of the library's is another scenario's.
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(peer.download(client, "f", path), 1)
            found = path.read_bytes() if path.exists() else None
        if found != before:
            raise Missed("nothing is left" if found is None else f"{len(found)} bytes are there")
        return "nothing" if before is None else "the old one"

    return run


for _cancelled in (False, True):
    _how = "cancelled" if _cancelled else "cut"
    case.add(interrupted(None, _cancelled), f"{_how} halfway: no half file", ATOMIC)
    case.add(interrupted(b"old", _cancelled), f"{_how} halfway: the old file stays", ATOMIC)


@case("cut halfway: a library error", ATOMIC)
async def _(peer: Peer) -> str:
    error = None
    with tempfile.TemporaryDirectory() as folder, RawServer(cut_in_the_middle) as server:
        async with peer.client(server, max_retries=0) as client:
            try:
                await peer.download(client, "f", Path(folder, "out"))
            except Exception as caught:
                error = caught
    return typed(peer, error)
