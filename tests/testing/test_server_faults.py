"""Faults, scripts, limits, credentials and the record, in-process and over a socket."""

from __future__ import annotations

import json
import time
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.testing import Fault, RateLimit, Server, parse_faults
from openai_async.testing._limits import duration

from .conftest import Connect

pytestmark = pytest.mark.anyio

ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me about the sea."}]}
STREAM = {**ASK, "stream": True}
CHAT = "/chat/completions"


@pytest.fixture(params=["in-process", "socket"])
async def reached(request: pytest.FixtureRequest, server: Server, connect: Connect) -> Any:
    """The server, in-process and over a socket."""
    if request.param == "in-process":
        yield connect(server)
        return
    async with server.listen() as base_url, httpx.AsyncClient(base_url=base_url, timeout=5) as http:
        yield http


async def lines(http: httpx.AsyncClient, fault: str, **options: Any) -> list[str]:
    """What arrives of a stream, with the name of the error that ended it."""
    got: list[str] = []
    try:
        async with http.stream(
            "POST", CHAT, json=STREAM, headers={"x-fault": fault}, **options
        ) as answer:
            async for line in answer.aiter_lines():
                got += [line] if line else []
    except httpx.HTTPError as error:
        got.append(type(error).__name__)
    return got


async def test_faults_of_plain_answers(reached: httpx.AsyncClient) -> None:
    async def get(fault: str) -> httpx.Response:
        return await reached.get("/models", headers={"x-fault": fault})

    limited = await get("429=1.5")
    assert limited.status_code == 429
    assert (limited.headers["retry-after"], limited.headers["retry-after-ms"]) == ("2", "1500")
    assert (await get("quota")).json()["error"]["code"] == "insufficient_quota"
    assert (await get("503")).json()["error"]["type"] == "server_error"
    assert (await get("404")).status_code == 404
    page = await get("html=504")
    assert (page.status_code, page.headers["content-type"]) == (504, "text/html")
    bad = await get("bad-json")
    assert bad.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        bad.json()
    begin = time.monotonic()
    assert (await get("slow=0.05")).status_code == 200
    assert time.monotonic() - begin > 0.04
    with pytest.raises(httpx.RemoteProtocolError):
        await get("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        await get("drop")
    with pytest.raises(httpx.ReadError):
        await get("reset")
    with pytest.raises(httpx.ReadTimeout):
        await reached.get("/models", headers={"x-fault": "stall"}, timeout=0.05)
    assert (await reached.get("/models")).status_code == 200


async def test_faults_of_streams(reached: httpx.AsyncClient) -> None:
    cut = await lines(reached, "cut=3")
    assert (len(cut), cut[-1]) == (4, "RemoteProtocolError")
    assert await lines(reached, "cut=0") == ["RemoteProtocolError"]
    stalled = await lines(reached, "stall=2", timeout=0.1)
    assert (len(stalled), stalled[-1]) == (3, "ReadTimeout")
    failed = await lines(reached, "error-event=2")
    assert len(failed) == 3
    assert json.loads(failed[-1].removeprefix("data: "))["error"]["type"] == "server_error"
    broken = await lines(reached, "bad-json=2")
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[2].removeprefix("data: "))
    assert broken[-1] == "data: [DONE]"


async def test_a_client_that_leaves_is_noticed(reached: httpx.AsyncClient, server: Server) -> None:
    begun = {**STREAM, "max_tokens": 4000, "logit_bias": {"256": -100}}
    async with reached.stream("POST", CHAT, json=begun):
        pass
    with anyio.fail_after(1):
        while server.open_calls:
            await anyio.lowlevel.checkpoint()
    (call,) = server.calls
    assert call.outcome == "disconnected"
    assert call.sent < 4000


async def test_scripted_answers(reached: httpx.AsyncClient, server: Server) -> None:
    server.reply("POST /chat/completions", json={"n": 1}, status=202, headers={"X-Mine": "yes"})
    server.reply("POST /v1/chat/completions", text="two", times=2)
    server.reply("GET /files/*", body=b"\x00")
    server.reply("GET /models", events=[{"a": 1}, "two\nlines", b": raw\n\n", 0.001], done=False)
    first = await reached.post(CHAT, json=ASK)
    assert (first.status_code, first.json(), first.headers["x-mine"]) == (202, {"n": 1}, "yes")
    assert [(await reached.post(CHAT, json=ASK)).text for _ in range(2)] == ["two", "two"]
    assert (await reached.post(CHAT, json=ASK)).json()["object"] == "chat.completion"
    assert (await reached.get("/files/file-1")).content == b"\x00"
    assert (
        await reached.get("/models")
    ).text == 'data: {"a":1}\n\ndata: two\ndata: lines\n\n: raw\n\n'
    with server.reply("/models", json=[], times=None) as script:
        assert (await reached.get("/models")).json() == (await reached.get("/models")).json() == []
    assert script.used == 2
    assert (await reached.get("/models")).json()["object"] == "list"


async def test_scripted_faults_come_in_order(http: httpx.AsyncClient, server: Server) -> None:
    server.fault("500", on="POST /chat/completions")
    server.fault("429", value=0)
    with server.fault("html", on="GET /files", times=None):
        statuses = [
            (await http.get(path)).status_code
            for path in ("/models", "/models", "/files", "/files")
        ]
    assert statuses == [429, 200, 502, 502]
    assert (await http.post(CHAT, json=ASK)).status_code == 500
    server.fault("drop")
    server.clear()
    assert (await http.get("/files")).status_code == 200
    assert len(server.calls) == 1


