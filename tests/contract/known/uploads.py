"""Uploads, beside the current document."""

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "uploads.create(purpose): the values 'user_data', 'evals' are not in the document, *": (
        "the purposes are those of files, as in the official client"
    ),
}
