"""Chat: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .completions import CompletionUsage, StreamOptionsParam

__all__ = [
    "AssistantMessageParam",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionCreateParams",
    "ChatCompletionMessage",
    "ChatCompletionMessageParam",
    "Choice",
    "ChoiceDelta",
    "ChoiceLogprobs",
    "ChunkChoice",
    "ContentPartParam",
    "DeveloperMessageParam",
    "FunctionCall",
    "FunctionCallDelta",
    "FunctionCallParam",
    "FunctionDefinitionParam",
    "FunctionMessageParam",
    "FunctionToolParam",
    "ImagePartParam",
    "ImageURLParam",
    "InputAudioParam",
    "InputAudioPartParam",
    "JSONSchemaParam",
    "NamedFunctionParam",
    "NamedToolChoiceParam",
    "RefusalPartParam",
    "ResponseFormatParam",
    "StopParam",
    "SystemMessageParam",
    "TextPartParam",
    "TokenLogprob",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallParam",
    "ToolMessageParam",
    "ToolParam",
    "TopLogprob",
    "UserMessageParam",
]

StopParam = str | Sequence[str]


# Parameters: messages


class TextPartParam(TypedDict):
    type: Literal["text"]
    text: str


class ImageURLParam(TypedDict, total=False):
    url: Required[str]
    """Where the image is, or a `data:` URL with the image in it."""
    detail: Literal["auto", "low", "high"]


class ImagePartParam(TypedDict):
    type: Literal["image_url"]
    image_url: ImageURLParam


class InputAudioParam(TypedDict):
    data: str
    """Base64."""
    format: Literal["wav", "mp3"]


class InputAudioPartParam(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudioParam


class RefusalPartParam(TypedDict):
    type: Literal["refusal"]
    refusal: str


ContentPartParam = TextPartParam | ImagePartParam | InputAudioPartParam | RefusalPartParam


class FunctionCallParam(TypedDict):
    name: str
    arguments: str
    """JSON, as the model wrote it."""


class ToolCallParam(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionCallParam


class DeveloperMessageParam(TypedDict, total=False):
    role: Required[Literal["developer"]]
    content: Required[str | Sequence[TextPartParam]]
    name: str


class SystemMessageParam(TypedDict, total=False):
    role: Required[Literal["system"]]
    content: Required[str | Sequence[TextPartParam]]
    name: str


class UserMessageParam(TypedDict, total=False):
    role: Required[Literal["user"]]
    content: Required[str | Sequence[ContentPartParam]]
    name: str
    """Who speaks: letters, digits and underscores, at most 64."""


class AssistantMessageParam(TypedDict, total=False):
    role: Required[Literal["assistant"]]
    content: str | Sequence[TextPartParam | RefusalPartParam] | None
    """Not needed beside `tool_calls` or `function_call`."""
    refusal: str | None
    name: str
    tool_calls: Sequence[ToolCallParam | ToolCall]
    function_call: FunctionCallParam | None
    """The form of 2023; `tool_calls` took its place."""


class ToolMessageParam(TypedDict):
    role: Literal["tool"]
    content: str | Sequence[TextPartParam]
    tool_call_id: str
    """Which call this is the result of."""


class FunctionMessageParam(TypedDict):
    role: Literal["function"]
    content: str | None
    name: str
    """The function whose result this is."""


ChatCompletionMessageParam = (
    DeveloperMessageParam
    | SystemMessageParam
    | UserMessageParam
    | AssistantMessageParam
    | ToolMessageParam
    | FunctionMessageParam
)


# Parameters: tools and formats


class FunctionDefinitionParam(TypedDict, total=False):
    name: Required[str]
    """Letters, digits, underscores and dashes, at most 64."""
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of the arguments."""
    strict: bool | None


class FunctionToolParam(TypedDict):
    type: Literal["function"]
    function: FunctionDefinitionParam


ToolParam = FunctionToolParam


class NamedFunctionParam(TypedDict):
    name: str


class NamedToolChoiceParam(TypedDict):
    type: Literal["function"]
    function: NamedFunctionParam


class JSONSchemaParam(TypedDict, total=False):
    name: Required[str]
    description: str
    schema: Mapping[str, Any]
    strict: bool | None


class ResponseFormatParam(TypedDict, total=False):
    type: Required[Literal["text", "json_object", "json_schema"]]
    json_schema: JSONSchemaParam
    """With the type `json_schema`: what the answer must conform to."""


