"""Secrets stay where they belong, and nothing that is given gets anywhere else."""

from __future__ import annotations

import copy
import itertools
import pickle
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openai_async
from openai_async import (
    APIStatusError,
    AsyncClient,
    BinaryBody,
    ConfigurationError,
    OpenAIError,
)
from openai_async._redirect import may_fetch, stays
from openai_async._request import path
from tests.common import CHAT, FILE, HELLO, MODEL, A, ask, cut_stream, event, read, streaming, take
from tests.rawserver import EACH_TRANSPORT, RawServer, answer, json_response, response

from .conftest import ClientOf

pytestmark = [pytest.mark.timeout(30)]

KEY = "sk-secret-0123456789abcdef"
OTHER = "other-secret-0123456789"
"""A second one, in a default header, as Azure and gateways have it."""
OURS = str(Path(openai_async.__file__).parent)

SECRETS: Any = {
    "api_key": KEY,
    "default_headers": {"api-key": OTHER, "x-gateway-token": OTHER},
}


def frames(error: BaseException | None, folder: str = OURS) -> Iterator[str]:
    """What a traceback with locals shows of our own frames, causes and contexts included."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        for frame in told.stack:
            if frame.filename.startswith(folder):
                yield f"{frame.name}: {frame.locals}"


def assert_hidden(error: BaseException, log: str = "") -> None:
    """Neither secret is in any word or pickle of an error, nor in a log."""
    told = [str(error), repr(error), "".join(traceback.format_exception(error)), log]
    if isinstance(error, OpenAIError):
        again = pickle.loads(pickle.dumps(error))
        told += [str(again), repr(again), repr(vars(again)), repr(vars(copy.deepcopy(error)))]
        told.append(repr(pickle.dumps(error)))
        told.append(repr(pickle.dumps(error, 0)))
    for text in (*told, *frames(error)):
        assert KEY not in text
        assert OTHER not in text


# Ways to fail, each with a server's script.

Failing = Callable[[AsyncClient], Awaitable[object]]


async def call(api: AsyncClient) -> None:
    await api.chat.completions.create(**HELLO)


async def stream(api: AsyncClient) -> None:
    _, error = await read(api)
    if error is not None:
        raise error


async def long_call(api: AsyncClient) -> None:
    """One that does not fit into the buffers on the way."""
    timeout = httpx.Timeout(10, write=0.2)
    await api.completions.create(model="m", prompt="x" * 8_000_000, timeout=timeout)


async def upload(api: AsyncClient) -> None:
    await api.files.create(file=b"abc", purpose="x")


async def find(api: AsyncClient) -> None:
    await api.models.retrieve("m")


async def download(api: AsyncClient) -> None:
    await (await api.get("/x", cast_to=BinaryBody)).read()


async def missing_file(api: AsyncClient) -> None:
    await api.files.create(file=Path("/no/such/file"), purpose="x")


async def bad_header(api: AsyncClient) -> None:
    await api.models.retrieve("m", extra_headers={"x-a": "b\r\nc: d"})


async def bad_path(api: AsyncClient) -> None:
    await api.get("//evil.test/x")


async def bad_json(api: AsyncClient) -> None:
    await api.post("/x", body={"a": object()})


async def bad_key(api: AsyncClient) -> None:
    async def give() -> str:
        return f"{KEY}\n"

    await api.with_options(api_key=give).models.retrieve("m")


async def failing_key(api: AsyncClient) -> None:
    async def give() -> str:
        raise LookupError("the vault is shut")

    await api.with_options(api_key=give).models.retrieve("m")


async def called_key(api: AsyncClient) -> None:
    async def give() -> str:
        return KEY

    await api.with_options(api_key=give).models.retrieve("m")


async def bad_options(api: AsyncClient) -> None:
    api.with_options(api_key=f"{KEY} ")


async def bad_default_header(api: AsyncClient) -> None:
    api.with_options(api_key=KEY, default_headers={"api-key": f"{OTHER}\n"})


async def closed(api: AsyncClient) -> None:
    await api.close()
    await api.models.retrieve("m")


async def too_late(api: AsyncClient) -> None:
    await api.models.retrieve("m", deadline=0.1)


async def raising_middleware(api: AsyncClient) -> None:
    async def fail(request: Any, call_next: Any) -> httpx.Response:
        await call_next(request)
        raise ZeroDivisionError

    await api.with_options(middleware=[fail]).models.retrieve("m")


PAGE = response(b"<html>sign in</html>", content_type="text/html")
UNAUTHORIZED = json_response({"error": {"message": "no"}}, status="401 Unauthorized")
BUSY = json_response({"error": {"message": "busy"}}, status="503 Busy")
FAILURES: dict[str, tuple[Any, Failing]] = {
    "401": (answer(UNAUTHORIZED), call),
    "503 after retries": (answer(BUSY), call),
    "401 for an upload": (answer(UNAUTHORIZED), upload),
    "cut": (answer(b"", then="close"), call),
    "reset": (answer(b"", then="reset"), call),
    "cut upload": (answer(b"", then="close"), upload),
    "reset in the middle of a call": (lambda connection: connection.reset(), long_call),
    "a call that nobody reads": (lambda _: time.sleep(0.5), long_call),
    "cut body": (answer(response(b"{", length=9), then="close"), call),
    "cut stream": (cut_stream(A, then="close"), stream),
    "cut download": (answer(response(b"{", length=9), then="close"), download),
    "no HTTP": (answer(b"hello\r\n\r\n", then="close"), call),
    "silence": (answer(b"", then="hold"), lambda api: api.models.retrieve("m", timeout=0.1)),
    "deadline": (answer(b"", then="hold"), too_late),
    "no first event": (answer(b"", then="hold"), lambda api: ask(api, first_event_timeout=0.1)),
    "a page": (answer(PAGE), call),
    "the wrong shape": (answer(json_response({"id": 5})), call),
    "an error event": (streaming(A, event({"error": {"message": "boom"}})), stream),
    "bad JSON in an event": (streaming(A, event(b"{")), stream),
    "a redirect": (
        answer(response(status="307 Moved", headers=[("location", "http://evil.test/")])),
        call,
    ),
    "a redirect without end": (
        answer(response(status="307 Moved", headers=[("location", "/v1/models/m")])),
        lambda api: api.models.retrieve("m"),
    ),
    "a key callable that gives what can't be sent": (answer(BUSY), bad_key),
    "a key callable that raises": (answer(BUSY), failing_key),
    "a key callable, and 503": (answer(BUSY), called_key),
    "a key that can't be sent": (answer(BUSY), bad_options),
    "a default header that can't be sent": (answer(BUSY), bad_default_header),
    "a header that can't be sent": (answer(BUSY), bad_header),
    "a path that can't be sent": (answer(BUSY), bad_path),
    "a body that can't be sent": (answer(BUSY), bad_json),
    "a file that isn't there": (answer(BUSY), missing_file),
    "a closed client": (answer(BUSY), closed),
    "middleware that raises": (answer(json_response(MODEL)), raising_middleware),
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", FAILURES)
@EACH_TRANSPORT
async def test_no_secret_is_told(
    name: str, client: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    """By no error, its pickle, its traceback with our locals, or any log at any level."""
    script, fail = FAILURES[name]
    caplog.set_level(1)
    with RawServer(script) as server:
        options: Any = {**SECRETS, "max_retries": 1, "strict_responses": True}
        async with client(server, **options) as api:
            with pytest.raises(Exception, match=r"(?s).*") as caught:
                await fail(api)
            assert_hidden(caught.value, caplog.text)
            assert list(frames(caught.value))
            for thing in (api, api.config, api.chat.completions, api.with_raw_response):
                assert KEY not in repr(thing)
                assert OTHER not in repr(thing)
    if server.requests:  # it was told to whom it belongs
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert server.requests[0].headers["api-key"] == OTHER


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_nobody_listens_and_no_secret_is_told(
    client: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    with RawServer(answer(b"")) as server:
        api = client(server, **SECRETS, max_retries=1)
    async with api:
        with pytest.raises(OpenAIError) as caught:
            await call(api)
    assert_hidden(caught.value, caplog.text)


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_good_calls_log_no_secret(client: ClientOf, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    with RawServer(answer(json_response(CHAT)), streaming(A)) as server:
        async with client(server, **SECRETS, default_query={"token": OTHER}) as api:
            await call(api)
            await take(await ask(api))
        assert f"token={OTHER}" in server.requests[0].target
    assert caplog.records
    for record in caplog.records:
        assert KEY not in record.getMessage() + repr(record.args)
        assert OTHER not in record.getMessage() + repr(record.args)


@pytest.mark.parametrize(
    "options",
    [
        {**SECRETS, "api_key": f"{KEY}\n"},
        {**SECRETS, "base_url": "nonsense"},
        {**SECRETS, "max_retries": -1},
        {**SECRETS, "transport": "nonsense"},
        {**SECRETS, "organization": "a\nb"},
        {**SECRETS, "default_headers": {"api-key": f"{OTHER}\r\n"}},
        {**SECRETS, "default_headers": {"api-key": OTHER, "b d": "x"}},
        {**SECRETS, "nonsense": 1},
    ],
)
def test_a_constructor_that_refuses_tells_no_secret(options: Any) -> None:
    with pytest.raises((OpenAIError, TypeError)) as caught:
        AsyncClient(**options)
    assert_hidden(caught.value)


def test_no_secret_is_pickled_or_copied_into_sight() -> None:
    api = AsyncClient(**SECRETS)
    for thing in (api.config, api.config.api_key, api):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = pickle.dumps(thing, protocol)
            except Exception as error:  # noqa: PERF203 - each protocol by itself
                assert_hidden(error)
            else:
                assert KEY.encode() not in data
        assert KEY not in repr(copy.copy(thing))
    assert KEY not in repr(copy.deepcopy(api.config))
    assert OTHER not in repr(copy.deepcopy(api.config))


# Redirects.


def moved(status: int, location: str) -> bytes:
    return response(
        b"<html>moved</html>", status=f"{status} Moved", headers=[("location", location)]
    )


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("ask_for", [call, stream, upload, find])
@EACH_TRANSPORT
async def test_a_redirect_to_another_origin_is_not_followed(
    status: int, ask_for: Failing, client: ClientOf
) -> None:
    """Nothing at all goes there: no key, no header, no query, no body."""
    with RawServer(answer(json_response(CHAT))) as other:
        there = f"{other.url}/elsewhere?token={OTHER}#{OTHER}"
        with RawServer(answer(moved(status, there))) as server:
            secrets: Any = {**SECRETS, "default_query": {"token": OTHER}}
            async with client(server, **secrets, organization="o", project="p") as api:
                with pytest.raises(APIStatusError) as caught:
                    await ask_for(api)
        assert not other.connections
    error = caught.value
    assert error.status_code == status
    assert f"{other.url}/elsewhere" in str(error)
    assert "base_url" in str(error)
    assert len(server.requests) == 1
    # A query is no place for a secret; but an error does not repeat it.
    for told in (str(error), repr(error), repr(pickle.dumps(error)), repr(pickle.dumps(error, 0))):
        assert KEY not in told
        assert OTHER not in told


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@EACH_TRANSPORT
async def test_a_download_goes_on_elsewhere_without_credentials(
    status: int, client: ClientOf
) -> None:
    """As where files are kept in a store: it hears what the URL says, and nothing of ours."""
    kept = {"accept", "accept-encoding", "connection", "host", "range", "user-agent"}
    with RawServer(answer(response(b"bytes", content_type=None))) as store:
        there = f"{store.url}/signed?signature=s"
        head = moved(status, there).replace(b"\r\n", b"\r\nset-cookie: a=b; Path=/\r\n", 1)
        with RawServer(answer(head, head)) as server:
            secrets: Any = {**SECRETS, "default_query": {"token": OTHER}}
            async with client(server, **secrets, organization="o", project="p") as api:
                headers = {"Range": "bytes=0-4", "x-secret": OTHER}
                body = await api.files.content("f", extra_headers=headers)
                assert await body.read() == b"bytes"
    (asked,) = store.requests
    assert (asked.method, asked.target, asked.body) == ("GET", "/v1/signed?signature=s", b"")
    assert set(asked.headers) <= kept
    assert asked.headers["range"] == "bytes=0-4"
    assert KEY not in repr(asked.headers)
    assert OTHER not in repr(asked.headers)


@pytest.mark.parametrize(("here", "there"), list(itertools.product(["http", "https"], repeat=2)))
def test_a_download_does_not_go_on_without_tls(here: str, there: str) -> None:
    allowed = may_fetch(httpx.URL(f"{here}://a/x"), httpx.URL(f"{there}://b/y"))
    assert allowed == ((here, there) != ("https", "http"))


@pytest.mark.anyio
@pytest.mark.parametrize("status", [307, 308])
@EACH_TRANSPORT
async def test_a_redirect_within_the_origin_is_followed(status: int, client: ClientOf) -> None:
    answers = (moved(status, "/v2/here"), json_response(CHAT))
    with RawServer(
        answer(*answers, *answers, moved(status, "/v2/h"), json_response(FILE))
    ) as server:
        async with client(server, **SECRETS) as api:
            await call(api)
            await stream(api)
            await upload(api)
    for first, second in zip(server.requests[::2], server.requests[1::2], strict=True):
        assert (first.method, first.body) == (second.method, second.body)
        assert second.headers["authorization"] == f"Bearer {KEY}"
    assert len(server.requests) == 6


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303])
@EACH_TRANSPORT
async def test_a_post_does_not_become_a_get(status: int, client: ClientOf) -> None:
    with RawServer(answer(moved(status, "/v2/here"), json_response(CHAT))) as server:
        async with client(server) as api:
            with pytest.raises(APIStatusError, match=r"redirected to /v2/here"):
                await call(api)
            await api.get("/x")
    assert len(server.requests) == 2


URLS = ["http://a", "https://a", "http://a:81", "https://a:444", "http://b", "https://a.b"]
SAFE = {(url, url) for url in URLS} | {("http://a", "https://a")}


@pytest.mark.parametrize(("here", "there"), list(itertools.product(URLS, URLS)))
def test_what_a_redirect_may_lead_to(here: str, there: str) -> None:
    """The same origin, or from http to https with the ports that these have."""
    assert stays(httpx.URL(f"{here}/x"), httpx.URL(f"{there}/y")) == ((here, there) in SAFE)


@pytest.mark.anyio
@pytest.mark.parametrize("follow", [True, False])
async def test_a_client_of_ones_own_follows_as_it_was_told(follow: bool) -> None:
    with RawServer(answer(moved(307, "/v2/here"), json_response(MODEL))) as server:
        async with httpx.AsyncClient(follow_redirects=follow) as http:
            settings: Any = {"api_key": KEY, "base_url": server.url, "http_client": http}
            api = AsyncClient(**settings)
            if follow:
                await api.models.retrieve("m")
            else:
                with pytest.raises(APIStatusError, match="redirected"):
                    await api.models.retrieve("m")
    assert len(server.requests) == 1 + follow


# Injection.


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name",
    [
        "../../admin",
        "..%2f..%2fadmin",
        "a/b",
        "a?key=1",
        "a#b",
        "a\r\nx-evil: 1",
        "a b",
        "a\x00b",
        "http://evil.test/",
        "//evil.test",
        "a\\..\\b",
        "a;b=c",
        "\u2028",
        "%0d%0ax-evil: 1",
    ],
)
@EACH_TRANSPORT
async def test_an_id_stays_one_segment_of_the_path(name: str, client: ClientOf) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client(server) as api:
            await api.models.retrieve(name)
    (sent,) = server.requests
    assert sent.target.startswith("/v1/models/")
    assert sent.target.count("/") == 3
    assert not set(sent.target) & set("?#\\ ")
    assert "x-evil" not in sent.headers


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["", ".", "..", 5, None, b"m", "\ud800"])
@EACH_TRANSPORT
async def test_an_id_that_is_none_is_refused(name: Any, client: ClientOf) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client(server) as api:
            with pytest.raises(ConfigurationError, match="model"):
                await api.models.retrieve(name)
    assert not server.connections


@pytest.mark.anyio
@pytest.mark.parametrize(
    "where",
    ["http://evil.test/", "//evil.test/", "/../x", "/a/%2e%2e/b", "/a b", "/a\r\nb", "/a#b"],
)
@EACH_TRANSPORT
async def test_a_path_stays_below_the_base_url(where: str, client: ClientOf) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client(server) as api:
            with pytest.raises(ConfigurationError):
                await api.get(where)
    assert not server.connections


BAD_HEADERS: list[dict[str, Any]] = [
    {"x-a": "b\r\nx-evil: 1"},
    {"x-a": "b\nx-evil: 1"},
    {"x-a": "b\rx-evil: 1"},
    {"x-a": "b\x00"},
    {"x-a": "\u010a"},  # U+010A, whose low byte is a line feed
    {"x-a\r\nx-evil": "1"},
    {"x-a: 1\r\nx-evil": "1"},
    {"x a": "1"},
    {"": "1"},
    {"x-a": b"bytes"},
    {"x-a": 5},
]


@pytest.mark.anyio
@pytest.mark.parametrize("headers", BAD_HEADERS)
@EACH_TRANSPORT
async def test_a_header_stays_one_header(headers: Any, client: ClientOf) -> None:
    with RawServer(answer(json_response(MODEL))) as server:
        async with client(server) as api:
            with pytest.raises(ConfigurationError):
                await api.models.retrieve("m", extra_headers=headers)
            with pytest.raises(ConfigurationError):
                api.with_options(default_headers=headers)
    assert not server.connections


@pytest.mark.anyio
@EACH_TRANSPORT
async def test_queries_and_bodies_stay_what_they_are(client: ClientOf) -> None:
    odd = "a&b=c#d\r\nx-evil: 1"
    with RawServer(answer(json_response(MODEL), json_response(CHAT))) as server:
        async with client(server) as api:
            await api.models.retrieve("m", extra_query={"q": odd, odd: "v"})
            await api.chat.completions.create(**{**HELLO, "model": odd})
    asked, told = server.requests
    query = dict(httpx.URL(f"http://x{asked.target}").params)
    assert query == {"q": odd, odd: "v"}
    assert told.json()["model"] == odd
    assert not {"x-evil"} & (asked.headers.keys() | told.headers.keys())


@pytest.mark.anyio
@pytest.mark.parametrize("name", ['a"; name="x', "a\r\nx-evil: 1", "a\nb", "../../etc/passwd"])
@EACH_TRANSPORT
async def test_a_file_name_stays_a_file_name(name: str, client: ClientOf) -> None:
    with RawServer(answer(json_response(FILE))) as server:
        async with client(server) as api:
            await api.files.create(file=(name, b"abc"), purpose="x")
    body = server.requests[0].body
    head = body[: body.index(b"abc")]
    assert b"\r\nx-evil" not in head
    assert head.count(b'name="file"') + head.count(b'name="purpose"') == head.count(b"form-data")


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_any_id_is_quoted_or_refused(name: str) -> None:
    try:
        quoted = path("/models/{model}", model=name)
    except ConfigurationError:
        return
    assert quoted.startswith("/models/")
    assert quoted.count("/") == 2
    assert quoted.isascii()
    assert not set(quoted) & set("?#\\ \r\n")
