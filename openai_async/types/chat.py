"""Chat: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "AllowedToolsChoiceParam", "AllowedToolsParam", "Annotation", "AssistantMessageParam",
    "AudioReferenceParam", "ChatCompletion", "ChatCompletionAssistantMessageParam",
    "ChatCompletionAudio", "ChatCompletionAudioParam", "ChatCompletionChunk",
    "ChatCompletionContentPartImageParam", "ChatCompletionContentPartInputAudioParam",
    "ChatCompletionContentPartParam", "ChatCompletionContentPartRefusalParam",
    "ChatCompletionContentPartTextParam", "ChatCompletionCreateParams",
    "ChatCompletionCustomToolParam", "ChatCompletionDeleted", "ChatCompletionDeveloperMessageParam",
    "ChatCompletionFunctionMessageParam", "ChatCompletionFunctionToolParam",
    "ChatCompletionListParams", "ChatCompletionMessage", "ChatCompletionMessageCustomToolCall",
    "ChatCompletionMessageCustomToolCallParam", "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageFunctionToolCallParam", "ChatCompletionMessageListParams",
    "ChatCompletionMessageParam", "ChatCompletionMessageToolCall",
    "ChatCompletionMessageToolCallParam", "ChatCompletionMessageToolCallUnion",
    "ChatCompletionMessageToolCallUnionParam", "ChatCompletionModality", "ChatCompletionModeration",
    "ChatCompletionNamedToolChoiceParam", "ChatCompletionParseParams",
    "ChatCompletionPredictionContentParam", "ChatCompletionReasoningEffort", "ChatCompletionRole",
    "ChatCompletionStoreMessage", "ChatCompletionStreamOptionsParam",
    "ChatCompletionSystemMessageParam", "ChatCompletionTokenLogprob",
    "ChatCompletionToolChoiceOptionParam", "ChatCompletionToolMessageParam", "ChatCompletionToolParam",
    "ChatCompletionToolUnionParam", "ChatCompletionUpdateParams", "ChatCompletionUserMessageParam",
    "ChatModel", "Choice", "ChoiceDelta", "ChoiceDeltaToolCall", "ChoiceDeltaToolCallFunction",
    "ChoiceLogprobs", "ChunkChoice", "CompletionTokensDetails", "CompletionUsage", "ContentPartParam",
    "CustomCall", "CustomCallParam", "CustomToolCall", "CustomToolCallParam",
    "CustomToolDefinitionParam", "CustomToolParam", "CustomVoiceParam", "DeveloperMessageParam",
    "FilePartParam", "FinishReason", "FunctionCall", "FunctionCallDelta", "FunctionCallParam",
    "FunctionDefinitionParam", "FunctionMessageParam", "FunctionToolCall", "FunctionToolCallParam",
    "FunctionToolParam", "GrammarFormatParam", "GrammarParam", "ImagePart", "ImagePartParam",
    "ImageURL", "ImageURLParam", "InputAudioParam", "InputAudioPartParam", "InputFileParam",
    "JSONSchemaParam", "LegacyFunctionParam", "MetadataParam", "ModerationFailure",
    "ModerationModeParam", "ModerationOptionsParam", "ModerationOutcome", "ModerationPolicyParam",
    "ModerationVerdict", "ModerationVerdicts", "NamedCustomToolChoiceParam", "NamedCustomToolParam",
    "NamedFunctionParam", "NamedToolChoiceParam", "PredictionContentParam", "PromptCacheBreakpoint",
    "PromptCacheBreakpointParam", "PromptCacheOptionsParam", "PromptTokensDetails", "ReasoningEffort",
    "RefusalPartParam", "ResponseFormatJSONObjectParam", "ResponseFormatJSONSchemaParam",
    "ResponseFormatParam", "ResponseFormatTextParam", "ServiceTierParam", "StopParam",
    "StreamOptionsParam", "SystemMessageParam", "TextPart", "TextPartParam", "TokenLogprob",
    "ToolCall", "ToolCallDelta", "ToolCallParam", "ToolChoiceParam", "ToolMessageParam", "ToolParam",
    "TopLogprob", "URLCitation", "UserMessageParam", "Verbosity", "WebSearchLocationParam",
    "WebSearchOptionsParam", "WebSearchUserLocationParam",
]  # fmt: skip

MetadataParam = Mapping[str, str]
"""Up to 16 pairs: keys of at most 64 characters, values of at most 512."""
StopParam = str | Sequence[str]
ServiceTierParam = Literal["auto", "default", "flex", "scale", "priority", "fast"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | str
"""`length`: the token limit; `content_filter`: something was left out."""


# Parameters: messages


class PromptCacheBreakpointParam(TypedDict):
    """The end of a beginning that later prompts share."""

    mode: Literal["explicit"]


class TextPartParam(TypedDict, total=False):
    type: Required[Literal["text"]]
    text: Required[str]
    prompt_cache_breakpoint: PromptCacheBreakpointParam


class ImageURLParam(TypedDict, total=False):
    url: Required[str]
    """Where the image is, or a `data:` URL with the image in it."""
    detail: Literal["auto", "low", "high"]


class ImagePartParam(TypedDict, total=False):
    type: Required[Literal["image_url"]]
    image_url: Required[ImageURLParam]
    prompt_cache_breakpoint: PromptCacheBreakpointParam


class InputAudioParam(TypedDict):
    data: str
    """Base64."""
    format: Literal["wav", "mp3"]


class InputAudioPartParam(TypedDict, total=False):
    type: Required[Literal["input_audio"]]
    input_audio: Required[InputAudioParam]
    prompt_cache_breakpoint: PromptCacheBreakpointParam


class InputFileParam(TypedDict, total=False):
    filename: str
    file_data: str
    """Base64, with a `filename`."""
    file_id: str
    """Of an uploaded file, in place of the other two."""


class FilePartParam(TypedDict, total=False):
    type: Required[Literal["file"]]
    file: Required[InputFileParam]
    prompt_cache_breakpoint: PromptCacheBreakpointParam


class RefusalPartParam(TypedDict):
    type: Literal["refusal"]
    refusal: str


ContentPartParam = TextPartParam | ImagePartParam | InputAudioPartParam | FilePartParam


class FunctionCallParam(TypedDict):
    name: str
    arguments: str
    """JSON, as the model wrote it."""


class FunctionToolCallParam(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionCallParam


class CustomCallParam(TypedDict):
    name: str
    input: str


class CustomToolCallParam(TypedDict):
    id: str
    type: Literal["custom"]
    custom: CustomCallParam


ToolCallParam = FunctionToolCallParam | CustomToolCallParam


class AudioReferenceParam(TypedDict):
    id: str
    """Of the audio of an earlier answer."""


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
    audio: AudioReferenceParam | None
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


class LegacyFunctionParam(TypedDict, total=False):
    name: Required[str]
    """Letters, digits, underscores and dashes, at most 64."""
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of the arguments."""