class ChatCompletionCreateParams(RequestOptions, total=False):
    model: Required[str]
    """The model's id, such as `gpt-4o-mini`."""
    messages: Required[Sequence[ChatCompletionMessageParam | ChatCompletionMessage]]
    """The conversation so far, oldest first; messages of earlier answers go in as they are."""
    frequency_penalty: float | None
    """From -2 to 2: above 0, against tokens the more, the more often they have come. Default: 0."""
    function_call: Literal["none", "auto"] | NamedFunctionParam
    """Which function is called; deprecated, `tool_choice` took its place."""
    functions: Sequence[FunctionDefinitionParam]
    """Functions that may be called; deprecated, `tools` took their place."""
    logit_bias: Mapping[str, float] | None
    """Token id to what is added to its logit, from -100 to 100. Default: none."""
    logprobs: bool | None
    """Whether to tell the log probability of each token. Default: false."""
    max_completion_tokens: int | None
    """How many tokens to generate at the most, those of reasoning included."""
    max_tokens: int | None
    """How many tokens to generate at the most. Newer models take `max_completion_tokens` instead."""
    n: int | None
    """How many answers, from 1 to 128. Default: 1."""
    parallel_tool_calls: bool
    """Whether several tools may be called at once. Default: true."""
    presence_penalty: float | None
    """From -2 to 2: above 0, against tokens that have come at all. Default: 0."""
    response_format: ResponseFormatParam
    """Text (the default), some JSON, or JSON that conforms to a schema."""
    seed: int | None
    """The same seed and parameters give the same answer, as far as the server can."""
    stop: StopParam | None
    """Up to 4 texts in front of which to stop. Default: none."""
    stream_options: StreamOptionsParam | None
    """What a stream tells beside the answer."""
    temperature: float | None
    """From 0 (the most likely token) to 2 (the most surprising). Default: 1."""
    tool_choice: Literal["none", "auto", "required"] | NamedToolChoiceParam
    """Which tool is called. Default: `auto` where there are tools."""
    tools: Sequence[ToolParam]
    """Functions that may be called, at most 128."""
    top_logprobs: int | None
    """From 0 to 20: how many of the likeliest tokens to tell for each place; needs `logprobs`."""
    top_p: float | None
    """From 0 to 1: only the most likely tokens that make up this much probability. Default: 1."""
    user: str
    """An id of your end user, by which abuse can be traced."""


# Answers


class FunctionCall(Model):
    """What to call, as the model wrote it: check it before you act on it."""

    name: str
    arguments: str
    """JSON, if the model kept to it."""


class ToolCall(Model):
    id: str
    type: Literal["function"] | str = "function"
    function: FunctionCall


class TopLogprob(Model):
    token: str
    logprob: float
    bytes: list[int] | None = None


class TokenLogprob(Model):
    token: str
    logprob: float
    bytes: list[int] | None = None
    """Its UTF-8: a character may be spread over several tokens."""
    top_logprobs: list[TopLogprob] | None = None


class ChoiceLogprobs(Model):
    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None


class ChatCompletionMessage(Model):
    """An answer; it may go back as it is into the next call's `messages`."""

    role: Literal["assistant"] | str
    content: str | None = None
    """None beside a call of a tool."""
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: FunctionCall | None = None
    """The form of 2023."""


class Choice(Model):
    index: int
    message: ChatCompletionMessage
    finish_reason: (
        Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | str | None
    ) = None
    logprobs: ChoiceLogprobs | None = None


class ChatCompletion(Model):
    """Answers to a conversation."""

    id: str
    object: str
    """Always `chat.completion`."""
    created: int
    """Seconds since the epoch."""
    model: str
    choices: list[Choice]
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None


class FunctionCallDelta(Model):
    name: str | None = None
    arguments: str | None = None
    """The next piece of the JSON."""


class ToolCallDelta(Model):
    index: int | None = None
    """Which of the calls goes on; some servers leave it out."""
    id: str | None = None
    type: str | None = None
    function: FunctionCallDelta | None = None


class ChoiceDelta(Model):
    """What has come since the last chunk."""

    role: str | None = None
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionCallDelta | None = None


class ChunkChoice(Model):
    index: int
    delta: ChoiceDelta
    finish_reason: (
        Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | str | None
    ) = None
    logprobs: ChoiceLogprobs | None = None


class ChatCompletionChunk(Model):
    """A piece of a streamed answer."""

    id: str
    object: str
    """Always `chat.completion.chunk`."""
    created: int
    """Seconds since the epoch; the same in all chunks."""
    model: str
    choices: list[ChunkChoice]
    """Empty in a chunk that only tells the usage."""
    usage: CompletionUsage | None = None
    """Of the whole call, in the last chunk, where `stream_options` ask for it."""
    system_fingerprint: str | None = None
