"""An embedding job: the lines of a file to an array on disk, in order.

It keeps within the account's limits, tries again what fails on the way, and after a crash, or Ctrl-C,
goes on where it was.

Run it:  python examples/embed_many.py lines.txt vectors.npy
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import numpy as np

from openai_async import AsyncClient, bulk

MODEL = os.environ.get("MODEL", "text-embedding-3-small")


def lines_of(source: str) -> Iterator[str]:
    with Path(source).open(encoding="utf-8") as lines:
        yield from (line.rstrip("\n") for line in lines if line.strip())


async def main(source: str, target: str) -> None:
    async with AsyncClient() as client:
        job = client.embeddings.create_many(
            lines_of(source), model=MODEL, journal=f"{target}.journal", progress=bulk.bar()
        )
        vectors = await job.to_numpy()
    np.save(target, vectors)
    print(f"{len(vectors)} vectors of {vectors.shape[1]} in {target}")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
