"""`/evals`: tests of models, their runs, and the graded rows of these."""

from __future__ import annotations

from typing import Any, cast

from .._errors import bad_request, no_such
from .._eval_rows import rows_of
from .._evals import ENDS, EvalRun, StoredEval
from .._graders import MESSAGES, Grader, refuse_code
from .._http import Answer, Endpoint, Exchange, as_json
from .._metadata import Metadata
from .._pages import as_page, pages
from .._params import (
    Flag,
    Integer,
    Json,
    Many,
    Number,
    Rule,
    Spec,
    Table,
    Text,
    one_of,
    optional,
    required,
)

_KINDS = ("label_model", "string_check", "text_similarity", "python", "score_model")
_SCHEMA: Json = {"type": "object"}


class Tagged(Rule):
    """An object of one of several kinds, told apart by its `type`."""

    kind = "an object"

    def __init__(self, **kinds: Spec) -> None:
        self._kinds = kinds

    def check(self, name: str, value: Any) -> Json:
        table = Table({"type": required(one_of(*self._kinds))}).check(name, value)
        return Table(self._kinds[table["type"]]).check(name, table)


_ITEM_SCHEMA = Table({"required": optional(Many(Text()))})
_CONFIG = Tagged(
    custom={"item_schema": required(_ITEM_SCHEMA), "include_sample_schema": optional(Flag())},
    logs={"metadata": optional(Table())},
    stored_completions={"metadata": optional(Table())},
)
_CONTENT: Spec = {
    "content": required(Many(Table({"item": required(Table()), "sample": optional(Table())})))
}
_FILE: Spec = {"id": required(Text(1))}
_TIMES: Spec = {"created_after": optional(Integer()), "created_before": optional(Integer())}
_RESPONSES: Spec = {
    **_TIMES,
    "instructions_search": optional(Text()),
    "metadata": optional(Table()),
    "model": optional(Text()),
    "reasoning_effort": optional(Text()),
    "temperature": optional(Number()),
    "tools": optional(Many(Text())),
    "top_p": optional(Number()),
    "users": optional(Many(Text())),
}
_COMPLETIONS: Spec = {
    **_TIMES,
    "limit": optional(Integer(1)),
    "metadata": optional(Table()),
    "model": optional(Text()),
}
_INPUT = Tagged(
    template={"template": required(MESSAGES)},
    item_reference={"item_reference": required(Text(1))},
)
_SAMPLING: Spec = {
    "temperature": optional(Number(0, 2)),
    "top_p": optional(Number(0, 1)),
    "seed": optional(Integer()),
    "max_completion_tokens": optional(Integer(1)),
}
_ASKED: Spec = {
    "input_messages": optional(_INPUT),
    "sampling_params": optional(Table(_SAMPLING)),
    "model": optional(Text(1)),
}
_DATA_SOURCE = Tagged(
    jsonl={"source": required(Tagged(file_content=_CONTENT, file_id=_FILE))},
    completions={
        "source": required(
            Tagged(file_content=_CONTENT, file_id=_FILE, stored_completions=_COMPLETIONS)
        ),
        **_ASKED,
    },
    responses={
        "source": required(Tagged(file_content=_CONTENT, file_id=_FILE, responses=_RESPONSES)),
        **_ASKED,
    },
)

CREATE: Spec = {
    "data_source_config": required(_CONFIG),
    "testing_criteria": required(Many(Grader(_KINDS), 1)),
    "name": optional(Text()),
    "metadata": optional(Metadata()),
}
CREATE_RUN: Spec = {
    "data_source": required(_DATA_SOURCE),
    "name": optional(Text()),
    "metadata": optional(Metadata()),
}
LIST: Spec = {
    **pages(order="asc"),
    "order_by": optional(one_of("created_at", "updated_at"), default="created_at"),
}
LIST_RUNS: Spec = {
    **pages(order="asc"),
    "status": optional(one_of("queued", "in_progress", *ENDS)),
}
LIST_ITEMS: Spec = {**pages(order="asc"), "status": optional(one_of("fail", "pass"))}


# Evals


async def create(exchange: Exchange) -> Answer:
    """Keep an eval."""
    params = exchange.params
    for index, criterion in enumerate(params["testing_criteria"]):
        refuse_code(criterion, f"testing_criteria[{index}]")
    eval_id = "eval_" + exchange.state.new_id(32)
    kept = exchange.state.evals[eval_id] = StoredEval(
        eval_id,
        params["name"] or eval_id,
        _config(params["data_source_config"]),
        params["testing_criteria"],
        params["metadata"],
        clock=exchange.state.clock,
    )
    return as_json(kept.describe(), 201)


def _config(given: Json) -> Json:
    """What the API makes of a data source's configuration: the schema of all of a row."""
    properties: Json = {"item": given.get("item_schema", _SCHEMA)}
    if given["type"] != "custom" or given.get("include_sample_schema"):
        properties["sample"] = _SCHEMA
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    config: Json = {"type": given["type"], "schema": schema}
    return config if given["type"] == "custom" else {**config, "metadata": given.get("metadata")}


