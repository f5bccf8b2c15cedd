"""Graders: what they have to be, and what they make of an answer."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from ._errors import bad_request
from ._formula import FormulaError, names_of, parse, value_of
from ._language import language
from ._models import find
from ._params import (
    Anything,
    Either,
    Json,
    Many,
    Number,
    Rule,
    Spec,
    Table,
    Text,
    is_list,
    one_of,
    optional,
    required,
)
from ._similarity import METRICS, similarity
from ._state import State
from ._tokens import END_OF_TEXT, tokenizer

_PART = Either((Text(), Table({"type": required(Text())})))
_CONTENT = Either((Text(), Table({"type": required(Text())}), Many(_PART)))
_MESSAGES = Many(
    Table(
        {
            "role": required(one_of("user", "assistant", "system", "developer")),
            "content": required(_CONTENT),
        }
    ),
    1,
)
MESSAGES = Many(Table({"role": required(Text(1)), "content": required(_CONTENT)}), 1)
"""What a model is asked, in whatever roles."""

_NAMED: Spec = {"type": required(Text()), "name": required(Text(1))}
_COMPARED: Spec = {**_NAMED, "input": required(Text()), "reference": required(Text())}
_ASKED: Spec = {**_NAMED, "model": required(Text(1)), "input": required(_MESSAGES)}

SPECS: Mapping[str, Spec] = {
    "string_check": {**_COMPARED, "operation": required(one_of("eq", "ne", "like", "ilike"))},
    "text_similarity": {
        **_COMPARED,
        "evaluation_metric": required(one_of(*METRICS)),
        "pass_threshold": optional(Number()),
    },
    "python": {**_NAMED, "source": required(Text(1)), "pass_threshold": optional(Number())},
    "score_model": {
        **_ASKED,
        "sampling_params": optional(Table()),
        "range": optional(Many(Number(), 2, 2)),
        "pass_threshold": optional(Number()),
    },
    "label_model": {
        **_ASKED,
        "labels": required(Many(Text(1), 1)),
        "passing_labels": required(Many(Text(1))),
    },
    "multi": {**_NAMED, "graders": required(Anything()), "calculate_output": required(Text(1))},
}
PARTS = ("string_check", "text_similarity", "python", "score_model", "label_model")
"""What a `multi` grader may consist of."""


@dataclass(frozen=True)
class Grader(Rule):
    """A grader of one of these kinds."""

    kinds: tuple[str, ...]
    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        grader = Table({"type": required(one_of(*self.kinds))}).check(name, value)
        Table(SPECS[grader["type"]]).check(name, grader)
        if grader["type"] == "label_model" and not {*grader["passing_labels"]} <= {
            *grader["labels"]
        }:
            raise bad_request("passing_labels must be among the labels.", f"{name}.passing_labels")
        if grader["type"] == "multi":
            self._check_multi(name, grader)
        return grader

    def _check_multi(self, name: str, grader: Json) -> None:
        for part in parts_of(grader).values():
            Grader(PARTS).check(f"{name}.graders", part)
        try:
            unknown = names_of(parse(grader["calculate_output"])) - variables_of(grader).keys()
        except FormulaError as error:
            message = f"Invalid 'calculate_output': {error}."
            raise bad_request(message, f"{name}.calculate_output") from None
        if unknown:
            message = f"Unknown names in 'calculate_output': {', '.join(sorted(unknown))}."
            raise bad_request(message, f"{name}.calculate_output")


def parts_of(grader: Json) -> dict[str, Any]:
    """What a `multi` grader consists of, by name: it may be one, a list, or an object."""
    graders: Any = grader["graders"]
    if is_list(graders):
        return {_name_of(part, at): part for at, part in enumerate(graders)}
    if isinstance(graders, dict) and isinstance(cast(Json, graders).get("type"), str):
        return {_name_of(graders, 0): graders}
    return cast(Json, graders) if isinstance(graders, dict) else {"graders": graders}


def _name_of(part: Any, at: int) -> str:
    name = cast(Json, part).get("name") if isinstance(part, dict) else None
    return name if isinstance(name, str) else str(at)


def variables_of(grader: Json) -> dict[str, str]:
    """The names that a formula may use, and the parts that they stand for."""
    variables: dict[str, str] = {}
    for key, part in parts_of(grader).items():
        variables.setdefault(f"{part['type']}_score", key)
        variables[part["name"]] = variables[key] = key
    return variables


def refuse_code(grader: Json, param: str) -> None:
    """400 for a grader that would have to run a program."""
    graders = [grader, *(parts_of(grader).values() if grader["type"] == "multi" else ())]
    if any(one["type"] == "python" for one in graders):
        message = "This server runs no programs: graders of the type 'python' can't be used."
        raise bad_request(message, param, "unsupported_grader")


class GraderError(Exception):
    """A grader that could not grade; `flag` is what the API calls it."""

    def __init__(self, flag: str, message: str) -> None:
        super().__init__(message)
        self.flag = flag
        self.message = message


@dataclass
class Use:
    """What was asked of a model."""

    model: str
    prompt: int
    """Tokens."""
    completion: int


@dataclass
class Grade:
    """What a grader makes of an answer."""

    score: float
    passed: bool
    label: str | None = None
    uses: list[Use] = field(default_factory=list[Use])
    parts: dict[str, float] = field(default_factory=dict[str, float])
    """Of a `multi` grader: the scores of its parts."""


def grade(state: State, grader: Json, names: Mapping[str, Any]) -> Grade:
    """Grade one answer; `names` are what templates may use: `item` and `sample`."""
    if grader["type"] == "string_check":
        return _string_check(grader, names)
    if grader["type"] == "text_similarity":
        texts = render(grader["input"], names), render(grader["reference"], names)
        score = similarity(grader["evaluation_metric"], *texts)
        return Grade(score, score >= _threshold(grader, 0.5))
    if grader["type"] == "score_model":
        return _score_model(state, grader, names)
    if grader["type"] == "label_model":
        return _label_model(state, grader, names)
    if grader["type"] == "multi":
        return _multi(state, grader, names)
    raise GraderError("python_grader_server_error", "this server runs no programs")


def _threshold(grader: Json, default: float) -> float:
    threshold: float | None = grader.get("pass_threshold")
    return default if threshold is None else threshold


def _string_check(grader: Json, names: Mapping[str, Any]) -> Grade:
    text, reference = render(grader["input"], names), render(grader["reference"], names)
    holds = {
        "eq": text == reference,
        "ne": text != reference,
        "like": reference in text,
        "ilike": reference.lower() in text.lower(),
    }[grader["operation"]]
    return Grade(float(holds), holds)


def _score_model(state: State, grader: Json, names: Mapping[str, Any]) -> Grade:
    """The less the words of the last message surprise the language model, the more."""
    texts = _texts(state, grader, names)
    tokens = [END_OF_TEXT, *tokenizer().encode(texts[-1])[:512]]
    model = language()
    logprobs = [model.logprob(tokens[:at][-8:], tokens[at]) for at in range(1, len(tokens))]
    surprise = -math.fsum(logprobs) / len(logprobs) if logprobs else math.inf
    low, high = grader.get("range") or (0.0, 1.0)
    score = low + (high - low) / (1 + surprise)
    passed = score >= _threshold(grader, (low + high) / 2)
    return Grade(score, passed, uses=[_use(grader["model"], texts, f"{score:.3f}")])


def _label_model(state: State, grader: Json, names: Mapping[str, Any]) -> Grade:
    """The label whose vector is closest to that of the last message."""
    texts = _texts(state, grader, names)
    label = max(grader["labels"], key=lambda one: similarity("cosine", one, texts[-1]))
    passed = label in grader["passing_labels"]
    return Grade(float(passed), passed, label, [_use(grader["model"], texts, label)])


def _texts(state: State, grader: Json, names: Mapping[str, Any]) -> list[str]:
    """What the messages to a model say, once the model is known to be there."""
    if find(state.models, grader["model"]) is None:
        raise GraderError("model_grader_server_error", f"no such model: {grader['model']}")
    return [render(text_of(message["content"]), names) for message in grader["input"]]


def _use(model: str, texts: list[str], said: str) -> Use:
    return Use(model, sum(map(tokenizer().count, texts)), tokenizer().count(said))


def _multi(state: State, grader: Json, names: Mapping[str, Any]) -> Grade:
    grades = {key: grade(state, part, names) for key, part in parts_of(grader).items()}
    scores = {key: one.score for key, one in grades.items()}
    variables = {name: scores[key] for name, key in variables_of(grader).items()}
    try:
        score = value_of(parse(grader["calculate_output"]), variables)
    except FormulaError as error:
        raise GraderError("formula_parse_error", str(error)) from None
    uses = [use for one in grades.values() for use in one.uses]
    return Grade(score, score >= 0.5, uses=uses, parts=scores)


# Templates

_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")


def render(text: str, names: Mapping[str, Any]) -> str:
    """Put in what `{{item.name}}` and `{{sample.output_text}}` stand for."""

    def found(match: re.Match[str]) -> str:
        value = look_up(match[1].strip(), names)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return _TEMPLATE.sub(found, text)


def look_up(reference: str, names: Mapping[str, Any]) -> Any:
    """What `item.name` stands for."""
    value: Any = names
    for step in reference.split("."):
        if isinstance(value, Mapping) and step in value:
            value = cast("Mapping[str, Any]", value)[step]
        elif is_list(value) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise GraderError("invalid_variable_error", f"there is no {reference!r}")
    return value


def text_of(content: Any) -> str:
    """What a message's content says: a text, a part, or several of them."""
    if isinstance(content, str):
        return content
    if is_list(content):
        return "\n".join(filter(None, map(text_of, content)))
    return str(cast(Json, content).get("text", "")) if isinstance(content, dict) else ""


def sample_of(text: str) -> Json:
    """The `sample` namespace of an answer."""
    sample: Json = {"output_text": text}
    with suppress(ValueError, RecursionError):
        sample["output_json"] = json.loads(text)
    return sample
