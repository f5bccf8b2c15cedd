"""The newest official client's large files and batches, on the built-in server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]


async def test_chunked_upload(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "blob.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    upload = await client.uploads.upload_file_chunked(
        file=path, mime_type="application/octet-stream", purpose="user_data", part_size=100_000
    )
    assert upload.status == "completed"
    assert (await client.files.content(upload.file.id)).read() == path.read_bytes()
    assert (await client.files.wait_for_processing(upload.file.id)).status == "processed"
    upload = await client.uploads.create(
        filename="x",
        purpose="user_data",
        bytes=3,
        mime_type="text/plain",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (await client.uploads.cancel(upload.id)).status == "cancelled"


async def test_file_with_expiry(client: Any) -> None:
    after = {"anchor": "created_at", "seconds": 3600}
    file = await client.files.create(file=b"x", purpose="user_data", expires_after=after)
    assert file.expires_at == file.created_at + 3600


async def test_batch(client: Any) -> None:
    lines = [
        {
            "custom_id": f"request-{number}",
            "method": "POST",
            "url": "/v1/embeddings",
            "body": {"model": "text-embedding-3-small", "input": f"text {number}"},
        }
        for number in range(3)
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    file = await client.files.create(file=("in.jsonl", text.encode()), purpose="batch")
    batch = await client.batches.create(
        input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h"
    )
    with anyio.fail_after(10):
        while (batch := await client.batches.retrieve(batch.id)).status != "completed":
            await anyio.sleep(0.01)
    rows = (await client.files.content(batch.output_file_id)).text.splitlines()
    assert {json.loads(row)["custom_id"] for row in rows} == {line["custom_id"] for line in lines}
    assert [found.id async for found in client.batches.list()] == [batch.id]
