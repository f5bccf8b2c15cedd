"""Files, beside the current document."""

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "FileObject.status: must be required": (
        "it is deprecated, and optional in the 2023 document, whose servers still answer"
    ),
}
