"""Namespaces under the names of before they are final, for code that moves over."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from .._resource import Resource
from ..types.realtime import (
    SessionCreated,
    SessionCreateParams,
    TranscriptionSessionCreated,
    TranscriptionSessionCreateParams,
)

if TYPE_CHECKING:
    from .chat import Chat
    from .chatkit import ChatKit
    from .responses import Responses

__all__ = ["Beta", "BetaRealtime", "BetaRealtimeSessions", "BetaRealtimeTranscriptionSessions"]


class Beta(Resource):
    """Namespaces under the names that they have, or had, before they are final."""

    @property
    def chat(self) -> Chat:
        """The same as `client.chat`."""
        return self._client.chat

    @property
    def chatkit(self) -> ChatKit:
        """The same as `client.chatkit`."""
        return self._client.chatkit

    @property
    def responses(self) -> Responses:
        """The same as `client.responses`."""
        return self._client.responses

    @functools.cached_property
    def realtime(self) -> BetaRealtime:
        """Sessions of the first form; `client.realtime` has those of today."""
        return BetaRealtime(self._client)


class BetaRealtime(Resource):
    """Sessions of the first form; `client.realtime` has those of today."""

    @functools.cached_property
    def sessions(self) -> BetaRealtimeSessions:
        """Sessions in which a model speaks."""
        return BetaRealtimeSessions(self._client)

    @functools.cached_property
    def transcription_sessions(self) -> BetaRealtimeTranscriptionSessions:
        """Sessions in which speech is written down."""
        return BetaRealtimeTranscriptionSessions(self._client)


class BetaRealtimeSessions(Resource):
    """Sessions in which a model speaks."""

    async def create(self, **params: Unpack[SessionCreateParams]) -> SessionCreated:
        """Make a session, and a key that opens it."""
        return await self._post(
            "/realtime/sessions", SessionCreated, json=params, takes=SessionCreateParams
        )


class BetaRealtimeTranscriptionSessions(Resource):
    """Sessions in which speech is written down."""

    async def create(
        self, **params: Unpack[TranscriptionSessionCreateParams]
    ) -> TranscriptionSessionCreated:
        """Make a session, and a key that opens it."""
        return await self._post(
            "/realtime/transcription_sessions",
            TranscriptionSessionCreated,
            json=params,
            takes=TranscriptionSessionCreateParams,
        )
