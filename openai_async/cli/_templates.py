"""Prompts with places for what an item says: `Sum up {text} in {language}.`"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._json import is_object
from ._items import field_of
from ._output import Failure

__all__ = ["Template"]

_PLACES = re.compile(r"\{\{(\w[\w .-]*)\}\}|\{([^\W\d][\w .-]*)\}")
"""What looks like a name in braces; any other brace stands for itself, as in a prompt with JSON."""
TEXT = "text"


class Template:
    """A prompt with `{name}` where an item's fields go; `{text}` is the text of any item.

    `{{name}}` stands for `{name}` itself. Raises `Failure` where there is no place at all: every item
    would be the same question.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        self._text = text
        self._field = field
        self._names = {found[2] for found in _PLACES.finditer(text) if found[2]}
        if not self._names:
            raise Failure(
                "--prompt has no place for the items: write {text}, or the name of a field", code=2
            )

    def fill(self, value: Any) -> str:
        """The prompt for an item's value. Raises `ValueError`, which says what is missing."""
        says = {name: self._say(value, name) for name in self._names}
        if not any(said.strip() for said in says.values()):
            raise ValueError("is empty")
        return _PLACES.sub(
            lambda found: says[found[2]] if found[2] else f"{{{found[1]}}}", self._text
        )

    def _say(self, value: Any, name: str) -> str:
        """What stands in the place of a name."""
        said = self._look_up(value, name)
        if said is None:
            raise ValueError(f"has a {name!r} that is null" if is_object(value) else "is null")
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)

    def _look_up(self, value: Any, name: str) -> Any:
        fields: Mapping[str, Any] = value if is_object(value) else {}
        if name == TEXT and (self._field is not None or name not in fields):
            return field_of(value, self._field)
        if name in fields:
            return fields[name]
        raise ValueError(f"has no {name!r}, but: {', '.join(fields) or 'a text alone'}")
