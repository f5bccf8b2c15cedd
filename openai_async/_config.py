"""What the constructor and the environment say, checked once."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Literal, TypeAlias, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
from typing_extensions import Self, TypedDict

from .errors import ConfigurationError

__all__ = [
    "NOT_GIVEN",
    "ApiKey",
    "ClientOptions",
    "Config",
    "NotGiven",
    "Omit",
    "Secret",
    "not_given",
    "omit",
]

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
DEFAULT_TIMEOUT: Final = httpx.Timeout(600.0, connect=5.0, pool=None)
DEFAULT_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
DEFAULT_MAX_RETRIES: Final = 2

ApiKey: TypeAlias = "str | Callable[[], Awaitable[str]]"
"""A key, or an async callable that gives one, asked before each attempt."""


class NotGiven:
    """The type of `NOT_GIVEN`: an argument that was left out, where None means something.

    There is one, however it is called, copied or pickled: it is told by what it is.
    """

    _only: ClassVar[Any] = None

    def __new__(cls) -> Self:
        if cls._only is None:
            cls._only = super().__new__(cls)
        only: Self = cls._only
        return only

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven()
Omit = NotGiven
not_given: Final = NOT_GIVEN
omit: Final = NOT_GIVEN
"""The same, under the names that the official client has for it today."""


class Secret:
    """A text that no repr, log line or traceback with locals shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a key is not pickled: make the client where it is used")

    def problem(self) -> str | None:
        """Why it can't be a key, or None. It is for the caller to raise: its frame holds no text."""
        if not isinstance(self._value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return f"the API key must be a string, not {type(self._value).__name__}"
        if not self._value:
            return "the API key is empty"
        if not re.fullmatch(r"[\x21-\x7e]+( [\x21-\x7e]+)*", self._value):
            return (
                "the API key has a space at an end, a line break or a character outside ASCII in it;"
                " was it copied with something around it?"
            )
        return None


class Hidden(dict[str, Any]):
    """A mapping whose values no repr, log line or traceback with locals shows."""

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self, "***"))


class ClientOptions(TypedDict, total=False):
    """What `AsyncClient` and `with_options` take."""

    api_key: ApiKey | None
    """The key, or an async callable that gives one, asked before each attempt. Default: the
    environment's `OPENAI_API_KEY`."""
    organization: str | None
    """Sent as `OpenAI-Organization`. Default: `OPENAI_ORG_ID`."""
    project: str | None
    """Sent as `OpenAI-Project`. Default: `OPENAI_PROJECT_ID`."""
    webhook_secret: str | None
    """What the webhooks of the project are signed with. Default: `OPENAI_WEBHOOK_SECRET`."""
    base_url: str | httpx.URL | None
    """Where the API is, with its whole path, such as `http://localhost:8000/v1`. Default:
    `OPENAI_BASE_URL`, else OpenAI's own."""
    timeout: float | httpx.Timeout | None
    """Seconds for each wait of an attempt, or an `httpx.Timeout`; None for no bound. Default: 600, and
    5 to connect. The wait for a free connection is bounded by an `httpx.Timeout` with `pool` only."""
    deadline: float | None
    """Seconds for a whole call: retries, back-off and body. Default: no bound."""
    first_event_timeout: float | None
    """Seconds from the start of an attempt to the first event of a stream. Default: no bound but
    the read timeout."""
    idle_timeout: float | None
    """Seconds between two data events of a stream; comments don't count. Default: the read
    timeout."""
    max_retries: int
    """How often a call may be sent again. Default: 2."""
    default_headers: Mapping[str, str | NotGiven | None] | None
    """Headers for every call; None (or `Omit()`) as a value leaves a header out."""
    default_query: Mapping[str, Any] | None
    """Query parameters for every call."""
    strict_responses: bool
    """Raise `ResponseValidationError` for an answer of the wrong shape, instead of making the best
    of it. Default: false."""
    strict_streams: bool
    """Raise `APIConnectionError` for a stream without `[DONE]` and without a finish reason, instead
    of telling it by `AsyncStream.complete`. Default: false."""


