"""One call, described: frozen, without I/O, and good for being sent again."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import quote, urlencode

import httpx
from pydantic import BaseModel, SerializationInfo
from pydantic_core import PydanticSerializationError, from_json, to_json
from typing_extensions import Self, TypedDict

from ._config import (
    NOT_GIVEN,
    Config,
    NotGiven,
    check_headers,
    headers_of,
    read_retries,
    read_seconds,
    read_timeout,
)
from ._json import is_object
from ._models import build
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._multipart import Multipart

__all__ = ["Query", "Request", "RequestOptions", "bind", "path", "query_items", "without"]

Query: TypeAlias = "Mapping[str, Any]"


class RequestOptions(TypedDict, total=False):
    """What every call takes beside its own parameters."""

    extra_headers: Mapping[str, str | NotGiven | None]
    """Headers to add or, with None (or `Omit()`), to leave out."""
    extra_query: Query
    """Query parameters to add."""
    extra_body: Mapping[str, Any]
    """Members to add to the JSON body, or fields to the form: for what a server knows and we don't."""
    timeout: float | httpx.Timeout | None
    """Seconds for each wait of an attempt, or an `httpx.Timeout`; None for no bound. Default: the
    client's."""
    deadline: float | None
    """Seconds for the whole call: retries, back-off and body; None for no bound. Default: the
    client's."""
    first_event_timeout: float | None
    """Seconds from the start of an attempt to a stream's first event. Default: the client's."""
    idle_timeout: float | None
    """Seconds between two data events of a stream; comments don't count. Default: the client's."""
    max_retries: int
    """How often the call may be sent again. Default: the client's."""
    upload_progress: Callable[[int, int | None], None]
    """Called with (bytes sent, bytes in all or None) as a form goes out, files, fields and framing
    together; from 0 again when it is sent again. A body of JSON is not told of."""


SENDING = "openai_async.sending"
"""The context in which models are written into a body: some hold more than the API takes back."""


def without(dumped: Any, name: str, info: SerializationInfo) -> Any:
    """A dump without what the API doesn't know, where it is on its way there."""
    if info.context is SENDING and is_object(dumped):
        dumped.pop(name, None)
    return dumped


OPTION_NAMES = frozenset(RequestOptions.__annotations__)


def path(template: str, **ids: str) -> str:
    """Fill ids into a path, each quoted, so that none can reach another endpoint.

    Raises `ConfigurationError`, with the parameter's name, for an id that is no string, empty, or
    one that quoting can't hold: "." and "..", which servers resolve even as %2E.
    """
    for name, value in ids.items():
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")
        if not value:
            # The official client's text: what moves over may look for it, as its own tests do.
            raise ConfigurationError(f"Expected a non-empty value for `{name}` but received ''")
        if value in (".", ".."):
            raise ConfigurationError(f"{name} must not be {value!r}")
        if not value.isascii() and not _encodable(value):
            raise ConfigurationError(f"{name} has half a character in it (a lone surrogate)")
    return template.format_map({name: quote(value, safe="") for name, value in ids.items()})


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def query_items(params: Query) -> Iterator[tuple[str, str]]:
    """Flatten a query: `key[]=a&key[]=b` for arrays, `key[sub]=v` for objects; no None."""
    for key, value in params.items():
        yield from _query_item(key, value)


