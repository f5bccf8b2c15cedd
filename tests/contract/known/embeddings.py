"""Where embeddings part from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

SMALLER = "base64 is a quarter of the bytes; a server that refuses it is asked anew"
FORGOTTEN = "compatible servers forget it"
AS_IT_CAME = "vectors are decoded when they are looked at; who asks for base64 gets text"

KNOWN: Mapping[str, str] = {
    "embeddings.create: sends 'encoding_format', which was not given": SMALLER,
    "embeddings.create: parameter 'encoding_format' is sent as base64, not None": SMALLER,
    "embeddings.create(encoding_format): None is not in the document: *": (
        "None says that nothing was asked for"
    ),
    "EmbeddingList | EncodedEmbeddingList.*: must be required": FORGOTTEN,
    "Embedding | EncodedEmbedding.object: must be required": FORGOTTEN,
    "Embedding | EncodedEmbedding.embedding*": AS_IT_CAME,
}
