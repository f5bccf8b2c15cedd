"""The chain between a call and the network."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIResponseError,
    AsyncClient,
    Next,
    NotFoundError,
    Request,
    raw,
)
from tests.common import CHAT, HELLO, MODEL
from tests.rawserver import (
    BOUND,
    EACH_TRANSPORT,
    RawServer,
    chunked_head,
    event_stream,
    json_response,
)
from tests.rawserver import answer as say
from tests.scripted import Script, answer, failure

pytestmark = pytest.mark.anyio


async def test_the_first_is_the_outermost() -> None:
    events: list[str] = []

    def note(name: str) -> Any:
        async def middleware(request: Request, call_next: Next) -> httpx.Response:
            events.append(f"{name}>")
            try:
                return await call_next(request)
            finally:
                events.append(f"<{name}")

        return middleware

    async with Script(answer(MODEL)).client(middleware=[note("a"), note("b"), note("c")]) as api:
        await api.models.retrieve("m")
    assert events == ["a>", "b>", "c>", "<c", "<b", "<a"]


async def test_it_may_change_what_is_sent() -> None:
    async def change(request: Request, call_next: Next) -> httpx.Response:
        assert (request.method, request.path) == ("POST", "/chat/completions")
        body = {**request.json, "model": "other"}
        changed = dataclasses.replace(request, json=body, query={"q": 1})
        return await call_next(changed.with_headers({"x-trace": "1"}))

    script = Script(answer(CHAT))
    async with script.client(middleware=[change]) as api:
        await api.chat.completions.create(model="m", messages=[])
    assert script.sent["model"] == "other"
    assert script.last.headers["x-trace"] == "1"
    assert script.last.url.query == b"q=1"


async def test_it_sees_failures_as_responses_and_errors_come_after() -> None:
    seen: list[int] = []

    async def look(request: Request, call_next: Next) -> httpx.Response:
        response = await call_next(request)
        seen.append(response.status_code)
        assert response.json() == {"error": {"message": "gone"}}
        return response

    async with Script(answer({"error": {"message": "gone"}}, 404)).client(middleware=[look]) as api:
        with pytest.raises(NotFoundError, match="gone"):
            await api.models.retrieve("m")
        with pytest.raises(NotFoundError, match="gone"):
            await api.chat.completions.create(model="m", messages=[], stream=True)
    assert seen == [404, 404]


async def test_it_sees_what_did_not_arrive_as_our_error() -> None:
    async def fall_back(request: Request, call_next: Next) -> httpx.Response:
        try:
            return await call_next(request)
        except APIConnectionError:
            return await call_next(dataclasses.replace(request, path="/models/backup"))

    script = Script(failure(httpx.ConnectError("refused")), answer(MODEL))
    async with script.client(middleware=[fall_back], max_retries=0) as api:
        assert (await api.models.retrieve("m")).id == "m"
    assert script.last.url.path == "/v1/models/backup"


async def test_it_may_answer_itself_and_nothing_is_sent() -> None:
    async def cache(request: Request, call_next: Next) -> httpx.Response:
        return httpx.Response(200, json=MODEL)

    script = Script()
    async with script.client(middleware=[cache]) as api:
        found = await raw(api.models.retrieve)("m")
    assert found.value.id == "m"
    assert (found.method, str(found.url)) == ("GET", "http://api.test/v1/models/m")
    assert not script.requests


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"status_code": 404, "json": {"error": {"message": "gone"}}}, "gone"),
        ({"status_code": 200, "json": {"error": {"message": "broken"}}}, "broken"),
        ({"status_code": 200, "content": b"<html>"}, "not JSON"),
    ],
)
async def test_what_is_wrong_with_an_answer_made_by_hand_is_told_too(
    response: dict[str, Any], told: str
) -> None:
    async def fake(request: Request, call_next: Next) -> httpx.Response:
        return httpx.Response(**response)

    async with Script().client(middleware=[fake]) as api:
        with pytest.raises((NotFoundError, APIResponseError), match=told) as caught:
            await api.models.retrieve("m")
    assert "GET http://api.test/v1/models/m" in str(caught.value)


async def test_an_answer_made_by_hand_may_depart_from_its_shape(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fake(request: Request, call_next: Next) -> httpx.Response:
        return httpx.Response(200, json={"id": 5})

    with caplog.at_level(logging.ERROR):
        async with Script().client(middleware=[fake]) as api:
            await api.models.retrieve("m")


async def test_it_may_stream_an_answer_of_its_own() -> None:
    chunk = b'data: {"id":"c","object":"x","created":1,"model":"m","choices":[]}\n\n'

    async def fake(request: Request, call_next: Next) -> httpx.Response:
        assert request.stream
        return httpx.Response(200, content=chunk + b"data: [DONE]\n\n")

    async with Script().client(middleware=[fake]) as api:
        stream = await api.chat.completions.create(model="m", messages=[], stream=True)
        assert [chunk.id async for chunk in stream] == ["c"]


@EACH_TRANSPORT
@pytest.mark.parametrize("how", ["cancelled", "raised"])
async def test_a_stream_that_it_keeps_from_the_caller_is_closed(transport: Any, how: str) -> None:
    has_begun = anyio.Event()

    async def stop_behind(request: Request, call_next: Next) -> httpx.Response:
        await call_next(request)
        has_begun.set()
        if how == "raised":
            raise PermissionError("not on my watch")
        await anyio.sleep_forever()
        raise AssertionError

    async def call() -> None:
        await client.chat.completions.create(stream=True, **HELLO)

    limits = httpx.Limits(max_connections=1)
    with RawServer(say(chunked_head(), then="hold"), say(json_response(MODEL))) as server:
        async with server.client(
            middleware=[stop_behind], transport=transport, limits=limits
        ) as client:
            if how == "cancelled":
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call)
                    await has_begun.wait()
                    tasks.cancel_scope.cancel()
            else:
                with pytest.raises(PermissionError):
                    await call()
            await server.connections[0].client_left()
            with anyio.fail_after(BOUND):  # the one connection is there for others
                await client.with_options(middleware=[]).models.retrieve("m")


@EACH_TRANSPORT
async def test_a_stream_that_it_puts_another_in_the_place_of_is_closed(transport: Any) -> None:
    async def ask_twice(request: Request, call_next: Next) -> httpx.Response:
        await call_next(request)
        return await call_next(request)

    whole = event_stream(b"data: [DONE]\n\n")
    with RawServer(say(chunked_head(), then="hold"), say(whole)) as server:
        async with server.client(middleware=[ask_twice], transport=transport) as client:
            stream = await client.chat.completions.create(stream=True, **HELLO)
            await server.connections[0].client_left()
            assert [chunk async for chunk in stream] == []


async def test_what_it_raises_comes_through() -> None:
    async def refuse(request: Request, call_next: Next) -> httpx.Response:
        raise PermissionError("not on my watch")

    script = Script()
    async with script.client(middleware=[refuse]) as api:
        with pytest.raises(PermissionError, match="not on my watch"):
            await api.models.retrieve("m")
    assert not script.requests


async def test_calls_that_it_makes_itself_are_not_the_ones_that_are_captured() -> None:
    inner = Script(answer({**MODEL, "id": "inner"}), answer(content=b"inner"))
    other = inner.client()

    async def ask_first(request: Request, call_next: Next) -> httpx.Response:
        assert (await other.models.retrieve("m")).id == "inner"
        return await call_next(request)

    async with Script(answer(MODEL)).client(middleware=[ask_first]) as api:
        found = await raw(api.models.retrieve)("m")
        assert (found.value.id, found.json()["id"]) == ("m", "m")
        inner.requests.clear()
        async with api.models.with_streaming_response.retrieve("m") as response:
            assert (await response.json())["id"] == "m"


async def test_with_options_replaces_the_chain() -> None:
    calls: list[str] = []

    async def note(request: Request, call_next: Next) -> httpx.Response:
        calls.append(request.path)
        return await call_next(request)

    async with Script(answer(MODEL)).client(middleware=[note]) as api:
        await api.with_options(timeout=3).models.retrieve("kept")
        await api.with_options(middleware=[]).models.retrieve("dropped")
    assert calls == ["/models/kept"]


class Counter:
    """A middleware may be any object that is called."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        self.count += 1
        return await call_next(request)


async def test_an_object_with_state() -> None:
    counter = Counter()
    async with AsyncClient(
        api_key="k", transport=Script(answer(MODEL)), middleware=[counter]
    ) as api:
        await api.models.retrieve("m")
        await api.models.list()
    assert counter.count == 2
