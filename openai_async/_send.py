"""One attempt at a call: `Request` to `httpx.Request` to `httpx.Response`. All I/O passes here."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from typing import Any, cast

import anyio
import httpx

from ._config import Config, Secret
from ._direct import DirectClient
from ._redirect import following
from ._request import Request, url
from ._transport import library_of, translate
from ._version import __version__
from .errors import APITimeoutError, ConfigurationError

__all__ = ["Sender"]

STARTED = "openai_async.started"
"""Where a response's `extensions` keep the instant at which its attempt began."""

MOST_REDIRECTS = 10

USER_AGENT = f"openai_async/{__version__} Python/{platform.python_version()}"


class Sender:
    """Sends requests over an `httpx.AsyncClient` with the settings of one client."""

    def __init__(self, http: Any, config: Config, *, follows: bool) -> None:
        self._http = http
        self._follows = follows  # a client of the user's own follows redirects as it was told to
        self._direct = http if isinstance(http, DirectClient) else None
        self._library = library_of(http)
        self._config = config
        self._headers, self._unwanted = _headers(config)
        if self._direct is not None:
            self._headers = httpx.Headers({**self._direct.headers, **self._headers})
        self._timeout = config.timeout

    async def __call__(self, request: Request) -> httpx.Response:
        """Send once; the body of the answer is read, unless the request asks to stream a 2xx.

        Raises `APIConnectionError`, a timeout among them, where no whole answer comes.
        """
        http_request = await self.build(request)
        started = time.monotonic()
        response: httpx.Response | None = None
        try:
            response = await self._until_headers(http_request, request)
            response.extensions[STARTED] = started
            if not request.stream or not response.is_success:
                await response.aread()
            elif request.tally is not None:
                request.tally.opened.append(response)
            return response
        except Exception as error:
            translated = translate(error, http_request, response)
            if translated is None:
                raise
            raise translated from error
        finally:
            # A body that was to be read is whole by now, or will never be.
            unread = request.stream and response is not None and response.is_success
            if response is not None and not response.is_closed and not unread:
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
            response = await self._transmit(http_request)
            further = following(http_request, response, request.into) if self._follows else None
            if further is None:
                return response
            try:
                await response.aread()
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            http_request = further
        raise httpx.TooManyRedirects(f"{MOST_REDIRECTS} redirects, one after the other")

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
        timeout = self._timeout if request.timeout is None else request.timeout
        built = self._shape(request.method, address, headers, content, timeout)
        # Here, because both kinds of client add headers of their own.
        for name in unwanted:
            built.headers.pop(name, None)
        return built

    def _shape(
        self, method: str, address: httpx.URL, headers: httpx.Headers, content: Any, timeout: Any
    ) -> httpx.Request:
        if self._direct is not None:
            limits = {"timeout": timeout.as_dict()}
            built = httpx.Request(
                method, address, headers=headers, content=content, extensions=limits
            )
            self._direct.add_cookies(built)
            return built
        return self._shape_foreign(method, address, headers, content, timeout)

    def _shape_foreign(
        self, method: str, address: httpx.URL, headers: httpx.Headers, content: Any, timeout: Any
    ) -> httpx.Request:
        """For a client of the user's own, whose headers and parameters have a say too."""
        built: httpx.Request = self._http.build_request(
            method,
            str(address),
            headers=headers,
            content=content,
            timeout=self._native_timeout(timeout),
        )
        if self._http.params:
            # httpx puts a client's parameters in the place of the URL's.
            ours = address.params
            theirs = [(k, v) for k, v in self._http.params.multi_items() if k not in ours]
            merged = address.copy_with(params=[*theirs, *ours.multi_items()])
            built.url = type(built.url)(str(merged))
        return built

    async def _transmit(self, http_request: httpx.Request) -> httpx.Response:
        if self._http.is_closed:  # looked at here: it may be, since the call began
            raise ConfigurationError("the client is closed")
        if self._direct is not None:
            return await self._direct.send_directly(http_request)
        return cast("httpx.Response", await self._http.send(http_request, stream=True))

    def _native_timeout(self, timeout: httpx.Timeout) -> Any:
        return timeout if self._library is httpx else self._library.Timeout(**timeout.as_dict())


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
