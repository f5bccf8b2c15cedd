from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import pytest

from openai_async import (
    NOT_GIVEN,
    APIConnectionError,
    APIResponseError,
    BadRequestError,
    NotFoundError,
    raw,
)
from openai_async.testing import Server, speak
from openai_async.types import (
    Transcription,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)
from openai_async.types.audio import (
    SpeechAudioDeltaEvent,
    SpeechAudioDoneEvent,
    TranscriptionDiarized,
    TranscriptionDurationUsage,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionTextSegmentEvent,
    TranscriptionTokenUsage,
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


async def test_a_format_that_is_not_given_is_none(answering: Answering) -> None:
    client, script = answering({"text": "Hello"})
    not_given: Any = NOT_GIVEN
    answer = await client.audio.transcriptions.create(
        file=WAV, model="m", response_format=not_given, stream=not_given
    )
    assert answer == Transcription(text="Hello")
    assert script.form.keys() == {"file", "model"}


async def test_raw(answering: Answering) -> None:
    client, _ = answering({"text": "Hello"})
    answer = await raw(client.audio.transcriptions.create)(file=WAV, model="m")
    assert (answer.status_code, answer.value.text) == (200, "Hello")
    answer = await client.with_raw_response.audio.transcriptions.create(file=WAV, model="m")
    assert answer.parse().text == "Hello"


# Against the built-in server

SAID = "Good morning. How are you today? I am well."


SPEECH: Any = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": SAID}


@pytest.mark.parametrize(
    ("response_format", "kind"),
    [("mp3", "audio/mpeg"), ("wav", "audio/wav"), ("pcm", "audio/pcm"), ("opus", "audio/wav")],
)
async def test_speech_is_written_to_a_file_and_heard_again(
    server: Server, tmp_path: Path, response_format: Any, kind: str
) -> None:
    path = tmp_path / ("a.mp3" if response_format == "mp3" else "a.wav")
    async with server.client(strict_responses=True) as client:
        body = await client.audio.speech.create(
            **SPEECH, response_format=response_format, instructions="Softly.", speed=1.5
        )
        assert body.content_type == kind
        await body.write_to_file(path)
        assert "stream_format" not in server.calls[-1].json
        if response_format != "pcm":  # which has no header: no file that can be uploaded
            answer = await client.audio.transcriptions.create(file=path, model="whisper-1")
            assert answer.text == SAID


async def test_speech_comes_in_pieces() -> None:
    server = Server(seed=1, token_delay=0.001)
    async with server.client() as client:
        async with await client.audio.speech.create(**SPEECH, response_format="wav") as body:
            pieces = [piece async for piece in body]
    assert len(pieces) > 2
    with wave.open(io.BytesIO(b"".join(pieces))) as file:
        assert file.getnframes() / file.getframerate() > 0.5


async def test_speech_as_events(server: Server) -> None:
    async with server.client(strict_responses=True, strict_streams=True) as client:
        stream = await client.audio.speech.create(
            **SPEECH, response_format="wav", stream_format="sse"
        )
        *deltas, done = [event async for event in stream]
        whole = await client.audio.speech.create(**SPEECH, response_format="wav")
        assert b"".join(map(sound, deltas)) == await whole.aread()
    assert isinstance(done, SpeechAudioDoneEvent)
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens
    sent = server.calls[0].json
    assert sent == {**SPEECH, "response_format": "wav", "stream_format": "sse"}


def sound(event: Any) -> bytes:
    assert isinstance(event, SpeechAudioDeltaEvent)
    return event.decode()


async def test_a_stream_without_its_last_event_was_cut(server: Server) -> None:
    delta = {"type": "speech.audio.delta", "audio": "aGk="}
    text = {"type": "transcript.text.delta", "delta": "Hi"}
    server.reply("POST /audio/speech", events=[delta], done=False)
    server.reply("POST /audio/transcriptions", events=[text], done=False)
    async with server.client() as client:
        with pytest.raises(APIConnectionError, match="should end it"):
            _ = [e async for e in await client.audio.speech.create(**SPEECH, stream_format="sse")]
        stream = await client.audio.transcriptions.create(file=WAV, model="m", stream=True)
        with pytest.raises(APIConnectionError, match="should end it"):
            _ = [event async for event in stream]


async def test_sound_that_is_not_base64() -> None:
    with pytest.raises(APIResponseError, match="part of the sound is not base64"):
        SpeechAudioDeltaEvent(type="speech.audio.delta", audio="*").decode()


async def test_with_streaming_response_goes_to_a_file(server: Server, tmp_path: Path) -> None:
    async with server.client() as client:
        call = client.audio.speech.with_streaming_response.create(**SPEECH, response_format="wav")
        async with call as response:
            await response.stream_to_file(tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"voice": "nobody"}, "voice"),
        ({"voice": {"id": "voice_none"}}, "voice"),
        ({"speed": 5}, "speed"),
        ({"input": ""}, "input"),
        ({"model": "tts-1", "stream_format": "sse"}, "stream_format"),
        ({"model": "whisper-1"}, "model"),
    ],
)
async def test_speech_that_is_refused(server: Server, params: Any, param: str) -> None:
    async with server.client() as client:
        with pytest.raises((BadRequestError, NotFoundError)) as caught:
            await client.audio.speech.create(**{**SPEECH, **params})
    assert caught.value.param == param


