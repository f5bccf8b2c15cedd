"""Base64 in answers."""

from __future__ import annotations

import base64
import binascii

from .errors import APIResponseError

__all__ = ["decoded"]


def decoded(text: str, what: str) -> bytes:
    """What a text stands for, also as a `data:` URL, in which some servers send images. Raises
    `APIResponseError`, naming `what`, if it isn't base64."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise APIResponseError(f"{what} is not base64: {error}") from None
