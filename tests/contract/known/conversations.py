"""Where conversations depart from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

from .responses import KNOWN as RESPONSES

__all__ = ["KNOWN"]

KNOWN: Mapping[str, str] = {
    **{key: reason for key, reason in RESPONSES.items() if key.startswith("ResponseInput")},
    "conversations.*metadata.any*": "the document has no type for it; its words say texts",
}