class FunctionDefinitionParam(LegacyFunctionParam, total=False):
    strict: bool | None
    """Whether the arguments keep to the schema, which then has to be a strict one. Default: false."""


class FunctionToolParam(TypedDict):
    """`pydantic_function_tool` makes one of a model."""

    type: Literal["function"]
    function: FunctionDefinitionParam


class ResponseFormatTextParam(TypedDict):
    type: Literal["text"]


class GrammarParam(TypedDict):
    definition: str
    syntax: Literal["lark", "regex"]


class GrammarFormatParam(TypedDict):
    type: Literal["grammar"]
    grammar: GrammarParam


class CustomToolDefinitionParam(TypedDict, total=False):
    name: Required[str]
    description: str
    format: ResponseFormatTextParam | GrammarFormatParam
    """What the input looks like. Default: any text."""


class CustomToolParam(TypedDict):
    """A tool whose input is text, not JSON."""

    type: Literal["custom"]
    custom: CustomToolDefinitionParam


ToolParam = FunctionToolParam | CustomToolParam


class NamedFunctionParam(TypedDict):
    name: str


class NamedToolChoiceParam(TypedDict):
    type: Literal["function"]
    function: NamedFunctionParam


class NamedCustomToolParam(TypedDict):
    name: str


class NamedCustomToolChoiceParam(TypedDict):
    type: Literal["custom"]
    custom: NamedCustomToolParam


