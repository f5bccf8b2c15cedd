"""Parameters, declared: each endpoint has a table of names and rules, and `check` applies it.

    SPEC = {
        "model": required(Text()),
        "n": optional(Integer(1, 128), default=1),
    }

What a rule refuses is a 400 with the parameter's name in `param` and the code that the API uses.
`null` means the same as leaving a parameter out. Values of forms arrive as text and are read as
what the rule wants.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from starlette.datastructures import UploadFile

from ._errors import bad_request

Json = dict[str, Any]


class Rule:
    """What a value has to be. `kind` names it in messages, with its article."""

    kind = "a value"

    def check(self, name: str, value: Any) -> Any:
        """The value, as the handler gets it; raises a 400 if it can't be used."""
        raise NotImplementedError

    def read(self, text: str) -> Any:
        """The value that a form field stands for; text that is none is left to `check`."""
        return text

    def wrong_type(self, name: str, value: Any) -> Exception:
        """The 400 for a value of another type."""
        return bad_request(
            f"Invalid type for '{name}': expected {self.kind}, but got {_kind_of(value)} instead.",
            name,
            "invalid_type",
        )


@dataclass(frozen=True)
class Param:
    """A rule, and what holds where the parameter is left out."""

    rule: Rule
    required: bool = False
    default: Any = None


Spec = Mapping[str, Param]


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def required(rule: Rule) -> Param:
    """A parameter that has to be there."""
    return Param(rule, required=True)


def optional(rule: Rule, default: Any = None) -> Param:
    """A parameter that may be left out or null."""
    return Param(rule, default=default)


def check(spec: Spec, given: Mapping[str, Any], *, form: bool = False) -> Json:
    """All parameters of a call, checked, with defaults filled in."""
    for name in given:
        if name not in spec:
            raise bad_request(
                f"Unrecognized request argument supplied: {name}", code="unknown_parameter"
            )
    values: Json = {}
    for name, param in spec.items():
        value = given.get(name)
        if value is None:
            if param.required:
                message = f"Missing required parameter: '{name}'."
                raise bad_request(message, name, "missing_required_parameter")
            values[name] = param.default
            continue
        if form and isinstance(value, str):
            value = param.rule.read(value)
        elif form and isinstance(param.rule, Table) and isinstance(value, dict):
            value = param.rule.read_fields(cast(Json, value))
        values[name] = param.rule.check(name, value)
    return values


class Anything(Rule):
    """Accepted and not looked at: what other servers take and this one has no use for."""

    def check(self, name: str, value: Any) -> Any:  # noqa: ARG002  # no complaint, no name
        return value


@dataclass(frozen=True)
class Text(Rule):
    """A string of `shortest` to `longest` characters."""

    shortest: int = 0
    longest: int | None = None
    kind = "a string"

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong_type(name, value)
        if len(value) < self.shortest:
            raise _out_of_range(name, "string", "too short", "minimum", self.shortest, value)
        if self.longest is not None and len(value) > self.longest:
            raise _out_of_range(name, "string", "too long", "maximum", self.longest, value)
        return value


@dataclass(frozen=True)
class OneOf(Rule):
    """One of a few strings."""

    choices: tuple[str, ...]
    kind = "a string"

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong_type(name, value)
        if value not in self.choices:
            known = ", ".join(f"'{choice}'" for choice in self.choices)
            message = f"Invalid value: '{value}'. Supported values are: {known}."
            raise bad_request(message, name, "invalid_value")
        return value


def one_of(*choices: str) -> OneOf:
    """One of a few strings."""
    return OneOf(choices)


