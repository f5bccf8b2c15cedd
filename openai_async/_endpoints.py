"""Calls to endpoints that have no method: `client.get`, `post`, `put`, `patch`, `delete`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._multipart import FileInput, Multipart
from ._request import Request, RequestOptions, bind, make
from ._response import BinaryBody
from ._stream import AsyncStream, Streamed, is_streamed

if TYPE_CHECKING:
    from ._config import Config

__all__ = ["Endpoints"]

T = TypeVar("T")


class Endpoints(ABC):
    """What `AsyncClient` offers for paths that it has no method for.

    `path` is relative to the base URL. `cast_to` is what the answer is decoded to: a model, any
    type that pydantic can validate, `Any` for plain JSON (the default), `str` or `bytes` for the
    body, `BinaryBody` for a body to read at leisure, `httpx.Response` for the response. `options`
    are `RequestOptions`: extra_headers, extra_query, timeout, ...
    """

    @property
    @abstractmethod
    def config(self) -> Config: ...

    @abstractmethod
    async def request(self, request: Request) -> Any: ...

    @overload
    async def get(self, path: str, *, options: RequestOptions | None = ...) -> Any: ...
    @overload
    async def get(
        self, path: str, *, cast_to: type[T], options: RequestOptions | None = ...
    ) -> T: ...
    async def get(
        self, path: str, *, cast_to: Any = Any, options: RequestOptions | None = None
    ) -> Any:
        """GET a path."""
        return await self._endpoint("GET", path, cast_to, options)

    @overload
    async def post(
        self,
        path: str,
        *,
        body: Any = ...,
        files: Mapping[str, FileInput] | None = ...,
        options: RequestOptions | None = ...,
    ) -> Any: ...
    @overload
    async def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = ...,
        files: Mapping[str, FileInput] | None = ...,
        options: RequestOptions | None = ...,
    ) -> T: ...
    async def post(
        self,
        path: str,
        *,
        cast_to: Any = Any,
        body: Any = None,
        files: Mapping[str, FileInput] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """POST a body as JSON or, with `files`, as a form."""
        return await self._endpoint("POST", path, cast_to, options, body, files)

    async def stream(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = None,
        options: RequestOptions | None = None,
    ) -> AsyncStream[T]:
        """POST a body as JSON and give the answer's events, each decoded to `cast_to`."""
        streamed = Streamed[T](cast_to)
        stream: AsyncStream[T] = await self._endpoint("POST", path, streamed, options, body)
        return stream

    @overload
    async def put(
        self, path: str, *, body: Any = ..., options: RequestOptions | None = ...
    ) -> Any: ...
    @overload
    async def put(
        self, path: str, *, cast_to: type[T], body: Any = ..., options: RequestOptions | None = ...
    ) -> T: ...
    async def put(
        self,
        path: str,
        *,
        cast_to: Any = Any,
        body: Any = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """PUT a body as JSON."""
        return await self._endpoint("PUT", path, cast_to, options, body)

    @overload
    async def patch(
        self, path: str, *, body: Any = ..., options: RequestOptions | None = ...
    ) -> Any: ...
    @overload
    async def patch(
        self, path: str, *, cast_to: type[T], body: Any = ..., options: RequestOptions | None = ...
    ) -> T: ...
    async def patch(
        self,
        path: str,
        *,
        cast_to: Any = Any,
        body: Any = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """PATCH with a body as JSON."""
        return await self._endpoint("PATCH", path, cast_to, options, body)

    @overload
    async def delete(
        self, path: str, *, body: Any = ..., options: RequestOptions | None = ...
    ) -> Any: ...
    @overload
    async def delete(
        self, path: str, *, cast_to: type[T], body: Any = ..., options: RequestOptions | None = ...
    ) -> T: ...
    async def delete(
        self,
        path: str,
        *,
        cast_to: Any = Any,
        body: Any = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """DELETE a path."""
        return await self._endpoint("DELETE", path, cast_to, options, body)

    async def _endpoint(
        self,
        method: str,
        path: str,
        cast_to: Any,
        options: RequestOptions | None,
        body: Any = None,
        files: Mapping[str, FileInput] | None = None,
    ) -> Any:
        _, checked = bind(options or {}, RequestOptions)
        form = None
        if files is not None:
            form = Multipart.from_params({**(body or {}), **files}, frozenset(files))
            body = None
        stream = is_streamed(cast_to) or cast_to is BinaryBody
        return await self.request(
            make(self.config, method, path, cast_to, checked, json=body, form=form, stream=stream)
        )
