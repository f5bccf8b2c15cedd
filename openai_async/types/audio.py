"""Audio: https://platform.openai.com/docs/api-reference/audio"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._base64 import decoded
from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "AudioFormat", "AudioTextFormat", "ServerVadParam", "SpeechAudioDeltaEvent", "SpeechAudioDoneEvent",
    "SpeechCreateParams", "SpeechFormat", "SpeechModel", "SpeechStreamEvent", "SpeechUsage",
    "SpeechVoice", "Transcription", "TranscriptionCreateParams", "TranscriptionDiarized",
    "TranscriptionDiarizedSegment", "TranscriptionDurationUsage", "TranscriptionFormat",
    "TranscriptionInputTokenDetails", "TranscriptionLanguage", "TranscriptionLogprob",
    "TranscriptionModel", "TranscriptionSegment", "TranscriptionStreamEvent",
    "TranscriptionTextDeltaEvent", "TranscriptionTextDoneEvent", "TranscriptionTextSegmentEvent",
    "TranscriptionTokenUsage", "TranscriptionUsage", "TranscriptionVerbose", "TranscriptionWord",
    "Translation", "TranslationCreateParams", "TranslationVerbose", "Voice", "VoiceConsent",
    "VoiceConsentCreateParams", "VoiceConsentDeleted", "VoiceConsentListParams",
    "VoiceConsentUpdateParams", "VoiceCreateParams", "VoiceDeleted", "VoiceReferenceParam",
]  # fmt: skip

# From words to sound

SpeechModel = Literal["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15"] | str
SpeechFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
"""`pcm` is 24,000 samples a second, of 16 bits, little-endian, without a header."""


class VoiceReferenceParam(TypedDict, total=False):
    id: Required[str]
    """Of a voice of your own."""


SpeechVoice = (
    Literal[
        "alloy",
        "ash",
        "ballad",
        "coral",
        "echo",
        "fable",
        "onyx",
        "nova",
        "sage",
        "shimmer",
        "verse",
        "marin",
        "cedar",
    ]
    | str
    | VoiceReferenceParam
)


class SpeechCreateParams(RequestOptions, total=False):
    input: Required[str]
    """What to say, in up to 4,096 characters."""
    model: Required[SpeechModel]
    voice: Required[SpeechVoice]
    instructions: str
    """How to say it; not for `tts-1` and `tts-1-hd`."""
    response_format: SpeechFormat
    """Default: `mp3`."""
    speed: float
    """From 0.25 to 4. Default: 1."""


class SpeechAudioDeltaEvent(Model):
    """A part of the sound."""

    type: Literal["speech.audio.delta"]
    audio: str
    """Bytes as base64; see `decode`."""

    def decode(self) -> bytes:
        """The bytes. Raises `APIResponseError` if they aren't base64."""
        return decoded(self.audio, "a part of the sound")


class SpeechUsage(Model):
    input_tokens: int
    output_tokens: int
    total_tokens: int


class SpeechAudioDoneEvent(Model):
    """All has been said."""

    type: Literal["speech.audio.done"]
    usage: SpeechUsage


SpeechStreamEvent = Annotated[SpeechAudioDeltaEvent | SpeechAudioDoneEvent, OpenUnion()]


# From sound to words

AudioTextFormat = Literal["text", "srt", "vtt"]
"""The formats that come as text: plain, and subtitles of two kinds."""

AudioFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
"""`json` holds the text alone, `verbose_json` its segments and their times too."""

TranscriptionFormat = AudioFormat | Literal["diarized_json"]
"""`diarized_json` tells who speaks. `whisper-1` knows all others, newer models `json` alone."""

TranscriptionModel = str | Literal[
    "whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize",
]  # fmt: skip


class TranslationCreateParams(RequestOptions, total=False):
    file: Required[FileInput]
    """The recording (flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm): a path, bytes, a file
    object, an iterator of bytes, or `(file name, content[, type])`. The server tells the format by
    the name's ending."""
    model: Required[TranscriptionModel]
    """The model's id; for translations `whisper-1`."""
    prompt: str
    """Text in front of the recording's, or in the wished style; in English for a translation."""
    temperature: float
    """From 0 to 1. At 0, the default, it is raised by the server as long as the result is poor."""


class ServerVadParam(TypedDict, total=False):
    """How the server finds the pauses in a recording."""

    type: Required[Literal["server_vad"]]
    prefix_padding_ms: int
    """How much of what is in front of speech is kept. Default: 300."""
    silence_duration_ms: int
    """How long a pause has to be. Default: 200."""
    threshold: float
    """How loud speech has to be, from 0 to 1. Default: 0.5."""


class TranscriptionCreateParams(TranslationCreateParams, total=False):
    language: str
    """What is spoken, as an ISO 639-1 code such as `de`: faster and better than having it guessed."""
    languages: Sequence[str]
    """What may be spoken, for `gpt-transcribe`."""
    keywords: Sequence[str]
    """Words that may be said, for `gpt-transcribe`."""
    include: Sequence[Literal["logprobs"]]
    """What to tell beside; with `json` of `gpt-4o-transcribe` and `gpt-4o-mini-transcribe` only."""
    timestamp_granularities: Sequence[Literal["word", "segment"]]
    """What to tell the times of, with `verbose_json`. Default: segments; words take longer."""
    chunking_strategy: Literal["auto"] | ServerVadParam | None
    """How the recording is cut into pieces. Default: not at all; `gpt-4o-transcribe-diarize` wants
    it from 30 seconds on."""
    known_speaker_names: Sequence[str]
    """Up to 4, for `gpt-4o-transcribe-diarize`."""
    known_speaker_references: Sequence[str]
    """How each of them sounds: data URLs of 2 to 10 seconds."""


