"""Errors: that they travel, and that their text, which is all that a log shows, says enough."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

from tests.common import HELLO
from tests.compare.common import Missed, Run, Section, failed, name_of, typed
from tests.compare.peers import Peer
from tests.faults.test_security import PAGE, UNAUTHORIZED
from tests.rawserver import RawServer, Script, answer, json_response, response

case = Section("Errors")

BAD = {"error": {"message": "boom", "code": "c7"}}
ID = [("x-request-id", "req-7")]
BUSY = answer(json_response(BAD, status="503 Busy", headers=[*ID, ("retry-after-ms", "1")]))
FAILURES: dict[str, tuple[Script, dict[str, Any]]] = {
    "a status error": (answer(json_response(BAD, status="400 No", headers=ID)), {}),
    "a connection error": (answer(b"", then="reset"), {}),
    "a timeout": (answer(b"", then="hold"), {"timeout": 0.3}),
}


async def error_of(peer: Peer, script: Script, **options: Any) -> Any:
    error, _ = await failed(peer, script, **options)
    typed(peer, error)
    return error


# Pickles and copies.

TRAVELS = "everything pickles and copies"


def comes_back(name: str, travel: Callable[[Any], Any]) -> Run:
    script, options = FAILURES[name]

    async def run(peer: Peer) -> str:
        error = await error_of(peer, script, **options)
        try:
            again = travel(error)
        except Exception as wrong:
            raise Missed(f"{name_of(wrong)}: {wrong}") from None
        for part in ("code", "message", "status_code"):
            if getattr(again, part, None) != getattr(error, part, None):
                raise Missed(f"another {part}")
        if type(again) is not type(error) or str(again) != str(error):
            raise Missed(f"{name_of(again)}: {again}")
        return "the same error"

    return run


for _name in FAILURES:
    case.add(
        comes_back(_name, lambda error: pickle.loads(pickle.dumps(error))),
        f"{_name} pickles, and comes back as it was",
        TRAVELS,
    )
    case.add(
        comes_back(_name, lambda error: copy.deepcopy(copy.copy(error))),
        f"{_name} copies, and is what it was",
        TRAVELS,
    )


# What the text says.

SAYS = "what happened, to which call, after how many attempts, with the request id, and what to do"


OFTEN = r"\b[23] (retries|attempts|times)"


def says(script: Script, pattern: str, **options: Any) -> Run:
    async def run(peer: Peer) -> str:
        told = str(await error_of(peer, script, **options))
        found = re.search(pattern, told, re.IGNORECASE)
        if found is None:
            raise Missed(told)
        return found[0]

    return run


for _told, _script, _pattern, _options in (
    ("a status error: what the server said", BUSY, "boom", {}),
    (
        "a status error: what a gateway said, in plain text",
        answer(response(b"upstream is down", status="502 Bad", content_type="text/plain")),
        "upstream is down",
        {},
    ),
    ("a status error: which call", BUSY, "/chat/completions", {}),
    ("a status error: the request id", BUSY, "req-7", {}),
    (
        "a status error: how often it was tried",
        BUSY,
        OFTEN,
        {"max_retries": 2},
    ),
    (
        "a connection error: what happened",
        answer(b"", then="close"),
        r"\w*(clos|disconnect)\w*",
        {},
    ),
    ("a connection error: which call", answer(b"", then="reset"), "/chat/completions", {}),
    (
        "a connection error: how often it was tried",
        answer(b"", then="reset"),
        OFTEN,
        {"max_retries": 2},
    ),
    ("a timeout: which call", answer(b"", then="hold"), "/chat/completions", {"timeout": 0.3}),
    ("a timeout: which bound it was", answer(b"", then="hold"), r"\bread\b|0\.3", {"timeout": 0.3}),
    ("a page in an answer's place: a part of it", answer(PAGE), "sign in", {}),
    ("401: what to do", answer(UNAUTHORIZED), "key", {}),
):
    case.add(says(_script, _pattern, **_options), _told, SAYS)


@case("nobody listens: where it was looked for", SAYS)
async def _(peer: Peer) -> str:
    with RawServer(answer(b"")) as server:
        url = server.url
    error = None
    async with peer.client(url, max_retries=0) as client:
        try:
            await client.chat.completions.create(**HELLO)
        except Exception as caught:
            error = caught
    return typed(peer, error, url.split("/")[2])


@case("the request id is at hand as `.request_id`", SAYS)
async def _(peer: Peer) -> str:
    error = await error_of(peer, BUSY)
    if error.request_id != "req-7":
        raise Missed(f"{error.request_id}")
    return "req-7"
