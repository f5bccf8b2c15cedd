"""Webhooks: what is signed is read, what is not is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from openai_async import AsyncClient, ConfigurationError, InvalidWebhookSignatureError
from openai_async._unions import Unknown
from openai_async.testing import sign_webhook
from openai_async.types.webhooks import (
    BatchCompletedWebhookEvent,
    RealtimeCallIncomingWebhookEvent,
)

SECRET = "whsec_c2VjcmV0IGZvciB0ZXN0cw=="
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "created_at": 1_700_000_000,
    "type": "batch.completed",
    "data": {"id": "batch_1"},
}
BODY = json.dumps(EVENT)


@pytest.fixture
def client() -> AsyncClient:
    return AsyncClient(api_key="k", webhook_secret=SECRET)


def test_the_event_of_a_signed_webhook(client: AsyncClient) -> None:
    event = client.webhooks.unwrap(BODY, sign_webhook(BODY, SECRET))
    assert isinstance(event, BatchCompletedWebhookEvent)
    assert event.data.id == "batch_1"
    assert event.to_dict() == EVENT


def test_the_signature_is_the_one_of_the_standard(client: AsyncClient) -> None:
    now = int(time.time())
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"msg_1.{now}.{BODY}".encode(), hashlib.sha256).digest()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    client.webhooks.verify_signature(BODY, headers)


Signed = dict[str, str]


@pytest.fixture
def signed() -> Signed:
    return sign_webhook(BODY, SECRET)


FRAMEWORKS: dict[str, Callable[[Signed], Any]] = {
    "upper case": lambda signed: {name.upper(): value for name, value in signed.items()},
    "bytes": lambda signed: {name.encode(): value.encode() for name, value in signed.items()},
    "ASGI": lambda signed: [(name.encode(), value.encode()) for name, value in signed.items()],
    "httpx": httpx.Headers,
    "starlette": Headers,
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_headers_of_all_frameworks(client: AsyncClient, signed: Signed, framework: str) -> None:
    client.webhooks.verify_signature(BODY.encode(), FRAMEWORKS[framework](signed))


def test_one_of_several_signatures_is_enough(client: AsyncClient, signed: Signed) -> None:
    signature = "v1,bm8= v1a,xyz " + signed["webhook-signature"]
    client.webhooks.verify_signature(BODY, {**signed, "webhook-signature": signature})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_is_named(client: AsyncClient, signed: Signed, name: str) -> None:
    headers = {key: value for key, value in signed.items() if key != name}
    with pytest.raises(InvalidWebhookSignatureError, match=name):
        client.webhooks.unwrap(BODY, headers)


FORGERIES: dict[str, Callable[[Signed], Signed]] = {
    "another id": lambda _: {"webhook-id": "evt_other"},
    "another time": lambda signed: {"webhook-timestamp": str(int(signed["webhook-timestamp"]) - 1)},
    "no time": lambda _: {"webhook-timestamp": "now"},
    "digits of Python's": lambda _: {"webhook-timestamp": "1_0"},
    "before time": lambda _: {"webhook-timestamp": "-1"},
    "end of time": lambda _: {"webhook-timestamp": "9" * 400},
    "nothing signed": lambda _: {"webhook-signature": "v1,"},
    "another version": lambda signed: {"webhook-signature": "v2" + signed["webhook-signature"][2:]},
    "no version": lambda signed: {"webhook-signature": signed["webhook-signature"][3:]},
    "beyond ASCII": lambda _: {"webhook-signature": "v1,\u00e9"},
    # As aiohttp reads a byte that is no text.
    "half a character": lambda _: {"webhook-signature": "v1,\udcff"},
    "half a character's id": lambda _: {"webhook-id": "\udcff"},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_forged_is_refused(client: AsyncClient, signed: Signed, forgery: str) -> None:
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.unwrap(BODY, {**signed, **FORGERIES[forgery](signed)})


def test_another_body_or_secret_is_refused(client: AsyncClient, signed: Signed) -> None:
    with pytest.raises(InvalidWebhookSignatureError, match="not the one that came"):
        client.webhooks.unwrap(BODY + " ", signed)
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.unwrap(BODY, signed, secret="whsec_b3RoZXI=")


def test_a_body_that_is_no_text_is_refused(client: AsyncClient, signed: Signed) -> None:
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.unwrap("\udcff", signed)


@pytest.mark.parametrize(
    ("payload", "headers", "told"),
    [
        (EVENT, {}, "payload must be .* not dict"),
        (None, {}, "payload must be .* not NoneType"),
        (BODY, None, "headers"),
        (BODY, ["webhook-id: x"], "headers"),
    ],
)
def test_what_is_no_body_or_headers_is_told(
    payload: Any, headers: Any, told: str, client: AsyncClient
) -> None:
    with pytest.raises(TypeError, match=told):
        client.webhooks.unwrap(payload, headers)


@pytest.mark.parametrize("shift", [-301, 301])
def test_what_is_old_is_refused_within_the_tolerance(client: AsyncClient, shift: int) -> None:
    headers = sign_webhook(BODY, SECRET, timestamp=int(time.time()) + shift)
    with pytest.raises(InvalidWebhookSignatureError, match="300 are not allowed"):
        client.webhooks.unwrap(BODY, headers)
    client.webhooks.verify_signature(BODY, headers, tolerance=3600)
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.verify_signature(BODY, headers, tolerance=float("nan"))


def test_plain_text_can_be_a_secret(client: AsyncClient) -> None:
    headers = sign_webhook(BODY, "plain text")
    client.webhooks.verify_signature(BODY, headers, secret="plain text")


def test_a_secret_that_is_none(client: AsyncClient, signed: Signed) -> None:
    with pytest.raises(ConfigurationError, match="base64") as caught:
        client.webhooks.unwrap(BODY, signed, secret="whsec_%%%")
    assert "%%%" not in str(caught.value)
    # An empty key, with which anybody could sign.
    with pytest.raises(ConfigurationError, match="secret"):
        client.webhooks.unwrap(BODY, signed, secret="whsec_")
    bare = AsyncClient(api_key="k")
    with pytest.raises(ConfigurationError, match="OPENAI_WEBHOOK_SECRET"):
        bare.webhooks.unwrap(BODY, signed)


def test_the_secret_comes_from_the_environment_and_shows_nowhere(
    monkeypatch: pytest.MonkeyPatch, signed: Signed
) -> None:
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    client = AsyncClient(api_key="k")
    client.webhooks.verify_signature(BODY, signed)
    client.with_options(max_retries=1).webhooks.verify_signature(BODY, signed)
    assert SECRET not in repr(client.config) + repr(vars(client))


def test_events_that_are_newer_or_departing_are_kept(client: AsyncClient) -> None:
    newer = json.dumps({**EVENT, "type": "moon.rising", "data": {"phase": "full"}})
    event: Any = client.webhooks.unwrap(newer, sign_webhook(newer, SECRET))
    assert isinstance(event, Unknown)
    assert event.data == {"phase": "full"}
    call = json.dumps({**EVENT, "type": "realtime.call.incoming", "data": {"call_id": "rtc_1"}})
    event = client.webhooks.unwrap(call, sign_webhook(call, SECRET))
    assert isinstance(event, RealtimeCallIncomingWebhookEvent)
    assert (event.data.call_id, event.data.sip_headers) == ("rtc_1", [])


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"type": 1}', b"\xff", "[" * 200_000], ids=range(6)
)
def test_what_is_signed_but_no_event_is_refused(client: AsyncClient, body: str | bytes) -> None:
    with pytest.raises(InvalidWebhookSignatureError, match="no event"):
        client.webhooks.unwrap(body, sign_webhook(body, SECRET))
