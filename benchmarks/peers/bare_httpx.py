"""httpx by hand, with `json.loads` on what comes: on its own pool, or on ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from ..payloads import CHAT, EMBEDDINGS, streamed

LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)


class BareHttpx:
    """`httpx.AsyncClient`."""

    def __init__(self, base_url: str, our_pool: bool) -> None:
        transport = None
        if our_pool:
            from openai_async._pool import ConnectionPool  # noqa: PLC0415 - only for this peer

            transport = ConnectionPool(limits=LIMITS)
        headers = {"authorization": "Bearer none"}
        self._client = httpx.AsyncClient(
            base_url=base_url, transport=transport, limits=LIMITS, timeout=600, headers=headers
        )

    async def _post(self, path: str, **body: Any) -> Any:
        response = await self._client.post(path, **body)
        response.raise_for_status()
        return json.loads(response.content)

    async def chat(self) -> object:
        return await self._post("/chat/completions", json=CHAT)

    async def stream(self, chunks: int, every_ms: int = 0) -> AsyncIterator[Any]:
        return self._events(streamed(chunks, every_ms) | {"stream": True})

    async def _events(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        async with self._client.stream("POST", "/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    yield json.loads(line[6:])

    def text(self, item: Any) -> str | None:
        return item["choices"][0]["delta"].get("content")

    async def vectors(self) -> list[list[float]]:
        answer = await self._post("/embeddings", json=EMBEDDINGS)
        return [item["embedding"] for item in answer["data"]]

    async def array(self) -> Any:
        return np.array(await self.vectors(), dtype=np.float32)

    async def upload(self, file: Path) -> int:
        with file.open("rb") as content:
            answer = await self._post("/files", files={"file": content}, data={"purpose": "x"})
        return answer["bytes"]

    async def close(self) -> None:
        await self._client.aclose()


def make(base_url: str, our_pool: bool = False) -> BareHttpx:
    """Open it."""
    return BareHttpx(base_url, our_pool)
