"""Parameters and answers, one file for each namespace; here under one roof, imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audio import (
        AudioFormat,
        AudioTextFormat,
        Transcription,
        TranscriptionCreateParams,
        TranscriptionSegment,
        TranscriptionVerbose,
        TranscriptionWord,
        Translation,
        TranslationCreateParams,
        TranslationVerbose,
    )
    from .chat import (
        AssistantMessageParam,
        ChatCompletion,
        ChatCompletionChunk,
        ChatCompletionCreateParams,
        ChatCompletionMessage,
        ChatCompletionMessageParam,
        Choice,
        ChoiceDelta,
        ChoiceLogprobs,
        ChunkChoice,
        ContentPartParam,
        DeveloperMessageParam,
        FunctionCall,
        FunctionCallDelta,
        FunctionCallParam,
        FunctionDefinitionParam,
        FunctionMessageParam,
        ImagePartParam,
        ImageURLParam,
        InputAudioParam,
        InputAudioPartParam,
        JSONSchemaParam,
        NamedFunctionParam,
        NamedToolChoiceParam,
        RefusalPartParam,
        ResponseFormatParam,
        StopParam,
        SystemMessageParam,
        TextPartParam,
        TokenLogprob,
        ToolCall,
        ToolCallDelta,
        ToolCallParam,
        ToolMessageParam,
        ToolParam,
        TopLogprob,
        UserMessageParam,
    )
    from .completions import (
        Completion,
        CompletionChoice,
        CompletionCreateParams,
        CompletionLogprobs,
        CompletionUsage,
        Prompt,
        StreamOptionsParam,
    )
    from .edits import (
        Edit,
        EditChoice,
        EditCreateParams,
    )
    from .embeddings import (
        Embedding,
        EmbeddingCreateParams,
        EmbeddingInput,
        EmbeddingItem,
        EmbeddingList,
        EmbeddingManyOptions,
        EmbeddingUsage,
        EncodedEmbedding,
        EncodedEmbeddingList,
    )
    from .engines import (
        Engine,
    )
    from .files import (
        FileCreateParams,
        FileDeleted,
        FileObject,
        FilePurpose,
    )
    from .fine_tunes import (
        FineTune,
        FineTuneCreateParams,
        FineTuneEvent,
        FineTuneHyperparams,
        FineTuneStatus,
    )
    from .images import (
        Image,
        ImageCreateVariationParams,
        ImageEditParams,
        ImageFormat,
        ImageGenerateParams,
        ImageSize,
        ImagesResponse,
    )
    from .models import (
        ModelDeleted,
        ModelInfo,
    )
    from .moderations import (
        Moderation,
        ModerationByCategory,
        ModerationCategories,
        ModerationCategoryScores,
        ModerationCreateParams,
        ModerationModel,
        ModerationResult,
    )

__all__ = [
    "AssistantMessageParam", "AudioFormat", "AudioTextFormat", "ChatCompletion",
    "ChatCompletionChunk", "ChatCompletionCreateParams", "ChatCompletionMessage",
    "ChatCompletionMessageParam", "Choice", "ChoiceDelta", "ChoiceLogprobs", "ChunkChoice",
    "Completion", "CompletionChoice", "CompletionCreateParams", "CompletionLogprobs",
    "CompletionUsage", "ContentPartParam", "DeveloperMessageParam", "Edit", "EditChoice",
    "EditCreateParams", "Embedding", "EmbeddingCreateParams", "EmbeddingInput", "EmbeddingItem",
    "EmbeddingList", "EmbeddingManyOptions", "EmbeddingUsage", "EncodedEmbedding",
    "EncodedEmbeddingList", "Engine", "FileCreateParams", "FileDeleted", "FileObject",
    "FilePurpose", "FineTune", "FineTuneCreateParams", "FineTuneEvent", "FineTuneHyperparams",
    "FineTuneStatus", "FunctionCall", "FunctionCallDelta", "FunctionCallParam",
    "FunctionDefinitionParam", "FunctionMessageParam", "Image", "ImageCreateVariationParams",
    "ImageEditParams", "ImageFormat", "ImageGenerateParams", "ImagePartParam", "ImageSize",
    "ImageURLParam", "ImagesResponse", "InputAudioParam", "InputAudioPartParam", "JSONSchemaParam",
    "ModelDeleted", "ModelInfo", "Moderation", "ModerationByCategory", "ModerationCategories",
    "ModerationCategoryScores", "ModerationCreateParams", "ModerationModel", "ModerationResult",
    "NamedFunctionParam", "NamedToolChoiceParam", "Prompt", "RefusalPartParam",
    "ResponseFormatParam", "StopParam", "StreamOptionsParam", "SystemMessageParam", "TextPartParam",
    "TokenLogprob", "ToolCall", "ToolCallDelta", "ToolCallParam", "ToolMessageParam", "ToolParam",
    "TopLogprob", "Transcription", "TranscriptionCreateParams", "TranscriptionSegment",
    "TranscriptionVerbose", "TranscriptionWord", "Translation", "TranslationCreateParams",
    "TranslationVerbose", "UserMessageParam",
]  # fmt: skip

_HOMES = {
    "AudioFormat": "audio",
    "AudioTextFormat": "audio",
    "Transcription": "audio",
    "TranscriptionCreateParams": "audio",
    "TranscriptionSegment": "audio",
    "TranscriptionVerbose": "audio",
    "TranscriptionWord": "audio",
    "Translation": "audio",
    "TranslationCreateParams": "audio",
    "TranslationVerbose": "audio",
    "AssistantMessageParam": "chat",
    "ChatCompletion": "chat",
    "ChatCompletionChunk": "chat",
    "ChatCompletionCreateParams": "chat",
    "ChatCompletionMessage": "chat",
    "ChatCompletionMessageParam": "chat",
    "Choice": "chat",
    "ChoiceDelta": "chat",
    "ChoiceLogprobs": "chat",
    "ChunkChoice": "chat",
    "ContentPartParam": "chat",
    "DeveloperMessageParam": "chat",
    "FunctionCall": "chat",
    "FunctionCallDelta": "chat",
    "FunctionCallParam": "chat",
    "FunctionDefinitionParam": "chat",
    "FunctionMessageParam": "chat",
    "ImagePartParam": "chat",
    "ImageURLParam": "chat",
    "InputAudioParam": "chat",
    "InputAudioPartParam": "chat",
    "JSONSchemaParam": "chat",
    "NamedFunctionParam": "chat",
    "NamedToolChoiceParam": "chat",
    "RefusalPartParam": "chat",
    "ResponseFormatParam": "chat",
    "StopParam": "chat",
    "SystemMessageParam": "chat",
    "TextPartParam": "chat",
    "TokenLogprob": "chat",
    "ToolCall": "chat",
    "ToolCallDelta": "chat",
    "ToolCallParam": "chat",
    "ToolMessageParam": "chat",
    "ToolParam": "chat",
    "TopLogprob": "chat",
    "UserMessageParam": "chat",
    "Completion": "completions",
    "CompletionChoice": "completions",
    "CompletionCreateParams": "completions",
    "CompletionLogprobs": "completions",
    "CompletionUsage": "completions",
    "Prompt": "completions",
    "StreamOptionsParam": "completions",
    "Edit": "edits",
    "EditChoice": "edits",
    "EditCreateParams": "edits",
    "Embedding": "embeddings",
    "EmbeddingCreateParams": "embeddings",
    "EmbeddingInput": "embeddings",
    "EmbeddingItem": "embeddings",
    "EmbeddingList": "embeddings",
    "EmbeddingManyOptions": "embeddings",
    "EmbeddingUsage": "embeddings",
    "EncodedEmbedding": "embeddings",
    "EncodedEmbeddingList": "embeddings",
    "Engine": "engines",
    "FileCreateParams": "files",
    "FileDeleted": "files",
    "FileObject": "files",
    "FilePurpose": "files",
    "FineTune": "fine_tunes",
    "FineTuneCreateParams": "fine_tunes",
    "FineTuneEvent": "fine_tunes",
    "FineTuneHyperparams": "fine_tunes",
    "FineTuneStatus": "fine_tunes",
    "Image": "images",
    "ImageCreateVariationParams": "images",
    "ImageEditParams": "images",
    "ImageFormat": "images",
    "ImageGenerateParams": "images",
    "ImageSize": "images",
    "ImagesResponse": "images",
    "ModelDeleted": "models",
    "ModelInfo": "models",
    "Moderation": "moderations",
    "ModerationByCategory": "moderations",
    "ModerationCategories": "moderations",
    "ModerationCategoryScores": "moderations",
    "ModerationCreateParams": "moderations",
    "ModerationModel": "moderations",
    "ModerationResult": "moderations",
}
"""Name to module."""


def __getattr__(name: str) -> Any:
    # What nobody uses costs nobody time: each module is imported for the first of its names.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
