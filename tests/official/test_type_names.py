"""Names of the official client's types are ours as well, where chats are concerned."""

from __future__ import annotations

from typing import Any

import pytest
from typing_extensions import is_typeddict

from openai_async.types import chat

pytestmark = pytest.mark.openai_sdk


def _is_alias(name: str) -> bool:
    """Whether a type has another name, of ours; unions have none."""
    own = getattr(getattr(chat, name), "__name__", name)
    return name.startswith("ChatCompletion") and own != name


ALIASES = [name for name in chat.__all__ if _is_alias(name)]


@pytest.mark.parametrize("name", ALIASES)
def test_another_name_is_the_official_clients(name: str) -> None:
    import openai.types.chat as official

    theirs: Any = getattr(official, name)
    ours: Any = getattr(chat, name)
    if is_typeddict(ours):
        assert theirs.__required_keys__ <= ours.__annotations__.keys()
        assert ours.__required_keys__ <= theirs.__annotations__.keys()
    elif hasattr(theirs, "model_fields"):
        assert ours.model_fields.keys() == theirs.model_fields.keys()
