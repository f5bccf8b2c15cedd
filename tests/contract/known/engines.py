"""Engines: where we part from the document of 2023, the last that has them."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "Engine.created: must be required": "servers leave it out",
    "Engine.owner: is not in the document's Engine": "in the document's example",
    "Engine.ready: must be required": "servers leave it out",
}
