"""`openai_async`, on its default transport or on aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import httpx

from openai_async import AsyncClient

from ..payloads import CHAT, EMBEDDINGS, streamed


class Ours:
    """This library."""

    def __init__(
        self,
        base_url: str,
        transport: Literal["httpx", "aiohttp"] | None,
        limits: httpx.Limits | None = None,
    ) -> None:
        self._client = AsyncClient(
            api_key="none", base_url=base_url, transport=transport, limits=limits
        )
        self._transport = transport

    def roomy(self) -> Ours:
        """The same, with room for any number of connections."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        return Ours(self._client.base_url, self._transport, limits)

    def at(self, base_url: str, _retries: int | None = None) -> Ours:
        """The same, at another address."""
        return Ours(base_url, self._transport)

    async def chat(self) -> object:
        return await self._client.chat.completions.create(**CHAT)

    async def stream(self, chunks: int, every_ms: int = 0) -> AsyncIterator[Any]:
        return await self._client.chat.completions.create(stream=True, **streamed(chunks, every_ms))

    def text(self, item: Any) -> str | None:
        return item.choices[0].delta.content

    async def vectors(self) -> list[list[float]]:
        answer = await self._client.embeddings.create(**EMBEDDINGS)
        return [item.embedding for item in answer.data]

    async def array(self) -> Any:
        answer = await self._client.embeddings.create(**EMBEDDINGS)
        return answer.to_numpy()

    async def upload(self, file: Path) -> int:
        return (await self._client.files.create(file=file, purpose="fine-tune")).bytes

    async def close(self) -> None:
        await self._client.close()


def make(base_url: str, transport: Literal["httpx", "aiohttp"] | None = None) -> Ours:
    """Open it."""
    return Ours(base_url, transport)
