"""Batches, beside the current document."""

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {}
HELPERS: Mapping[str, str] = {
    "batches.run": "writes and uploads the requests, and maps the answers back to them",
    "batches.results": "the same for a batch that was begun before",
}
