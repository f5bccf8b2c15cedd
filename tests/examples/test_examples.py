"""Each example, run as it stands, against the built-in server."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from openai_async.testing import Server

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """FastAPI's and aiohttp's servers run on asyncio."""
    return request.param


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key")


@pytest.fixture
def upstream(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The built-in server over a socket, and the environment that leads to it."""
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        monkeypatch.syspath_prepend(EXAMPLES)
        yield base_url


def listening() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()  # connections wait in its queue until the service accepts them
    return sock


def url_of(sock: socket.socket) -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


@asynccontextmanager
async def fastapi_service() -> AsyncIterator[str]:
    import fastapi_service as example
    import uvicorn

    with listening() as sock:
        service = uvicorn.Server(uvicorn.Config(example.app, log_level="error"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(service.serve, [sock])
            yield url_of(sock)
            service.should_exit = True


@asynccontextmanager
async def aiohttp_service() -> AsyncIterator[str]:
    import aiohttp_service as example
    from aiohttp import web

    with listening() as sock:
        runner = web.AppRunner(example.make_app(), shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, sock).start()
            yield url_of(sock)
        finally:
            await runner.cleanup()


services = pytest.mark.parametrize("service", [fastapi_service, aiohttp_service])


@services
async def test_service_streams_the_answer(service, upstream: str) -> None:
    async with service() as url, httpx.AsyncClient(base_url=url) as browser:
        answer = await browser.post("/chat", json={"text": "What is the sea?"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text.split()) > 3


@services
async def test_service_stops_the_stream_when_the_browser_leaves(
    service, server: Server, upstream: str
) -> None:
    # A token, then a silence that only the end of the call can break.
    server.fault("stall", value=2, on="POST /chat/completions")
    with anyio.fail_after(20):
        async with service() as url, httpx.AsyncClient(base_url=url) as browser:
            async with browser.stream("POST", "/chat", json={"text": "Hello"}) as answer:
                assert await anext(answer.aiter_bytes())
                assert server.open_calls == 1
            while server.open_calls:
                await anyio.sleep(0)


@services
async def test_service_tells_what_upstream_refuses(service, server: Server, upstream: str) -> None:
    server.fault("quota", on="POST /chat/completions")
    async with service() as url, httpx.AsyncClient(base_url=url) as browser:
        answer = await browser.post("/chat", json={"text": "Hello"})
    assert answer.status_code == 429
    assert "quota" in answer.json()["error"]


async def run(program: str, *args: str, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    with anyio.fail_after(30):
        return await anyio.run_process(
            [sys.executable, "-W", "error", str(EXAMPLES / program), *args], input=stdin.encode()
        )


async def test_embed_many(upstream: str, tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    texts = [f"text number {i}" for i in range(600)]
    source, target = tmp_path / "lines.txt", tmp_path / "vectors.npy"
    source.write_text("\n".join(texts))
    done = await run("embed_many.py", str(source), str(target))
    assert b"600 vectors" in done.stdout
    vectors = np.load(target)
    assert vectors.shape == (600, 1536)
    # In order: the vector of each text alone is the one in its row.
    async with Server(seed=1).client() as client:
        for i in (0, 299, 599):
            alone = await client.embeddings.create(model="text-embedding-3-small", input=texts[i])
            assert vectors[i] == pytest.approx(alone.to_numpy()[0], abs=1e-6)


async def test_terminal_bot(server: Server, upstream: str) -> None:
    done = await run("terminal_bot.py", stdin="Hello\nAnd what else?\n")
    assert done.stdout.decode().count("bot: ") == 2
    bodies = [call.json for call in server.calls]
    assert [len(body["messages"]) for body in bodies] == [2, 4]  # it remembers
