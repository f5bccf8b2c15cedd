"""https://platform.openai.com/docs/api-reference/audio"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast, overload

from typing_extensions import Unpack

from .._json import is_array, is_object
from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from .._response import BinaryBody, StreamingResponse
from .._stream import AsyncStream, Streamed
from ..types.audio import (
    AudioFormat,
    AudioTextFormat,
    SpeechCreateParams,
    SpeechStreamEvent,
    Transcription,
    TranscriptionCreateParams,
    TranscriptionDiarized,
    TranscriptionFormat,
    TranscriptionStreamEvent,
    TranscriptionVerbose,
    Translation,
    TranslationCreateParams,
    TranslationVerbose,
    Voice,
    VoiceConsent,
    VoiceConsentCreateParams,
    VoiceConsentDeleted,
    VoiceConsentListParams,
    VoiceConsentUpdateParams,
    VoiceCreateParams,
    VoiceDeleted,
)

__all__ = ["Audio", "Speech", "Transcriptions", "Translations", "VoiceConsents", "Voices"]


class Audio(Resource):
    """From words to sound, and back."""

    @functools.cached_property
    def speech(self) -> Speech:
        """Texts, spoken."""
        return Speech(self._client)

    @functools.cached_property
    def transcriptions(self) -> Transcriptions:
        """What is said, in the language that is spoken."""
        return Transcriptions(self._client)

    @functools.cached_property
    def translations(self) -> Translations:
        """What is said, in English."""
        return Translations(self._client)

    @functools.cached_property
    def voices(self) -> Voices:
        """Voices of one's own."""
        return Voices(self._client)

    @functools.cached_property
    def voice_consents(self) -> VoiceConsents:
        """Recordings in which speakers agree to be imitated."""
        return VoiceConsents(self._client)


class Speech(Resource):
    """Texts, spoken."""

    @overload
    async def create(
        self,
        *,
        stream_format: Literal["audio"] | None = ...,
        **params: Unpack[SpeechCreateParams],
    ) -> BinaryBody: ...
    @overload
    async def create(
        self, *, stream_format: Literal["sse"], **params: Unpack[SpeechCreateParams]
    ) -> AsyncStream[SpeechStreamEvent]: ...
    async def create(
        self,
        *,
        stream_format: Literal["audio", "sse"] | None = None,
        **params: Unpack[SpeechCreateParams],
    ) -> BinaryBody | AsyncStream[SpeechStreamEvent]:
        """Say a text. `BinaryBody` iterates over the sound as it comes, or writes it to a path.

        With `stream_format="sse"` it comes as events, with the usage in the last one.
        """
        url = "/audio/speech"
        if stream_format == "sse":
            return await self._stream(url, SPOKEN, json=params, takes=SpeechCreateParams, by=SSE)
        asked = {**params, "stream_format": stream_format} if stream_format else params
        body: Any = await self._post(url, BinaryBody, json=asked, takes=_Speak)
        if isinstance(body, BinaryBody) and "json" in (body.content_type or ""):
            await body.json()  # no sound: raises for an error under a 200 (LM Studio)
        return cast("BinaryBody", body)


