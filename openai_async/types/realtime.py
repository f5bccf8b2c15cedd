"""Keys and calls for speech in real time: https://platform.openai.com/docs/api-reference/realtime"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion
from .audio import VoiceReferenceParam
from .responses import (
    MCPTool,
    MCPToolParam,
    ResponsePrompt,
    ResponsePromptParam,
    ToolChoiceFunction,
    ToolChoiceFunctionParam,
    ToolChoiceMCP,
    ToolChoiceMCPParam,
)

__all__ = [
    "RealtimeAudio", "RealtimeAudioFormat", "RealtimeAudioFormatParam", "RealtimeAudioInput",
    "RealtimeAudioInputParam", "RealtimeAudioOutput", "RealtimeAudioOutputParam", "RealtimeAudioParam",
    "RealtimeCallAcceptParams", "RealtimeCallCreateParams", "RealtimeCallReferParams",
    "RealtimeCallRejectParams", "RealtimeClientSecret", "RealtimeClientSecretCreateParams",
    "RealtimeExpiresAfterParam", "RealtimeFunctionTool", "RealtimeFunctionToolParam", "RealtimeInclude",
    "RealtimeModel", "RealtimeNoiseReduction", "RealtimeNoiseReductionParam", "RealtimeReasoning",
    "RealtimeReasoningParam", "RealtimeRetention", "RealtimeRetentionParam", "RealtimeSemanticVAD",
    "RealtimeSemanticVADParam", "RealtimeServerVAD", "RealtimeServerVADParam", "RealtimeSession",
    "RealtimeSessionFields", "RealtimeSessionParam", "RealtimeTokenLimits", "RealtimeTokenLimitsParam",
    "RealtimeTracing", "RealtimeTracingParam", "RealtimeTranscription", "RealtimeTranscriptionAudio",
    "RealtimeTranscriptionAudioParam", "RealtimeTranscriptionInput", "RealtimeTranscriptionInputParam",
    "RealtimeTranscriptionModel", "RealtimeTranscriptionParam", "RealtimeTranscriptionSession",
    "RealtimeTranscriptionSessionParam", "RealtimeTranslationAudio", "RealtimeTranslationAudioParam",
    "RealtimeTranslationClientSecret", "RealtimeTranslationClientSecretCreateParams",
    "RealtimeTranslationInput", "RealtimeTranslationInputParam", "RealtimeTranslationOutput",
    "RealtimeTranslationOutputParam", "RealtimeTranslationSession", "RealtimeTranslationSessionParam",
    "RealtimeTurnDetection", "RealtimeTurnDetectionParam", "RealtimeVoiceParam",
    "RequiredNoiseReductionParam", "SessionClientSecret", "SessionClientSecretParam",
    "SessionCreateParams", "SessionCreated", "SessionSound", "SessionTranscriptionParam",
    "SessionTurnDetection", "SessionTurnDetectionParam", "SourceTranscription",
    "SourceTranscriptionParam", "TranscriptionSessionCreateParams", "TranscriptionSessionCreated",
]  # fmt: skip

RealtimeInclude = Literal["item.input_audio_transcription.logprobs"]
RealtimeModel = str | Literal[
    "gpt-realtime", "gpt-realtime-1.5", "gpt-realtime-2", "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini", "gpt-realtime-2025-08-28", "gpt-4o-realtime-preview",
    "gpt-4o-realtime-preview-2024-10-01", "gpt-4o-realtime-preview-2024-12-17",
    "gpt-4o-realtime-preview-2025-06-03", "gpt-4o-mini-realtime-preview",
    "gpt-4o-mini-realtime-preview-2024-12-17", "gpt-realtime-mini", "gpt-realtime-mini-2025-10-06",
    "gpt-realtime-mini-2025-12-15", "gpt-audio-1.5", "gpt-audio-mini", "gpt-audio-mini-2025-10-06",
    "gpt-audio-mini-2025-12-15",
]  # fmt: skip
RealtimeTranscriptionModel = str | Literal[
    "whisper-1", "gpt-transcribe", "gpt-live-transcribe", "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize",
    "gpt-realtime-whisper",
]  # fmt: skip


# Parameters: sound


class RealtimeAudioFormatParam(TypedDict, total=False):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
    """PCM, or G.711 in its two laws."""
    rate: Literal[24000]
    """Samples a second, of PCM alone."""


class RealtimeTranscriptionParam(TypedDict, total=False):
    """How what is heard is written down."""

    model: RealtimeTranscriptionModel
    language: str
    """ISO 639-1, such as `en`."""
    languages: Sequence[str]
    """The languages that it may be in."""
    keywords: Sequence[str]
    """Words that are to be expected."""
    prompt: str
    """What came before, or how to write."""
    delay: Literal["minimal", "low", "medium", "high", "xhigh"]
    """How long to wait for more before text is told: the longer, the better it is."""


class RealtimeNoiseReductionParam(TypedDict, total=False):
    type: Literal["near_field", "far_field"]
    """A microphone at the mouth, or one in the room."""


class RealtimeServerVADParam(TypedDict, total=False):
    """Turns end where nobody speaks."""

    type: Required[Literal["server_vad"]]
    threshold: float
    """How loud speech is, from 0 to 1. Default: 0.5."""
    prefix_padding_ms: int
    """What is kept from before the speech. Default: 300."""
    silence_duration_ms: int
    """How long a silence ends the turn. Default: 500."""
    create_response: bool
    """Whether to answer at the end of a turn. Default: true."""
    interrupt_response: bool
    """Whether an answer ends when somebody begins to speak. Default: true."""
    idle_timeout_ms: int | None
    """After how long a silence the model speaks by itself."""


class RealtimeSemanticVADParam(TypedDict, total=False):
    """Turns end where a model believes that the speaker has finished."""

    type: Required[Literal["semantic_vad"]]
    eagerness: Literal["low", "medium", "high", "auto"]
    """How soon it believes so. Default: `auto`, which is medium."""
    create_response: bool
    """Whether to answer at the end of a turn. Default: true."""
    interrupt_response: bool
    """Whether an answer ends when somebody begins to speak. Default: true."""


RealtimeTurnDetectionParam = RealtimeServerVADParam | RealtimeSemanticVADParam


class RealtimeAudioInputParam(TypedDict, total=False):
    format: RealtimeAudioFormatParam
    transcription: RealtimeTranscriptionParam
    """Default: none."""
    noise_reduction: RealtimeNoiseReductionParam
    """Default: none."""
    turn_detection: RealtimeTurnDetectionParam | None
    """None: the caller says when a turn ends."""


RealtimeVoiceParam = (
    Literal["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]
    | str
    | VoiceReferenceParam
)


class RealtimeAudioOutputParam(TypedDict, total=False):
    format: RealtimeAudioFormatParam
    voice: RealtimeVoiceParam
    """Default: `alloy`. It stays what it is once the model has spoken."""
    speed: float
    """From 0.25 to 1.5. Default: 1."""


class RealtimeAudioParam(TypedDict, total=False):
    input: RealtimeAudioInputParam
    output: RealtimeAudioOutputParam


# Parameters: sessions


class RealtimeTracingParam(TypedDict, total=False):
    workflow_name: str
    group_id: str
    """Which traces belong together."""
    metadata: Mapping[str, Any]


class RealtimeFunctionToolParam(TypedDict, total=False):
    type: Literal["function"]
    name: str
    description: str
    """When to call it, and what to say to the user meanwhile."""
    parameters: Mapping[str, Any]
    """A JSON schema of the arguments."""


class RealtimeReasoningParam(TypedDict, total=False):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"]
    """Default: low."""


class RealtimeTokenLimitsParam(TypedDict, total=False):
    post_instructions: int
    """Tokens of the conversation behind the instructions."""


class RealtimeRetentionParam(TypedDict, total=False):
    """What is kept when a conversation grows too long."""

    type: Required[Literal["retention_ratio"]]
    retention_ratio: Required[float]
    """From 0 to 1: the share of the tokens that stays."""
    token_limits: RealtimeTokenLimitsParam


class _SessionSettings(TypedDict, total=False):
    output_modalities: Sequence[Literal["text", "audio"]]
    """Text, or sound with its words. Default: `["audio"]`."""
    model: RealtimeModel
    instructions: str
    audio: RealtimeAudioParam
    include: Sequence[RealtimeInclude]
    """What else the server tells."""
    tracing: Literal["auto"] | RealtimeTracingParam | None
    """Default: none."""
    tools: Sequence[RealtimeFunctionToolParam | MCPToolParam]
    tool_choice: Literal["none", "auto", "required"] | ToolChoiceFunctionParam | ToolChoiceMCPParam
    """Default: `auto`."""
    parallel_tool_calls: bool
    reasoning: RealtimeReasoningParam
    max_output_tokens: int | Literal["inf"]
    """For one answer, from 1 to 4096. Default: `inf`."""
    truncation: Literal["auto", "disabled"] | RealtimeRetentionParam
    """What becomes of a conversation that grows too long. Default: `auto`."""
    prompt: ResponsePromptParam | None


class RealtimeSessionParam(_SessionSettings, total=False):
    """A session in which a model speaks."""

    type: Required[Literal["realtime"]]


class RealtimeTranscriptionInputParam(TypedDict, total=False):
    format: RealtimeAudioFormatParam
    transcription: RealtimeTranscriptionParam
    noise_reduction: RealtimeNoiseReductionParam
    turn_detection: RealtimeTurnDetectionParam | None


class RealtimeTranscriptionAudioParam(TypedDict, total=False):
    input: RealtimeTranscriptionInputParam


class RealtimeTranscriptionSessionParam(TypedDict, total=False):
    """A session in which speech is written down."""

    type: Required[Literal["transcription"]]
    audio: RealtimeTranscriptionAudioParam
    include: Sequence[RealtimeInclude]


class SourceTranscriptionParam(TypedDict):
    model: str


class RequiredNoiseReductionParam(TypedDict):
    type: Literal["near_field", "far_field"]
    """A microphone at the mouth, or one in the room."""


class RealtimeTranslationInputParam(TypedDict, total=False):
    transcription: SourceTranscriptionParam | None
    """Whether what is heard is told as text, too."""
    noise_reduction: RequiredNoiseReductionParam | None


class RealtimeTranslationOutputParam(TypedDict, total=False):
    language: str
    """Into which it is translated."""


class RealtimeTranslationAudioParam(TypedDict, total=False):
    input: RealtimeTranslationInputParam
    output: RealtimeTranslationOutputParam


class RealtimeTranslationSessionParam(TypedDict, total=False):
    """A session in which speech is translated."""

    model: Required[str]
    audio: RealtimeTranslationAudioParam


# Parameters: calls


class RealtimeExpiresAfterParam(TypedDict, total=False):
    anchor: Literal["created_at"]
    seconds: int
    """From 10 to 7,200. Default: 600."""


class RealtimeClientSecretCreateParams(RequestOptions, total=False):
    expires_after: RealtimeExpiresAfterParam
    """Until when the secret opens sessions; those live on."""
    session: RealtimeSessionParam | RealtimeTranscriptionSessionParam


class RealtimeTranslationClientSecretCreateParams(RequestOptions, total=False):
    session: Required[RealtimeTranslationSessionParam]
    expires_after: RealtimeExpiresAfterParam
    """Until when the secret opens sessions; those live on."""


class RealtimeCallCreateParams(RequestOptions, total=False):
    sdp: Required[str]
    """The caller's SDP offer."""
    session: RealtimeSessionParam


