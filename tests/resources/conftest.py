"""A client whose answers are scripted, and what it sent."""

from __future__ import annotations

import email.message
import email.parser
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from openai_async import AsyncClient
from openai_async.testing import Server


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


# Trio warns of each generator that is left early, and httpx keeps one within another: only the outer
# one can be closed from outside.
LEFT_EARLY = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass
class Script:
    """Gives each call the next answer (the last one over and over), and keeps the requests."""

    answers: list[httpx.Response]
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def sent(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def line(self) -> str:
        return f"{self.sent.method} {self.sent.url.raw_path.decode()}"

    @property
    def json(self) -> Any:
        return json.loads(self.sent.content)

    @property
    def form(self) -> dict[str, Any]:
        """Fields as text, files as (name, type, bytes)."""
        head = f"content-type: {self.sent.headers['content-type']}\r\n\r\n".encode()
        whole = email.parser.BytesParser().parsebytes(head + self.sent.content)
        return dict(_part(part) for part in whole.get_payload())


def _part(part: email.message.Message) -> tuple[str, Any]:
    name = str(part.get_param("name", header="content-disposition"))
    content: Any = part.get_payload(decode=True)
    filename = part.get_filename()
    return name, content.decode() if filename is None else (
        filename,
        part.get_content_type(),
        content,
    )


@pytest.fixture
def server() -> Server:
    """The built-in server; a file that wants another has its own."""
    return Server(seed=1)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True) as client:
        yield client


Answering = Callable[..., tuple[AsyncClient, Script]]


@pytest.fixture
def answering() -> Answering:
    """Make a client that gets these answers: responses, texts, or anything for JSON."""

    def make(*answers: Any, **options: Any) -> tuple[AsyncClient, Script]:
        script = Script([_response(answer) for answer in answers])
        transport = httpx.MockTransport(script)
        settings = {"api_key": "k", "base_url": "http://api.test/v1", "strict_responses": True}
        return AsyncClient(transport=transport, **{**settings, **options}), script

    return make


def _response(answer: Any) -> httpx.Response:
    if isinstance(answer, httpx.Response):
        return answer
    if isinstance(answer, str):
        return httpx.Response(200, text=answer)
    return httpx.Response(200, json=answer)
