"""Conversations that are kept on the server: https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from ._response_input import ResponseInputItemParam
from ._response_items import *  # noqa: F403
from ._response_params import ResponseIncludable

__all__ = [
    "Conversation", "ConversationCreateParams", "ConversationDeleted", "ConversationItemCreateParams",
    "ConversationItemListParams", "ConversationItemRetrieveParams", "ConversationUpdateParams",
]  # fmt: skip

# Parameters


class ConversationCreateParams(RequestOptions, total=False):
    metadata: Mapping[str, str] | None
    """At most 16 texts of at most 512 characters, under names of at most 64."""
    items: Sequence[ResponseInputItemParam] | None
    """What it begins with, at most 20."""


class ConversationUpdateParams(RequestOptions, total=False):
    metadata: Required[Mapping[str, str] | None]
    """Takes the place of what was there."""


class ConversationItemCreateParams(RequestOptions, total=False):
    items: Required[Sequence[ResponseInputItemParam]]
    """At most 20."""
    include: Sequence[ResponseIncludable]
    """What to tell of them beside."""


class ConversationItemRetrieveParams(RequestOptions, total=False):
    include: Sequence[ResponseIncludable]


class ConversationItemListParams(RequestOptions, total=False):
    after: str
    """An id: list what comes behind it."""
    include: Sequence[ResponseIncludable]
    limit: int
    """Items of a page, from 1 to 100. Default: 20."""
    order: Literal["asc", "desc"]
    """Default: `desc`, the newest first."""


# Answers


class Conversation(Model):
    """A sequence of items that is kept on the server."""

    id: str
    object: str
    """Always `conversation`."""
    metadata: dict[str, str] | None
    created_at: int
    """Seconds since the epoch."""


class ConversationDeleted(Model):
    """A conversation that is gone; its items are not."""

    object: str
    """Always `conversation.deleted`."""
    deleted: bool
    id: str
