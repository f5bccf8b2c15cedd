"""When a call is sent again, how long it waits, and what is told afterwards."""

from __future__ import annotations

import contextlib
import email.utils
import io
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    OpenAIError,
    QuotaExceededError,
    RateLimitError,
    Request,
    Retry,
    RetryPolicy,
    raw,
)
from tests.common import CHAT, FILE, MODEL
from tests.scripted import AT_ONCE, Script, answer, failure

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000.0
POLICY = RetryPolicy(initial=0.5, maximum=8.0, max_retry_after=60.0)


def response(
    status: int, headers: dict[str, str] | None = None, error: dict[str, Any] | None = None
) -> httpx.Response:
    return httpx.Response(status, headers=headers, json={"error": error or {}})


def date(seconds: float) -> str:
    return email.utils.formatdate(NOW + seconds, usegmt=True)


# The decision

BACKOFF = 0.5
"""What the first back-off is when the dice show their most."""


@pytest.mark.parametrize(
    ("outcome", "delay"),
    [
        # By status.
        *((response(status), BACKOFF) for status in (408, 409, 429, 500, 502, 503, 504, 520, 529)),
        *((response(status), None) for status in (400, 401, 402, 403, 404, 405, 413, 422, 451)),
        *((response(status), None) for status in (200, 204, 206, 301, 304)),
        # The server's advice wins.
        (response(400, {"x-should-retry": "true"}), BACKOFF),
        (response(400, {"x-should-retry": " True "}), BACKOFF),
        (response(500, {"x-should-retry": "false"}), None),
        (response(500, {"x-should-retry": "FALSE", "retry-after": "1"}), None),
        (response(500, {"x-should-retry": "maybe"}), BACKOFF),
        (response(200, {"x-should-retry": "true"}), None),
        # How long it asks to wait.
        (response(429, {"retry-after": "7"}), 7.0),
        (response(429, {"retry-after": "0"}), 0.0),
        (response(429, {"retry-after": "0.25"}), 0.25),
        (response(429, {"retry-after": " 7 "}), 7.0),
        (response(429, {"retry-after": "60"}), 60.0),
        (response(429, {"retry-after": "60.1"}), None),
        (response(429, {"retry-after": "3600"}), None),
        (response(429, {"retry-after": date(10)}), 10.0),
        (response(429, {"retry-after": date(-10)}), 0.0),
        (response(429, {"retry-after": date(61)}), None),
        (response(429, {"retry-after-ms": "250"}), 0.25),
        (response(429, {"retry-after-ms": "250", "retry-after": "50"}), 0.25),
        (response(429, {"retry-after-ms": "soon", "retry-after": "50"}), 50.0),
        (response(429, {"retry-after-ms": "60001"}), None),
        (response(400, {"x-should-retry": "true", "retry-after": "3"}), 3.0),
        (response(400, {"retry-after": "3"}), None),
        # What can't be read is as good as nothing.
        *(
            (response(503, {"retry-after": text}), BACKOFF)
            for text in ("", "soon", "-1", "nan", "inf", "-inf", "1e999", "1 s", "Wed, 99 Foo 2099")
        ),
        (response(503, {"retry-after": "Wed, 21 Oct 99999 07:28:00 GMT"}), BACKOFF),
        # No wait refills a quota.
        (response(429, error={"code": "insufficient_quota"}), None),
        (response(429, error={"type": "insufficient_quota"}), None),
        (response(429, {"x-should-retry": "true"}, {"code": "insufficient_quota"}), None),
        (response(429, {"retry-after": "1"}, {"type": "insufficient_quota"}), None),
        (response(429, error={"code": "rate_limit_exceeded"}), BACKOFF),
        # No answer at all.
        (APIConnectionError("cut"), BACKOFF),
        (APITimeoutError("slow", phase="read"), BACKOFF),
    ],
)
def test_the_delay(outcome: httpx.Response | APIConnectionError, delay: float | None) -> None:
    assert POLICY.delay(outcome, 0, now=NOW, rng=lambda: 1.0) == delay


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system can't change its time zone")
@pytest.mark.parametrize("zone", ["-0000", ""])
def test_a_date_without_a_zone_is_utc_wherever_we_are(zone: str) -> None:
    text = f"Tue, 14 Nov 2023 22:13:30 {zone}".strip()
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    try:
        assert POLICY.delay(response(429, {"retry-after": text}), 0, now=NOW) == 10.0
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def test_without_now_the_clock_is_asked() -> None:
    in_ten = email.utils.formatdate(time.time() + 10, usegmt=True)
    delay = POLICY.delay(response(429, {"retry-after": in_ten}), 0)
    assert delay is not None
    assert 8 <= delay <= 10