class AllowedToolsParam(TypedDict):
    mode: Literal["auto", "required"]
    """Whether one of them has to be called."""
    tools: Sequence[Mapping[str, Any]]
    """By type and name: `{"type": "function", "function": {"name": "add"}}`."""


class AllowedToolsChoiceParam(TypedDict):
    """Some of the `tools`; the others stay, so that the prompt's cache does too."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedToolsParam


ToolChoiceParam = (
    Literal["none", "auto", "required"]
    | AllowedToolsChoiceParam
    | NamedToolChoiceParam
    | NamedCustomToolChoiceParam
)


class JSONSchemaParam(TypedDict, total=False):
    name: Required[str]
    """Letters, digits, underscores and dashes, at most 64."""
    description: str
    schema: Mapping[str, Any]
    strict: bool | None
    """Whether the answer keeps to the schema, which then has to be a strict one. Default: false."""


class ResponseFormatJSONObjectParam(TypedDict):
    """Any JSON; the messages have to ask for it. `json_schema` is the better way."""

    type: Literal["json_object"]


class ResponseFormatJSONSchemaParam(TypedDict):
    type: Literal["json_schema"]
    json_schema: JSONSchemaParam
    """What the answer must conform to."""


ResponseFormatParam = (
    ResponseFormatTextParam | ResponseFormatJSONObjectParam | ResponseFormatJSONSchemaParam
)


# Parameters: the rest


class StreamOptionsParam(TypedDict, total=False):
    include_usage: bool
    """Whether a last chunk, without choices, tells the tokens of the whole call. Default: false."""
    include_obfuscation: bool
    """Whether chunks are filled up, so that their sizes tell nothing of the text. Default: true."""


class CustomVoiceParam(TypedDict):
    id: str


class ChatCompletionAudioParam(TypedDict):
    voice: (
        Literal[
            "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"
        ]
        | str
        | CustomVoiceParam
    )
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class PredictionContentParam(TypedDict):
    """What is known of the answer beforehand: where it keeps to that, it comes faster."""

    type: Literal["content"]
    content: str | Sequence[TextPartParam]


class WebSearchLocationParam(TypedDict, total=False):
    country: str
    """Two letters, as in ISO 3166."""
    region: str
    city: str
    timezone: str
    """Such as `Europe/Rome`."""


class WebSearchUserLocationParam(TypedDict):
    type: Literal["approximate"]
    approximate: WebSearchLocationParam


class WebSearchOptionsParam(TypedDict, total=False):
    user_location: WebSearchUserLocationParam | None
    search_context_size: Literal["low", "medium", "high"]
    """How much of what was found the model gets to see. Default: `medium`."""


class PromptCacheOptionsParam(TypedDict, total=False):
    ttl: Literal["30m"]
    """How long a breakpoint is kept at the least."""
    mode: Literal["implicit", "explicit"]
    """Whether the server sets a breakpoint of its own. Default: `implicit`."""


class ModerationModeParam(TypedDict):
    mode: Literal["score", "block"]


class ModerationPolicyParam(TypedDict, total=False):
    input: ModerationModeParam | None
    output: ModerationModeParam | None


class ModerationOptionsParam(TypedDict, total=False):
    model: Required[str]
    """Such as `omni-moderation-latest`."""
    policy: ModerationPolicyParam | None


class ChatCompletionParseParams(RequestOptions, total=False):
    """All parameters but the format of the answer."""

    model: Required[str]
    """The model's id, such as `gpt-4o-mini`."""
    messages: Required[Sequence[ChatCompletionMessageParam | ChatCompletionMessage]]
    """The conversation so far, oldest first; messages of earlier answers go in as they are."""
    audio: ChatCompletionAudioParam | None
    """The voice and the format of spoken answers; needs `modalities` with `audio` in it."""
    frequency_penalty: float | None
    """From -2 to 2: above 0, against tokens the more, the more often they have come. Default: 0."""
    function_call: Literal["none", "auto"] | NamedFunctionParam
    """Which function is called; deprecated, `tool_choice` took its place."""
    functions: Sequence[LegacyFunctionParam]
    """Functions that may be called; deprecated, `tools` took their place."""
    logit_bias: Mapping[str, int] | None
    """Token id to what is added to its logit, from -100 to 100. Default: none."""
    logprobs: bool | None
    """Whether to tell the log probability of each token. Default: false."""
    max_completion_tokens: int | None
    """How many tokens to generate at the most, those of reasoning included."""
    max_tokens: int | None
    """The same; deprecated, newer models take `max_completion_tokens` alone."""
    metadata: MetadataParam | None
    """Kept with a stored answer, and a way to find it."""
    modalities: Sequence[Literal["text", "audio"]] | None
    """What the answer may be. Default: `["text"]`."""
    moderation: ModerationOptionsParam | None
    """Have the conversation and the answer moderated; the outcome is in the answer's `moderation`."""
    n: int | None
    """How many answers, from 1 to 128. Default: 1."""
    parallel_tool_calls: bool
    """Whether several tools may be called at once. Default: true."""
    prediction: PredictionContentParam | None
    presence_penalty: float | None
    """From -2 to 2: above 0, against tokens that have come at all. Default: 0."""
    prompt_cache_key: str | None
    """Calls of one key are served where their common beginning is likely to be cached."""
    prompt_cache_options: PromptCacheOptionsParam
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    """Deprecated, `prompt_cache_options` took its place."""
    reasoning_effort: ReasoningEffort | None
    """How much a reasoning model thinks before it answers."""
    safety_identifier: str | None
    """An id of your end user, by which abuse can be traced: at most 64 characters, and no name."""
    seed: int | None
    """The same seed and parameters give the same answer, as far as the server can. Deprecated."""
    service_tier: ServiceTierParam | None
    """How fast and at which price. Default: `auto`, what the project is set to."""
    stop: StopParam | None
    """Up to 4 texts in front of which to stop. Default: none."""
    store: bool | None
    """Whether the server keeps the answer, for `retrieve` and `list`. Default: false."""
    stream_options: StreamOptionsParam | None
    """What a stream tells beside the answer."""
    temperature: float | None
    """From 0 (the most likely token) to 2 (the most surprising). Default: 1."""
    tool_choice: ToolChoiceParam
    """Which tool is called. Default: `auto` where there are tools."""
    tools: Sequence[ToolParam]
    """What may be called: functions with JSON for arguments, and custom tools with any text."""
    top_logprobs: int | None
    """From 0 to 20: how many of the likeliest tokens to tell for each place; needs `logprobs`."""
    top_p: float | None
    """From 0 to 1: only the most likely tokens that make up this much probability. Default: 1."""
    user: str
    """Deprecated: `safety_identifier` and `prompt_cache_key` took its place."""
    verbosity: Verbosity | None
    """How long-winded the answer is. Default: `medium`."""
    web_search_options: WebSearchOptionsParam
    """Have the model search the web, with models that can."""


