"""`/audio`: texts spoken, the text of recordings in six formats, and voices."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._audio import FORMATS, Recording, examine
from .._errors import ApiError, bad_request, no_such
from .._http import Answer, Endpoint, Exchange, Frame, as_events, as_json, too_large
from .._language import language
from .._media import heard
from .._pages import PAGES, as_page
from .._params import (
    Either,
    Flag,
    Integer,
    Json,
    Many,
    Number,
    Spec,
    Table,
    Text,
    Upload,
    one_of,
    optional,
    required,
)
from .._sampling import Generation, Sampling, sample, write
from .._speech import say
from .._tokens import END_OF_TEXT, tokenizer
from .._transcript import Transcript

_MAX_AUDIO_BYTES = 25 * 2**20
_MAX_SAMPLE_BYTES = 10 * 2**20
_WORDS_PER_SECOND = 2.5
_SHORTEST_SECONDS = 0.1
_LONGEST_UNCUT = 30.0  # seconds that are told apart by speaker without being cut into pieces
_CHUNK_BYTES = 8192
_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer",
           "verse", "marin", "cedar")  # fmt: skip

SPEAK: Spec = {
    "model": required(Text()),
    "input": required(Text(1, 4096)),
    "voice": required(Either((Text(1), Table({"id": required(Text(1))})))),
    "instructions": optional(Text(0, 4096)),
    "response_format": optional(one_of("mp3", "opus", "aac", "flac", "wav", "pcm"), default="mp3"),
    "speed": optional(Number(0.25, 4), default=1.0),
    "stream_format": optional(one_of("sse", "audio"), default="audio"),
}
TRANSLATE: Spec = {
    "file": required(Upload()),
    "model": required(Text()),
    "prompt": optional(Text()),
    "response_format": optional(
        one_of("json", "text", "srt", "verbose_json", "vtt"), default="json"
    ),
    "temperature": optional(Number(0, 1), default=0.0),
}


class _Chunking(Table):
    """`auto`, or where the pauses are."""

    def check(self, name: str, value: Any) -> Any:
        return value if value == "auto" else super().check(name, value)


_CHUNKING = _Chunking(
    {
        "type": required(one_of("server_vad")),
        "prefix_padding_ms": optional(Integer(0)),
        "silence_duration_ms": optional(Integer(0)),
        "threshold": optional(Number(0, 1)),
    }
)
TRANSCRIBE: Spec = {
    **TRANSLATE,
    "response_format": optional(
        one_of("json", "text", "srt", "verbose_json", "vtt", "diarized_json"), default="json"
    ),
    "language": optional(Text(2, 3)),
    "languages": optional(Many(Text(2, 3), 1)),
    "keywords": optional(Many(Text(1))),
    "timestamp_granularities": optional(Many(one_of("word", "segment")), default=["segment"]),
    "stream": optional(Flag(), default=False),
    "include": optional(Many(one_of("logprobs"))),
    "chunking_strategy": optional(_CHUNKING),
    "known_speaker_names": optional(Many(Text(1), 0, 4)),
    "known_speaker_references": optional(Many(Text(1), 0, 4)),
}
VOICE: Spec = {
    "name": required(Text(1)),
    "type": optional(one_of("audio_sample", "prompt"), default="audio_sample"),
    "audio_sample": optional(Upload()),
    "consent": optional(Text(1)),
    "prompt": optional(Text(1)),
    "model": optional(Text()),
    "script_hint": optional(Text()),
}
CONSENT: Spec = {
    "name": required(Text(1)),
    "language": required(Text(2)),
    "recording": required(Upload()),
}
RENAME: Spec = {"name": required(Text(1))}


async def speak(exchange: Exchange) -> Answer:
    """A text, spoken: bytes as they are made, or events."""
    params, state = exchange.params, exchange.state
    model = state.model(params["model"]).require("speech", "v1/audio/speech")
    voice = params["voice"]
    if voice not in _VOICES and (isinstance(voice, str) or voice["id"] not in state.media.voices):
        message = f"Invalid voice: {voice}. Supported voices are: {', '.join(_VOICES)}."
        raise bad_request(message, "voice", "invalid_value")
    if params["stream_format"] == "sse" and model.id.startswith("tts-1"):
        raise bad_request(f"{model.id} does not support sse.", "stream_format", "invalid_value")
    spoken = await anyio.to_thread.run_sync(
        say, params["input"], params["response_format"], params["speed"]
    )
    state.media.remember(spoken.data, model.id, state.clock.now())
    if params["stream_format"] == "audio":
        return Answer(_paced(spoken.data, state.token_delay), content_type=spoken.content_type)
    read = tokenizer().count(params["input"])
    usage = {"input_tokens": read, "output_tokens": len(spoken.data) // 100}
    usage["total_tokens"] = sum(usage.values())
    return as_events(_speech_events(spoken.data, state.token_delay, usage))


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK_BYTES):
        yield data[start : start + _CHUNK_BYTES]


def _paced(data: bytes, delay: float) -> Iterator[Frame]:
    for chunk in _chunks(data):
        yield chunk
        if delay:
            yield delay


def _speech_events(data: bytes, delay: float, usage: Json) -> Iterator[Json | float]:
    for chunk in _chunks(data):
        yield {"type": "speech.audio.delta", "audio": b64encode(chunk).decode()}
        if delay:
            yield delay
    yield {"type": "speech.audio.done", "usage": usage}


async def transcribe(exchange: Exchange) -> Answer:
    """What is said, in the language in which it is said."""
    return await _answer(exchange, "transcribe")


async def translate(exchange: Exchange) -> Answer:
    """What is said, in English."""
    return await _answer(exchange, "translate")


async def _answer(exchange: Exchange, task: str) -> Answer:
    params = exchange.params
    model = exchange.state.model(params["model"]).require("audio", "v1/audio")
    data, recording = _recording(params["file"], "file", _MAX_AUDIO_BYTES)
    if task == "transcribe":
        _check_abilities(model.id, recording, params)
    text = await anyio.to_thread.run_sync(_hear, data, recording, params["prompt"] or "")
    transcript = Transcript(task, model.id, text, recording, params)
    form = params["response_format"]
    if params.get("stream") and not model.id.startswith("whisper"):
        return as_events(transcript.events(form, exchange.state.token_delay))
    return transcript.answer(form)


def _recording(upload: UploadFile, name: str, limit: int) -> tuple[bytes, Recording]:
    """An uploaded recording; 400 for what is none."""
    if (upload.size or 0) > limit:
        raise too_large(limit)
    upload.file.seek(0)
    data: bytes = upload.file.read()
    try:
        recording = examine(data, upload.filename or "")
    except ValueError:
        message = f"Invalid file format. Supported formats: {list(FORMATS)}"
        raise bad_request(message, name) from None
    if recording.seconds < _SHORTEST_SECONDS:
        message = "Audio file is too short. Minimum audio length is 0.1 seconds."
        raise ApiError(400, message, param=name, code="audio_too_short")
    return data, recording


def _check_abilities(model: str, recording: Recording, params: Json) -> None:
    """400 for what a model can't do; other servers' models can do it all."""
    diarizes = model.endswith("diarize")
    refused: dict[str, object] = {
        "response_format": params["response_format"] not in _forms_of(model),
        "include": params["include"] and (diarizes or model.startswith("whisper")),
        "prompt": diarizes and params["prompt"],
        "chunking_strategy": diarizes
        and recording.seconds > _LONGEST_UNCUT
        and params["chunking_strategy"] is None,
        "known_speaker_references": len(params["known_speaker_names"] or ())
        != len(params["known_speaker_references"] or ()),
    }
    for name, is_refused in refused.items():
        if is_refused:
            message = f"Invalid '{name}' for {model}."
            raise bad_request(message, name, "unsupported_value")


def _forms_of(model: str) -> tuple[str, ...]:
    """The formats that a model knows."""
    if model.endswith("diarize"):
        return ("json", "text", "diarized_json")
    if model.startswith("gpt"):
        return ("json", "text")
    classic = ("json", "text", "srt", "verbose_json", "vtt")
    return classic if model.startswith("whisper") else (*classic, "diarized_json")


def _hear(data: bytes, recording: Recording, prompt: str) -> str:
    """The text of a recording: what this server has said in it, else words as many as fit its length.

    The same recording always has the same text.
    """
    spoken = heard(data)
    if spoken is not None:
        return spoken
    rng = random.Random(hashlib.sha256(data).digest())
    model = language()
    memory = model.about(prompt) if prompt else None
    words = max(1, round(recording.seconds * _WORDS_PER_SECOND))
    sentences: list[str] = []
    while (missing := words - len(" ".join(sentences).split())) > 0:
        tokens = sample(model, [END_OF_TEXT], Sampling(), rng, memory)
        sentences.append(" ".join(write(Generation(tokens, 60)).text.split()[:missing]))
    return " ".join(sentences)


async def create_voice(exchange: Exchange) -> Answer:
    """Make a voice like a recording whose speaker agrees, or one that is described."""
    params, media = exchange.params, exchange.state.media
    needed = ("prompt",) if params["type"] == "prompt" else ("audio_sample", "consent")
    for name in needed:
        if params[name] is None:
            message = f"Missing required parameter: '{name}'."
            raise bad_request(message, name, "missing_required_parameter")
    if params["type"] == "audio_sample":
        if params["consent"] not in media.consents:
            raise no_such("VoiceConsent", params["consent"], "consent")
        _recording(params["audio_sample"], "audio_sample", _MAX_SAMPLE_BYTES)
    voice = _made(exchange, "voice_", "audio.voice", type=params["type"])
    media.voices[voice["id"]] = voice
    return as_json(voice)


async def delete_voice(exchange: Exchange) -> Answer:
    """Forget a voice."""
    voice_id = exchange.path_params["voice_id"]
    if exchange.state.media.voices.pop(voice_id, None) is None:
        raise no_such("Voice", voice_id)
    return as_json({"id": voice_id, "object": "audio.voice.deleted", "deleted": True})


async def create_consent(exchange: Exchange) -> Answer:
    """Keep a consent; of its recording only that it is one."""
    _recording(exchange.params["recording"], "recording", _MAX_SAMPLE_BYTES)
    spoken = exchange.params["language"]
    consent = _made(exchange, "cons_", "audio.voice_consent", language=spoken)
    exchange.state.media.consents[consent["id"]] = consent
    return as_json(consent)


def _made(exchange: Exchange, prefix: str, kind: str, **more: str) -> Json:
    made = {"id": prefix + exchange.state.new_id(), "object": kind, "created_at": exchange.now}
    return {**made, "name": exchange.params["name"], **more}


async def list_consents(exchange: Exchange) -> Answer:
    """The consents, newest first, page by page."""
    return as_page(exchange, list(exchange.state.media.consents.values()))


def _consent(exchange: Exchange) -> Json:
    return exchange.named(exchange.state.media.consents, "consent_id", "VoiceConsent")


async def retrieve_consent(exchange: Exchange) -> Answer:
    """One consent."""
    return as_json(_consent(exchange))


async def update_consent(exchange: Exchange) -> Answer:
    """Give a consent another name."""
    consent = _consent(exchange)
    consent["name"] = exchange.params["name"]
    return as_json(consent)


async def delete_consent(exchange: Exchange) -> Answer:
    """Forget a consent."""
    consent = _consent(exchange)
    del exchange.state.media.consents[consent["id"]]
    return as_json({"id": consent["id"], "object": "audio.voice_consent", "deleted": True})


ENDPOINTS = (
    Endpoint("POST", "/audio/speech", speak, SPEAK, "json"),
    Endpoint("POST", "/audio/transcriptions", transcribe, TRANSCRIBE, "form"),
    Endpoint("POST", "/audio/translations", translate, TRANSLATE, "form"),
    Endpoint("POST", "/audio/voices", create_voice, VOICE, "form"),
    Endpoint("DELETE", "/audio/voices/{voice_id}", delete_voice),
    Endpoint("GET", "/audio/voice_consents", list_consents, PAGES),
    Endpoint("POST", "/audio/voice_consents", create_consent, CONSENT, "form"),
    Endpoint("GET", "/audio/voice_consents/{consent_id}", retrieve_consent),
    Endpoint("POST", "/audio/voice_consents/{consent_id}", update_consent, RENAME, "json"),
    Endpoint("DELETE", "/audio/voice_consents/{consent_id}", delete_consent),
)
