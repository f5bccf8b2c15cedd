"""Realtime: where it parts from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "realtime.calls.create: parameter 'session' is sent as *": (
        "the document says in its encoding that this field is JSON"
    ),
    "RealtimeNoiseReduction.type: must be required": (
        "of translations; sessions of the other kinds may leave it out, and share the class"
    ),
}
