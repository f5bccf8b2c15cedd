"""Audio: https://platform.openai.com/docs/api-reference/audio"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from typing_extensions import Required

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions

__all__ = [
    "AudioFormat",
    "AudioTextFormat",
    "Transcription",
    "TranscriptionCreateParams",
    "TranscriptionSegment",
    "TranscriptionVerbose",
    "TranscriptionWord",
    "Translation",
    "TranslationCreateParams",
    "TranslationVerbose",
]

AudioTextFormat = Literal["text", "srt", "vtt"]
"""The formats that come as text: plain, and subtitles of two kinds."""

AudioFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
"""All formats; `json` holds the text alone, `verbose_json` its segments and their times too."""


class TranslationCreateParams(RequestOptions, total=False):
    file: Required[FileInput]
    """The recording (flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm): a path, bytes, a file
    object, an iterator of bytes, or `(file name, content[, type])`. The server tells the format by
    the name's ending."""
    model: Required[str]
    """The model's id, such as `whisper-1`."""
    prompt: str
    """Text in front of the recording's, or in the wished style; in English for a translation."""
    temperature: float
    """From 0 to 1. At 0, the default, it is raised by the server as long as the result is poor."""


class TranscriptionCreateParams(TranslationCreateParams, total=False):
    language: str
    """What is spoken, as an ISO 639-1 code such as `de`: faster and better than having it guessed."""


class Transcription(Model):
    """What is said in a recording."""

    text: str


class Translation(Model):
    """What is said in a recording, in English."""

    text: str


class TranscriptionSegment(Model):
    """A part of a recording, about a sentence long."""

    id: int
    """Its place among the segments, from 0."""
    start: float
    """When it begins, in seconds."""
    end: float
    """When it ends, in seconds."""
    text: str
    seek: int | None = None
    """Where in the recording the model's window began, in hundredths of a second."""
    tokens: list[int] | None = None
    temperature: float | None = None
    """The temperature that gave this text in the end."""
    avg_logprob: float | None = None
    """The mean log probability of its tokens; below -1 it is likely to be wrong."""
    compression_ratio: float | None = None
    """How far gzip can shrink the text; above 2.4 it is likely to repeat itself."""
    no_speech_prob: float | None = None
    """From 0 to 1: how likely it is that nothing is said here."""


class TranscriptionWord(Model):
    """A word and its time."""

    word: str
    start: float
    """When it begins, in seconds."""
    end: float
    """When it ends, in seconds."""


class TranscriptionVerbose(Model):
    """What is said in a recording, and when: the answer to `response_format="verbose_json"`."""

    text: str
    task: Literal["transcribe"] | str | None = None
    language: str | None = None
    """What is spoken, as a name such as `english` or a code, as the server has it."""
    duration: float | None = None
    """The recording's length in seconds; some servers write it as a string."""
    segments: list[TranscriptionSegment] = Field(default_factory=list[TranscriptionSegment])
    words: list[TranscriptionWord] | None = None
    """None unless the server was asked for them and can tell."""


class TranslationVerbose(Model):
    """What is said, in English, and when: the answer to `response_format="verbose_json"`."""

    text: str
    task: Literal["translate"] | str | None = None
    language: str | None = None
    """The language of `text`: `english`."""
    duration: float | None = None
    """The recording's length in seconds; some servers write it as a string."""
    segments: list[TranscriptionSegment] = Field(default_factory=list[TranscriptionSegment])
