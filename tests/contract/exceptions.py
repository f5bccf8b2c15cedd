"""Where we part from the document of the classic API, and why. Each entry must still be needed."""

from __future__ import annotations

from collections.abc import Mapping

COMPATIBLE = "taken by every compatible server, and by the API since"
SAMPLING = "taken by compatible servers, and by the API since"
ONE_OF_MANY = "compatible servers have more than one model for images"

INVENTED: Mapping[str, Mapping[str, str]] = {
    "chat.completions.create": dict.fromkeys(
        (
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "seed",
            "stream_options",
            "logprobs",
            "top_logprobs",
            "max_completion_tokens",
        ),
        COMPATIBLE,
    ),
    "completions.create": dict.fromkeys(("seed", "stream_options"), SAMPLING),
    "embeddings.create": {
        "encoding_format": "base64 is a quarter of the bytes; a server that refuses it is asked anew",
        "dimensions": SAMPLING,
    },
    "images.generate": {"model": ONE_OF_MANY},
    "images.edit": {"model": ONE_OF_MANY},
    "images.create_variation": {"model": ONE_OF_MANY},
}
"""Parameters that the document doesn't have."""

LEFT_OUT: Mapping[str, Mapping[str, str]] = {}
"""Parameters that only the document has."""

REQUIRED_HERE: Mapping[str, Mapping[str, str]] = {}
"""Parameters that may be left out by the document."""

NOT_OFFERED: Mapping[str, str] = {
    "POST /engines/{engine_id}/search": "removed from the API in 2022; embeddings took its place",
    "POST /answers": "removed from the API in 2022; completions took its place",
    "POST /classifications": "removed from the API in 2022; completions took its place",
}
"""Operations that have no method."""

# Answers, as "Model.field"

NEWER = "sent by newer servers"
LISTS = "newer servers cut their lists into pages"
VERBOSE = "the document describes the format json alone; servers send this for verbose_json"
CATEGORIES = "newer models judge by it"
EXAMPLE = "in the document's example, though not in its schema"
FORGOTTEN = "every server sends it, and without it there is no answer"

FIELDS_INVENTED: Mapping[str, str] = {
    **dict.fromkeys(("Page.first_id", "Page.last_id", "Page.has_more"), LISTS),
    **dict.fromkeys(
        (
            "ChatCompletion.system_fingerprint",
            "ChatCompletionChunk.system_fingerprint",
            "Completion.system_fingerprint",
            "Choice.logprobs",
            "ChunkChoice.logprobs",
            "ChatCompletionMessage.refusal",
            "ChatCompletionMessage.tool_calls",
            "ChoiceDelta.refusal",
            "ChoiceDelta.tool_calls",
            "ChatCompletionChunk.usage",
            "Image.revised_prompt",
        ),
        NEWER,
    ),
    **{
        f"{model}.{field}": VERBOSE
        for model in ("TranscriptionVerbose", "TranslationVerbose")
        for field in ("task", "language", "duration", "segments")
    },
    "TranscriptionVerbose.words": VERBOSE,
    **{
        f"{model}.{category}": CATEGORIES
        for model in ("ModerationCategories", "ModerationCategoryScores")
        for category in (
            "harassment",
            "harassment/threatening",
            "illicit",
            "illicit/violent",
            "self-harm/intent",
            "self-harm/instructions",
        )
    },
    "Engine.owner": EXAMPLE,
    **{
        f"FineTuneHyperparams.{field}": EXAMPLE
        for field in ("batch_size", "learning_rate_multiplier", "n_epochs", "prompt_loss_weight")
    },
}
"""Fields that the document doesn't have."""

FIELDS_LEFT_OUT: Mapping[str, str] = {}
"""Fields that only the document has; they'd be kept all the same."""

FIELDS_REQUIRED_HERE: Mapping[str, str] = dict.fromkeys(
    (
        "Choice.index",
        "Choice.message",
        "ChunkChoice.index",
        "ChunkChoice.delta",
        "CompletionLogprobs.tokens",
        "CompletionLogprobs.token_logprobs",
        "EditChoice.index",
        "EditChoice.text",
        "FunctionCall.name",
        "FunctionCall.arguments",
    ),
    FORGOTTEN,
)
"""Fields that may be missing by the document."""

TYPES: Mapping[str, str] = {
    "FileObject.status_details": "the document says object, servers send text or null",
    "EncodedEmbedding.embedding": "asked for as base64, of which the document knows nothing",
}
"""Fields of another type than the document's."""