class RealtimeCallAcceptParams(RequestOptions, _SessionSettings, total=False):
    type: Required[Literal["realtime"]]


class RealtimeCallReferParams(RequestOptions, total=False):
    target_uri: Required[str]
    """Such as `tel:+14155550123` or `sip:agent@example.com`."""


class RealtimeCallRejectParams(RequestOptions, total=False):
    status_code: int
    """SIP's. Default: 603, for "declined"."""


# Parameters: sessions of the beta


class SessionClientSecretParam(TypedDict):
    value: str
    expires_at: int
    """Seconds since the epoch."""


class SessionTranscriptionParam(TypedDict, total=False):
    model: str


class SessionTurnDetectionParam(TypedDict, total=False):
    type: Literal["server_vad"] | str
    threshold: float
    """From 0 to 1. Default: 0.5."""
    prefix_padding_ms: int
    """Default: 300."""
    silence_duration_ms: int
    """Default: 500."""


class SessionCreateParams(RequestOptions, total=False):
    client_secret: Required[SessionClientSecretParam]
    modalities: Sequence[Literal["text", "audio"]]
    """Default: both."""
    instructions: str
    voice: RealtimeVoiceParam
    input_audio_format: str
    """`pcm16`, `g711_ulaw` or `g711_alaw`."""
    output_audio_format: str
    """`pcm16`, `g711_ulaw` or `g711_alaw`."""
    input_audio_transcription: SessionTranscriptionParam
    """Default: none."""
    speed: float
    """From 0.25 to 1.5. Default: 1."""
    tracing: Literal["auto"] | RealtimeTracingParam
    turn_detection: SessionTurnDetectionParam
    tools: Sequence[RealtimeFunctionToolParam]
    tool_choice: str
    """`auto`, `none`, `required`, or a function's name."""
    temperature: float
    """From 0.6 to 1.2. Default: 0.8."""
    max_response_output_tokens: int | Literal["inf"]
    """From 1 to 4096. Default: `inf`."""
    truncation: Literal["auto", "disabled"] | RealtimeRetentionParam
    prompt: ResponsePromptParam | None


