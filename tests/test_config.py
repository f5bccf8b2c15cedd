"""What the constructor and the environment say: keys, URLs, headers, bounds, lifecycles."""

from __future__ import annotations

import contextlib
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openai_async
from openai_async import NOT_GIVEN, AsyncClient, ConfigurationError, OpenAIError
from tests.common import CHAT, MODEL
from tests.scripted import BASE_URL, KEY, Script, answer

pytestmark = pytest.mark.anyio

SECRET = "sk-a-secret-that-nobody-may-see"

PACKAGE = Path(openai_async.__file__).parent


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL"):
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)


def client(**options: Any) -> AsyncClient:
    return AsyncClient(**{"api_key": KEY, **options})


# The key


async def test_the_key_goes_out_as_a_bearer_token() -> None:
    script = Script(answer(MODEL))
    async with script.client(api_key=SECRET) as api:
        await api.models.retrieve("m")
    assert script.last.headers["authorization"] == f"Bearer {SECRET}"


async def test_the_environment_gives_what_the_constructor_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-env")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://env.test/x/")
    script = Script(answer(MODEL))
    async with AsyncClient(transport=script, api_key=None, organization=None) as api:
        await api.models.retrieve("m")
    sent = script.last
    assert str(sent.url) == "http://env.test/x/models/m"
    assert sent.headers["authorization"] == "Bearer sk-env"
    assert sent.headers["openai-organization"] == "org-env"
    assert sent.headers["openai-project"] == "proj-env"


async def test_the_constructor_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "env")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://env.test")
    script = Script(answer(MODEL))
    async with script.client(organization="o", project="p") as api:
        await api.models.retrieve("m")
    sent = script.last.headers
    told = (sent["authorization"], sent["openai-organization"], sent["openai-project"])
    assert told == (f"Bearer {KEY}", "o", "p")
    assert script.last.url.host == "api.test"


async def test_without_organization_and_project_nothing_is_said_of_them() -> None:
    script = Script(answer(MODEL))
    async with script.client() as api:
        await api.models.retrieve("m")
    assert not [name for name in script.last.headers if name.startswith("openai-")]


async def test_a_callable_key_is_asked_before_each_attempt() -> None:
    keys = iter(["first", "second", "third"])

    async def next_key() -> str:
        return next(keys)

    script = Script(answer(status=500), answer(status=500), answer(MODEL))
    async with script.client(api_key=next_key) as api:
        await api.models.retrieve("m")
    sent = [request.headers["authorization"] for request in script.requests]
    assert sent == ["Bearer first", "Bearer second", "Bearer third"]


@pytest.mark.parametrize("bad", ["", " zq", "z  q", "a\n", "\u2019key", "a\x00b", 5, None])
async def test_a_callable_that_gives_no_key(bad: Any) -> None:
    async def give() -> Any:
        return bad

    script = Script()
    async with script.client(api_key=give) as api:
        with pytest.raises(ConfigurationError, match="the api_key callable") as caught:
            await api.models.list()
    assert not script.requests
    if bad:
        assert str(bad) not in str(caught.value)


async def test_what_a_key_callable_raises_comes_through() -> None:
    async def give() -> str:
        raise LookupError("the vault is shut")

    async with Script().client(api_key=give) as api:
        with pytest.raises(LookupError, match="the vault is shut"):
            await api.models.list()


def test_no_key() -> None:
    for options in ({}, {"api_key": None}, {"api_key": ""}, {"api_key": NOT_GIVEN}):
        with pytest.raises(ConfigurationError, match=r"pass api_key=.* or set OPENAI_API_KEY"):
            AsyncClient(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "key", [f"{SECRET}\n", f" {SECRET}", f"{SECRET} ", f"{SECRET}\u2026", f"{SECRET}\r\nx: y"]
)
def test_a_key_that_cannot_be_sent_is_refused_and_never_shown(key: str) -> None:
    _assert_hidden(lambda: AsyncClient(api_key=key), "the API key")
    api = client()
    _assert_hidden(lambda: api.with_options(api_key=key), "the API key")


async def test_a_key_of_several_words() -> None:
    script = Script(answer(MODEL))
    async with script.client(api_key="My API Key") as api:
        await api.models.retrieve("m")
    assert script.requests[0].headers["authorization"] == "Bearer My API Key"


