"""What the calls of responses take, and the answers of the smaller ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion
from ._response_events import ResponseConversation, ResponseUsage
from ._response_input import ResponseInputContentParam, ResponseInputParam
from ._response_items import (
    ResponseCommonItem,
    ResponseCustomToolCall,
    ResponseCustomToolCallOutputItem,
    ResponseFunctionToolCall,
    ResponseMessage,
)
from ._response_tools import ResponseToolChoiceParam, ResponseToolParam
from .chat import ResponseFormatJSONObjectParam, ResponseFormatTextParam

__all__ = [
    "CompactedResponse", "InputItemListParams", "InputTokenCountParams", "ResponseCompactParams",
    "ResponseCreateParams", "ResponseIncludable", "ResponseModerationParam", "ResponsePromptParam",
    "ResponseReasoningParam", "ResponseRetrieveParams", "ResponseStreamOptionsParam",
    "ResponseTextConfigParam", "ResponseTextFormatJSONSchemaParam", "ResponseTextFormatParam",
]  # fmt: skip


ResponseIncludable = Literal[
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url",
    "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
]  # fmt: skip
"""What an answer tells only when asked to."""

# Parameters


class ResponseTextFormatJSONSchemaParam(TypedDict, total=False):
    type: Required[Literal["json_schema"]]
    name: Required[str]
    """Letters, digits, underscores and dashes, at most 64."""
    schema: Required[Mapping[str, Any]]
    """A JSON schema of the answer."""
    description: str
    strict: bool | None
    """Whether to keep to the schema for certain; then some of JSON Schema is not allowed."""


ResponseTextFormatParam = (
    ResponseFormatTextParam | ResponseTextFormatJSONSchemaParam | ResponseFormatJSONObjectParam
)


class ResponseTextConfigParam(TypedDict, total=False):
    format: ResponseTextFormatParam
    verbosity: Literal["low", "medium", "high"] | None


class ResponsePromptParam(TypedDict, total=False):
    id: Required[str]
    """Of a template made on the platform."""
    version: str | None
    variables: Mapping[str, str | ResponseInputContentParam] | None
    """What to put in for its variables."""


class ResponseReasoningParam(TypedDict, total=False):
    mode: Literal["standard", "pro"] | str
    """Default: `standard`."""
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    """How much to think."""
    summary: Literal["auto", "concise", "detailed"] | None
    """How much to tell of it."""
    context: Literal["auto", "current_turn", "all_turns"] | None
    """Which earlier reasoning the model sees."""
    generate_summary: Literal["auto", "concise", "detailed"] | None
    """Deprecated: `summary` took its place."""


class ResponsePromptCacheOptionsParam(TypedDict, total=False):
    ttl: Literal["30m"]
    """For how long, at least."""
    mode: Literal["implicit", "explicit"]
    """Whether the server sets breakpoints by itself. Default: `implicit`."""


class ResponseModerationConfigParam(TypedDict):
    mode: Literal["score", "block"]
    """Whether to tell the scores, or to refuse."""


class ResponseModerationPolicyParam(TypedDict, total=False):
    input: ResponseModerationConfigParam | None
    output: ResponseModerationConfigParam | None


class ResponseModerationParam(TypedDict, total=False):
    model: Required[str]
    """Such as `omni-moderation-latest`."""
    policy: ResponseModerationPolicyParam | None


class ResponseStreamOptionsParam(TypedDict, total=False):
    include_obfuscation: bool
    """Whether to pad deltas, so that their sizes tell an eavesdropper nothing. Default: true."""


class ConversationRefParam(TypedDict):
    id: str
    """Of a conversation."""


class ContextManagementParam(TypedDict, total=False):
    type: Required[str]
    """`compaction`."""
    compact_threshold: int | None
    """Tokens from which on it is done."""


class ResponseCreateParams(RequestOptions, total=False):
    model: str
    """The model's id, such as `gpt-5.5`; needed unless a `prompt` names one."""
    input: ResponseInputParam
    """A text, or messages, results of tools and items of earlier answers."""
    instructions: str | None
    """What the model is told first; those of `previous_response_id` are not carried over."""
    metadata: Mapping[str, str] | None
    """At most 16 texts of at most 512 characters, under names of at most 64."""
    top_logprobs: int
    """From 0 to 20: how many of the likeliest tokens to tell for each place."""
    temperature: float | None
    """From 0 (the most likely token) to 2 (the most surprising). Default: 1."""
    top_p: float | None
    """From 0 to 1: only the most likely tokens that make up this much probability. Default: 1."""
    user: str
    """Deprecated: `safety_identifier` and `prompt_cache_key` took its place."""
    safety_identifier: str | None
    """An id of your end user, by which abuse can be traced; at most 64 characters."""
    prompt_cache_key: str | None
    """Calls with the same key find the same cache."""
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    """Deprecated: see `prompt_cache_options`."""
    prompt_cache_options: ResponsePromptCacheOptionsParam
    """How long what part of the prompt is kept."""
    previous_response_id: str | None
    """The response to go on from; not beside `conversation`."""
    background: bool | None
    """Whether it is made whether or not somebody waits for it. Default: false."""
    max_tool_calls: int | None
    """How often built-in tools may be called at the most, all together."""
    text: ResponseTextConfigParam
    """Text (the default), or JSON that conforms to a schema; see also `parse`."""
    tools: Sequence[ResponseToolParam]
    """What the model may call: your functions, built-in tools, MCP servers."""
    tool_choice: ResponseToolChoiceParam
    """Which tool is called. Default: `auto`."""
    prompt: ResponsePromptParam | None
    """A template that is kept on the server."""
    service_tier: (
        Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None
    )
    """How fast, for which price. Default: `auto`."""
    truncation: Literal["auto", "disabled"] | None
    """Deprecated: whether to drop the oldest items of what is too long. Default: `disabled`."""
    reasoning: ResponseReasoningParam | None
    """For models that reason."""
    include: Sequence[ResponseIncludable] | None
    """What to tell beside the answer."""
    parallel_tool_calls: bool | None
    """Whether several tools may be called at once. Default: true."""
    store: bool | None
    """Whether to keep the response for `retrieve`. Default: true."""
    moderation: ResponseModerationParam | None
    """Whether input and output are moderated on the way."""
    stream_options: ResponseStreamOptionsParam | None
    conversation: str | ConversationRefParam | ResponseConversation | None
    """Whose items come before the input, and where input and output are added."""
    context_management: Sequence[ContextManagementParam] | None
    """What happens when the context grows too long."""
    max_output_tokens: int | None
    """How many tokens to generate at the most, those of reasoning included; 16 or more."""