class TranscriptionSessionCreateParams(RequestOptions, total=False):
    turn_detection: SessionTurnDetectionParam
    input_audio_noise_reduction: RealtimeNoiseReductionParam
    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"]
    """Default: `pcm16`, at 24 kHz, one channel, little-endian."""
    input_audio_transcription: RealtimeTranscriptionParam
    include: Sequence[RealtimeInclude]


# Answers: sound


class RealtimeAudioFormat(Model):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] | str | None = None
    rate: int | None = None
    """Samples a second, of PCM alone."""


class RealtimeTranscription(Model):
    model: RealtimeTranscriptionModel | None = None
    language: str | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    prompt: str | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | str | None = None


class RealtimeNoiseReduction(Model):
    type: Literal["near_field", "far_field"] | str | None = None


class RealtimeServerVAD(Model):
    type: Literal["server_vad"]
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None
    idle_timeout_ms: int | None = None


class RealtimeSemanticVAD(Model):
    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] | str | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


RealtimeTurnDetection = Annotated[RealtimeServerVAD | RealtimeSemanticVAD, OpenUnion()]


class SessionTurnDetection(Model):
    """By silence alone."""

    type: str | None = None
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None


class RealtimeAudioInput(Model):
    format: RealtimeAudioFormat | None = None
    transcription: RealtimeTranscription | None = None
    noise_reduction: RealtimeNoiseReduction | None = None
    turn_detection: RealtimeTurnDetection | None = None


