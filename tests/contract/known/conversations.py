"""Where conversations depart from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KNOWN"]

KNOWN: Mapping[str, str] = {
    "conversations.*metadata.any*": "the document has no type for it; its words say texts",
}
