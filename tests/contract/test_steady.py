"""Every method against a server made from the document: it takes what we send, we take its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from openai_async import (
    AsyncClient,
    AsyncStream,
    BinaryBody,
    Next,
    Request,
    ResponseValidationError,
)
from openai_async.types import FineTuneEvent

from .exceptions import INVENTED
from .methods import CALLS, METHODS, NOT_OPERATIONS, Call

pytestmark = pytest.mark.anyio

OPEN = "the document forgot to require anything of {}, so Steady sends an empty object"
OFF = {
    "completions.create": OPEN.format("logprobs"),
    "chat.completions.create": OPEN.format("a choice"),
    "edits.create": OPEN.format("a choice"),
    "embeddings.create[base64]": "the document has no encoding_format, so Steady sends floats",
}
"""Calls, or methods, whose answers depart from our models, and why."""

HARMLESS = {
    "E3012": "a model's name is 'a string' and 'one of these strings' at once in the document",
    "E3015": "a query parameter that the document doesn't have",
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


class Verdicts:
    """Middleware that keeps what Steady says of the requests."""

    def __init__(self) -> None:
        self.responses: list[httpx.Response] = []

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        response = await call_next(request)
        self.responses.append(response)
        return response

    def violations(self, method: str = "") -> list[str]:
        """What is wrong with the requests, but for parameters that the document lacks by name."""
        known = {f"E3009 at body: Unknown property: {name}" for name in INVENTED.get(method, ())}
        found = {found for answer in self.responses for found in _violations(answer.headers)}
        return sorted(found - known)


def _violations(headers: httpx.Headers) -> list[str]:
    found: list[str] = []
    for number in range(1, int(headers["x-steady-error-count"]) + 1):
        code, place, message = (
            headers.get(f"x-steady-error-{number}-{what}", "")
            for what in ("code", "path", "message")
        )
        if code not in HARMLESS:
            found.append(f"{code} at {place}: {message}")
    if headers["x-steady-request-valid"] != "true" and not found:
        found.append("the request is not valid")
    return found


@pytest.fixture
async def strict(steady: str) -> AsyncIterator[tuple[AsyncClient, Verdicts]]:
    """A client that takes no answer of the wrong shape."""
    verdicts = Verdicts()
    async with AsyncClient(
        api_key="k",
        base_url=steady,
        middleware=[verdicts],
        max_retries=0,
        strict_responses=True,
        # Steady says what is wrong in headers, and answers all the same.
        default_headers={"x-steady-reject-on-error": "false"},
    ) as client:
        yield client, verdicts


def _cases() -> list[Call]:
    least = {call.method: call.with_only(METHODS[call.method].required) for call in reversed(CALLS)}
    return [*CALLS, *least.values()]


def test_there_is_a_call_of_each_method() -> None:
    assert {call.method for call in CALLS} | NOT_OPERATIONS.keys() == METHODS.keys()


@pytest.mark.parametrize("call", _cases(), ids=str)
async def test_call(call: Call, strict: tuple[AsyncClient, Verdicts]) -> None:
    client, verdicts = strict
    if OFF.get(str(call)) or OFF.get(call.method):
        with pytest.raises(ResponseValidationError):
            await call.make(client)
        client = client.with_options(strict_responses=False)
    value = await call.make(client)
    assert verdicts.responses
    assert verdicts.violations(call.method) == []
    await _check(call, value)


async def _check(call: Call, value: Any) -> None:
    """The value is of the type that it should be, and holds something."""
    items = value if call.wrapped is not None else [value]
    assert items
    assert all(isinstance(item, call.gives) for item in items)
    if isinstance(value, BinaryBody):
        assert await value.read()


@pytest.mark.parametrize("method", ["completions.create", "chat.completions.create"])
async def test_streamed_chunks(method: str, steady_streaming: str) -> None:
    [call] = [call for call in CALLS if call.method == method and call.wrapped is AsyncStream]
    await _check_stream(call, steady_streaming, strict=method not in OFF)


async def test_streamed_events(steady_streaming: str) -> None:
    [call] = [call for call in CALLS if call.gives is FineTuneEvent and call.params]
    await _check_stream(call, steady_streaming, strict=True)


async def _check_stream(call: Call, base_url: str, *, strict: bool) -> None:
    verdicts = Verdicts()
    async with AsyncClient(
        api_key="k",
        base_url=base_url,
        middleware=[verdicts],
        strict_responses=strict,
        default_headers={"x-steady-stream-count": "5", "x-steady-stream-interval-ms": "1"},
    ) as client:
        async with await call.start(client) as stream:
            # Then Steady says `event: done`, which no server of this API does: it isn't read.
            items = [await anext(stream) for _ in range(5)]
    assert all(isinstance(item, call.gives) for item in items)
    assert verdicts.violations(call.method) == []


async def test_violations_are_seen(strict: tuple[AsyncClient, Verdicts]) -> None:
    client, verdicts = strict
    answer = await client.post(
        "/edits",
        cast_to=httpx.Response,
        body={"model": "m", "instruction": 3},
    )
    assert answer.status_code == 200
    assert any("instruction" in violation for violation in verdicts.violations())


async def test_base64_is_given_up_where_it_is_refused(
    strict: tuple[AsyncClient, Verdicts],
) -> None:
    client, verdicts = strict
    client = client.with_options(default_headers={"x-steady-reject-on-error": "true"})
    for _ in range(2):
        await client.embeddings.create(model="m", input="a")
    assert [answer.status_code for answer in verdicts.responses] == [400, 200, 200]
