"""Every method of the client against the built-in server: in-process, and over a socket."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from openai_async import AsyncClient, NotFoundError
from openai_async.testing import Server, speak

pytestmark = pytest.mark.anyio

HELLO: Any = [{"role": "user", "content": "What is the sea?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


@pytest.fixture(params=["in-process", "socket"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[AsyncClient]:
    server = Server(seed=1, api_key="test-key", job_seconds=0.3)
    if request.param == "in-process":
        async with server.client(strict_responses=True, strict_streams=True) as client:
            yield client
        return
    running = server.run_in_thread()
    base_url = await anyio.to_thread.run_sync(running.__enter__)
    try:
        async with AsyncClient(
            base_url=base_url, api_key="test-key", strict_responses=True, strict_streams=True
        ) as client:
            yield client
    finally:
        await anyio.to_thread.run_sync(running.__exit__, None, None, None)


def rgba_png(side: int = 16) -> bytes:
    """A transparent square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\0\0\0\0" * side) * side)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


async def test_models(client: AsyncClient) -> None:
    ids = [model.id async for model in client.models.list()]
    assert "gpt-4o-mini" in ids
    assert (await client.models.retrieve("gpt-4o-mini")).id == "gpt-4o-mini"


async def test_completions(client: AsyncClient) -> None:
    call: Any = {"model": "text-davinci-003", "prompt": "The sea is", "max_tokens": 8, "seed": 5}
    whole = await client.completions.create(**call, logprobs=2)
    assert whole.choices[0].logprobs is not None
    stream = await client.completions.create(**call, stream=True)
    pieces = [chunk.choices[0].text async for chunk in stream if chunk.choices]
    assert "".join(pieces) == whole.choices[0].text
    assert stream.complete


async def test_chat(client: AsyncClient) -> None:
    call: Any = {"model": "gpt-4o-mini", "messages": HELLO, "max_tokens": 20, "seed": 5}
    whole = await client.chat.completions.create(**call)
    stream = await client.chat.completions.create(
        **call, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage


async def test_chat_with_a_tool_and_back(client: AsyncClient) -> None:
    asked = await client.chat.completions.create(
        model="gpt-4o-mini", messages=HELLO, tools=[WEATHER], tool_choice="required"
    )
    message = asked.choices[0].message
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert isinstance(json.loads(call.function.arguments)["city"], str)
    # The message goes back as it is.
    answered = await client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[*HELLO, message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}],
    )
    assert answered.choices[0].message.content


async def test_edits(client: AsyncClient) -> None:
    edit = await client.edits.create(
        model="text-davinci-edit-001", input="teh sea", instruction="Fix the spelling"
    )
    assert edit.choices[0].text


async def test_images(client: AsyncClient) -> None:
    made = await client.images.generate(prompt="a lighthouse", size="256x256")
    assert (made.data[0].url or "").startswith("http")
    encoded = await client.images.generate(
        prompt="a lighthouse", size="256x256", response_format="b64_json"
    )
    png = base64.b64decode(encoded.data[0].b64_json or "")
    assert png.startswith(b"\x89PNG")
    edited = await client.images.edit(
        image=png, mask=("mask.png", rgba_png(256)), prompt="at night", size="256x256"
    )
    varied = await client.images.create_variation(image=png, n=2, size="256x256")
    assert (len(edited.data), len(varied.data)) == (1, 2)


async def test_embeddings(client: AsyncClient) -> None:
    call: Any = {"model": "text-embedding-ada-002", "input": ["the sea", "the ocean"]}
    vectors = await client.embeddings.create(**call)
    floats = await client.embeddings.create(**call, encoding_format="float")
    encoded = await client.embeddings.create(**call, encoding_format="base64")
    assert vectors.data[0].embedding == pytest.approx(floats.data[0].embedding, abs=1e-6)
    assert isinstance(encoded.data[0].embedding, str)


async def test_audio(client: AsyncClient) -> None:
    speech = speak("the sea is calm")
    call: Any = {"model": "whisper-1", "file": speech}
    assert (await client.audio.transcriptions.create(**call)).text == "the sea is calm"
    verbose = await client.audio.translations.create(**call, response_format="verbose_json")
    assert verbose.segments
    for form in ("text", "srt", "vtt"):
        text = await client.audio.transcriptions.create(**call, response_format=form)
        assert "the sea is calm" in text


async def test_files(client: AsyncClient, tmp_path: Path) -> None:
    path = tmp_path / 'naïve "data".jsonl'
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    created = await client.files.create(file=path, purpose="fine-tune")
    assert created.filename.startswith("naïve")
    assert (await client.files.retrieve(created.id)).bytes == path.stat().st_size
    assert [file.id async for file in client.files.list()] == [created.id]
    copy = tmp_path / "copy"
    await (await client.files.content(created.id)).write_to_file(copy)
    assert copy.read_bytes() == path.read_bytes()
    with pytest.warns(DeprecationWarning, match="content"):
        assert await client.files.retrieve_content(created.id) == path.read_text()
    assert (await client.files.delete(created.id)).deleted
    with pytest.raises(NotFoundError):
        await client.files.retrieve(created.id)


async def test_fine_tunes(client: AsyncClient) -> None:
    data = b'{"prompt": "The colour of the sea is", "completion": " blue"}\n' * 4
    file = await client.files.create(file=data, purpose="fine-tune")
    job = await client.fine_tunes.create(training_file=file.id, model="curie", suffix="sea")
    assert job.status == "pending"
    followed = [event.message async for event in client.fine_tunes.follow(job.id)]
    listed = [event.message async for event in client.fine_tunes.list_events(job.id)]
    streamed = [e.message async for e in client.fine_tunes.list_events(job.id, stream=True)]
    assert followed == listed == streamed
    done = await client.fine_tunes.retrieve(job.id)
    assert done.status == "succeeded"
    assert done.fine_tuned_model is not None
    assert job.id in [item.id async for item in client.fine_tunes.list()]
    answer = await client.completions.create(
        model=done.fine_tuned_model, prompt="The colour of the sea is", temperature=0, max_tokens=2
    )
    assert "blue" in answer.choices[0].text
    assert (await client.models.delete(done.fine_tuned_model)).deleted


async def test_a_cancelled_job(client: AsyncClient) -> None:
    file = await client.files.create(
        file=b'{"prompt": "a", "completion": "b"}\n', purpose="fine-tune"
    )
    job = await client.fine_tunes.create(training_file=file.id)
    assert (await client.fine_tunes.cancel(job.id)).status == "cancelled"
    assert [event async for event in client.fine_tunes.follow(job.id)]


async def test_moderations(client: AsyncClient) -> None:
    answer = await client.moderations.create(input=["I will kill you", "What a nice day"])
    assert [result.flagged for result in answer.results] == [True, False]
    first = answer.results[0]
    assert first.categories.violence
    assert first.categories["violence"]
    assert first.category_scores["hate/threatening"] == first.category_scores.hate_threatening


async def test_engines(client: AsyncClient) -> None:
    with pytest.warns(DeprecationWarning, match="models"):
        engines = [engine.id async for engine in client.engines.list()]
    with pytest.warns(DeprecationWarning, match="models"):
        assert (await client.engines.retrieve(engines[0])).id == engines[0]
