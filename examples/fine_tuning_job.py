"""A fine-tuning job: upload, start, follow to its end, and ask the model that came of it.

What is followed survives cut connections and servers that are away for a while; stopped by Ctrl-C,
the job goes on without it.

Run it:  python examples/fine_tuning_job.py train.jsonl "What shall I ask it?"
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio

from openai_async import AsyncClient

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
HOURS = 24


async def main(examples: str, question: str) -> None:
    async with AsyncClient() as client:
        stored = await client.files.create(file=Path(examples), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(
            model=MODEL,
            training_file=stored.id,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
        )
        following = client.fine_tuning.jobs.follow(job.id, deadline=HOURS * 3600)
        async for event in following:
            print(event.message)
        finished = following.job
        if finished is None or finished.fine_tuned_model is None:
            sys.exit(f"no model: {finished.error if finished else 'the job was not found'}")
        answer = await client.chat.completions.create(
            model=finished.fine_tuned_model, messages=[{"role": "user", "content": question}]
        )
    print(f"{finished.fine_tuned_model}: {answer.choices[0].message.content}")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