def test_a_key_from_the_environment_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{SECRET}\n")
    _assert_hidden(AsyncClient, "the API key")


def test_a_good_key_is_not_shown_by_what_else_is_wrong() -> None:
    _assert_hidden(lambda: AsyncClient(api_key=SECRET, base_url="nonsense"), "base_url")
    _assert_hidden(lambda: AsyncClient(api_key=SECRET, transport="x"), "transport")  # type: ignore[arg-type]
    api = client()
    _assert_hidden(lambda: api.with_options(api_key=SECRET, max_retries=-1), "max_retries")


def _assert_hidden(call: Callable[[], object], match: str) -> None:
    """Neither the error nor any frame of ours shows the key."""
    with pytest.raises(ConfigurationError, match=match) as caught:
        call()
    assert SECRET not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
            assert SECRET not in repr(frame.f_locals)


@pytest.mark.parametrize("key", [5, b"sk-bytes", ["sk"]])
def test_a_key_that_is_no_string(key: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a string, not"):
        AsyncClient(api_key=key)


async def test_no_repr_shows_a_secret() -> None:
    seen: list[Any] = []

    async def look(request: Any, call_next: Any) -> httpx.Response:
        seen.append(request)
        response: httpx.Response = await call_next(request)
        return response

    script = Script(answer({"error": {"message": "no"}}, 401))
    api = script.client(
        api_key=SECRET,
        base_url=f"{BASE_URL}?key={SECRET}",
        default_headers={"x-key": SECRET},
        default_query={"token": SECRET},
        middleware=[look],
    )
    async with api:
        with pytest.raises(OpenAIError) as caught:
            await api.models.retrieve("m", extra_headers={"authorization": f"Bearer {SECRET}"})
    error = caught.value
    for thing in (api, api.config, api.config.api_key, api.models, *seen, error):
        assert SECRET not in repr(thing) + str(thing)
    assert SECRET.encode() not in pickle.dumps(api.config.timeout)


# The base URL


@pytest.mark.parametrize(
    ("base_url", "sent"),
    [
        ("http://h.test", "http://h.test/models/m"),
        ("http://h.test/", "http://h.test/models/m"),
        ("http://h.test/v1", "http://h.test/v1/models/m"),
        ("http://h.test/v1/", "http://h.test/v1/models/m"),
        ("http://h.test/v1//", "http://h.test/v1/models/m"),
        ("  http://h.test/v1\n", "http://h.test/v1/models/m"),
        ("http://h.test:8000/a/b%2Fc/", "http://h.test:8000/a/b%2Fc/models/m"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/models/m"),
        ("HTTP://h.test/v1", "http://h.test/v1/models/m"),
        ("http://h.test/@team/v1", "http://h.test/@team/v1/models/m"),
        ("http://h.test//@team/v1", "http://h.test//@team/v1/models/m"),
        ("http://h.test/v1?api-version=1&flag=", "http://h.test/v1/models/m?api-version=1&flag="),
        ("http://h.test/?a=1", "http://h.test/models/m?a=1"),
        (httpx.URL("http://h.test/v1/"), "http://h.test/v1/models/m"),
        ("", "https://api.openai.com/v1/models/m"),
        (None, "https://api.openai.com/v1/models/m"),
        (NOT_GIVEN, "https://api.openai.com/v1/models/m"),
    ],
)
async def test_the_base_url_is_taken_as_it_is(base_url: Any, sent: str) -> None:
    script = Script(answer(MODEL))
    async with script.client(base_url=base_url) as api:
        await api.models.retrieve("m")
    assert str(script.last.url) == sent


@pytest.mark.parametrize(
    "base_url",
    [
        "localhost:8000/v1",
        "localhost",
        "//localhost/v1",
        "/v1",
        "ftp://localhost/v1",
        "http://",
        "http:///v1",
        "http://h.test:port",
        "http://h.test:99999",
        "http://[::1/v1",
        "http://h.test/v1\nx",
        "http://h .test/v1",
        "http://h.test/a b",
        "https:api.openai.com",
        5,
    ],
)
def test_a_base_url_that_is_none(base_url: Any) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        client(base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    [
        f"http://user:{SECRET}@h.test/v1",
        f"ftp://user:{SECRET}@h.test/v1",
        f"http://user:{SECRET}@h.test:port/v1",
        f"user:{SECRET}@h.test/v1",
        f"//user:{SECRET}@h.test/v1",
        f"http://user:{SECRET}@",
        f"http://{SECRET}@h.test",
        httpx.URL(f"http://user:{SECRET}@h.test/v1"),
    ],
)
def test_a_base_url_with_a_password_is_refused_and_not_shown(base_url: Any) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        client(base_url=base_url)
    assert SECRET not in str(caught.value)


@given(st.text())
def test_any_base_url_is_taken_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        assert client(base_url=text).base_url.startswith("http")


# Headers and query


async def test_headers_of_client_and_call() -> None:
    script = Script(answer(MODEL))
    async with script.client(default_headers={"X-A": "1", "X-B": "2", "Accept": None}) as api:
        await api.models.retrieve("m", extra_headers={"x-b": "3", "X-C": "4", "x-a": None})
    sent = script.last.headers
    assert (sent["x-b"], sent["x-c"]) == ("3", "4")
    assert "x-a" not in sent
    assert "accept" not in sent
    assert sent.get_list("x-b") == ["3"]


@pytest.mark.parametrize("name", ["authorization", "User-Agent", "accept-encoding", "host"])
async def test_none_leaves_out_even_what_httpx_adds(name: str) -> None:
    script = Script(answer(MODEL))
    async with script.client(default_headers={name: None}) as api:
        await api.models.retrieve("m")
        await api.models.retrieve("m", extra_headers={name.lower(): "again"})
    async with script.client() as api:
        await api.models.retrieve("m", extra_headers={name: None})
    first, second, third = script.requests
    assert name not in first.headers
    assert second.headers[name] == "again"
    assert name not in third.headers


async def test_a_header_left_out_can_be_put_back_by_with_options() -> None:
    async def key() -> str:
        return "from-callable"

    script = Script(answer(MODEL))
    async with script.client(api_key=key, default_headers={"authorization": None}) as api:
        await api.models.retrieve("m")
        await api.with_options(default_headers={"Authorization": "Own 1"}).models.retrieve("m")
    first, second = (request.headers.get("authorization") for request in script.requests)
    assert (first, second) == (None, "Own 1")


async def test_the_last_word_on_a_header_counts_however_it_is_written() -> None:
    script = Script(answer(MODEL))
    async with script.client(default_headers={"X-A": "1"}) as api:
        changed = api.with_options(default_headers={"x-a": "2"})
        await changed.with_options(default_headers={"X-A": "3"}).models.retrieve("m")
    assert script.last.headers.get_list("x-a") == ["3"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x": f"{SECRET}\n"},
        {"x": f"{SECRET}\r\ny: z"},
        {"x": f"{SECRET}\u20ac"},
        {"x": f"{SECRET}\x00"},
        {"x": 5},
        {"x": b"bytes"},
        {"x y": "1"},
        {"": "1"},
        {"x:": "1"},
        {"x\n": "1"},
        {"\u20ac": "1"},
        {5: "1"},
    ],
)
async def test_headers_that_cannot_be_sent(headers: Any) -> None:
    script = Script(answer(MODEL))
    with pytest.raises(ConfigurationError, match="default_headers") as caught:
        client(default_headers=headers)
    assert SECRET not in str(caught.value)
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match="extra_headers") as caught:
            await api.models.retrieve("m", extra_headers=headers)
        assert SECRET not in str(caught.value)
        with pytest.raises(ConfigurationError, match="default_headers"):
            api.with_options(default_headers=headers)
    assert not script.requests


