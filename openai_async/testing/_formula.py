"""The formulas of `multi` graders: arithmetic over names, and nothing else."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Mapping
from typing import Any

_MOST_CHARACTERS = 1_000


def _divide(left: float, right: float) -> float:
    return left / right


_OPERATORS: Mapping[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: Mapping[str, Any] = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "max": max,
    "min": min,
    "sqrt": math.sqrt,
}


class FormulaError(ValueError):
    """A formula that can't be read, or has no value."""


def parse(formula: str) -> ast.expr:
    """Read a formula; `^` is a power."""
    if len(formula) > _MOST_CHARACTERS:
        raise FormulaError(f"it has more than {_MOST_CHARACTERS} characters")
    try:
        tree = ast.parse(formula.strip().replace("^", "**"), mode="eval").body
        for part in ast.walk(tree):
            _check(part)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = str(error) if isinstance(error, FormulaError) else f"{formula!r} is no arithmetic"
        raise FormulaError(message) from None
    return tree


def _check(part: ast.AST) -> None:
    if isinstance(part, ast.Constant) and type(part.value) not in (int, float):
        raise FormulaError(f"{part.value!r} is no number")
    if isinstance(part, ast.Call) and not (
        isinstance(part.func, ast.Name) and part.func.id in _FUNCTIONS and not part.keywords
    ):
        raise FormulaError(f"the functions are {', '.join(_FUNCTIONS)}")
    known = (ast.Constant, ast.Name, ast.Load, ast.Call, ast.BinOp, ast.UnaryOp, *_OPERATORS)
    if not isinstance(part, known):
        raise FormulaError(f"no arithmetic: {type(part).__name__}")


def names_of(tree: ast.expr) -> set[str]:
    """The names of a formula that have to have values."""
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    called = {part.func for part in ast.walk(tree) if isinstance(part, ast.Call)}
    return names - {part.id for part in called if isinstance(part, ast.Name)}


def value_of(tree: ast.expr, names: Mapping[str, float]) -> float:
    """What a formula comes to."""
    try:
        value = _value(tree, names)
    except (ArithmeticError, ValueError, TypeError, KeyError) as error:
        raise FormulaError(f"it has no value: {error}") from None
    if not math.isfinite(value):
        raise FormulaError("it has no finite value")
    return value


def _value(part: ast.expr, names: Mapping[str, float]) -> float:
    if isinstance(part, ast.Constant):
        constant: Any = part.value
        return float(constant)
    if isinstance(part, ast.Name):
        return names[part.id]
    if isinstance(part, ast.BinOp):
        return float(_OPERATORS[type(part.op)](_value(part.left, names), _value(part.right, names)))
    if isinstance(part, ast.UnaryOp):
        return float(_OPERATORS[type(part.op)](_value(part.operand, names)))
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
        return float(_FUNCTIONS[part.func.id](*(_value(each, names) for each in part.args)))
    raise FormulaError("no arithmetic")
