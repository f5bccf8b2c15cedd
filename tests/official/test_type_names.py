"""Names of the official client's types are ours as well, where programs use them most."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from typing_extensions import is_typeddict

from openai_async.types import chat

pytestmark = pytest.mark.openai_sdk


def _is_alias(name: str) -> bool:
    """Whether a type has another name, of ours; unions have none."""
    own = getattr(getattr(chat, name), "__name__", name)
    return name.startswith("ChatCompletion") and own != name


NAMES = [
    *(("chat", name) for name in chat.__all__ if _is_alias(name)),
    ("chat", "ChatCompletionModality"),
    ("chat", "ChatCompletionRole"),
    ("chat", "ParsedChatCompletion"),
    ("chat", "ParsedChatCompletionMessage"),
    ("chat", "ParsedChoice"),
    ("chat", "ParsedFunctionToolCall"),
    ("responses", "FunctionToolParam"),
    ("responses", "ResponseFormatTextConfigParam"),
    ("responses", "ResponseFormatTextJSONSchemaConfigParam"),
    ("responses", "ResponseStatus"),
    ("responses", "Tool"),
    ("responses", "ToolChoiceOptions"),
    ("responses", "ToolParam"),
    ("", "ChatModel"),
    ("", "CreateEmbeddingResponse"),
    ("", "ModerationCreateResponse"),
    ("", "VectorStoreSearchResponse"),
]
"""Module and name."""


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_another_name_is_the_official_clients(module: str, name: str) -> None:
    pytest.importorskip("openai", reason="needs the official client: nox -s official")
    theirs: Any = getattr(importlib.import_module(f"openai.types.{module}".rstrip(".")), name)
    ours: Any = getattr(importlib.import_module(f"openai_async.types.{module}".rstrip(".")), name)
    if is_typeddict(ours):
        assert theirs.__required_keys__ <= ours.__annotations__.keys()
        assert ours.__required_keys__ <= theirs.__annotations__.keys()
    elif hasattr(theirs, "model_fields"):
        assert ours.model_fields.keys() == theirs.model_fields.keys()
    else:
        assert ours is not None
