"""What five real servers answered, byte for byte, through the client.

2xx is parsed and nothing is lost; a stream gives the text that is in it, however its bytes are cut;
all else is a typed error that says what the server said.
"""

from __future__ import annotations

import array
import base64
import json
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    AsyncClient,
    AsyncStream,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    Model,
    NotFoundError,
    RateLimitError,
    UnprocessableEntityError,
)
from tests.rawserver import RawServer, Script, answer

from .calls import make
from .captures import DIRECTORY, Capture, captures, put_together

CAPTURES = captures()

pytestmark = [pytest.mark.anyio, pytest.mark.recorded]


def test_there_are_captures() -> None:
    if not CAPTURES and not os.environ.get("CI"):
        pytest.skip(f"no recorded answers in {DIRECTORY}; set OPENAI_CAPTURES_DIR")
    assert len(CAPTURES) > 200, f"CI needs the recorded answers; there are few in {DIRECTORY}"


def is_cut(capture: Capture) -> bool:
    # Of one capture, each line of the head is there twice, which is no HTTP.
    return capture.cut or not capture.is_http


def is_error(capture: Capture) -> bool:
    return not is_cut(capture) and capture.status >= 400


def is_stream(capture: Capture) -> bool:
    return capture.streamed and not is_cut(capture) and "event-stream" in capture.content_type


def is_broken(capture: Capture) -> bool:
    return "malformed" in capture.name


def is_plain(capture: Capture) -> bool:
    return not any(kind(capture) for kind in (is_cut, is_error, is_stream, is_broken))


def each(kind: Callable[[Capture], bool]) -> pytest.MarkDecorator:
    """One test for each capture of a kind."""
    chosen = [pytest.param(capture, id=capture.name) for capture in CAPTURES if kind(capture)]
    return pytest.mark.parametrize("capture", chosen)


on_one_backend = pytest.mark.parametrize("anyio_backend", ["asyncio"])
"""For what is the same on each: how a body that is whole is read."""


def script(capture: Capture) -> Script:
    """The answer as it was recorded, and the end of the connection as it was recorded."""
    return answer(capture.answer, then="close" if is_cut(capture) else "next")


# Whole answers.


@each(is_plain)
@on_one_backend
async def test_nothing_is_lost(capture: Capture) -> None:
    with RawServer(script(capture)) as server:
        async with server.client() as client:
            value = await make(client, capture)
            if isinstance(value, AsyncStream):  # of a server that knows none of this kind
                [value] = [{"text": event.text} async for event in value]
    assert server.requests[0].method == capture.method
    assert server.requests[0].target == capture.path
    if capture.parameters is not None:
        sent = server.requests[0].json()
        assert {"encoding_format": "float", **sent} == {
            "encoding_format": "float",
            **capture.parameters,
        }
    for name, content in capture.form:
        assert content.split(";")[0].removeprefix("@").encode() in server.requests[0].body, name
    if isinstance(value, Model):
        recorded = json.loads(capture.body)
        assert differences(recorded, value.to_dict()) == []
        assert differences(recorded, value.model_dump(by_alias=True), more=True) == []
    elif isinstance(value, httpx.Response):
        assert value.status_code == capture.status
    elif isinstance(value, bytes):
        assert value == capture.body
    elif isinstance(value, str):
        assert value == capture.body.decode()
    else:
        assert value == json.loads(capture.body)


def differences(recorded: Any, dumped: Any, where: str = "$", *, more: bool = False) -> list[str]:
    """Where a dump of a model is not what was recorded; with `more`, it may have more keys.

    The same but for its form: a null where a list or an object had to be, which is an empty one in
    the model, and base64 where floats had to be.
    """
    if isinstance(recorded, dict) and isinstance(dumped, dict):
        wrong = [f"{where}.{key} is lost" for key in recorded.keys() - dumped.keys()]
        if not more:
            wrong += [f"{where}.{key} is invented" for key in dumped.keys() - recorded.keys()]
        for key in recorded.keys() & dumped.keys():
            wrong += differences(recorded[key], dumped[key], f"{where}.{key}", more=more)
        return wrong
    if isinstance(recorded, list) and isinstance(dumped, list) and len(recorded) == len(dumped):
        places = enumerate(zip(recorded, dumped, strict=True))
        return [d for i, (r, v) in places for d in differences(r, v, f"{where}[{i}]", more=more)]
    if isinstance(recorded, str) and isinstance(dumped, list) and where.endswith(".embedding"):
        recorded = array.array("f", base64.b64decode(recorded)).tolist()
    if recorded is None and dumped in ([], {}):
        return []
    same = recorded == dumped and isinstance(recorded, bool) == isinstance(dumped, bool)
    return [] if same else [f"{where}: {recorded!r} became {dumped!r}"]


