"""Every method against a server made from the document: it takes what we send, we take its answers.

What to send is made from the annotations: once with all that a method takes, and once with no more
than it must have. Steady doesn't look at all of it: `test_document` looks at the wire itself.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, get_origin

import anyio
import httpx
import pytest

from openai_async import AsyncClient, AsyncStream, BinaryBody, Next, Page, Request

from .check import Check
from .conftest import Servers
from .documents import all_documents
from .findings import checks_of, matches
from .helpers import is_helper
from .known import gathered
from .surface import given_by, methods

EVENTS = 5
SEEDS = ("1", "2", "3")
"""Other seeds make other members of unions."""
URL = re.compile(r" \(\w+ http\S+\)")
HARMLESS = {
    "E3012": "a model's name is 'a string' and 'one of these strings' at once in the document",
    "E3015": "a query parameter that the document doesn't have: test_document looks for those",
}


@pytest.fixture
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

    def violations(self) -> set[str]:
        """What is wrong with the requests."""
        return {found for answer in self.responses for found in _violations(answer.headers)}


def _violations(headers: httpx.Headers) -> Iterator[str]:
    found: list[str] = []
    for number in range(1, int(headers["x-steady-error-count"]) + 1):
        code, place, message = (
            headers.get(f"x-steady-error-{number}-{what}", "")
            for what in ("code", "path", "message")
        )
        if code not in HARMLESS and not code.startswith("E4"):  # which are about bounds
            found.append(f"{code} at {place}: {message}")
    if headers["x-steady-request-valid"] != "true" and not found:
        found.append("the request is not valid")
    yield from found


CHECKED = sorted(name for name in methods() if not is_helper(name))


@pytest.mark.parametrize("name", CHECKED)
def test_method(name: str, steady: Servers) -> None:
    newest = checks_of(name)[0]
    found = {f"{name}: {line}" for line in anyio.run(_said, newest, steady)}
    known = [one for one in gathered("STEADY") if one.startswith(f"{name}: ")]
    wrong = sorted(line for line in found if not any(matches(line, one) for one in known))
    assert not wrong, "\n".join(wrong)
    unneeded = [one for one in known if not any(matches(line, one) for line in found)]
    assert not unneeded, "exceptions that nothing needs"


async def _said(check: Check, steady: Servers) -> set[str]:
    """What is wrong with the calls of a method, and with its answers."""
    found: set[str] = set()
    for seed in SEEDS:
        for given in check.whole_calls():
            streamed = given.get("stream") is True
            base_url = steady(check.document, streaming=streamed)
            verdicts = Verdicts()
            async with _client(base_url, verdicts, seed) as client:
                try:
                    value = await _called(check, client, given)
                    if not _is_expected(check, value):
                        found.add(f"gives {type(value).__name__}")
                except Exception as error:
                    told = URL.sub("", str(error))
                    found.add(f"{type(error).__name__}: {told}")
            found |= verdicts.violations()
    return found


def _client(base_url: str, verdicts: Verdicts, seed: str) -> AsyncClient:
    return AsyncClient(
        api_key="k",
        base_url=base_url,
        middleware=[verdicts],
        max_retries=0,
        strict_responses=True,
        gate=False,
        # Steady says what is wrong in headers, and answers all the same.
        default_headers={
            "x-steady-reject-on-error": "false",
            "x-steady-seed": seed,
            "x-steady-stream-count": str(EVENTS),
            "x-steady-stream-interval-ms": "1",
        },
    )


async def _called(check: Check, client: AsyncClient, given: Mapping[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        value = await check.method.call(client, given)
    if isinstance(value, BinaryBody):
        assert await value.read()
    if isinstance(value, AsyncStream):
        async with value:
            # Then Steady says `event: done`, which no server of this API does: it isn't read.
            items = [await anext(value) for _ in range(EVENTS)]
        assert len(items) == EVENTS
    return value


def _is_expected(check: Check, value: Any) -> bool:
    """Whether a value is of one of the types that the signature says."""
    kinds = [get_origin(option) or option for option in given_by(check.method.function)]
    if any(hasattr(kind, "__await__") for kind in kinds):  # such as a Pager, which was awaited
        kinds += [Page, AsyncStream]
    return any(
        value is kind or (isinstance(kind, type) and isinstance(value, kind)) for kind in kinds
    )


# What Steady says is heard


@pytest.fixture
async def strict(steady: Servers) -> AsyncIterator[tuple[AsyncClient, Verdicts]]:
    verdicts = Verdicts()
    async with _client(steady(all_documents()[-1]), verdicts, SEEDS[0]) as client:
        yield client, verdicts


@pytest.mark.anyio
async def test_violations_are_seen(strict: tuple[AsyncClient, Verdicts]) -> None:
    client, verdicts = strict
    body = {"model": "m", "instruction": 3}
    answer = await client.post("/edits", cast_to=httpx.Response, body=body)
    assert answer.status_code == 200
    assert any("instruction" in violation for violation in verdicts.violations())


@pytest.mark.anyio
async def test_base64_is_given_up_where_it_is_refused(
    strict: tuple[AsyncClient, Verdicts],
) -> None:
    client, verdicts = strict  # of a document that knows no encoding_format
    client = client.with_options(default_headers={"x-steady-reject-on-error": "true"})
    for _ in range(2):
        await client.embeddings.create(model="m", input="a")
    assert [answer.status_code for answer in verdicts.responses] == [400, 200, 200]
