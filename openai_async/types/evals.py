"""Evals of models on data: https://platform.openai.com/docs/api-reference/evals"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion
from .chat import (
    FunctionToolParam,
    PromptCacheBreakpoint,
    ReasoningEffort,
    ResponseFormatParam,
)
from .graders import (
    GraderAudioPart,
    GraderMessage,
    GraderMessageParam,
    GraderOutputTextPart,
    GraderTextPart,
    LabelModelGrader,
    LabelModelGraderParam,
    PythonGrader,
    PythonGraderParam,
    ScoreModelGrader,
    ScoreModelGraderParam,
    StringCheckGrader,
    StringCheckGraderParam,
    TextSimilarityGrader,
    TextSimilarityGraderParam,
)
from .responses import (
    ResponseInputContentParam,
    ResponseInputFile,
    ResponseTextFormat,
    ResponseTextFormatParam,
    ResponseTool,
    ResponseToolParam,
)

__all__ = [
    "CompletionsRunDataSource", "CompletionsRunDataSourceParam", "CompletionsRunFormat",
    "CompletionsRunInput", "CompletionsRunSampling", "CompletionsRunSamplingParam",
    "CompletionsRunSource", "CompletionsRunTemplate", "CompletionsRunTemplateParam",
    "CustomDataSourceConfig", "CustomDataSourceConfigParam", "Eval", "EvalAPIError", "EvalCreateParams",
    "EvalCriterionResult", "EvalDataSourceConfig", "EvalDataSourceConfigParam", "EvalDeleted",
    "EvalFunctionDefinition", "EvalFunctionTool", "EvalImagePart", "EvalItemReference",
    "EvalItemReferenceParam", "EvalJSONSchema", "EvalListParams", "EvalMessage", "EvalMessageParam",
    "EvalModelUsage", "EvalOutputItemListParams", "EvalOutputItemResult", "EvalPart",
    "EvalPythonGrader", "EvalPythonGraderParam", "EvalResultCounts", "EvalRun", "EvalRunCreateParams",
    "EvalRunDataSource", "EvalRunDataSourceParam", "EvalRunDeleted", "EvalRunListParams",
    "EvalRunOutputItem", "EvalSample", "EvalSampleInput", "EvalSampleOutput", "EvalSampleUsage",
    "EvalSampling", "EvalSamplingParam", "EvalScoreModelGrader", "EvalScoreModelGraderParam",
    "EvalTextSimilarityGrader", "EvalTextSimilarityGraderParam", "EvalUpdateParams", "FileContentRow",
    "FileContentRowParam", "FileContentSource", "FileContentSourceParam", "FileIDSource",
    "FileIDSourceParam", "JSONLRunDataSource", "JSONLRunDataSourceParam", "JSONLRunSource",
    "LogsDataSourceConfig", "LogsDataSourceConfigParam", "ResponsesRunDataSource",
    "ResponsesRunDataSourceParam", "ResponsesRunInput", "ResponsesRunSampling",
    "ResponsesRunSamplingParam", "ResponsesRunSource", "ResponsesRunTemplate",
    "ResponsesRunTemplateParam", "ResponsesRunText", "ResponsesRunTextParam", "StoredCompletionsSource",
    "StoredCompletionsSourceParam", "StoredResponsesSource", "StoredResponsesSourceParam",
    "TestingCriterion", "TestingCriterionParam",
]  # fmt: skip


# Parameters: what an eval is


class CustomDataSourceConfigParam(TypedDict, total=False):
    type: Required[Literal["custom"]]
    item_schema: Required[Mapping[str, Any]]
    """A JSON schema of the rows."""
    include_sample_schema: bool
    """Whether there will be answers of a model, in the `sample` namespace. Default: false."""


class LogsDataSourceConfigParam(TypedDict, total=False):
    type: Required[Literal["logs", "stored_completions"]]
    """`stored_completions` is deprecated: `logs` took its place."""
    metadata: Mapping[str, Any]
    """Only logs with this metadata."""


EvalDataSourceConfigParam = CustomDataSourceConfigParam | LogsDataSourceConfigParam


class EvalTextSimilarityGraderParam(TextSimilarityGraderParam):
    pass_threshold: float
    """The least score that passes."""


class EvalPythonGraderParam(PythonGraderParam, total=False):
    pass_threshold: float
    """The least score that passes."""


class EvalScoreModelGraderParam(ScoreModelGraderParam, total=False):
    pass_threshold: float
    """The least score that passes."""


TestingCriterionParam = (
    LabelModelGraderParam
    | StringCheckGraderParam
    | EvalTextSimilarityGraderParam
    | EvalPythonGraderParam
    | EvalScoreModelGraderParam
)


class EvalCreateParams(RequestOptions, total=False):
    data_source_config: Required[EvalDataSourceConfigParam]
    """What the data of all its runs look like."""
    testing_criteria: Required[Sequence[TestingCriterionParam | TestingCriterion]]
    """Graders of each row: `{{item.name}}` in their texts stands for a field of the row,
    `{{sample.output_text}}` for the model's answer."""
    name: str
    metadata: Mapping[str, str] | None
    """At most 16 pairs; keys of up to 64 characters, values of up to 512."""


