from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openai_async import APIConnectionError, APIError, ConfigurationError, raw
from openai_async.testing import Server

from .conftest import LEFT_EARLY, Answering

pytestmark = pytest.mark.anyio

EVENT = {
    "object": "fine-tune-event",
    "created_at": 1614807352,
    "level": "info",
    "message": "Job enqueued. Waiting for jobs ahead to complete. Queue number: 0.",
}
FILE = {
    "id": "file-X",
    "object": "file",
    "bytes": 1547276,
    "created_at": 1610062281,
    "filename": "my-data-train.jsonl",
    "purpose": "fine-tune-train",
}
JOB: dict[str, Any] = {
    "id": "ft-1",
    "object": "fine-tune",
    "model": "curie",
    "created_at": 1614807352,
    "events": [EVENT],
    "fine_tuned_model": None,
    "hyperparams": {"batch_size": 4, "n_epochs": 4, "seed": 7},
    "organization_id": "org-1",
    "result_files": [],
    "status": "pending",
    "validation_files": [],
    "training_files": [FILE],
    "updated_at": 1614807352,
}


def stream(*lines: str) -> httpx.Response:
    body = "".join(f"data: {line}\n\n" for line in lines)
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})


def event(message: str) -> str:
    return json.dumps({**EVENT, "message": message})


async def test_create_sends_what_was_given(answering: Answering) -> None:
    client, script = answering(JOB)
    job = await client.fine_tunes.create(
        training_file="file-X",
        validation_file="file-Y",
        model="ada",
        n_epochs=2,
        batch_size=8,
        learning_rate_multiplier=0.1,
        prompt_loss_weight=0.02,
        compute_classification_metrics=True,
        classification_n_classes=3,
        classification_positive_class="yes",
        classification_betas=[0.6, 1],
        suffix="mine",
    )
    assert script.line == "POST /v1/fine-tunes"
    assert script.json == {
        "training_file": "file-X",
        "validation_file": "file-Y",
        "model": "ada",
        "n_epochs": 2,
        "batch_size": 8,
        "learning_rate_multiplier": 0.1,
        "prompt_loss_weight": 0.02,
        "compute_classification_metrics": True,
        "classification_n_classes": 3,
        "classification_positive_class": "yes",
        "classification_betas": [0.6, 1],
        "suffix": "mine",
    }
    assert job.training_files[0].bytes == 1547276
    assert job.hyperparams.n_epochs == 4
    assert job.events is not None
    assert job.events[0].level == "info"
    assert job.to_dict() == JOB


async def test_list_retrieve_cancel(answering: Answering) -> None:
    without_events = {key: value for key, value in JOB.items() if key != "events"}
    client, script = answering({"object": "list", "data": [without_events]})
    assert [job.id async for job in client.fine_tunes.list()] == ["ft-1"]
    assert script.line == "GET /v1/fine-tunes"

    client, script = answering({**JOB, "status": "succeeded", "fine_tuned_model": "curie:ft-1"})
    assert (await client.fine_tunes.retrieve("ft-1")).fine_tuned_model == "curie:ft-1"
    assert script.line == "GET /v1/fine-tunes/ft-1"

    client, script = answering({**JOB, "status": "cancelled"})
    assert (await client.fine_tunes.cancel("ft-1")).status == "cancelled"
    assert script.line == "POST /v1/fine-tunes/ft-1/cancel"
    assert script.sent.content == b""


async def test_events_so_far(answering: Answering) -> None:
    client, script = answering({"object": "list", "data": [EVENT, EVENT]})
    page = await client.fine_tunes.list_events("ft-1")
    assert [found.to_dict() for found in page.data] == [EVENT, EVENT]
    assert script.line == "GET /v1/fine-tunes/ft-1/events"
    assert len([found async for found in client.fine_tunes.list_events("ft-1", stream=False)]) == 2


async def test_events_as_they_happen(answering: Answering) -> None:
    client, script = answering(stream(event("a"), event("b"), "[DONE]"))
    messages = [found.message async for found in client.fine_tunes.list_events("ft-1", stream=True)]
    assert messages == ["a", "b"]
    assert script.line == "GET /v1/fine-tunes/ft-1/events?stream=true"
    assert script.sent.content == b""


