"""`Resource`: the base of every namespace. An endpoint is three or four lines on top of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, cast, overload

from ._config import NOT_GIVEN
from ._multipart import Multipart
from ._pagination import Page, Pager
from ._request import Request, RequestOptions, bind, make
from ._response import BinaryBody, Capture, Raw, StreamingResponse, capturing, raw

if TYPE_CHECKING:
    from ._client import AsyncClient
    from ._stream import AsyncStream, Streamed

__all__ = ["Resource", "defaults"]

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

FILES = frozenset({"file", "image", "mask"})
"""The form fields that are files, unless a call says which."""

STREAM: Mapping[str, Any] = {"stream": True}
"""What asks for a stream, nearly everywhere."""


def defaults(method: Callable[P, R]) -> Callable[P, R]:
    """Let `NOT_GIVEN` be the default in a method that names its keywords; `bind` does so for others."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in [name for name, value in kwargs.items() if value is NOT_GIVEN]:
            del kwargs[name]
        return method(*args, **kwargs)

    return call


class Resource:
    """A namespace of calls, bound to a client."""

    _headers: ClassVar[Mapping[str, str]] = {}
    """Of each call, where the caller doesn't say otherwise."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @property
    def with_raw_response(self) -> RawMethods:
        """The same methods, giving `Raw`: value, status, headers. See also `openai_async.raw`."""
        return RawMethods(self)

    @property
    def with_streaming_response(self) -> StreamingMethods:
        """The same methods as async context managers that give the response with its body unread."""
        return StreamingMethods(self)

    async def _get(
        self, path: str, into: type[T], *, query: Mapping[str, Any], takes: type = RequestOptions
    ) -> T:
        given, options = bind(query, takes)
        return await self._call("GET", path, into, options, query=given)

    async def _delete(
        self, path: str, into: type[T], *, query: Mapping[str, Any], takes: type = RequestOptions
    ) -> T:
        given, options = bind(query, takes)
        return await self._call("DELETE", path, into, options, query=given)

    @overload
    async def _post(
        self, path: str, into: type[T], *, json: Mapping[str, Any], takes: type = ...
    ) -> T: ...
    @overload
    async def _post(
        self,
        path: str,
        into: type[T],
        *,
        form: Mapping[str, Any],
        takes: type = ...,
        files: frozenset[str] = ...,
    ) -> T: ...
    async def _post(
        self,
        path: str,
        into: type[T],
        *,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        takes: type = RequestOptions,
        files: frozenset[str] = FILES,
    ) -> T:
        """POST JSON, or a form, whose fields in `files` are files; keywords that `takes` doesn't know
        are a `TypeError`."""
        if form is not None:
            given, options = bind(form, takes)
            multipart = Multipart.from_params(given, files)
            return await self._call("POST", path, into, options, form=multipart)
        given, options = bind(json or {}, takes)
        # Where there are parameters, an object is expected, also if it is empty.
        body = given if given or takes is not RequestOptions else None
        return await self._call("POST", path, into, options, json=body)

    async def _stream(
        self,
        path: str,
        streamed: Streamed[T],
        *,
        json: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        takes: type = RequestOptions,
        files: frozenset[str] = FILES,
        by: Mapping[str, Any] = STREAM,
    ) -> AsyncStream[T]:
        """POST JSON or a form, or GET with a query, with `by` in it, which asks for a stream; give
        the events as they come."""
        params = json if query is None else query
        given, options = bind((params if form is None else form) or {}, takes)
        given |= by
        if form is not None:
            asked: dict[str, Any] = {"form": Multipart.from_params(given, files)}
        else:
            asked = {"json": given} if query is None else {"query": given}
        method = "POST" if query is None else "GET"
        stream: AsyncStream[T] = await self._client.request(
            self._made(method, path, streamed, options, stream=True, **asked)
        )
        return stream

    def _page(
        self,
        path: str,
        item: Any,
        *,
        query: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        takes: type = RequestOptions,
    ) -> Pager[Any]:
        """A list that is asked for when awaited or iterated over: by GET with a query, or by POST
        with JSON where the list is the answer to what was sent. `item` is what is in it, or a
        `Page` that has more fields than others."""
        is_page = isinstance(item, type) and issubclass(item, Page)
        into: Any = cast("Any", item) if is_page else Page[item]
        if json is not None:
            given, options = bind(json, takes)
            request = self._made("POST", path, into, options, json=given)
        else:
            given, options = bind(query or {}, takes)
            request = self._made("GET", path, into, options, query=given)

        async def fetch(after: str | None) -> Page[Any]:
            following = {} if after is None else {"after": after}
            query = {**(request.query or {}), **following}
            page: Page[Any] = await self._client.request(dataclasses.replace(request, query=query))
            return page

        keys: frozenset[str] = cast("Any", takes).__optional_keys__
        return Pager(fetch, by_cursor="after" in keys)

    def _made(
        self, method: str, path: str, into: Any, options: Mapping[str, Any], **asked: Any
    ) -> Request:
        if self._headers:
            given: Mapping[str, Any] = options.get("extra_headers") or {}
            options = {**options, "extra_headers": {**self._headers, **given}}
        return make(self._client.config, method, path, into, options, **asked)

    async def _call(
        self,
        method: str,
        path: str,
        into: type[T],
        options: Mapping[str, Any],
        *,
        json: Any = None,
        form: Multipart | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        request = self._made(
            method,
            path,
            into,
            options,
            json=json,
            form=form,
            query=query,
            stream=into is BinaryBody,
        )
        value: T = await self._client.request(request)
        return value


class RawMethods:
    """The methods of a resource, each through `raw`, with a download read whole: who moves over looks
    for its bytes at once."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Raw[Any]]]:
        found: Any = getattr(self._target, name)
        if isinstance(found, Resource):
            # A namespace within: its methods are a step further down.
            return cast("Callable[..., Awaitable[Raw[Any]]]", RawMethods(found))
        return _read_whole(raw(found))


def _read_whole(method: Callable[..., Awaitable[Raw[Any]]]) -> Callable[..., Awaitable[Raw[Any]]]:
    @functools.wraps(method)
    async def call(*args: Any, **params: Any) -> Raw[Any]:
        found = await method(*args, **params)
        if isinstance(found.value, BinaryBody):
            await found.value.read()
        return found

    return call


class StreamingMethods:
    """The methods of a resource, each as an async context manager over an open response."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Callable[..., StreamingCall]:
        found: Any = getattr(self._target, name)
        if isinstance(found, Resource):
            return cast("Callable[..., StreamingCall]", StreamingMethods(found))
        return functools.partial(StreamingCall, found)


class StreamingCall:
    """One call whose response is open inside `async with`."""

    def __init__(self, method: Callable[..., Awaitable[Any]], *args: Any, **params: Any) -> None:
        self._start = functools.partial(method, *args, **params)
        self._response: StreamingResponse[Any] | None = None

    async def __aenter__(self) -> StreamingResponse[Any]:
        token = capturing.set(Capture(streaming=True))
        try:
            response: StreamingResponse[Any] = await self._start()
        finally:
            capturing.reset(token)
        if not isinstance(response, StreamingResponse):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{self._start.func!r} reads its answer: it has no streaming response")
        self._response = response
        return response

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._response is not None:
            await self._response.aclose()
