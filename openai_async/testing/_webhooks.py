"""Webhooks as the API signs them, for tests of what receives them."""

from __future__ import annotations

import time
import uuid

from .._config import Secret
from .._webhooks import ID, SIGNATURE, TIMESTAMP, sign

__all__ = ["sign_webhook"]


def sign_webhook(
    payload: str | bytes, secret: str, *, event_id: str | None = None, timestamp: int | None = None
) -> dict[str, str]:
    """The headers that go with a webhook's body.

    Args:
        payload: The body, as it is sent.
        secret: What the receiver knows, `whsec_...` or any text.
        event_id: Default: a new one.
        timestamp: Seconds since the epoch. Default: now.
    """
    event_id = event_id or f"wh_{uuid.uuid4().hex}"
    timestamp = int(time.time()) if timestamp is None else timestamp
    body = payload.encode() if isinstance(payload, str) else payload
    return {
        ID: event_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: sign(Secret(secret), event_id, timestamp, body),
    }