class EvalUpdateParams(RequestOptions, total=False):
    name: str
    metadata: Mapping[str, str] | None


class EvalListParams(RequestOptions, total=False):
    after: str
    """The id of the eval that the page is to begin behind."""
    limit: int
    """Evals in a page. Default: 20."""
    order: Literal["asc", "desc"]
    """Default: `asc`, oldest first."""
    order_by: Literal["created_at", "updated_at"]
    """Default: `created_at`."""


# Parameters: what a run runs over


class FileContentRowParam(TypedDict, total=False):
    item: Required[Mapping[str, Any]]
    sample: Mapping[str, Any]
    """What a model has answered, where it is known already."""


class FileContentSourceParam(TypedDict):
    type: Literal["file_content"]
    content: Sequence[FileContentRowParam | FileContentRow]


class FileIDSourceParam(TypedDict):
    type: Literal["file_id"]
    id: str
    """Of a file of such rows, JSON Lines."""


class StoredCompletionsSourceParam(TypedDict, total=False):
    type: Required[Literal["stored_completions"]]
    created_after: int | None
    """Seconds since the epoch."""
    created_before: int | None
    """Seconds since the epoch."""
    limit: int | None
    metadata: Mapping[str, str] | None
    model: str | None


class StoredResponsesSourceParam(TypedDict, total=False):
    type: Required[Literal["responses"]]
    created_after: int | None
    """Seconds since the epoch."""
    created_before: int | None
    """Seconds since the epoch."""
    instructions_search: str | None
    """A text that is in their instructions."""
    metadata: Mapping[str, Any] | None
    model: str | None
    reasoning_effort: ReasoningEffort | None
    temperature: float | None
    tools: Sequence[str] | None
    top_p: float | None
    users: Sequence[str] | None


class EvalMessageParam(TypedDict, total=False):
    """A message for the model, of text, images and files."""

    role: Required[Literal["user", "assistant", "system", "developer"]]
    content: Required[str | Sequence[ResponseInputContentParam]]
    phase: Literal["commentary", "final_answer"] | None
    """Of an assistant's message: on the way, or at the end."""
    type: Literal["message"]


class CompletionsRunTemplateParam(TypedDict):
    type: Literal["template"]
    template: Sequence[EvalMessageParam | GraderMessageParam | EvalMessage]
    """Messages, in whose texts `{{item.name}}` stands for a field of the row."""


class ResponsesRunTemplateParam(TypedDict):
    type: Literal["template"]
    template: Sequence[GraderMessageParam | GraderMessage]
    """Messages, in whose texts `{{item.name}}` stands for a field of the row."""


class EvalItemReferenceParam(TypedDict):
    type: Literal["item_reference"]
    item_reference: str
    """The field of the row that holds messages, such as `item.conversation`."""