async def test_a_transcription_as_events(server: Server) -> None:
    async with server.client(strict_responses=True, strict_streams=True) as client:
        stream = await client.audio.transcriptions.create(
            file=speak(SAID), model="gpt-4o-transcribe", stream=True, include=["logprobs"]
        )
        *deltas, done = [event async for event in stream]
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert all(isinstance(event, TranscriptionTextDeltaEvent) for event in deltas)
    assert "".join(getattr(event, "delta", "") for event in deltas) == done.text == SAID
    tokens = [one for event in deltas for one in getattr(event, "logprobs", None) or ()]
    assert b"".join(bytes(one.bytes or ()) for one in tokens).decode() == SAID
    assert all((one.logprob or 0) < 0 for one in tokens)
    assert done.logprobs is not None
    assert isinstance(done.usage, TranscriptionTokenUsage)
    form = server.calls[-1].form
    assert form is not None
    assert (form["stream"], form["include"]) == ("true", ["logprobs"])


async def test_who_says_what(server: Server) -> None:
    asked: Any = {
        "file": speak(SAID),
        "model": "gpt-4o-transcribe-diarize",
        "response_format": "diarized_json",
        "chunking_strategy": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 100},
    }
    async with server.client(strict_responses=True) as client:
        whole = await client.audio.transcriptions.create(
            **asked,
            known_speaker_names=["agent", "customer"],
            known_speaker_references=["data:audio/wav;base64,AA", "data:audio/wav;base64,AB"],
        )
        form = server.calls[-1].form or {}
        events = [e async for e in await client.audio.transcriptions.create(**asked, stream=True)]
    assert isinstance(whole, TranscriptionDiarized)
    said = [(segment.speaker, segment.text) for segment in whole.segments]
    assert said == [
        ("agent", "Good morning."),
        ("customer", "How are you today?"),
        ("agent", "I am well."),
    ]
    assert (whole.task, whole.segments[-1].end) == ("transcribe", pytest.approx(whole.duration))
    assert form["chunking_strategy"]["threshold"] == "0.5"
    assert form["known_speaker_names"] == ["agent", "customer"]
    segments = [event for event in events if isinstance(event, TranscriptionTextSegmentEvent)]
    assert [segment.speaker for segment in segments] == ["A", "B", "A"]
    first = events[0]
    assert isinstance(first, TranscriptionTextDeltaEvent)
    assert first.segment_id == segments[0].id
    assert isinstance(events[-1], TranscriptionTextDoneEvent)


async def test_a_model_that_knows_no_streams_gives_the_whole_as_one_event(server: Server) -> None:
    async with server.client(strict_responses=True, strict_streams=True) as client:
        stream = await client.audio.transcriptions.create(
            file=speak(SAID), model="whisper-1", stream=True
        )
        (event,) = [event async for event in stream]
    assert isinstance(event, TranscriptionTextDoneEvent)
    assert event.text == SAID
    assert isinstance(event.usage, TranscriptionDurationUsage)