class Transcriptions(Resource):
    """What is said in a recording, in the language that is spoken."""

    @overload
    async def create(
        self,
        *,
        response_format: Literal["json"] | None = ...,
        stream: Literal[False] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> Transcription: ...
    @overload
    async def create(
        self,
        *,
        response_format: Literal["verbose_json"],
        stream: Literal[False] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> TranscriptionVerbose: ...
    @overload
    async def create(
        self,
        *,
        response_format: Literal["diarized_json"],
        stream: Literal[False] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> TranscriptionDiarized: ...
    @overload
    async def create(
        self,
        *,
        response_format: AudioTextFormat,
        stream: Literal[False] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> str: ...
    @overload
    async def create(
        self,
        *,
        response_format: TranscriptionFormat | None = ...,
        stream: Literal[True],
        **params: Unpack[TranscriptionCreateParams],
    ) -> AsyncStream[TranscriptionStreamEvent]: ...
    @overload
    async def create(
        self,
        *,
        response_format: TranscriptionFormat | None,
        stream: Literal[False] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> Transcription | TranscriptionVerbose | TranscriptionDiarized | str: ...
    @overload
    async def create(
        self,
        *,
        response_format: TranscriptionFormat | None = ...,
        stream: bool | None,
        **params: Unpack[TranscriptionCreateParams],
    ) -> (
        Transcription
        | TranscriptionVerbose
        | TranscriptionDiarized
        | str
        | AsyncStream[TranscriptionStreamEvent]
    ): ...
    async def create(
        self,
        *,
        response_format: TranscriptionFormat | None = None,
        stream: bool | None = None,
        **params: Unpack[TranscriptionCreateParams],
    ) -> (
        Transcription
        | TranscriptionVerbose
        | TranscriptionDiarized
        | str
        | AsyncStream[TranscriptionStreamEvent]
    ):
        """Write down what is said. `response_format` is what comes: a model, or text as `str`; with
        `stream=True`, events.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        url = "/audio/transcriptions"
        form = {**params, "response_format": response_format}
        if stream:
            return await self._stream(url, TRANSCRIBED, form=form, takes=_Transcribe)
        into: Any = TranscriptionDiarized
        if response_format != "diarized_json":
            into = _answer(response_format, Transcription, TranscriptionVerbose)
        given = await self._post(url, into, form=form, takes=_Transcribe)
        answer: Transcription | TranscriptionVerbose | TranscriptionDiarized | str = _bare_text(
            given
        )
        return answer


class Translations(Resource):
    """What is said in a recording, in English."""

    @overload
    async def create(
        self,
        *,
        response_format: Literal["json"] | None = ...,
        **params: Unpack[TranslationCreateParams],
    ) -> Translation: ...
    @overload
    async def create(
        self,
        *,
        response_format: Literal["verbose_json"],
        **params: Unpack[TranslationCreateParams],
    ) -> TranslationVerbose: ...
    @overload
    async def create(
        self, *, response_format: AudioTextFormat, **params: Unpack[TranslationCreateParams]
    ) -> str: ...
    @overload
    async def create(
        self, *, response_format: AudioFormat | None, **params: Unpack[TranslationCreateParams]
    ) -> Translation | TranslationVerbose | str: ...
    async def create(
        self,
        *,
        response_format: AudioFormat | None = None,
        **params: Unpack[TranslationCreateParams],
    ) -> Translation | TranslationVerbose | str:
        """Write down in English what is said. `response_format` is what comes: a model, or `str`.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        into = _answer(response_format, Translation, TranslationVerbose)
        form = {**params, "response_format": response_format}
        url = "/audio/translations"
        given = await self._post(url, into, form=form, takes=_Translate)
        answer: Translation | TranslationVerbose | str = _bare_text(given)
        return answer


class Voices(Resource):
    """Voices of one's own."""

    async def create(self, **params: Unpack[VoiceCreateParams]) -> Voice:
        """Make a voice that sounds like a recording or, where the server can, as a text says.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        files = frozenset({"audio_sample"})
        return await self._post(
            "/audio/voices", Voice, form=params, takes=VoiceCreateParams, files=files
        )

    async def delete(self, voice_id: str, **options: Unpack[RequestOptions]) -> VoiceDeleted:
        """Delete a voice."""
        url = path("/audio/voices/{voice_id}", voice_id=voice_id)
        return await self._delete(url, VoiceDeleted, query=options)


class VoiceConsents(Resource):
    """Recordings in which speakers agree to be imitated."""

    async def create(self, **params: Unpack[VoiceConsentCreateParams]) -> VoiceConsent:
        """Upload a recording.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post(
            "/audio/voice_consents",
            VoiceConsent,
            form=params,
            takes=VoiceConsentCreateParams,
            files=frozenset({"recording"}),
        )

    def list(self, **params: Unpack[VoiceConsentListParams]) -> Pager[VoiceConsent]:
        """Iterate over the consents; await for the first page."""
        return self._page(
            "/audio/voice_consents", VoiceConsent, query=params, takes=VoiceConsentListParams
        )

    async def retrieve(self, consent_id: str, **options: Unpack[RequestOptions]) -> VoiceConsent:
        """A consent's name and language."""
        return await self._get(_consent(consent_id), VoiceConsent, query=options)

    async def update(
        self, consent_id: str, **params: Unpack[VoiceConsentUpdateParams]
    ) -> VoiceConsent:
        """Give a consent another name."""
        return await self._post(
            _consent(consent_id), VoiceConsent, json=params, takes=VoiceConsentUpdateParams
        )

    async def delete(
        self, consent_id: str, **options: Unpack[RequestOptions]
    ) -> VoiceConsentDeleted:
        """Delete a consent."""
        return await self._delete(_consent(consent_id), VoiceConsentDeleted, query=options)


def _consent(consent_id: str) -> str:
    return path("/audio/voice_consents/{consent_id}", consent_id=consent_id)


class _Speak(SpeechCreateParams, total=False):
    stream_format: str


class _Transcribe(TranscriptionCreateParams, total=False):
    response_format: TranscriptionFormat | None


class _Translate(TranslationCreateParams, total=False):
    response_format: AudioFormat | None


def _bare_text(answer: Any) -> Any:
    """A text that was asked for, out of the object with a `text` that some servers put around it."""
    told: Any = answer
    if isinstance(told, StreamingResponse):
        cast("Any", told).complete_with(_bare_text)
    elif isinstance(told, str) and told.startswith("{"):
        with contextlib.suppress(ValueError):
            told = json.loads(told).get("text")
    return told if isinstance(told, str) else answer


def _answer(response_format: str | None, plain: Any, verbose: Any) -> Any:
    """What an answer is decoded to; a format that we don't know is given as the text that came."""
    known = {None: plain, "json": plain, "verbose_json": verbose}
    return known.get(response_format or None, str)  # NOT_GIVEN is no format either


def _finished(event: Any) -> Iterator[tuple[int, bool]]:
    """These streams end without a word: what tells is that the last event has come."""
    yield 0, str(getattr(event, "type", "")).endswith(".done")


def _from_whole(answer: dict[str, Any]) -> list[Any] | None:
    """A whole transcription, as of `whisper-1`, which knows no streams: its segments and the end."""
    if not isinstance(answer.get("text"), str):
        return None
    segments = answer.get("segments")
    told = (
        [one for one in segments if is_object(one) and "type" in one] if is_array(segments) else []
    )
    return [*told, {**answer, "type": "transcript.text.done"}]


SSE: Mapping[str, Any] = {"stream_format": "sse"}
SPOKEN = Streamed[SpeechStreamEvent](SpeechStreamEvent, _finished, closed=True)
TRANSCRIBED = Streamed[TranscriptionStreamEvent](
    TranscriptionStreamEvent, _finished, _from_whole, closed=True
)
