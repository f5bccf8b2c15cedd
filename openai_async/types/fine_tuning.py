"""Jobs that fit a model to examples: https://platform.openai.com/docs/api-reference/fine-tuning"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .graders import Grader, GraderParam

__all__ = [
    "CheckpointMetrics", "CheckpointPermission", "CheckpointPermissionCreateParams",
    "CheckpointPermissionDeleted", "CheckpointPermissionListParams", "DpoHyperparameters",
    "DpoHyperparametersParam", "DpoMethod", "DpoMethodParam", "FineTuningHyperparameters",
    "FineTuningHyperparametersParam", "FineTuningIntegration", "FineTuningIntegrationParam",
    "FineTuningJob", "FineTuningJobCheckpoint", "FineTuningJobCreateParams", "FineTuningJobError",
    "FineTuningJobEvent", "FineTuningJobListParams", "FineTuningJobPageParams", "FineTuningJobStatus",
    "FineTuningMethod", "FineTuningMethodParam", "GraderRun", "GraderRunErrors", "GraderRunMetadata",
    "GraderRunParams", "GraderValidateParams", "ReinforcementHyperparameters",
    "ReinforcementHyperparametersParam", "ReinforcementMethod", "ReinforcementMethodParam",
    "SupervisedMethod", "SupervisedMethodParam", "ValidatedGrader", "WandbIntegration",
    "WandbIntegrationParam",
]  # fmt: skip

Auto = Literal["auto"]

FineTuningJobStatus = (
    Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"] | str
)
"""`succeeded`, `failed` and `cancelled` are the ends of a job; one that was paused may be `paused`."""


# Parameters


class FineTuningHyperparametersParam(TypedDict, total=False):
    batch_size: Auto | int
    """Examples in a step, from 1 to 256. Default: `auto`."""
    learning_rate_multiplier: Auto | float
    """Above 0; less of it keeps from learning by heart. Default: `auto`."""
    n_epochs: Auto | int
    """How often to go through the training file, from 1 to 50. Default: `auto`."""


class DpoHyperparametersParam(FineTuningHyperparametersParam, total=False):
    beta: Auto | float
    """From 0 to 2: how much the model is held to what it was before. Default: `auto`."""


class ReinforcementHyperparametersParam(FineTuningHyperparametersParam, total=False):
    reasoning_effort: Literal["default", "low", "medium", "high"]
    compute_multiplier: Auto | float
    """From 0.00001 to 10: how much to compute in search of better answers. Default: `auto`."""
    eval_interval: Auto | int
    """Steps between two evaluations. Default: `auto`."""
    eval_samples: Auto | int
    """Samples in an evaluation. Default: `auto`."""


class SupervisedMethodParam(TypedDict, total=False):
    hyperparameters: FineTuningHyperparametersParam


class DpoMethodParam(TypedDict, total=False):
    hyperparameters: DpoHyperparametersParam


class ReinforcementMethodParam(TypedDict, total=False):
    grader: Required[GraderParam | Grader]
    """What rewards an answer."""
    hyperparameters: ReinforcementHyperparametersParam


class FineTuningMethodParam(TypedDict, total=False):
    type: Required[Literal["supervised", "dpo", "reinforcement"]]
    """From good answers, from better and worse ones, or from rewards; the field of that name
    configures it."""
    supervised: SupervisedMethodParam
    dpo: DpoMethodParam
    reinforcement: ReinforcementMethodParam


class WandbIntegrationParam(TypedDict, total=False):
    project: Required[str]
    name: str | None
    """What the run is called. Default: the job's id."""
    entity: str | None
    """The team or user whose run it is. Default: that of the API key."""
    tags: Sequence[str]


class FineTuningIntegrationParam(TypedDict):
    type: Literal["wandb"]
    wandb: WandbIntegrationParam


class FineTuningJobCreateParams(RequestOptions, total=False):
    model: Required[Literal["babbage-002", "davinci-002", "gpt-3.5-turbo", "gpt-4o-mini"] | str]
    """What to begin with."""
    training_file: Required[str]
    """The id of a file that was uploaded with the purpose `fine-tune`: JSON Lines, in the form that
    the model and the method want."""
    hyperparameters: FineTuningHyperparametersParam
    """Deprecated: they have their place in `method`."""
    integrations: Sequence[FineTuningIntegrationParam] | None
    """Where else to tell of metrics."""
    metadata: Mapping[str, str] | None
    """At most 16 pairs; keys of up to 64 characters, values of up to 512."""
    method: FineTuningMethodParam
    """Default: `supervised`."""
    seed: int | None
    """From 0 to 2147483647; the same seed and parameters give the same job, as far as the server
    can. Default: one of the server's."""
    suffix: str | None
    """What to add to the new model's name, in 1 to 64 characters. Default: none."""
    validation_file: str | None
    """The id of another such file, with none of the training's examples: the model is measured by
    it as it learns. Default: none."""


class FineTuningJobListParams(RequestOptions, total=False):
    after: str
    """The id of the job that the page is to begin behind."""
    limit: int
    """Jobs in a page. Default: 20."""
    metadata: Mapping[str, str] | None
    """Only jobs with these pairs; with None, only those without metadata."""


class FineTuningJobPageParams(RequestOptions, total=False):
    """A page of what belongs to a job: events, or checkpoints."""

    after: str
    """The id of the item that the page is to begin behind."""
    limit: int
    """Items in a page. Default: 20 events, 10 checkpoints."""


class CheckpointPermissionCreateParams(RequestOptions, total=False):
    project_ids: Required[Sequence[str]]
    """Who gets access."""


