"""The clients that are compared: a module each, so that a process imports one of them alone."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = ["PEERS", "Entry", "Peer", "load"]


class Peer(Protocol):
    """One client under test, open."""

    async def chat(self) -> object:
        """Make a chat call."""
        ...

    async def stream(self, chunks: int, every_ms: int = 0) -> AsyncIterator[Any]:
        """Begin a streamed chat call."""
        ...

    def text(self, item: Any) -> str | None:
        """The text in an item of a stream."""
        ...

    async def vectors(self) -> list[list[float]]:
        """Embed 100 texts, as lists of floats."""
        ...

    async def array(self) -> Any:
        """Embed 100 texts, as a numpy array."""
        ...

    async def upload(self, file: Path) -> int:
        """Upload a file from a path. Gives the bytes that the server says it has got."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


@dataclass(frozen=True)
class Entry:
    """What is known of a client without importing it."""

    name: str
    title: str
    module: str
    """In this package; its `make(base_url, **options)` gives a `Peer`."""
    options: dict[str, Any]
    start: str
    """The statements that import it, build a client and touch the first namespace."""
    short: bool = True
    """Whether the short form looks at it."""


_OURS = "from openai_async import AsyncClient\nclient = AsyncClient(api_key='k'{})\n"
_TOUCH = "client.chat.completions\n"
_OFFICIAL = "from openai import AsyncOpenAI{0}\nclient = AsyncOpenAI(api_key='k'{1})\n"

PEERS = {
    entry.name: entry
    for entry in (
        Entry("ours", "openai_async", "ours", {}, _OURS.format("") + _TOUCH),
        Entry(
            "ours_aiohttp",
            "openai_async, aiohttp",
            "ours",
            {"transport": "aiohttp"},
            _OURS.format(", transport='aiohttp'") + _TOUCH,
        ),
        Entry("official", "openai", "official", {}, _OFFICIAL.format("", "") + _TOUCH),
        Entry(
            "official_aiohttp",
            "openai, aiohttp",
            "official",
            {"aiohttp": True},
            _OFFICIAL.format(", DefaultAioHttpClient", ", http_client=DefaultAioHttpClient()")
            + _TOUCH,
        ),
        Entry("httpx", "httpx", "bare_httpx", {}, "import httpx, pydantic\n", False),
        Entry("httpx_pool", "httpx, our pool", "bare_httpx", {"our_pool": True}, ""),
        Entry("aiohttp", "aiohttp", "bare_aiohttp", {}, "import aiohttp\n", False),
    )
}


def load(name: str, base_url: str) -> Peer:
    """Import a client and open it. To be called on a running event loop."""
    entry = PEERS[name]
    module = importlib.import_module(f".{entry.module}", __name__)
    peer: Peer = module.make(base_url, **entry.options)
    return peer
