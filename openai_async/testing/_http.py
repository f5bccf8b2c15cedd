"""One call on its way through the server: what was asked (`Exchange`), what is answered (`Answer`)."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import anyio
from starlette.datastructures import FormData, Headers, QueryParams, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import compile_path

from ._errors import ApiError, ClientGoneError, HangUpError, bad_request, no_such
from ._params import Json, Spec, check, is_list

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from ._state import State
    from .faults import Fault

T = TypeVar("T")

HANG_UP = "openai_async.hang_up"
"""The ASGI extension by which the application drops its connection: `hang_up(reset: bool)`."""

_SECRET_HEADERS = frozenset({"authorization", "api-key", "cookie", "proxy-authorization"})
_MAX_FIELD_BYTES = 16 * 2**20


@dataclass
class Call:
    """A recorded call, in `server.calls`. It is filled in while the call goes on."""

    method: str
    path: str
    """Without the server's base: `/chat/completions`."""
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case; credentials are `"[redacted]"`."""
    json: Any = None
    """The parsed body, where it was JSON."""
    form: dict[str, Any] | None = None
    """The fields of a form; a file is a dict of `filename`, `content_type` and `size` (bytes)."""
    request_id: str = ""
    started: float = 0.0
    """Seconds since the epoch."""
    status: int | None = None
    """None until the answer begins, and for a call that got none."""
    sent: int = 0
    """Chunks of the body that were sent; in a stream, events."""
    outcome: Literal["open", "answered", "disconnected", "dropped"] = "open"
    """Whether it still goes on, was answered in full, or which side left early."""
    seconds: float | None = None
    """How long it took, once it is over."""


def dump(value: Any) -> bytes:
    """JSON, compact, in UTF-8; text that has no UTF-8 (a lone surrogate) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def sse(data: bytes, name: str | None = None) -> bytes:
    """One event of a stream; data of several lines takes as many `data:` fields."""
    head = b"" if name is None else b"event: %b\n" % name.encode()
    return head + b"".join(b"data: %b\n" % line for line in data.split(b"\n")) + b"\n"


DONE = b"data: [DONE]\n\n"

Frame = bytes | float
"""An item of a body in pieces: bytes to send, or seconds to wait (`math.inf`: for ever)."""


