"""https://platform.openai.com/docs/api-reference/chatkit"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from ..types.chatkit import (
    ChatKitItemListParams,
    ChatKitSession,
    ChatKitSessionCreateParams,
    ChatKitThread,
    ChatKitThreadDeleted,
    ChatKitThreadItem,
    ChatKitThreadListParams,
)

__all__ = ["ChatKit", "ChatKitSessions", "ChatKitThreads"]

BETA = {"OpenAI-Beta": "chatkit_beta=v1"}


def _beta(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters, with the header that says which version of ChatKit is meant."""
    return {**params, "extra_headers": {**BETA, **(params.get("extra_headers") or {})}}


class ChatKit(Resource):
    """Sessions and threads of ChatKit, the chat for web pages."""

    @functools.cached_property
    def sessions(self) -> ChatKitSessions:
        """What lets a web page talk to a workflow."""
        return ChatKitSessions(self._client)

    @functools.cached_property
    def threads(self) -> ChatKitThreads:
        """What was said in the sessions of a user."""
        return ChatKitThreads(self._client)


class ChatKitSessions(Resource):
    """What lets a web page talk to a workflow."""

    async def create(self, **params: Unpack[ChatKitSessionCreateParams]) -> ChatKitSession:
        """Begin a session, whose `client_secret` is for the page."""
        return await self._post(
            "/chatkit/sessions",
            ChatKitSession,
            json=_beta(params),
            takes=ChatKitSessionCreateParams,
        )

    async def cancel(self, session_id: str, **options: Unpack[RequestOptions]) -> ChatKitSession:
        """End a session: its secret opens nothing any more."""
        url = path("/chatkit/sessions/{session_id}/cancel", session_id=session_id)
        return await self._post(url, ChatKitSession, json=_beta(options))


class ChatKitThreads(Resource):
    """What was said in the sessions of a user."""

    def list(self, **params: Unpack[ChatKitThreadListParams]) -> Pager[ChatKitThread]:
        """Iterate over threads; await for the first page."""
        return self._page(
            "/chatkit/threads", ChatKitThread, query=_beta(params), takes=ChatKitThreadListParams
        )

    async def retrieve(self, thread_id: str, **options: Unpack[RequestOptions]) -> ChatKitThread:
        """A thread's title, user and status."""
        url = path("/chatkit/threads/{thread_id}", thread_id=thread_id)
        return await self._get(url, ChatKitThread, query=_beta(options))

    async def delete(
        self, thread_id: str, **options: Unpack[RequestOptions]
    ) -> ChatKitThreadDeleted:
        """Delete a thread and what it holds."""
        url = path("/chatkit/threads/{thread_id}", thread_id=thread_id)
        return await self._delete(url, ChatKitThreadDeleted, query=_beta(options))

    def list_items(
        self, thread_id: str, **params: Unpack[ChatKitItemListParams]
    ) -> Pager[ChatKitThreadItem]:
        """Iterate over what was said in a thread; await for the first page."""
        url = path("/chatkit/threads/{thread_id}/items", thread_id=thread_id)
        return self._page(url, ChatKitThreadItem, query=_beta(params), takes=ChatKitItemListParams)
