"""Answers that are not what they say, or not what was asked for."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from tests.common import CHAT, HELLO, MODEL
from tests.compare.common import Missed, Run, Section, failed, fails, name_of, typed
from tests.compare.peers import Peer
from tests.faults.test_answers import ODD, STATUS_BODIES
from tests.rawserver import RawServer, answer, json_response, response

case = Section("Answers")


def failing(body: bytes, *said: str) -> Run:
    return lambda peer: fails(peer, answer(body), *said)


# 200, and no answer: a library error.

TOLD = {"message": "boom", "code": "c7"}
HALF = json.dumps(CHAT).encode()[:60]

for _clause, _told, _run in (
    (
        "200 with an `error` object",
        "an `error` object and nothing else",
        failing(json_response({"error": TOLD}), "boom"),
    ),
    (
        "200 with an `error` object",
        "an `error` object beside an answer",
        failing(json_response({**CHAT, "error": TOLD}), "boom"),
    ),
    (
        "200 with an `error` object",
        '`{"object": "error", ...}`, as older servers have it',
        failing(json_response({"object": "error", **TOLD}), "boom"),
    ),
    ("200 with HTML", "a page", failing(response(b"<html>Hello</html>", content_type="text/html"))),
    ("200 with HTML", "a page that is called JSON", failing(response(b"<html>Hello</html>"))),
    ("200 with truncated JSON", "the half of it, called JSON", failing(response(HALF))),
    (
        "200 with truncated JSON",
        "the half of it, called text",
        failing(response(HALF, content_type="text/plain")),
    ),
    ("200 with nothing", "an empty body", failing(response(b""))),
    ("200 with nothing", "JSON null", failing(response(b"null"))),
    ("200 with nothing", "an empty list", failing(response(b"[]"))),
):
    case.add(_run, f"{_told}: a library error", _clause)


# 4xx and 5xx.


def error_status(name: str) -> Run:
    """A library error with the status and the code, and what was said in its text or `.body`."""
    body, said = STATUS_BODIES[name]

    async def run(peer: Peer) -> str:
        for status in (404, 422, 500, 503):
            bad = response(body, status=f"{status} No", content_type=None)
            error, _ = await failed(peer, answer(bad))
            seen = typed(peer, error)
            found: Any = error
            # Not the phrase that our own text makes of it: just its words.
            for word in re.findall(r"\w+", said):
                if word not in f"{found} {found.body}":
                    raise Missed(f"{seen} without {word!r}")
            if found.status_code != status:
                raise Missed(f"status {found.status_code} for {status}")
            if b'"code"' in body and str(found.code) != "7":
                raise Missed(f"code {found.code}")
        return seen

    return run


for _clause, _name in case.cases("test_an_error_status"):
    case.add(error_status(_name), f"{_name}: the status, and what was said", _clause)


# Shorter than it says.

SHORT = "a body shorter than its length"


@case("closed: a library error", SHORT)
async def _(peer: Peer) -> str:
    body = json.dumps(CHAT).encode()
    return await fails(peer, answer(response(body, length=len(body) + 9), then="close"))


@case("reset: a library error", SHORT)
async def _(peer: Peer) -> str:
    body = json.dumps(CHAT).encode()
    return await fails(peer, answer(response(body, length=len(body) + 9), then="reset"))


@case("cut at each byte of head and body: a library error each time", SHORT)
async def _(peer: Peer) -> str:
    whole = json_response(MODEL)
    with RawServer(*(answer(whole[:end], then="close") for end in range(len(whole)))) as server:
        async with peer.client(server, connections=1, max_retries=0) as client:
            for _ in range(len(whole)):
                error = None
                try:
                    await client.models.retrieve("m")
                except Exception as caught:
                    error = caught
                typed(peer, error)
    return f"{len(whole)} errors"


# Good answers of an odd shape.

ODDITIES = "missing, null or oddly typed fields and unknown enum values in a good answer"


def odd_answer(body: dict[str, Any]) -> Run:
    """Given, with nothing lost."""

    async def run(peer: Peer) -> str:
        error, given = await failed(peer, answer(json_response(body)))
        if error is not None:
            raise Missed(name_of(error))
        if given.choices[0].message.content != "ab" or given.to_dict() != body:
            raise Missed(f"became {given.to_dict()}")
        return "all of it"

    return run


for _name, _body in ODD.items():
    case.add(odd_answer(_body), _name, ODDITIES)


@case("null `choices`: a loop over them holds", ODDITIES)
async def _(peer: Peer) -> str:
    error, given = await failed(peer, answer(json_response({**CHAT, "choices": None})))
    if error is not None:
        return typed(peer, error)
    try:
        return f"{len(list(given.choices))} choices"
    except TypeError as wrong:
        raise Missed(f"TypeError: {wrong}") from None


@case("a null field is told of: a warning, once, or an error", ODDITIES)
async def _(peer: Peer) -> str:
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.name)  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    with RawServer(answer(json_response(ODD["a null field"]))) as server:
        async with peer.client(server, max_retries=0) as client:
            try:
                for _ in range(3):
                    await client.chat.completions.create(**HELLO)
            except Exception as error:
                return typed(peer, error)
    if len(told) != 1:
        raise Missed(f"{len(told)} warnings" if told else "nothing is said")
    return "a warning"