class CheckpointPermissionListParams(RequestOptions, total=False):
    after: str
    """The id of the permission that the page is to begin behind."""
    limit: int
    """Permissions in a page. Default: 10."""
    order: Literal["ascending", "descending"]
    """By time. Default: `descending`."""
    project_id: str
    """Only this project's."""


class GraderRunParams(RequestOptions, total=False):
    grader: Required[GraderParam | Grader]
    model_sample: Required[str]
    """An answer: `{{sample.output_text}}` in the grader, and `{{sample.output_json}}` if it is JSON."""
    item: Mapping[str, Any]
    """A row of data: `{{item. ...}}` in the grader."""


class GraderValidateParams(RequestOptions, total=False):
    grader: Required[GraderParam | Grader]


# Answers


class FineTuningHyperparameters(Model):
    """What a job learns by: what was given, else what the server has chosen."""

    batch_size: Auto | int | None = None
    learning_rate_multiplier: Auto | float | None = None
    n_epochs: Auto | int | None = None


class DpoHyperparameters(FineTuningHyperparameters):
    beta: Auto | float | None = None


class ReinforcementHyperparameters(FineTuningHyperparameters):
    reasoning_effort: Literal["default", "low", "medium", "high"] | str | None = None
    compute_multiplier: Auto | float | None = None
    eval_interval: Auto | int | None = None
    eval_samples: Auto | int | None = None


class SupervisedMethod(Model):
    hyperparameters: FineTuningHyperparameters | None = None


class DpoMethod(Model):
    hyperparameters: DpoHyperparameters | None = None


class ReinforcementMethod(Model):
    grader: Grader
    hyperparameters: ReinforcementHyperparameters | None = None


class FineTuningMethod(Model):
    type: Literal["supervised", "dpo", "reinforcement"] | str
    supervised: SupervisedMethod | None = None
    dpo: DpoMethod | None = None
    reinforcement: ReinforcementMethod | None = None


class WandbIntegration(Model):
    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] | None = None


class FineTuningIntegration(Model):
    type: str
    """Always `wandb`."""
    wandb: WandbIntegration


class FineTuningJobError(Model):
    """Why a job has failed."""

    code: str
    message: str
    param: str | None
    """Which parameter was wrong, usually one of the files; None if none was."""


class FineTuningJob(Model):
    """A job that makes a model from another and examples."""

    id: str
    object: str
    """Always `fine_tuning.job`."""
    created_at: int
    """Seconds since the epoch."""
    error: FineTuningJobError | None
    """None unless it has failed."""
    fine_tuned_model: str | None
    """The new model's id, once the job has succeeded."""
    finished_at: int | None
    """Seconds since the epoch."""
    hyperparameters: FineTuningHyperparameters
    """Only of supervised jobs; those of all are in `method`."""
    model: str
    """What it began with."""
    organization_id: str
    result_files: list[str]
    """The ids of CSV files of what was measured, once the job has succeeded."""
    status: FineTuningJobStatus
    trained_tokens: int | None
    """Known once the job has finished."""
    training_file: str
    validation_file: str | None
    seed: int
    integrations: list[FineTuningIntegration] | None = None
    estimated_finish: int | None = None
    """Seconds since the epoch."""
    method: FineTuningMethod | None = None
    metadata: dict[str, str] | None = None


class FineTuningJobEvent(Model):
    """Something that happened to a job."""

    id: str
    object: str
    """Always `fine_tuning.job.event`."""
    created_at: int
    """Seconds since the epoch."""
    level: Literal["info", "warn", "error"] | str
    message: str
    type: Literal["message", "metrics"] | str | None = None
    data: dict[str, Any] | None = None
    """With the type `metrics`: what was measured."""


class CheckpointMetrics(Model):
    """What was measured at a step."""

    step: float | None = None
    train_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None


class FineTuningJobCheckpoint(Model):
    """A model as it was in the middle of a job, ready for use."""

    id: str
    object: str
    """Always `fine_tuning.job.checkpoint`."""
    created_at: int
    """Seconds since the epoch."""
    fine_tuned_model_checkpoint: str
    """The model's name."""
    fine_tuning_job_id: str
    metrics: CheckpointMetrics
    step_number: int


class CheckpointPermission(Model):
    """That a project may use a checkpoint."""

    id: str
    object: str
    """Always `checkpoint.permission`."""
    created_at: int
    """Seconds since the epoch."""
    project_id: str


class CheckpointPermissionDeleted(Model):
    """A permission that is gone."""

    id: str
    object: str
    """Always `checkpoint.permission`."""
    deleted: bool


class GraderRunErrors(Model):
    """What went wrong in a grader, if anything."""

    formula_parse_error: bool
    sample_parse_error: bool
    truncated_observation_error: bool
    unresponsive_reward_error: bool
    invalid_variable_error: bool
    other_error: bool
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    model_grader_server_error: bool
    model_grader_refusal_error: bool
    model_grader_parse_error: bool
    model_grader_server_error_details: str | None


class GraderRunMetadata(Model):
    name: str
    type: str
    errors: GraderRunErrors
    execution_time: float
    """Seconds."""
    scores: dict[str, Any]
    """By the graders' names."""
    token_usage: int | None
    sampled_model_name: str | None


class GraderRun(Model):
    """What a grader makes of an answer."""

    reward: float
    metadata: GraderRunMetadata
    sub_rewards: dict[str, Any]
    """Of a `multi` grader: the scores of its parts, by name."""
    model_grader_token_usage_per_model: dict[str, Any]


class ValidatedGrader(Model):
    """A grader that can be used, as the server understands it."""

    grader: Grader | None = None
