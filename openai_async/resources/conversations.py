"""https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

import functools
from typing import Any

from typing_extensions import Unpack

from .._pagination import Page, Pager
from .._request import RequestOptions, bind, path
from .._resource import Resource
from ..types.conversations import (
    Conversation,
    ConversationCreateParams,
    ConversationDeleted,
    ConversationItem,
    ConversationItemCreateParams,
    ConversationItemListParams,
    ConversationItemRetrieveParams,
    ConversationUpdateParams,
)

__all__ = ["ConversationItems", "Conversations"]


class Conversations(Resource):
    """Sequences of items that the server keeps, for responses to go on from and to add to."""

    @functools.cached_property
    def items(self) -> ConversationItems:
        """What conversations consist of."""
        return ConversationItems(self._client)

    async def create(self, **params: Unpack[ConversationCreateParams]) -> Conversation:
        """Begin a conversation."""
        return await self._post(
            "/conversations", Conversation, json=params, takes=ConversationCreateParams
        )

    async def retrieve(
        self, conversation_id: str, **options: Unpack[RequestOptions]
    ) -> Conversation:
        """A conversation, without its items."""
        return await self._get(_url(conversation_id), Conversation, query=options)

    async def update(
        self, conversation_id: str, **params: Unpack[ConversationUpdateParams]
    ) -> Conversation:
        """Change the metadata."""
        return await self._post(
            _url(conversation_id), Conversation, json=params, takes=ConversationUpdateParams
        )

    async def delete(
        self, conversation_id: str, **options: Unpack[RequestOptions]
    ) -> ConversationDeleted:
        """Delete a conversation; its items are kept."""
        return await self._delete(_url(conversation_id), ConversationDeleted, query=options)


class ConversationItems(Resource):
    """What conversations consist of."""

    async def create(
        self, conversation_id: str, **params: Unpack[ConversationItemCreateParams]
    ) -> Page[ConversationItem]:
        """Add items; gives those that were added."""
        given, options = bind(params, ConversationItemCreateParams)
        query = {"include": given.pop("include")} if "include" in given else None
        added: type[Page[ConversationItem]] = Page[ConversationItem]
        return await self._call(
            "POST", f"{_url(conversation_id)}/items", added, options, json=given, query=query
        )

    def list(
        self, conversation_id: str, **params: Unpack[ConversationItemListParams]
    ) -> Pager[ConversationItem]:
        """Iterate over the items, newest first unless ordered otherwise; await for the first page."""
        return self._page(
            f"{_url(conversation_id)}/items",
            ConversationItem,
            query=params,
            takes=ConversationItemListParams,
        )

    async def retrieve(
        self,
        item_id: str,
        *,
        conversation_id: str,
        **params: Unpack[ConversationItemRetrieveParams],
    ) -> ConversationItem:
        """An item."""
        kind: Any = ConversationItem  # a union is no class
        item: ConversationItem = await self._get(
            _url_of_item(item_id, conversation_id),
            kind,
            query=params,
            takes=ConversationItemRetrieveParams,
        )
        return item

    async def delete(
        self, item_id: str, *, conversation_id: str, **options: Unpack[RequestOptions]
    ) -> Conversation:
        """Take an item out; gives the conversation."""
        url = _url_of_item(item_id, conversation_id)
        return await self._delete(url, Conversation, query=options)


def _url(conversation_id: str) -> str:
    return path("/conversations/{conversation_id}", conversation_id=conversation_id)


def _url_of_item(item_id: str, conversation_id: str) -> str:
    return f"{_url(conversation_id)}{path('/items/{item_id}', item_id=item_id)}"
