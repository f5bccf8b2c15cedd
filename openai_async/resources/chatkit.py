"""https://platform.openai.com/docs/api-reference/chatkit"""

from __future__ import annotations

import functools

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

    _headers = BETA

    async def create(self, **params: Unpack[ChatKitSessionCreateParams]) -> ChatKitSession:
        """Begin a session, whose `client_secret` is for the page."""
        return await self._post(
            "/chatkit/sessions", ChatKitSession, json=params, takes=ChatKitSessionCreateParams
        )

    async def cancel(self, session_id: str, **options: Unpack[RequestOptions]) -> ChatKitSession:
        """End a session: its secret opens nothing any more."""
        url = path("/chatkit/sessions/{session_id}/cancel", session_id=session_id)
        return await self._post(url, ChatKitSession, json=options)


class ChatKitThreads(Resource):
    """What was said in the sessions of a user."""

    _headers = BETA

    def list(self, **params: Unpack[ChatKitThreadListParams]) -> Pager[ChatKitThread]:
        """Iterate over threads; await for the first page."""
        return self._page(
            "/chatkit/threads", ChatKitThread, query=params, takes=ChatKitThreadListParams
        )

    async def retrieve(self, thread_id: str, **options: Unpack[RequestOptions]) -> ChatKitThread:
        """A thread's title, user and status."""
        url = path("/chatkit/threads/{thread_id}", thread_id=thread_id)
        return await self._get(url, ChatKitThread, query=options)

    async def delete(
        self, thread_id: str, **options: Unpack[RequestOptions]
    ) -> ChatKitThreadDeleted:
        """Delete a thread and what it holds."""
        url = path("/chatkit/threads/{thread_id}", thread_id=thread_id)
        return await self._delete(url, ChatKitThreadDeleted, query=options)

    def list_items(
        self, thread_id: str, **params: Unpack[ChatKitItemListParams]
    ) -> Pager[ChatKitThreadItem]:
        """Iterate over what was said in a thread; await for the first page."""
        url = path("/chatkit/threads/{thread_id}/items", thread_id=thread_id)
        return self._page(url, ChatKitThreadItem, query=params, takes=ChatKitItemListParams)