@given(
    st.floats(0.01, 100),
    st.floats(0, 100),
    st.integers(0, 10**9),
    st.floats(0, 1, exclude_max=True),
)
def test_backoff_is_full_jitter_under_a_bound_that_doubles(
    initial: float, maximum: float, attempt: int, dice: float
) -> None:
    policy = RetryPolicy(initial=initial, maximum=maximum)
    delay = policy.backoff(attempt, lambda: dice)
    bound = min(maximum, initial * 2.0 ** min(attempt, 60))
    assert 0 <= delay <= maximum
    assert delay == pytest.approx(dice * bound)
    assert policy.backoff(attempt, lambda: 0.0) == 0
    assert policy.backoff(attempt + 1, lambda: dice) >= delay


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_any_retry_after_gives_a_wait_within_the_bound_or_none(text: str) -> None:
    try:
        headers = {"retry-after": text, "retry-after-ms": text}
        outcome = response(503, headers)
    except UnicodeEncodeError:
        return  # no header can be that
    delay = POLICY.delay(outcome, 3)
    assert delay is None or 0 <= delay <= 60


# The number of attempts


@pytest.mark.parametrize("max_retries", [0, 1, 2, 5])
async def test_a_call_is_sent_again_so_often_and_no_more(max_retries: int) -> None:
    script = Script(answer({"error": {"message": "busy"}}, 503))
    async with script.client(max_retries=max_retries) as api:
        with pytest.raises(InternalServerError) as caught:
            await api.models.retrieve("m")
    assert len(script.requests) == max_retries + 1
    assert caught.value.retries_taken == max_retries
    assert ("after" in str(caught.value)) is (max_retries > 0)


async def test_a_call_may_say_how_often_itself() -> None:
    script = Script(answer(status=500))
    async with script.client() as api:
        for options in ({}, {"max_retries": 0}, {"max_retries": 4}):
            script.requests.clear()
            with pytest.raises(InternalServerError):
                await api.models.retrieve("m", **options)
            assert len(script.requests) == 1 + options.get("max_retries", 2)


@pytest.mark.parametrize(
    "trouble",
    [
        answer(status=500),
        answer(status=408),
        answer(status=409),
        answer(status=429),
        failure(httpx.ConnectError("refused")),
        failure(httpx.ReadTimeout("slow")),
        failure(httpx.RemoteProtocolError("cut")),
        failure(ConnectionResetError("reset")),
    ],
)
async def test_what_passes_is_tried_again(trouble: Any) -> None:
    script = Script(trouble, trouble, answer(MODEL))
    async with script.client() as api:
        found = await raw(api.models.retrieve)("m")
    assert (found.value.id, found.retries_taken, len(script.requests)) == ("m", 2, 3)