async def test_a_whole_diarized_answer_as_events(answering: Answering) -> None:
    segment = {
        "type": "transcript.text.segment",
        "id": "s1",
        "start": 0,
        "end": 1,
        "text": "Hi",
        "speaker": "A",
    }
    client, _ = answering({"task": "transcribe", "text": "Hi", "segments": [segment]})
    stream = await client.audio.transcriptions.create(
        file=WAV, model="m", stream=True, response_format="diarized_json"
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == ["transcript.text.segment", "transcript.text.done"]


async def test_a_document_that_is_no_transcription_is_no_stream(answering: Answering) -> None:
    client, _ = answering({"status": "queued"})
    stream = await client.audio.transcriptions.create(file=WAV, model="m", stream=True)
    with pytest.raises(APIResponseError, match="a document came"):
        await anext(stream)


async def test_usage_languages_and_words(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        create = client.audio.transcriptions.create
        newest = await create(
            file=speak(SAID), model="gpt-transcribe", languages=["de", "en"], keywords=["morning"]
        )
        assert [language.code for language in newest.languages or ()] == ["de"]
        verbose = await create(
            file=speak(SAID),
            model="whisper-1",
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
    assert [word.word for word in verbose.words or ()] == SAID.split()
    assert len(verbose.segments) == 3
    assert verbose.usage is not None
    assert verbose.usage.seconds >= verbose.duration


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"model": "whisper-1", "response_format": "diarized_json"}, "response_format"),
        ({"model": "gpt-4o-transcribe", "response_format": "srt"}, "response_format"),
        ({"model": "whisper-1", "include": ["logprobs"]}, "include"),
        ({"model": "gpt-4o-transcribe-diarize", "prompt": "x"}, "prompt"),
        ({"model": "whisper-1", "known_speaker_names": ["a"]}, "known_speaker_references"),
        ({"model": "whisper-1", "chunking_strategy": {"type": "x"}}, "chunking_strategy.type"),
    ],
)
async def test_transcriptions_that_are_refused(server: Server, params: Any, param: str) -> None:
    async with server.client() as client:
        with pytest.raises(BadRequestError) as caught:
            await client.audio.transcriptions.create(file=speak(SAID), **params)
    assert caught.value.param == param


async def test_a_voice_of_ones_own(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        consent = await client.audio.voice_consents.create(
            name="Ada", language="en-US", recording=speak("I agree")
        )
        assert (consent.object, consent.language) == ("audio.voice_consent", "en-US")
        assert (server.calls[-1].form or {})["recording"]["filename"].endswith(".wav")
        voice = await client.audio.voices.create(
            name="Ada's", consent=consent.id, audio_sample=("a.wav", speak("la"), "audio/wav")
        )
        body = await client.audio.speech.create(
            model="gpt-4o-mini-tts", voice={"id": voice.id}, input="Hello"
        )
        assert await body.read()
        assert (await client.audio.voices.delete(voice.id)).deleted
        with pytest.raises(NotFoundError):
            await client.audio.voices.delete(voice.id)
        made = await client.audio.voices.create(name="Deep", type="prompt", prompt="deep and slow")
        assert made.name == "Deep"
        with pytest.raises(NotFoundError) as caught:
            await client.audio.voices.create(name="x", consent="cons_0", audio_sample=speak("a"))
        assert caught.value.param == "consent"
        with pytest.raises(BadRequestError, match="audio_sample"):
            await client.audio.voices.create(name="x")


async def test_consents(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        consents = client.audio.voice_consents
        made = [
            await consents.create(name=f"n{number}", language="en", recording=speak("yes"))
            for number in range(3)
        ]
        listed = [consent async for consent in consents.list(limit=2)]
        assert listed == made[::-1]
        assert server.calls[-1].query == {"limit": "2", "after": made[1].id}
        renamed = await consents.update(made[0].id, name="other")
        assert renamed.name == "other"
        assert await consents.retrieve(made[0].id) == renamed
        assert (await consents.delete(made[0].id)).deleted
        with pytest.raises(NotFoundError):
            await consents.retrieve(made[0].id)
        with pytest.raises(BadRequestError):
            await consents.create(name="x", language="en", recording=("a.txt", b"yes"))
