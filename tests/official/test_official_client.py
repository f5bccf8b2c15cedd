"""The newest official client can use the built-in server."""

from __future__ import annotations

import base64
import io
import json
import struct
import sys
import wave
import zlib
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]


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


async def test_streamed_images(client: Any) -> None:
    stream = await client.images.generate(
        prompt="a lighthouse", model="gpt-image-2", size="256x256", partial_images=2, stream=True
    )
    events = [event async for event in stream]
    kinds = ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.type for event in events] == kinds
    edited = await client.images.edit(
        image=[("a.png", rgba_png()), ("b.png", rgba_png())],
        prompt="at night",
        model="gpt-image-2",
        size="256x256",
    )
    assert edited.usage.input_tokens_details.image_tokens > 0


async def test_speech_and_streamed_transcripts(client: Any, tmp_path: Path) -> None:
    said = "Good morning. How are you?"
    path = tmp_path / "a.mp3"
    create = client.audio.speech.with_streaming_response.create
    async with create(model="gpt-4o-mini-tts", voice="coral", input=said) as response:
        await response.stream_to_file(path)
    stream = await client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=path, stream=True, include=["logprobs"]
    )
    events = [event async for event in stream]
    assert events[-1].text == said
    assert events[0].logprobs
    diarized = await client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize",
        file=path,
        response_format="diarized_json",
        chunking_strategy={"type": "server_vad", "threshold": 0.4},
    )
    assert [segment.speaker for segment in diarized.segments] == ["A", "B"]


async def test_voices(client: Any) -> None:
    recording = ("a.wav", wav(), "audio/wav")
    consent = await client.audio.voice_consents.create(
        name="Ada", language="en-US", recording=recording
    )
    renamed = await client.audio.voice_consents.update(consent.id, name="Ada L.")
    assert [one.name async for one in client.audio.voice_consents.list()] == [renamed.name]
    voice = await client.audio.voices.create(name="Ada", consent=consent.id, audio_sample=recording)
    assert (await client.audio.voices.delete(voice.id)).deleted
    assert (await client.audio.voice_consents.delete(consent.id)).deleted


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # videos, by the client
async def test_videos(client: Any) -> None:
    video = await client.videos.create_and_poll(prompt="a boat", poll_interval_ms=20)
    assert video.status == "completed"
    body = await client.videos.download_content(video.id)
    movie = body.read()
    assert movie[4:8] == b"ftyp"
    remixed = await client.videos.remix(video.id, prompt="a ship")
    assert [one.id async for one in client.videos.list()] == [remixed.id, video.id]
    # With a reference, {"id": ...}, which its types allow, this client raises a RuntimeError.
    edited = await client.videos.edit(prompt="a raft", video=("boat.mp4", movie))
    assert edited.seconds == video.seconds
    assert (await client.videos.delete(video.id)).deleted


async def test_moderated_images_and_provenance(client: Any) -> None:
    answer = await client.images.generate(prompt="a murder", model="gpt-image-1")
    encoded = answer.data[0].b64_json
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}}
    judged = await client.moderations.create(input=[part])
    assert judged.results[0].category_applied_input_types.violence == ["image"]
    check = await client.content_provenance_checks.create(file=base64.b64decode(encoded))
    assert [result.outcome for result in check.results] == ["detected", "detected"]
