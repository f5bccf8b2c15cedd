"""What becomes of a response: bytes to a model, a body to read at leisure, or the raw thing."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

import httpx
from anyio import to_thread
from pydantic import BaseModel, TypeAdapter, ValidationError

from ._closing import Closing
from ._error_bodies import describe_json, snippet
from ._error_objects import error_beside, is_error, model_of
from ._json import is_array, is_object
from ._models import closest, construct, options_of, warn_once
from ._retry import RETRIES_TAKEN
from ._sse import BOM
from .errors import APIResponseError, OpenAIError, ResponseValidationError

if TYPE_CHECKING:
    from ._transport import OpenBody

__all__ = ["BinaryBody", "Raw", "StreamingResponse", "decode", "raw"]

T = TypeVar("T")
P = ParamSpec("P")


def decode(response: httpx.Response, into: Any, *, strict: bool = False) -> Any:
    """The body of a 2xx response that has been read, as `into`.

    `into` is a model, any type that pydantic can validate, `Any` for plain JSON, `str` or `bytes`
    for the body as it is, `httpx.Response` for the response itself, or None for nothing.

    Raises `APIResponseError` for a body that can't be used and, with `strict`,
    `ResponseValidationError` for one that departs from the shape.
    """
    if into is None or into is type(None):
        return None
    if into is httpx.Response or into is type(response):  # which may be httpx2's
        return response
    if into is bytes:
        return response.content
    if into is str:
        return _text(response)
    if into is Any and response.status_code == 204:
        return None  # there is to be nothing, and any JSON will do
    model = model_of(into) if response.status_code == 204 else None
    if model is not None and "deleted" in model.model_fields and not strict:
        return construct(model, {})  # the status says what there is to say
    return decode_json(response.content, into, response, strict=strict)


def _text(response: httpx.Response) -> str:
    if "json" in response.headers.get("content-type", ""):
        with contextlib.suppress(ValueError):  # it is text, whatever its header says
            _raise_for_error_object(json.loads(response.content), Any, response)
    return response.text


def decode_json(content: bytes | str, into: Any, response: httpx.Response, *, strict: bool) -> Any:
    """JSON text as `into`; `response` is where it came from, for errors. Raises as `decode` does."""
    try:
        value = validator(into)(content)
    except ValidationError as error:
        return _salvage(content, into, response, error, strict=strict)
    if not isinstance(value, BaseModel):
        _raise_for_error_object(value, into, response)
    elif told := error_beside(value):
        _raise_for_error_object(told, into, response)
    return value


def quick_decoder(into: Any) -> Callable[[bytes | str], Any]:
    """A function from JSON text to `into`, a model or a union of models: only for what fits and holds
    no error, else it gives None and `decode_json` says what to think of it. For many texts of one
    kind."""
    if not all(model_of(option) for option in options_of(into)):
        return lambda _: None
    validate = validator(into)

    def decode_quickly(content: bytes | str) -> Any:
        try:
            value = validate(content)
        except ValidationError:
            return None
        extra = value.__pydantic_extra__
        return None if extra and ("error" in extra or "x_groq" in extra) else value

    return decode_quickly


@functools.lru_cache(maxsize=1024)
def validator(into: Any) -> Callable[[bytes | str], Any]:
    """A function from JSON text to `into`, made once. Raises pydantic's `ValidationError`."""
    return TypeAdapter(into).validator.validate_json


def _salvage(
    content: bytes | str,
    into: Any,
    response: httpx.Response,
    error: ValidationError,
    *,
    strict: bool,
) -> Any:
    """The slow path: something is wrong with the answer; find out what, and save what can be."""
    if isinstance(content, bytes) and content.startswith(BOM):
        return decode_json(content.removeprefix(BOM), into, response, strict=strict)
    data = _framed(content, into, response)
    model = closest(into, data) if is_object(data) else None
    name: str = model.__name__ if model else getattr(into, "__name__", None) or str(into)
    if strict:
        raise ResponseValidationError(
            f"the answer departs from the documented shape of {name}: {problems(error)}",
            response=response,
            body=data,
            retries_taken=retries_taken(response),
        ) from error
    if model is None or not is_object(data):
        raise _unusable(f"expected {name}, got {problems(error)}", response, content) from error
    warn_once(name, response.request.url.netloc.decode("ascii"), lambda: problems(error))
    return construct(model, data)


def _framed(content: bytes | str, into: Any, response: httpx.Response) -> Any:
    """What came as JSON; a bare list or text as the `data` or `text` of the object that ought to be
    around it. Raises for an error object, and for what is no JSON."""
    model = model_of(into)
    fields = {} if model is None else model.model_fields
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    if is_text and "text" in fields and content.strip() and content.lstrip()[:1] not in (b"{", "{"):
        return {"text": response.text}
    data = _plain_json(content, response)
    _raise_for_error_object(data, into, response)
    if is_array(data) and "data" in fields:
        return {"data": data}
    if isinstance(data, str) and "text" in fields:
        return {"text": data}
    return data