def _query_item(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None or isinstance(value, NotGiven):
        return
    if isinstance(value, Mapping):
        for sub, inner in cast("Mapping[str, Any]", value).items():
            yield from _query_item(f"{key}[{sub}]", inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in cast("list[Any]", value):
            yield from _query_item(f"{key}[]", inner)
    elif isinstance(value, bool):
        yield key, "true" if value else "false"
    else:
        # `str()` of an enumeration's member is the member's name.
        yield key, str(value.value if isinstance(value, Enum) else value)


@functools.lru_cache(maxsize=256)
def _parameters(takes: type) -> tuple[frozenset[str], frozenset[str]]:
    """The (known, required) keys of a TypedDict, options included."""
    required: frozenset[str] = getattr(takes, "__required_keys__")  # noqa: B009
    annotations: Mapping[str, Any] = takes.__annotations__
    # Where annotations are strings, a TypedDict takes no notice of the Required[] in them.
    required |= {name for name, of in annotations.items() if _text_of(of).startswith("Required[")}
    return OPTION_NAMES.union(annotations), required


def _text_of(annotation: Any) -> str:
    return str(getattr(annotation, "__forward_arg__", annotation))


def bind(params: Mapping[str, Any], takes: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split keywords into (parameters, options), leaving out what is `NOT_GIVEN`.

    Raises `TypeError` for a keyword that `takes`, a TypedDict, doesn't know, and for a missing one:
    what Python itself does for a signature.
    """
    known, required = _parameters(takes)
    given: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in params.items():
        if value is NOT_GIVEN:
            continue
        if name in OPTION_NAMES:
            options[name] = value
        elif name in known:
            given[name] = value
        else:
            raise TypeError(_unexpected(name, known))
    if not required <= given.keys():
        missing = ", ".join(sorted(required - given.keys()))
        raise TypeError(f"missing required keyword: {missing}")
    return given, options


def _unexpected(name: str, known: frozenset[str]) -> str:
    import difflib  # noqa: PLC0415  # who makes no mistake doesn't pay for it

    close = difflib.get_close_matches(name, known, n=1)
    advice = (
        f"did you mean {close[0]!r}?" if close else "what a server takes beside goes in extra_body"
    )
    return f"unexpected keyword {name!r}; {advice}"


def lasting(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters with a list for each iterator, which gives what it has only once: a call may be sent
    again, and its tools are looked at before they are sent."""
    # There hardly ever is one, and this is done for each call: a look, and no copy.
    whole = {name: [*value] for name, value in params.items() if hasattr(value, "__next__")}
    return {**params, **whole} if whole else params


@dataclass
class Tally:
    """How far a call has come, shared by the copies of its `Request`."""

    retries_taken: int = 0
    opened: list[httpx.Response] = field(default_factory=list[httpx.Response])
    """Answers whose bodies were left unread. The call lets go of them, should it fail after all."""


@dataclass(frozen=True)
class Request:
    """One call, before it takes shape as HTTP. Middleware may send it again, or a changed copy.

    `build` gives a new `httpx.Request` for each attempt.
    """

    method: str
    path: str
    """Relative to the base URL, quoted."""
    into: Any
    """What the answer is decoded to: a model, `str`, `BinaryBody`, `Streamed`, a type, or None."""
    json: Any = None
    """The body, unless None."""
    form: Multipart | None = None
    """The multipart body, unless None."""
    query: Query | None = None
    headers: Mapping[str, str | None] | None = field(default=None, repr=False)
    """What this call adds to the client's headers; None as a value leaves one out."""
    timeout: httpx.Timeout | None = None
    """Seconds, per attempt; None takes the client's."""
    deadline: float | None = None
    """Seconds, for the whole call."""
    first_event_timeout: float | None = None
    idle_timeout: float | None = None
    max_retries: int = 0
    stream: bool = False
    """Whether the body of a 2xx answer is left unread."""
    attempt: int = 0
    """How often it was sent before."""
    expires: float = float("inf")
    """When the deadline is over, on `time.monotonic`'s clock; set when the call begins."""
    tally: Tally | None = field(default=None, repr=False, compare=False)
    """Set when the call begins, if it has a deadline or is streamed."""

    @property
    def model(self) -> str | None:
        """The model that the body names, if it does."""
        if self.form is not None:
            named = self.form.model
        else:
            named = self.json.get("model") if is_object(self.json) else None
        return named if isinstance(named, str) else None

    @property
    def replayable(self) -> bool:
        """Whether the body can be produced again, or has not begun to be sent."""
        return self.form is None or self.form.replayable

    def with_headers(self, headers: Mapping[str, str | None]) -> Self:
        """A copy that sends these headers too."""
        check_headers(headers, "headers")
        return replace(self, headers={**(self.headers or {}), **headers})

    def content(self) -> bytes | None:
        """The JSON body. Models in it are written without the fields that are None.

        Raises `TypeError` for what JSON has no word for.
        """
        if self.json is None:
            return None
        try:
            content = _to_json(self.json)
            # The words are looked for first, because they are hardly ever there.
            if b"NaN" in content or b"Infinity" in content:
                from_json(content, allow_inf_nan=False)
        except ValueError as error:
            told = f"the body of {self.method} {self.path} is not JSON: {error}"
            raise TypeError(told + _advice(self.json)) from None
        return content


def _advice(body: Any) -> str:
    """What to do about a class in a body: most likely it is meant as a format."""
    given = body.items() if is_object(body) else ()
    kinds = [name for name, value in given if isinstance(value, type)]
    return f"; {kinds[0]} is a class, and classes are for parse() and stream()" if kinds else ""


def _to_json(value: Any) -> bytes:
    try:
        return _write(value)
    except PydanticSerializationError:
        if not _build_models(value):
            raise
        return _write(value)


def _write(value: Any) -> bytes:
    return to_json(value, exclude_none=True, inf_nan_mode="constants", context=SENDING)


def _build_models(value: Any) -> bool:
    """Build the classes of all models in a value; whether there was something to be built."""
    built = False
    seen: set[int] = set()  # what holds itself is told of by the one who writes it
    waiting: list[Any] = [value]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, BaseModel):
            built = build(type(value)) or built
            waiting += [*vars(value).values(), *(value.__pydantic_extra__ or {}).values()]
        elif isinstance(value, Mapping):
            waiting += cast("Mapping[str, Any]", value).values()
        elif isinstance(value, (list, tuple)):
            waiting += cast("list[Any]", value)
    return built


def make(
    config: Config,
    method: str,
    path: str,
    into: Any,
    options: Mapping[str, Any],
    *,
    json: Any = None,
    form: Multipart | None = None,
    query: Query | None = None,
    stream: bool = False,
) -> Request:
    """A `Request` from parameters and options that `bind` has split.

    Raises `ConfigurationError` for an option that can't be used.
    """
    extra_headers = options.get("extra_headers")
    if extra_headers:
        extra_headers = headers_of(extra_headers, "extra_headers")
    if extra_query := options.get("extra_query"):
        query = {**(query or {}), **extra_query}
    if extra_body := options.get("extra_body"):
        if form is not None:
            form = form.adding(extra_body)
        else:
            body: Mapping[str, Any] = json or {}
            json = {**body, **extra_body}
    if is_object(json):
        json = lasting(json)
    if query:
        query = lasting(query)
    if form is not None:
        form.on_progress = options.get("upload_progress")

    def seconds(name: str) -> float | None:
        value: float | None = getattr(config, name)
        return read_seconds(name, options[name]) if name in options else value

    return Request(
        method=method,
        path=path,
        into=into,
        json=json,
        form=form,
        query=query,
        headers=extra_headers,
        timeout=read_timeout(options["timeout"]) if "timeout" in options else None,
        max_retries=(
            read_retries(options["max_retries"]) if "max_retries" in options else config.max_retries
        ),
        stream=stream,
        deadline=seconds("deadline"),
        first_event_timeout=seconds("first_event_timeout"),
        idle_timeout=seconds("idle_timeout"),
    )


_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:|//")
_ASTRAY = re.compile(r"(^|/)(\.|%2[eE]){1,2}(/|$)|\\")
_UNSENT = re.compile(r"[\x00-\x20\x7f#]")


@functools.lru_cache(maxsize=512)
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


def url(base_url: str, path: str, query: Query | None) -> httpx.URL:
    """Where a call goes. Raises `ConfigurationError` for a path that leaves the base URL."""
    if _ABSOLUTE.match(path) or _ASTRAY.search(path.partition("?")[0]) or _UNSENT.search(path):
        raise ConfigurationError(f"{path!r} is not a path below the base URL")
    text = f"{base_url}/{path.removeprefix('/')}"
    items = list(query_items(query)) if query else None
    try:
        if items:
            return httpx.URL(f"{text}{'&' if '?' in text else '?'}{urlencode(items)}")
        return _url(text)
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise ConfigurationError(f"the path or the query can't be sent: {error}") from None
