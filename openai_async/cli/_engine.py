"""A real model on this machine: llama.cpp's server, through the prebuilt `xllamacpp` wheel.

It runs in a child process, so that its logs, its threads and a crash in C++ stay out of the
client's. The two are joined by two pipes: the child says once, on its standard output, where
it listens, and it leaves as soon as its standard input ends, which the kernel sees to even
where the parent was killed.
"""

import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream

from openai_async.cli._weights import EngineUnavailable

__all__ = ["EngineUnavailable", "available", "local_engine"]

_GRACE = 1.0  # seconds between asking the child to leave and killing it
_LOG_LINES = 12
_LOG_DELAY = 0.5  # seconds for the last of the log to be written


@dataclass(frozen=True)
class _Settings:
    """What the child is told, as JSON, in its last argument."""

    path: str
    alias: str
    port: int
    threads: int
    ctx: int
    slots: int


def available() -> bool:
    """Whether the engine is installed (extra `local`). Imports nothing: it is 100 MB."""
    return importlib.util.find_spec("xllamacpp") is not None


@asynccontextmanager
async def local_engine(
    weights: Path,
    *,
    threads: int = 1,
    ctx: int = 2048,
    alias: str = "smollm2",
    port: int = 0,
    slots: int = 2,
    ready_timeout: float = 60.0,
    command: Sequence[str] | None = None,
) -> AsyncGenerator[str]:
    """Serve `weights` (a GGUF file); gives the base URL, `http://127.0.0.1:PORT/v1`.

    Chat, completions and embeddings under the model name `alias`; nothing else. `port` 0 takes
    a free one. `slots` is how many sequences are worked on at once (the rest waits), and so the
    largest `n` of a request; each has room for `ctx` tokens. More than one of `threads` is
    faster on an idle machine and many times slower on a busy one. `ready_timeout` (seconds)
    bounds the start; leaving takes at most a second or two. `command` replaces the program
    that is run (it is given its settings as one more argument, in JSON).

    Raises `EngineUnavailable`, with the end of the engine's log, if it does not start, and in
    place of an exception of the body's (then its `__cause__`) if it died meanwhile.
    """
    settings = _Settings(_absolute(weights), alias, port, threads, ctx, slots)
    with tempfile.TemporaryFile("a+b") as log:
        process = await _start(command or _own_command(), settings, log)
        try:
            address = await _ready(process, ready_timeout, log)
            try:
                yield f"{address}/v1"
            except Exception as exc:
                if await _has_died(process):
                    raise _gone(process, log) from exc
                raise
        finally:
            await _stop(process)


def _absolute(path: Path) -> str:
    """The child has another working directory."""
    return str(path.absolute())


def _own_command() -> list[str]:
    """The child is this module. Raises `EngineUnavailable` where it can't be."""
    if not available():
        raise EngineUnavailable(
            "The local engine is not installed. Install it with `pip install openai_async[local]`."
        )
    if not sys.executable:
        raise EngineUnavailable("This program has no Python interpreter to run the engine with.")
    return [sys.executable, "-m", "openai_async.cli._engine"]


