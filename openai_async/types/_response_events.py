"""A response, and the events that it is streamed in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .._models import Model
from .._unions import OpenUnion
from ._response_input import SentItem
from ._response_items import (
    ReasoningSummary,
    ResponseAnnotation,
    ResponseContentPart,
    ResponseInputContent,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseOutputText,
    ShellOutput,
)
from ._response_sent_tools import ResponseTool, ResponseToolChoice

__all__ = [
    "Response", "ResponseAudioDeltaEvent", "ResponseAudioDoneEvent",
    "ResponseAudioTranscriptDeltaEvent", "ResponseAudioTranscriptDoneEvent",
    "ResponseCodeInterpreterCallCodeDeltaEvent", "ResponseCodeInterpreterCallCodeDoneEvent",
    "ResponseCompletedEvent", "ResponseContentPartAddedEvent", "ResponseContentPartDoneEvent",
    "ResponseConversation", "ResponseCreatedEvent", "ResponseCustomToolCallInputDeltaEvent",
    "ResponseCustomToolCallInputDoneEvent", "ResponseError", "ResponseErrorEvent",
    "ResponseFailedEvent", "ResponseFunctionCallArgumentsDeltaEvent",
    "ResponseFunctionCallArgumentsDoneEvent", "ResponseImageGenCallPartialImageEvent",
    "ResponseInProgressEvent", "ResponseIncompleteDetails", "ResponseIncompleteEvent",
    "ResponseInputTokensDetails", "ResponseLogprob", "ResponseMCPCallArgumentsDeltaEvent",
    "ResponseMCPCallArgumentsDoneEvent", "ResponseModeration", "ResponseModerationResult",
    "ResponseOutputItemAddedEvent", "ResponseOutputItemDoneEvent",
    "ResponseOutputTextAnnotationAddedEvent", "ResponseOutputTokensDetails", "ResponsePrompt",
    "ResponsePromptCacheOptions", "ResponseQueuedEvent", "ResponseReasoning",
    "ResponseReasoningSummaryPartAddedEvent", "ResponseReasoningSummaryPartDoneEvent",
    "ResponseReasoningSummaryTextDeltaEvent", "ResponseReasoningSummaryTextDoneEvent",
    "ResponseReasoningTextDeltaEvent", "ResponseReasoningTextDoneEvent", "ResponseRefusalDeltaEvent",
    "ResponseRefusalDoneEvent", "ResponseShellCallCommandAddedEvent",
    "ResponseShellCallCommandDeltaEvent", "ResponseShellCallCommandDoneEvent",
    "ResponseShellCallOutputContentDeltaEvent", "ResponseShellCallOutputContentDoneEvent",
    "ResponseStreamEvent", "ResponseTextConfig", "ResponseTextDeltaEvent", "ResponseTextDoneEvent",
    "ResponseTextFormat", "ResponseTextFormatJSONObject", "ResponseTextFormatJSONSchema",
    "ResponseTextFormatText", "ResponseToolProgressEvent", "ResponseUsage",
]  # fmt: skip

# The response


class ResponseError(Model):
    code: (
        Literal[
            "server_error", "rate_limit_exceeded", "invalid_prompt", "data_residency_mismatch",
            "bio_policy", "vector_store_timeout", "invalid_image", "invalid_image_format",
            "invalid_base64_image", "invalid_image_url", "image_too_large", "image_too_small",
            "image_parse_error", "image_content_policy_violation", "invalid_image_mode",
            "image_file_too_large", "unsupported_image_media_type", "empty_image_file",
            "failed_to_download_image", "image_file_not_found",
        ]
        | str
    )  # fmt: skip
    message: str


class ResponseIncompleteDetails(Model):
    reason: Literal["max_output_tokens", "content_filter"] | str | None = None


class ResponseTextFormatText(Model):
    type: Literal["text"]


class ResponseTextFormatJSONSchema(Model):
    type: Literal["json_schema"]
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ResponseTextFormatJSONObject(Model):
    type: Literal["json_object"]


ResponseTextFormat = Annotated[
    ResponseTextFormatText | ResponseTextFormatJSONSchema | ResponseTextFormatJSONObject,
    OpenUnion(),
]


class ResponseTextConfig(Model):
    format: ResponseTextFormat | None = None
    verbosity: Literal["low", "medium", "high"] | str | None = None


class ResponsePrompt(Model):
    id: str
    version: str | None = None
    variables: dict[str, str | ResponseInputContent] | None = None


class ResponseReasoning(Model):
    mode: Literal["standard", "pro"] | str | None = None
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | str | None = None
    summary: Literal["auto", "concise", "detailed"] | str | None = None
    context: Literal["auto", "current_turn", "all_turns"] | str | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | str | None = None
    """Deprecated: `summary` took its place."""


class ResponseInputTokensDetails(Model):
    cached_tokens: int
    cache_write_tokens: int


class ResponseOutputTokensDetails(Model):
    reasoning_tokens: int


class ResponseUsage(Model):
    input_tokens: int
    input_tokens_details: ResponseInputTokensDetails
    output_tokens: int
    output_tokens_details: ResponseOutputTokensDetails
    total_tokens: int
    """Of input and output."""


class ResponsePromptCacheOptions(Model):
    ttl: Literal["30m"] | str
    """For how long, at least."""
    mode: Literal["implicit", "explicit"] | str


class ResponseModerationResult(Model):
    type: Literal["moderation_result"]
    model: str
    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    """From 0 to 1."""
    category_applied_input_types: dict[str, list[Literal["text", "image"] | str]]


class ResponseModerationError(Model):
    type: Literal["error"]
    code: str
    message: str


class ResponseModeration(Model):
    input: Annotated[ResponseModerationResult | ResponseModerationError, OpenUnion()]
    output: Annotated[ResponseModerationResult | ResponseModerationError, OpenUnion()]


class ResponseConversation(Model):
    id: str


class Response(Model):
    """An answer, with all that led to it."""

    id: str
    object: str
    """Always `response`."""
    created_at: float
    """Seconds since the epoch."""
    model: str
    status: (
        Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
        | str
        | None
    ) = None
    error: ResponseError | None
    """What went wrong, if the `status` is `failed`."""
    incomplete_details: ResponseIncompleteDetails | None
    """Why, if the `status` is `incomplete`."""
    output: list[ResponseOutputItem]
    """What the model answered, in order: messages, reasoning, calls of tools. See `output_text`."""
    instructions: str | list[SentItem] | None
    """As they were sent."""
    parallel_tool_calls: bool
    metadata: dict[str, str] | None
    temperature: float | None
    top_p: float | None
    tools: list[ResponseTool] = Field(repr=False)
    """As they were sent."""
    tool_choice: ResponseToolChoice
    top_logprobs: int | None = None
    user: str | None = None
    """Deprecated: `safety_identifier` and `prompt_cache_key` took its place."""
    safety_identifier: str | None = None
    """An id of your end user, by which abuse can be traced; at most 64 characters."""
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | str | None = None
    """Deprecated: see `prompt_cache_options`."""
    previous_response_id: str | None = None
    """The one that it goes on from."""
    background: bool | None = None
    max_tool_calls: int | None = None
    text: ResponseTextConfig | None = None
    prompt: ResponsePrompt | None = None
    service_tier: (
        Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | str | None
    ) = None
    """Which one served the call."""
    truncation: Literal["auto", "disabled"] | str | None = None
    """Deprecated."""
    completed_at: float | None = None
    """Seconds since the epoch."""
    reasoning: ResponseReasoning | None = None
    usage: ResponseUsage | None = None
    prompt_cache_options: ResponsePromptCacheOptions | None = None
    moderation: ResponseModeration | None = None
    conversation: ResponseConversation | None = None
    """Where the items of input and output were added."""
    max_output_tokens: int | None = None
    """Those of reasoning included."""

    @property
    def output_text(self) -> str:
        """All text of the answer; empty where it has none."""
        messages = [item for item in self.output if isinstance(item, ResponseOutputMessage)]
        return "".join(text for message in messages for text in _texts_of(message.content))


def _texts_of(content: Any) -> list[str]:
    """The texts of a message; some servers send one alone, or null in its place."""
    if isinstance(content, str):
        return [content]
    return [part.text or "" for part in content if isinstance(part, ResponseOutputText)]


# Its events


class _Event(Model):
    sequence_number: int
    """Counts the events of a response from 0."""


class _ResponseEvent(_Event):
    response: Response
    """The response as it stands."""


class _ItemEvent(_Event):
    item_id: str
    output_index: int


class _CommandEvent(_Event):
    output_index: int
    command_index: int


class _ContentEvent(_ItemEvent):
    content_index: int


class _SummaryEvent(_ItemEvent):
    summary_index: int


class ResponseTopLogprob(Model):
    token: str | None = None
    logprob: float | None = None


class ResponseLogprob(Model):
    token: str
    logprob: float
    top_logprobs: list[ResponseTopLogprob] | None = None


class ShellOutputDelta(Model):
    stdout: str | None = None
    stderr: str | None = None


class ResponseAudioDeltaEvent(_Event):
    type: Literal["response.audio.delta"]
    delta: str
    """The next piece, in Base64."""


class ResponseAudioDoneEvent(_Event):
    type: Literal["response.audio.done"]


class ResponseAudioTranscriptDeltaEvent(_Event):
    type: Literal["response.audio.transcript.delta"]
    delta: str


class ResponseAudioTranscriptDoneEvent(_Event):
    type: Literal["response.audio.transcript.done"]


class ResponseCodeInterpreterCallCodeDeltaEvent(_ItemEvent):
    type: Literal["response.code_interpreter_call_code.delta"]
    delta: str


class ResponseCodeInterpreterCallCodeDoneEvent(_ItemEvent):
    type: Literal["response.code_interpreter_call_code.done"]
    code: str


class ResponseCompletedEvent(_ResponseEvent):
    type: Literal["response.completed"]


class ResponseContentPartAddedEvent(_ContentEvent):
    type: Literal["response.content_part.added"]
    part: ResponseContentPart


class ResponseContentPartDoneEvent(_ContentEvent):
    type: Literal["response.content_part.done"]
    part: ResponseContentPart


class ResponseCreatedEvent(_ResponseEvent):
    type: Literal["response.created"]


class ResponseErrorEvent(_Event):
    """Not given by streams: they raise `APIError`."""

    type: Literal["error"]
    code: str | None
    message: str
    param: str | None


class ResponseFunctionCallArgumentsDeltaEvent(_ItemEvent):
    type: Literal["response.function_call_arguments.delta"]
    delta: str
    """The next piece of the JSON."""


class ResponseFunctionCallArgumentsDoneEvent(_ItemEvent):
    type: Literal["response.function_call_arguments.done"]
    name: str
    arguments: str


class ResponseShellCallCommandAddedEvent(_CommandEvent):
    type: Literal["response.shell_call_command.added"]
    command: str


class ResponseShellCallCommandDeltaEvent(_CommandEvent):
    type: Literal["response.shell_call_command.delta"]
    delta: str
    obfuscation: str | None = None
    """Padding that hides the size of the delta."""


class ResponseShellCallCommandDoneEvent(_CommandEvent):
    type: Literal["response.shell_call_command.done"]
    command: str


class ResponseShellCallOutputContentDeltaEvent(_ItemEvent):
    type: Literal["response.shell_call_output_content.delta"]
    command_index: int
    delta: ShellOutputDelta


class ResponseShellCallOutputContentDoneEvent(_ItemEvent):
    type: Literal["response.shell_call_output_content.done"]
    command_index: int
    output: list[ShellOutput]


class ResponseInProgressEvent(_ResponseEvent):
    type: Literal["response.in_progress"]


class ResponseFailedEvent(_ResponseEvent):
    type: Literal["response.failed"]


class ResponseIncompleteEvent(_ResponseEvent):
    type: Literal["response.incomplete"]


class ResponseOutputItemAddedEvent(_Event):
    type: Literal["response.output_item.added"]
    output_index: int
    item: ResponseOutputItem


class ResponseOutputItemDoneEvent(_Event):
    type: Literal["response.output_item.done"]
    output_index: int
    item: ResponseOutputItem


class ResponseReasoningSummaryPartAddedEvent(_SummaryEvent):
    type: Literal["response.reasoning_summary_part.added"]
    part: ReasoningSummary


class ResponseReasoningSummaryPartDoneEvent(_SummaryEvent):
    type: Literal["response.reasoning_summary_part.done"]
    part: ReasoningSummary
    status: Literal["incomplete"] | str | None = None
    """`incomplete`, if it was cut off."""


class ResponseReasoningSummaryTextDeltaEvent(_SummaryEvent):
    type: Literal["response.reasoning_summary_text.delta"]
    delta: str


class ResponseReasoningSummaryTextDoneEvent(_SummaryEvent):
    type: Literal["response.reasoning_summary_text.done"]
    text: str


class ResponseReasoningTextDeltaEvent(_ContentEvent):
    type: Literal["response.reasoning_text.delta"]
    delta: str


class ResponseReasoningTextDoneEvent(_ContentEvent):
    type: Literal["response.reasoning_text.done"]
    text: str


class ResponseRefusalDeltaEvent(_ContentEvent):
    type: Literal["response.refusal.delta"]
    delta: str


class ResponseRefusalDoneEvent(_ContentEvent):
    type: Literal["response.refusal.done"]
    refusal: str


class ResponseTextDeltaEvent(_ContentEvent):
    type: Literal["response.output_text.delta"]
    delta: str
    """The next piece of the text."""
    logprobs: list[ResponseLogprob]


class ResponseTextDoneEvent(_ContentEvent):
    type: Literal["response.output_text.done"]
    text: str
    logprobs: list[ResponseLogprob]


class ResponseImageGenCallPartialImageEvent(_ItemEvent):
    type: Literal["response.image_generation_call.partial_image"]
    partial_image_index: int
    """From 0."""
    partial_image_b64: str
    """Base64."""
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None


class ResponseMCPCallArgumentsDeltaEvent(_ItemEvent):
    type: Literal["response.mcp_call_arguments.delta"]
    delta: str
    """The next piece of the JSON."""


class ResponseMCPCallArgumentsDoneEvent(_ItemEvent):
    type: Literal["response.mcp_call_arguments.done"]
    arguments: str


class ResponseOutputTextAnnotationAddedEvent(_ContentEvent):
    type: Literal["response.output_text.annotation.added"]
    annotation_index: int
    annotation: ResponseAnnotation | None


class ResponseQueuedEvent(_ResponseEvent):
    type: Literal["response.queued"]


class ResponseCustomToolCallInputDeltaEvent(_ItemEvent):
    type: Literal["response.custom_tool_call_input.delta"]
    delta: str


class ResponseCustomToolCallInputDoneEvent(_ItemEvent):
    type: Literal["response.custom_tool_call_input.done"]
    input: str


class ResponseToolProgressEvent(_ItemEvent):
    """How far the call of a built-in tool is."""

    type: Literal[
        "response.code_interpreter_call.completed", "response.code_interpreter_call.in_progress",
        "response.code_interpreter_call.interpreting", "response.file_search_call.completed",
        "response.file_search_call.in_progress", "response.file_search_call.searching",
        "response.image_generation_call.completed", "response.image_generation_call.generating",
        "response.image_generation_call.in_progress", "response.mcp_call.completed",
        "response.mcp_call.failed", "response.mcp_call.in_progress",
        "response.mcp_list_tools.completed", "response.mcp_list_tools.failed",
        "response.mcp_list_tools.in_progress", "response.web_search_call.completed",
        "response.web_search_call.in_progress", "response.web_search_call.searching",
    ]  # fmt: skip


ResponsePlainEvent = (
    ResponseToolProgressEvent | ResponseAudioDeltaEvent | ResponseAudioDoneEvent
    | ResponseAudioTranscriptDeltaEvent | ResponseAudioTranscriptDoneEvent
    | ResponseCodeInterpreterCallCodeDeltaEvent | ResponseCodeInterpreterCallCodeDoneEvent
    | ResponseContentPartAddedEvent | ResponseContentPartDoneEvent | ResponseCreatedEvent
    | ResponseErrorEvent | ResponseShellCallCommandAddedEvent | ResponseShellCallCommandDeltaEvent
    | ResponseShellCallCommandDoneEvent | ResponseShellCallOutputContentDeltaEvent
    | ResponseShellCallOutputContentDoneEvent | ResponseInProgressEvent | ResponseFailedEvent
    | ResponseIncompleteEvent | ResponseOutputItemAddedEvent | ResponseOutputItemDoneEvent
    | ResponseReasoningSummaryPartAddedEvent | ResponseReasoningSummaryPartDoneEvent
    | ResponseReasoningSummaryTextDeltaEvent | ResponseReasoningSummaryTextDoneEvent
    | ResponseReasoningTextDeltaEvent | ResponseReasoningTextDoneEvent | ResponseRefusalDeltaEvent
    | ResponseRefusalDoneEvent | ResponseImageGenCallPartialImageEvent
    | ResponseMCPCallArgumentsDeltaEvent | ResponseMCPCallArgumentsDoneEvent
    | ResponseOutputTextAnnotationAddedEvent | ResponseQueuedEvent
    | ResponseCustomToolCallInputDeltaEvent | ResponseCustomToolCallInputDoneEvent
)  # fmt: skip
"""Events that `stream` gives as they come."""

ResponseStreamEvent = Annotated[
    ResponseTextDeltaEvent | ResponseTextDoneEvent | ResponseFunctionCallArgumentsDeltaEvent
    | ResponseFunctionCallArgumentsDoneEvent | ResponseCompletedEvent | ResponsePlainEvent,
    OpenUnion(),
]  # fmt: skip
"""What a streamed response consists of."""
