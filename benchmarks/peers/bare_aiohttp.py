"""aiohttp by hand, with `json.loads` on what comes: what a call costs at the least."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from ..payloads import CHAT, EMBEDDINGS, streamed


class BareAiohttp:
    """`aiohttp.ClientSession`."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1000),
            headers={"authorization": "Bearer none"},
            timeout=aiohttp.ClientTimeout(total=600),
        )

    async def _post(self, path: str, **body: Any) -> Any:
        async with self._session.post(self._base_url + path, **body) as response:
            response.raise_for_status()
            return json.loads(await response.read())

    async def chat(self) -> object:
        return await self._post("/chat/completions", json=CHAT)

    async def stream(self, chunks: int, every_ms: int = 0) -> AsyncIterator[Any]:
        return self._events(streamed(chunks, every_ms) | {"stream": True})

    async def _events(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        url = f"{self._base_url}/chat/completions"
        async with self._session.post(url, json=body) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
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
            form = aiohttp.FormData({"purpose": "fine-tune"})
            form.add_field("file", content, filename=file.name)
            return (await self._post("/files", data=form))["bytes"]

    async def close(self) -> None:
        await self._session.close()


def make(base_url: str) -> BareAiohttp:
    """Open it."""
    return BareAiohttp(base_url)
