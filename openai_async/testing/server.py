"""`Server`: the built-in server, its settings, its scripts and the ways to reach it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import anyio.to_thread

from ._app import App
from ._http import Call
from ._limits import Limiter, RateLimit
from ._matching import Scripted
from ._script import Event, Reply, Script
from ._state import State
from .faults import Fault, FaultPlan
from .transport import InProcessTransport

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from openai_async import AsyncClient

BASE_URL = "http://testserver/v1"
"""The base URL in-process, where any host will do."""


class Server:
    """A server of the OpenAI API, with state, in this process.

    - `api_key`: the key that calls must bring; None accepts any, and none.
    - `seed`: makes ids, and the text for a given question, the same in every run.
    - `job_seconds`: how long what takes its time takes, from its creation to its end: fine-tuning,
      batches, evaluations, videos, files that come into a vector store.
    - `batch_seconds`: how long a batch may take; one that isn't finished by then expires.
    - `upload_seconds`: how long an upload in parts may take.
    - `token_delay`: seconds between two tokens of a stream.
    - `rate_limit`: what is allowed; calls beyond it get a 429 that says when to come again.
    - `faults`: a spec such as `"429:0.1,cut=3:0.05"`, or `Fault`s; see `openai_async.testing.faults`.
    - `max_upload_bytes`: larger bodies get a 413.
    - `models`: names of further models, which serve every endpoint.

    Reach it in-process by `client()` or `transport()`, over a socket by `listen()` or
    `run_in_thread()`, or mount `app` in an ASGI application of your own.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        seed: int | None = None,
        job_seconds: float = 2.0,
        token_delay: float = 0.0,
        rate_limit: RateLimit | None = None,
        faults: str | Sequence[Fault] | None = None,
        max_upload_bytes: int = 512 * 2**20,
        models: Iterable[str] = (),
        batch_seconds: float = 86_400.0,
        upload_seconds: float = 3600.0,
    ) -> None:
        self._state = State(
            api_key=api_key,
            seed=seed,
            job_seconds=float(job_seconds),
            token_delay=float(token_delay),
            max_upload_bytes=max_upload_bytes,
            extra_models=tuple(models),
            batch_seconds=float(batch_seconds),
            upload_seconds=float(upload_seconds),
        )
        self._faults = FaultPlan(faults, random.Random(seed))
        self._script = Script()
        self._app = App(self._state, Limiter(rate_limit), self._faults, self._script)

    @property
    def app(self) -> ASGIApp:
        """The ASGI application; it answers with and without `/v1` before its paths."""
        return self._app

    @property
    def api_key(self) -> str | None:
        """The key that calls must bring."""
        return self._state.api_key

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first: the last thousand, without credentials."""
        return list(self._app.calls)

    @property
    def open_calls(self) -> int:
        """How many calls are being answered at this moment."""
        return sum(call.outcome == "open" for call in self._app.calls)

    # Scripts

    def reply(
        self,
        on: str,
        *,
        json: Any = None,
        text: str | None = None,
        body: bytes | None = None,
        events: Iterable[Event] | None = None,
        done: bool = True,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
    ) -> Scripted[Reply]:
        """Script what the next `times` calls of an endpoint get (None: all of them), in order.

        `on` is `"POST /chat/completions"`, `"GET /files/*"`, or a path alone. The body is one of
        `json`, `text`, `body` (bytes) and `events`: a stream of JSON objects, of texts that are
        sent as `data:`, of bytes that are sent as they are and of floats, which are pauses in
        seconds; it ends in `[DONE]` unless `done=False`. As a context manager the script ends with
        the block.
        """
        reply = Reply(
            json=json,
            text=text,
            body=body,
            events=events,
            done=done,
            status=status,
            headers=headers,
        )
        return self._script.add(on, reply, times)

    def fault(
        self,
        kind: str,
        *,
        value: float | None = None,
        on: str | None = None,
        times: int | None = 1,
        probability: float = 1.0,
    ) -> Scripted[Fault]:
        """Script a fault for the next `times` calls (None: all of them), of one endpoint or of any.

        The kinds, and what `value` is for each of them: see `openai_async.testing.faults`.
        """
        return self._faults.add(Fault(kind, value, probability, on), times)

    def clear(self) -> None:
        """Forget the recorded calls and all scripts; state and settings stay."""
        self._app.calls.clear()
        self._script.clear()
        self._faults.clear()

    def advance(self, seconds: float) -> None:
        """Let time pass at once: what is due by then has happened, and nobody has waited for it.

        Jobs get on, files, uploads and batches expire, and rate limits refill. With a long
        `job_seconds` a test decides itself when what happens, however slow its machine is. Pauses
        within an answer, such as `token_delay`, take their time all the same.
        """
        if not seconds >= 0:
            raise ValueError(f"time passes forward only, not by {seconds} seconds")
        self._state.clock.advance(seconds)

    # Ways to reach it

    def transport(self) -> InProcessTransport:
        """A transport for `httpx.AsyncClient`: no socket, on asyncio and on trio."""
        return InProcessTransport(self.app)

    def client(self, **options: Any) -> AsyncClient:
        """An `openai_async.AsyncClient` that talks to this server in-process."""
        from openai_async import AsyncClient  # noqa: PLC0415  # not needed by other clients' tests

        options.setdefault("api_key", self.api_key or "test-key")
        options.setdefault("base_url", BASE_URL)
        if "http_client" not in options:
            options.setdefault("transport", self.transport())
        return AsyncClient(**options)

    @asynccontextmanager
    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str, None]:
        """Serve on a socket of the running asyncio loop; yields the base URL.

        At the end of the block open streams are cut. On trio the server runs in a thread.
        """
        if not _on_asyncio():
            block = self.run_in_thread(host, port)
            base_url = await anyio.to_thread.run_sync(block.__enter__)
            try:
                yield base_url
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(block.__exit__, None, None, None)
            return
        from ._listen import listen  # noqa: PLC0415  # uvicorn is not needed in-process

        async with listen(self.app, host, port) as (address, number):
            shown = f"[{address}]" if ":" in address else address
            yield f"http://{shown}:{number}/v1"

    @contextmanager
    def run_in_thread(self, host: str = "127.0.0.1", port: int = 0) -> Generator[str, None, None]:
        """Serve from a thread with a loop of its own, for sync code; yields the base URL."""
        with anyio.from_thread.start_blocking_portal("asyncio") as portal:
            with portal.wrap_async_context_manager(self.listen(host, port)) as base_url:
                yield base_url


def _on_asyncio() -> bool:
    """Whether the event loop that runs now is asyncio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
