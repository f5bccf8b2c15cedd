"""What type checkers infer for images, audio and the like. Checked like `check_calls.py`; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from pathlib import Path
from typing import Literal

from typing_extensions import assert_type

from openai_async import AsyncClient, AsyncStream, BinaryBody, Pager
from openai_async.types.audio import (
    SpeechAudioDeltaEvent,
    SpeechAudioDoneEvent,
    SpeechStreamEvent,
    Transcription,
    TranscriptionDiarized,
    TranscriptionStreamEvent,
    TranscriptionTextDeltaEvent,
    TranscriptionVerbose,
    VoiceConsent,
)
from openai_async.types.content_provenance_checks import C2PAProvenanceResult
from openai_async.types.images import (
    ImageEditStreamEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
    ImageGenStreamEvent,
    ImagesResponse,
)
from openai_async.types.videos import Video


async def images(client: AsyncClient, maybe: bool) -> None:
    generate, edit = client.images.generate, client.images.edit
    assert_type(await generate(prompt="p"), ImagesResponse)
    assert_type(await generate(prompt="p", stream=False, model="gpt-image-2"), ImagesResponse)
    assert_type(
        await generate(prompt="p", stream=maybe), ImagesResponse | AsyncStream[ImageGenStreamEvent]
    )
    async for event in await generate(prompt="p", stream=True, partial_images=2):
        assert_type(event, ImageGenPartialImageEvent | ImageGenCompletedEvent)
        if event.type == "image_generation.completed":
            assert_type(event, ImageGenCompletedEvent)
            assert_type(event.decode(), bytes)
    assert_type(await edit(image=[Path("a"), Path("b")], prompt="p"), ImagesResponse)
    stream = await edit(image=("a.png", b"a"), prompt="p", stream=True)
    assert_type(stream, AsyncStream[ImageEditStreamEvent])
    await generate()  # type: ignore[call-overload]
    await generate(prompt="p", background="pink")  # type: ignore[call-overload]


async def speech(client: AsyncClient) -> None:
    create = client.audio.speech.create
    assert_type(await create(model="m", voice="coral", input="i"), BinaryBody)
    body = await create(model="m", voice={"id": "v"}, input="i", stream_format="audio")
    assert_type(body, BinaryBody)
    assert_type(await body.aread(), bytes)
    stream = await create(model="m", voice="coral", input="i", stream_format="sse")
    assert_type(stream, AsyncStream[SpeechStreamEvent])
    async for event in stream:
        assert_type(event, SpeechAudioDeltaEvent | SpeechAudioDoneEvent)


async def transcripts(
    client: AsyncClient, form: Literal["json", "srt", "diarized_json"], maybe: bool
) -> None:
    create = client.audio.transcriptions.create
    assert_type(await create(file=b"", model="m"), Transcription)
    diarized = await create(file=b"", model="m", response_format="diarized_json")
    assert_type(diarized, TranscriptionDiarized)
    assert_type(await create(file=b"", model="m", response_format="srt"), str)
    assert_type(
        await create(file=b"", model="m", response_format=form),
        Transcription | TranscriptionVerbose | TranscriptionDiarized | str,
    )
    stream = await create(file=b"", model="m", stream=True, include=["logprobs"])
    assert_type(stream, AsyncStream[TranscriptionStreamEvent])
    async for event in stream:
        if event.type == "transcript.text.delta":
            assert_type(event, TranscriptionTextDeltaEvent)
    assert_type(
        await create(file=b"", model="m", stream=maybe),
        Transcription
        | TranscriptionVerbose
        | TranscriptionDiarized
        | str
        | AsyncStream[TranscriptionStreamEvent],
    )


async def others(client: AsyncClient) -> None:
    assert_type(client.audio.voice_consents.list(limit=3), Pager[VoiceConsent])
    videos = client.videos
    video = await videos.create_and_poll(prompt="p", deadline=5)  # pyright: ignore[reportDeprecated]
    assert_type(video, Video)
    await videos.edit(prompt="p", video={"id": video.id})  # pyright: ignore[reportDeprecated]
    await videos.create(prompt="p", input_reference={"image_url": "data:,"})  # pyright: ignore[reportDeprecated]
    await videos.create(prompt="p", seconds="5")  # type: ignore[arg-type]
    await client.moderations.create(
        input=[
            {"type": "text", "text": "t"},
            {"type": "image_url", "image_url": {"url": "data:,"}},
        ]
    )
    check = await client.content_provenance_checks.create(file=Path("a.png"))
    result = check.results[0]
    if result.type == "c2pa":
        assert_type(result, C2PAProvenanceResult)
