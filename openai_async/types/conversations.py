"""Conversations that are kept on the server: https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion
from ._response_input import ResponseInputItemParam
from ._response_items import (
    ReasoningText,
    ResponseCacheBreakpoint,
    ResponseCommonItem,
    ResponseCustomToolCall,
    ResponseFunctionToolCallItem,
    ResponseInputContent,
    ResponseInputFile,
    ResponseInputImage,
    ResponseInputText,
    ResponseOutputRefusal,
    ResponseOutputText,
    ToolCallCaller,
)
from ._response_params import ResponseIncludable

__all__ = [
    "Conversation",
    "ConversationCreateParams",
    "ConversationDeleted",
    "ConversationItem",
    "ConversationItemCreateParams",
    "ConversationItemListParams",
    "ConversationItemRetrieveParams",
    "ConversationMessage",
    "ConversationScreenshot",
    "ConversationText",
    "ConversationUpdateParams",
    "ReasoningSummaryText",
    "ResponseCustomToolCallOutput",
]

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


class ConversationText(Model):
    type: Literal["text"]
    text: str


class ReasoningSummaryText(Model):
    type: Literal["summary_text"]
    text: str


class ConversationScreenshot(Model):
    type: Literal["computer_screenshot"]
    image_url: str | None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None
    detail: Literal["low", "high", "auto", "original"] | str
    prompt_cache_breakpoint: ResponseCacheBreakpoint | None = None


class ConversationMessage(Model):
    """A message of anybody."""

    type: Literal["message"]
    id: str
    status: Literal["in_progress", "completed", "incomplete"] | str
    role: (
        Literal[
            "unknown", "user", "assistant", "system", "critic", "discriminator", "developer", "tool"
        ]
        | str
    )
    content: list[
        Annotated[
            ResponseInputText
            | ResponseOutputText
            | ConversationText
            | ReasoningSummaryText
            | ReasoningText
            | ResponseOutputRefusal
            | ResponseInputImage
            | ConversationScreenshot
            | ResponseInputFile,
            OpenUnion(),
        ]
    ]
    phase: Literal["commentary", "final_answer"] | str | None = None


class ResponseCustomToolCallOutput(Model):
    """As a conversation tells it."""

    type: Literal["custom_tool_call_output"]
    call_id: str
    output: str | list[ResponseInputContent]
    id: str | None = None
    caller: ToolCallCaller | None = None


ConversationItem = Annotated[
    ConversationMessage
    | ResponseFunctionToolCallItem
    | ResponseCustomToolCall
    | ResponseCustomToolCallOutput
    | ResponseCommonItem,
    OpenUnion(),
]
"""What a conversation consists of."""
