"""Edits: where we part from the document of 2023, the last that has them."""

from __future__ import annotations

from collections.abc import Mapping

from .classic import FORGOTTEN, NUMBERS

SHARED = "shared with completions, where the current document says so"
OPEN = "compatible servers have models of other names"

KNOWN: Mapping[str, str] = {
    "edits.create(model): the values * are missing*": OPEN,
    "CompletionUsage.*: is not in the document's CreateEditResponse.usage": SHARED,
    "EditChoice.*: must not be required*": FORGOTTEN,
    "Edit.usage: must be required": "compatible servers leave it out",
    "edits.create ->: * refused at *.top_logprobs.*": NUMBERS,
    "edits.create ->: * refused at *: Field required": FORGOTTEN,
}

STEADY: Mapping[str, str] = {"edits.create: ResponseValidationError: *: Field required": FORGOTTEN}