class ChatCompletionCreateParams(ChatCompletionParseParams, total=False):
    response_format: ResponseFormatParam
    """Text (the default), some JSON, or JSON that conforms to a schema; for types see `parse`."""


class ChatCompletionUpdateParams(RequestOptions, total=False):
    metadata: Required[MetadataParam | None]
    """What takes the place of the metadata so far."""


class ChatCompletionListParams(RequestOptions, total=False):
    model: str
    """Only answers of this model."""
    metadata: MetadataParam | None
    """Only answers with these pairs in their metadata."""
    after: str
    """The id of the answer behind which the list begins."""
    limit: int
    """Items in a page."""
    order: Literal["asc", "desc"]
    """By time. Default: `asc`."""


class ChatCompletionMessageListParams(RequestOptions, total=False):
    after: str
    """The id of the message behind which the list begins."""
    limit: int
    """Items in a page."""
    order: Literal["asc", "desc"]
    """By time. Default: `asc`."""


# Answers


class PromptTokensDetails(Model):
    audio_tokens: int | None = None
    cached_tokens: int | None = None
    """Read from the cache."""
    cache_write_tokens: int | None = None
    text_tokens: int | None = None
    image_tokens: int | None = None


class CompletionTokensDetails(Model):
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    """Of the prediction and not in the answer; they count all the same."""
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    text_tokens: int | None = None


