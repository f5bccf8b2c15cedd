"""What scenarios are made of: how they are listed, and what many of them ask."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.common import HELLO, take
from tests.faults.test_clauses import CLAUSES
from tests.rawserver import RawServer, Script

from .peers import Peer

Run = Callable[[Peer], Awaitable[str] | str]
"""Gives what was seen, or fails: with `Missed`, or any other error, which is a miss, too."""


class Missed(Exception):  # noqa: N818 - not an error, a finding
    """The criterion was not met; the text says what was seen instead."""


@dataclass(frozen=True)
class Scenario:
    section: str
    told: str
    clauses: tuple[str, ...]
    """Those of the section that it stands for; it is shown under the first."""
    run: Run
    quiet: bool = False
    """Whether Python is to find nothing to say either, under `-X dev -W error`."""

    @property
    def name(self) -> str:
        return f"{self.section}: {self.told}"


@dataclass(frozen=True)
class Section:
    """The scenarios of a section, or of a part of one."""

    name: str
    scenarios: list[Scenario] = field(default_factory=list)

    def add(self, run: Run, told: str, *clauses: str, quiet: bool = False) -> None:
        self.scenarios.append(Scenario(self.name, told, clauses, run, quiet))

    def __call__(self, told: str, *clauses: str, quiet: bool = False) -> Callable[[Run], Run]:
        """A decorator: what is run, what it is called, and the clauses that it stands for."""

        def add(run: Run) -> Run:
            self.add(run, told, *clauses, quiet=quiet)
            return run

        return add

    def cases(self, test: str) -> Iterator[tuple[str, str]]:
        """Each case of a test of the fault suite that stands for a clause: clause and case."""
        for clause, tests in CLAUSES[self.name].items():
            for case in re.findall(rf"{test}\[(.*)\]", tests):
                yield clause, case.replace("\\\\", "\\")


# What was seen.


def name_of(error: BaseException | None) -> str:
    return "no error" if error is None else type(error).__name__


def typed(peer: Peer, error: BaseException | None, *said: str) -> str:
    """An error of the library's own, whose text says all of this."""
    if not isinstance(error, peer.errors):
        raise Missed(name_of(error))
    for word in said:
        if word not in str(error):
            raise Missed(f"{name_of(error)} without {word!r}")
    return name_of(error)


def sent(server: RawServer, times: int) -> str:
    """So many requests came."""
    if len(server.requests) != times:
        raise Missed(f"sent {len(server.requests)} times")
    return {1: "sent once", 2: "sent twice"}.get(times, f"sent {times} times")


async def within(seconds: float, waited_for: Awaitable[Any]) -> Any:
    """What is waited for, if it comes in time."""
    try:
        return await asyncio.wait_for(waited_for, seconds)
    except asyncio.TimeoutError:
        raise Missed(f"still waiting after {seconds} s") from None


# Calls and streams.


def text(items: list[Any]) -> str:
    """The text of chunks, null lists skipped over: that they are null is another scenario's."""
    return "".join(choice.delta.content or "" for item in items for choice in (item.choices or []))


async def streamed(
    peer: Peer, script: Script, **options: Any
) -> tuple[str, BaseException | None, Any]:
    """The text of a stream, what ended it if it was not the end, and the stream."""
    stream = None
    with RawServer(script) as server:
        async with peer.client(server, **{"max_retries": 0, **options}) as client:
            try:
                stream = await client.chat.completions.create(**HELLO, stream=True)
                items, error = await take(stream)
            except Exception as caught:
                return "", caught, stream
            return text(items), error, stream


async def gives(peer: Peer, script: Script, expected: str) -> str:
    """A stream gives this text, and ends."""
    said, error, _ = await streamed(peer, script)
    if said != expected or error is not None:
        raise Missed(f"{said[:20]!r}, {name_of(error)}")
    return "the text as it was"


async def ends_in_error(
    peer: Peer, script: Script, *said: str, first: str | None = None, **options: Any
) -> str:
    """A stream ends in an error of the library's, whose text says this, after its first text."""
    given, error, _ = await streamed(peer, script, **options)
    if error is None:
        raise Missed(f"no error, {given!r}" if given else "an empty stream")
    if first is not None and given != first:
        raise Missed(f"{name_of(error)} after {given!r}")
    return typed(peer, error, *said)


async def failed(peer: Peer, script: Script, **options: Any) -> tuple[BaseException | None, Any]:
    """What a plain call raises, or None and what it gives."""
    with RawServer(script) as server:
        async with peer.client(server, **{"max_retries": 0, **options}) as client:
            try:
                return None, await client.chat.completions.create(**HELLO)
            except Exception as error:
                return error, None


async def fails(peer: Peer, script: Script, *said: str, **options: Any) -> str:
    """A plain call raises an error of the library's, whose text says this."""
    error, given = await failed(peer, script, **options)
    if error is None:
        raise Missed(f"gives a {type(given).__name__}")
    return typed(peer, error, *said)


# Connections.


async def let_go(server: RawServer, seconds: float = 1) -> str:
    """The client closes all its connections in time."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    while left := sum(connection.open for connection in server.connections):
        if clock() - begun > seconds:
            raise Missed(f"{left} still open after {seconds} s")
        await asyncio.sleep(0.005)
    return f"closed after {(clock() - begun) * 1000:.0f} ms"
