"""Many chat calls as one batch: at half the price, within a day.

The requests are JSON Lines, each the body of a call, such as {"messages": [{"role": "user", "content":
"Hello"}]} (the model is added, and a `custom_id` made); the answers are written in the same order, and
the errors among them. The batch's id is written down, so that Ctrl-C ends the waiting only: run it
again, and it goes on.

Run it:  python examples/batch_job.py requests.jsonl answers.jsonl
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio

from openai_async import AsyncClient
from openai_async.bulk import BatchJob
from openai_async.types.batches import Batch
from openai_async.types.chat import ChatCompletion

MODEL = os.environ.get("MODEL", "gpt-4o-mini")


def bodies(source: Path) -> Iterator[dict[str, Any]]:
    with source.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def told(batch: Batch) -> None:
    counts = batch.request_counts
    if counts is not None:
        print(f"{batch.status}: {counts.completed} of {counts.total}, {counts.failed} failed")


async def begin(client: AsyncClient, source: Path, kept: Path) -> BatchJob[ChatCompletion]:
    if kept.exists():
        return client.batches.results(kept.read_text(), into=ChatCompletion, progress=told)
    job = client.batches.run(
        bodies(source), endpoint="/v1/chat/completions", model=MODEL, progress=told
    )
    kept.write_text((await job.submit()).id)
    return job


async def main(source: Path, target: Path) -> None:
    kept = target.with_name(target.name + ".batch")
    results, failed = 0, 0
    async with AsyncClient() as client, await begin(client, source, kept) as job:
        with target.open("w", encoding="utf-8") as out:
            async for result in job:
                results += 1
                failed += not result.ok
                if result.value is None:
                    line: dict[str, Any] = {"error": str(result.error)}
                else:
                    line = {"answer": result.value.choices[0].message.content}
                out.write(json.dumps({"id": result.custom_id, **line}) + "\n")
    kept.unlink()
    print(f"{results} results in {target}, {failed} of them errors")


if __name__ == "__main__":
    try:
        anyio.run(main, Path(sys.argv[1]), Path(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit("The batch goes on. Run this again for its answers.")