class EvalSamplingParam(TypedDict, total=False):
    max_completion_tokens: int
    reasoning_effort: ReasoningEffort | None
    seed: int
    """Default: 42."""
    temperature: float
    """Default: 1."""
    top_p: float
    """Default: 1."""


class CompletionsRunSamplingParam(EvalSamplingParam, total=False):
    response_format: ResponseFormatParam
    """Text (the default), some JSON, or JSON that conforms to a schema."""
    tools: Sequence[FunctionToolParam]
    """Functions that may be called, at most 128."""


class ResponsesRunSamplingParam(EvalSamplingParam, total=False):
    text: ResponsesRunTextParam
    tools: Sequence[ResponseToolParam]


class ResponsesRunTextParam(TypedDict, total=False):
    format: ResponseTextFormatParam
    """Default: text."""


class JSONLRunDataSourceParam(TypedDict):
    """Rows alone: nothing is asked of a model."""

    type: Literal["jsonl"]
    source: FileContentSourceParam | FileIDSourceParam | FileContentSource | FileIDSource


class CompletionsRunDataSourceParam(TypedDict, total=False):
    """Rows, for each of which a model is asked by a chat completion."""

    type: Required[Literal["completions"]]
    source: Required[
        FileContentSourceParam
        | FileIDSourceParam
        | StoredCompletionsSourceParam
        | CompletionsRunSource
    ]
    input_messages: CompletionsRunTemplateParam | EvalItemReferenceParam | CompletionsRunInput
    """What the model is asked."""
    model: str
    sampling_params: CompletionsRunSamplingParam | CompletionsRunSampling


class ResponsesRunDataSourceParam(TypedDict, total=False):
    """Rows, for each of which a model is asked by a response."""

    type: Required[Literal["responses"]]
    source: Required[
        FileContentSourceParam | FileIDSourceParam | StoredResponsesSourceParam | ResponsesRunSource
    ]
    input_messages: ResponsesRunTemplateParam | EvalItemReferenceParam | ResponsesRunInput
    """What the model is asked."""
    model: str
    sampling_params: ResponsesRunSamplingParam | ResponsesRunSampling


EvalRunDataSourceParam = (
    JSONLRunDataSourceParam | CompletionsRunDataSourceParam | ResponsesRunDataSourceParam
)


class EvalRunCreateParams(RequestOptions, total=False):
    data_source: Required[EvalRunDataSourceParam | EvalRunDataSource]
    name: str
    metadata: Mapping[str, str] | None
    """At most 16 pairs; keys of up to 64 characters, values of up to 512."""


class EvalRunListParams(RequestOptions, total=False):
    after: str
    """The id of the run that the page is to begin behind."""
    limit: int
    """Runs in a page. Default: 20."""
    order: Literal["asc", "desc"]
    """Default: `asc`, oldest first."""
    status: Literal["queued", "in_progress", "completed", "canceled", "failed"]


class EvalOutputItemListParams(RequestOptions, total=False):
    after: str
    """The id of the item that the page is to begin behind."""
    limit: int
    """Items in a page. Default: 20."""
    order: Literal["asc", "desc"]
    """Default: `asc`, oldest first."""
    status: Literal["fail", "pass"]


# Answers: what an eval is


class CustomDataSourceConfig(Model):
    type: Literal["custom"]
    schema_: dict[str, Any] = Field(alias="schema")
    """A JSON schema of the rows, and of the samples where there are some."""


class LogsDataSourceConfig(Model):
    type: Literal["logs", "stored_completions"]
    schema_: dict[str, Any] = Field(alias="schema")
    metadata: dict[str, str] | None = None


EvalDataSourceConfig = Annotated[CustomDataSourceConfig | LogsDataSourceConfig, OpenUnion()]


class EvalTextSimilarityGrader(TextSimilarityGrader):
    pass_threshold: float
    """The least score that passes."""