def _eval(exchange: Exchange) -> StoredEval:
    return exchange.named(exchange.state.evals, "eval_id", "Eval")


async def retrieve(exchange: Exchange) -> Answer:
    """One eval."""
    return as_json(_eval(exchange).describe())


async def update(exchange: Exchange) -> Answer:
    """Change what was given."""
    kept = _eval(exchange)
    kept.name = exchange.params["name"] or kept.name
    if "metadata" in exchange.call.json:
        kept.metadata = exchange.params["metadata"]
    kept.updated = exchange.state.clock.now()
    return as_json(kept.describe())


async def list_evals(exchange: Exchange) -> Answer:
    """Evals by when they were made, or changed."""
    by_change = exchange.params["order_by"] == "updated_at"
    found = sorted(
        exchange.state.evals.values(), key=lambda one: one.updated if by_change else one.created
    )
    return as_page(exchange, [one.describe() for one in found])


async def delete(exchange: Exchange) -> Answer:
    """Forget an eval and its runs."""
    kept = _eval(exchange)
    for run in kept.runs.values():
        run.cancel()
    del exchange.state.evals[kept.id]
    return as_json({"object": "eval.deleted", "deleted": True, "eval_id": kept.id})


# Runs


async def create_run(exchange: Exchange) -> Answer:
    """Start a run."""
    params, of = exchange.params, _eval(exchange)
    source: Json = params["data_source"]
    if (model := source.get("model")) is not None:
        exchange.state.model(model)
    rows, error = await rows_of(exchange, source["source"])
    run_id = "evalrun_" + exchange.state.new_id(32)
    run = of.runs[run_id] = EvalRun(
        run_id,
        of,
        params["name"] or run_id,
        source,
        params["metadata"],
        exchange.state.job_seconds,
        exchange.url(f"/evals/{of.id}/runs/{run_id}"),
        rows,
        error,
        clock=exchange.state.clock,
    )
    return as_json(run.describe(), 201)


async def _run(exchange: Exchange) -> EvalRun:
    """The run that the path names, where it is by now."""
    run_id = exchange.path_params["run_id"]
    run = _eval(exchange).runs.get(run_id)
    if run is None:
        raise no_such("Run", run_id, "run_id")
    await run.advance(exchange)
    return run


async def retrieve_run(exchange: Exchange) -> Answer:
    """One run."""
    return as_json((await _run(exchange)).describe())


async def list_runs(exchange: Exchange) -> Answer:
    """An eval's runs."""
    runs = list(_eval(exchange).runs.values())
    for run in runs:
        await run.advance(exchange)
    status: str | None = exchange.params["status"]
    return as_page(exchange, [run.describe() for run in runs if status in (None, run.status)])


async def cancel_run(exchange: Exchange) -> Answer:
    """Stop a run; what was graded stays."""
    run = await _run(exchange)
    if run.status in ENDS:
        raise bad_request(f"Cannot cancel a run with status '{run.status}'.", "run_id")
    run.cancel()
    return as_json(run.describe())


async def delete_run(exchange: Exchange) -> Answer:
    """Forget a run."""
    run = await _run(exchange)
    run.cancel()
    del run.of.runs[run.id]
    return as_json({"object": "eval.run.deleted", "deleted": True, "run_id": run.id})


async def list_items(exchange: Exchange) -> Answer:
    """A run's graded rows."""
    run, status = await _run(exchange), cast("str | None", exchange.params["status"])
    return as_page(exchange, [item for item in run.items if status in (None, item["status"])])


async def retrieve_item(exchange: Exchange) -> Answer:
    """One graded row."""
    run, item_id = await _run(exchange), exchange.path_params["item_id"]
    for item in run.items:
        if item["id"] == item_id:
            return as_json(item)
    raise no_such("OutputItem", item_id, "output_item_id")


_EVAL = "/evals/{eval_id}"
_RUN = _EVAL + "/runs/{run_id}"

ENDPOINTS = (
    Endpoint("POST", "/evals", create, CREATE, "json"),
    Endpoint("GET", "/evals", list_evals, LIST),
    Endpoint("GET", _EVAL, retrieve),
    Endpoint(
        "POST", _EVAL, update, {"name": optional(Text()), "metadata": optional(Metadata())}, "json"
    ),
    Endpoint("DELETE", _EVAL, delete),
    Endpoint("POST", _EVAL + "/runs", create_run, CREATE_RUN, "json"),
    Endpoint("GET", _EVAL + "/runs", list_runs, LIST_RUNS),
    Endpoint("GET", _RUN, retrieve_run),
    Endpoint("POST", _RUN, cancel_run),
    Endpoint("DELETE", _RUN, delete_run),
    Endpoint("GET", _RUN + "/output_items", list_items, LIST_ITEMS),
    Endpoint("GET", _RUN + "/output_items/{item_id}", retrieve_item),
)
