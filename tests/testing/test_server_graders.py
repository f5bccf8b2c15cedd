"""The server's graders: how much one text is like another, and formulas."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.testing._formula import FormulaError, names_of, parse, value_of
from openai_async.testing._similarity import METRICS, similarity

pytestmark = pytest.mark.anyio

A, B = "the cat sat on the mat", "the cat lay on the rug"


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("rouge_1", 4 / 6),  # the cat on the
        ("rouge_2", 2 / 5),  # the cat, on the
        ("rouge_3", 0),
        ("rouge_l", 4 / 6),
        ("gleu", 6 / 18),
        ("bleu", (4 / 6 * 3 / 6 * 1 / 5 * 1 / 4) ** 0.25),
        # 4 of 6 words both ways, in two runs.
        ("meteor", 4 / 6 * (1 - 0.5 * (2 / 4) ** 3)),
    ],
)
def test_measures_of_likeness(metric: str, expected: float) -> None:
    assert similarity(metric, A, B) == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS)
def test_bounds_of_likeness(metric: str) -> None:
    assert similarity(metric, A, A) == pytest.approx(1)
    other = similarity(metric, A, "Quarks, gluons!")
    assert 0 <= other < 0.4
    assert other < similarity(metric, A, A.replace("mat", "rug") if metric != "rouge_5" else A)
    for pair in (("", ""), ("", A), (A, ""), ("?", A)):
        assert 0 <= similarity(metric, *pair) <= 1


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(sorted(METRICS)))
def test_any_texts_have_a_likeness(left: str, right: str, metric: str) -> None:
    assert 0 <= similarity(metric, left, right) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(a + b) / 2", 0.375),
        ("-a ^ 2", -0.25),
        ("max(a, b, 0.9)", 0.9),
        ("min(a, b) + abs(-1) + floor(1.5) + ceil(1.5)", 4.25),
        ("sqrt(4) + exp(0) + log(1)", 3),
    ],
)
def test_formulas(formula: str, value: float) -> None:
    assert value_of(parse(formula), {"a": 0.5, "b": 0.25}) == pytest.approx(value)


@pytest.mark.parametrize(
    "formula",
    [
        "", "a +", "a b", "'text'", "a.real", "().__class__", "a[0]", "lambda: 1", "[1]",
        "a if b else 1", "open('x')", "max(a, key=b)", "a and b", "a < b", "True", "1j", "f'{a}'",
        "a := 1", "(" * 500, "1" * 2000, "__import__('os')", "max(*a)", "a; b", "print(a)",
    ],
)  # fmt: skip
def test_what_is_no_formula(formula: str) -> None:
    with pytest.raises(FormulaError):
        parse(formula)


@pytest.mark.parametrize(
    "formula", ["1 / 0", "9 ^ 9 ^ 9 ^ 9", "log(0)", "sqrt(-1)", "exp(9999)", "1e308 * 10", "(-1) ^ 0.5"]
)  # fmt: skip
def test_formulas_without_a_value(formula: str) -> None:
    with pytest.raises(FormulaError):
        value_of(parse(formula), {})


def test_the_names_of_a_formula() -> None:
    assert names_of(parse("max(a, b) + 2 * c")) == {"a", "b", "c"}


@given(st.text(alphabet="ab12.+-*/^(), maxlog", max_size=30))
def test_any_text_is_a_number_or_no_formula(text: str) -> None:
    try:
        value = value_of(parse(text), {"a": 0.5, "b": 2.0})
    except FormulaError:
        return
    assert math.isfinite(value)


CHECK: dict[str, Any] = {"type": "string_check", "name": "c", "reference": "Sea"}


@pytest.mark.parametrize(
    ("operation", "text", "reward"),
    [
        ("eq", "Sea", 1), ("eq", "sea", 0), ("ne", "sea", 1), ("ne", "Sea", 0),
        ("like", "the Sea!", 1), ("like", "the sea!", 0), ("ilike", "the SEA!", 1),
        ("ilike", "hill", 0),
    ],
)  # fmt: skip
async def test_string_checks(
    http: httpx.AsyncClient, operation: str, text: str, reward: float
) -> None:
    grader = {**CHECK, "input": "{{ sample.output_text }}", "operation": operation}
    body = {"grader": grader, "model_sample": text}
    answer = await http.post("/fine_tuning/alpha/graders/run", json=body)
    assert answer.json()["reward"] == reward


async def test_a_list_of_graders(http: httpx.AsyncClient) -> None:
    check = {**CHECK, "input": "{{item.words.1}}", "operation": "eq"}
    like = {
        "type": "text_similarity",
        "name": "two",
        "input": "{{item.all}}",
        "reference": '{"a": 1}',
        "evaluation_metric": "cosine",
    }
    multi = {
        "type": "multi",
        "name": "m",
        "graders": [check, like],
        "calculate_output": "text_similarity_score * string_check_score + 0 * c",
    }
    item = {"words": ["the", "Sea"], "all": {"a": 1}}
    body = {"grader": multi, "model_sample": "", "item": item}
    answer = (await http.post("/fine_tuning/alpha/graders/run", json=body)).json()
    assert answer["reward"] == pytest.approx(1)
    assert answer["sub_rewards"] == {"c": 1, "two": pytest.approx(1)}