class CompletionUsage(Model):
    """Tokens, as they are billed."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class FunctionCall(Model):
    """What to call, as the model wrote it: check it before you act on it."""

    name: str
    arguments: str
    """JSON, if the model kept to it."""


class FunctionToolCall(Model):
    id: str
    type: Literal["function"]
    function: FunctionCall


class CustomCall(Model):
    name: str
    input: str


class CustomToolCall(Model):
    id: str
    type: Literal["custom"]
    custom: CustomCall


ToolCall = Annotated[
    FunctionToolCall | CustomToolCall,
    OpenUnion(shown_by=("function", "custom")),  # Mistral's type was "null"
]


class TopLogprob(Model):
    token: str
    logprob: float
    bytes: list[int] | None = None


class TokenLogprob(Model):
    token: str
    logprob: float
    """-9999 for a token that is very unlikely."""
    bytes: list[int] | None = None
    """Its UTF-8: a character may be spread over several tokens."""
    top_logprobs: list[TopLogprob]


class ChoiceLogprobs(Model):
    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None


class URLCitation(Model):
    """A page that a part of the text goes back to."""

    start_index: int
    """The first character of the part."""
    end_index: int
    url: str
    title: str


class Annotation(Model):
    type: Literal["url_citation"] | str
    url_citation: URLCitation


class ChatCompletionAudio(Model):
    """A spoken answer."""

    id: str
    """What later messages refer to it by."""
    data: str
    """Base64, in the format that was asked for."""
    transcript: str
    expires_at: int
    """Seconds since the epoch: from then on the id leads nowhere."""


class ChatCompletionMessage(Model):
    """An answer; it may go back as it is into the next call's `messages`."""

    role: Literal["assistant"] | str
    content: str | None = None
    """None beside a call of a tool."""
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    annotations: list[Annotation] | None = None
    audio: ChatCompletionAudio | None = None
    function_call: FunctionCall | None = None
    """The form of 2023."""


class Choice(Model):
    index: int
    message: ChatCompletionMessage
    finish_reason: FinishReason
    logprobs: ChoiceLogprobs | None = None


class ModerationVerdict(Model):
    """What the moderation model thinks of one text."""

    type: str
    """Always `moderation_result`."""
    model: str
    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[Literal["text", "image"] | str]]


class ModerationVerdicts(Model):
    type: Literal["moderation_results"]
    model: str
    results: list[ModerationVerdict]


class ModerationFailure(Model):
    """Why there is no verdict."""

    type: Literal["error"]
    code: str
    message: str


ModerationOutcome = Annotated[ModerationVerdicts | ModerationFailure, OpenUnion()]


class ChatCompletionModeration(Model):
    input: ModerationOutcome
    output: ModerationOutcome


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
    metadata: dict[str, str] | None = None
    service_tier: ServiceTierParam | str | None = None
    """The one that served the call."""
    system_fingerprint: str | None = None
    moderation: ChatCompletionModeration | None = None


class ChatCompletionDeleted(Model):
    id: str
    object: str
    """Always `chat.completion.deleted`."""
    deleted: bool


class PromptCacheBreakpoint(Model):
    mode: Literal["explicit"] | str


class TextPart(Model):
    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class ImageURL(Model):
    url: str
    detail: Literal["auto", "low", "high"] | str | None = None


