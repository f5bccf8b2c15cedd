"""`fine_tuning`, against the built-in server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openai_async import AsyncClient, BadRequestError, NotFoundError
from openai_async.testing import Server
from openai_async.types.fine_tuning import FineTuningJob

pytestmark = pytest.mark.anyio

CHATS = [
    {
        "messages": [
            {"role": "user", "content": f"Where is parrot {number}?"},
            {"role": "assistant", "content": "Ahoy, the parrot sleeps."},
        ]
    }
    for number in range(12)
]
PREFERENCES = [
    {
        "input": {"messages": [{"role": "user", "content": "How is the sea?"}]},
        "preferred_output": [{"role": "assistant", "content": "Calm and blue."}],
        "non_preferred_output": [{"role": "assistant", "content": "Wet."}],
    }
] * 10
QUESTIONS = [{"messages": [{"role": "user", "content": "How is the sea?"}], "answer": "calm"}] * 10
CALM: Any = {
    "type": "string_check",
    "name": "calm",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "ilike",
}


@pytest.fixture
def server() -> Server:
    return Server(seed=1, job_seconds=0)


async def upload(client: AsyncClient, lines: list[Any]) -> str:
    content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    stored = await client.files.create(file=("t.jsonl", content.encode()), purpose="fine-tune")
    return stored.id


async def start(client: AsyncClient, lines: list[Any] = CHATS, **params: Any) -> FineTuningJob:
    settings: dict[str, Any] = {"model": "gpt-4o-mini", **params}
    return await client.fine_tuning.jobs.create(
        training_file=await upload(client, lines), **settings
    )


async def test_create_sends_what_was_given(client: AsyncClient, server: Server) -> None:
    file = await upload(client, CHATS)
    job = await client.fine_tuning.jobs.create(
        model="gpt-4o-mini",
        training_file=file,
        validation_file=file,
        integrations=[{"type": "wandb", "wandb": {"project": "sea", "tags": ["a"]}}],
        metadata={"for": "test"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
        seed=7,
        suffix="parrot",
    )
    assert server.calls[-1].json == {
        "model": "gpt-4o-mini",
        "training_file": file,
        "validation_file": file,
        "integrations": [{"type": "wandb", "wandb": {"project": "sea", "tags": ["a"]}}],
        "metadata": {"for": "test"},
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
        "seed": 7,
        "suffix": "parrot",
    }
    assert job.seed == 7
    assert job.metadata == {"for": "test"}
    assert job.integrations is not None
    assert job.integrations[0].wandb.project == "sea"
    assert job.hyperparameters.n_epochs == 2
    assert isinstance(job.hyperparameters.batch_size, int)


async def test_a_job_leaves_a_model_that_chats(client: AsyncClient) -> None:
    job = await start(client, suffix="parrot")
    assert job.status == "succeeded"
    assert job.fine_tuned_model is not None
    assert job.fine_tuned_model.startswith("ft:gpt-4o-mini:builtin:parrot:")
    assert job.trained_tokens
    answer = await client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "Hello"}], temperature=0
    )
    assert answer.choices[0].message.content == "Ahoy, the parrot sleeps."
    assert (await client.models.delete(job.fine_tuned_model)).deleted
    table = await (await client.files.content(job.result_files[0])).text()
    assert table.splitlines()[0] == "step,train_loss,train_mean_token_accuracy"
    assert table.splitlines()[1].startswith("1,")


async def test_a_tuned_model_can_be_tuned_again(client: AsyncClient) -> None:
    first = await start(client, suffix="one")
    assert first.fine_tuned_model is not None
    second = await start(client, model=first.fine_tuned_model, suffix="two")
    assert second.fine_tuned_model is not None
    assert second.fine_tuned_model.startswith("ft:gpt-4o-mini:builtin:two:")


async def test_the_events_of_a_job(client: AsyncClient) -> None:
    job = await start(client, validation_file=await upload(client, CHATS))
    events = [event async for event in client.fine_tuning.jobs.list_events(job.id, limit=7)]
    assert events[0].message == "The job has successfully completed"
    assert events[-1].message == f"Created fine-tuning job: {job.id}"
    assert len({event.id for event in events}) == len(events) > 14
    measured = [event.data for event in reversed(events) if event.type == "metrics"]
    losses = [data["train_loss"] for data in measured if data is not None]
    assert losses == sorted(losses, reverse=True)
    assert all("valid_loss" in (data or {}) for data in measured)
    page = await client.fine_tuning.jobs.list_events(job.id, after=events[2].id, limit=2)
    assert [event.id for event in page.data] == [events[3].id, events[4].id]
    assert page.has_more


async def test_checkpoints_are_models(client: AsyncClient, server: Server) -> None:
    job = await start(client)
    listed = client.fine_tuning.jobs.checkpoints.list(job.id, limit=2)
    checkpoints = [checkpoint async for checkpoint in listed]
    assert server.calls[-1].query["limit"] == "2"
    steps = [checkpoint.step_number for checkpoint in checkpoints]
    assert len(steps) == 3
    assert steps == sorted(steps, reverse=True)
    assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert checkpoints[0].metrics.step == steps[0]
    models = {model.id async for model in client.models.list()}
    assert {checkpoint.fine_tuned_model_checkpoint for checkpoint in checkpoints} <= models


async def test_each_method_has_its_own_files(client: AsyncClient) -> None:
    preferred = await start(
        client, PREFERENCES, method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.5}}}
    )
    assert preferred.status == "succeeded"
    assert preferred.method is not None
    assert preferred.method.dpo is not None
    assert preferred.method.dpo.hyperparameters is not None
    assert preferred.method.dpo.hyperparameters.beta == 0.5
    assert preferred.hyperparameters.n_epochs is None
    rewarded = await start(
        client, QUESTIONS, method={"type": "reinforcement", "reinforcement": {"grader": CALM}}
    )
    assert rewarded.status == "succeeded"
    assert rewarded.method is not None
    assert rewarded.method.reinforcement is not None
    # What an answer has goes back as it is.
    grader = rewarded.method.reinforcement.grader
    run = await client.fine_tuning.alpha.graders.run(
        grader=grader, model_sample="It is Calm.", item={"answer": "calm"}
    )
    assert run.reward == 1
    completed = await start(client, [{"prompt": "a", "completion": " b"}] * 10, model="davinci-002")
    assert completed.status == "succeeded"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (CHATS[:3], "3 example"),
        ([*CHATS, {"prompt": "a", "completion": "b"}], "line 13: it has no 'messages'"),
        ([*CHATS, {"messages": [{"content": "a"}]}], "has no role"),
        ([*CHATS, QUESTIONS[0]], "must be the assistant's"),
    ],
)
async def test_a_wrong_file_fails_the_job(
    client: AsyncClient, lines: list[Any], problem: str
) -> None:
    job = await start(client, lines)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.param == "training_file"
    assert job.error.code == "invalid_training_file"
    assert problem in job.error.message
    newest = await client.fine_tuning.jobs.list_events(job.id, limit=1)
    assert newest.data[0].level == "error"


async def test_pause_resume_cancel() -> None:
    server = Server(seed=1, job_seconds=1000)
    async with server.client(strict_responses=True) as client:
        jobs = client.fine_tuning.jobs
        job = await start(client)
        assert job.status == "validating_files"
        assert job.estimated_finish
        assert (await jobs.pause(job.id)).status == "paused"
        server.advance(2000)  # longer than the job takes
        assert (await jobs.retrieve(job.id)).status == "paused"
        with pytest.raises(BadRequestError, match="Cannot pause"):
            await jobs.pause(job.id)
        assert (await jobs.resume(job.id)).status == "validating_files"
        server.advance(1000)
        following = jobs.follow(job.id, poll_interval_ms=10, deadline=20)
        messages = [event.message async for event in following]
        assert messages.index("The job has been paused") + 1 == messages.index(
            "The job has been resumed"
        )
        assert following.job is not None
        assert following.job.status == "succeeded"
        for change in (jobs.pause, jobs.resume, jobs.cancel):
            with pytest.raises(BadRequestError, match="succeeded"):
                await change(job.id)
        other = await start(client)
        assert (await jobs.cancel(other.id)).status == "cancelled"
        assert [event.message async for event in jobs.follow(other.id)][-1] == (
            "The job has been cancelled"
        )


async def test_listing_jobs(client: AsyncClient, server: Server) -> None:
    jobs = [await start(client, metadata=metadata) for metadata in ({"a": "1"}, {"a": "2"}, None)]
    ids = [job.id for job in reversed(jobs)]
    listed = client.fine_tuning.jobs.list
    assert [job.id async for job in listed(limit=1)] == ids
    assert [job.id async for job in listed(after=ids[0])] == ids[1:]
    assert [job.id async for job in listed(metadata={"a": "1"})] == [ids[2]]
    assert server.calls[-1].query == {"metadata[a]": "1"}
    assert [job.id async for job in listed(metadata=None)] == [ids[0]]
    assert server.calls[-1].query == {"metadata": "null"}


async def test_permissions(client: AsyncClient, server: Server) -> None:
    model = (await start(client)).fine_tuned_model
    assert model is not None
    permissions = client.fine_tuning.checkpoints.permissions
    made = await permissions.create(model, project_ids=["p1", "p2", "p3"])
    assert server.calls[-1].json == {"project_ids": ["p1", "p2", "p3"]}
    assert [one.project_id for one in made.data] == ["p1", "p2", "p3"]
    found = permissions.list(model, limit=2, order="ascending")
    assert [one.project_id async for one in found] == ["p1", "p2", "p3"]
    assert [one.project_id async for one in permissions.list(model, project_id="p2")] == ["p2"]
    with pytest.warns(DeprecationWarning, match="list"):
        page = await permissions.retrieve(model, limit=1)
    assert [one.project_id for one in page.data] == ["p3"]
    gone = await permissions.delete(made.data[0].id, fine_tuned_model_checkpoint=model)
    assert gone.deleted
    assert server.calls[-1].json is None
    with pytest.raises(NotFoundError):
        await permissions.delete(made.data[0].id, fine_tuned_model_checkpoint=model)
    with pytest.raises(NotFoundError):
        await permissions.create("ft:none", project_ids=["p1"])


async def test_what_is_not_there(client: AsyncClient) -> None:
    jobs = client.fine_tuning.jobs
    for call in (jobs.retrieve, jobs.cancel, jobs.pause, jobs.resume):
        with pytest.raises(NotFoundError, match="ftjob-none"):
            await call("ftjob-none")
    with pytest.raises(NotFoundError):
        await jobs.list_events("ftjob-none")
    with pytest.raises(NotFoundError):
        await jobs.checkpoints.list("ftjob-none")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"model": "whisper-1"}, "model"),
        ({"model": "text-davinci-003"}, "model"),
        ({"method": {"type": "magic"}}, "method.type"),
        ({"method": {"type": "reinforcement"}}, "method.reinforcement"),
        ({"model": "davinci-002", "method": {"type": "dpo"}}, "method.type"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "some"}}, "hyperparameters.n_epochs"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"metadata": {str(key): "" for key in range(17)}}, "metadata"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"validation_file": "file-none"}, "validation_file"),
        ({"integrations": [{"type": "wandb"}]}, "integrations[0].wandb"),
    ],
)
async def test_wrong_parameters(client: AsyncClient, params: dict[str, Any], named: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        await start(client, **params)
    assert caught.value.param == named


async def test_graders_in_parts(client: AsyncClient) -> None:
    multi: Any = {
        "type": "multi",
        "name": "both",
        "graders": {
            "exact": CALM,
            "alike": {
                "type": "text_similarity",
                "name": "alike",
                "input": "{{sample.output_json.text}}",
                "reference": "{{item.answer}}",
                "evaluation_metric": "rouge_1",
            },
            "liked": {
                "type": "score_model",
                "name": "liked",
                "model": "gpt-4o",
                "input": [{"role": "user", "content": "{{sample.output_text}}"}],
                "range": [0, 10],
            },
        },
        "calculate_output": "0.5 * exact + 0.5 * alike + 0 * min(liked, 1)",
    }
    graders = client.fine_tuning.alpha.graders
    checked = await graders.validate(grader=multi)
    assert checked.grader is not None
    run = await graders.run(
        grader=checked.grader,
        model_sample=json.dumps({"text": "calm calm"}),
        item={"answer": "calm"},
    )
    assert run.sub_rewards.keys() == {"exact", "alike", "liked"}
    assert run.reward == pytest.approx(0.5 + 0.5 * run.sub_rewards["alike"])
    assert run.sub_rewards["alike"] == pytest.approx(2 / 3)
    assert 0 < run.sub_rewards["liked"] < 10
    assert run.metadata.token_usage == run.model_grader_token_usage_per_model["gpt-4o"] > 0
    assert not any(value for value in run.metadata.errors.to_dict().values())


async def test_a_grader_that_can_t_grade_tells_why(client: AsyncClient) -> None:
    run = await client.fine_tuning.alpha.graders.run(grader=CALM, model_sample="calm", item={})
    assert run.reward == 0
    assert run.metadata.errors.invalid_variable_error
    liked: Any = {"type": "score_model", "name": "l", "model": "none", "input": [
        {"role": "user", "content": "?"}
    ]}  # fmt: skip
    run = await client.fine_tuning.alpha.graders.run(grader=liked, model_sample="calm")
    assert run.metadata.errors.model_grader_server_error
    assert run.metadata.errors.model_grader_server_error_details == "no such model: none"


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "equals"},
        {"type": "text_similarity"},
        {"type": "multi", "graders": [CALM], "calculate_output": "calm +"},
        {"type": "multi", "graders": [CALM], "calculate_output": "calm + other"},
        {"type": "multi", "graders": [CALM], "calculate_output": "().__class__"},
        {"type": "multi", "graders": [{"type": "multi"}], "calculate_output": "1"},
        {"type": "label_model"},
    ],
)
async def test_graders_that_are_none(client: AsyncClient, change: dict[str, Any]) -> None:
    wrong: Any = {**CALM, **change}
    with pytest.raises(BadRequestError):
        await client.fine_tuning.alpha.graders.validate(grader=wrong)


async def test_programs_are_not_run(client: AsyncClient) -> None:
    python: Any = {"type": "python", "name": "p", "source": "def grade(sample, item): return 1.0"}
    assert (await client.fine_tuning.alpha.graders.validate(grader=python)).grader is not None
    with pytest.raises(BadRequestError, match="no programs"):
        await client.fine_tuning.alpha.graders.run(grader=python, model_sample="x")