@dataclass(frozen=True)
class Config:
    """The settings of one client, checked; `ClientOptions` says what they mean."""

    api_key: Secret | Callable[[], Awaitable[str]] = field(repr=False)
    base_url: str
    """Without a slash at its end."""
    base_query: Mapping[str, str] = field(repr=False)
    """The query that came with the base URL."""
    organization: str | None
    project: str | None
    timeout: httpx.Timeout = field(default_factory=lambda: DEFAULT_TIMEOUT)
    deadline: float | None = None
    first_event_timeout: float | None = None
    idle_timeout: float | None = None
    max_retries: int = DEFAULT_MAX_RETRIES
    default_headers: Mapping[str, str | None] = field(
        default_factory=dict[str, "str | None"], repr=False
    )
    default_query: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    strict_responses: bool = False
    strict_streams: bool = False
    webhook_secret: Secret | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Where the server is, without a path: `https://api.openai.com`."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def read(cls, options: ClientOptions) -> Config:
        """The settings that a constructor and the environment give. Raises `ConfigurationError`."""
        given: dict[str, Any] = {"api_key": None, "base_url": None}
        given |= {name: value for name, value in options.items() if value is not NOT_GIVEN}
        for name, variable in (("organization", "OPENAI_ORG_ID"), ("project", "OPENAI_PROJECT_ID")):
            given[name] = given.get(name) or os.environ.get(variable) or None
        if not given.get("webhook_secret"):
            given["webhook_secret"] = os.environ.get("OPENAI_WEBHOOK_SECRET")
        return cls(**_read(given))

    def change(self, options: ClientOptions) -> Config:
        """A copy with some settings changed; headers and query are added to what is there.

        None for the key or the base URL leaves it: a client made for one server must not fall back
        to another. Raises `ConfigurationError`.
        """
        kept = {name for name in ("api_key", "base_url") if options.get(name) is None}
        changes = _read({name: value for name, value in options.items() if name not in kept})
        for name in ("default_headers", "default_query"):
            if name in changes:
                changes[name] = Hidden({**getattr(self, name), **changes[name]})
        return replace(self, **changes)


