"""Fine-tunes: https://platform.openai.com/docs/api-reference/fine-tunes"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from .files import FileObject

__all__ = [
    "FineTune", "FineTuneCreateParams", "FineTuneEvent", "FineTuneHyperparams", "FineTuneStatus",
]  # fmt: skip

FineTuneStatus = Literal["pending", "running", "succeeded", "failed", "cancelled"] | str
"""The last three are the ends of a job."""


class FineTuneCreateParams(RequestOptions, total=False):
    training_file: Required[str]
    """The id of a file that was uploaded with the purpose `fine-tune`: JSON Lines, each with a
    `prompt` and a `completion`."""
    validation_file: str | None
    """The id of another such file, with none of the training's examples: the model is measured by
    it as it learns. Default: none."""
    model: Literal["ada", "babbage", "curie", "davinci"] | str | None
    """What to begin with: one of these, or a model that was fine-tuned before. Default: `curie`."""
    n_epochs: int | None
    """How often to go through the training file. Default: 4."""
    batch_size: int | None
    """Examples in a step. Default: about 0.2% of those in the file, at most 256."""
    learning_rate_multiplier: float | None
    """What the learning rate of the pre-training is multiplied by; try 0.02 to 0.2. Default: 0.05,
    0.1 or 0.2, the larger with larger batches."""
    prompt_loss_weight: float | None
    """How much the prompts count in what is learnt, where the completions count 1. Less for prompts
    much longer than their completions. Default: 0.01."""
    compute_classification_metrics: bool | None
    """Whether to measure accuracy and F1 after each epoch; needs a `validation_file`, and
    `classification_n_classes` or `classification_positive_class`. Default: false."""
    classification_n_classes: int | None
    """How many classes there are; needed where they are more than two."""
    classification_positive_class: str | None
    """The class that counts as positive; needed for precision, recall and F1 of two classes."""
    classification_betas: Sequence[float] | None
    """The betas of F-beta scores to tell, for two classes: above 1 favours recall, below 1
    precision. Default: none."""
    suffix: str | None
    """What to add to the new model's name, in 1 to 40 characters. Default: none."""


class FineTuneHyperparams(Model):
    """What a job learns by: what was given, else what the server has chosen."""

    batch_size: int | str | None = None
    learning_rate_multiplier: float | str | None = None
    n_epochs: int | str | None = None
    prompt_loss_weight: float | None = None


class FineTuneEvent(Model):
    """Something that happened to a job."""

    object: str
    """Always `fine-tune-event`."""
    created_at: int
    """Seconds since the epoch."""
    level: Literal["info", "warn", "error"] | str
    message: str


class FineTune(Model):
    """A job that makes a model from another and examples."""

    id: str
    object: str
    """Always `fine-tune`."""
    created_at: int
    """Seconds since the epoch."""
    updated_at: int
    """Seconds since the epoch."""
    model: str
    """What it began with."""
    fine_tuned_model: str | None = None
    """The new model's id, once the job has succeeded."""
    organization_id: str
    status: FineTuneStatus
    hyperparams: FineTuneHyperparams
    training_files: list[FileObject]
    validation_files: list[FileObject]
    result_files: list[FileObject]
    """CSV files of what was measured, once the job has succeeded."""
    events: list[FineTuneEvent] | None = None
    """What happened so far, oldest first; left out in lists."""
