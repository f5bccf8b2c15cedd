"""The example that receives webhooks, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from openai_async.testing import sign_webhook

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = "whsec_c2VjcmV0IGZvciB0ZXN0cw=="
BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "created_at": 1,
        "type": "response.completed",
        "data": {"id": "resp_1"},
    }
)


def test_a_webhook_is_handled_and_a_forged_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    monkeypatch.syspath_prepend(EXAMPLES)
    import webhook_receiver as example

    with TestClient(example.app) as browser:
        signed = sign_webhook(BODY, SECRET)
        assert browser.post("/webhooks", content=BODY, headers=signed).status_code == 204
        forged = sign_webhook(BODY, "whsec_b3RoZXI=")
        assert browser.post("/webhooks", content=BODY, headers=forged).status_code == 400
        changed = BODY.replace("resp_1", "resp_2")
        assert browser.post("/webhooks", content=changed, headers=signed).status_code == 400
        assert browser.get("/finished").json() == ["resp_1"]
