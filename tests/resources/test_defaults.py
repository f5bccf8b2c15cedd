"""`NOT_GIVEN` is the default everywhere, also in the methods that name their keywords."""

from __future__ import annotations

from typing import Any, cast

import pytest

from openai_async import NOT_GIVEN, AsyncClient
from openai_async.testing import Server

pytestmark = pytest.mark.anyio

N: Any = NOT_GIVEN
POLL = {"poll_interval_ms": N}


async def test_waits(server: Server) -> None:
    async with server.client() as client:
        file = await client.files.create(file=("a.txt", b"a"), purpose="assistants")
        file = await client.files.wait_for_processing(file.id, poll_interval=N, max_wait_seconds=N)
        assert file.status == "processed"
        store = (await client.vector_stores.create()).id
        files, batches = client.vector_stores.files, client.vector_stores.file_batches
        waits = {**POLL, "max_wait_seconds": N}
        one = await files.create_and_poll(file.id, vector_store_id=store, **waits)
        two = await files.upload_and_poll(file=("b.txt", b"b"), vector_store_id=store, **waits)
        three = await batches.create_and_poll(store, file_ids=[file.id], **POLL)
        four = await batches.upload_and_poll(store, files=[("c.txt", b"c")], **POLL)
        assert [found.status for found in (one, two, three, four)] == ["completed"] * 4
        with pytest.warns(DeprecationWarning, match="videos"):
            video = await client.videos.create_and_poll(prompt="x", **POLL)
        assert video.status == "completed"


async def test_an_upload_in_parts(server: Server) -> None:
    left = dict.fromkeys(("bytes", "part_size", "md5", "expires_after", "resume"), N)
    async with server.client() as client:
        upload = await client.uploads.upload_file_chunked(
            file=("x.txt", b"abc"), filename=N, mime_type="text/plain", purpose="assistants", **left
        )
    assert upload.file is not None
    assert upload.file.filename == "x.txt"


async def test_streams(client: AsyncClient) -> None:
    left = dict.fromkeys(("response_id", "starting_after", "text_format", "tools"), N)
    async with client.responses.stream(model="gpt-4.1", input="Hi", **cast("Any", left)) as stream:
        assert (await stream.get_final_response()).output_text
    async with client.chat.completions.stream(
        model="gpt-4.1", messages=[{"role": "user", "content": "Hi"}], response_format=N, tools=N
    ) as events:
        assert (await events.get_final_completion()).choices[0].message.content


@pytest.fixture
def server() -> Server:
    return Server(seed=1, job_seconds=0)


@pytest.fixture
def client(server: Server) -> AsyncClient:
    return server.client()
