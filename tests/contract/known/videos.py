"""Where videos part from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "videos.extend(seconds): the values '16', '20' are not in the document, *": (
        "they are in the description of the parameter"
    ),
}
