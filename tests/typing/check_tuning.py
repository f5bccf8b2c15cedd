"""What type checkers infer for fine-tuning and evals. Checked by mypy and pyright; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from contextlib import aclosing

from typing_extensions import assert_type

from openai_async import AsyncClient, Page, Raw, raw
from openai_async.types.evals import EvalRun, EvalRunOutputItem, JSONLRunDataSource
from openai_async.types.fine_tuning import (
    CheckpointPermission,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobEvent,
)
from openai_async.types.graders import MultiGrader, StringCheckGrader


async def jobs(client: AsyncClient) -> None:
    job = await client.fine_tuning.jobs.create(
        model="gpt-4o-mini",
        training_file="file-1",
        method={"type": "dpo", "dpo": {"hyperparameters": {"beta": "auto", "n_epochs": 3}}},
    )
    assert_type(job, FineTuningJob)
    assert_type(await raw(client.fine_tuning.jobs.retrieve)(job.id), Raw[FineTuningJob])
    assert_type(await client.fine_tuning.jobs.list(limit=3), Page[FineTuningJob])
    async for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id):
        assert_type(checkpoint, FineTuningJobCheckpoint)
    async with client.fine_tuning.jobs.follow(job.id, deadline=3600) as following:
        async for event in following:
            assert_type(event, FineTuningJobEvent)
    async with aclosing(client.fine_tuning.jobs.follow(job.id)) as other:
        assert_type(await anext(other), FineTuningJobEvent)
        assert_type(other.job, FineTuningJob | None)
    made = await client.fine_tuning.checkpoints.permissions.create("ft:m", project_ids=["p"])
    assert_type(made, Page[CheckpointPermission])
    await client.fine_tuning.jobs.create(model="m")  # type: ignore[call-arg]


async def graders(client: AsyncClient) -> None:
    checked = await client.fine_tuning.alpha.graders.validate(
        grader={
            "type": "multi",
            "name": "m",
            "graders": {
                "exact": {
                    "type": "string_check",
                    "name": "s",
                    "input": "{{sample.output_text}}",
                    "reference": "{{item.answer}}",
                    "operation": "eq",
                }
            },
            "calculate_output": "exact",
        }
    )
    grader = checked.grader
    assert grader is not None
    if grader.type == "string_check":
        assert_type(grader, StringCheckGrader)
    if grader.type == "multi":
        assert_type(grader, MultiGrader)
    # A grader of an answer goes back as it is.
    await client.fine_tuning.alpha.graders.run(grader=grader, model_sample="4")


async def evals(client: AsyncClient) -> None:
    made = await client.evals.create(
        data_source_config={"type": "custom", "item_schema": {"type": "object"}},
        testing_criteria=[
            {
                "type": "text_similarity",
                "name": "alike",
                "input": "{{sample.output_text}}",
                "reference": "{{item.answer}}",
                "evaluation_metric": "rouge_l",
                "pass_threshold": 0.5,
            }
        ],
    )
    run = await client.evals.runs.create(
        made.id,
        data_source={
            "type": "completions",
            "model": "gpt-4o-mini",
            "source": {"type": "file_content", "content": [{"item": {"answer": "4"}}]},
            "input_messages": {
                "type": "template",
                "template": [{"role": "user", "content": "What is {{item.question}}?"}],
            },
            "sampling_params": {"temperature": 0, "response_format": {"type": "text"}},
        },
    )
    assert_type(run, EvalRun)
    if run.data_source.type == "jsonl":
        assert_type(run.data_source, JSONLRunDataSource)
    # What an answer has goes back as it is.
    await client.evals.runs.create(made.id, data_source=run.data_source)
    await client.evals.create(
        data_source_config={"type": "logs"}, testing_criteria=made.testing_criteria
    )
    async for item in client.evals.runs.output_items.list(run.id, eval_id=made.id, status="fail"):
        assert_type(item, EvalRunOutputItem)
    await client.evals.runs.retrieve(run.id)  # type: ignore[call-arg]
