"""Where moderations part from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

FEWER = "older models judge by fewer categories"

KNOWN: Mapping[str, str] = {
    "ModerationCategories.*: must be required": FEWER,
    "ModerationCategoryScores.*: must be required": FEWER,
    "ModerationAppliedInputTypes.*: must be required": FEWER,
    "ModerationResult.category_applied_input_types: must be required": "older models read only",
    "ModerationAppliedInputTypes.*[]: the value 'image' is not in the document, *": (
        "one class for all categories"
    ),
}