def _read(options: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a `Config` from options, each checked."""
    fields: dict[str, Any] = {}
    for name, value in options.items():
        if value is NOT_GIVEN:
            continue
        if name == "base_url":
            fields["base_url"], fields["base_query"] = read_base_url(value)
        elif name not in _READERS:
            raise TypeError(f"unexpected keyword {name!r}")
        else:
            fields[name] = _READERS[name](value)
    return fields


def hide_secrets(options: ClientOptions) -> None:
    """Hide the key, and what may hold others, before anything can raise: frames keep their locals."""
    hidden = cast("dict[str, Any]", options)
    for name in ("api_key", "webhook_secret"):
        if isinstance(hidden.get(name), str):
            hidden[name] = Secret(hidden[name])
    for name in ("default_headers", "default_query"):
        if isinstance(hidden.get(name), Mapping):
            hidden[name] = Hidden(hidden[name])


def read_api_key(given: Secret | ApiKey | None) -> Secret | Callable[[], Awaitable[str]]:
    if callable(given):
        return given
    if given is None:
        given = os.environ.get("OPENAI_API_KEY") or ""
    key = given if isinstance(given, Secret) else Secret(given)
    del given
    problem = key.problem()
    if problem == "the API key is empty":
        problem = (
            "no API key: pass api_key=... or set OPENAI_API_KEY"
            ' (for a server that asks for none, any text will do, such as api_key="none")'
        )
    if problem:
        raise ConfigurationError(problem)
    return key


def read_webhook_secret(given: Secret | str | None) -> Secret | None:
    if isinstance(given, Secret):
        return given if given.reveal().strip() else None
    return Secret(given) if given else None


def read_base_url(given: str | httpx.URL | None) -> tuple[str, dict[str, str]]:
    """The base URL without a slash at its end, and the query that it may carry."""
    text = str(given) if given is not None else os.environ.get("OPENAI_BASE_URL", "")
    text = text.strip() or DEFAULT_BASE_URL
    # Before anything else, because what else is wrong is told with the URL.
    if "@" in re.split(r"[/?#\\]", re.sub(r"^[\w+.\-]*:?//", "", text))[0]:
        raise ConfigurationError("base_url must not carry a user or password; use default_headers")
    try:
        parts = urlsplit(text)
        httpx.URL(text)
        _ = parts.port
        if re.search(r"\s", parts.netloc + parts.path):
            raise ValueError("there is white space in it")
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(f"base_url {text!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"base_url {text!r} must begin with http:// or https:// and name a host,"
            " as in http://localhost:8000/v1"
        )
    path = parts.path.rstrip("/")
    query = Hidden(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit((parts.scheme, parts.netloc, path, "", "")), query


def read_seconds(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{name} must be a number of seconds above 0, not {value!r}")
    return float(value)


def read_timeout(value: float | httpx.Timeout | None) -> httpx.Timeout:
    """Seconds for each of connect, read and write, or httpx's; None for no bound.

    A number says nothing of the wait for a free connection, which bounds no attempt: who has a
    thousand calls to make wants the last one made, too.
    """
    if value is None:
        return httpx.Timeout(None)
    if isinstance(value, (int, float)):
        return httpx.Timeout(read_seconds("timeout", value), pool=None)
    try:
        # httpx's own, or its successor's, which has the same fields.
        phases = {name: getattr(value, name) for name in ("connect", "read", "write", "pool")}
    except AttributeError:
        raise ConfigurationError(
            f"timeout must be a number of seconds or an httpx.Timeout, not {value!r}"
        ) from None
    return httpx.Timeout(**phases)


def read_retries(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"max_retries must be a whole number of at least 0, not {value!r}")
    return value


_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def check_headers(headers: Mapping[str, str | None], where: str) -> None:
    """Reject what HTTP can't carry, without repeating the value: it may be a secret.

    Raises `ConfigurationError`.
    """
    for name in headers:
        if not isinstance(name, str) or not _NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"{where}: {name!r} can't be the name of a header")
        if not _sendable(headers[name]):
            raise ConfigurationError(
                f"{where}: the value of {name!r} can't be sent:"
                " it must be a string of printable ASCII on one line"
            )


def _sendable(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(_VALUE.fullmatch(value)))


def headers_of(
    given: Mapping[str, str | NotGiven | None] | None, where: str
) -> dict[str, str | None]:
    """Headers that can be sent, None for those to leave out. Raises `ConfigurationError`."""
    headers = Hidden({n: None if v is NOT_GIVEN else v for n, v in (given or {}).items()})
    check_headers(headers, where)
    return headers


def read_headers(headers: Mapping[str, str | NotGiven | None] | None) -> dict[str, str | None]:
    checked = headers_of(headers, "default_headers")
    # In small letters, so that what is set later replaces what was set before.
    return Hidden({name.lower(): value for name, value in checked.items()})


def read_account(name: str, value: str | None) -> str | None:
    check_headers({name: value}, name)
    return value or None


_READERS: dict[str, Callable[[Any], Any]] = {
    "api_key": read_api_key,
    "organization": functools.partial(read_account, "organization"),
    "project": functools.partial(read_account, "project"),
    "timeout": read_timeout,
    "deadline": functools.partial(read_seconds, "deadline"),
    "first_event_timeout": functools.partial(read_seconds, "first_event_timeout"),
    "idle_timeout": functools.partial(read_seconds, "idle_timeout"),
    "max_retries": read_retries,
    "default_headers": read_headers,
    "default_query": lambda query: Hidden(query or {}),
    "strict_responses": bool,
    "strict_streams": bool,
    "webhook_secret": read_webhook_secret,
}