# Errors.

KINDS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    404: NotFoundError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
    501: InternalServerError,
}


@each(is_error)
@on_one_backend
async def test_an_error_says_what_the_server_said(capture: Capture) -> None:
    with RawServer(script(capture)) as server:
        async with server.client() as client:
            with pytest.raises(APIStatusError) as caught:
                await make(client, capture)
    error = caught.value
    assert type(error) is KINDS.get(capture.status, APIStatusError)
    assert error.status_code == capture.status
    assert error.request_id == (capture.header("x-request-id") or None)
    assert capture.told()
    for said in capture.told():
        assert said in str(error)
        assert said in error.message


@each(is_broken)
@on_one_backend
async def test_what_is_no_json_is_quoted(capture: Capture) -> None:
    with RawServer(script(capture)) as server:
        async with server.client() as client:
            with pytest.raises(APIResponseError) as caught:
                await take(client, capture, [])
    assert capture.body.decode() in str(caught.value)
    assert caught.value.body == capture.body.decode()


# Streams.


def whole(capture: Capture) -> list[bytes]:
    return [capture.answer]


def packet_by_packet(capture: Capture) -> list[bytes]:
    """Cut where no framing of HTTP or of events has an end."""
    return [capture.answer[i : i + 97] for i in range(0, len(capture.answer), 97)]


def byte_by_byte(capture: Capture) -> list[bytes]:
    return [capture.rechunked(1)]


def seven_by_seven(capture: Capture) -> list[bytes]:
    return [capture.rechunked(7)]


@each(is_stream)
@pytest.mark.parametrize("cut", [whole, packet_by_packet, byte_by_byte, seven_by_seven])
async def test_a_stream_gives_what_is_in_it(
    capture: Capture, cut: Callable[[Capture], list[bytes]]
) -> None:
    with RawServer(answer(cut(capture))) as server:
        async with server.client() as client:
            stream = await make(client, capture)
            assert isinstance(stream, AsyncStream)
            items = [item async for item in stream]
    assert server.requests[0].json() == capture.parameters
    assert differences(capture.events, plain(items)) == []
    if "choices" in capture.events[0]:
        # Read from the models' attributes, as a program would.
        assert put_together([attributes(item) for item in items]) == put_together(capture.events)
    assert stream.complete == (
        b"[DONE]" in capture.body or capture.events[-1].get("type") == "response.completed"
    )


async def take(client: AsyncClient, capture: Capture, items: list[Any]) -> None:
    """Make the call and, if it gives a stream, take what comes of it."""
    value = await make(client, capture)
    if isinstance(value, AsyncStream):
        async for item in value:
            items.append(item)  # noqa: PERF401 - one by one: it may end in an error


def plain(items: list[Any]) -> list[Any]:
    return [item.to_dict() if isinstance(item, Model) else item for item in items]


def attributes(value: Any) -> Any:
    if isinstance(value, Model):
        return {name: attributes(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, list):
        return [attributes(item) for item in value]
    return value


@each(is_cut)
@pytest.mark.parametrize("cut", [whole, packet_by_packet])
async def test_a_cut_connection_is_told_after_what_came(
    capture: Capture, cut: Callable[[Capture], list[bytes]]
) -> None:
    items: list[Any] = []
    with RawServer(answer(cut(capture), then="close")) as server:
        async with server.client() as client:
            with pytest.raises(APIConnectionError):
                await take(client, capture, items)
    chunks = plain(items)
    assert chunks == (capture.events if capture.is_http else [])


@each(is_stream)
@on_one_backend
async def test_a_stream_cut_anywhere_is_told(capture: Capture) -> None:
    """Cut in the middle of its body: what came whole before is given, then the error."""
    head, body = capture.head + b"\r\n\r\n", capture.answer[len(capture.head) + 4 :]
    items: list[Any] = []
    with RawServer(answer(head + body[: len(body) // 2], then="close")) as server:
        async with server.client() as client:
            with pytest.raises(APIConnectionError):
                await take(client, capture, items)
    chunks = plain(items)
    assert 0 < len(chunks) < len(capture.events)
    assert differences(capture.events[: len(chunks)], chunks) == []
