"""Uploads in parts, and batches, with raw requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import anyio
import httpx
import pytest

from openai_async.testing import Server

from .conftest import Connect

pytestmark = pytest.mark.anyio

UPLOAD = {"filename": "x.txt", "purpose": "user_data", "bytes": 6, "mime_type": "text/plain"}


async def begin(http: httpx.AsyncClient, **more: Any) -> str:
    answer = await http.post("/uploads", json={**UPLOAD, **more})
    assert answer.status_code == 200, answer.text
    return f"/uploads/{answer.json()['id']}"


async def add(http: httpx.AsyncClient, path: str, data: bytes) -> str:
    answer = await http.post(f"{path}/parts", files={"data": data})
    assert answer.status_code == 200, answer.text
    assert answer.json()["object"] == "upload.part"
    return answer.json()["id"]


async def test_the_life_of_an_upload(http: httpx.AsyncClient) -> None:
    path = await begin(http)
    parts = [await add(http, path, data) for data in (b"def", b"spare", b"abc")]
    digest = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
    body = {"part_ids": [parts[2], parts[0]], "md5": digest}
    done = (await http.post(f"{path}/complete", json=body)).json()
    assert done["status"] == "completed"
    assert done["expires_at"] == done["created_at"] + 3600
    assert done["file"]["filename"] == "x.txt"
    assert (await http.get(f"/files/{done['file']['id']}/content")).content == b"abcdef"
    for action, form in (("parts", {"files": {"data": b"x"}}), ("complete", {"json": body})):
        refused = await http.post(f"{path}/{action}", **form)
        assert "already completed" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("parts", "md5", "param"),
    [
        ([0], None, "part_ids"),  # too short
        ([0, 0], None, "part_ids"),
        ([0, 2], None, "part_ids"),  # there is none
        ([], None, "part_ids"),
        ([0, 1], "0" * 32, "md5"),
        ([0, 1], "short", "md5"),
    ],
)
async def test_uploads_that_can_not_be_completed(
    parts: Sequence[int], md5: str | None, param: str, http: httpx.AsyncClient
) -> None:
    path = await begin(http)
    ids = [await add(http, path, b"abc"), await add(http, path, b"def"), "part_none"]
    body = {"part_ids": [ids[part] for part in parts], "md5": md5}
    refused = await http.post(f"{path}/complete", json=body)
    assert refused.status_code in (400, 404)
    assert refused.json()["error"]["param"] == param
    assert (await http.get("/files")).json()["data"] == []
    body = {"part_ids": ids[:2]}
    assert (await http.post(f"{path}/complete", json=body)).status_code == 200


async def test_bounds_of_uploads(connect: Connect, http: httpx.AsyncClient) -> None:
    large = await http.post("/uploads", json={**UPLOAD, "bytes": 8 * 2**30 + 1})
    assert large.json()["error"]["param"] == "bytes"
    path = await begin(http)
    empty = await http.post(f"{path}/parts", files={"data": b""})
    assert empty.json()["error"]["param"] == "data"
    part = await http.post(f"{path}/parts", files={"data": bytes(64 * 2**20 + 1)})
    assert part.status_code == 413
    late = connect(Server(upload_seconds=0))
    path = await begin(late)
    refused = await late.post(f"{path}/parts", files={"data": b"abc"})
    assert "already expired" in refused.json()["error"]["message"]


def line(custom_id: str, **change: Any) -> dict[str, Any]:
    body = {"model": "text-embedding-3-small", "input": "a"}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/embeddings", "body": body,
            **change}  # fmt: skip


async def run(http: httpx.AsyncClient, *lines: Any) -> dict[str, Any]:
    """A batch of lines, once it is over."""
    text = "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in lines)
    stored = await http.post(
        "/files", files={"file": ("in.jsonl", text or "\n")}, data={"purpose": "batch"}
    )
    body = {"input_file_id": stored.json()["id"], "endpoint": "/v1/embeddings",
            "completion_window": "24h"}  # fmt: skip
    batch = (await http.post("/batches", json=body)).json()
    with anyio.fail_after(10):
        while batch["status"] not in ("completed", "failed", "expired", "cancelled"):
            await anyio.sleep(0.001)
            answer = await http.get(f"/batches/{batch['id']}")
            batch = answer.json()
            assert int(answer.headers["openai-poll-after-ms"]) > 0
    return batch


async def test_the_life_of_a_batch(http: httpx.AsyncClient) -> None:
    batch = await run(http, line("a"), line("b", body={"model": "none", "input": "x"}))
    assert batch["status"] == "completed"
    assert batch["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    times = [batch[f"{name}_at"] for name in ("created", "in_progress", "finalizing", "completed")]
    assert times == sorted(times)
    assert batch["usage"]["total_tokens"] > 0
    rows = {
        kind: json.loads((await http.get(f"/files/{batch[f'{kind}_file_id']}/content")).text)
        for kind in ("output", "error")
    }
    assert rows["output"]["custom_id"] == "a"
    assert rows["output"]["response"]["body"]["object"] == "list"
    assert rows["error"]["response"]["status_code"] == 404
    assert rows["error"]["response"]["body"]["error"]["code"] == "model_not_found"
    files = (await http.get("/files", params={"purpose": "batch_output"})).json()["data"]
    assert {file["id"] for file in files} == {batch["output_file_id"], batch["error_file_id"]}


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        ([], "empty_file", None),
        (["no json\n"], "invalid_json_line", 1),
        ([line("a"), "[]\n"], "invalid_json_line", 2),
        ([line("a"), line("a")], "duplicate_custom_id", 2),
        ([line("")], "missing_required_parameter", 1),
        ([line("a", url="/v1/completions")], "invalid_url", 1),
        ([line("a", method="GET")], "invalid_method", 1),
        ([line("a", body="x")], "missing_required_parameter", 1),
    ],
)
async def test_batches_that_fail(
    lines: Any, code: str, number: int | None, http: httpx.AsyncClient
) -> None:
    batch = await run(http, *lines)
    assert batch["status"] == "failed"
    (error,) = batch["errors"]["data"]
    assert (error["code"], error["line"]) == (code, number)
    assert batch["output_file_id"] is None


async def test_a_batch_that_streams_has_a_line_that_fails(http: httpx.AsyncClient) -> None:
    body = {"model": "text-embedding-3-small", "input": "a", "stream": True}
    batch = await run(http, line("a", body=body))
    assert batch["request_counts"]["failed"] == 1


@pytest.mark.parametrize(
    "change", [{"endpoint": "/v1/files"}, {"completion_window": "1h"}, {"input_file_id": "none"}]
)
async def test_batches_that_are_refused(change: dict[str, str], http: httpx.AsyncClient) -> None:
    body = {"input_file_id": "f", "endpoint": "/v1/embeddings", "completion_window": "24h"}
    answer = await http.post("/batches", json={**body, **change})
    assert (answer.status_code, answer.json()["error"]["param"]) == (
        400,
        next(iter(change)),
    )
