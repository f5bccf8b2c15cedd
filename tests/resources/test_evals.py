"""`evals`, against the built-in server."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from openai_async import AsyncClient, BadRequestError, NotFoundError
from openai_async._unions import Unknown
from openai_async.testing import Server
from openai_async.types.evals import (
    CompletionsRunDataSource,
    CompletionsRunTemplate,
    CustomDataSourceConfig,
    Eval,
    EvalRun,
)
from openai_async.types.graders import LabelModelGrader, StringCheckGrader

from .conftest import Answering

pytestmark = pytest.mark.anyio

CONFIG: Any = {
    "type": "custom",
    "item_schema": {"type": "object", "required": ["topic"]},
    "include_sample_schema": True,
}
NAMED: Any = {
    "type": "string_check",
    "name": "named",
    "input": "{{sample.output_text}}",
    "reference": "{{item.topic}}",
    "operation": "ilike",
}
CRITERIA: Any = [
    NAMED,
    {
        "type": "text_similarity",
        "name": "alike",
        "input": "{{sample.output_text}}",
        "reference": "{{item.topic}}",
        "evaluation_metric": "fuzzy_match",
        "pass_threshold": 0.01,
    },
    {
        "type": "label_model",
        "name": "labelled",
        "model": "gpt-4o",
        "input": [
            {"role": "system", "content": "What is it about?"},
            {"role": "user", "content": [{"type": "input_text", "text": "{{item.topic}}"}]},
        ],
        "labels": ["sea", "mountain"],
        "passing_labels": ["sea"],
    },
]


def about(*topics: str) -> Any:
    return {
        "type": "file_content",
        "content": [{"item": {"topic": topic}} for topic in topics],
    }


def asking(source: Any, **more: Any) -> Any:
    return {
        "type": "completions",
        "model": "gpt-4o-mini",
        "source": source,
        "input_messages": {
            "type": "template",
            "template": [
                {"role": "developer", "content": "Be short."},
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "The {{item.topic}}?"}],
                },
            ],
        },
        "sampling_params": {"temperature": 0, "max_completion_tokens": 30},
        **more,
    }


@pytest.fixture
def server() -> Server:
    return Server(seed=1, job_seconds=0)


async def make(client: AsyncClient, *criteria: Any, **params: Any) -> Eval:
    return await client.evals.create(
        data_source_config=CONFIG, testing_criteria=list(criteria) or [NAMED], **params
    )


async def finished(client: AsyncClient, run: EvalRun) -> EvalRun:
    """The run, once it is over: the server works on it while it is asked after it."""
    with anyio.fail_after(10):
        while run.status in ("queued", "in_progress"):
            run = await client.evals.runs.retrieve(run.id, eval_id=run.eval_id)
    return run


async def test_the_life_of_an_eval(client: AsyncClient, server: Server) -> None:
    made = await make(client, *CRITERIA, name="Topics", metadata={"k": "v"})
    assert server.calls[-1].json == {
        "data_source_config": CONFIG,
        "testing_criteria": CRITERIA,
        "name": "Topics",
        "metadata": {"k": "v"},
    }
    assert isinstance(made.data_source_config, CustomDataSourceConfig)
    assert made.data_source_config.schema_["properties"]["item"] == CONFIG["item_schema"]
    assert made.data_source_config.to_dict()["schema"]["required"] == ["item", "sample"]
    assert isinstance(made.testing_criteria[0], StringCheckGrader)
    assert isinstance(made.testing_criteria[2], LabelModelGrader)
    assert await client.evals.retrieve(made.id) == made
    changed = await client.evals.update(made.id, name="Other", metadata=None)
    assert server.calls[-1].json == {"name": "Other", "metadata": None}
    assert (changed.name, changed.metadata) == ("Other", {})
    gone = await client.evals.delete(made.id)
    assert (gone.deleted, gone.eval_id) == (True, made.id)
    with pytest.raises(NotFoundError):
        await client.evals.retrieve(made.id)


async def test_listing_evals(client: AsyncClient, server: Server) -> None:
    ids = [(await make(client, name=str(number))).id for number in range(5)]
    assert [one.id async for one in client.evals.list(limit=2)] == ids
    assert server.calls[-1].query == {"limit": "2", "after": ids[3]}
    assert [one.id async for one in client.evals.list(order="desc")] == ids[::-1]
    await client.evals.update(ids[0], name="newest")
    by_change = client.evals.list(order_by="updated_at", order="desc", limit=1)
    assert (await by_change).data[0].id == ids[0]


async def test_a_run_asks_a_model_and_grades_its_answers(client: AsyncClient) -> None:
    made = await make(client, *CRITERIA)
    created = await client.evals.runs.create(
        made.id,
        name="first",
        data_source=asking(about("sea", "mountain path")),
        metadata={"a": "b"},
    )
    assert created.status == "queued"
    run = await finished(client, created)
    assert run.status == "completed"
    assert (run.name, run.model, run.metadata) == ("first", "gpt-4o-mini", {"a": "b"})
    assert run.report_url.endswith(f"/evals/{made.id}/runs/{run.id}")
    counts = run.result_counts
    assert (counts.total, counts.errored) == (2, 0)
    assert counts.passed + counts.failed == 2
    assert run.per_model_usage is not None
    used = {usage.model_name: usage.invocation_count for usage in run.per_model_usage}
    assert used == {"gpt-4o-mini": 2, "gpt-4o": 2}
    assert run.per_testing_criteria_results is not None
    by_name = {one.testing_criteria: one for one in run.per_testing_criteria_results}
    assert (by_name["labelled"].passed, by_name["labelled"].failed) == (1, 1)
    items = [item async for item in client.evals.runs.output_items.list(
        run.id, eval_id=made.id, limit=1
    )]  # fmt: skip
    assert [item.datasource_item for item in items] == [
        {"topic": "sea"},
        {"topic": "mountain path"},
    ]
    first = items[0]
    assert [message.content for message in first.sample.input] == ["Be short.", "The sea?"]
    answer = first.sample.output[0].content or ""
    assert first.results[0].passed == ("sea" in answer.lower())
    assert first.sample.usage.completion_tokens <= 30
    assert first.sample.temperature == 0
    again = await client.evals.runs.output_items.retrieve(first.id, eval_id=made.id, run_id=run.id)
    assert again == first


async def test_what_came_goes_back_as_it_is(client: AsyncClient, server: Server) -> None:
    made = await make(client, *CRITERIA)
    run = await client.evals.runs.create(made.id, data_source=asking(about("sea")))
    assert isinstance(run.data_source, CompletionsRunDataSource)
    assert isinstance(run.data_source.input_messages, CompletionsRunTemplate)
    again = await client.evals.runs.create(made.id, data_source=run.data_source)
    assert server.calls[-1].json == {"data_source": asking(about("sea"))}
    assert again.data_source == run.data_source
    await client.evals.create(data_source_config=CONFIG, testing_criteria=made.testing_criteria)
    assert server.calls[-1].json["testing_criteria"] == CRITERIA


async def test_rows_with_answers_need_no_model(client: AsyncClient) -> None:
    made = await make(client)
    source: Any = {
        "type": "file_content",
        "content": [
            {"item": {"topic": "sea"}, "sample": {"output_text": "By the SEA."}},
            {"item": {"topic": "sea"}, "sample": {"output_text": "In the hills."}},
            {"item": {"no topic": 1}},
        ],
    }
    run = await client.evals.runs.create(made.id, data_source={"type": "jsonl", "source": source})
    run = await finished(client, run)
    counts = run.result_counts
    assert (counts.total, counts.passed, counts.failed, counts.errored) == (3, 1, 1, 1)
    assert run.per_model_usage is None
    listed = client.evals.runs.output_items.list
    passed = [item async for item in listed(run.id, eval_id=made.id, status="pass")]
    assert [item.sample.output[0].content for item in passed] == ["By the SEA."]
    failed = [
        item.datasource_item_id async for item in listed(run.id, eval_id=made.id, status="fail")
    ]
    assert failed == [1]
    last = (await listed(run.id, eval_id=made.id, order="desc")).data[0]
    assert last.status == "error"
    assert last.sample.error is not None
    assert last.sample.error.code == "invalid_item"


async def test_rows_of_a_file(client: AsyncClient) -> None:
    made = await make(client)
    lines = [{"item": {"topic": "sea"}, "sample": {"output_text": "the sea"}}] * 30
    content = "\n".join(map(json.dumps, lines)).encode()
    stored = await client.files.create(file=("rows.jsonl", content), purpose="evals")
    source: Any = {"type": "file_id", "id": stored.id}
    run = await client.evals.runs.create(made.id, data_source={"type": "jsonl", "source": source})
    assert (await finished(client, run)).result_counts.passed == 30
    wrong = await client.files.create(file=("rows.jsonl", b'{"item": {}}\n{}'), purpose="evals")
    source = {"type": "file_id", "id": wrong.id}
    run = await client.evals.runs.create(made.id, data_source={"type": "jsonl", "source": source})
    assert run.status == "failed"
    assert run.error is not None
    assert "Line 2" in run.error.message


async def test_messages_that_are_in_the_rows(client: AsyncClient) -> None:
    made = await make(client)
    talk = [{"role": "user", "content": "Tell me of the sea."}]
    source = {"type": "file_content", "content": [{"item": {"topic": "sea", "talk": talk}}]}
    reference = {"type": "item_reference", "item_reference": "item.talk"}
    run = await client.evals.runs.create(
        made.id, data_source=asking(source, input_messages=reference)
    )
    run = await finished(client, run)
    items = await client.evals.runs.output_items.list(run.id, eval_id=made.id)
    assert items.data[0].sample.input[0].content == "Tell me of the sea."
    for wrong in ("item.nothing", "item.topic", "item"):
        source_of = asking(source, input_messages={**reference, "item_reference": wrong})
        run = await client.evals.runs.create(made.id, data_source=source_of)
        assert (await finished(client, run)).result_counts.errored == 1


async def test_completions_that_were_stored(client: AsyncClient) -> None:
    for topic, stored in (("sea", True), ("lake", True), ("hill", False)):
        await client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": [{"type": "text", "text": f"The {topic}?"}]}],
            store=stored,
            metadata={"topic": topic},
        )
    long: Any = {**NAMED, "reference": " "}
    made = await client.evals.create(
        data_source_config={"type": "stored_completions"}, testing_criteria=[long]
    )
    source: Any = {"type": "stored_completions", "metadata": {"topic": "sea"}}
    run = await client.evals.runs.create(
        made.id, data_source={"type": "completions", "source": source}
    )
    assert (await finished(client, run)).result_counts.passed == 1
    items = await client.evals.runs.output_items.list(run.id, eval_id=made.id)
    assert items.data[0].sample.model == "gpt-4o-mini"
    # The same questions, put to another model.
    source = {"type": "stored_completions", "limit": 5}
    reference = {"type": "item_reference", "item_reference": "item.input"}
    again = asking(source, input_messages=reference, model="gpt-4o")
    run = await finished(client, await client.evals.runs.create(made.id, data_source=again))
    assert run.result_counts.passed == 2
    items = await client.evals.runs.output_items.list(run.id, eval_id=made.id)
    asked = [item.sample.input[0].content for item in items.data]
    assert asked == ["The sea?", "The lake?"]


async def test_responses_that_were_stored(client: AsyncClient) -> None:
    for topic in ("sea", "lake"):
        await client.responses.create(
            model="gpt-4o-mini", input=f"The {topic}?", instructions="Be brief.", user=topic
        )
    made = await client.evals.create(
        data_source_config={"type": "logs"}, testing_criteria=[{**NAMED, "reference": " "}]
    )
    for filters, count in (
        ({"users": ["sea"]}, 1),
        ({"instructions_search": "brief", "model": "gpt-4o-mini"}, 2),
        ({"created_before": 1}, 0),
        ({"tools": ["web_search"]}, 0),
    ):
        source: Any = {"type": "responses", **filters}
        run = await client.evals.runs.create(
            made.id, data_source={"type": "responses", "source": source}
        )
        assert (await finished(client, run)).result_counts.passed == count
    source = {"type": "responses", "users": ["lake"]}
    reference: Any = {"type": "item_reference", "item_reference": "item.input"}
    run = await client.evals.runs.create(
        made.id,
        data_source={
            "type": "responses",
            "source": source,
            "input_messages": reference,
            "model": "gpt-4o",
            "sampling_params": {"temperature": 0, "max_completion_tokens": 40, "seed": 1},
        },
    )
    run = await finished(client, run)
    assert run.result_counts.passed == 1
    assert run.per_model_usage is not None
    assert run.per_model_usage[0].completion_tokens > 1
    items = await client.evals.runs.output_items.list(run.id, eval_id=made.id)
    assert [message.content for message in items.data[0].sample.input] == ["The lake?"]


async def test_a_run_takes_its_time_and_can_be_stopped() -> None:
    async with Server(seed=1, job_seconds=3600).client(strict_responses=True) as client:
        made = await make(client)
        run = await client.evals.runs.create(made.id, data_source=asking(about("sea")))
        assert (await client.evals.runs.retrieve(run.id, eval_id=made.id)).status == "queued"
        queued = client.evals.runs.list(made.id, status="queued")
        assert [one.id async for one in queued] == [run.id]
        stopped = await client.evals.runs.cancel(run.id, eval_id=made.id)
        assert stopped.status == "canceled"
        assert not [one async for one in queued]
        with pytest.raises(BadRequestError, match="canceled"):
            await client.evals.runs.cancel(run.id, eval_id=made.id)
        gone = await client.evals.runs.delete(run.id, eval_id=made.id)
        assert (gone.deleted, gone.run_id) == (True, run.id)
        with pytest.raises(NotFoundError):
            await client.evals.runs.retrieve(run.id, eval_id=made.id)


async def test_ids_are_in_the_path_alone(client: AsyncClient, server: Server) -> None:
    made = await make(client)
    run = await client.evals.runs.create(made.id, data_source=asking(about("sea")))
    await client.evals.runs.output_items.list(run.id, eval_id=made.id, limit=3)
    call = server.calls[-1]
    assert (call.path, call.query) == (
        f"/evals/{made.id}/runs/{run.id}/output_items",
        {"limit": "3"},
    )
    with pytest.raises(BadRequestError, match="completed"):
        await client.evals.runs.cancel(run.id, eval_id=made.id)
    call = server.calls[-1]
    assert (call.method, call.path) == ("POST", f"/evals/{made.id}/runs/{run.id}")
    assert (call.query, call.json) == ({}, None)


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"testing_criteria": []}, "testing_criteria"),
        ({"testing_criteria": [{**NAMED, "type": "vibes"}]}, "testing_criteria[0].type"),
        ({"testing_criteria": [{**NAMED, "operation": "is"}]}, "testing_criteria[0].operation"),
        (
            {"testing_criteria": [{"type": "python", "name": "p", "source": "1"}]},
            "testing_criteria[0]",
        ),
        (
            {"testing_criteria": [{**CRITERIA[2], "passing_labels": ["lake"]}]},
            "testing_criteria[0].passing_labels",
        ),
        ({"data_source_config": {"type": "custom"}}, "data_source_config.item_schema"),
    ],
)
async def test_wrong_evals(client: AsyncClient, params: dict[str, Any], named: str) -> None:
    settings = {"data_source_config": CONFIG, "testing_criteria": [NAMED], **params}
    with pytest.raises(BadRequestError) as caught:
        await client.evals.create(**settings)
    assert caught.value.param == named


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"type": "csv"}, "data_source.type"),
        ({"type": "jsonl"}, "data_source.source"),
        ({"type": "jsonl", "source": {"type": "file_content"}}, "data_source.source.content"),
        ({"type": "jsonl", "source": {"type": "file_id", "id": "no"}}, "data_source.source.id"),
        (asking(about("sea"), input_messages={"type": "template", "template": [{"role": "user",
         "content": [5]}]}), "data_source.input_messages.template[0].content[0]"),
        (asking(about("sea"), sampling_params={"temperature": 3}),
         "data_source.sampling_params.temperature"),
    ],
)  # fmt: skip
async def test_wrong_runs(client: AsyncClient, source: Any, named: str) -> None:
    made = await make(client)
    with pytest.raises(BadRequestError) as caught:
        await client.evals.runs.create(made.id, data_source=source)
    assert caught.value.param == named
    with pytest.raises(NotFoundError):
        await client.evals.runs.create("eval_none", data_source=asking(about("sea")))
    with pytest.raises(NotFoundError):
        await client.evals.runs.create(made.id, data_source=asking(about("sea"), model="none"))


async def test_kinds_that_are_newer_than_this_library(answering: Answering) -> None:
    client, _ = answering(
        {
            "object": "eval",
            "id": "eval_1",
            "name": "n",
            "created_at": 1,
            "metadata": None,
            "data_source_config": {"type": "telepathy", "channel": 5},
            "testing_criteria": [{"type": "oracle", "name": "o"}, {**NAMED, "more": 1}],
        }
    )
    found = await client.evals.retrieve("eval_1")
    assert isinstance(found.data_source_config, Unknown)
    assert isinstance(found.testing_criteria[0], Unknown)
    assert isinstance(found.testing_criteria[1], StringCheckGrader)