class Cut(httpx.AsyncByteStream):
    """A body that ends too early."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"id": '
        raise httpx.RemoteProtocolError("the body is incomplete")


async def test_a_body_that_was_cut_is_asked_for_again() -> None:
    script = Script(lambda _: httpx.Response(200, stream=Cut()), answer(MODEL))
    async with script.client() as api:
        assert (await api.models.retrieve("m")).id == "m"
    assert len(script.requests) == 2


async def test_a_body_that_is_always_cut() -> None:
    script = Script(lambda _: httpx.Response(200, stream=Cut()))
    async with script.client() as api:
        with pytest.raises(APIConnectionError, match="incomplete") as caught:
            await api.models.retrieve("m")
    assert (len(script.requests), caught.value.retries_taken) == (3, 2)
    assert caught.value.status_code == 200


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"message": "bad"}, BadRequestError),
        (429, {"code": "insufficient_quota"}, QuotaExceededError),
        (429, {"type": "insufficient_quota"}, QuotaExceededError),
    ],
)
async def test_what_does_not_pass_is_not_tried_again(
    status: int, error: dict[str, Any], kind: type[APIStatusError]
) -> None:
    script = Script(answer({"error": error}, status))
    async with script.client() as api:
        with pytest.raises(kind) as caught:
            await api.models.retrieve("m")
    assert (len(script.requests), caught.value.retries_taken) == (1, 0)


async def test_a_wait_that_is_too_long_is_told_at_once() -> None:
    script = Script(answer(status=429, headers={"retry-after": "3600"}))
    async with script.client() as api:
        with pytest.raises(RateLimitError) as caught:
            await api.models.retrieve("m")
    assert len(script.requests) == 1
    assert caught.value.response.headers["retry-after"] == "3600"


async def test_what_the_caller_did_wrong_is_not_tried_again() -> None:
    script = Script(failure(httpx.UnsupportedProtocol("no such protocol")))
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match="no such protocol"):
            await api.models.retrieve("m")
    assert len(script.requests) == 1


async def test_streams_are_tried_again_until_they_begin() -> None:
    chunk = b'data: {"id":"c","object":"x","created":1,"model":"m","choices":[]}\n\n'
    events = {"content-type": "text/event-stream"}
    script = Script(answer(status=503), answer(content=chunk + b"data: [DONE]\n\n", headers=events))
    async with script.client() as api:
        found = await raw(api.chat.completions.create)(model="m", messages=[], stream=True)
        assert found.retries_taken == 1
        assert len([chunk async for chunk in found.value]) == 1  # type: ignore[attr-defined]


# Waiting


async def test_a_wait_is_as_long_as_the_server_asks() -> None:
    script = Script(answer(status=429, headers={"retry-after-ms": "30"}), answer(MODEL))
    async with script.client(middleware=[]) as api:
        found = await raw(api.models.retrieve)("m")
    assert 0.03 <= found.elapsed < 5


async def test_cancelling_during_a_wait_ends_it_at_once() -> None:
    script = Script(answer(status=429, headers={"retry-after": "50"}))
    async with script.client() as api:
        started = time.monotonic()
        with anyio.move_on_after(0.05) as scope:
            await api.models.retrieve("m")
    assert scope.cancelled_caught
    assert time.monotonic() - started < 10
    assert len(script.requests) == 1


async def test_a_deadline_that_comes_before_the_next_try_is_told_at_once() -> None:
    busy = answer({"error": {"message": "busy"}}, 429, {"retry-after": "50", "x-request-id": "r1"})
    script = Script(busy)
    async with script.client() as api:
        started = time.monotonic()
        with pytest.raises(APITimeoutError, match=r"next try, due in 50.0 s.*busy") as caught:
            await api.models.retrieve("m", deadline=10)
    assert time.monotonic() - started < 5
    assert (caught.value.phase, caught.value.request_id) == ("deadline", "r1")
    assert isinstance(caught.value.__cause__, RateLimitError)


async def test_a_deadline_bounds_the_sum_of_the_attempts() -> None:
    class Slow(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await super().handle_async_request(request)
            await anyio.sleep(0.04)
            raise httpx.ReadTimeout("slow")

    script = Slow()
    async with script.client(deadline=0.1, max_retries=1000) as api:
        started = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            await api.models.retrieve("m")
    assert 0.09 < time.monotonic() - started < 10
    assert caught.value.phase == "deadline"
    assert 1 <= len(script.requests) <= 4
    assert caught.value.retries_taken == len(script.requests) - 1


async def test_a_deadline_ends_a_server_that_says_nothing() -> None:
    class Silent(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await anyio.sleep_forever()
            return await super().handle_async_request(request)

    async with Silent().client() as api:
        with pytest.raises(APITimeoutError, match="deadline") as caught:
            await api.models.retrieve("m", deadline=0.05)
    assert caught.value.phase == "deadline"
    assert caught.value.request is not None
    assert "GET http://api.test/v1/models/m" in str(caught.value)


# Bodies that are sent again


class Once(io.RawIOBase):
    """A pipe: it can't be rewound."""

    def __init__(self, data: bytes) -> None:
        self.name = "pipe.txt"
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


async def stream() -> AsyncIterator[bytes]:
    yield b"streamed"


