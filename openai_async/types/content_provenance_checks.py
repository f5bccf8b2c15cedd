"""Content provenance: https://platform.openai.com/docs/api-reference/content-provenance-checks"""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import Required

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "C2PAProvenanceResult", "ContentProvenanceCheck", "ContentProvenanceCheckCreateParams",
    "ProvenanceOutcome", "ProvenanceResult", "SynthIDProvenanceResult",
]  # fmt: skip

ProvenanceOutcome = Literal["detected", "not_detected"] | str
"""That nothing was detected proves nothing: signals can be removed, and older content has none."""


class ContentProvenanceCheckCreateParams(RequestOptions, total=False):
    file: Required[FileInput]
    """An image or a recording: a path, bytes, a file object, or `(file name, content[, type])`."""


class _Signal(Model):
    outcome: ProvenanceOutcome
    model: str | None
    """Which made it, where the signal says so."""
    generated_at: str | None
    """When it was made (RFC 3339, UTC), where the signal says so."""


class C2PAProvenanceResult(_Signal):
    """The signed manifest in an image's metadata."""

    type: Literal["c2pa"]
    validation_state: Literal["trusted", "valid", "invalid", "not_present"] | str
    issuer: str | None


class SynthIDProvenanceResult(_Signal):
    """The watermark in an image's pixels, or in the sound."""

    type: Literal["synthid"]


ProvenanceResult = Annotated[C2PAProvenanceResult | SynthIDProvenanceResult, OpenUnion()]


class ContentProvenanceCheck(Model):
    """Whether a file carries signs of having been made by OpenAI's models."""

    object: str
    """Always `content_provenance_check`."""
    created_at: int
    """Seconds since the epoch."""
    results: list[ProvenanceResult]
    """One for each kind of signal that such a file can have."""
