"""`metadata` and `attributes`: what callers note on the objects of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._errors import bad_request
from ._params import Json, Rule, Table, Text


@dataclass(frozen=True)
class Metadata(Rule):
    """Up to 16 pairs: 64 characters for a key, 512 for a text; in attributes other values, too."""

    types: type | tuple[type, ...] = str
    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        table = Table().check(name, value)
        if len(table) > 16:
            message = f"Invalid '{name}': too many properties. Expected an object with at most 16."
            raise bad_request(message, name, "object_above_max_properties")
        for key, held in table.items():
            Text(longest=64).check(f"{name} key", key)
            if isinstance(held, str) or not isinstance(held, self.types):
                Text(longest=512).check(f"{name}.{key}", held)
        return table