class ImagePart(Model):
    type: Literal["image_url"]
    image_url: ImageURL
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class ChatCompletionStoreMessage(ChatCompletionMessage):
    """A message of a stored conversation, whoever it is from."""

    id: str
    content_parts: list[Annotated[TextPart | ImagePart, OpenUnion()]] | None = None
    """The content, where it was given in parts."""


# Pieces of answers


class FunctionCallDelta(Model):
    name: str | None = None
    arguments: str | None = None
    """The next piece of the JSON."""


class ToolCallDelta(Model):
    index: int
    """Which of the calls goes on."""
    id: str | None = None
    type: Literal["function"] | str | None = None
    function: FunctionCallDelta | None = None


class ChoiceDelta(Model):
    """What has come since the last chunk."""

    role: Literal["developer", "system", "user", "assistant", "tool"] | str | None = None
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionCallDelta | None = None


class ChunkChoice(Model):
    index: int
    delta: ChoiceDelta
    finish_reason: FinishReason | None = None
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
    service_tier: ServiceTierParam | str | None = None
    system_fingerprint: str | None = None
    obfuscation: str | None = None
    """Says nothing: it makes chunks alike in size."""
    moderation: ChatCompletionModeration | None = None


# The official client's names, for code that moves over

ChatCompletionAssistantMessageParam = AssistantMessageParam
ChatCompletionContentPartImageParam = ImagePartParam
ChatCompletionContentPartInputAudioParam = InputAudioPartParam
ChatCompletionContentPartParam = ContentPartParam
ChatCompletionContentPartRefusalParam = RefusalPartParam
ChatCompletionContentPartTextParam = TextPartParam
ChatCompletionCustomToolParam = CustomToolParam
ChatCompletionDeveloperMessageParam = DeveloperMessageParam
ChatCompletionFunctionMessageParam = FunctionMessageParam
ChatCompletionFunctionToolParam = FunctionToolParam
ChatCompletionMessageCustomToolCall = CustomToolCall
ChatCompletionMessageCustomToolCallParam = CustomToolCallParam
ChatCompletionMessageFunctionToolCall = FunctionToolCall
ChatCompletionMessageFunctionToolCallParam = FunctionToolCallParam
ChatCompletionMessageToolCall = FunctionToolCall
ChatCompletionMessageToolCallParam = FunctionToolCallParam
ChatCompletionMessageToolCallUnion = ToolCall
ChatCompletionMessageToolCallUnionParam = ToolCallParam
ChatCompletionModality = Literal["text", "audio"]
ChatCompletionNamedToolChoiceParam = NamedToolChoiceParam
ChatCompletionPredictionContentParam = PredictionContentParam
ChatCompletionReasoningEffort = ReasoningEffort
ChatCompletionRole = Literal["developer", "system", "user", "assistant", "tool", "function"]
ChatCompletionStreamOptionsParam = StreamOptionsParam
ChatCompletionSystemMessageParam = SystemMessageParam
ChatCompletionTokenLogprob = TokenLogprob
ChatCompletionToolChoiceOptionParam = ToolChoiceParam
ChatCompletionToolMessageParam = ToolMessageParam
ChatCompletionToolParam = FunctionToolParam
ChatCompletionToolUnionParam = ToolParam
ChatCompletionUserMessageParam = UserMessageParam
ChatModel = str
ChoiceDeltaToolCall = ToolCallDelta
ChoiceDeltaToolCallFunction = FunctionCallDelta

if TYPE_CHECKING:
    from .chat_parsed import ParsedChatCompletion as ParsedChatCompletion  # noqa: PLC0414
    from .chat_parsed import ParsedChatCompletionMessage as ParsedChatCompletionMessage  # noqa: PLC0414
    from .chat_parsed import ParsedChoice as ParsedChoice  # noqa: PLC0414
    from .chat_parsed import ParsedFunctionToolCall as ParsedFunctionToolCall  # noqa: PLC0414
else:

    def __getattr__(name: str) -> Any:
        if not name.startswith("Parsed"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(".chat_parsed", __package__), name)
