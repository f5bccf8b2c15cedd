"""What a fault does to an answer: each kind is a function from the right answer to a wrong one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from ._errors import ApiError, HangUpError, server_error
from ._http import Answer, Exchange, Frame, as_error, dump, sse
from ._limits import retry_headers
from .faults import Fault

HTML = b"""<html>
<head><title>%d Bad Gateway</title></head>
<body>
<center><h1>%d Bad Gateway</h1></center>
<hr><center>proxy</center>
</body>
</html>
"""


async def before(fault: Fault | None, exchange: Exchange) -> Answer | None:
    """What a fault does before there is an answer: it may delay it, replace it, or hang up."""
    if fault is None:
        return None
    if fault.kind in ("drop", "reset"):
        raise HangUpError(reset=fault.kind == "reset")
    if fault.kind == "slow":
        await exchange.pause(fault.setting)
    if fault.kind == "html":
        status = int(fault.setting)
        return Answer(HTML % (status, status), status, "text/html")
    refusal = _refusal(fault)
    return None if refusal is None else as_error(refusal)


def _refusal(fault: Fault) -> ApiError | None:
    if fault.kind == "quota":
        return ApiError(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            type="insufficient_quota",
            code="insufficient_quota",
        )
    if fault.status is None:
        return None
    headers = {} if fault.value is None else retry_headers(fault.value)
    if fault.status == 429:
        message = "Rate limit reached on requests. Please try again."
        code = "rate_limit_exceeded"
        return ApiError(429, message, type="requests", code=code, headers=headers)
    if fault.status >= 500:
        return server_error(fault.status, headers)
    return ApiError(fault.status, f"A fault was asked for: {fault.status}.", headers=headers)


def after(fault: Fault | None, answer: Answer) -> Answer:
    """What a fault does to an answer that is ready to be sent."""
    if fault is None or fault.kind not in _SPOILERS:
        return answer
    if fault.kind == "bad-json" and isinstance(answer.body, bytes):
        return replace(answer, body=answer.body[: max(1, len(answer.body) // 2)])
    if fault.kind == "error-event" and not answer.is_stream:
        return as_error(server_error())
    # The headers stay as they were, the promised length included.
    length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
    body = _SPOILERS[fault.kind](answer, int(fault.setting))
    return replace(answer, body=body, length=length)


def _cut(answer: Answer, after: int) -> Iterator[Frame]:
    """The connection closes in the middle of the body, without its end."""
    if isinstance(answer.body, bytes):
        yield answer.body[: len(answer.body) // 2]
    yield from _first(answer, after)
    raise HangUpError


def _stall(answer: Answer, after: int) -> Iterator[Frame]:
    """Headers, some events, and then nothing until the client gives up."""
    yield from _first(answer, after)
    yield math.inf


def _bad_event(answer: Answer, after: int) -> Iterator[Frame]:
    """Half of an event where a whole one should be."""
    number = 0
    for frame in _pieces(answer):
        number += isinstance(frame, bytes)
        spoil = isinstance(frame, bytes) and number == after + 1
        yield frame[: len(frame) // 2] + b"\n\n" if spoil and isinstance(frame, bytes) else frame


def _error_event(answer: Answer, after: int) -> Iterator[Frame]:
    """An error object among the events, which ends the stream."""
    yield from _first(answer, after)
    error = server_error()
    if not answer.is_named:
        yield sse(dump(error.body()))
        return
    event = {"type": "error", "code": error.type, "message": error.message, "param": None}
    yield sse(dump({**event, "sequence_number": after}), "error")


def _pieces(answer: Answer) -> Iterator[Frame]:
    return iter(()) if isinstance(answer.body, bytes) else answer.body


def _first(answer: Answer, count: int) -> Iterator[Frame]:
    """The first events of a stream, with the pauses between them; of a plain body nothing."""
    for frame in _pieces(answer) if count > 0 else ():
        yield frame
        count -= isinstance(frame, bytes)
        if count <= 0:
            return


_SPOILERS: dict[str, Callable[[Answer, int], Iterator[Frame]]] = {
    "cut": _cut,
    "stall": _stall,
    "bad-json": _bad_event,
    "error-event": _error_event,
}
