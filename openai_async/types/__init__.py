"""Parameters and answers, one file for each namespace; here under one roof, imported when used."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from .audio import *  # noqa: F403
    from .batches import *  # noqa: F403
    from .chat import *  # noqa: F403
    from .chat_parsed import *  # noqa: F403
    from .chatkit import *  # noqa: F403
    from .completions import *  # noqa: F403
    from .containers import *  # noqa: F403
    from .content_provenance_checks import *  # noqa: F403
    from .conversations import *  # noqa: F403
    from .edits import *  # noqa: F403
    from .embeddings import *  # noqa: F403
    from .engines import *  # noqa: F403
    from .evals import *  # noqa: F403
    from .files import *  # noqa: F403
    from .fine_tunes import *  # noqa: F403
    from .fine_tuning import *  # noqa: F403
    from .graders import *  # noqa: F403
    from .images import *  # noqa: F403
    from .models import *  # noqa: F403
    from .moderations import *  # noqa: F403
    from .realtime import *  # noqa: F403
    from .responses import *  # noqa: F403
    from .skills import *  # noqa: F403
    from .uploads import *  # noqa: F403
    from .vector_stores import *  # noqa: F403
    from .videos import *  # noqa: F403
    from .webhooks import *  # noqa: F403

_NAMES = {
    "audio": """AudioFormat AudioTextFormat ServerVadParam SpeechAudioDeltaEvent SpeechAudioDoneEvent
    SpeechCreateParams SpeechFormat SpeechModel SpeechStreamEvent SpeechUsage SpeechVoice Transcription
    TranscriptionCreateParams TranscriptionDiarized TranscriptionDiarizedSegment
    TranscriptionDurationUsage TranscriptionFormat TranscriptionInputTokenDetails TranscriptionLanguage
    TranscriptionLogprob TranscriptionModel TranscriptionSegment TranscriptionStreamEvent
    TranscriptionTextDeltaEvent TranscriptionTextDoneEvent TranscriptionTextSegmentEvent
    TranscriptionTokenUsage TranscriptionUsage TranscriptionVerbose TranscriptionWord Translation
    TranslationCreateParams TranslationVerbose Voice VoiceConsent VoiceConsentCreateParams
    VoiceConsentDeleted VoiceConsentListParams VoiceConsentUpdateParams VoiceCreateParams VoiceDeleted
    VoiceReferenceParam""",
    "batches": """Batch BatchCreateParams BatchEndpoint BatchError BatchErrors BatchInputTokensDetails
    BatchListParams BatchOutputTokensDetails BatchRequestCounts BatchRunParams BatchUsage""",
    "chat": """AllowedToolsChoiceParam AllowedToolsParam Annotation AssistantMessageParam
    AudioReferenceParam ChatCompletion ChatCompletionAssistantMessageParam ChatCompletionAudio
    ChatCompletionAudioParam ChatCompletionChunk ChatCompletionContentPartImageParam
    ChatCompletionContentPartInputAudioParam ChatCompletionContentPartParam
    ChatCompletionContentPartRefusalParam ChatCompletionContentPartTextParam ChatCompletionCreateParams
    ChatCompletionCustomToolParam ChatCompletionDeleted ChatCompletionDeveloperMessageParam
    ChatCompletionFunctionToolParam ChatCompletionListParams ChatCompletionMessage
    ChatCompletionMessageFunctionToolCall ChatCompletionMessageListParams ChatCompletionMessageParam
    ChatCompletionMessageToolCall ChatCompletionMessageToolCallParam ChatCompletionMessageToolCallUnion
    ChatCompletionMessageToolCallUnionParam ChatCompletionModeration ChatCompletionNamedToolChoiceParam
    ChatCompletionParseParams ChatCompletionStoreMessage ChatCompletionStreamOptionsParam
    ChatCompletionSystemMessageParam ChatCompletionTokenLogprob ChatCompletionToolChoiceOptionParam
    ChatCompletionToolMessageParam ChatCompletionToolParam ChatCompletionToolUnionParam
    ChatCompletionUpdateParams ChatCompletionUserMessageParam Choice ChoiceDelta ChoiceLogprobs
    ChunkChoice CompletionTokensDetails CompletionUsage ContentPartParam CustomCall CustomCallParam
    CustomToolCall CustomToolCallParam CustomToolDefinitionParam CustomToolParam CustomVoiceParam
    DeveloperMessageParam FilePartParam FinishReason FunctionCall FunctionCallDelta FunctionCallParam
    FunctionDefinitionParam FunctionMessageParam FunctionToolCall FunctionToolCallParam
    FunctionToolParam GrammarFormatParam GrammarParam ImagePart ImagePartParam ImageURL ImageURLParam
    InputAudioParam InputAudioPartParam InputFileParam JSONSchemaParam LegacyFunctionParam MetadataParam
    ModerationFailure ModerationModeParam ModerationOptionsParam ModerationOutcome ModerationPolicyParam
    ModerationVerdict ModerationVerdicts NamedCustomToolChoiceParam NamedCustomToolParam
    NamedFunctionParam NamedToolChoiceParam PredictionContentParam PromptCacheBreakpoint
    PromptCacheBreakpointParam PromptCacheOptionsParam PromptTokensDetails ReasoningEffort
    RefusalPartParam ResponseFormatJSONObjectParam ResponseFormatJSONSchemaParam ResponseFormatParam
    ResponseFormatTextParam ServiceTierParam StopParam StreamOptionsParam SystemMessageParam TextPart
    TextPartParam TokenLogprob ToolCall ToolCallDelta ToolCallParam ToolChoiceParam ToolMessageParam
    ToolParam TopLogprob URLCitation UserMessageParam Verbosity WebSearchLocationParam
    WebSearchOptionsParam WebSearchUserLocationParam""",
    "chat_parsed": """ChatCompletionStreamEvent ChunkEvent ContentDeltaEvent ContentDoneEvent
    FunctionToolCallArgumentsDeltaEvent FunctionToolCallArgumentsDoneEvent LogprobsContentDeltaEvent
    LogprobsContentDoneEvent LogprobsRefusalDeltaEvent LogprobsRefusalDoneEvent ParsedChatCompletion
    ParsedChatCompletionMessage ParsedChoice ParsedFunctionCall ParsedFunctionToolCall ParsedToolCall
    RefusalDeltaEvent RefusalDoneEvent""",
    "chatkit": """ChatKitAssistantMessage ChatKitAttachment ChatKitConfiguration
    ChatKitConfigurationParam ChatKitFeature ChatKitFeatureParam ChatKitFileAnnotation ChatKitFileSource
    ChatKitFileUpload ChatKitFileUploadParam ChatKitHistory ChatKitHistoryParam ChatKitInferenceOptions
    ChatKitItem ChatKitItemListParams ChatKitOutputText ChatKitRateLimits ChatKitSession
    ChatKitSessionCreateParams ChatKitTask ChatKitTaskGroup ChatKitThread ChatKitThreadDeleted
    ChatKitThreadItem ChatKitThreadListParams ChatKitThreadStatus ChatKitToolCall ChatKitToolChoice
    ChatKitURLAnnotation ChatKitURLSource ChatKitUserMessage ChatKitUserText ChatKitWidget
    ChatKitWorkflow ChatKitWorkflowParam GroupedTask RateLimitsParam SessionExpiresAfterParam
    StateVariable""",
    "completions": """Completion CompletionChoice CompletionCreateParams CompletionLogprobs Prompt""",
    "containers": """Container ContainerCreateParams ContainerDomainSecretParam ContainerExpiresAfter
    ContainerExpiresAfterParam ContainerFile ContainerFileCreateParams ContainerFileListParams
    ContainerListParams ContainerMemory ContainerNetworkAllowlistParam ContainerNetworkDisabledParam
    ContainerNetworkPolicy ContainerNetworkPolicyParam""",
    "content_provenance_checks": """C2PAProvenanceResult ContentProvenanceCheck
    ContentProvenanceCheckCreateParams ProvenanceOutcome ProvenanceResult SynthIDProvenanceResult""",
    "conversations": """Conversation ConversationCreateParams ConversationDeleted
    ConversationItemCreateParams ConversationItemListParams ConversationItemRetrieveParams
    ConversationUpdateParams""",
    "edits": """Edit EditChoice EditCreateParams""",
    "embeddings": """Embedding EmbeddingCreateParams EmbeddingInput EmbeddingItem EmbeddingList
    EmbeddingManyOptions EmbeddingModel EmbeddingUsage EncodedEmbedding EncodedEmbeddingList""",
    "engines": """Engine""",
    "evals": """CompletionsRunDataSource CompletionsRunDataSourceParam CompletionsRunFormat
    CompletionsRunInput CompletionsRunSampling CompletionsRunSamplingParam CompletionsRunSource
    CompletionsRunTemplate CompletionsRunTemplateParam CustomDataSourceConfig
    CustomDataSourceConfigParam Eval EvalAPIError EvalCreateParams EvalCriterionResult
    EvalDataSourceConfig EvalDataSourceConfigParam EvalDeleted EvalFunctionDefinition EvalFunctionTool
    EvalImagePart EvalItemReference EvalItemReferenceParam EvalJSONSchema EvalListParams EvalMessage
    EvalMessageParam EvalModelUsage EvalOutputItemListParams EvalOutputItemResult EvalPart
    EvalPythonGrader EvalPythonGraderParam EvalResultCounts EvalRun EvalRunCreateParams
    EvalRunDataSource EvalRunDataSourceParam EvalRunDeleted EvalRunListParams EvalRunOutputItem
    EvalSample EvalSampleInput EvalSampleOutput EvalSampleUsage EvalSampling EvalSamplingParam
    EvalScoreModelGrader EvalScoreModelGraderParam EvalTextSimilarityGrader
    EvalTextSimilarityGraderParam EvalUpdateParams FileContentRow FileContentRowParam FileContentSource
    FileContentSourceParam FileIDSource FileIDSourceParam JSONLRunDataSource JSONLRunDataSourceParam
    JSONLRunSource LogsDataSourceConfig LogsDataSourceConfigParam ResponsesRunDataSource
    ResponsesRunDataSourceParam ResponsesRunInput ResponsesRunSampling ResponsesRunSamplingParam
    ResponsesRunSource ResponsesRunTemplate ResponsesRunTemplateParam ResponsesRunText
    ResponsesRunTextParam StoredCompletionsSource StoredCompletionsSourceParam StoredResponsesSource
    StoredResponsesSourceParam TestingCriterion TestingCriterionParam""",
    "files": """ExpiresAfterParam FileCreateParams FileDeleted FileListParams FileObject FilePurpose""",
    "fine_tunes": """FineTune FineTuneCreateParams FineTuneEvent FineTuneHyperparams FineTuneStatus""",
    "fine_tuning": """CheckpointMetrics CheckpointPermission CheckpointPermissionCreateParams
    CheckpointPermissionDeleted CheckpointPermissionListParams DpoHyperparameters
    DpoHyperparametersParam DpoMethod DpoMethodParam FineTuningHyperparameters
    FineTuningHyperparametersParam FineTuningIntegration FineTuningIntegrationParam FineTuningJob
    FineTuningJobCheckpoint FineTuningJobCreateParams FineTuningJobError FineTuningJobEvent
    FineTuningJobListParams FineTuningJobPageParams FineTuningJobStatus FineTuningMethod
    FineTuningMethodParam GraderRun GraderRunErrors GraderRunMetadata GraderRunParams
    GraderValidateParams ReinforcementHyperparameters ReinforcementHyperparametersParam
    ReinforcementMethod ReinforcementMethodParam SupervisedMethod SupervisedMethodParam ValidatedGrader
    WandbIntegration WandbIntegrationParam""",
    "graders": """Grader GraderAudio GraderAudioPart GraderAudioPartParam GraderImagePart
    GraderImagePartParam GraderMessage GraderMessageParam GraderOutputTextPart GraderOutputTextPartParam
    GraderParam GraderPart GraderPartParam GraderTextPart GraderTextPartParam LabelModelGrader
    LabelModelGraderParam MultiGrader MultiGraderParam PythonGrader PythonGraderParam ScoreModelGrader
    ScoreModelGraderParam ScoreModelSampling ScoreModelSamplingParam StringCheckGrader
    StringCheckGraderParam SubGrader SubGraderParam TextSimilarityGrader TextSimilarityGraderParam""",
    "images": """Image ImageBackground ImageCreateVariationParams ImageEditCompletedEvent
    ImageEditParams ImageEditPartialImageEvent ImageEditStreamEvent ImageFormat ImageGenCompletedEvent
    ImageGenPartialImageEvent ImageGenStreamEvent ImageGenerateParams ImageInputTokensDetails ImageModel
    ImageOutputFormat ImageOutputTokensDetails ImageSize ImageSvgParam ImageSvgReasoningParam ImageUsage
    ImagesResponse""",
    "models": """ModelDeleted ModelInfo""",
    "moderations": """Moderation ModerationAppliedInputTypes ModerationByCategory ModerationCategories
    ModerationCategoryScores ModerationCreateParams ModerationImageParam ModerationImageURLParam
    ModerationModel ModerationPartParam ModerationResult ModerationTextParam""",
    "realtime": """RealtimeAudio RealtimeAudioFormat RealtimeAudioFormatParam RealtimeAudioInput
    RealtimeAudioInputParam RealtimeAudioOutput RealtimeAudioOutputParam RealtimeAudioParam
    RealtimeCallAcceptParams RealtimeCallCreateParams RealtimeCallReferParams RealtimeCallRejectParams
    RealtimeClientSecret RealtimeClientSecretCreateParams RealtimeExpiresAfterParam RealtimeFunctionTool
    RealtimeFunctionToolParam RealtimeInclude RealtimeModel RealtimeNoiseReduction
    RealtimeNoiseReductionParam RealtimeReasoning RealtimeReasoningParam RealtimeRetention
    RealtimeRetentionParam RealtimeSemanticVAD RealtimeSemanticVADParam RealtimeServerVAD
    RealtimeServerVADParam RealtimeSession RealtimeSessionFields RealtimeSessionParam
    RealtimeTokenLimits RealtimeTokenLimitsParam RealtimeTracing RealtimeTracingParam
    RealtimeTranscription RealtimeTranscriptionAudio RealtimeTranscriptionAudioParam
    RealtimeTranscriptionInput RealtimeTranscriptionInputParam RealtimeTranscriptionModel
    RealtimeTranscriptionParam RealtimeTranscriptionSession RealtimeTranscriptionSessionParam
    RealtimeTranslationAudio RealtimeTranslationAudioParam RealtimeTranslationClientSecret
    RealtimeTranslationClientSecretCreateParams RealtimeTranslationInput RealtimeTranslationInputParam
    RealtimeTranslationOutput RealtimeTranslationOutputParam RealtimeTranslationSession
    RealtimeTranslationSessionParam RealtimeTurnDetection RealtimeTurnDetectionParam RealtimeVoiceParam
    RequiredNoiseReductionParam SessionClientSecret SessionClientSecretParam SessionCreateParams
    SessionCreated SessionSound SessionTranscriptionParam SessionTurnDetection SessionTurnDetectionParam
    SourceTranscription SourceTranscriptionParam TranscriptionSessionCreateParams
    TranscriptionSessionCreated""",
    "responses": """AnnotationContainerFileCitation AnnotationFileCitation AnnotationFilePath
    AnnotationURLCitation ApplyPatchTool ApplyPatchToolParam BareTool BareToolParam
    CodeInterpreterContainer CodeInterpreterTool CodeInterpreterToolParam CompactedResponse
    CompactionTriggerParam ComputerAction ComputerClick ComputerDoubleClick ComputerDrag
    ComputerKeyPress ComputerMove ComputerScreenshot ComputerScroll ComputerTakeScreenshot ComputerType
    ComputerUsePreviewTool ComputerUsePreviewToolParam ComputerWait ContainerAuto ContainerReference
    ConversationItem ConversationMessage ConversationScreenshot ConversationText CustomGrammarFormat
    CustomTextFormat EasyInputMessageParam FileSearchComparison FileSearchCompound FileSearchFilter
    FileSearchHybridOptions FileSearchRankingOptions FileSearchResult FileSearchTool FileSearchToolParam
    FunctionCallOutputParam FunctionShellTool FunctionShellToolParam ImageGenerationMask
    ImageGenerationModel ImageGenerationTool ImageGenerationToolParam InputItemListParams
    InputTokenCountParams InputTokenCountResponse ItemReferenceParam LocalEnvironment MCPApprovalFilter
    MCPConnector MCPTool MCPToolCallError MCPToolFilter MCPToolParam NamespaceFunctionTool NamespaceTool
    NamespaceToolParam OutputTextLogprob ParsedArgumentsDeltaEvent ParsedArgumentsDoneEvent
    ParsedCompletedEvent ParsedResponse ParsedResponseFunctionToolCall ParsedResponseOutputItem
    ParsedResponseOutputMessage ParsedResponseOutputText ParsedResponseStreamEvent ParsedTextDeltaEvent
    ParsedTextDoneEvent PatchDeleteFile PatchWriteFile ReasoningSummary ReasoningText Response
    ResponseAdditionalTools ResponseAdditionalToolsParam ResponseAnnotation ResponseApplyPatchToolCall
    ResponseApplyPatchToolCallOutput ResponseApplyPatchToolCallOutputParam
    ResponseApplyPatchToolCallParam ResponseAudioDeltaEvent ResponseAudioDoneEvent
    ResponseAudioTranscriptDeltaEvent ResponseAudioTranscriptDoneEvent
    ResponseCodeInterpreterCallCodeDeltaEvent ResponseCodeInterpreterCallCodeDoneEvent
    ResponseCodeInterpreterToolCall ResponseCodeInterpreterToolCallParam ResponseCompactParams
    ResponseCompactionItem ResponseCompactionItemParam ResponseCompletedEvent ResponseComputerToolCall
    ResponseComputerToolCallOutputItem ResponseComputerToolCallOutputParam ResponseComputerToolCallParam
    ResponseContentPart ResponseContentPartAddedEvent ResponseContentPartDoneEvent ResponseConversation
    ResponseCreateParams ResponseCreatedEvent ResponseCustomTool ResponseCustomToolCall
    ResponseCustomToolCallInputDeltaEvent ResponseCustomToolCallInputDoneEvent
    ResponseCustomToolCallItem ResponseCustomToolCallOutput ResponseCustomToolCallOutputItem
    ResponseCustomToolCallOutputParam ResponseCustomToolCallParam ResponseCustomToolParam ResponseError
    ResponseErrorEvent ResponseFailedEvent ResponseFileSearchToolCall ResponseFileSearchToolCallParam
    ResponseFunctionCallArgumentsDeltaEvent ResponseFunctionCallArgumentsDoneEvent
    ResponseFunctionShellToolCall ResponseFunctionShellToolCallOutput
    ResponseFunctionShellToolCallOutputParam ResponseFunctionShellToolCallParam ResponseFunctionTool
    ResponseFunctionToolCall ResponseFunctionToolCallItem ResponseFunctionToolCallOutputItem
    ResponseFunctionToolCallParam ResponseFunctionToolParam ResponseFunctionWebSearch
    ResponseFunctionWebSearchParam ResponseImageGenCallPartialImageEvent ResponseImageGenerationCall
    ResponseImageGenerationCallParam ResponseInProgressEvent ResponseIncludable
    ResponseIncompleteDetails ResponseIncompleteEvent ResponseInputContent ResponseInputContentParam
    ResponseInputFile ResponseInputFileParam ResponseInputImage ResponseInputImageParam
    ResponseInputItemParam ResponseInputMessageItem ResponseInputMessageParam ResponseInputParam
    ResponseInputText ResponseInputTextParam ResponseInputTokensDetails ResponseItem
    ResponseLocalShellCall ResponseLocalShellCallOutput ResponseLocalShellCallOutputParam
    ResponseLocalShellCallParam ResponseLogprob ResponseMCPApprovalRequest
    ResponseMCPApprovalRequestParam ResponseMCPApprovalResponse ResponseMCPApprovalResponseParam
    ResponseMCPCall ResponseMCPCallArgumentsDeltaEvent ResponseMCPCallArgumentsDoneEvent
    ResponseMCPCallParam ResponseMCPListTools ResponseMCPListToolsParam ResponseMessage
    ResponseModeration ResponseModerationParam ResponseModerationResult ResponseOutputContent
    ResponseOutputItem ResponseOutputItemAddedEvent ResponseOutputItemDoneEvent ResponseOutputMessage
    ResponseOutputMessageParam ResponseOutputRefusal ResponseOutputRefusalParam ResponseOutputText
    ResponseOutputTextAnnotationAddedEvent ResponseOutputTextParam ResponseOutputTokensDetails
    ResponseProgram ResponseProgramOutput ResponseProgramOutputParam ResponseProgramParam ResponsePrompt
    ResponsePromptCacheOptions ResponsePromptParam ResponseQueuedEvent ResponseReasoning
    ResponseReasoningItem ResponseReasoningItemParam ResponseReasoningParam
    ResponseReasoningSummaryPartAddedEvent ResponseReasoningSummaryPartDoneEvent
    ResponseReasoningSummaryTextDeltaEvent ResponseReasoningSummaryTextDoneEvent
    ResponseReasoningTextDeltaEvent ResponseReasoningTextDoneEvent ResponseRefusalDeltaEvent
    ResponseRefusalDoneEvent ResponseRetrieveParams ResponseShellCallCommandAddedEvent
    ResponseShellCallCommandDeltaEvent ResponseShellCallCommandDoneEvent
    ResponseShellCallOutputContentDeltaEvent ResponseShellCallOutputContentDoneEvent ResponseStreamEvent
    ResponseStreamOptionsParam ResponseTextConfig ResponseTextConfigParam ResponseTextDeltaEvent
    ResponseTextDoneEvent ResponseTextFormat ResponseTextFormatJSONObject ResponseTextFormatJSONSchema
    ResponseTextFormatJSONSchemaParam ResponseTextFormatParam ResponseTextFormatText ResponseTool
    ResponseToolChoice ResponseToolChoiceParam ResponseToolParam ResponseToolProgressEvent
    ResponseToolSearchCall ResponseToolSearchCallParam ResponseToolSearchOutputItem
    ResponseToolSearchOutputParam ResponseUsage ResponseWebSearchLocation SentItem ShellAction ShellExit
    ShellInlineSkill ShellInlineSkillSource ShellLocalSkill ShellOutput ShellSkillReference ShellTimeout
    ToolChoiceAllowed ToolChoiceAllowedParam ToolChoiceCustom ToolChoiceCustomParam ToolChoiceFunction
    ToolChoiceFunctionParam ToolChoiceMCP ToolChoiceMCPParam ToolChoiceTypes ToolChoiceTypesParam
    ToolDomainSecret ToolNetworkAllowlist ToolNetworkDisabled ToolNetworkPolicy ToolSearchTool
    ToolSearchToolParam WebSearchActionFind WebSearchActionOpenPage WebSearchActionSearch
    WebSearchFilters WebSearchPreviewLocation WebSearchPreviewTool WebSearchPreviewToolParam
    WebSearchTool WebSearchToolParam""",
    "skills": """DeletedSkill DeletedSkillVersion InlineSkillParam InlineSkillSourceParam Skill
    SkillCreateParams SkillListParams SkillReferenceParam SkillUpdateParams SkillVersion
    SkillVersionCreateParams""",
    "uploads": """Upload UploadCompleteParams UploadCreateParams UploadPart UploadPartCreateParams
    UploadState""",
    "vector_stores": """AttributeFilterParam AutoChunkingStrategyParam ChunkingStrategy
    ChunkingStrategyParam ComparisonFilterParam CompoundFilterParam OtherChunkingStrategy
    StaticChunkingParam StaticChunkingSizes StaticChunkingStrategy StaticChunkingStrategyParam
    VectorStore VectorStoreCreateParams VectorStoreDeleted VectorStoreExpiresAfter
    VectorStoreExpiresAfterParam VectorStoreFile VectorStoreFileBatch VectorStoreFileBatchCreateParams
    VectorStoreFileContent VectorStoreFileContentPage VectorStoreFileCounts VectorStoreFileCreateParams
    VectorStoreFileDeleted VectorStoreFileError VectorStoreFileListParams VectorStoreFileOptions
    VectorStoreFileParam VectorStoreFileStatus VectorStoreFileUpdateParams VectorStoreFileUploadParams
    VectorStoreListParams VectorStoreRankingParam VectorStoreSearchContent VectorStoreSearchPage
    VectorStoreSearchParams VectorStoreSearchResult VectorStoreUpdateParams""",
    "videos": """Video VideoCharacter VideoCreateCharacterParams VideoCreateParams VideoDeleted
    VideoDownloadContentParams VideoEditParams VideoError VideoExtendParams VideoImageParam
    VideoListParams VideoModel VideoReferenceParam VideoRemixParams VideoSeconds VideoSize""",
    "webhooks": """BatchCancelledWebhookEvent BatchCompletedWebhookEvent BatchExpiredWebhookEvent
    BatchFailedWebhookEvent EvalRunCanceledWebhookEvent EvalRunFailedWebhookEvent
    EvalRunSucceededWebhookEvent FineTuningJobCancelledWebhookEvent FineTuningJobFailedWebhookEvent
    FineTuningJobSucceededWebhookEvent IncomingCall IncomingLiveCall LiveCallIncomingWebhookEvent
    RealtimeCallIncomingWebhookEvent ResponseCancelledWebhookEvent ResponseCompletedWebhookEvent
    ResponseFailedWebhookEvent ResponseIncompleteWebhookEvent SipHeader UnwrapWebhookEvent WebhookEvent
    WebhookSubject""",
}
"""Module to names."""

_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> typing.Any:
    # What nobody uses costs nobody time: each module is imported for the first of its names.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
