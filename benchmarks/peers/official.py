"""The official client, on its own transport or on aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
from openai import DEFAULT_MAX_RETRIES, AsyncOpenAI, DefaultAioHttpClient

from ..payloads import CHAT, EMBEDDINGS, streamed


class Official:
    """`AsyncOpenAI`."""

    def __init__(self, base_url: str, aiohttp: bool, retries: int | None = None) -> None:
        http_client = DefaultAioHttpClient() if aiohttp else None
        self._aiohttp = aiohttp
        self._client = AsyncOpenAI(
            api_key="none",
            base_url=base_url,
            http_client=http_client,
            max_retries=DEFAULT_MAX_RETRIES if retries is None else retries,
        )

    def at(self, base_url: str, retries: int | None = None) -> Official:
        """The same, at another address, with so many retries."""
        return Official(base_url, self._aiohttp, retries)

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
        return np.array(await self.vectors(), dtype=np.float32)

    async def upload(self, file: Path) -> int:
        return (await self._client.files.create(file=file, purpose="fine-tune")).bytes

    async def close(self) -> None:
        await self._client.close()


def make(base_url: str, aiohttp: bool = False) -> Official:
    """Open it."""
    return Official(base_url, aiohttp)