@pytest.mark.parametrize("name", ["organization", "project"])
def test_an_account_that_cannot_be_sent(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        client(**{name: "org\n"})


async def test_query_of_base_url_client_and_call() -> None:
    script = Script(answer(MODEL))
    options: dict[str, Any] = {"base_url": f"{BASE_URL}?a=0&b=0", "default_query": {"b": 1, "c": 1}}
    async with script.client(**options) as api:
        await api.models.retrieve("m", extra_query={"c": 2, "d": 2})
        await api.with_options(default_query={"c": 3}).models.retrieve("m", extra_query={"a": None})
    first, second = (dict(request.url.params) for request in script.requests)
    assert first == {"a": "0", "b": "1", "c": "2", "d": "2"}
    assert second == {"b": "1", "c": "3"}


# Bounds


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": "10"},
        {"timeout": True},
        {"timeout": float("nan")},
        {"timeout": object()},
        {"deadline": 0},
        {"deadline": "1"},
        {"first_event_timeout": -1},
        {"idle_timeout": 0},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": None},
        {"max_retries": True},
    ],
)
async def test_bounds_that_are_none(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ConfigurationError, match=name):
        client(**options)
    script = Script()
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match=name):
            await api.models.retrieve("m", **options)
        with pytest.raises(ConfigurationError, match=name):
            api.with_options(**options)
    assert not script.requests


