"""A concurrent embedding job: the lines of a file to an array on disk, in order.

Batches of lines are embedded side by side, eight at a time; the client retries what fails on the
way. Memory holds the vectors, and nothing else that grows.

Run it:  python examples/embed_many.py lines.txt vectors.npy
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray

from openai_async import AsyncClient

MODEL = os.environ.get("MODEL", "text-embedding-3-small")
BATCH = 256
CONCURRENCY = 8


async def embed_all(client: AsyncClient, texts: Sequence[str]) -> NDArray[np.float32]:
    """One row for each text."""
    limit = anyio.CapacityLimiter(CONCURRENCY)
    rows: dict[int, NDArray[np.float32]] = {}

    async def embed(start: int) -> None:
        async with limit:
            answer = await client.embeddings.create(model=MODEL, input=texts[start : start + BATCH])
        rows[start] = answer.to_numpy()

    async with anyio.create_task_group() as tasks:
        for start in range(0, len(texts), BATCH):
            tasks.start_soon(embed, start)
    return np.concatenate([rows[start] for start in sorted(rows)])


async def main(source: str, target: str) -> None:
    texts = [line for line in Path(source).read_text("utf-8").splitlines() if line.strip()]
    async with AsyncClient(max_retries=5) as client:
        vectors = await embed_all(client, texts)
    np.save(target, vectors)
    print(f"{len(vectors)} vectors of {vectors.shape[1]} in {target}")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
