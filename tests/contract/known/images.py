"""Where images part from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    **{
        f"images.{method}: parameter '{name}' is not in the document": "the official client's"
        for method in ("generate", "edit")
        for name in ("complexity", "frame_count", "frame_duration_ms", "svg", "safety_identifier")
    },
    "images.edit: parameter 'markup' is not in the document": "the official client's",
    **{
        f"openapi-2023-06: images.{method} ->: is streamed, *": "newer than that document"
        for method in ("generate", "edit")
    },
}
