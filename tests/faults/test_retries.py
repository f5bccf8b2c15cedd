"""Retries over a socket: what is sent again, when, and what is not."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    Next,
    QuotaExceededError,
    RateLimitError,
    Request,
    Retry,
    RetryPolicy,
    raw,
)
from tests.common import CHAT, DONE, FILE, HELLO, MODEL, A, cut_stream, read, streaming
from tests.rawserver import (
    BOUND,
    EACH_TRANSPORT,
    Connection,
    RawServer,
    Script,
    answer,
    json_response,
    response,
)

from .conftest import ClientOf

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(30), EACH_TRANSPORT]

GOOD = json_response(MODEL)


def trouble(status: str = "503 Busy", error: dict[str, Any] | None = None, **headers: str) -> bytes:
    body = {"error": {"message": "boom", **(error or {})}}
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return json_response(body, status=status, headers=named)


async def retried(client: ClientOf, *answers: bytes, **options: Any) -> tuple[Any, int, float]:
    """The outcome of a call with up to two retries, how often it was sent, and how long it took."""
    with RawServer(answer(*answers)) as server:
        async with client(server, max_retries=2, **options) as api:
            await api.get("/warm", cast_to=str)  # connecting is not what is timed
            begun = time.monotonic()
            try:
                outcome: Any = await raw(api.models.retrieve)("m")
            except APIError as error:
                outcome = error
            took = time.monotonic() - begun
    assert outcome.retries_taken == len(server.requests) - 2
    return outcome, len(server.requests) - 1, took


SENT_AGAIN: dict[str, bytes] = {
    "408": trouble("408 Request Timeout"),
    "409": trouble("409 Conflict"),
    "429": trouble("429 Too Many"),
    "500": trouble("500 Oh"),
    "502": response(b"<html>bad gateway</html>", status="502 Bad", content_type="text/html"),
    "503": trouble("503 Busy"),
    "504": response(b"", status="504 Late"),
    "529": trouble("529 Overloaded"),
    "x-should-retry: true wins over 400": trouble("400 No", x_should_retry="true"),
    "retry-after-ms": trouble(retry_after_ms="1"),
    "retry-after: 0": trouble(retry_after="0"),
    "retry-after, a date in the past": trouble(retry_after="Fri, 01 Jan 1999 00:00:00 GMT"),
    "retry-after, broken": trouble(retry_after="soon"),
    "retry-after, negative": trouble(retry_after="-5"),
    "retry-after, infinite": trouble(retry_after="inf"),
}


@pytest.mark.parametrize("name", SENT_AGAIN)
async def test_sent_again(name: str, client: ClientOf) -> None:
    outcome, sent, took = await retried(client, GOOD, SENT_AGAIN[name], SENT_AGAIN[name], GOOD)
    assert outcome.value.id == "m"
    assert sent == 3
    assert took < 5


SENT_ONCE: dict[str, bytes] = {
    "400": trouble("400 Bad Request"),
    "401": trouble("401 Unauthorized"),
    "403": trouble("403 Forbidden"),
    "404": trouble("404 Not Found"),
    "422": trouble("422 No"),
    "quota by code": trouble("429 Too Many", {"code": "insufficient_quota"}),
    "quota by type": trouble("429 Too Many", {"type": "insufficient_quota"}),
    "quota, whatever x-should-retry says": trouble(
        "429 Too Many", {"code": "insufficient_quota"}, x_should_retry="true"
    ),
    "x-should-retry: false wins over 503": trouble(x_should_retry="false"),
    "x-should-retry: false wins over retry-after": trouble(x_should_retry="false", retry_after="0"),
    "retry-after over the bound": trouble("429 Too Many", retry_after="61"),
    "retry-after-ms over the bound": trouble("429 Too Many", retry_after_ms="61000"),
    "retry-after, a date over the bound": trouble(
        "429 Too Many", retry_after="Fri, 01 Jan 2100 00:00:00 GMT"
    ),
}


@pytest.mark.parametrize("name", SENT_ONCE)
async def test_sent_once(name: str, client: ClientOf) -> None:
    outcome, sent, took = await retried(client, GOOD, SENT_ONCE[name], GOOD)
    assert isinstance(outcome, APIStatusError)
    assert "boom" in str(outcome)
    assert sent == 1
    assert took < 5
    if "quota" in name:
        assert type(outcome) is QuotaExceededError
    elif "429" in str(outcome.status_code):
        assert type(outcome) is RateLimitError


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after": "0.25"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "50"}, 0.25),
    ],
)
async def test_the_wait_is_as_long_as_the_server_asks(
    headers: Any, least: float, client: ClientOf
) -> None:
    outcome, sent, took = await retried(client, GOOD, trouble(**headers), GOOD)
    assert (outcome.value.id, sent) == ("m", 2)
    assert least <= took < 5


async def test_the_wait_is_until_the_date_that_the_server_names(client: ClientOf) -> None:
    # Dates have whole seconds: between none and two from now.
    later = formatdate(int(time.time()) + 2, usegmt=True)
    outcome, sent, took = await retried(client, GOOD, trouble(retry_after=later), GOOD)
    assert (outcome.value.id, sent) == ("m", 2)
    assert 0.5 < took < 5


async def test_after_the_last_attempt_the_error_says_how_often(client: ClientOf) -> None:
    outcome, sent, _ = await retried(client, GOOD, trouble())
    assert isinstance(outcome, APIStatusError)
    assert sent == 3
    assert "after 2 retries" in str(outcome)


# Connections that end.

CUT: dict[str, Script] = {
    "closed without a word": answer(b"", then="close"),
    "reset without a word": answer(b"", then="reset"),
    "closed within the head": answer(b"HTTP/1.1 200 OK\r\ncontent-", then="close"),
    "closed within the body": answer(response(b'{"id":', length=99), then="close"),
    "reset within the body": answer(response(b'{"id":', length=99), then="reset"),
    "no HTTP": answer(b"SSH-2.0-OpenSSH\r\n", then="close"),
}


@pytest.mark.parametrize("name", CUT)
async def test_a_connection_that_ends_is_tried_again(name: str, client: ClientOf) -> None:
    with RawServer(CUT[name], CUT[name], answer(json_response(CHAT))) as server:
        async with client(server, max_retries=2) as api:
            # A POST: aiohttp sends a GET once more on its own.
            found = await raw(api.chat.completions.create)(**HELLO)
    assert found.value.id == "c"  # type: ignore[union-attr]
    assert (found.retries_taken, len(server.requests)) == (2, 3)


@pytest.mark.parametrize("name", CUT)
async def test_a_connection_that_always_ends_is_told(name: str, client: ClientOf) -> None:
    with RawServer(CUT[name]) as server:
        async with client(server, max_retries=2) as api:
            with pytest.raises(APIConnectionError) as caught:
                await api.chat.completions.create(**HELLO)
    assert type(caught.value) is APIConnectionError
    assert caught.value.retries_taken == 2
    assert "after 2 retries" in str(caught.value)
    assert len(server.requests) == 3


async def test_nobody_listens(client: ClientOf) -> None:
    with RawServer(answer(b"")) as server:
        api = client(server, max_retries=1)
    async with api:
        with pytest.raises(APIConnectionError, match="after 1 retry") as caught:
            await api.models.retrieve("m")
    assert caught.value.__cause__ is not None


async def test_a_timeout_is_tried_again(client: ClientOf) -> None:
    with RawServer(answer(b"", then="hold"), answer(GOOD)) as server:
        async with client(server, max_retries=1) as api:
            found = await raw(api.models.retrieve)("m", timeout=0.2)
    assert (found.value.id, found.retries_taken) == ("m", 1)


async def test_a_connection_that_was_closed_while_idle(client: ClientOf) -> None:
    """Noticed before it is used: no retry is needed, also where the server does not announce it."""
    with RawServer(answer(GOOD, then="close")) as server:
        async with client(server, max_retries=0) as api:
            for number in range(5):
                assert (await api.models.retrieve("m")).id == "m"
                await anyio.to_thread.run_sync(server.connections[number].gone.wait, 5)
    assert len(server.connections) == 5


async def test_a_connection_that_is_closed_right_behind_its_answer(client: ClientOf) -> None:
    """As llama.cpp does it behind a stream: the news may come too late, and then a retry helps."""
    with RawServer(streaming(A, DONE, then="close")) as server:
        async with client(server, max_retries=2) as api:
            for _ in range(50):
                assert await read(api) == ("a", None)


async def test_streams_are_tried_again_until_they_begin(client: ClientOf) -> None:
    with RawServer(CUT["closed without a word"], answer(trouble()), streaming(A, DONE)) as server:
        async with client(server, max_retries=2) as api:
            with pytest.raises(APIStatusError):
                await read(api.with_options(max_retries=1))
    with RawServer(CUT["closed without a word"], streaming(A, DONE)) as server:
        async with client(server, max_retries=2) as api:
            assert await read(api) == ("a", None)


async def test_a_stream_that_has_begun_is_not_sent_again(client: ClientOf) -> None:
    """Its caller has seen a part of it: another answer would be another text."""
    with RawServer(cut_stream(A, then="close"), streaming(A, DONE)) as server:
        async with client(server, max_retries=2) as api:
            told, error = await read(api)
    assert told == "a"
    assert type(error) is APIConnectionError
    assert len(server.requests) == 1


# Waits.


def slow(server: RawServer, client: ClientOf, **options: Any) -> AsyncClient:
    """A client whose every back-off is long."""
    # The server names the wait, since our own is drawn by lot.
    return client(server, middleware=[Retry(RetryPolicy())], max_retries=5, **options)


async def test_a_cancel_during_back_off_ends_at_once(client: ClientOf) -> None:
    was_refused = anyio.Event()

    async def note(request: Request, call_next: Next) -> httpx.Response:
        refusal = await call_next(request)
        was_refused.set()
        return refusal

    with RawServer(answer(trouble(retry_after="30"))) as server:
        async with client(server, middleware=[Retry(), note], max_retries=5) as api:
            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(api.models.retrieve, "m")
                    await was_refused.wait()
                    await anyio.wait_all_tasks_blocked()
                    tasks.cancel_scope.cancel()
    assert len(server.requests) == 1


async def test_the_deadline_bounds_the_sum(client: ClientOf) -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.request()
            connection.wait(0.12)
            connection.send(trouble(retry_after_ms="10"))

    with RawServer(script) as server:
        async with client(server, max_retries=1000, deadline=0.5) as api:
            begun = time.monotonic()
            with pytest.raises(APITimeoutError) as caught:
                await api.models.retrieve("m")
            took = time.monotonic() - begun
    assert caught.value.phase == "deadline"
    assert 0.2 < took < 3
    assert 2 <= len(server.requests) <= 4
    assert "retr" in str(caught.value)


async def test_a_back_off_past_the_deadline_is_told_at_once(client: ClientOf) -> None:
    with RawServer(answer(trouble(retry_after="30"))) as server:
        async with slow(server, client, deadline=10) as api:
            with anyio.fail_after(5), pytest.raises(APITimeoutError, match="boom") as caught:
                await api.models.retrieve("m")
    assert caught.value.phase == "deadline"
    assert len(server.requests) == 1


# Uploads.


def file_of(kind: str, folder: Path) -> Any:
    data = bytes(range(256)) * 2000
    if kind == "bytes":
        return data
    path = folder / "data.bin"
    path.write_bytes(data)
    return path if kind == "path" else path.open("rb")


@pytest.mark.parametrize("kind", ["bytes", "path", "file"])
@pytest.mark.parametrize("fault", ["503", "cut"])
async def test_a_retried_upload_sends_the_same_bytes(
    kind: str, fault: str, tmp_path: Path, client: ClientOf
) -> None:
    busy = answer(trouble(), trouble(), json_response(FILE))
    cut = answer(b"", then="close")
    scripts = [busy] if fault == "503" else [cut, cut, answer(json_response(FILE))]
    content = file_of(kind, tmp_path)
    with RawServer(*scripts) as server:
        async with client(server, max_retries=2) as api:
            await api.files.create(file=("data.bin", content), purpose="x")
    if isinstance(content, io.IOBase):
        content.close()
    first, *others = (request.body for request in server.requests)
    assert len(others) == 2
    assert all(other == first for other in others)
    assert bytes(range(256)) * 2000 in first


async def test_an_upload_that_is_cut_halfway_sends_the_same_bytes(
    tmp_path: Path, client: ClientOf
) -> None:
    def script(connection: Connection) -> None:
        connection.wait(0.02)
        connection.reset()

    path = tmp_path / "data.bin"
    path.write_bytes(bytes(3_000_000))
    with RawServer(script, answer(json_response(FILE))) as server:
        async with client(server, max_retries=2) as api:
            await api.files.create(file=path, purpose="x")
    assert server.requests[-1].body.count(0) >= 3_000_000


@pytest.mark.parametrize("fault", ["503", "cut"])
async def test_what_cannot_be_replayed_is_not_retried(fault: str, client: ClientOf) -> None:
    async def once() -> AsyncIterator[bytes]:
        yield b"abc"

    bad = answer(trouble(), then="close") if fault == "503" else answer(b"", then="close")
    with RawServer(bad) as server:
        async with client(server, max_retries=2) as api:
            with pytest.raises(APIError, match="not retried: its body can't be produced again"):
                await api.files.create(file=("x", once()), purpose="x")
    assert len(server.requests) == 1


async def test_an_api_key_callable_runs_before_every_attempt(client: ClientOf) -> None:
    keys = iter(["one", "two", "three"])

    async def key() -> str:
        return next(keys)

    with RawServer(answer(trouble(), trouble(), json_response(CHAT))) as server:
        async with client(server, api_key=key, max_retries=2) as api:
            await api.chat.completions.create(**HELLO)
    told = [request.headers["authorization"] for request in server.requests]
    assert told == ["Bearer one", "Bearer two", "Bearer three"]
