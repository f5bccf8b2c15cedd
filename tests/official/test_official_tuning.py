"""The newest official client fine-tunes and evaluates on the built-in server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openai_async.testing import Server

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]

LINES = b'{"messages": [{"role": "assistant", "content": "Ahoy."}]}\n' * 10
CHECK: Any = {
    "type": "string_check",
    "name": "named",
    "input": "{{sample.output_text}}",
    "reference": "{{item.topic}}",
    "operation": "ilike",
}


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key", job_seconds=0)


async def test_fine_tuning(client: Any) -> None:
    stored = await client.files.create(file=("t.jsonl", LINES), purpose="fine-tune")
    jobs = client.fine_tuning.jobs
    job = await jobs.create(
        model="gpt-4o-mini",
        training_file=stored.id,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
        metadata={"a": "b"},
    )
    assert job.status == "succeeded"
    assert [one.id async for one in jobs.list(metadata={"a": "b"})] == [job.id]
    events = [event async for event in jobs.list_events(job.id, limit=3)]
    assert events[-1].message == f"Created fine-tuning job: {job.id}"
    checkpoints = [one async for one in jobs.checkpoints.list(job.id, limit=1)]
    assert len(checkpoints) == 3
    permissions = client.fine_tuning.checkpoints.permissions
    made = await permissions.create(job.fine_tuned_model, project_ids=["p1", "p2"])
    assert len(made.data) == 2
    found = [one async for one in permissions.list(job.fine_tuned_model, limit=1)]
    assert [one.project_id for one in found] == ["p2", "p1"]
    gone = await permissions.delete(found[0].id, fine_tuned_model_checkpoint=job.fine_tuned_model)
    assert gone.deleted
    second = await jobs.create(model="gpt-4o-mini", training_file=stored.id)
    assert (await jobs.retrieve(second.id)).fine_tuned_model


async def test_graders(client: Any) -> None:
    graders = client.fine_tuning.alpha.graders
    assert (await graders.validate(grader=CHECK)).grader.name == "named"
    run = await graders.run(grader=CHECK, model_sample="Sea", item={"topic": "sea"})
    assert run.reward == 1


async def test_evals(client: Any) -> None:
    made = await client.evals.create(
        name="topics",
        data_source_config={"type": "custom", "item_schema": {"type": "object"}},
        testing_criteria=[CHECK],
    )
    rows = [{"item": {"topic": "sea"}, "sample": {"output_text": text}} for text in ("Sea", "no")]
    content = "\n".join(map(json.dumps, rows)).encode()
    stored = await client.files.create(file=("rows.jsonl", content), purpose="evals")
    source = {"type": "jsonl", "source": {"type": "file_id", "id": stored.id}}
    run = await client.evals.runs.create(made.id, data_source=source)
    run = await client.evals.runs.retrieve(run.id, eval_id=made.id)
    assert (run.status, run.result_counts.passed, run.result_counts.failed) == ("completed", 1, 1)
    items = [one async for one in client.evals.runs.output_items.list(run.id, eval_id=made.id)]
    assert [item.status for item in items] == ["pass", "fail"]
    assert (await client.evals.update(made.id, name="x")).name == "x"
    assert [one.id async for one in client.evals.list()] == [made.id]
    assert (await client.evals.runs.delete(run.id, eval_id=made.id)).deleted
    assert (await client.evals.delete(made.id)).deleted