@pytest.mark.parametrize(
    ("given_", "sent"),
    [
        (NOT_GIVEN, {"connect": 5.0, "read": 600.0, "write": 600.0, "pool": None}),
        (7, {"connect": 7.0, "read": 7.0, "write": 7.0, "pool": None}),
        (None, {"connect": None, "read": None, "write": None, "pool": None}),
        (
            httpx.Timeout(3, connect=1),
            {"connect": 1.0, "read": 3.0, "write": 3.0, "pool": 3.0},
        ),
    ],
)
async def test_timeouts_reach_the_transport(given_: Any, sent: dict[str, Any]) -> None:
    script = Script(answer(MODEL))
    async with script.client(timeout=given_) as api:
        await api.models.retrieve("m")
        await api.models.retrieve("m", timeout=2)
        await script.client(timeout=2).models.retrieve("m", timeout=given_)
    first, second, third = (request.extensions["timeout"] for request in script.requests)
    assert first == sent
    assert second == {"connect": 2.0, "read": 2.0, "write": 2.0, "pool": None}
    assert third == (second if given_ is NOT_GIVEN else sent)


# Keywords and copies


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'tiemout'"):
        client(tiemout=1)
    with pytest.raises(TypeError, match="'tiemout'"):
        client().with_options(tiemout=1)  # type: ignore[call-arg]


async def test_with_options_shares_the_connections_and_changes_what_is_said() -> None:
    script = Script(answer(MODEL))
    api = script.client(organization="o", default_headers={"x-a": "1"}, timeout=9)
    other = api.with_options(base_url="http://other.test", default_headers={"x-b": "2"})
    more = other.copy(organization=None, timeout=NOT_GIVEN, max_retries=7)  # type: ignore[arg-type]
    await more.models.retrieve("m")
    sent = script.last
    assert sent.url.host == "other.test"
    assert (sent.headers["x-a"], sent.headers["x-b"]) == ("1", "2")
    assert "openai-organization" not in sent.headers
    assert sent.extensions["timeout"]["read"] == 9
    assert (api.base_url, api.config.max_retries) == (BASE_URL, 2)
    assert "x-b" not in api.config.default_headers
    await other.close()
    assert (script.closed, api.is_closed, more.is_closed) == (1, True, True)


async def test_with_options_never_falls_back_to_another_server_or_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://env.test")
    script = Script(answer(MODEL))
    async with script.client() as api:
        await api.with_options(api_key=None, base_url=None).models.retrieve("m")
    assert script.last.url.host == "api.test"
    assert script.last.headers["authorization"] == f"Bearer {KEY}"


def test_repr() -> None:
    assert repr(client(base_url="http://h.test/v1/")) == "<AsyncClient http://h.test/v1>"
    assert repr(NOT_GIVEN) == "NOT_GIVEN"
    assert not NOT_GIVEN


# Lifecycle


async def test_a_closed_client_says_so() -> None:
    script = Script(answer(MODEL))
    async with script.client() as api:
        assert not api.is_closed
        await api.models.retrieve("m")
    assert api.is_closed
    assert "closed" in repr(api)
    assert script.closed == 1
    for call in (api.models.list(), api.with_options(timeout=1).models.list()):
        with pytest.raises(ConfigurationError, match="closed"):
            await call
    await api.close()
    await api.aclose()
    assert len(script.requests) == 1


async def test_leaving_by_an_error_closes_too() -> None:
    script = Script()
    with pytest.raises(ZeroDivisionError):
        async with script.client() as api:
            _ = 1 / 0
    assert api.is_closed


def test_one_client_in_two_event_loops() -> None:
    script = Script(answer(CHAT))
    api = script.client()

    async def ask() -> str | None:
        answered = await api.chat.completions.create(model="m", messages=[])
        return answered.choices[0].message.content

    assert [anyio.run(ask), anyio.run(ask), anyio.run(ask, backend="trio")] == ["ab"] * 3
