"""https://platform.openai.com/docs/api-reference/webhook-events"""

from __future__ import annotations

import json
import time

from .._config import Secret
from .._json import is_object
from .._models import fitted
from .._resource import Resource
from .._webhooks import HeadersLike, as_bytes, check
from ..errors import ConfigurationError, InvalidWebhookSignatureError
from ..types.webhooks import UnwrapWebhookEvent

__all__ = ["Webhooks"]

TOLERANCE = 300


class Webhooks(Resource):
    """Events that the API sends to a server of yours. Nothing here makes a call."""

    def unwrap(
        self, payload: str | bytes, headers: HeadersLike, *, secret: str | None = None
    ) -> UnwrapWebhookEvent:
        """The event in a webhook, once its signature has been found good.

        Args:
            payload: The request's body, as it came.
            headers: The request's headers: a mapping, or pairs.
            secret: What it is signed with. Default: the client's `webhook_secret`.

        Raises:
            InvalidWebhookSignatureError: it is forged, older than five minutes, or no event.
            ConfigurationError: there is no secret.
        """
        self.verify_signature(payload, headers, secret=secret)
        try:
            data = json.loads(payload)
        except (ValueError, RecursionError):
            data = None
        if not is_object(data) or not isinstance(data.get("type"), str):
            raise InvalidWebhookSignatureError("the webhook is signed, but its body is no event")
        event: UnwrapWebhookEvent = fitted(UnwrapWebhookEvent, data)
        return event

    def verify_signature(
        self,
        payload: str | bytes,
        headers: HeadersLike,
        *,
        secret: str | None = None,
        tolerance: float = TOLERANCE,
    ) -> None:
        """Check that a webhook was signed with the secret, and not long ago.

        Args:
            payload: The request's body, as it came.
            headers: The request's headers: a mapping, or pairs.
            secret: What it is signed with. Default: the client's `webhook_secret`.
            tolerance: How many seconds it may be old, or ahead of this machine's clock.

        Raises:
            InvalidWebhookSignatureError: it is forged, or too old.
            ConfigurationError: there is no secret.
        """
        if isinstance(payload, str):
            payload = as_bytes(payload)
        elif not isinstance(payload, (bytes, bytearray)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"payload must be the request's body, as str or bytes, not {type(payload).__name__}"
            )
        key = Secret(secret) if secret else self._client.config.webhook_secret
        del secret  # what is raised from here on keeps this frame's locals
        if key is None:
            raise ConfigurationError(
                "no webhook secret: pass secret=..., or webhook_secret=... to the client, or set"
                " OPENAI_WEBHOOK_SECRET"
            )
        check(payload, headers, key, now=time.time(), tolerance=tolerance)
