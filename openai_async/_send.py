"""One attempt at a call: `Request` to `httpx.Request` to `httpx.Response`. All I/O passes here."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from typing import Any, cast

import anyio
import httpx

from ._config import Config, Secret
from ._request import Request, url
from ._response import BinaryBody
from ._transport import library_of, translate
from ._version import __version__
from .errors import APITimeoutError, ConfigurationError

__all__ = ["Sender"]

STARTED = "openai_async.started"
"""Where a response's `extensions` keep the instant at which its attempt began."""

MOST_REDIRECTS = 10

CARRIED = ("accept", "accept-encoding", "range", "user-agent")
"""The headers that go along to another server: they say how to answer, not who asks."""

USER_AGENT = f"openai_async/{__version__} Python/{platform.python_version()}"


class Sender:
    """Sends requests over an `httpx.AsyncClient` with the settings of one client."""

    def __init__(self, http: Any, config: Config, *, follows: bool) -> None:
        self._http = http
        self._follows = follows  # a client of the user's own follows redirects as it was told to
        self._library = library_of(http)
        self._config = config
        self._headers, self._unwanted = _headers(config)
        self._timeout = self._native_timeout(config.timeout)

    async def __call__(self, request: Request) -> httpx.Response:
        """Send once; the body of the answer is read, unless the request asks to stream a 2xx.

        Raises `APIConnectionError`, a timeout among them, where no whole answer comes.
        """
        if self._http.is_closed:
            raise ConfigurationError("the client is closed")
        http_request = await self.build(request)
        started = time.monotonic()
        response: httpx.Response | None = None
        try:
            response = await self._until_headers(http_request, request)
            response.extensions[STARTED] = started
            if not request.stream or not response.is_success:
                await response.aread()
            return response
        except Exception as error:
            translated = translate(error, http_request, response)
            if translated is None:
                raise
            raise translated from error
        finally:
            # A body that was to be read is whole by now, or will never be.
            if response is not None and not (request.stream and response.is_success):
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            if request.form is not None:
                with anyio.CancelScope(shield=True):
                    await request.form.aclose()

    async def _until_headers(self, http_request: httpx.Request, request: Request) -> httpx.Response:
        if not request.stream or request.first_event_timeout is None:
            return await self._answer(http_request, request)
        with anyio.move_on_after(request.first_event_timeout):
            return await self._answer(http_request, request)
        raise APITimeoutError(
            "no first event came in time", phase="first_event", request=http_request
        )

    async def _answer(self, http_request: httpx.Request, request: Request) -> httpx.Response:
        """The answer, behind the redirects that are safe to follow; one that isn't is the answer."""
        for _ in range(MOST_REDIRECTS):
            response = cast("httpx.Response", await self._http.send(http_request, stream=True))
            following = self._following(http_request, response, request.into)
            if following is None:
                return response
            try:
                await response.aread()
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            http_request = following
        raise httpx.TooManyRedirects(f"{MOST_REDIRECTS} redirects, one after the other")

    def _following(
        self, http_request: httpx.Request, response: httpx.Response, into: Any
    ) -> httpx.Request | None:
        """The request that a redirect leads to, or None for one that isn't followed."""
        following = response.next_request
        if following is None or not self._follows or stays(http_request, following):
            return following if self._follows else None
        if into is BinaryBody and may_fetch(http_request, following):
            return bare(following)
        return None

    async def build(self, request: Request) -> httpx.Request:
        """The HTTP request of one attempt.

        Raises `ConfigurationError` for what can't be sent: a key, a path, a file.
        """
        key: Secret | None = None
        if not isinstance(self._config.api_key, Secret):
            key = Secret(await self._config.api_key())
            if problem := key.problem():
                raise ConfigurationError(f"the api_key callable: {problem}")
        content: Any = request.content()
        form = request.form if content is None else None
        length = None if form is None else await form.length()
        query = {
            **self._config.base_query,
            **self._config.default_query,
            **(request.query or {}),
        }
        address = url(self._config.base_url, request.path, query)
        # Last, so that this frame holds no secret when one of those above raises.
        headers = self._headers.copy()
        if key is not None:
            headers.setdefault("authorization", f"Bearer {key.reveal()}")
        if content is not None:
            headers["content-type"] = "application/json"
        elif form is not None:
            content = form
            headers["content-type"] = form.content_type
            if length is not None:
                headers["content-length"] = str(length)
        unwanted = _merge(headers, request.headers, self._unwanted)
        built: httpx.Request = self._http.build_request(
            request.method,
            str(address),
            headers=headers,
            content=content,
            timeout=self._timeout
            if request.timeout is None
            else self._native_timeout(request.timeout),
        )
        if self._http.params:
            # httpx puts a client's parameters in the place of the URL's.
            ours = address.params
            theirs = [(k, v) for k, v in self._http.params.multi_items() if k not in ours]
            merged = address.copy_with(params=[*theirs, *ours.multi_items()])
            built.url = type(built.url)(str(merged))
        # Here, because an `httpx.AsyncClient` adds headers of its own.
        for name in unwanted:
            built.headers.pop(name, None)
        return built

    def _native_timeout(self, timeout: httpx.Timeout) -> Any:
        return timeout if self._library is httpx else self._library.Timeout(**timeout.as_dict())


def stays(request: httpx.Request, following: httpx.Request) -> bool:
    """Whether a redirect keeps to the origin, or to its https, and to the method.

    To another origin, headers and bodies would carry secrets; and httpx, as browsers do, makes a
    GET without a body of a POST, whose answer is to another question.
    """
    here, there = request.url, following.url
    upgrade = (here.scheme, here.port, there.scheme, there.port) == ("http", None, "https", None)
    same = (here.scheme, here.port) == (there.scheme, there.port) or upgrade
    return same and here.host == there.host and request.method == following.method


def may_fetch(request: httpx.Request, following: httpx.Request) -> bool:
    """Whether a download may go on at another server, as where files are kept in a store that
    signs its URLs. It asks for nothing but what the URL names, and not without TLS if it had it."""
    downgrade = (request.url.scheme, following.url.scheme) == ("https", "http")
    return request.method == following.method == "GET" and not downgrade


def bare(following: httpx.Request) -> httpx.Request:
    """The same question without anything that is meant for the server that was asked first."""
    headers = {name: following.headers[name] for name in CARRIED if name in following.headers}
    url = following.url
    return httpx.Request("GET", url, headers=headers, extensions=following.extensions)


def _headers(config: Config) -> tuple[httpx.Headers, frozenset[str]]:
    """What every request of a client says, and the names of what none may say."""
    headers = httpx.Headers({"accept": "application/json", "user-agent": USER_AGENT})
    if isinstance(config.api_key, Secret):
        headers["authorization"] = f"Bearer {config.api_key.reveal()}"
    if config.organization:
        headers["openai-organization"] = config.organization
    if config.project:
        headers["openai-project"] = config.project
    return headers, _merge(headers, config.default_headers, frozenset())


def _merge(
    headers: httpx.Headers, more: Mapping[str, str | None] | None, unwanted: frozenset[str]
) -> frozenset[str]:
    """Set `more` in `headers`. Gives the names that are not to be sent: those that were unwanted
    and are not in `more`, and those that are None there."""
    if not more:
        return unwanted
    headers.update({name: value for name, value in more.items() if value is not None})
    return (unwanted - {name.lower() for name in more}) | {
        name.lower() for name, value in more.items() if value is None
    }
