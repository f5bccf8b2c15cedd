"""A server without a socket: it answers from a script, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import httpx

from openai_async import AsyncClient, Middleware, Retry, RetryPolicy

KEY = "sk-test-0123456789"
BASE_URL = "http://api.test/v1"

Answer = Callable[[httpx.Request], httpx.Response]

AT_ONCE = Retry(RetryPolicy(initial=0, maximum=0))
"""Retries without waiting, where the test is about something else."""


def answer(
    json: Any = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    content: bytes | None = None,
) -> Answer:
    """An answer that can be given any number of times."""
    if content is None and json is not None:
        return lambda _: httpx.Response(status, headers=headers, json=json)
    return lambda _: httpx.Response(status, headers=headers, content=content or b"")


def failure(error: Exception) -> Answer:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return fail


class Script(httpx.AsyncBaseTransport):
    """Gives one answer after the other; the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers) or [answer({})]
        self.requests: list[httpx.Request] = []
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # Not `aread`, which would keep the body, and hide what sending it twice does.
        body = b"".join([chunk async for chunk in cast("httpx.AsyncByteStream", request.stream)])
        kept = httpx.Request(
            request.method, request.url, content=body, extensions=request.extensions
        )
        kept.headers = request.headers
        self.requests.append(kept)
        number = min(len(self.requests), len(self.answers)) - 1
        return self.answers[number](request)

    async def aclose(self) -> None:
        self.closed += 1

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def sent(self) -> Any:
        """The JSON that was last sent."""
        return json.loads(self.last.content)

    def client(self, *, middleware: list[Middleware] | None = None, **options: Any) -> AsyncClient:
        chain = [AT_ONCE] if middleware is None else middleware
        settings: Any = {"api_key": KEY, "base_url": BASE_URL, **options}
        return AsyncClient(transport=self, middleware=chain, **settings)
