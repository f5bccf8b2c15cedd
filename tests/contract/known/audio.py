"""Audio: where we part from the document."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {}
