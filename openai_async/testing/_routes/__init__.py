"""The endpoints, one module for each of the client's namespaces."""

from __future__ import annotations

from . import (
    audio,
    chat,
    completions,
    edits,
    embeddings,
    engines,
    files,
    fine_tunes,
    images,
    models,
    moderations,
)

ENDPOINTS = (
    *models.ENDPOINTS,
    *engines.ENDPOINTS,
    *completions.ENDPOINTS,
    *chat.ENDPOINTS,
    *edits.ENDPOINTS,
    *embeddings.ENDPOINTS,
    *images.ENDPOINTS,
    *audio.ENDPOINTS,
    *files.ENDPOINTS,
    *fine_tunes.ENDPOINTS,
    *moderations.ENDPOINTS,
)