class EvalPythonGrader(PythonGrader):
    pass_threshold: float | None = None


class EvalScoreModelGrader(ScoreModelGrader):
    pass_threshold: float | None = None


TestingCriterion = Annotated[
    LabelModelGrader
    | StringCheckGrader
    | EvalTextSimilarityGrader
    | EvalPythonGrader
    | EvalScoreModelGrader,
    OpenUnion(),
]


class Eval(Model):
    """A task for models: what the data look like, and how answers are graded."""

    id: str
    object: str
    """Always `eval`."""
    created_at: int
    """Seconds since the epoch."""
    name: str
    data_source_config: EvalDataSourceConfig
    testing_criteria: list[TestingCriterion]
    metadata: dict[str, str] | None


class EvalDeleted(Model):
    """An eval that is gone."""

    object: str
    """Always `eval.deleted`."""
    deleted: bool
    eval_id: str


# Answers: what a run runs over


class FileContentRow(Model):
    item: dict[str, Any]
    sample: dict[str, Any] | None = None


class FileContentSource(Model):
    type: Literal["file_content"]
    content: list[FileContentRow]


class FileIDSource(Model):
    type: Literal["file_id"]
    id: str


class StoredCompletionsSource(Model):
    type: Literal["stored_completions"]
    created_after: int | None = None
    created_before: int | None = None
    limit: int | None = None
    metadata: dict[str, str] | None = None
    model: str | None = None


class StoredResponsesSource(Model):
    type: Literal["responses"]
    created_after: int | None = None
    created_before: int | None = None
    instructions_search: str | None = None
    metadata: dict[str, Any] | None = None
    model: str | None = None
    reasoning_effort: ReasoningEffort | str | None = None
    temperature: float | None = None
    tools: list[str] | None = None
    top_p: float | None = None
    users: list[str] | None = None


class EvalImagePart(Model):
    """An image: of a grader's messages it has an URL alone."""

    type: Literal["input_image"]
    detail: Literal["low", "high", "auto", "original"] | str | None = None
    file_id: str | None = None
    image_url: str | None = None
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


EvalPart = Annotated[
    GraderTextPart | GraderOutputTextPart | EvalImagePart | GraderAudioPart | ResponseInputFile,
    OpenUnion(),
]


class EvalMessage(Model):
    role: Literal["user", "assistant", "system", "developer"] | str
    content: str | EvalPart | list[str | EvalPart]
    phase: Literal["commentary", "final_answer"] | str | None = None
    type: Literal["message"] | None = None


class CompletionsRunTemplate(Model):
    type: Literal["template"]
    template: list[EvalMessage]


class ResponsesRunTemplate(Model):
    type: Literal["template"]
    template: list[GraderMessage]


class EvalItemReference(Model):
    type: Literal["item_reference"]
    item_reference: str
    """The field of the row that holds messages."""


CompletionsRunInput = Annotated[CompletionsRunTemplate | EvalItemReference, OpenUnion()]
ResponsesRunInput = Annotated[ResponsesRunTemplate | EvalItemReference, OpenUnion()]


class EvalJSONSchema(Model):
    name: str
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class CompletionsRunFormat(Model):
    type: Literal["text", "json_schema", "json_object"] | str
    json_schema: EvalJSONSchema | None = None
    """With the type `json_schema`."""


class ResponsesRunText(Model):
    format: ResponseTextFormat | None = None


class EvalFunctionDefinition(Model):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    """A JSON schema of the arguments."""
    strict: bool | None = None


class EvalFunctionTool(Model):
    type: str
    """Always `function`."""
    function: EvalFunctionDefinition


class EvalSampling(Model):
    max_completion_tokens: int | None = None
    reasoning_effort: ReasoningEffort | str | None = None
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None


class CompletionsRunSampling(EvalSampling):
    response_format: CompletionsRunFormat | None = None
    tools: list[EvalFunctionTool] | None = None


class ResponsesRunSampling(EvalSampling):
    text: ResponsesRunText | None = None
    tools: list[ResponseTool] | None = None


