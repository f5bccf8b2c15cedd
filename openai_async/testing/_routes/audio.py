"""`/audio`: the text of recordings, in five formats."""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Iterator

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._audio import FORMATS, Recording, examine, listen_to
from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, as_events, as_json, too_large
from .._language import language
from .._params import (
    Anything,
    Flag,
    Json,
    Many,
    Number,
    Spec,
    Text,
    Upload,
    one_of,
    optional,
    required,
)
from .._sampling import Generation, Sampling, sample, write
from .._tokens import END_OF_TEXT, tokenizer

_MAX_AUDIO_BYTES = 25 * 2**20
_WORDS_PER_SECOND = 2.5
_SHORTEST_SECONDS = 0.1

_COMMON: Spec = {
    "file": required(Upload()),
    "model": required(Text()),
    "prompt": optional(Text()),
    "response_format": optional(
        one_of("json", "text", "srt", "verbose_json", "vtt"), default="json"
    ),
    "temperature": optional(Number(0, 1), default=0.0),
}
TRANSCRIBE: Spec = {
    **_COMMON,
    "language": optional(Text(2, 3)),
    "timestamp_granularities": optional(Many(one_of("word", "segment")), default=["segment"]),
    "stream": optional(Flag(), default=False),
    **{
        name: optional(Anything())
        for name in ("include", "chunking_strategy", "keywords", "languages")
    },
}

_LANGUAGES = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
              "nl": "dutch", "pt": "portuguese", "ru": "russian", "pl": "polish", "tr": "turkish",
              "uk": "ukrainian", "sv": "swedish", "ar": "arabic", "hi": "hindi", "ja": "japanese",
              "ko": "korean", "zh": "chinese"}  # fmt: skip


async def transcribe(exchange: Exchange) -> Answer:
    """What is said, in the language in which it is said."""
    return await _answer(exchange, "transcribe")


async def translate(exchange: Exchange) -> Answer:
    """What is said, in English."""
    return await _answer(exchange, "translate")


async def _answer(exchange: Exchange, task: str) -> Answer:
    params = exchange.params
    model = exchange.state.model(params["model"]).require("audio", "v1/audio")
    upload: UploadFile = params["file"]
    if (upload.size or 0) > _MAX_AUDIO_BYTES:
        raise too_large(_MAX_AUDIO_BYTES)
    upload.file.seek(0)
    data: bytes = upload.file.read()
    try:
        recording = examine(data, upload.filename or "")
    except ValueError:
        message = f"Invalid file format. Supported formats: {list(FORMATS)}"
        raise bad_request(message, "file") from None
    if recording.seconds < _SHORTEST_SECONDS:
        message = "Audio file is too short. Minimum audio length is 0.1 seconds."
        raise ApiError(400, message, param="file", code="audio_too_short")
    text = await anyio.to_thread.run_sync(_hear, data, recording, params["prompt"] or "")
    if params.get("stream") and not model.id.startswith("whisper"):
        return as_events(_stream(text, exchange.state.token_delay))
    transcript = _Transcript(task, text, recording, params)
    return transcript.answer(params["response_format"])


def _hear(data: bytes, recording: Recording, prompt: str) -> str:
    """The text of a recording: what `speak` has put into it, else words as many as fit its length.

    The same recording always has the same text.
    """
    spoken = listen_to(data)
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


def _stream(text: str, delay: float) -> Iterator[Json | float]:
    """The text word by word, as newer models tell it."""
    for word in re.findall(r"\s*\S+", text):
        if delay:
            yield delay
        yield {"type": "transcript.text.delta", "delta": word}
    yield {"type": "transcript.text.done", "text": text}


class _Transcript:
    """A text with times: each sentence a segment, as long as its share of the letters."""

    def __init__(self, task: str, text: str, recording: Recording, params: Json) -> None:
        self._task = task
        self._text = text
        self._seconds = recording.seconds
        self._params = params
        parts = re.findall(r"\S.*?(?:[.!?]+(?=\s|$)|$)", text, re.DOTALL) or [text]
        self._segments = list(_timed(parts, 0.0, recording.seconds))

    def answer(self, form: str) -> Answer:
        """The answer in one of the five formats."""
        if form == "json":
            return as_json({"text": self._text})
        if form == "verbose_json":
            return as_json(self._verbose())
        lines = {"text": self._plain, "srt": self._srt, "vtt": self._vtt}[form]()
        kind = "text/vtt" if form == "vtt" else "text/plain"
        return Answer("".join(lines).encode(), content_type=f"{kind}; charset=utf-8")

    def _plain(self) -> Iterator[str]:
        yield self._text + "\n"

    def _srt(self) -> Iterator[str]:
        for number, (start, end, text) in enumerate(self._segments, 1):
            yield f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n\n"

    def _vtt(self) -> Iterator[str]:
        yield "WEBVTT\n\n"
        for start, end, text in self._segments:
            yield f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n\n"

    def _verbose(self) -> Json:
        code = (self._params.get("language") or "en").lower()
        wanted = self._params.get("timestamp_granularities") or ["segment"]
        described: Json = {
            "task": self._task,
            "language": "english" if self._task == "translate" else _LANGUAGES.get(code, code),
            "duration": round(self._seconds, 3),
            "text": self._text,
        }
        if "word" in wanted:
            described["words"] = [
                {"word": word, "start": round(begin, 2), "end": round(finish, 2)}
                for start, end, text in self._segments
                for begin, finish, word in _timed(text.split(), start, end)
            ]
        if "segment" in wanted:
            described["segments"] = [self._segment(*row) for row in enumerate(self._segments)]
        return described

    def _segment(self, number: int, row: tuple[float, float, str]) -> Json:
        start, end, text = row
        return {
            "id": number,
            "seek": 0,
            "start": round(start, 2),
            "end": round(end, 2),
            "text": " " + text,
            "tokens": tokenizer().encode(" " + text),
            "temperature": self._params["temperature"],
            "avg_logprob": -0.2,
            "compression_ratio": round(len(text) / max(1, len(set(text))), 3),
            "no_speech_prob": 0.01,
        }


def _timed(parts: list[str], start: float, end: float) -> Iterator[tuple[float, float, str]]:
    """Parts of a text with their begin and end, in seconds, one after the other."""
    letters = math.fsum(map(len, parts)) or 1.0
    at = start
    for part in parts:
        until = min(end, at + (end - start) * len(part) / letters)
        yield at, until, part
        at = until


def _clock(seconds: float, point: str) -> str:
    """`00:01:02,345`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


ENDPOINTS = (
    Endpoint("POST", "/audio/transcriptions", transcribe, TRANSCRIBE, "form"),
    Endpoint("POST", "/audio/translations", translate, _COMMON, "form"),
)