def _plain_json(content: bytes | str, response: httpx.Response) -> Any:
    """What the JSON says, whatever it be. Raises `APIResponseError` if it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as reason:
        raise _unusable(_not_json(content, response, reason), response, content) from None


def problems(error: ValidationError) -> str:
    """The first few places that don't fit, without the values in them."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    places = [f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg']}" for e in found[:3]]
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(places) + more


def _raise_for_error_object(data: Any, into: Any, response: httpx.Response) -> None:
    """A 2xx that carries an error is an error, unless an `error` is part of what was asked for."""
    if is_array(data) and len(data) == 1:  # as Google writes them
        data = data[0]
    if not is_object(data) or not is_error(data, model_of(into)):
        return
    message, body = describe_json(data)
    raise APIResponseError(
        f"{response.status_code} with an error in it: {message}",
        response=response,
        body=body,
        retries_taken=retries_taken(response),
    )


def _not_json(content: bytes | str, response: httpx.Response, reason: Exception) -> str:
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    if not text.strip():
        return f"{response.status_code} with an empty body"
    kind = response.headers.get("content-type", "no content type")
    told = f"{response.status_code} with a body that is not JSON ({kind}; {reason})"
    return f"{told}: {snippet(text)}"


def _unusable(message: str, response: httpx.Response, content: bytes | str) -> APIResponseError:
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    return APIResponseError(
        message, response=response, body=text or None, retries_taken=retries_taken(response)
    )


def request_id(response: httpx.Response) -> str | None:
    return cast("str | None", response.headers.get("x-request-id"))


def retries_taken(response: httpx.Response) -> int:
    return cast("int", response.extensions.get(RETRIES_TAKEN, 0))


class BinaryBody(Closing):
    """A body that is still on its way: read it whole, iterate over it, or write it to a path.

    An async context manager; leaving it, or dropping the object, lets go of the connection.
    """

    def __init__(self, body: OpenBody) -> None:
        self._body = body

    @property
    def response(self) -> httpx.Response:
        """The response: status and headers."""
        return self._body.response

    @property
    def content_type(self) -> str | None:
        """The media type that the server names."""
        return cast("str | None", self.response.headers.get("content-type"))

    async def read(self) -> bytes:
        """All bytes; may be called again. Raises `APIConnectionError` if the body is cut."""
        return await self._body.read()

    @property
    def content(self) -> bytes:
        """All bytes, where they have been read. Raises `OpenAIError` where they have not."""
        if not self._body.is_read:
            raise OpenAIError(
                "the body is still on its way: `await body.read()` gives it, and write_to_file()"
                " or `async for` take it as it comes"
            )
        return self.response.content

    async def text(self) -> str:
        """All of it as text, in the charset of its `content-type`, else UTF-8."""
        await self.read()
        return self.response.text

    async def json(self) -> Any:
        """All of it as JSON. Raises `APIResponseError` if it is none."""
        return decode_json(await self.read(), Any, self.response, strict=False)

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The bytes as they come, or in chunks of `chunk_size`.

        Raises `APIConnectionError` if the body is cut.
        """
        return self._body.iter_bytes(chunk_size)

    def iter_lines(self) -> AsyncIterator[str]:
        """The lines of a text as they come, without their ends: for JSON Lines in flat memory.

        Raises as `iter_bytes` does.
        """
        return self._body.guard(self.response.aiter_lines())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.iter_bytes()

    async def write_to_file(
        self,
        file: str | os.PathLike[str],
        *,
        chunk_size: int | None = None,
        on_progress: Callable[[int, int | None], None] | None = None,
    ) -> None:
        """Write to a path, atomically: under the final name there is the whole file or nothing new.

        `chunk_size` is how many bytes are written at a time: 256 KiB, unless given. `on_progress` is
        called with (bytes written, bytes in all or None). Raises `APIConnectionError` if the body is
        cut, `OSError` if the disk refuses.
        """
        target = Path(file).absolute()  # a change of directory in the meantime does no harm
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        length = self.response.headers.get("content-length", "")
        # With a content coding, the length is that of the coded bytes.
        coded = "content-encoding" in self.response.headers
        total = int(length) if length.isdigit() and not coded else None
        # Not in a thread: `Task.cancel` doesn't wait for that, and the file would be left behind.
        out = temporary.open("xb")
        try:
            with out:
                written = 0
                async for chunk in self._body.iter_bytes(chunk_size or 256 * 1024):
                    await to_thread.run_sync(out.write, chunk)
                    written += len(chunk)
                    if on_progress is not None:
                        on_progress(written, total)
                await to_thread.run_sync(_to_disk, out)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink()
            raise

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._body.aclose()

    close = aclose

    # The names that code from the official client calls, as it calls them.
    aread = read
    astream_to_file = write_to_file

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """`iter_bytes`, awaited first: `async for chunk in await body.aiter_bytes()`."""
        return self.iter_bytes(chunk_size)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


class _Told:
    """What HTTP said of a call, under the names of the official client too."""

    response: httpx.Response

    @property
    def http_response(self) -> httpx.Response:
        """The same as `response`."""
        return self.response

    @property
    def http_request(self) -> httpx.Request:
        return self.response.request

    @property
    def http_version(self) -> str:
        return self.response.http_version

    @property
    def status_code(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return request_id(self.response)

    @property
    def is_closed(self) -> bool:
        return self.response.is_closed

    @property
    def method(self) -> str:
        return self.response.request.method

    @property
    def url(self) -> httpx.URL:
        return self.response.request.url


@dataclass(frozen=True)
class Raw(_Told, Generic[T]):
    """A call's value together with what HTTP said of it."""

    value: T
    """What the method gives without `raw`."""
    response: httpx.Response
    """The response, its body read unless the value streams it."""
    retries_taken: int
    """How often the call was sent again."""
    elapsed: float
    """Seconds from the beginning of the call to its answer, retries and back-off included."""

    @property
    def content(self) -> bytes:
        return self.response.content

    @property
    def text(self) -> str:
        return self.response.text

    def json(self) -> Any:
        return _plain_json(self.response.content, self.response)

    def parse(self) -> T:
        """The value; for code that comes from the official client."""
        return self.value