JSONLRunSource = Annotated[FileContentSource | FileIDSource, OpenUnion()]
CompletionsRunSource = Annotated[
    FileContentSource | FileIDSource | StoredCompletionsSource, OpenUnion()
]
ResponsesRunSource = Annotated[
    FileContentSource | FileIDSource | StoredResponsesSource, OpenUnion()
]


class JSONLRunDataSource(Model):
    type: Literal["jsonl"]
    source: JSONLRunSource


class CompletionsRunDataSource(Model):
    type: Literal["completions"]
    source: CompletionsRunSource
    input_messages: CompletionsRunInput | None = None
    model: str | None = None
    sampling_params: CompletionsRunSampling | None = None


class ResponsesRunDataSource(Model):
    type: Literal["responses"]
    source: ResponsesRunSource
    input_messages: ResponsesRunInput | None = None
    model: str | None = None
    sampling_params: ResponsesRunSampling | None = None


EvalRunDataSource = Annotated[
    JSONLRunDataSource | CompletionsRunDataSource | ResponsesRunDataSource, OpenUnion()
]


# Answers: runs and what came of them


class EvalAPIError(Model):
    code: str
    message: str


class EvalResultCounts(Model):
    """Of output items."""

    total: int
    errored: int
    failed: int
    passed: int


class EvalModelUsage(Model):
    """What a run has used of a model."""

    model_name: str
    invocation_count: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int


class EvalCriterionResult(Model):
    """How a run did by one criterion."""

    testing_criteria: str
    passed: int
    failed: int


class EvalRun(Model):
    """An eval, carried out on data."""

    id: str
    object: str
    """Always `eval.run`."""
    eval_id: str
    created_at: int
    """Seconds since the epoch."""
    data_source: EvalRunDataSource
    error: EvalAPIError | None
    """None unless it has failed."""
    metadata: dict[str, str] | None
    model: str | None
    """The model that is measured, if one is."""
    name: str
    per_model_usage: list[EvalModelUsage] | None
    """None until there is something to tell."""
    per_testing_criteria_results: list[EvalCriterionResult] | None
    """None until there is something to tell."""
    report_url: str
    """Where people see the results."""
    result_counts: EvalResultCounts
    status: Literal["queued", "in_progress", "completed", "canceled", "failed"] | str
    """The last three are the ends of a run."""


class EvalRunDeleted(Model):
    """A run that is gone."""

    object: str | None = None
    """Always `eval.run.deleted`."""
    deleted: bool | None = None
    run_id: str | None = None


class EvalOutputItemResult(Model):
    """What one grader makes of a row."""

    name: str
    passed: bool
    score: float
    sample: dict[str, Any] | None = None
    """What a grader that asks a model was answered."""
    type: str | None = None
    """The kind of grader."""


class EvalSampleInput(Model):
    role: str
    content: str


class EvalSampleOutput(Model):
    role: str | None = None
    content: str | None = None


class EvalSampleUsage(Model):
    """In tokens."""

    total_tokens: int
    completion_tokens: int
    prompt_tokens: int
    cached_tokens: int


class EvalSample(Model):
    """What a model was asked, and what it answered."""

    input: list[EvalSampleInput]
    output: list[EvalSampleOutput]
    error: EvalAPIError | None
    """None unless it has failed."""
    finish_reason: str
    max_completion_tokens: int
    model: str
    seed: int
    temperature: float
    top_p: float
    usage: EvalSampleUsage


class EvalRunOutputItem(Model):
    """A row of a run, and its grades."""

    id: str
    object: str
    """Always `eval.run.output_item`."""
    created_at: int
    """Seconds since the epoch."""
    datasource_item: dict[str, Any]
    """The row."""
    datasource_item_id: int
    """Its number."""
    eval_id: str
    results: list[EvalOutputItemResult]
    run_id: str
    sample: EvalSample
    status: Literal["pass", "fail", "error"] | str
