"""The local engine: a child process that answers, or an error that says why it does not.

Most tests run the real child with a stand-in for `xllamacpp`; the last ones the real thing.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from math import fsum
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from openai_async.cli._engine import EngineUnavailable, available, local_engine
from openai_async.cli._weights import weights

pytestmark = pytest.mark.anyio

STAND_IN = """
import http.server, json, os, signal, sys, threading
from types import SimpleNamespace

print("import: standard output is not for us")
mode = os.environ.get("STAND_IN", "")
if pipe := os.environ.get("STAND_IN_PIPE"):
    alive = open(pipe, "wb", buffering=0)  # open for as long as this process lives
    alive.write(b"!")


class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(
            model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
        )


llama_pooling_type = SimpleNamespace(LLAMA_POOLING_TYPE_MEAN="mean")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/v1/crash":
            print("GGML_ASSERT: oh no", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        self.server.asked += 1
        loading = mode == "loading" and self.server.asked < 3
        self.send_response(503 if loading else 200)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.params, default=vars).encode())

    def log_message(self, *args):
        pass


class Server:
    def __init__(self, params):
        for number in range(100):
            print(f"loading {number}", file=sys.stderr, flush=True)
        if mode == "refuse":
            raise RuntimeError("Failed to init server")
        if mode == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "hang":
            threading.Event().wait()
        params.model_alias = sorted(params.model_alias)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", params.port), Handler)
        server.params, server.asked = params, 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = "http://127.0.0.1:%d" % server.server_port

    def __del__(self):
        threading.Event().wait()  # as the real one, with a request in flight