class StreamingResponse(_Told, Generic[T]):
    """A 2xx response whose body is still on its way, from `with_streaming_response`."""

    def __init__(self, body: OpenBody, parse: Callable[[], Awaitable[T]]) -> None:
        self.response: httpx.Response = body.response
        self._body = body
        self._parse = parse

    @property
    def retries_taken(self) -> int:
        """How often the call was sent again."""
        return retries_taken(self.response)

    def complete_with(self, complete: Callable[[T], T]) -> None:
        """Have `parse` put its value through a function."""
        parse = self._parse

        async def parse_whole() -> T:
            return complete(await parse())

        self._parse = parse_whole

    async def parse(self) -> T:
        """What the method gives without `with_streaming_response`."""
        return await self._parse()

    async def read(self) -> bytes:
        """All bytes; may be called again. Raises `APIConnectionError` if the body is cut."""
        return await self._body.read()

    async def text(self) -> str:
        """All of it as text. Raises as `read` does."""
        await self.read()
        return self.response.text

    async def json(self) -> Any:
        """All of it as plain objects. Raises as `read` does; `APIResponseError` for what is no JSON."""
        return _plain_json(await self.read(), self.response)

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The bytes as they come, or in chunks of a size. Raises `APIConnectionError` for a cut."""
        return self._body.iter_bytes(chunk_size)

    def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """The text as it comes, or in pieces of so many characters. Raises as `iter_bytes` does."""
        return self._body.guard(self.response.aiter_text(chunk_size))

    def iter_lines(self) -> AsyncIterator[str]:
        """The lines as they come, without their ends. Raises as `iter_bytes` does."""
        return self._body.guard(self.response.aiter_lines())

    async def stream_to_file(
        self, file: str | os.PathLike[str], *, chunk_size: int | None = None
    ) -> None:
        """Write the body to a path, atomically."""
        await BinaryBody(self._body).write_to_file(file, chunk_size=chunk_size)

    async def aclose(self) -> None:
        """Let go of the connection. Closing twice is harmless."""
        await self._body.aclose()

    close = aclose


@dataclass
class Capture:
    """What a call leaves for `raw` to find."""

    streaming: bool = False
    """Whether the caller wants the body unread, and the value not made."""
    started: float = field(default_factory=time.monotonic)
    response: httpx.Response | None = None


capturing: contextvars.ContextVar[Capture | None] = contextvars.ContextVar(
    "openai_async_capture", default=None
)


def raw(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[Raw[T]]]:
    """The same method, giving `Raw`: its value with status, headers, request id and retries.

    `await raw(client.files.retrieve)("file-1")` is a `Raw[FileObject]`.
    """

    @functools.wraps(method)
    async def with_raw(*args: P.args, **kwargs: P.kwargs) -> Raw[T]:
        capture = Capture()
        token = capturing.set(capture)
        try:
            value = await method(*args, **kwargs)
        finally:
            capturing.reset(token)
        response = capture.response
        if response is None:
            raise TypeError(f"raw() is for methods that make a call; {method!r} made none")
        if (outer := capturing.get()) is not None:  # of a method that looks through this one
            outer.response = response
        return Raw(value, response, retries_taken(response), time.monotonic() - capture.started)

    return with_raw
