"""What fakes, records or traces httpx's calls does so with ours, before and after it is switched on."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openai_async import AsyncClient
from tests.common import MODEL
from tests.rawserver import RawServer, answer, json_response

pytestmark = pytest.mark.anyio

FAKE = {**MODEL, "id": "fake"}


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """On trio, httpx's transport serves anyway; and Sentry can be switched on only once."""
    backend: str = request.param
    return backend


@pytest.fixture
def server() -> Any:
    with RawServer(answer(json_response(MODEL))) as server:
        yield server


@pytest.fixture
async def client(server: RawServer) -> AsyncIterator[AsyncClient]:
    """One that has called already, with a connection of its own that is idle."""
    async with server.client() as client:
        assert await name(client) == "m"
        yield client


async def name(client: AsyncClient) -> str:
    return (await client.models.retrieve("m")).id


async def both(server: RawServer, client: AsyncClient) -> list[str]:
    """What a client that was made before says, and one that is made now."""
    async with server.client() as another:
        return [await name(client), await name(another)]


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_respx(using: str, server: RawServer, client: AsyncClient) -> None:
    respx = pytest.importorskip("respx")
    with respx.mock(using=using) as mock:
        route = mock.get(f"{server.url}/models/m").respond(json=FAKE)
        assert await both(server, client) == ["fake", "fake"]
        assert route.call_count == 2
    assert await name(client) == "m"


async def test_pytest_httpx(
    server: RawServer, client: AsyncClient, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("pytest_httpx")
    mock = request.getfixturevalue("httpx_mock")
    mock.add_response(url=f"{server.url}/models/m", json=FAKE, is_reusable=True)
    assert await both(server, client) == ["fake", "fake"]
    assert len(mock.get_requests()) == 2


async def test_vcr(server: RawServer, client: AsyncClient, tmp_path: Path) -> None:
    vcr = pytest.importorskip("vcr")
    cassette = str(tmp_path / "cassette.yaml")
    with vcr.use_cassette(cassette, filter_headers=["authorization"]):
        assert await name(client) == "m"
    heard = len(server.requests)
    with vcr.use_cassette(cassette, record_mode="none", allow_playback_repeats=True):
        assert await both(server, client) == ["m", "m"]
    assert len(server.requests) == heard


async def test_sentry(server: RawServer, client: AsyncClient) -> None:
    sentry = pytest.importorskip("sentry_sdk")
    from sentry_sdk.integrations.httpx import HttpxIntegration

    seen: list[Any] = []
    send = httpx.AsyncClient.send
    sentry.init(
        dsn="http://k@127.0.0.1:1/1",
        integrations=[HttpxIntegration()],
        default_integrations=False,
        traces_sample_rate=1.0,
        before_send_transaction=lambda event, _: seen.append(event),
    )
    try:
        with sentry.start_transaction(name="test"):
            assert await both(server, client) == ["m", "m"]
    finally:
        sentry.get_client().close(timeout=0)
        sentry.get_global_scope().set_client(None)
        httpx.AsyncClient.send = send  # type: ignore[method-assign]
    spans = [span["description"] for span in seen[0]["spans"]]
    assert spans == [f"GET {server.url}/models/m"] * 2
    assert all("sentry-trace" in request.headers for request in server.requests[1:])


async def test_opentelemetry(server: RawServer, client: AsyncClient) -> None:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        assert await both(server, client) == ["m", "m"]
    finally:
        instrumentor.uninstrument()
    assert [span.name for span in exporter.get_finished_spans()] == ["GET", "GET"]
    assert all("traceparent" in request.headers for request in server.requests[1:])
    assert await name(client) == "m"
    assert len(exporter.get_finished_spans()) == 2


@pytest.mark.parametrize("method", ["send", "_send_single_request", "_transport_for_url"])
async def test_whoever_else_stands_in_httpxs_client(
    method: str, server: RawServer, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As older recorders do."""
    calls: list[str] = []
    original = getattr(httpx.AsyncClient, method)

    def spy(*arguments: Any, **options: Any) -> Any:
        calls.append(method)
        return original(*arguments, **options)

    monkeypatch.setattr(httpx.AsyncClient, method, spy)
    assert await both(server, client) == ["m", "m"]
    assert calls == [method] * 2


async def test_a_line_for_each_request_as_httpx_logs_it(
    server: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "httpx"):
        async with httpx.AsyncClient() as plain:
            await plain.get(f"{server.url}/models/m")
        async with server.client() as client:
            await name(client)
    lines = [(r.name, r.levelname, r.getMessage()) for r in caplog.records if r.name == "httpx"]
    assert len(lines) == 2
    assert lines[0] == lines[1]


async def test_nothing_that_is_logged_is_secret(
    server: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    """At any level, by anybody."""
    headers = {"x-secret": "HUSH-2", "cookie": "a=HUSH-3"}
    with caplog.at_level(logging.DEBUG):
        async with server.client(api_key="HUSH-1", default_headers=headers) as client:
            await name(client)
            await client.post("/any", body={"a": "HUSH-4"})
    assert server.requests[0].headers["authorization"] == "Bearer HUSH-1"
    assert "HUSH" not in caplog.text
    assert "HUSH" not in "".join(str(vars(record)) for record in caplog.records)
