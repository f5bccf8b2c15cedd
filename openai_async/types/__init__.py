"""Parameters and answers, one file for each namespace; here under one roof, imported when used.

Not those of `types.responses`, `realtime`, `evals`, `graders`, `webhooks` and `chatkit`: there are
hundreds, with names that many a thing could have, so they are in their own modules alone.
"""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from . import responses as responses
    from . import webhooks as webhooks
    from .audio import *  # noqa: F403
    from .batches import *  # noqa: F403
    from .chat import *  # noqa: F403
    from .chat_parsed import *  # noqa: F403
    from .completions import *  # noqa: F403
    from .containers import *  # noqa: F403
    from .content_provenance_checks import *  # noqa: F403
    from .conversations import *  # noqa: F403
    from .edits import *  # noqa: F403
    from .embeddings import *  # noqa: F403
    from .engines import *  # noqa: F403
    from .files import *  # noqa: F403
    from .fine_tunes import *  # noqa: F403
    from .fine_tuning import *  # noqa: F403
    from .images import *  # noqa: F403
    from .models import *  # noqa: F403
    from .moderations import *  # noqa: F403
    from .skills import *  # noqa: F403
    from .uploads import *  # noqa: F403
    from .vector_stores import *  # noqa: F403
    from .videos import *  # noqa: F403

