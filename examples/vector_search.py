"""Search in one's own files by meaning: a store is filled with a folder's texts, asked, and deleted.

Run it:  python examples/vector_search.py notes/ "Which animals live in the sea?"
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from openai_async import AsyncClient
from openai_async.types.vector_stores import VectorStoreFileBatch


def progress(batch: VectorStoreFileBatch) -> None:
    counts = batch.file_counts
    print(f"{counts.completed} of {counts.total} files are ready", file=sys.stderr)


async def main(folder: str, question: str) -> None:
    async with AsyncClient() as client:
        stores = client.vector_stores
        store = await stores.create(
            name=folder, expires_after={"anchor": "last_active_at", "days": 1}
        )
        try:
            batch = await stores.file_batches.upload_and_poll(
                store.id,
                files=sorted(path for path in Path(folder).iterdir() if path.is_file()),
                max_concurrency=8,
                notify=progress,
            )
            failed = stores.file_batches.list_files(
                batch.id, vector_store_id=store.id, filter="failed"
            )
            async for file in failed:
                print(f"{file.id}: {file.last_error}", file=sys.stderr)
            async for hit in stores.search(store.id, query=question, max_num_results=3):
                text = " ".join(piece.text for piece in hit.content)
                print(f"{hit.score:.2f}  {hit.filename}  {text[:60]!r}")
        finally:
            with anyio.move_on_after(10, shield=True):  # also after Ctrl-C
                await stores.delete(store.id)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