@pytest.mark.parametrize("kind", ["pipe", "generator", "async generator"])
async def test_a_body_that_is_gone_is_not_sent_again_and_the_error_says_so(kind: str) -> None:
    bodies: dict[str, Any] = {
        "pipe": Once(b"streamed"),
        "generator": (piece for piece in [b"streamed"]),
        "async generator": stream(),
    }
    script = Script(answer({"error": {"message": "busy"}}, 503), answer(FILE))
    async with script.client() as api:
        with pytest.raises(
            InternalServerError, match=r"busy.*not retried: its body can't"
        ) as caught:
            await api.files.create(file=bodies[kind], purpose="x")
    assert b"streamed" in script.last.content
    assert (len(script.requests), caught.value.retries_taken) == (1, 0)


async def test_a_body_that_is_gone_with_its_connection() -> None:
    script = Script(failure(httpx.WriteError("cut")))
    async with script.client() as api:
        with pytest.raises(APIConnectionError, match=r"cut.*not retried: its body can't"):
            await api.files.create(file=("a.txt", stream()), purpose="x")
    assert len(script.requests) == 1


async def test_a_body_that_never_began_is_sent_all_the_same() -> None:
    class Refuses(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not self.requests:
                self.requests.append(request)
                raise httpx.ConnectError("refused")
            return await super().handle_async_request(request)

    script = Refuses(answer(FILE))
    async with script.client() as api:
        assert (await api.files.create(file=stream(), purpose="x")).id == "file-1"
    assert b"\r\n\r\nstreamed\r\n" in script.last.content
    assert len(script.requests) == 2


async def test_no_hint_where_it_would_not_have_been_sent_again_anyway() -> None:
    for status, options in ((400, {}), (503, {"max_retries": 0})):
        async with Script(answer(status=status)).client() as api:
            with pytest.raises(APIStatusError) as caught:
                await api.files.create(file=stream(), purpose="x", **options)
        assert "not retried" not in str(caught.value)


async def test_a_redirect_cannot_send_half_a_body() -> None:
    script = Script(answer(status=307, headers={"location": "http://api.test/v2/files"}))
    async with script.client() as api:
        with pytest.raises(APIConnectionError, match="can't be produced again"):
            await api.files.create(file=stream(), purpose="x")
    assert len(script.requests) == 1


async def test_a_redirect_sends_a_whole_body_again() -> None:
    moved = answer(status=307, headers={"location": "http://api.test/v2/files"})
    script = Script(moved, answer(FILE))
    async with script.client() as api:
        await api.files.create(file=io.BytesIO(b"content"), purpose="x")
    first, second = script.requests
    assert first.content == second.content
    assert second.url.path == "/v2/files"


async def test_a_redirect_to_another_origin_is_not_followed() -> None:
    script = Script(answer(status=307, headers={"location": "http://evil.test/"}), answer(MODEL))
    async with script.client() as api:
        with pytest.raises(APIStatusError, match=r"redirected to http://evil\.test/"):
            await api.models.retrieve("m")
    assert len(script.requests) == 1


# Retry among other middleware


async def test_retry_stands_innermost_and_may_be_moved() -> None:
    calls: list[str] = []

    def note(name: str) -> Any:
        async def middleware(request: Request, call_next: Any) -> httpx.Response:
            calls.append(name)
            found: httpx.Response = await call_next(request)
            return found

        return middleware

    script = Script(answer(status=500, headers={"retry-after": "0"}), answer(CHAT))
    ask: Any = {"model": "m", "messages": []}
    async with script.client(middleware=[note("a"), note("b")]) as api:
        await api.chat.completions.create(**ask)
        assert calls == ["a", "b"]
        calls.clear()
        script.requests.clear()
        moved = api.with_options(middleware=[note("a"), AT_ONCE, note("b")])
        await moved.chat.completions.create(**ask)
    assert calls == ["a", "b", "b"]


async def test_a_policy_of_ones_own() -> None:
    class Never(RetryPolicy):
        def delay(self, *_: Any, **__: Any) -> float | None:
            return None

    script = Script(answer(status=500))
    async with script.client(middleware=[Retry(Never())]) as api:
        with contextlib.suppress(OpenAIError):
            await api.models.retrieve("m")
    assert len(script.requests) == 1