_NAMES = {
    "audio": """AudioFormat AudioTextFormat ServerVadParam SpeechAudioDeltaEvent
        SpeechAudioDoneEvent SpeechCreateParams SpeechFormat SpeechModel SpeechStreamEvent
        SpeechUsage SpeechVoice Transcription TranscriptionCreateParams TranscriptionDiarized
        TranscriptionDiarizedSegment TranscriptionDurationUsage TranscriptionFormat
        TranscriptionInputTokenDetails TranscriptionLanguage TranscriptionLogprob TranscriptionModel
        TranscriptionSegment TranscriptionStreamEvent TranscriptionTextDeltaEvent
        TranscriptionTextDoneEvent TranscriptionTextSegmentEvent TranscriptionTokenUsage
        TranscriptionUsage TranscriptionVerbose TranscriptionWord Translation
        TranslationCreateParams TranslationVerbose Voice VoiceConsent VoiceConsentCreateParams
        VoiceConsentDeleted VoiceConsentListParams VoiceConsentUpdateParams VoiceCreateParams
        VoiceDeleted VoiceReferenceParam""",
    "batches": """Batch BatchCreateParams BatchEndpoint BatchError BatchErrors
        BatchInputTokensDetails BatchListParams BatchOutputTokensDetails BatchRequestCounts
        BatchRunParams BatchUsage""",
    "chat": """AllowedToolsChoiceParam AllowedToolsParam Annotation AssistantMessageParam
        AudioReferenceParam ChatCompletion ChatCompletionAssistantMessageParam ChatCompletionAudio
        ChatCompletionAudioParam ChatCompletionChunk ChatCompletionContentPartImageParam
        ChatCompletionContentPartInputAudioParam ChatCompletionContentPartParam
        ChatCompletionContentPartRefusalParam ChatCompletionContentPartTextParam
        ChatCompletionCreateParams ChatCompletionCustomToolParam ChatCompletionDeleted
        ChatCompletionDeveloperMessageParam ChatCompletionFunctionMessageParam
        ChatCompletionFunctionToolParam ChatCompletionListParams ChatCompletionMessage
        ChatCompletionMessageCustomToolCall ChatCompletionMessageCustomToolCallParam
        ChatCompletionMessageFunctionToolCall ChatCompletionMessageFunctionToolCallParam
        ChatCompletionMessageListParams ChatCompletionMessageParam ChatCompletionMessageToolCall
        ChatCompletionMessageToolCallParam ChatCompletionMessageToolCallUnion
        ChatCompletionMessageToolCallUnionParam ChatCompletionModality ChatCompletionModeration
        ChatCompletionNamedToolChoiceParam ChatCompletionParseParams
        ChatCompletionPredictionContentParam ChatCompletionReasoningEffort ChatCompletionRole
        ChatCompletionStoreMessage ChatCompletionStreamOptionsParam ChatCompletionSystemMessageParam
        ChatCompletionTokenLogprob ChatCompletionToolChoiceOptionParam
        ChatCompletionToolMessageParam ChatCompletionToolParam ChatCompletionToolUnionParam
        ChatCompletionUpdateParams ChatCompletionUserMessageParam ChatModel Choice ChoiceDelta
        ChoiceDeltaToolCall ChoiceDeltaToolCallFunction ChoiceLogprobs ChunkChoice
        CompletionTokensDetails CompletionUsage ContentPartParam CustomCall CustomCallParam
        CustomToolCall CustomToolCallParam CustomToolDefinitionParam CustomToolParam
        CustomVoiceParam DeveloperMessageParam FilePartParam FinishReason FunctionCall
        FunctionCallDelta FunctionCallParam FunctionDefinitionParam FunctionMessageParam
        FunctionToolCall FunctionToolCallParam FunctionToolParam GrammarFormatParam GrammarParam
        ImagePart ImagePartParam ImageURL ImageURLParam InputAudioParam InputAudioPartParam
        InputFileParam JSONSchemaParam LegacyFunctionParam MetadataParam ModerationFailure
        ModerationModeParam ModerationOptionsParam ModerationOutcome ModerationPolicyParam
        ModerationVerdict ModerationVerdicts NamedCustomToolChoiceParam NamedCustomToolParam
        NamedFunctionParam NamedToolChoiceParam PredictionContentParam PromptCacheBreakpoint
        PromptCacheBreakpointParam PromptCacheOptionsParam PromptTokensDetails ReasoningEffort
        RefusalPartParam ResponseFormatJSONObjectParam ResponseFormatJSONSchemaParam
        ResponseFormatParam ResponseFormatTextParam ServiceTierParam StopParam StreamOptionsParam
        SystemMessageParam TextPart TextPartParam TokenLogprob ToolCall ToolCallDelta ToolCallParam
        ToolChoiceParam ToolMessageParam ToolParam TopLogprob URLCitation UserMessageParam Verbosity
        WebSearchLocationParam WebSearchOptionsParam WebSearchUserLocationParam""",
    "chat_parsed": """ChatCompletionStreamEvent ChunkEvent ContentDeltaEvent ContentDoneEvent
        FunctionToolCallArgumentsDeltaEvent FunctionToolCallArgumentsDoneEvent
        LogprobsContentDeltaEvent LogprobsContentDoneEvent LogprobsRefusalDeltaEvent
        LogprobsRefusalDoneEvent ParsedChatCompletion ParsedChatCompletionMessage ParsedChoice
        ParsedFunctionCall ParsedFunctionToolCall ParsedToolCall RefusalDeltaEvent RefusalDoneEvent
        """,
    "completions": "Completion CompletionChoice CompletionCreateParams CompletionLogprobs Prompt",
    "containers": """Container ContainerCreateParams ContainerDomainSecretParam
        ContainerExpiresAfter ContainerExpiresAfterParam ContainerFile ContainerFileCreateParams
        ContainerFileListParams ContainerListParams ContainerMemory ContainerNetworkAllowlistParam
        ContainerNetworkDisabledParam ContainerNetworkPolicy ContainerNetworkPolicyParam""",
    "content_provenance_checks": """C2PAProvenanceResult ContentProvenanceCheck
        ContentProvenanceCheckCreateParams ProvenanceOutcome ProvenanceResult
        SynthIDProvenanceResult""",
    "conversations": """Conversation ConversationCreateParams ConversationDeleted
        ConversationItemCreateParams ConversationItemListParams ConversationItemRetrieveParams
        ConversationUpdateParams""",
    "edits": "Edit EditChoice EditCreateParams",
    "embeddings": """CreateEmbeddingResponse Embedding EmbeddingCreateParams EmbeddingInput
        EmbeddingItem EmbeddingList EmbeddingManyOptions EmbeddingModel EmbeddingUsage
        EncodedEmbedding EncodedEmbeddingList""",
    "engines": "Engine",
    "files": "ExpiresAfterParam FileCreateParams FileDeleted FileListParams FileObject FilePurpose",
    "fine_tunes": "FineTune FineTuneCreateParams FineTuneEvent FineTuneHyperparams FineTuneStatus",
    "fine_tuning": """CheckpointMetrics CheckpointPermission CheckpointPermissionCreateParams
        CheckpointPermissionDeleted CheckpointPermissionListParams DpoHyperparameters
        DpoHyperparametersParam DpoMethod DpoMethodParam FineTuningHyperparameters
        FineTuningHyperparametersParam FineTuningIntegration FineTuningIntegrationParam
        FineTuningJob FineTuningJobCheckpoint FineTuningJobCreateParams FineTuningJobError
        FineTuningJobEvent FineTuningJobListParams FineTuningJobPageParams FineTuningJobStatus
        FineTuningMethod FineTuningMethodParam GraderRun GraderRunErrors GraderRunMetadata
        GraderRunParams GraderValidateParams ReinforcementHyperparameters
        ReinforcementHyperparametersParam ReinforcementMethod ReinforcementMethodParam
        SupervisedMethod SupervisedMethodParam ValidatedGrader WandbIntegration
        WandbIntegrationParam""",
    "images": """Image ImageBackground ImageCreateVariationParams ImageEditCompletedEvent
        ImageEditParams ImageEditPartialImageEvent ImageEditStreamEvent ImageFormat
        ImageGenCompletedEvent ImageGenPartialImageEvent ImageGenStreamEvent ImageGenerateParams
        ImageInputTokensDetails ImageModel ImageOutputFormat ImageOutputTokensDetails ImageSize
        ImageSvgParam ImageSvgReasoningParam ImageUsage ImagesResponse""",
    "models": "ModelDeleted ModelInfo",
    "moderations": """Moderation ModerationAppliedInputTypes ModerationByCategory
        ModerationCategories ModerationCategoryScores ModerationCreateParams
        ModerationCreateResponse ModerationImageParam ModerationImageURLParam ModerationModel
        ModerationPartParam ModerationResult ModerationTextParam""",
    "skills": """DeletedSkill DeletedSkillVersion InlineSkillParam InlineSkillSourceParam Skill
        SkillCreateParams SkillListParams SkillReferenceParam SkillUpdateParams SkillVersion
        SkillVersionCreateParams""",
    "uploads": """Upload UploadCompleteParams UploadCreateParams UploadPart UploadPartCreateParams
        UploadState""",
    "vector_stores": """AttributeFilterParam AutoChunkingStrategyParam ChunkingStrategy
        ChunkingStrategyParam ComparisonFilterParam CompoundFilterParam OtherChunkingStrategy
        StaticChunkingParam StaticChunkingSizes StaticChunkingStrategy StaticChunkingStrategyParam
        VectorStore VectorStoreCreateParams VectorStoreDeleted VectorStoreExpiresAfter
        VectorStoreExpiresAfterParam VectorStoreFile VectorStoreFileBatch
        VectorStoreFileBatchCreateParams VectorStoreFileContent VectorStoreFileContentPage
        VectorStoreFileCounts VectorStoreFileCreateParams VectorStoreFileDeleted
        VectorStoreFileError VectorStoreFileListParams VectorStoreFileOptions VectorStoreFileParam
        VectorStoreFileStatus VectorStoreFileUpdateParams VectorStoreFileUploadParams
        VectorStoreListParams VectorStoreRankingParam VectorStoreSearchContent VectorStoreSearchPage
        VectorStoreSearchParams VectorStoreSearchResponse VectorStoreSearchResult
        VectorStoreUpdateParams""",
    "videos": """Video VideoCharacter VideoCreateCharacterParams VideoCreateParams VideoDeleted
        VideoDownloadContentParams VideoEditParams VideoError VideoExtendParams VideoImageParam
        VideoListParams VideoModel VideoReferenceParam VideoRemixParams VideoSeconds VideoSize""",
}
"""Module to names."""

_MODULES = {*_NAMES, "chatkit", "evals", "graders", "realtime", "responses", "webhooks"}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


if not typing.TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> typing.Any:
        # What nobody uses costs nobody time: each module is imported for the first of its names.
        from importlib import import_module  # noqa: PLC0415

        if name in _MODULES:
            return import_module(f".{name}", __name__)
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
