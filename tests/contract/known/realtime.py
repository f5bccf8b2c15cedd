"""Realtime: where it parts from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "realtime.calls.create: parameter 'session' is sent as *": (
        "the document says in its encoding that this field is JSON"
    ),
}

STEADY: Mapping[str, str] = {
    "realtime.calls.create: E3008 at body.session: Expected type object, got string": (
        "Steady reads no JSON in forms"
    ),
}
