"""`metadata`: what callers note on the objects of the API."""

from __future__ import annotations

from typing import Any

from ._errors import bad_request
from ._params import Json, Rule, Table, Text


class Metadata(Rule):
    """Up to 16 pairs of strings: 64 characters for a key, 512 for a value."""

    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        table = Table().check(name, value)
        if len(table) > 16:
            message = f"Invalid '{name}': too many properties. Expected an object with at most 16."
            raise bad_request(message, name, "object_above_max_properties")
        for key, text in table.items():
            Text(longest=64).check(f"{name} key", key)
            Text(longest=512).check(f"{name}.{key}", text)
        return table