async def _start(command: Sequence[str], settings: _Settings, log: IO[bytes]) -> anyio.abc.Process:
    """Start the child, all that it says going to `log`. Raises `EngineUnavailable`."""
    try:
        return await anyio.open_process(
            [*command, json.dumps(asdict(settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # `python -m` imports from the working directory first: this one holds our package,
            # and not a stray `json.py` of the user's.
            cwd=Path(__file__).parents[2],
            # Ctrl-C is for us, and we tell the child.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as exc:
        raise EngineUnavailable(f"The local engine can't be started: {exc}.") from exc


async def _ready(process: anyio.abc.Process, timeout: float, log: IO[bytes]) -> str:
    """Wait until the child answers; its address, without a path. Raises `EngineUnavailable`."""
    with anyio.move_on_after(timeout):
        address = await _first_line(process)
        while address:
            if await _answers(address):
                return address
            if process.returncode is not None:
                break
            await anyio.sleep(0.05)
        await process.wait()
        raise _gone(process, log)
    raise EngineUnavailable(
        f"The local engine was not ready within {timeout:g} s. The machine may be too busy.",
        _tail(log),
    )


async def _first_line(process: anyio.abc.Process) -> str:
    """The address that the child reports, or an empty string if it ended without one."""
    if process.stdout is None:
        return ""
    try:
        line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 1024)
    except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
        return ""
    return line.decode().strip()


async def _answers(address: str) -> bool:
    """Whether the server at `address` is up with its model loaded.

    By hand, as httpx would ask the environment for a proxy and load the certificates first.
    """
    where = urlsplit(address)
    try:
        async with await anyio.connect_tcp(where.hostname or "", where.port or 80) as stream:
            await stream.send(b"GET /health HTTP/1.0\r\n\r\n")
            status = await BufferedByteReceiveStream(stream).receive_until(b"\r\n", 1024)
    except (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


async def _has_died(process: anyio.abc.Process) -> bool:
    """Whether the child is gone; a connection can break a little before its end is known."""
    with anyio.move_on_after(0.2):
        await process.wait()
    return process.returncode is not None


async def _stop(process: anyio.abc.Process) -> None:
    """End the child, gently for `_GRACE` seconds and then not."""
    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(_GRACE):
            if process.stdin is not None:
                await process.stdin.aclose()
            await process.wait()
        if process.returncode is None:
            with suppress(ProcessLookupError):  # it left by itself just now
                process.kill()
        await process.aclose()


def _gone(process: anyio.abc.Process, log: IO[bytes]) -> EngineUnavailable:
    """The error for a child that ended by itself."""
    code = process.returncode or 0
    try:
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    except ValueError:
        how = f"killed by signal {-code}"
    return EngineUnavailable(
        f"The local engine stopped ({how}). Its log says why; if it does not, "
        "`pip install --force-reinstall xllamacpp` may help.",
        _tail(log),
    )


def _tail(log: IO[bytes]) -> str:
    """The last lines of the child's log. The file is append-only: seeking here is harmless."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 8192))
    said = [line[:300] for line in log.read().decode(errors="replace").splitlines() if line]
    return "\n".join(said[-_LOG_LINES:])


# In the child.


def _main(settings: _Settings) -> None:
    """Serve until standard input ends; exit code 1 if that can't be."""
    # Only the address may reach the parent: what C++ prints on standard output joins the log.
    report = os.dup(1)
    os.dup2(2, 1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        xllamacpp: Any = importlib.import_module("xllamacpp")
        server: Any = xllamacpp.Server(_params(xllamacpp, settings))
    except Exception as exc:
        # The log above this line has the reason; a traceback would push it out of the tail.
        time.sleep(_LOG_DELAY)  # llama.cpp writes its log in a thread that nothing public waits for
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr, flush=True)
        os._exit(1)  # not through destructors: `_leave_with_parent` says why
    os.write(report, f"{server.listening_address}\n".encode())
    threading.Event().wait()  # `server` must stay alive; `_leave_with_parent` ends this


def _params(xllamacpp: Any, settings: _Settings) -> Any:
    """llama.cpp's parameters; what is left out (the host: 127.0.0.1) has a good default."""
    params = xllamacpp.CommonParams()
    params.model.path = settings.path
    params.model_alias = {settings.alias}  # a set: a string would be taken letter by letter
    params.port = settings.port
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.n_parallel = settings.slots
    # One store for all slots. With one for each, llama.cpp gives wrong vectors for the first of
    # a list of texts, and splits `n_ctx` rigidly.
    params.kv_unified = True
    params.n_ctx = settings.ctx * settings.slots
    # Mean pooling needs the whole text in one batch: else 512 tokens is the longest.
    params.n_ubatch = params.n_batch = max(settings.ctx, 512)
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.cache_ram_mib = 0  # or it keeps up to 8 GiB of old prompts
    return params


def _leave_with_parent() -> None:
    """End this process at once when standard input does.

    Not by returning from main: the server's destructor waits for every request in flight.
    """
    try:
        while os.read(0, 4096):
            pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    _main(_Settings(**json.loads(sys.argv[1])))
