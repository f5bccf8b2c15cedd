"""https://platform.openai.com/docs/api-reference/audio"""

from __future__ import annotations

import functools
from typing import Any, Literal, overload

from typing_extensions import Unpack

from .._resource import Resource
from ..types.audio import (
    AudioFormat,
    AudioTextFormat,
    Transcription,
    TranscriptionCreateParams,
    TranscriptionVerbose,
    Translation,
    TranslationCreateParams,
    TranslationVerbose,
)

__all__ = ["Audio", "Transcriptions", "Translations"]


class Audio(Resource):
    """Recordings of speech."""

    @functools.cached_property
    def transcriptions(self) -> Transcriptions:
        """What is said, in the language that is spoken."""
        return Transcriptions(self._client)

    @functools.cached_property
    def translations(self) -> Translations:
        """What is said, in English."""
        return Translations(self._client)


class Transcriptions(Resource):
    """What is said in a recording, in the language that is spoken."""

    @overload
    async def create(
        self,
        *,
        response_format: Literal["json"] | None = ...,
        **params: Unpack[TranscriptionCreateParams],
    ) -> Transcription: ...
    @overload
    async def create(
        self,
        *,
        response_format: Literal["verbose_json"],
        **params: Unpack[TranscriptionCreateParams],
    ) -> TranscriptionVerbose: ...
    @overload
    async def create(
        self, *, response_format: AudioTextFormat, **params: Unpack[TranscriptionCreateParams]
    ) -> str: ...
    @overload
    async def create(
        self, *, response_format: AudioFormat | None, **params: Unpack[TranscriptionCreateParams]
    ) -> Transcription | TranscriptionVerbose | str: ...
    async def create(
        self,
        *,
        response_format: AudioFormat | None = None,
        **params: Unpack[TranscriptionCreateParams],
    ) -> Transcription | TranscriptionVerbose | str:
        """Write down what is said. `response_format` is what comes: a model, or text as `str`.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        into = _answer(response_format, Transcription, TranscriptionVerbose)
        form = {**params, "response_format": response_format}
        return await self._post("/audio/transcriptions", into, form=form, takes=_Transcribe)


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
        return await self._post("/audio/translations", into, form=form, takes=_Translate)


class _Transcribe(TranscriptionCreateParams, total=False):
    response_format: AudioFormat | None


class _Translate(TranslationCreateParams, total=False):
    response_format: AudioFormat | None


def _answer(response_format: str | None, plain: Any, verbose: Any) -> Any:
    """What an answer is decoded to; a format that we don't know is given as the text that came."""
    return {None: plain, "json": plain, "verbose_json": verbose}.get(response_format, str)
