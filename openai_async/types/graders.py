"""Graders of answers, for evals and reinforcement fine-tuning:
https://platform.openai.com/docs/api-reference/graders"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._unions import OpenUnion
from .chat import (
    InputAudioParam,
    PromptCacheBreakpoint,
    PromptCacheBreakpointParam,
    ReasoningEffort,
)

__all__ = [
    "Grader", "GraderAudio", "GraderAudioPart", "GraderAudioPartParam", "GraderImagePart",
    "GraderImagePartParam", "GraderMessage", "GraderMessageParam", "GraderOutputTextPart",
    "GraderOutputTextPartParam", "GraderParam", "GraderPart", "GraderPartParam", "GraderTextPart",
    "GraderTextPartParam", "LabelModelGrader", "LabelModelGraderParam", "MultiGrader",
    "MultiGraderParam", "PythonGrader", "PythonGraderParam", "ScoreModelGrader",
    "ScoreModelGraderParam", "ScoreModelSampling", "ScoreModelSamplingParam", "StringCheckGrader",
    "StringCheckGraderParam", "SubGrader", "SubGraderParam", "TextSimilarityGrader",
    "TextSimilarityGraderParam",
]  # fmt: skip

StringCheck = Literal["eq", "ne", "like", "ilike"]
"""Equal, not equal, contained, or contained in whatever case."""
SimilarityMetric = Literal[
    "cosine", "fuzzy_match", "bleu", "gleu", "meteor",
    "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
]  # fmt: skip


# Parameters. In all texts, `{{item.name}}` stands for a field of the data, and
# `{{sample.output_text}}` for what the model under test has answered.


class GraderTextPartParam(TypedDict, total=False):
    type: Required[Literal["input_text"]]
    text: Required[str]
    prompt_cache_breakpoint: PromptCacheBreakpointParam
    """Marks that a prompt which can be used again ends here."""


class GraderOutputTextPartParam(TypedDict):
    type: Literal["output_text"]
    text: str


class GraderImagePartParam(TypedDict, total=False):
    type: Required[Literal["input_image"]]
    image_url: Required[str]
    """Where the image is, or a `data:` URL with the image in it."""
    detail: str
    """`low`, `high` or `auto`. Default: `auto`."""


class GraderAudioPartParam(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudioParam


GraderPartParam = (
    GraderTextPartParam | GraderOutputTextPartParam | GraderImagePartParam | GraderAudioPartParam
)


class GraderMessageParam(TypedDict, total=False):
    role: Required[Literal["user", "assistant", "system", "developer"] | str]
    content: Required[str | GraderPartParam | Sequence[str | GraderPartParam]]
    type: Literal["message"]


class StringCheckGraderParam(TypedDict):
    """Scores 1 where the comparison holds, else 0."""

    type: Literal["string_check"]
    name: str
    input: str
    reference: str
    operation: StringCheck


class TextSimilarityGraderParam(TypedDict):
    """Scores from 0 to 1 how much a text is like another."""

    type: Literal["text_similarity"]
    name: str
    input: str
    reference: str
    evaluation_metric: SimilarityMetric


class PythonGraderParam(TypedDict, total=False):
    """Scores by a program of yours, which the server runs."""

    type: Required[Literal["python"]]
    name: Required[str]
    source: Required[str]
    """Defines `grade(sample, item)`, which gives a float."""
    image_tag: str
    """Which image it runs in."""


class ScoreModelSamplingParam(TypedDict, total=False):
    seed: int | None
    top_p: float | None
    """Default: 1."""
    temperature: float | None
    max_completions_tokens: int | None
    reasoning_effort: ReasoningEffort | None


class ScoreModelGraderParam(TypedDict, total=False):
    """Scores by what a model thinks of it."""

    type: Required[Literal["score_model"]]
    name: Required[str]
    model: Required[str]
    input: Required[Sequence[GraderMessageParam | GraderMessage]]
    sampling_params: ScoreModelSamplingParam
    range: Sequence[float]
    """The lowest and the highest score. Default: `[0, 1]`."""


class LabelModelGraderParam(TypedDict):
    """Passes where a model chooses one of certain labels; the model has to know structured outputs."""

    type: Literal["label_model"]
    name: str
    model: str
    input: Sequence[GraderMessageParam | GraderMessage]
    labels: Sequence[str]
    passing_labels: Sequence[str]
    """Those of the `labels` that count as passed."""


SubGraderParam = (
    StringCheckGraderParam
    | TextSimilarityGraderParam
    | PythonGraderParam
    | ScoreModelGraderParam
    | LabelModelGraderParam
)


class MultiGraderParam(TypedDict):
    """Scores by a formula over the scores of other graders."""

    type: Literal["multi"]
    name: str
    graders: SubGraderParam | Sequence[SubGraderParam] | Mapping[str, SubGraderParam]
    """The document has a single one, its example a list, and the guide names to graders."""
    calculate_output: str
    """Such as `0.5 * first + 0.5 * second`."""


GraderParam = (
    StringCheckGraderParam
    | TextSimilarityGraderParam
    | PythonGraderParam
    | ScoreModelGraderParam
    | MultiGraderParam
)


# Answers


class GraderTextPart(Model):
    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class GraderOutputTextPart(Model):
    type: Literal["output_text"]
    text: str


class GraderImagePart(Model):
    type: Literal["input_image"]
    image_url: str
    detail: str | None = None


class GraderAudio(Model):
    data: str
    """Base64."""
    format: Literal["mp3", "wav"] | str


class GraderAudioPart(Model):
    type: Literal["input_audio"]
    input_audio: GraderAudio


GraderPart = Annotated[
    GraderTextPart | GraderOutputTextPart | GraderImagePart | GraderAudioPart, OpenUnion()
]


class GraderMessage(Model):
    role: Literal["user", "assistant", "system", "developer"] | str
    content: str | GraderPart | list[str | GraderPart]
    type: Literal["message"] | None = None


class StringCheckGrader(Model):
    """Scores 1 where the comparison holds, else 0."""

    type: Literal["string_check"]
    name: str
    input: str
    reference: str
    operation: StringCheck | str


class TextSimilarityGrader(Model):
    """Scores from 0 to 1 how much a text is like another."""

    type: Literal["text_similarity"]
    name: str
    input: str
    reference: str
    evaluation_metric: SimilarityMetric | str


class PythonGrader(Model):
    """Scores by a program, which the server runs."""

    type: Literal["python"]
    name: str
    source: str
    image_tag: str | None = None


class ScoreModelSampling(Model):
    seed: int | None = None
    top_p: float | None = None
    temperature: float | None = None
    max_completions_tokens: int | None = None
    reasoning_effort: ReasoningEffort | str | None = None


class ScoreModelGrader(Model):
    """Scores by what a model thinks of it."""

    type: Literal["score_model"]
    name: str
    model: str
    input: list[GraderMessage]
    sampling_params: ScoreModelSampling | None = None
    range: list[float] | None = None
    """The lowest and the highest score."""


class LabelModelGrader(Model):
    """Passes where a model chooses one of certain labels."""

    type: Literal["label_model"]
    name: str
    model: str
    input: list[GraderMessage]
    labels: list[str]
    passing_labels: list[str]


SubGrader = Annotated[
    StringCheckGrader | TextSimilarityGrader | PythonGrader | ScoreModelGrader | LabelModelGrader,
    OpenUnion(),
]


class MultiGrader(Model):
    """Scores by a formula over the scores of other graders."""

    type: Literal["multi"]
    name: str
    graders: SubGrader | list[SubGrader] | dict[str, SubGrader]
    calculate_output: str


Grader = Annotated[
    StringCheckGrader | TextSimilarityGrader | PythonGrader | ScoreModelGrader | MultiGrader,
    OpenUnion(),
]
