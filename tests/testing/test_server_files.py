"""Files, fine-tunes and the models that come of them."""

from __future__ import annotations

import gc
import json
from typing import Any

import anyio
import httpx
import pytest

from openai_async.testing import Server

from .conftest import Connect

pytestmark = pytest.mark.anyio

LINES = b'{"prompt": "capital of Freedonia ->", "completion": " Fredville"}\n' * 3


async def upload(
    http: httpx.AsyncClient,
    content: bytes = LINES,
    purpose: str = "fine-tune",
    name: str = "train.jsonl",
) -> httpx.Response:
    return await http.post("/files", files={"file": (name, content)}, data={"purpose": purpose})


async def start(http: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    stored = (await upload(http)).json()
    job = await http.post(
        "/fine-tunes", json={"training_file": stored["id"], "model": "ada", **more}
    )
    assert job.status_code == 200, job.text
    return job.json()


async def follow(http: httpx.AsyncClient, job_id: str) -> list[str]:
    answer = await http.get(f"/fine-tunes/{job_id}/events", params={"stream": "true"})
    *events, done, _ = answer.text.split("\n\n")
    assert done == "data: [DONE]"
    return [json.loads(event.removeprefix("data: "))["message"] for event in events]


async def test_the_life_of_a_file(http: httpx.AsyncClient) -> None:
    stored = (await upload(http, name="Übung.jsonl")).json()
    assert stored["object"] == "file"
    assert (stored["bytes"], stored["purpose"]) == (len(LINES), "fine-tune")
    assert stored["filename"] == "Übung.jsonl"
    path = f"/files/{stored['id']}"
    assert (await http.get(path)).json() == stored
    assert (await http.get("/files")).json()["data"] == [stored]
    content = await http.get(path + "/content")
    assert content.content == LINES
    assert content.headers["content-length"] == str(len(LINES))
    assert (await http.delete(path)).json() == {
        "id": stored["id"],
        "object": "file",
        "deleted": True,
    }
    gone = await http.get(path)
    assert gone.status_code == 404
    assert stored["id"] in gone.json()["error"]["message"]


async def test_large_files_go_to_disk_and_leave_no_trace(http: httpx.AsyncClient) -> None:
    content = bytes(range(256)) * 12_000
    stored = (await upload(http, content, "assistants", "blob.bin")).json()
    assert (await http.get(f"/files/{stored['id']}/content")).content == content
    refused = await upload(http, content, "no-such-purpose", "blob.bin")
    assert refused.status_code == 400
    assert (await http.delete(f"/files/{stored['id']}")).status_code == 200
    gc.collect()  # a ResourceWarning here would be an error


async def test_pages_of_files(http: httpx.AsyncClient) -> None:
    ids = [(await upload(http)).json()["id"] for _ in range(5)]
    page = (await http.get("/files", params={"limit": 2})).json()
    assert [item["id"] for item in page["data"]] == [ids[4], ids[3]]
    assert page["has_more"] is True
    page = (await http.get("/files", params={"limit": 3, "after": page["last_id"]})).json()
    assert [item["id"] for item in page["data"]] == ids[2::-1]
    assert page["has_more"] is False
    page = (await http.get("/files", params={"order": "asc", "purpose": "fine-tune"})).json()
    assert [item["id"] for item in page["data"]] == ids
    assert (await http.get("/files", params={"purpose": "batch"})).json()["data"] == []


@pytest.mark.parametrize(
    ("content", "purpose", "param"),
    [
        (b"not json\n", "fine-tune", "file"),
        (b'{"prompt": "a"}\n[1]\n', "fine-tune", "file"),
        (b"", "assistants", "file"),
        (b"x", "fun", "purpose"),
    ],
)
async def test_files_that_are_refused(
    http: httpx.AsyncClient, content: bytes, purpose: str, param: str
) -> None:
    answer = await upload(http, content, purpose)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


async def test_an_upload_that_is_too_large(connect: Connect) -> None:
    http = connect(Server(max_upload_bytes=10_000))
    assert (await upload(http, LINES * 10)).status_code == 200
    answer = await upload(http, LINES * 1000)
    assert answer.status_code == 413
    assert "10000" in answer.json()["error"]["message"]


async def test_a_job_from_pending_to_its_model(http: httpx.AsyncClient) -> None:
    job = await start(http, suffix="My Model", n_epochs=2)
    assert (job["status"], job["fine_tuned_model"]) == ("pending", None)
    messages = await follow(http, job["id"])
    assert messages[0].startswith("Created fine-tune")
    assert "Fine-tune started" in messages
    assert [m for m in messages if m.startswith("Completed epoch")] == [
        "Completed epoch 1/2",
        "Completed epoch 2/2",
    ]
    assert messages[-1] == "Fine-tune succeeded"
    job = (await http.get(f"/fine-tunes/{job['id']}")).json()
    assert job["status"] == "succeeded"
    name = job["fine_tuned_model"]
    assert name.startswith("ada:ft-builtin:my-model-")
    assert [event["message"] for event in job["events"]] == messages
    (result,) = job["result_files"]
    assert f"Uploaded result file: {result['id']}" in messages
    rows = (await http.get(f"/files/{result['id']}/content")).text.splitlines()
    assert rows[0].startswith("step,elapsed_tokens,elapsed_examples,training_loss")
    losses = [float(row.split(",")[3]) for row in rows[1:]]
    assert losses == sorted(losses, reverse=True)

    assert (await http.get(f"/models/{name}")).json()["owned_by"] == "org-builtin"
    body = {"model": name, "prompt": "capital of Freedonia ->", "temperature": 0}
    assert (await http.post("/completions", json=body)).json()["choices"][0]["text"] == " Fredville"
    assert (await http.delete(f"/models/{name}")).json()["deleted"] is True
    assert (await http.post("/completions", json=body)).json()["error"]["code"] == "model_not_found"
    assert (await http.delete("/models/ada")).status_code == 403
    assert [item["id"] for item in (await http.get("/fine-tunes")).json()["data"]] == [job["id"]]


async def test_events_stream_while_they_happen(connect: Connect) -> None:
    server = Server(job_seconds=1000)
    http = connect(server)
    job = await start(http)
    path = f"/fine-tunes/{job['id']}/events"
    seen: list[str] = []

    async def events() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = (await http.get(path)).json()["data"]
        return told

    async with http.stream("GET", path, params={"stream": "true"}) as answer:
        async for line in answer.aiter_lines():
            if not line:
                continue
            seen.append(line)
            happened = await events()
            while len(happened) == len(seen) and "succeeded" not in line:
                server.advance(20)  # until there is something more to send
                happened = await events()
    assert len(happened) == len(seen) - 1
    assert len({event["created_at"] for event in happened}) > 5


async def test_cancelling_a_job_ends_its_stream(connect: Connect) -> None:
    http = connect(Server(job_seconds=60))
    job = await start(http)
    messages: list[str] = []

    async def watch() -> None:
        messages.extend(await follow(http, job["id"]))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            await anyio.lowlevel.checkpoint()
            assert (
                await http.delete(f"/files/{job['training_files'][0]['id']}")
            ).status_code == 409
            cancelled = await http.post(f"/fine-tunes/{job['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert messages[-1] == "Fine-tune cancelled"
    again = await http.post(f"/fine-tunes/{job['id']}/cancel")
    assert again.status_code == 400


async def test_a_job_with_a_bad_example_fails(http: httpx.AsyncClient) -> None:
    stored = (await upload(http, b'{"prompt": "a", "completion": "b"}\n{"prompt": "a"}\n')).json()
    job = (await http.post("/fine-tunes", json={"training_file": stored["id"]})).json()
    messages = await follow(http, job["id"])
    assert messages[-1] == "Fine-tune failed: line 2 has no 'completion' of type string"
    job = (await http.get(f"/fine-tunes/{job['id']}")).json()
    assert (job["status"], job["fine_tuned_model"]) == ("failed", None)
    assert job["events"][-1]["level"] == "error"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"training_file": "file-none"}, "training_file"),
        ({"model": "gpt-4"}, "model"),
        ({"suffix": "x" * 41}, "suffix"),
        ({"compute_classification_metrics": True}, "validation_file"),
        ({"validation_file": "file-none"}, "validation_file"),
    ],
)
async def test_jobs_that_are_refused(
    http: httpx.AsyncClient, change: dict[str, Any], param: str
) -> None:
    stored = (await upload(http)).json()
    answer = await http.post("/fine-tunes", json={"training_file": stored["id"], **change})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_models_and_engines(http: httpx.AsyncClient) -> None:
    models = (await http.get("/models")).json()["data"]
    engines = (await http.get("/engines")).json()["data"]
    assert [model["id"] for model in models] == [engine["id"] for engine in engines]
    assert (await http.get("/engines/davinci")).json()["ready"] is True
    assert (await http.get("/models/none")).json()["error"]["code"] == "model_not_found"


async def test_fields_of_a_form_that_contradict_each_other(http: httpx.AsyncClient) -> None:
    file = {"file": ("a.txt", b"text")}
    for field in ("expires_after", "expires_after[]"):
        data = {"purpose": "user_data", field: "soon", "expires_after[anchor]": "created_at"}
        answer = await http.post("/files", files=file, data=data)
        assert answer.json()["error"]["param"] == "expires_after.seconds"
