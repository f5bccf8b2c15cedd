"""What type checkers infer for bulk jobs. Checked by mypy --strict and pyright strict; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

from openai_async import AsyncClient, RetryPolicy, bulk
from openai_async.limits import Price
from openai_async.types.chat import ChatCompletion


async def texts() -> AsyncIterator[str]:
    yield "a"


async def calls(client: AsyncClient) -> None:
    async def answer(text: str) -> ChatCompletion:
        return await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": text}]
        )

    job = bulk.map(answer, ["a", "b"], concurrency=8, retry=3, progress=bulk.bar())
    assert_type(job, bulk.Job[str, ChatCompletion])
    async with job as entered:
        assert_type(entered, bulk.Job[str, ChatCompletion])
        async for result in entered:
            assert_type(result, bulk.Result[str, ChatCompletion])
            assert_type(result.index, int)
            assert_type(result.input, str)
            assert_type(result.value, ChatCompletion | None)
            assert_type(result.unwrap(), ChatCompletion)
            assert_type(result.error, Exception | None)
    assert_type(job.progress, bulk.Progress)
    assert_type(job.progress.left, float | None)
    kept = bulk.map(
        answer,
        texts(),
        journal=Path("a.journal"),
        name={"model": "m"},
        into=ChatCompletion,
        key=lambda text: text.lower(),
        retry=RetryPolicy(initial=1.0),
        prices={"gpt-4o": Price(2.5, 10.0), "gpt-4": (30.0, 60.0), "other": 1.0},
    )
    assert_type(kept, bulk.Job[str, ChatCompletion])


async def embeddings(client: AsyncClient) -> None:
    job = client.embeddings.create_many(["a", [1, 2]], model="m", timeout=5, extra_body={"a": 1})
    assert_type(job, bulk.EmbeddingJob)
    async for result in job:
        assert_type(result.value, bulk.Vector | None)
        vector = result.unwrap()
        assert_type(vector[0], float)
        assert_type(vector[:2], list[float])
        assert_type(vector.to_numpy(), NDArray[np.float32])
        assert_type(bytes(vector), bytes)
    assert_type(await job.to_numpy(errors="nan"), NDArray[np.float32])
    client.embeddings.create_many(texts(), model="m", journal="a.journal", too_long="truncate")