class RealtimeAudioOutput(Model):
    format: RealtimeAudioFormat | None = None
    voice: str | None = None
    speed: float | None = None


class RealtimeAudio(Model):
    input: RealtimeAudioInput | None = None
    output: RealtimeAudioOutput | None = None


# Answers: sessions


class RealtimeTracing(Model):
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


class RealtimeFunctionTool(Model):
    type: Literal["function"] = "function"
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class RealtimeReasoning(Model):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | str | None = None


class RealtimeTokenLimits(Model):
    post_instructions: int | None = None


class RealtimeRetention(Model):
    type: str
    """Always `retention_ratio`."""
    retention_ratio: float
    token_limits: RealtimeTokenLimits | None = None


class RealtimeSessionFields(Model):
    """What sessions of all kinds have."""

    expires_at: int | None = None
    """Seconds since the epoch."""
    include: list[RealtimeInclude | str] | None = None


class RealtimeSession(RealtimeSessionFields):
    type: Literal["realtime"]
    id: str
    object: str
    """Always `realtime.session`."""
    output_modalities: list[Literal["text", "audio"] | str] | None = None
    model: RealtimeModel | None = None
    instructions: str | None = None
    audio: RealtimeAudio | None = None
    tracing: Literal["auto"] | str | RealtimeTracing | None = None
    tools: list[Annotated[RealtimeFunctionTool | MCPTool, OpenUnion()]] | None = None
    tool_choice: (
        Literal["none", "auto", "required"]
        | str
        | Annotated[ToolChoiceFunction | ToolChoiceMCP, OpenUnion()]
        | None
    ) = None
    reasoning: RealtimeReasoning | None = None
    max_output_tokens: int | Literal["inf"] | None = None
    truncation: Literal["auto", "disabled"] | str | RealtimeRetention | None = None
    prompt: ResponsePrompt | None = None


