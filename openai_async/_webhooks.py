"""Signatures of webhooks, as https://www.standardwebhooks.com has them: pure, so that tests and the
built-in server sign by the same rule that the client checks by."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from ._config import Secret
from .errors import ConfigurationError, InvalidWebhookSignatureError

__all__ = ["HeadersLike", "as_bytes", "check", "sign"]

HeadersLike: TypeAlias = "Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[Any, Any]]"
"""A mapping or pairs, names in any case: what web frameworks and ASGI have."""

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LATIN = "latin-1"


def sign(secret: Secret, event_id: str, timestamp: int, payload: bytes) -> str:
    """The signature of an event, with its version in front. Raises `ConfigurationError`."""
    content = as_bytes(f"{event_id}.{timestamp}.") + payload
    digest = _digest(secret, content)
    if digest is None:  # raised here, where no local holds the secret
        raise ConfigurationError(
            f"the webhook secret can't be used: behind {PREFIX!r} there has to be base64"
        )
    return "v1," + base64.b64encode(digest).decode()


def check(
    payload: bytes, headers: HeadersLike, secret: Secret, *, now: float, tolerance: float
) -> None:
    """Raises `InvalidWebhookSignatureError` for what was not signed with the secret, and for what is
    more than `tolerance` seconds away from `now`."""
    found = _lower(headers)
    for name in (ID, TIMESTAMP, SIGNATURE):
        if not found.get(name):
            raise InvalidWebhookSignatureError(f"the header {name} is missing")
    sent = found[TIMESTAMP].strip()
    # int() takes more than digits: what is signed has to be what is compared.
    if not (sent.isascii() and sent.isdigit() and len(sent) < 20):
        raise InvalidWebhookSignatureError(f"the header {TIMESTAMP} is not a number of seconds")
    age = now - int(sent)
    if not abs(age) <= tolerance:
        told = f"{age:.0f} seconds old" if age > 0 else f"from {-age:.0f} seconds in the future"
        raise InvalidWebhookSignatureError(
            f"the webhook is {told}, and more than {tolerance:g} are not allowed"
        )
    expected = sign(secret, found[ID], int(sent), payload).encode()
    given = found[SIGNATURE].split()
    # All are compared, so that the time taken tells nothing.
    if not any([hmac.compare_digest(expected, as_bytes(one)) for one in given]):  # noqa: C419
        raise InvalidWebhookSignatureError(
            "no signature of the webhook matches its body: it was made with another secret, or the"
            " body is not the one that came (pass the bytes as they are, not parsed and written anew)"
        )


def _digest(secret: Secret, content: bytes) -> bytes | None:
    text = secret.reveal()
    key = as_bytes(text)
    if text.startswith(PREFIX):
        try:
            key = base64.b64decode(key[len(PREFIX) :], validate=True)
        except binascii.Error:
            return None
    if not key:  # anybody could sign with that
        return None
    return hmac.new(key, content, hashlib.sha256).digest()


def _lower(headers: HeadersLike) -> dict[str, str]:
    mapping: Any = headers
    pairs = mapping.items() if isinstance(headers, Mapping) else mapping
    try:
        return {_text(name).lower(): _text(value) for name, value in pairs}
    except (TypeError, ValueError):
        raise TypeError("headers must be a mapping, or pairs of name and value") from None


def as_bytes(text: str) -> bytes:
    """Also of half characters, which some frameworks make of bytes that are no text."""
    return text.encode(errors="surrogatepass")


def _text(value: Any) -> str:
    return value.decode(LATIN) if isinstance(value, bytes) else str(value)
