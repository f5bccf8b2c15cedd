"""The beta's namespaces: where they part from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

NO_TYPE = "the document forgot to say `type: array` beside its `items`"

KNOWN: Mapping[str, str] = {
    "beta.realtime.sessions.create ->: an answer * is refused at output_modalities: *": NO_TYPE,
    "beta.realtime.transcription_sessions.create ->: an answer * is refused at modalities: *": NO_TYPE,
}
