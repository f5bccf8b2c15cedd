"""https://platform.openai.com/docs/api-reference/realtime"""

from __future__ import annotations

import functools
from typing import Any

from typing_extensions import Unpack

from .._config import NOT_GIVEN
from .._multipart import TypedField
from .._request import Request, RequestOptions, path
from .._resource import Resource
from .._response import BinaryBody
from ..types.realtime import (
    RealtimeCallAcceptParams,
    RealtimeCallCreateParams,
    RealtimeCallReferParams,
    RealtimeCallRejectParams,
    RealtimeClientSecret,
    RealtimeClientSecretCreateParams,
    RealtimeTranslationClientSecret,
    RealtimeTranslationClientSecretCreateParams,
)

__all__ = [
    "Realtime", "RealtimeCalls", "RealtimeClientSecrets", "RealtimeTranslationClientSecrets",
    "RealtimeTranslations",
]  # fmt: skip


class Realtime(Resource):
    """Keys and calls for speech in real time."""

    @functools.cached_property
    def client_secrets(self) -> RealtimeClientSecrets:
        """Keys for browsers and phones."""
        return RealtimeClientSecrets(self._client)

    @functools.cached_property
    def calls(self) -> RealtimeCalls:
        """Calls by WebRTC and by telephone."""
        return RealtimeCalls(self._client)

    @functools.cached_property
    def translations(self) -> RealtimeTranslations:
        """Sessions that translate."""
        return RealtimeTranslations(self._client)


class RealtimeClientSecrets(Resource):
    """Keys for browsers and phones."""

    async def create(
        self, **params: Unpack[RealtimeClientSecretCreateParams]
    ) -> RealtimeClientSecret:
        """Make a key that opens sessions, for ten minutes unless told otherwise."""
        return await self._post(
            "/realtime/client_secrets",
            RealtimeClientSecret,
            json=params,
            takes=RealtimeClientSecretCreateParams,
        )


class RealtimeTranslations(Resource):
    """Sessions that translate."""

    @functools.cached_property
    def client_secrets(self) -> RealtimeTranslationClientSecrets:
        """Keys for browsers and phones."""
        return RealtimeTranslationClientSecrets(self._client)


class RealtimeTranslationClientSecrets(Resource):
    """Keys for browsers and phones."""

    async def create(
        self, **params: Unpack[RealtimeTranslationClientSecretCreateParams]
    ) -> RealtimeTranslationClientSecret:
        """Make a key that opens sessions which translate."""
        return await self._post(
            "/realtime/translations/client_secrets",
            RealtimeTranslationClientSecret,
            json=params,
            takes=RealtimeTranslationClientSecretCreateParams,
        )


class RealtimeCalls(Resource):
    """Calls by WebRTC and by telephone. Those that come are told by a webhook."""

    async def create(self, **params: Unpack[RealtimeCallCreateParams]) -> BinaryBody:
        """Begin a call by WebRTC; the body is the SDP answer, its `Location` header names the call."""
        form: dict[str, Any] = {**params}
        if isinstance(form.get("sdp"), (str, bytes)):
            form["sdp"] = TypedField(form["sdp"], "application/sdp")
        session = form.get("session")
        if session is not None and session is not NOT_GIVEN:
            body = Request("POST", "/realtime/calls", None, json=session).content()
            form["session"] = TypedField(body or b"", "application/json")
        form["extra_headers"] = {"Accept": "application/sdp", **(params.get("extra_headers") or {})}
        return await self._post(
            "/realtime/calls", BinaryBody, form=form, takes=RealtimeCallCreateParams
        )

    async def accept(self, call_id: str, **params: Unpack[RealtimeCallAcceptParams]) -> None:
        """Take a call that comes in, with these settings of its session."""
        url = path("/realtime/calls/{call_id}/accept", call_id=call_id)
        return await self._post(url, type(None), json=params, takes=RealtimeCallAcceptParams)

    async def hangup(self, call_id: str, **options: Unpack[RequestOptions]) -> None:
        """End a call."""
        url = path("/realtime/calls/{call_id}/hangup", call_id=call_id)
        return await self._post(url, type(None), json=options)

    async def refer(self, call_id: str, **params: Unpack[RealtimeCallReferParams]) -> None:
        """Hand a call over to another number."""
        url = path("/realtime/calls/{call_id}/refer", call_id=call_id)
        return await self._post(url, type(None), json=params, takes=RealtimeCallReferParams)

    async def reject(self, call_id: str, **params: Unpack[RealtimeCallRejectParams]) -> None:
        """Decline a call that comes in."""
        url = path("/realtime/calls/{call_id}/reject", call_id=call_id)
        return await self._post(url, type(None), json=params, takes=RealtimeCallRejectParams)
