"""What type checkers infer for files, uploads and batches. Checked by mypy --strict and pyright strict;
never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from openai_async import AsyncClient, Pager, UploadInterruptedError
from openai_async.bulk import BatchJob, BatchResult
from openai_async.types.batches import Batch
from openai_async.types.chat import ChatCompletion, ChatCompletionCreateParams
from openai_async.types.embeddings import EmbeddingList
from openai_async.types.files import FileObject
from openai_async.types.responses import Response
from openai_async.types.uploads import Upload, UploadState


async def bodies() -> AsyncIterator[ChatCompletionCreateParams]:
    yield {"model": "m", "messages": [{"role": "user", "content": "a"}]}


async def files(client: AsyncClient) -> None:
    assert_type(client.files.list(order="asc", limit=5), Pager[FileObject])
    client.files.list(order="up")  # type: ignore[arg-type]
    assert_type(await client.files.wait_for_processing("f", max_wait_seconds=5), FileObject)
    await client.files.create(
        file=Path("f"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
    )


async def uploads(client: AsyncClient) -> None:
    try:
        upload = await client.uploads.upload_file_chunked(
            file=Path("f"), mime_type="a/b", purpose="user_data", deadline=5
        )
    except UploadInterruptedError as error:
        assert_type(error.state, UploadState)
    else:
        assert_type(upload, Upload)
        assert_type(upload.file, FileObject | None)


async def batches(client: AsyncClient, endpoint: str) -> None:
    chat = client.batches.run(bodies(), endpoint="/v1/chat/completions")
    assert_type(chat, BatchJob[ChatCompletion])
    async with chat as job:
        async for result in job:
            assert_type(result, BatchResult[ChatCompletion])
            assert_type(result.input, dict[str, Any])
            assert_type(result.unwrap(), ChatCompletion)
    assert_type(client.batches.run([], endpoint="/v1/responses"), BatchJob[Response])
    pairs = [("id", {"model": "m", "input": "a"})]
    vectors = client.batches.run(pairs, endpoint="/v1/embeddings")
    assert_type(vectors, BatchJob[EmbeddingList])
    assert_type(client.batches.run(pairs, endpoint=endpoint), BatchJob[Any])
    assert_type(client.batches.run(pairs, endpoint=endpoint, into=dict), BatchJob[dict[Any, Any]])
    assert_type(await vectors.submit(), Batch)
    assert_type(client.batches.results("b"), BatchJob[Any])
    assert_type(client.batches.results("b", into=ChatCompletion), BatchJob[ChatCompletion])
    client.batches.run([5], endpoint="/v1/embeddings")  # type: ignore[list-item]