"""

CHILD = [sys.executable, "-m", "openai_async.cli._engine"]
MODEL = Path("some.gguf")
MODEL_PATH = str(MODEL.absolute())


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "xllamacpp.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))


@pytest.fixture
def alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[int]:
    """A named pipe whose other end the child holds: it ends when the child does."""
    if sys.platform == "win32":
        pytest.skip("needs a named pipe")
    path = tmp_path / "pipe"
    os.mkfifo(path)
    monkeypatch.setenv("STAND_IN_PIPE", str(path))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


async def begun(descriptor: int, within: float = 20) -> None:
    with anyio.fail_after(within):
        await anyio.wait_readable(descriptor)
        assert os.read(descriptor, 1) == b"!"


async def ended(descriptor: int, within: float = 20) -> None:
    with anyio.fail_after(within):
        while True:
            await anyio.wait_readable(descriptor)
            if os.read(descriptor, 1) == b"":
                return


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


@pytest.mark.usefixtures("stand_in")
async def test_it_answers_while_the_block_lasts(alive: int) -> None:
    async with local_engine(MODEL, command=CHILD) as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        response = await anyio.to_thread.run_sync(get, f"{url}/models")
        assert response.status_code == 200
    await ended(alive, within=0.5)  # leaving waited for it
    with pytest.raises(httpx.ConnectError):
        await anyio.to_thread.run_sync(get, f"{url}/models")


@pytest.mark.usefixtures("stand_in")
async def test_what_the_engine_is_told() -> None:
    async with local_engine(
        MODEL, command=CHILD, threads=3, ctx=1000, alias="my model", slots=4
    ) as url:
        told = (await anyio.to_thread.run_sync(get, f"{url}/params")).json()
    assert told == {
        "model": {"path": MODEL_PATH},
        "model_alias": ["my model"],
        "port": 0,
        "cpuparams": {"n_threads": 3},
        "cpuparams_batch": {"n_threads": 3},
        "n_parallel": 4,
        "kv_unified": True,
        "n_ctx": 4000,
        "n_batch": 1000,
        "n_ubatch": 1000,
        "embedding": True,
        "pooling_type": "mean",
        "cache_ram_mib": 0,
    }


@pytest.mark.usefixtures("stand_in")
async def test_it_waits_until_the_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "loading")
    async with local_engine(MODEL, command=CHILD) as url:
        assert (await anyio.to_thread.run_sync(get, url)).status_code == 200


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("mode", "how", "last"),
    [
        ("refuse", "exit code 1", "RuntimeError: Failed to init server"),
        ("die", "killed by SIGKILL", "loading 99"),
    ],
)
async def test_a_child_that_ends_early(
    mode: str, how: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", mode)
    with pytest.raises(EngineUnavailable) as caught:
        async with local_engine(MODEL, command=CHILD):
            raise AssertionError("not reached")
    assert how in caught.value.message
    assert "\n" not in caught.value.message
    said = caught.value.detail.splitlines()
    assert said[-1] == last
    assert "loading 99" in said
    assert len(said) == 12


@pytest.mark.usefixtures("stand_in")
async def test_a_child_that_hangs(alive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "hang")
    with pytest.raises(EngineUnavailable, match=r"not ready within 10 s(.|\n)*loading 99"):
        async with local_engine(MODEL, command=CHILD, ready_timeout=10):
            raise AssertionError("not reached")
    await ended(alive)


async def test_a_child_that_is_no_engine() -> None:
    with pytest.raises(EngineUnavailable, match=r"exit code 0"):
        async with local_engine(MODEL, command=[sys.executable, "-c", "print()"]):
            raise AssertionError("not reached")


async def test_a_child_that_will_not_leave_is_killed() -> None:
    stubborn = (
        "import http.server, time\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
        "print('http://127.0.0.1:%d' % server.server_port, flush=True)\n"
        "server.serve_forever()\n"
    )
    with anyio.fail_after(20):
        async with local_engine(MODEL, command=[sys.executable, "-c", stubborn]) as url:
            began = anyio.current_time()
        assert anyio.current_time() - began < 2
    with pytest.raises(httpx.ConnectError):
        await anyio.to_thread.run_sync(get, url)


async def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="can't be started"):
        async with local_engine(MODEL, command=[str(tmp_path / "nothing")]):
            raise AssertionError("not reached")


@pytest.mark.usefixtures("stand_in")
async def test_a_crash_explains_the_error_that_it_causes() -> None:
    with pytest.raises(EngineUnavailable, match=r"killed by SIGKILL(.|\n)*oh no") as caught:
        async with local_engine(MODEL, command=CHILD) as url:
            await anyio.to_thread.run_sync(get, f"{url}/crash")
    assert isinstance(caught.value.__cause__, httpx.TransportError)


@pytest.mark.usefixtures("stand_in")
async def test_other_errors_pass_through(alive: int) -> None:
    with pytest.raises(ZeroDivisionError):
        async with local_engine(MODEL, command=CHILD):
            raise ZeroDivisionError
    await ended(alive, within=0.5)


@pytest.mark.usefixtures("stand_in")
async def test_cancelling_ends_the_child(alive: int) -> None:
    with anyio.CancelScope() as scope:
        async with local_engine(MODEL, command=CHILD):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    await ended(alive, within=0.5)


@pytest.mark.usefixtures("stand_in")
async def test_cancelling_the_start_ends_the_child(
    alive: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "hang")

    async def start() -> None:
        async with local_engine(MODEL, command=CHILD):
            raise AssertionError("not reached")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(start)
        await begun(alive)
        tasks.cancel_scope.cancel()
    await ended(alive)


PARENT = """
import anyio, asyncio, sys
from pathlib import Path
from openai_async.cli._engine import local_engine

async def main():
    async with local_engine(Path("some.gguf"), command=sys.argv[1:]):
        print("ready", flush=True)
        await anyio.sleep_forever()

try:
    anyio.run(main)
except (KeyboardInterrupt, asyncio.CancelledError):  # the latter from anyio.run on Python 3.10
    sys.exit(130)