class ResponseRetrieveParams(RequestOptions, total=False):
    include: Sequence[ResponseIncludable]
    """What to tell beside the answer."""
    starting_after: int
    """With `stream`: the number of the last event that is known already."""
    include_obfuscation: bool
    """With `stream`: whether to pad deltas. Default: true."""


class InputItemListParams(RequestOptions, total=False):
    after: str
    """An id: list what comes behind it."""
    include: Sequence[ResponseIncludable]
    limit: int
    """Items of a page, from 1 to 100. Default: 20."""
    order: Literal["asc", "desc"]
    """Default: `desc`, the newest first."""


class ResponseCompactParams(RequestOptions, total=False):
    model: Required[str | None]
    """The model's id."""
    input: ResponseInputParam | None
    previous_response_id: str | None
    instructions: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    """Deprecated: see `prompt_cache_options`."""
    prompt_cache_options: ResponsePromptCacheOptionsParam | None
    service_tier: Literal["auto", "default", "fast", "flex", "priority"] | None


class InputTokenCountParams(RequestOptions, total=False):
    model: str | None
    input: ResponseInputParam | None
    previous_response_id: str | None
    tools: Sequence[ResponseToolParam] | None
    text: ResponseTextConfigParam | None
    reasoning: ResponseReasoningParam | None
    truncation: Literal["auto", "disabled"]
    instructions: str | None
    personality: Literal["friendly", "pragmatic"] | str
    conversation: str | ConversationRefParam | ResponseConversation | None
    tool_choice: ResponseToolChoiceParam | None
    parallel_tool_calls: bool | None


# Answers


CompactedItem = Annotated[
    ResponseMessage | ResponseFunctionToolCall | ResponseCustomToolCall
    | ResponseCustomToolCallOutputItem | ResponseCommonItem,
    OpenUnion(),
]  # fmt: skip


class CompactedResponse(Model):
    """A long context made short: `output` is the input of the next call."""

    id: str
    object: str
    """Always `response.compaction`."""
    output: list[CompactedItem]
    """Messages of the user, and what stands for all else."""
    created_at: int
    """Seconds since the epoch."""
    usage: ResponseUsage
