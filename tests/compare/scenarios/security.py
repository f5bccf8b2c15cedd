"""Secrets stay where they belong, and nothing that is given gets anywhere else."""

from __future__ import annotations

import contextlib
import logging
import pickle
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.common import CHAT, FILE, HELLO, MODEL
from tests.compare.common import Missed, Run, Section, failed, name_of, typed
from tests.compare.peers import Peer
from tests.faults.test_retries import trouble
from tests.faults.test_security import KEY, OTHER, SECRETS, UNAUTHORIZED, frames, moved
from tests.rawserver import RawServer, Script, answer, json_response, response

case = Section("Security")

# The key is not told.

NOWHERE = "the key appears in no repr, log, error, pickle or traceback with our locals"


def hidden(*places: str) -> str:
    """Neither the key nor the secret in a default header is there."""
    if any(secret in place for secret in (KEY, OTHER) for place in places):
        raise Missed("it is there")
    return "in none"


@case("the repr of the client and of its parts", NOWHERE)
async def _(peer: Peer) -> str:
    async with peer.client("http://127.0.0.1:1/v1", **SECRETS) as client:
        return hidden(repr(client), repr(client.chat.completions), repr(client.with_raw_response))


@case("the log of calls good and bad, at any level", NOWHERE)
async def _(peer: Peer) -> str:
    told: list[str] = []
    handler = logging.Handler(1)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    for name in (None, "openai", "openai_async", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(1)
    answers = (json_response(CHAT), trouble(retry_after="0"), UNAUTHORIZED)
    with RawServer(answer(*answers)) as server:
        async with peer.client(server, **SECRETS) as client:
            await client.chat.completions.create(**HELLO)
            with contextlib.suppress(peer.errors):
                await client.chat.completions.create(**HELLO)
    if not told:
        raise Missed("no log at all")
    return hidden(*told)


FAILURES: dict[str, Script] = {
    "401": answer(UNAUTHORIZED),
    "a connection that is reset": answer(b"", then="reset"),
}


def told_by(script: Script) -> Run:
    async def run(peer: Peer) -> str:
        error, _ = await failed(peer, script, **SECRETS)
        return hidden(str(error), repr(error), *frames(error, peer.folder))

    return run


for _name, _script in FAILURES.items():
    case.add(told_by(_script), f"{_name}: the error, and its traceback with locals", NOWHERE)


@case("401: the error, pickled", NOWHERE, "pickled errors carry no request headers")
async def _(peer: Peer) -> str:
    error, _ = await failed(peer, FAILURES["401"], **SECRETS)
    try:
        # The oldest protocol is plain text, so that nothing can hide in it.
        return hidden(repr(pickle.dumps(error, 0)))
    except Missed:
        raise
    except Exception as wrong:
        raise Missed(f"does not pickle: {name_of(wrong)}") from None


# Redirects.

REDIRECTS = "redirects to another origin carry no credentials"


KEY_HEADER, OTHERS = ("authorization",), ("api-key", "x-gateway-token")


async def post(peer: Peer, client: Any) -> None:
    await client.chat.completions.create(**HELLO)


async def get(peer: Peer, client: Any) -> None:
    await client.models.retrieve("m")


async def download(peer: Peer, client: Any) -> None:
    """A redirect is what servers that keep files in a store answer: here it has to be followed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        await peer.download(client, "f", path)
        if path.read_bytes() != GOOD_ELSEWHERE:
            raise Missed("other bytes")


GOOD_ELSEWHERE = b'{"id": "x"}'


def redirected(
    status: int, call: Callable[[Peer, Any], Awaitable[None]], secrets: tuple[str, ...]
) -> Run:
    """None of these headers gets to the other server, whether the redirect is followed or not."""

    async def run(peer: Peer) -> str:
        with RawServer(answer(response(GOOD_ELSEWHERE))) as other:
            with RawServer(answer(moved(status, f"{other.url}/x"))) as server:
                async with peer.client(server, **SECRETS, max_retries=0) as client:
                    try:
                        await call(peer, client)
                    except peer.errors:
                        if call is download:
                            raise
        sent = [name for request in other.requests for name in secrets if name in request.headers]
        if sent:
            raise Missed(f"{', '.join(sent)} went there")
        return "followed without" if other.requests else "not followed"

    return run


for _told, _secrets in (("the API key", KEY_HEADER), ("secrets in `default_headers`", OTHERS)):
    for _status, _call, _of in (
        (307, post, "POST"),
        (302, get, "GET"),
        (302, download, "download"),
    ):
        case.add(redirected(_status, _call, _secrets), f"{_told}: {_status} for a {_of}", REDIRECTS)


@case("within the origin, a 307 is followed with the same body", REDIRECTS)
async def _(peer: Peer) -> str:
    with RawServer(answer(moved(307, "/v2/here"), json_response(CHAT))) as server:
        async with peer.client(server, max_retries=0) as client:
            await client.chat.completions.create(**HELLO)
    first, second = server.requests
    if (first.method, first.body) != (second.method, second.body):
        raise Missed(f"a {second.method} with {len(second.body)} bytes")
    return "followed"


# Injection. What can't be sent as it is may be refused, or quoted.

HEADER, PATH = "header injection is impossible", "path injection is impossible"
EVIL = "x\r\nx-evil: 1"


def with_header(**options: Any) -> Run:
    """One header more or one header less is a miss."""

    async def run(peer: Peer) -> str:
        seen = "sent as it should be"
        with RawServer(answer(json_response(MODEL))) as server:
            settings = {"max_retries": 0, **options.get("client", {})}
            try:
                async with peer.client(server, **settings) as client:
                    await client.models.retrieve("m", **options.get("call", {}))
            except (peer.errors, ValueError, TypeError) as error:
                seen = f"refused: {name_of(error)}"
        if any("x-evil" in request.headers for request in server.requests):
            raise Missed("x-evil was sent")
        return seen

    return run


for _told, _options in {
    "a value with a line end": {"call": {"extra_headers": {"x-a": EVIL}}},
    "a name with a line end": {"call": {"extra_headers": {f"x-a: {EVIL}": "1"}}},
    "a value with U+010A, whose low byte is a line end": {
        "call": {"extra_headers": {"x-a": "x\u010ax-evil: 1"}}
    },
    "a key with a line end": {"client": {"api_key": EVIL}},
    "a default header with a line end": {"client": {"default_headers": {"x-a": EVIL}}},
    "an organization with a line end": {"client": {"organization": EVIL}},
    "a query with a line end": {"call": {"extra_query": {"q": EVIL}}},
}.items():
    case.add(with_header(**_options), _told, HEADER)


@case("a header that can't be sent is refused by a library error, before anything is sent", HEADER)
async def _(peer: Peer) -> str:
    error = None
    with RawServer(answer(json_response(MODEL))) as server:
        async with peer.client(server, max_retries=0) as client:
            try:
                await client.models.retrieve("m", extra_headers={"x-a": EVIL})
            except Exception as caught:
                error = caught
    if server.requests:
        raise Missed("it was sent")
    return typed(peer, error)


@case("a file name with quotes and a line end stays a name", HEADER)
async def _(peer: Peer) -> str:
    name = 'a"; name="x\r\nx-evil: 1'
    with RawServer(answer(json_response(FILE))) as server:
        async with peer.client(server, max_retries=0) as client:
            await client.files.create(file=(name, b"abc"), purpose="assistants")
    body = server.requests[0].body
    head = body[: body.index(b"abc")]
    if b"\r\nx-evil" in head or b'; name="x' in head:
        raise Missed(f"{head!r}")
    return "quoted"


def as_id(name: str) -> Run:
    """One segment of the path, below /models, or refused."""

    async def run(peer: Peer) -> str:
        with RawServer(answer(json_response(MODEL))) as server:
            async with peer.client(server, max_retries=0) as client:
                try:
                    await client.models.retrieve(name)
                except (peer.errors, ValueError) as error:
                    if not server.requests:
                        return f"refused: {name_of(error)}"
                    raise
        target = server.requests[0].target
        place, _, segment = target.rpartition("/")
        if place != "/v1/models" or segment in ("", ".", "..") or set("?#") & set(segment):
            raise Missed(target)
        return "quoted"

    return run


for _id in ("../../admin?x=1#y", "a/b", "..", "%2e%2e", ".", "", "m\r\nx-evil: 1"):
    case.add(as_id(_id), f"an id `{_id!r}`", PATH)


@case("503 twice: three keys are sent", "`api_key` callables run before every attempt")
async def _(peer: Peer) -> str:
    keys = iter(["one", "two", "three"])

    async def key() -> str:
        return next(keys)

    with RawServer(answer(trouble(), trouble(), json_response(CHAT))) as server:
        async with peer.client(server, api_key=key) as client:
            await client.chat.completions.create(**HELLO)
    told = [request.headers["authorization"] for request in server.requests]
    if told != ["Bearer one", "Bearer two", "Bearer three"]:
        raise Missed(f"{told}")
    return "three keys"
