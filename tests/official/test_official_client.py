"""The newest official client can use the built-in server."""

from __future__ import annotations

import base64
import io
import json
import struct
import sys
import wave
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from openai_async.testing import Server

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def client() -> AsyncIterator[Any]:
    openai = pytest.importorskip("openai", reason="needs the official client: nox -s official")
    async with Server(seed=1, api_key="test-key", job_seconds=0.2).listen() as base_url:
        async with openai.AsyncOpenAI(
            base_url=base_url, api_key="test-key", max_retries=0, timeout=20
        ) as client:
            yield client


HELLO: list[Any] = [{"role": "user", "content": "What is the sea?"}]


async def test_chat(client: Any) -> None:
    answer = await client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, n=2)
    assert len(answer.choices) == 2
    assert all(choice.message.content for choice in answer.choices)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_chat_streamed(client: Any) -> None:
    stream = await client.chat.completions.create(
        model="gpt-4o-mini",
        messages=HELLO,
        seed=3,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    whole = await client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, seed=3)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage


async def test_chat_with_a_tool(client: Any) -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city", "days"],
            },
        },
    }
    answer = await client.chat.completions.create(
        model="gpt-4o-mini", messages=HELLO, tools=[tool], tool_choice="required"
    )
    (call,) = answer.choices[0].message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert isinstance(arguments["city"], str)
    assert isinstance(arguments["days"], int)


async def test_chat_parsed(client: Any) -> None:
    from pydantic import BaseModel

    class Event(BaseModel):
        name: str
        guests: list[str]

    answer = await client.chat.completions.parse(
        model="gpt-4o-mini", messages=HELLO, response_format=Event, max_tokens=400
    )
    assert isinstance(answer.choices[0].message.parsed, Event)


async def test_completions(client: Any) -> None:
    answer = await client.completions.create(
        model="text-davinci-003", prompt="The sea is", max_tokens=5, logprobs=2, echo=True
    )
    assert answer.choices[0].text.startswith("The sea is")
    assert len(answer.choices[0].logprobs.tokens) > 5
    stream = await client.completions.create(
        model="text-davinci-003", prompt="The sea is", max_tokens=5, stream=True
    )
    assert "".join([chunk.choices[0].text async for chunk in stream if chunk.choices])


async def test_embeddings(client: Any) -> None:
    answer = await client.embeddings.create(model="text-embedding-ada-002", input=["a", "b"])
    assert [len(item.embedding) for item in answer.data] == [1536, 1536]
    floats = await client.embeddings.create(
        model="text-embedding-ada-002", input=["a", "b"], encoding_format="float"
    )
    assert floats.data[1].embedding == pytest.approx(answer.data[1].embedding, abs=1e-6)


async def test_files(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    created = await client.files.create(file=path, purpose="fine-tune")
    assert (await client.files.retrieve(created.id)).bytes == path.stat().st_size
    assert (await client.files.content(created.id)).read() == path.read_bytes()
    assert [file.id async for file in client.files.list()] == [created.id]
    assert (await client.files.delete(created.id)).deleted


def rgba_png(side: int = 8) -> bytes:
    """A square picture with an alpha channel, which edits ask for."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x20\x60\xa0\x00" * side) * side)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # variations, by the client
async def test_images(client: Any) -> None:
    answer = await client.images.generate(
        prompt="a lighthouse", model="dall-e-2", size="256x256", response_format="b64_json"
    )
    png = base64.b64decode(answer.data[0].b64_json)
    assert png.startswith(b"\x89PNG")
    edited = await client.images.edit(
        image=("image.png", rgba_png(), "image/png"), prompt="at night", size="256x256"
    )
    assert edited.data[0].url or edited.data[0].b64_json
    varied = await client.images.create_variation(image=("image.png", png), size="256x256")
    assert varied.data


def wav(seconds: float = 0.5) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * int(8000 * seconds))
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # translations, by the client
async def test_audio(client: Any) -> None:
    speech = ("speech.wav", wav(), "audio/wav")
    assert (await client.audio.transcriptions.create(model="whisper-1", file=speech)).text
    verbose = await client.audio.transcriptions.create(
        model="whisper-1", file=speech, response_format="verbose_json"
    )
    assert float(verbose.duration) == pytest.approx(0.5, abs=0.05)
    subtitles = await client.audio.translations.create(
        model="whisper-1", file=speech, response_format="srt"
    )
    assert "-->" in str(subtitles)


async def test_moderations(client: Any) -> None:
    answer = await client.moderations.create(input=["I will kill you", "What a nice day"])
    assert [result.flagged for result in answer.results] == [True, False]
    assert answer.results[0].categories.violence


async def test_models(client: Any) -> None:
    assert "gpt-4o-mini" in [model.id async for model in client.models.list()]


async def test_errors(client: Any) -> None:
    openai = sys.modules["openai"]
    with pytest.raises(openai.NotFoundError) as caught:
        await client.chat.completions.create(model="no-such-model", messages=HELLO)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").models.list()