async def test_an_awaited_stream_is_open(answering: Answering) -> None:
    client, _ = answering(stream(event("a"), event("b"), "[DONE]"))
    async with await client.fine_tunes.list_events("ft-1", stream=True) as events:
        assert events.response.status_code == 200
        assert [found.message async for found in events] == ["a", "b"]
        assert events.complete


async def test_a_server_that_does_not_stream(answering: Answering) -> None:
    client, _ = answering({"object": "list", "data": [EVENT]})
    found = [found async for found in client.fine_tunes.list_events("ft-1", stream=True)]
    assert [one.to_dict() for one in found] == [EVENT]


@LEFT_EARLY
async def test_an_error_in_the_stream(answering: Answering) -> None:
    client, _ = answering(stream(event("a"), '{"error": {"message": "gone"}}'))
    events = aiter(client.fine_tunes.list_events("ft-1", stream=True))
    assert (await anext(events)).message == "a"
    with pytest.raises(APIError, match="gone"):
        await anext(events)


async def test_a_stream_of_events_waits_as_long_as_a_job_is_silent(answering: Answering) -> None:
    nothing = {"object": "list", "data": []}
    client, script = answering(stream("[DONE]"), stream("[DONE]"), nothing, timeout=10.0)
    await client.fine_tunes.list_events("ft-1", stream=True)
    assert script.sent.extensions["timeout"] == {
        "connect": 10.0,
        "read": None,
        "write": 10.0,
        "pool": None,
    }
    await client.fine_tunes.list_events("ft-1", stream=True, timeout=3.0)
    assert script.sent.extensions["timeout"]["read"] == 3.0
    await client.fine_tunes.list_events("ft-1")
    assert script.sent.extensions["timeout"]["read"] == 10.0


async def test_what_is_wrong_is_told_at_the_call(answering: Answering) -> None:
    client, script = answering(JOB)
    for call in (client.fine_tunes.list_events, client.fine_tunes.follow):
        with pytest.raises(ConfigurationError, match="non-empty value for `fine_tune_id`"):
            call("")
        with pytest.raises(TypeError, match="did you mean 'timeout'"):
            call("ft-1", timeuot=1)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="did you mean 'timeout'"):
        client.fine_tunes.list_events("ft-1", stream=True, timeuot=1)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="deadline"):
        client.fine_tunes.follow("ft-1", deadline=-1)
    assert script.requests == []


async def test_raw(answering: Answering) -> None:
    client, _ = answering(stream(event("a"), "[DONE]"))
    answer = await raw(client.fine_tunes.list_events)("ft-1", stream=True)
    assert answer.status_code == 200
    assert [found.message async for found in answer.value] == ["a"]  # type: ignore[attr-defined]
    streaming = client.fine_tunes.with_streaming_response
    async with streaming.list_events("ft-1", stream=True) as response:
        assert b"[DONE]" in await response.read()


async def test_a_job_of_the_built_in_server() -> None:
    server = Server(seed=1, job_seconds=0.2)
    async with server.client() as client:
        line = b'{"prompt": "a", "completion": "b"}\n'
        file = await client.files.create(file=("a.jsonl", line * 20), purpose="fine-tune")
        job = await client.fine_tunes.create(training_file=file.id, model="ada")
        live = [found async for found in client.fine_tunes.list_events(job.id, stream=True)]
        job = await client.fine_tunes.retrieve(job.id)
        assert job.status == "succeeded"
        assert job.events == live
        assert live == (await client.fine_tunes.list_events(job.id)).data
        assert live == [found async for found in client.fine_tunes.follow(job.id)]


async def test_a_cut_connection_to_the_built_in_server() -> None:
    server = Server(seed=1, job_seconds=0.2)
    async with server.client(max_retries=0) as client:
        line = b'{"prompt": "a", "completion": "b"}\n'
        file = await client.files.create(file=("a.jsonl", line * 20), purpose="fine-tune")
        job = await client.fine_tunes.create(training_file=file.id)
        server.fault("cut", value=1, on="GET /fine-tunes/*/events")
        with pytest.raises(APIConnectionError):
            _ = [found async for found in client.fine_tunes.list_events(job.id, stream=True)]