@dataclass
class Answer:
    """A response, not yet sent. A body in pieces is sent piece by piece, with pauses."""

    body: bytes | Iterator[Frame] = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    length: int | None = None
    """Bytes of an iterated body, where they are known."""
    is_named: bool = False
    """Whether the events of a stream have names, which say their type."""

    @property
    def is_stream(self) -> bool:
        """Whether the body is a stream of events, one an item."""
        return self.content_type.startswith("text/event-stream")

    def raw_headers(self, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        """All headers as ASGI wants them."""
        headers = {"content-type": self.content_type, **more, **self.headers}
        length = len(self.body) if isinstance(self.body, bytes) else self.length
        if length is not None:
            headers.setdefault("content-length", str(length))
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def as_json(value: Any, status: int = 200) -> Answer:
    """An answer of JSON."""
    return Answer(dump(value), status)


def as_error(error: ApiError) -> Answer:
    """An answer that refuses."""
    return Answer(dump(error.body()), error.status, headers=error.headers)


def as_events(events: Iterable[Json | float]) -> Answer:
    """A stream of JSON events, which ends in `[DONE]`; a number is a pause, in seconds."""

    def frames() -> Iterator[Frame]:
        for event in events:
            yield event if isinstance(event, float) else sse(dump(event))
        yield DONE

    headers = {"cache-control": "no-cache"}
    return Answer(frames(), content_type="text/event-stream; charset=utf-8", headers=headers)


def as_named_events(events: Iterable[Json | float]) -> Answer:
    """A stream of JSON events that are named by their `type`; the last one is its end."""

    def frames() -> Iterator[Frame]:
        for event in events:
            if isinstance(event, dict):
                yield sse(dump(event), event["type"])
            elif event:
                yield event

    headers = {"cache-control": "no-cache"}
    kind = "text/event-stream; charset=utf-8"
    return Answer(frames(), content_type=kind, headers=headers, is_named=True)


class Exchange:
    """One call: its parameters, the server's state, and the wire."""

    def __init__(self, state: State, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.state = state
        self.scope = scope
        self.method: str = scope["method"]
        self.path = path
        self.headers = Headers(scope=scope)
        self.query = QueryParams(scope["query_string"])
        self.path_params: dict[str, str] = {}
        self.params: Json = {}
        """What `Endpoint.spec` made of the body (or of the query, for calls without one)."""
        self.request_id = "req_" + state.new_id(32)
        self.call = Call(
            self.method,
            path,
            dict(self.query),
            {k: "[redacted]" if k in _SECRET_HEADERS else v for k, v in self.headers.items()},
            request_id=self.request_id,
            started=state.clock.now(),
        )
        self.fault: Fault | None = None
        """The fault that strikes the call; those of its answer are none of the handler's business."""
        self.at_end: list[Callable[[], None]] = []
        """Called when the call is over, however it has ended."""
        self.taken: list[UploadFile] = []
        """Uploads that outlive the call."""
        self._began = time.perf_counter()
        self._receive = receive
        self._send = send
        self._form: FormData | None = None
        self._body_error: ApiError | None = None

    # What was asked

    @property
    def now(self) -> int:
        """The server's time, as answers tell it: whole seconds since 1970."""
        return int(self.state.clock.now())

    def named(self, things: Mapping[str, T], param: str, kind: str) -> T:
        """That of these things whose id the path has as `param`, or a 404."""
        name = self.path_params[param]
        if name not in things:
            raise no_such(kind, name, param)
        return things[name]

    async def read(self) -> None:
        """Read the body to its end. What is wrong with it is kept for `given`: it is no refusal yet."""
        request = Request(self.scope, self._counted())
        try:
            if self.headers.get("content-type", "").startswith("multipart/form-data"):
                self._form = await request.form(max_part_size=_MAX_FIELD_BYTES)
                self.call.form = {name: _summary(value) for name, value in self._fields().items()}
            elif body := await request.body():
                self.call.json = json.loads(body)
        except ClientDisconnect:
            raise ClientGoneError from None
        except MultiPartException as error:
            problem = bad_request(f"Could not parse multipart form: {error.message}")
            self._body_error = self._body_error or problem
        except (ValueError, RecursionError):
            self._body_error = self._body_error or bad_request(
                "We could not parse the JSON body of your request. (HINT: This likely means you "
                "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, "
                "but what was sent was not valid JSON.)"
            )

    def given(self, expected: Literal["json", "form"]) -> Json:
        """The body's parameters as they came; a 400 or 415 if it is not of the expected kind."""
        if self._body_error is not None:
            raise self._body_error
        if expected == "form" and self._form is not None:
            return self._fields()
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = "application/json" if expected == "json" else "multipart/form-data"
        if expected == "form" or (kind and kind != wanted and not kind.endswith("+json")):
            raise ApiError(
                415, f"Invalid Content-Type header ({kind or 'none'}), expected {wanted}."
            )
        body: Any = self.call.json
        if not isinstance(body, dict):
            raise bad_request("The JSON body of your request must be an object.")
        return cast(Json, body)

    def url(self, path: str) -> str:
        """The absolute URL of a path of this server, as this client reaches it."""
        request = Request(self.scope)
        return str(request.url.replace(path=self.scope.get("root_path", "") + path, query=""))

    def close(self) -> None:
        """Tell those who wait for the end, and let go of files that nobody has taken over."""
        for end in self.at_end:
            end()
        for _, value in self._form.multi_items() if self._form is not None else ():
            if isinstance(value, UploadFile) and value not in self.taken:
                value.file.close()

    def _fields(self) -> Json:
        """The form's fields; `name[]` may come several times and is a list called `name`, and
        `name[key]` is a member of an object called `name`."""
        fields: Json = {}
        for name, value in self._form.multi_items() if self._form is not None else ():
            outer, _, key = name.removesuffix("]").partition("[")
            there = fields.get(outer)
            if outer == name:
                fields[name] = value
            elif not key:
                fields[outer] = [*(there if is_list(there) else ()), value]
            else:
                members = cast(Json, there) if isinstance(there, dict) else {}
                fields[outer] = {**members, key: value}
        return fields

    def _counted(self) -> Receive:
        """`receive`, which takes no more of the body than the server's limit.

        A client reads an answer only after it has sent everything, so the rest is received, and
        dropped, before the 413. (It is a MultiPartException for the parser's sake, which cleans up
        after one.)
        """
        size = 0

        async def receive() -> Message:
            nonlocal size
            message = await self._receive()
            size += len(message.get("body", b""))
            if size <= self.state.max_upload_bytes:
                return message
            while message.get("more_body", False):
                message = await self._receive()
            self._body_error = too_large(self.state.max_upload_bytes)
            raise MultiPartException(self._body_error.message)

        return receive

    # What is answered

    async def pause(self, seconds: float = 0.0) -> None:
        """Wait, and raise `ClientGoneError` as soon as the client leaves: to wait is to listen."""
        with anyio.move_on_after(None if seconds == math.inf else seconds):
            while (await self._receive())["type"] != "http.disconnect":
                pass  # the end of the body, told once more
            raise ClientGoneError

    async def send(self, answer: Answer, headers: Mapping[str, str]) -> None:
        """Send an answer; an iterated body goes out piece by piece."""
        self.call.status = answer.status
        head = {
            "x-request-id": self.request_id,
            "openai-processing-ms": str(round((time.perf_counter() - self._began) * 1000)),
            **headers,
        }
        await self._send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.raw_headers(head),
            }
        )
        if isinstance(answer.body, bytes):
            self.call.sent = 1
            await self._send({"type": "http.response.body", "body": answer.body})
            return
        for frame in answer.body:
            if isinstance(frame, float):
                await self.pause(frame)
                continue
            await self.pause()  # nobody may be there any more, and others want their turn
            self.call.sent += 1
            await self._send({"type": "http.response.body", "body": frame, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def hang_up(self, how: HangUpError) -> None:
        """Drop the connection, by the extension of our own transports.

        Other ASGI servers have no such thing; there the application just ends, and they close.
        """
        drop: Callable[[bool], None] | None = self.scope.get("extensions", {}).get(HANG_UP)
        if drop is None:
            return
        drop(how.reset)
        with suppress(ClientGoneError):
            await self.pause(math.inf)

    def finish(self, outcome: Literal["answered", "disconnected", "dropped"]) -> None:
        """Note how it ended."""
        self.call.outcome = outcome
        self.call.seconds = time.perf_counter() - self._began


Handler = Callable[[Exchange], Awaitable[Answer]]


@dataclass(frozen=True)
class Endpoint:
    """A row of the table of routes: what is called where, and which parameters it takes."""

    method: str
    path: str
    handler: Handler
    spec: Spec = field(default_factory=dict[str, Any])
    body: Literal["json", "form"] | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_path(self.path)[0]

    def match(self, path: str) -> dict[str, str] | None:
        """The path's parameters, if it is this endpoint's."""
        found = self._pattern.match(path)
        return None if found is None else found.groupdict()

    async def answer(self, exchange: Exchange) -> Answer:
        """Check the parameters and call the handler."""
        if self.body is not None:
            given: Mapping[str, Any] = exchange.given(self.body)
            exchange.params = check(self.spec, given, form=self.body == "form")
        elif self.spec:
            known = {name: value for name, value in exchange.query.items() if name in self.spec}
            exchange.params = check(self.spec, known, form=True)
        return await self.handler(exchange)


def _summary(value: Any) -> Any:
    if is_list(value):
        return [_summary(item) for item in value]
    if isinstance(value, dict):
        return {key: _summary(item) for key, item in cast(Json, value).items()}
    if isinstance(value, UploadFile):
        return {
            "filename": value.filename,
            "content_type": value.content_type,
            "size": value.size,
        }
    return value


def too_large(limit: int) -> ApiError:
    """413, with the limit in bytes."""
    return ApiError(413, f"Maximum content size limit ({limit}) exceeded.")