class RealtimeTranscriptionInput(Model):
    format: RealtimeAudioFormat | None = None
    transcription: RealtimeTranscription | None = None
    noise_reduction: RealtimeNoiseReduction | None = None
    turn_detection: SessionTurnDetection | None = None


class RealtimeTranscriptionAudio(Model):
    input: RealtimeTranscriptionInput | None = None


class RealtimeTranscriptionSession(RealtimeSessionFields):
    type: Literal["transcription"]
    id: str
    object: str
    """Always `realtime.transcription_session`."""
    audio: RealtimeTranscriptionAudio | None = None


class RealtimeClientSecret(Model):
    """A key for a browser or a phone, good for sessions of one kind."""

    value: str = Field(repr=False)
    expires_at: int
    """Seconds since the epoch."""
    session: Annotated[RealtimeSession | RealtimeTranscriptionSession, OpenUnion()]


class SourceTranscription(Model):
    model: str


class RealtimeTranslationInput(Model):
    transcription: SourceTranscription | None = None
    noise_reduction: RealtimeNoiseReduction | None = None


class RealtimeTranslationOutput(Model):
    language: str | None = None


class RealtimeTranslationAudio(Model):
    input: RealtimeTranslationInput | None = None
    output: RealtimeTranslationOutput | None = None


class RealtimeTranslationSession(Model):
    id: str
    type: str
    """Always `translation`."""
    expires_at: int
    """Seconds since the epoch."""
    model: str
    audio: RealtimeTranslationAudio


class RealtimeTranslationClientSecret(Model):
    value: str = Field(repr=False)
    expires_at: int
    """Seconds since the epoch."""
    session: RealtimeTranslationSession


# Answers: sessions of the beta


class SessionSound(Model):
    input: RealtimeTranscriptionInput | None = None
    output: RealtimeAudioOutput | None = None


class SessionCreated(RealtimeSessionFields):
    """A session that was made by `beta.realtime.sessions`."""

    id: str | None = None
    object: str | None = None
    """Always `realtime.session`."""
    model: str | None = None
    output_modalities: list[Literal["text", "audio"] | str] | None = None
    instructions: str | None = None
    audio: SessionSound | None = None
    tracing: Literal["auto"] | str | RealtimeTracing | None = None
    turn_detection: SessionTurnDetection | None = None
    tools: list[RealtimeFunctionTool] | None = None
    tool_choice: str | None = None
    max_output_tokens: int | Literal["inf"] | None = None


class SessionClientSecret(Model):
    value: str = Field(repr=False)
    expires_at: int
    """Seconds since the epoch."""


class TranscriptionSessionCreated(Model):
    """A session that was made by `beta.realtime.transcription_sessions`."""

    client_secret: SessionClientSecret
    modalities: list[Literal["text", "audio"] | str] | None = None
    input_audio_format: str | None = None
    input_audio_transcription: RealtimeTranscription | None = None
    turn_detection: SessionTurnDetection | None = None