class TranscriptionLanguage(Model):
    code: str


class TranscriptionLogprob(Model):
    token: str | None = None
    logprob: float | None = None
    bytes: list[int] | None = None
    """The token in UTF-8."""


class TranscriptionInputTokenDetails(Model):
    text_tokens: int | None = None
    audio_tokens: int | None = None


class TranscriptionTokenUsage(Model):
    """Usage by tokens."""

    type: Literal["tokens"]
    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_token_details: TranscriptionInputTokenDetails | None = None


class TranscriptionDurationUsage(Model):
    """Usage by time."""

    type: Literal["duration"]
    seconds: float


TranscriptionUsage = Annotated[TranscriptionTokenUsage | TranscriptionDurationUsage, OpenUnion()]


class Transcription(Model):
    """What is said in a recording."""

    text: str
    languages: list[TranscriptionLanguage] | None = None
    """What is spoken, as `gpt-transcribe` hears it; empty if it can't tell."""
    logprobs: list[TranscriptionLogprob] | None = None
    usage: TranscriptionUsage | None = None


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
    seek: int
    """Where in the recording the model's window began, in hundredths of a second."""
    tokens: list[int]
    temperature: float
    """The temperature that gave this text in the end."""
    avg_logprob: float
    """The mean log probability of its tokens; below -1 it is likely to be wrong."""
    compression_ratio: float
    """How far gzip can shrink the text; above 2.4 it is likely to repeat itself."""
    no_speech_prob: float
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
    language: str
    """What is spoken, as a name such as `english` or a code, as the server has it."""
    duration: float
    """The recording's length in seconds; some servers write it as a string."""
    segments: list[TranscriptionSegment] = Field(default_factory=list[TranscriptionSegment])
    words: list[TranscriptionWord] | None = None
    """None unless the server was asked for them and can tell."""
    usage: TranscriptionDurationUsage | None = None


class TranslationVerbose(Model):
    """What is said, in English, and when: the answer to `response_format="verbose_json"`."""

    text: str
    task: Literal["translate"] | str | None = None
    language: str
    """The language of `text`: `english`."""
    duration: float
    """The recording's length in seconds; some servers write it as a string."""
    segments: list[TranscriptionSegment] = Field(default_factory=list[TranscriptionSegment])


class TranscriptionDiarizedSegment(Model):
    """What one speaker says."""

    type: Literal["transcript.text.segment"]
    id: str
    start: float
    """When it begins, in seconds."""
    end: float
    """When it ends, in seconds."""
    text: str
    speaker: str
    """One of the names that were given, else `A`, `B`, ..."""


class TranscriptionDiarized(Model):
    """Who says what in a recording: the answer to `response_format="diarized_json"`."""

    text: str
    task: str
    """Always `transcribe`."""
    duration: float
    """The recording's length in seconds."""
    segments: list[TranscriptionDiarizedSegment]
    usage: TranscriptionUsage | None = None


class TranscriptionTextSegmentEvent(TranscriptionDiarizedSegment):
    """A finished segment, where speakers are told apart."""


class TranscriptionTextDeltaEvent(Model):
    """More of the text."""

    type: Literal["transcript.text.delta"]
    delta: str
    logprobs: list[TranscriptionLogprob] | None = None
    segment_id: str | None = None
    """Of the segment that it belongs to, where speakers are told apart."""


class TranscriptionTextDoneEvent(Model):
    """The whole text."""

    type: Literal["transcript.text.done"]
    text: str
    languages: list[TranscriptionLanguage] | None = None
    """What is spoken, as `gpt-transcribe` hears it; empty if it can't tell."""
    logprobs: list[TranscriptionLogprob] | None = None
    usage: TranscriptionUsage | None = None
    """By time where `whisper-1`, which knows no streams, gave the whole at once."""


TranscriptionStreamEvent = Annotated[
    TranscriptionTextDeltaEvent | TranscriptionTextDoneEvent | TranscriptionTextSegmentEvent,
    OpenUnion(),
]


# Voices of one's own


class VoiceCreateParams(RequestOptions, total=False):
    """A voice is made like a recording, with its speaker's consent, or as a prompt says."""

    name: Required[str]
    audio_sample: FileInput
    """How it sounds: a recording of up to 10 MiB."""
    consent: str
    """The id of the recording in which the speaker agrees."""
    type: Literal["audio_sample", "prompt"]
    """Default: `audio_sample`."""
    prompt: str
    """How it is to sound, in words."""
    model: str
    """Which makes it from a prompt."""
    script_hint: str


class Voice(Model):
    """A voice of one's own: `voice={"id": ...}`."""

    id: str
    object: str
    """Always `audio.voice`."""
    name: str
    created_at: int
    """Seconds since the epoch."""


class VoiceDeleted(Model):
    """A voice that is gone."""

    id: str
    object: str
    deleted: bool


class VoiceConsentCreateParams(RequestOptions, total=False):
    name: Required[str]
    language: Required[str]
    """What is spoken, as a BCP 47 tag such as `en-US`."""
    recording: Required[FileInput]
    """A recording of up to 10 MiB in which the speaker agrees."""


class VoiceConsentUpdateParams(RequestOptions, total=False):
    name: Required[str]


class VoiceConsentListParams(RequestOptions, total=False):
    after: str
    """The id of the last item of the page before."""
    limit: int
    """Items in a page, from 1 to 100. Default: 20."""


class VoiceConsent(Model):
    """A recording in which a speaker agrees to be imitated."""

    id: str
    object: str
    """Always `audio.voice_consent`."""
    name: str
    language: str
    created_at: int
    """Seconds since the epoch."""


class VoiceConsentDeleted(Model):
    """A consent that is gone."""

    id: str
    object: str
    deleted: bool
