"""What a call sends, taken apart; nothing is answered."""

from __future__ import annotations

import contextlib
import email.message
import email.parser
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from openai_async import AsyncClient, Next, Request

from .documents import FORM, JSON
from .surface import Method
from .values import FILE

BASE = "http://api.test/some/base"


class Stop(Exception):  # noqa: N818 - it is no error
    """The request has been seen; there is no answer."""


@dataclass
class Sent:
    """One request."""

    verb: str
    path: str
    """Below the base URL, quoted."""
    into: Any
    """What its answer would be decoded to."""
    kind: str
    """The body's content type, if there is a body."""
    query: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    json: Any = None
    form: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    """Fields as text, files as `FILE`."""


class Recorder:
    """Calls methods and keeps what they send."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._wire: list[httpx.Request] = []
        transport = httpx.MockTransport(self._stop)
        self.client = AsyncClient(
            api_key="k", base_url=BASE, transport=transport, middleware=[self._look], gate=False
        )

    async def _look(self, request: Request, call_next: Next) -> httpx.Response:
        self._requests.append(request)
        return await call_next(request)

    async def _stop(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._wire.append(request)
        raise Stop

    async def record(self, method: Method, given: Mapping[str, Any]) -> Sent | None:
        """Call a method; None where it sends nothing. Raises what it raises."""
        self._requests.clear()
        self._wire.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with contextlib.suppress(Stop):
                await method.call(self.client, given)
        if not self._wire:
            return None
        return _taken_apart(self._wire[0], self._requests[0].into)


def _taken_apart(request: httpx.Request, into: Any) -> Sent:
    path, _, query = request.url.raw_path.decode().partition("?")
    kind = request.headers.get("content-type", "").partition(";")[0]
    sent = Sent(request.method, path.removeprefix(httpx.URL(BASE).path), into, kind)
    sent.query = parse_qsl(query, keep_blank_values=True)
    if kind == JSON:
        sent.json = json.loads(request.content)
    elif kind == FORM:
        sent.form = list(_parts(request))
    return sent


def _parts(request: httpx.Request) -> Iterator[tuple[str, Any]]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    whole = email.parser.BytesParser().parsebytes(head + request.content)
    parts: Any = whole.get_payload()
    for part in parts:
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        if part.get_filename() is None:
            yield name, content.decode()
        else:
            yield name, (part.get_filename(), content, part.get_content_type())


def brackets(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value in a query or form, by the API's rules: `a[]=1` for lists, `a[key]=1` for objects."""
    if value == FILE:
        yield name, FILE
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from brackets(f"{name}[{key}]", inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from brackets(f"{name}[]", inner)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