"""


@pytest.mark.usefixtures("stand_in")
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [("SIGKILL", -9), ("SIGINT", 130), ("SIGHUP", -1)])
async def test_the_child_dies_with_its_parent(sent: str, code: int, alive: int) -> None:
    async with await anyio.open_process(
        [sys.executable, "-c", PARENT, *CHILD], start_new_session=True, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        assert await BufferedByteReceiveStream(parent.stdout).receive_until(b"\n", 99) == b"ready"
        os.killpg(parent.pid, getattr(signal, sent))  # as the terminal does
        await ended(alive, within=2)
        assert await parent.wait() == code
        with pytest.raises(anyio.EndOfStream):
            raise AssertionError(await parent.stderr.receive())


async def test_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    assert not available()
    with pytest.raises(EngineUnavailable, match=r"pip install openai_async\[local\]"):
        async with local_engine(MODEL):
            raise AssertionError("not reached")


# The real thing.


async def real_model() -> Path:
    """The model's path; skips where it or the engine can't be had."""
    if not available():
        pytest.skip("xllamacpp is not installed (extra `local`)")
    try:
        return await weights()
    except EngineUnavailable as exc:
        pytest.skip(str(exc))


def new_client() -> httpx.AsyncClient:
    # Each request has its own connection: the server closes one after a stream, unannounced.
    return httpx.AsyncClient(timeout=60, trust_env=False, headers={"Connection": "close"})


@asynccontextmanager
async def real() -> AsyncGenerator[httpx.AsyncClient]:
    """A client for the engine with its model."""
    async with local_engine(await real_model()) as url, new_client() as client:
        client.base_url = httpx.URL(url)
        yield client


async def post(client: httpx.AsyncClient, path: str, **body: object) -> Any:
    response = await client.post(path, json={"model": "smollm2", **body})
    assert response.status_code == 200, response.text
    return response.json()


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.local
@pytest.mark.timeout(600)
async def test_a_real_model_answers() -> None:
    async with real() as client:
        models = (await client.get("/models")).json()
        assert [model["id"] for model in models["data"]] == ["smollm2"]

        chat: dict[str, Any] = {
            "messages": ask("Why is the sky blue?"),
            "max_tokens": 30,
            "temperature": 0,
        }
        plain = await post(client, "/chat/completions", **chat)
        text = plain["choices"][0]["message"]["content"]
        assert "light" in text

        lines: list[str] = []
        body = {"model": "smollm2", "stream": True, **chat}
        async with client.stream("POST", "/chat/completions", json=body) as response:
            lines = [line[6:] async for line in response.aiter_lines() if line]
        assert lines.pop() == "[DONE]"
        deltas = [json.loads(line)["choices"][0]["delta"].get("content") for line in lines]
        assert "".join(delta or "" for delta in deltas) == text

        many = await post(client, "/chat/completions", **chat, n=2)
        assert len(many["choices"]) == 2

        story = await post(client, "/completions", prompt="Once upon a time", max_tokens=8)
        assert story["choices"][0]["text"]
        assert story["usage"]["completion_tokens"] == 8


@pytest.mark.local
@pytest.mark.timeout(600)
async def test_a_real_model_embeds() -> None:
    texts = [
        "A cat sleeps on the sofa.",
        "A kitten naps on the couch.",
        "The stock market fell today.",
    ]
    async with real() as client:
        together = await post(client, "/embeddings", input=texts)
        cat, kitten, stocks = (item["embedding"] for item in together["data"])
        assert len(cat) == 576
        assert dot(cat, cat) == pytest.approx(1)
        assert dot(cat, kitten) > dot(cat, stocks) + 0.05
        # Alone or in a list, a text has one vector.
        for text, vector in zip(texts, (cat, kitten, stocks), strict=True):
            alone = await post(client, "/embeddings", input=text)
            assert dot(alone["data"][0]["embedding"], vector) == pytest.approx(1)
        # Longer than the 512 tokens of llama.cpp's default batch.
        await post(client, "/embeddings", input="word " * 600)


@pytest.mark.local
@pytest.mark.timeout(600)
async def test_a_real_engine_leaves_at_once_in_the_middle_of_an_answer() -> None:
    body = json.dumps({"messages": ask("Count."), "max_tokens": 1500, "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.0\r\nContent-Type: application/json\r\n"
    async with local_engine(await real_model()) as url:
        where = httpx.URL(url)
        stream = await anyio.connect_tcp(where.host, where.port or 80)
        await stream.send(b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body))
        reader = BufferedByteReceiveStream(stream)
        await reader.receive_until(b"data: ", 1024)
        began = anyio.current_time()
    assert anyio.current_time() - began < 2
    await stream.aclose()


@pytest.mark.local
@pytest.mark.timeout(60)
async def test_a_real_engine_refuses_what_is_no_model(tmp_path: Path) -> None:
    if not available():
        pytest.skip("xllamacpp is not installed (extra `local`)")
    (tmp_path / "junk.gguf").write_bytes(b"junk" * 100)
    with pytest.raises(EngineUnavailable, match="invalid magic"):
        async with local_engine(tmp_path / "junk.gguf"):
            raise AssertionError("not reached")


def dot(left: list[float], right: list[float]) -> float:
    return fsum(a * b for a, b in zip(left, right, strict=True))