@dataclass(frozen=True)
class Number(Rule):
    """A number within bounds, both included."""

    low: float | None = None
    high: float | None = None
    kind = "a decimal"

    def check(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise self.wrong_type(name, value)
        _check_bounds(name, value, self.low, self.high, "decimal")
        return value

    def read(self, text: str) -> Any:
        try:
            return float(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class Integer(Rule):
    """A whole number within bounds, both included."""

    low: int | None = None
    high: int | None = None
    kind = "an integer"

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong_type(name, value)
        _check_bounds(name, value, self.low, self.high, "integer")
        return value

    def read(self, text: str) -> Any:
        try:
            return int(text)
        except ValueError:
            return text


class Flag(Rule):
    """True or false."""

    kind = "a boolean"

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.wrong_type(name, value)
        return value

    def read(self, text: str) -> Any:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)


class Table(Rule):
    """A JSON object; with a `spec`, of these fields."""

    kind = "an object"

    def __init__(self, spec: Spec | None = None) -> None:
        self._spec = spec

    def read_fields(self, table: Json) -> Json:
        """The object that fields of a form stand for: `name[key]=text`."""
        spec = self._spec or {}
        return {
            key: spec[key].rule.read(value) if key in spec and isinstance(value, str) else value
            for key, value in table.items()
        }

    def check(self, name: str, value: Any) -> Json:
        if not isinstance(value, dict):
            raise self.wrong_type(name, value)
        table = cast(Json, value)
        for field, param in (self._spec or {}).items():
            inner = f"{name}.{field}"
            if table.get(field) is not None:
                param.rule.check(inner, table[field])
            elif param.required:
                message = f"Missing required parameter: '{inner}'."
                raise bad_request(message, inner, "missing_required_parameter")
        return table


@dataclass(frozen=True)
class Many(Rule):
    """An array of `shortest` to `longest` values, each under one rule."""

    rule: Rule
    shortest: int = 0
    longest: int | None = None
    kind = "an array"

    def check(self, name: str, value: Any) -> list[Any]:
        if not is_list(value):
            raise self.wrong_type(name, value)
        if len(value) < self.shortest:
            raise _out_of_range(name, "array", "too short", "minimum", self.shortest, value)
        if self.longest is not None and len(value) > self.longest:
            raise _out_of_range(name, "array", "too long", "maximum", self.longest, value)
        return [self.rule.check(f"{name}[{index}]", item) for index, item in enumerate(value)]

    def read(self, text: str) -> Any:
        return [self.rule.read(text)]


@dataclass(frozen=True)
class Either(Rule):
    """The first of several rules that the value fits; a single value may stand for a list of it."""

    rules: tuple[Rule, ...]

    @property
    def kind(self) -> str:  # type: ignore[override]  # computed where the others have a constant
        """All the kinds that would do."""
        return " or ".join(rule.kind for rule in self.rules)

    def check(self, name: str, value: Any) -> Any:
        for rule in self.rules:
            if _fits(rule, value):
                return rule.check(name, value)
        raise self.wrong_type(name, value)


@dataclass(frozen=True)
class Upload(Rule):
    """A file of a multipart form."""

    kind = "a file"

    def check(self, name: str, value: Any) -> UploadFile:
        if not isinstance(value, UploadFile):
            raise self.wrong_type(name, value)
        return value


def _fits(rule: Rule, value: Any) -> bool:
    """Whether the value is of the JSON type that the rule is about."""
    expected = {
        "a string": str,
        "an array": list,
        "an object": dict,
        "a boolean": bool,
        "an integer": int,
    }.get(rule.kind)
    return expected is not None and isinstance(value, expected)


def _check_bounds(
    name: str, value: float, low: float | None, high: float | None, kind: str
) -> None:
    for bound, beyond, side, sign in (
        (low, low is not None and value < low, "below min", ">="),
        (high, high is not None and value > high, "above max", "<="),
    ):
        if beyond:
            raise bad_request(
                f"Invalid '{name}': {kind} {side.replace('min', 'minimum').replace('max', 'maximum')} "
                f"value. Expected a value {sign} {bound}, but got {value} instead.",
                name,
                f"{kind}_{side.replace(' ', '_')}_value",
            )


def _out_of_range(
    name: str, kind: str, how: str, side: str, bound: int, value: str | list[Any]
) -> Exception:
    article = "an" if kind == "array" else "a"
    code = (
        "empty_array"
        if kind == "array" and not value
        else (f"{kind}_{'above_max' if side == 'maximum' else 'below_min'}_length")
    )
    return bad_request(
        f"Invalid '{name}': {kind} {how}. Expected {article} {kind} with {side} length {bound}, "
        f"but got {article} {kind} with length {len(value)} instead.",
        name,
        code,
    )


def _kind_of(value: Any) -> str:
    """A value's JSON type, with its article."""
    for types, kind in (
        ((bool,), "a boolean"),
        ((str,), "a string"),
        ((int,), "an integer"),
        ((float,), "a decimal"),
        ((list,), "an array"),
        ((dict,), "an object"),
        ((UploadFile,), "a file"),
    ):
        if isinstance(value, types):
            return kind
    return "null"
