"""How many tokens calls are taken for."""

from __future__ import annotations

from typing import Any

import pytest

from openai_async.limits import count_tokens, estimate_tokens
from openai_async.limits._tokens import usage_in


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("äö", 1), ("\ud800", 1)]
)
def test_a_text(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens
    assert count_tokens(text, "a-model-that-nobody-knows") == tokens


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}}


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"input": "abcdefgh"}, 2),
        ({"input": ["abcd", "abcd"]}, 2),
        ({"input": [1, 2, 3]}, 3),
        ({"input": [[1, 2], [3]]}, 3),
        ({"prompt": "abcd", "max_tokens": 10}, 11),
        ({"prompt": "abcd", "max_tokens": 10, "n": 3}, 31),
        ({"messages": [{"role": "user", "content": "abcdefgh"}]}, 3),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, 804),
        ({"messages": [], "max_completion_tokens": 7, "max_tokens": 3}, 7),
        ({"file": "abcd"}, 0),
        ({"input": None, "max_tokens": None, "n": "many"}, 0),
        ({"max_tokens": -5, "n": -1}, 0),
        ({"max_tokens": float("nan")}, 0),
        ({"max_tokens": float("inf"), "n": 3}, 1e9),
        ({"max_tokens": 10**400}, 1e9),
        (None, 0),
        ("abcd", 0),
    ],
)
def test_a_body(body: Any, tokens: int) -> None:
    assert estimate_tokens(body) == tokens


CACHED = (
    b'{"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,'
    b'"prompt_tokens_details":{"cached_tokens":4}}}'
)


@pytest.mark.parametrize(
    ("content", "usage"),
    [
        (b'{"usage":{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3}}', (8, 5, 3, 0)),
        (b'{"usage" : {"prompt_tokens": 5, "total_tokens" : 5}}', (5, 5, 0, 0)),
        (b'{"usage":{"input_tokens":5,"output_tokens":3,"total_tokens":8}}', (8, 5, 3, 0)),
        (CACHED, (8, 5, 3, 4)),
        (b'data: {"usage":null}\n\ndata: [DONE]', None),
        (b'{"usage":{"total_tokens":"many"}}', None),
        (b'{"usage":{"total_tokens":-5}}', None),
        (b'{"usage":{"total_tokens":' + b"1" * 5000 + b"}}", (int("1" * 15),) * 2 + (0, 0)),
        (b'{"usage":{"prompt_tokens":5,"completion_tokens":3}}', (8, 5, 3, 0)),
        (b'{"usage":{"prompt_tokens":5,"total_tokens":5,"cached_tokens":9}}', (5, 5, 0, 5)),
        (b'{"usage":{"input_tokens":5,"total_tokens":3}}', (3, 5, 0, 0)),
        (b'data: {"usage":{"total_tokens":5}}\n\ndata: {"usage":null}', (5, 5, 0, 0)),
        (b"", None),
    ],
)
def test_what_an_answer_tells(content: bytes, usage: Any) -> None:
    assert usage_in(content) == usage


def test_a_body_that_is_nested_without_end() -> None:
    body: Any = "abcd"
    for _ in range(100_000):
        body = [body]
    assert estimate_tokens({"input": body}) == 0
