from __future__ import annotations

import io
from typing import Any

import pytest

from openai_async import APIResponseError, raw
from openai_async.types import (
    Transcription,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)

from .conftest import Answering

pytestmark = pytest.mark.anyio

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
SEGMENT = {
    "id": 0,
    "seek": 0,
    "start": 0.0,
    "end": 3.5,
    "text": " Hello there.",
    "tokens": [50364, 2425],
    "temperature": 0.0,
    "avg_logprob": -0.28,
    "compression_ratio": 1.2,
    "no_speech_prob": 0.01,
}
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 3.5,
    "text": "Hello there.",
    "segments": [SEGMENT],
}


async def test_a_transcription_is_json_unless_asked_otherwise(answering: Answering) -> None:
    client, script = answering({"text": "Hello there."})
    answer = await client.audio.transcriptions.create(
        file=("a.wav", WAV), model="whisper-1", prompt="p", temperature=0.2, language="en"
    )
    assert script.line == "POST /v1/audio/transcriptions"
    assert script.form.pop("file")[2] == WAV
    assert script.form | {"file": None} == {
        "file": None,
        "model": "whisper-1",
        "prompt": "p",
        "temperature": "0.2",
        "language": "en",
    }
    assert answer == Transcription(text="Hello there.")


async def test_a_translation(answering: Answering) -> None:
    client, script = answering({"text": "Hello there."})
    answer = await client.audio.translations.create(
        file=io.BytesIO(WAV), model="whisper-1", response_format="json"
    )
    assert script.line == "POST /v1/audio/translations"
    assert script.form["response_format"] == "json"
    assert script.form["file"][0].endswith(".wav")
    assert answer == Translation(text="Hello there.")


@pytest.mark.parametrize("response_format", ["text", "srt", "vtt"])
@pytest.mark.parametrize("namespace", ["transcriptions", "translations"])
async def test_text_and_subtitles_come_as_they_are(
    answering: Answering, namespace: str, response_format: Any
) -> None:
    text = "1\n00:00:00,000 --> 00:00:03,500\nHéllo there.\n"
    client, script = answering(text)
    create = getattr(client.audio, namespace).create
    answer = await create(file=WAV, model="whisper-1", response_format=response_format)
    assert answer == text
    assert script.form["response_format"] == response_format


async def test_verbose_json_tells_the_segments(answering: Answering) -> None:
    client, _ = answering(VERBOSE)
    answer = await client.audio.transcriptions.create(
        file=WAV, model="whisper-1", response_format="verbose_json"
    )
    assert isinstance(answer, TranscriptionVerbose)
    assert (answer.task, answer.language, answer.duration) == ("transcribe", "english", 3.5)
    assert answer.segments[0].to_dict() == SEGMENT
    assert answer.words is None
    assert answer.to_dict() == VERBOSE


async def test_words_and_a_duration_that_is_a_string(answering: Answering) -> None:
    words = [{"word": "Hello", "start": 0.0, "end": 0.5}]
    client, _ = answering({"text": "Hello", "language": "en", "duration": "3.50", "words": words})
    answer = await client.audio.transcriptions.create(
        file=WAV, model="whisper-1", response_format="verbose_json"
    )
    assert answer.duration == 3.5
    assert answer.segments == []
    assert answer.words is not None
    assert answer.words[0].end == 0.5


async def test_a_verbose_translation(answering: Answering) -> None:
    client, _ = answering({**VERBOSE, "task": "translate"})
    answer = await client.audio.translations.create(
        file=WAV, model="whisper-1", response_format="verbose_json"
    )
    assert isinstance(answer, TranslationVerbose)
    assert answer.segments[0].end == 3.5


async def test_an_error_where_text_was_asked_for_is_raised(answering: Answering) -> None:
    client, _ = answering({"error": {"message": "no audio in it"}})
    with pytest.raises(APIResponseError, match="no audio in it"):
        await client.audio.transcriptions.create(file=WAV, model="m", response_format="text")


async def test_raw(answering: Answering) -> None:
    client, _ = answering({"text": "Hello"})
    answer = await raw(client.audio.transcriptions.create)(file=WAV, model="m")
    assert (answer.status_code, answer.value.text) == (200, "Hello")
    answer = await client.with_raw_response.audio.transcriptions.create(file=WAV, model="m")
    assert answer.parse().text == "Hello"
