"""Faults, and what is asked of a client that meets them: the same of both.

A scenario is an async function of a `Peer`. It gives what was seen, or fails with `Missed`; any
other error that escapes it, and a hang, is a miss too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pickle
import random
import resource
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.faults.common import CHAT, DONE, FILE, HELLO, MODEL, A, B, delta, event
from tests.rawserver import (
    Connection,
    RawServer,
    Script,
    answer,
    chunk,
    chunked_head,
    event_stream,
    json_response,
    response,
)

from .peers import Peer

__all__ = ["SCENARIOS", "SYNC", "Missed"]

Scenario = Callable[[Peer], Awaitable[str]]
SCENARIOS: dict[str, Scenario] = {}
SYNC: dict[str, Callable[[Peer], str]] = {}
"""Those that run event loops of their own."""
QUIET = {"a client that was never closed exits without a word under -X dev -W error"}
"""Those in which nothing may be written to stderr."""


class Missed(Exception):  # noqa: N818 - not an error, a finding
    """The criterion was not met; the text says what was seen instead."""


def scenario(told: str) -> Callable[[Scenario], Scenario]:
    def add(function: Scenario) -> Scenario:
        SCENARIOS[told] = function
        return function

    return add


def name_of(error: BaseException | None) -> str:
    return "no error" if error is None else type(error).__name__


async def take(stream: Any) -> tuple[list[Any], BaseException | None]:
    items: list[Any] = []
    try:
        async for item in stream:
            items.append(item)  # noqa: PERF401 - what came before an error counts
    except Exception as error:
        return items, error
    return items, None


def text(items: list[Any]) -> str:
    return "".join(choice.delta.content or "" for item in items for choice in (item.choices or []))


async def streamed(
    peer: Peer, script: Script, **options: Any
) -> tuple[str, BaseException | None, Any]:
    """The text of a stream, what ended it, and the stream."""
    stream = None
    with RawServer(script) as server:
        async with peer.client(server, **{"max_retries": 0, **options}) as client:
            try:
                stream = await client.chat.completions.create(**HELLO, stream=True)
                items, error = await take(stream)
            except Exception as caught:
                return "", caught, stream
            return text(items), error, stream


async def failed(peer: Peer, script: Script, **options: Any) -> tuple[BaseException | None, Any]:
    """What a plain call raises, or None and what it gives."""
    with RawServer(script) as server:
        async with peer.client(server, **{"max_retries": 0, **options}) as client:
            try:
                return None, await client.chat.completions.create(**HELLO)
            except Exception as error:
                return error, None


def typed(peer: Peer, error: BaseException | None, *said: str) -> str:
    if not isinstance(error, peer.errors):
        raise Missed(f"{name_of(error)}")
    for word in said:
        if word not in str(error):
            raise Missed(f"{name_of(error)} without {word!r}")
    return name_of(error)


# Streams.


@scenario("stream cut by the server: what came is given, then a library error")
async def _(peer: Peer) -> str:
    said, error, _ = await streamed(peer, answer(event_stream(A, B)[:-1], then="close"))
    if said != "ab":
        raise Missed(f"{said!r} was given")
    return typed(peer, error)


@scenario("stream that ends without [DONE] and finish reason can be told from a whole one")
async def _(peer: Peer) -> str:
    _, error, stream = await streamed(peer, answer(event_stream(A)))
    if error is None and getattr(stream, "complete", True):
        raise Missed("looks like a whole one")
    return "stream.complete is false" if error is None else name_of(error)


@scenario("U+2028, U+2029, U+0085 inside data")
async def _(peer: Peer) -> str:
    odd = "a\u2028b\u2029c\u0085d"
    said, error, _ = await streamed(peer, answer(event_stream(event(delta(odd)), DONE)))
    if said != odd:
        raise Missed(f"{said!r}, {name_of(error)}")
    return "the text as it was"


@scenario("a stream that begins with a byte order mark")
async def _(peer: Peer) -> str:
    said, error, _ = await streamed(peer, answer(event_stream(b"\xef\xbb\xbf" + A + B, DONE)))
    if said != "ab":
        raise Missed(f"{said!r}, {name_of(error)}")
    return "the text as it was"


@scenario("an error event without an `error` key")
async def _(peer: Peer) -> str:
    bad = event({"message": "boom", "code": "c7"}, "error")
    _, error, _ = await streamed(peer, answer(event_stream(A, bad, DONE)))
    return typed(peer, error, "boom")


@scenario("an `error` object as an event without a name")
async def _(peer: Peer) -> str:
    bad = event({"error": {"message": "boom", "code": "c7"}})
    _, error, _ = await streamed(peer, answer(event_stream(A, bad, DONE)))
    return typed(peer, error, "boom")


@scenario("bad JSON in an event: a library error")
async def _(peer: Peer) -> str:
    _, error, _ = await streamed(peer, answer(event_stream(A, event(b"{oops"), DONE)))
    return typed(peer, error)


@scenario("a JSON error with status 200 where a stream was asked for")
async def _(peer: Peer) -> str:
    said, error, _ = await streamed(peer, answer(json_response({"error": {"message": "boom"}})))
    if error is None:
        raise Missed(f"an empty stream, {said!r}")
    return typed(peer, error, "boom")


@scenario("an HTML page with status 200 where a stream was asked for")
async def _(peer: Peer) -> str:
    page = response(b"<html><body>Please log in</body></html>", content_type="text/html")
    _, error, _ = await streamed(peer, answer(page))
    if error is None:
        raise Missed("an empty stream")
    return typed(peer, error)


@scenario("a whole JSON answer where a stream was asked for: the text, or an error")
async def _(peer: Peer) -> str:
    said, error, _ = await streamed(peer, answer(json_response(CHAT)))
    if said == "ab":
        return "the text"
    if error is None:
        raise Missed("an empty stream")
    return typed(peer, error)


@scenario("null `choices` in a chunk: a loop over them holds")
async def _(peer: Peer) -> str:
    with RawServer(answer(event_stream(event({**delta(), "choices": None}), A, DONE))) as server:
        async with peer.client(server) as client:
            stream = await client.chat.completions.create(**HELLO, stream=True)
            try:
                count = sum([len(list(chunk.choices)) async for chunk in stream])
            except TypeError as error:
                raise Missed(f"TypeError: {error}") from None
    return f"{count} choice"


@scenario("a server that sends nothing but pings, with timeout=1: over within 4 s")
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(chunked_head() + chunk(A))
        while True:
            connection.wait(0.2)
            connection.send(chunk(b": ping\n\n"))

    try:
        found = await asyncio.wait_for(streamed(peer, script, timeout=1), 4)
    except asyncio.TimeoutError:
        raise Missed("still waiting after 4 s") from None
    return typed(peer, found[1])


@scenario("an answer that trickles for ever, bounded to 1 s: over within 4 s")
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(response(length=1000))
        while True:
            connection.wait(0.2)
            connection.send(b" ")

    try:
        error, _ = await asyncio.wait_for(failed(peer, script, **peer.bound(1)), 4)
    except asyncio.TimeoutError:
        raise Missed("still waiting after 4 s") from None
    return typed(peer, error)


@scenario("`break` out of a stream, without `async with`: upstream is let go of within 1 s")
async def _(peer: Peer) -> str:
    with RawServer(answer(event_stream(A, A)[:-1], then="hold")) as server:
        async with peer.client(server) as client:
            async for _ in await client.chat.completions.create(**HELLO, stream=True):
                break
            begun = time.monotonic()
            while server.connections[0].open:
                if time.monotonic() - begun > 1:
                    raise Missed("still open after 1 s")
                await asyncio.sleep(0.005)
            return f"closed after {(time.monotonic() - begun) * 1000:.0f} ms"


# Answers.


@scenario("200 with an `error` object raises")
async def _(peer: Peer) -> str:
    error, given = await failed(peer, answer(json_response({"error": {"message": "boom"}})))
    if error is None:
        raise Missed(f"a {type(given).__name__} of Nones")
    return typed(peer, error, "boom")


@scenario("200 with an HTML page raises")
async def _(peer: Peer) -> str:
    page = response(b"<html>Please log in</html>", content_type="text/html")
    error, given = await failed(peer, answer(page))
    if error is None:
        raise Missed(f"gives a {type(given).__name__}")
    return typed(peer, error)


@scenario("200 with truncated JSON: a library error")
async def _(peer: Peer) -> str:
    error, given = await failed(peer, answer(response(json.dumps(CHAT).encode()[:50])))
    if error is None:
        raise Missed(f"gives a {type(given).__name__}")
    return typed(peer, error)


@scenario("200 with an empty body: a library error")
async def _(peer: Peer) -> str:
    error, given = await failed(peer, answer(response(b"")))
    if error is None:
        raise Missed(f"gives a {type(given).__name__}")
    return typed(peer, error)


@scenario("a body shorter than its content-length: a library error")
async def _(peer: Peer) -> str:
    body = json.dumps(CHAT).encode()
    error, _ = await failed(peer, answer(response(body, length=len(body) + 9), then="close"))
    return typed(peer, error)


@scenario("null `choices` in an answer: a loop over them holds")
async def _(peer: Peer) -> str:
    error, given = await failed(peer, answer(json_response({**CHAT, "choices": None})))
    if error is not None:
        return typed(peer, error)
    try:
        return f"{len(list(given.choices))} choices"
    except TypeError as wrong:
        raise Missed(f"TypeError: {wrong}") from None


@scenario("an error pickles, and comes back as it was")
async def _(peer: Peer) -> str:
    bad = json_response({"error": {"message": "boom", "code": "c7"}}, status="400 No")
    error, _ = await failed(peer, answer(bad))
    typed(peer, error)
    try:
        again = pickle.loads(pickle.dumps(error))
    except Exception as wrong:
        raise Missed(f"{name_of(wrong)}: {wrong}") from None
    if str(again) != str(error) or again.code != "c7":
        raise Missed(f"{again}")
    return "the same error"


# Retries.


@scenario("an exhausted quota (429) is not sent again")
async def _(peer: Peer) -> str:
    body = {"error": {"message": "pay", "code": "insufficient_quota"}}
    with RawServer(answer(json_response(body, status="429 No"))) as server:
        async with peer.client(server) as client:
            with contextlib.suppress(Exception):
                await client.chat.completions.create(**HELLO)
    if len(server.requests) != 1:
        raise Missed(f"sent {len(server.requests)} times")
    return "sent once"


@scenario("a server that asks to wait for 120 s is not asked again before")
async def _(peer: Peer) -> str:
    busy = json_response(
        {"error": {"message": "busy"}}, status="429 Busy", headers=[("retry-after", "120")]
    )
    with RawServer(answer(busy)) as server:
        async with peer.client(server) as client:
            with contextlib.suppress(asyncio.TimeoutError, peer.errors):
                await asyncio.wait_for(client.chat.completions.create(**HELLO), 5)
    if len(server.requests) != 1:
        raise Missed(f"sent {len(server.requests)} times within 5 s")
    return "sent once"


@scenario("an upload from an open file that is sent again sends the same bytes")
async def _(peer: Peer) -> str:
    busy = json_response({"error": {"message": "busy"}}, status="503 Busy")
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789" * 1000)
        file.seek(0)
        with RawServer(answer(busy, json_response(FILE))) as server:
            async with peer.client(server) as client:
                await client.files.create(file=file, purpose="assistants")
    sizes = [request.body.count(b"0123456789") for request in server.requests]
    if sizes != [1000, 1000]:
        raise Missed(f"{[size * 10 for size in sizes]} bytes of 10000")
    return "the same bytes"


@scenario("an upload of 64 MiB from a path takes less than 24 MiB of memory")
async def _(peer: Peer) -> str:
    def script(connection: Connection) -> None:
        head = connection._read_until(b"\r\n\r\n").lower()
        size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        left, room = size - len(connection._buffer), bytearray(1 << 16)
        while left > 0:
            left -= connection._socket.recv_into(room, min(left, 1 << 16))
        connection.send(json_response(FILE))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "big")
        path.touch()
        os.truncate(path, 64 << 20)
        with RawServer(script) as server:
            async with peer.client(server) as client:
                await client.files.create(file=b"small", purpose="assistants")
        with RawServer(script) as server:
            async with peer.client(server) as client:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                await client.files.create(file=path, purpose="assistants")
                grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if grown > 24:
        raise Missed(f"{grown:.0f} MiB")
    return f"{grown:.0f} MiB"


# Connections.


def storm_of(transport: str, streams: bool) -> Scenario:
    async def call(client: Any) -> None:
        if not streams:
            await client.models.retrieve("m")
            return
        stream = await client.chat.completions.create(**HELLO, stream=True)
        async with stream:
            async for _ in stream:
                await asyncio.sleep(0)

    def script(connection: Connection) -> None:
        chance = random.Random(connection.number)
        while True:
            received = connection.request()
            if chance.random() < 0.5:
                connection.wait(chance.random() * 0.01)
            if received.method == "GET":
                connection.send(json_response(MODEL))
            else:
                connection.send(b"".join(event_stream(A, A, DONE)))

    async def run(peer: Peer) -> str:
        async def worker(client: Any, chance: random.Random) -> None:
            end = time.monotonic() + 6
            while time.monotonic() < end:
                with contextlib.suppress(asyncio.TimeoutError, peer.errors):
                    await asyncio.wait_for(call(client), chance.random() * 0.1)

        with RawServer(script) as server:
            client = peer.client(server, connections=10, transport=transport, max_retries=0)
            await asyncio.gather(*(worker(client, random.Random(n)) for n in range(40)))
            begun = time.monotonic()
            after = asyncio.gather(*(call(client) for _ in range(10)), return_exceptions=True)
            try:
                done = await asyncio.wait_for(after, 5)
            except asyncio.TimeoutError:
                raise Missed("the client is stuck") from None
            took = time.monotonic() - begun
            wrong = [error for error in done if error is not None]
            if wrong:
                raise Missed(f"{len(wrong)} of 10 calls: {name_of(wrong[0])}")
            await client.close()
            end = time.monotonic() + 2
            while left := sum(connection.open for connection in server.connections):
                if time.monotonic() > end:
                    raise Missed(f"{left} connections open after close")
                await asyncio.sleep(0.01)
        return f"10 calls pass in {took * 1000:.0f} ms"

    return run


for _transport in ("httpx", "aiohttp"):
    for _streams in (False, True):
        _of = "streams" if _streams else "calls"
        _over = "default" if _transport == "httpx" else "aiohttp"
        SCENARIOS[f"cancel storm, {_of}, {_over} transport: 10 calls pass afterwards"] = storm_of(
            _transport, _streams
        )


@scenario("1,000 calls through 10 connections are served in the order of their coming")
async def _(peer: Peer) -> str:
    with RawServer(answer(json_response(MODEL))) as server:
        async with peer.client(server, connections=10) as client:
            begun = time.monotonic()
            await asyncio.gather(*(client.models.retrieve(f"m{n}") for n in range(1000)))
            took = time.monotonic() - begun
    order = [int(request.target.rpartition("m")[2]) for request in server.requests]
    off = sum(abs(number - place) for place, number in enumerate(order)) / len(order)
    if len(order) != 1000 or off > 50:
        raise Missed(f"{len(order)} requests, each {off:.0f} places off")
    return f"each {off:.1f} places off, {took:.1f} s"


@scenario("a connection that the server closed while idle needs no retry")
async def _(peer: Peer) -> str:
    with RawServer(answer(json_response(MODEL), then="close")) as server:
        async with peer.client(server, max_retries=0) as client:
            for number in range(5):
                await client.models.retrieve("m")
                await asyncio.to_thread(server.connections[number].gone.wait, 5)
                await asyncio.sleep(0.01)
    return "5 calls"


@scenario("closing the client wakes up whoever waits for an answer")
async def _(peer: Peer) -> str:
    with RawServer(answer(b"", then="hold")) as server:
        client = peer.client(server, max_retries=0)
        waiting = asyncio.ensure_future(client.models.retrieve("m"))
        await server.connected()
        try:
            await asyncio.wait_for(client.close(), 5)
        except asyncio.TimeoutError:
            raise Missed("close() hangs") from None
        done, _ = await asyncio.wait([waiting], timeout=3)
        if not done:
            waiting.cancel()
            raise Missed("still waiting after 3 s")
        return typed(peer, waiting.exception())


@scenario("bytes behind an answer are not taken for the next one")
async def _(peer: Peer) -> str:
    stale = json_response({**MODEL, "id": "stale"})
    with RawServer(answer(json_response(MODEL) + stale), answer(json_response(MODEL))) as server:
        async with peer.client(server) as client:
            for _ in range(3):
                found = await client.models.retrieve("m")
                if found.id != "m":
                    raise Missed("another answer was given")
    return "the right answers"


def two_loops(peer: Peer) -> str:
    with RawServer(answer(json_response(MODEL))) as server:
        client = peer.client(server, max_retries=0)

        async def call() -> None:
            await client.models.retrieve("m")

        async def call_and_close() -> None:
            async with client:
                await call()

        asyncio.run(call())
        try:
            asyncio.run(call_and_close())
        except Exception as error:
            raise Missed(f"{name_of(error)}: {error}") from None
    return "both"


def never_closed(peer: Peer) -> str:
    # In debug mode, asyncio tells of imports that take long: that is no word at the exit.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with RawServer(answer(json_response(MODEL))) as server:
        client = peer.client(server)

        async def call() -> None:
            await client.models.retrieve("m")

        asyncio.run(call())
    return "quiet"


SYNC["one client in two asyncio.run"] = two_loops
SYNC[next(iter(QUIET))] = never_closed


# Security.

KEY = "sk-secret-0123456789"


@scenario("a redirect to another origin carries no header of ours, and no body")
async def _(peer: Peer) -> str:
    with RawServer(answer(json_response(CHAT))) as other:
        there = response(status="307 Moved", headers=[("location", f"{other.url}/x")])
        with RawServer(answer(there)) as server:
            options: dict[str, Any] = {"default_headers": {"api-key": KEY}, "organization": "o"}
            async with peer.client(server, max_retries=0, **options) as client:
                with contextlib.suppress(Exception):
                    await client.chat.completions.create(**HELLO)
        if not other.requests:
            return "not followed"
        got = other.requests[0]
    names = ("authorization", "api-key", "openai-organization")
    leaked = [name for name in names if name in got.headers] + ["the body"] * bool(got.body)
    if leaked:
        raise Missed(f"{', '.join(leaked)} went there")
    return "followed without"


@scenario("a traceback with locals shows the key in no frame of the library")
async def _(peer: Peer) -> str:
    bad = json_response({"error": {"message": "no"}}, status="401 No")
    with RawServer(answer(bad)) as server:
        async with peer.client(server, api_key=KEY, default_headers={"api-key": KEY}) as client:
            try:
                await client.chat.completions.create(**HELLO)
            except Exception as error:
                told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = [
        frame.name
        for frame in told.stack
        if f"{os.sep}{peer.package}{os.sep}" in frame.filename and KEY in str(frame.locals)
    ]
    if shown:
        raise Missed(f"in {len(shown)} frames")
    return "in none"


@scenario("a pickled error holds no key")
async def _(peer: Peer) -> str:
    bad = json_response({"error": {"message": "no"}}, status="401 No")
    error, _ = await failed(peer, answer(bad), api_key=KEY, default_headers={"api-key": KEY})
    try:
        data = pickle.dumps(error)
    except Exception as wrong:
        raise Missed(f"does not pickle: {name_of(wrong)}") from None
    if KEY.encode() in data:
        raise Missed("the key is in it")
    return "none"


@scenario("an id such as ../../x stays one segment of the path")
async def _(peer: Peer) -> str:
    with RawServer(answer(json_response(MODEL))) as server:
        async with peer.client(server, max_retries=0) as client:
            try:
                await client.models.retrieve("../../admin?x=1#y")
            except (peer.errors, ValueError) as error:
                if not server.requests:
                    return f"refused: {name_of(error)}"
                raise
    target = server.requests[0].target
    if not target.startswith("/v1/models/") or target.count("/") != 3 or "?" in target:
        raise Missed(target)
    return "quoted"