async def test_faults_by_chance(connect: Connect) -> None:
    http = connect(Server(seed=1, faults="500:0.5,503:1"))
    statuses = {(await http.get("/models")).status_code for _ in range(30)}
    assert statuses == {500, 503}


def test_specs_of_faults() -> None:
    assert parse_faults("429:0.1, slow=0.5:0.2,cut") == [
        Fault("429", probability=0.1),
        Fault("slow", 0.5, 0.2),
        Fault("cut"),
    ]
    assert parse_faults("") == []
    for wrong in (
        "200",
        "explode",
        "cut=x",
        "cut:2",
        "cut:x",
        "slow=-1",
        "drop=1",
        "html=200",
        "slow=inf",
        "::",
    ):
        with pytest.raises(ValueError, match=r"\w"):
            parse_faults(wrong)


@given(st.text(alphabet="429:=,.cut slow-", max_size=20))
def test_a_spec_is_read_or_a_value_error(spec: str) -> None:
    try:
        faults = parse_faults(spec)
    except ValueError:
        return
    assert all(0 <= fault.probability <= 1 for fault in faults)


async def test_scripts_that_make_no_sense(server: Server) -> None:
    with pytest.raises(ValueError, match="not an endpoint"):
        server.reply("FETCH /models")
    with pytest.raises(TypeError, match="json and text"):
        server.reply("/models", json={}, text="")
    with pytest.raises(ValueError, match="times"):
        server.fault("500", times=0)
    with pytest.raises(ValueError, match="unknown fault"):
        server.fault("boom")


async def test_credentials(connect: Connect) -> None:
    server = Server(api_key="sk-secret-1234567890")
    http = connect(server)
    missing = await http.get("/models")
    wrong = await http.get("/models", headers={"authorization": "Bearer sk-other-0987654321"})
    right = await http.get("/models", headers={"authorization": "Bearer sk-secret-1234567890"})
    assert [missing.status_code, wrong.status_code, right.status_code] == [401, 401, 200]
    assert wrong.json()["error"]["code"] == "invalid_api_key"
    assert "sk-other-0987654321" not in wrong.text
    assert all(call.headers.get("authorization") in (None, "[redacted]") for call in server.calls)


async def test_limits_are_told_and_enforced(connect: Connect) -> None:
    http = connect(Server(rate_limit=RateLimit(requests_per_minute=2, tokens_per_minute=1000)))
    first = await http.get("/models")
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert 29 < float(first.headers["x-ratelimit-reset-requests"].removesuffix("s")) <= 30
    large = await http.post(CHAT, json={**ASK, "max_tokens": 900})
    assert large.status_code == 200
    assert int(large.headers["x-ratelimit-remaining-tokens"]) < 100
    third = await http.get("/models")
    assert third.status_code == 429
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    assert 25 < int(third.headers["retry-after"]) <= 30
    assert third.headers["x-ratelimit-remaining-requests"] == "0"


async def test_a_bucket_fills_again(connect: Connect) -> None:
    http = connect(Server(rate_limit=RateLimit(requests_per_second=5)))
    statuses = [(await http.get("/models")).status_code for _ in range(15)]
    assert statuses[:5] == [200] * 5
    assert 429 in statuses
    refused = await http.get("/models")
    while refused.status_code == 429:
        await anyio.sleep(int(refused.headers["retry-after-ms"]) / 1000)
        refused = await http.get("/models")


def test_durations_as_the_api_writes_them() -> None:
    shown = [duration(seconds) for seconds in (0.0055, 1, 1.5, 59.9994, 360, 3725)]
    assert shown == ["6ms", "1s", "1.5s", "59.999s", "6m0s", "1h2m5s"]


async def test_headers_of_every_answer(http: httpx.AsyncClient) -> None:
    for path, status in (("/models", 200), ("/nowhere", 404)):
        answer = await http.get(path, headers={"openai-organization": "org-mine"})
        assert answer.status_code == status
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["openai-version"] == "2020-10-01"
        assert answer.headers["openai-organization"] == "org-mine"
        assert int(answer.headers["openai-processing-ms"]) >= 0


async def test_paths_methods_and_bodies(http: httpx.AsyncClient) -> None:
    assert (await http.get("http://testserver/models")).status_code == 200
    assert "GET /v1/nope" in (await http.get("/nope")).json()["error"]["message"]
    wrong = await http.put("/models")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    sent = {"content-type": "application/json"}
    assert (await http.post(CHAT, content=b"{nope", headers=sent)).status_code == 400
    assert (await http.post(CHAT, content=b"[1]", headers=sent)).status_code == 400
    assert (await http.post(CHAT, content=b"")).status_code == 400
    assert (
        await http.post(CHAT, content=b"{}", headers={"content-type": "text/plain"})
    ).status_code == 415
    assert (await http.post("/files", json={})).status_code == 415
    form = {"content-type": "multipart/form-data"}
    assert (await http.post("/files", content=b"x", headers=form)).status_code == 400


async def test_the_record_of_calls(http: httpx.AsyncClient, server: Server) -> None:
    await http.post(CHAT + "?beta=1", json=ASK)
    await http.post(
        "/files", files={"file": ("a.txt", b"abc", "text/x")}, data={"purpose": "batch"}
    )
    chat, upload = server.calls
    assert (chat.method, chat.path, chat.query, chat.status) == ("POST", CHAT, {"beta": "1"}, 200)
    assert chat.json == ASK
    assert (chat.outcome, chat.sent) == ("answered", 1)
    assert chat.request_id.startswith("req_")
    assert chat.seconds is not None
    assert upload.form == {
        "file": {"filename": "a.txt", "content_type": "text/x", "size": 3},
        "purpose": "batch",
    }
