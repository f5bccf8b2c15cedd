"""`/fine_tuning`: jobs that learn from a file, their checkpoints, and graders."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import anyio.to_thread

from .._errors import ApiError, bad_request, no_such
from .._examples import read_training
from .._graders import Grader, GraderError, grade, refuse_code, sample_of
from .._http import Answer, Endpoint, Exchange, as_json
from .._metadata import Metadata
from .._models import OWNER, Model
from .._pages import as_page
from .._params import (
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
from .._state import ORGANIZATION, StoredFile
from .._tuning import Problem, TuningJob

GRADER = Grader(("string_check", "text_similarity", "python", "score_model", "multi"))


class Auto(Rule):
    """`auto`, or what another rule wants."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def check(self, name: str, value: Any) -> Any:
        return value if value == "auto" else self._rule.check(name, value)


_SUPERVISED: Spec = {
    "batch_size": optional(Auto(Integer(1, 256))),
    "learning_rate_multiplier": optional(Auto(Number(0))),
    "n_epochs": optional(Auto(Integer(1, 50))),
}
_DPO: Spec = {**_SUPERVISED, "beta": optional(Auto(Number(0, 2)))}
_REINFORCEMENT: Spec = {
    **_SUPERVISED,
    "reasoning_effort": optional(one_of("default", "low", "medium", "high")),
    "compute_multiplier": optional(Auto(Number(0.00001, 10))),
    "eval_interval": optional(Auto(Integer(1))),
    "eval_samples": optional(Auto(Integer(1))),
}
_METHOD = Table(
    {
        "type": required(one_of("supervised", "dpo", "reinforcement")),
        "supervised": optional(Table({"hyperparameters": optional(Table(_SUPERVISED))})),
        "dpo": optional(
            Table(
                {
                    "hyperparameters": optional(
                        Table({**_SUPERVISED, "beta": optional(Auto(Number(0, 2)))})
                    )
                }
            )
        ),
        "reinforcement": optional(
            Table({"grader": required(GRADER), "hyperparameters": optional(Table(_REINFORCEMENT))})
        ),
    }
)
_INTEGRATION = Table(
    {
        "type": required(one_of("wandb")),
        "wandb": required(
            Table(
                {
                    "project": required(Text(1)),
                    "name": optional(Text()),
                    "entity": optional(Text()),
                    "tags": optional(Many(Text())),
                }
            )
        ),
    }
)

CREATE: Spec = {
    "model": required(Text(1)),
    "training_file": required(Text(1)),
    "validation_file": optional(Text(1)),
    "hyperparameters": optional(Table(_SUPERVISED)),
    "integrations": optional(Many(_INTEGRATION)),
    "metadata": optional(Metadata()),
    "method": optional(_METHOD),
    "seed": optional(Integer(0, 2**31 - 1)),
    "suffix": optional(Text(1, 64)),
}


def _page(limit: int) -> Spec:
    return {"after": optional(Text()), "limit": optional(Integer(1, 1000), default=limit)}


PERMISSIONS: Spec = {
    **_page(10),
    "order": optional(one_of("ascending", "descending"), default="descending"),
    "project_id": optional(Text()),
}


# Jobs


async def create(exchange: Exchange) -> Answer:
    """Start a job."""
    params, state = exchange.params, exchange.state
    base = _base_model(exchange)
    method = _method(params)
    kind: str = method["type"]
    if kind != "supervised" and "chat" not in base.kinds:
        raise bad_request(f"The method {kind} is not available for {base.id}.", "method.type")
    training = _input(exchange, "training_file")
    validation = _input(exchange, "validation_file") if params["validation_file"] else None
    chat = "chat" in base.kinds
    read = partial(read_training, method=kind, chat=chat)
    examples, wrong = await anyio.to_thread.run_sync(partial(read, training, least=10))
    problem = None if wrong is None else Problem("invalid_training_file", wrong, "training_file")
    if problem is None and validation is not None:
        _, wrong = await anyio.to_thread.run_sync(read, validation)
        if wrong is not None:
            problem = Problem("invalid_validation_file", wrong, "validation_file")
    _choose(method[kind]["hyperparameters"], len(examples))
    seed: int | None = params["seed"]
    job_id = "ftjob-" + state.new_id()
    make = partial(
        TuningJob,
        id=job_id,
        base=base,
        model_name=_model_name(exchange, base),
        method=method,
        seed=state.rng(None, job_id).randrange(2**31) if seed is None else seed,
        training=training,
        validation=validation,
        examples=examples,
        problem=problem,
        seconds=state.job_seconds,
        clock=state.clock,
        integrations=params["integrations"],
        metadata=params["metadata"],
    )
    job = state.tuning_jobs[job_id] = await anyio.to_thread.run_sync(make)
    state.settle()
    return as_json(job.describe())


def _base_model(exchange: Exchange) -> Model:
    model = exchange.state.model(exchange.params["model"])
    chats, completes = "chat" in model.kinds, "completion" in model.kinds
    newest = model.id.endswith("-002") or model.owned_by != OWNER
    if not chats and not (completes and newest):
        message = f"Model {model.id} is not available for fine-tuning."
        raise bad_request(message, "model", "model_not_available")
    return model


def _input(exchange: Exchange, name: str) -> StoredFile:
    """The file that a parameter names: it has to exist, and to be for fine-tuning."""
    stored = exchange.state.files.get(exchange.params[name])
    if stored is None:
        raise bad_request(f"invalid {name}: {exchange.params[name]}", name, "invalid_file")
    if stored.purpose != "fine-tune":
        message = f"File {stored.id} has purpose '{stored.purpose}', expected 'fine-tune'."
        raise bad_request(message, name, "invalid_file")
    return stored


def _method(params: Json) -> Json:
    """The method, with all that it is configured by in its place."""
    given: Json = params["method"] or {"type": "supervised"}
    kind: str = given["type"]
    inner: Json = given.get(kind) or {}
    if kind == "reinforcement" and not inner:
        message = "Missing required parameter: 'method.reinforcement'."
        raise bad_request(message, "method.reinforcement", "missing_required_parameter")
    if params["hyperparameters"] and inner.get("hyperparameters"):
        message = "Give the hyperparameters in 'method' alone: beside it they are deprecated."
        raise bad_request(message, "hyperparameters")
    chosen: Json = inner.get("hyperparameters") or params["hyperparameters"] or {}
    return {"type": kind, kind: {**inner, "hyperparameters": {**chosen}}}


def _choose(hyperparameters: Json, examples: int) -> None:
    """Put numbers in the place of `auto`."""
    chosen = {
        "n_epochs": 3,
        "batch_size": min(256, max(1, examples // 500)),
        "learning_rate_multiplier": 1.8,
    }
    for name, value in {**dict.fromkeys(chosen), **hyperparameters}.items():
        if value in (None, "auto"):
            hyperparameters[name] = chosen.get(name, "auto")


def _model_name(exchange: Exchange, base: Model) -> str:
    """`ft:gpt-4o-mini:builtin:suffix:AbCd1234`."""
    origin = base.id.split(":")[1] if base.id.startswith("ft:") else base.id
    owner = ORGANIZATION.removeprefix("org-")
    return f"ft:{origin}:{owner}:{exchange.params['suffix'] or ''}:{exchange.state.new_id(8)}"


def _named(exchange: Exchange) -> TuningJob:
    exchange.state.settle()
    job_id = exchange.path_params["job_id"]
    job = exchange.state.tuning_jobs.get(job_id)
    if job is None:
        message = f"Could not find fine tune: {job_id}"
        raise ApiError(404, message, param="fine_tuning_job_id", code="fine_tune_not_found")
    return job


async def list_jobs(exchange: Exchange) -> Answer:
    """Jobs, the newest first; those with certain metadata."""
    exchange.state.settle()
    wanted = {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in exchange.query.items()
        if name.startswith("metadata[")
    }
    without = exchange.params["metadata"] == "null"
    found = [
        job.describe()
        for job in exchange.state.tuning_jobs.values()
        if wanted.items() <= (job.metadata or {}).items() and not (without and job.metadata)
    ]
    return _newest_first(exchange, found)


def _newest_first(exchange: Exchange, found: list[Json]) -> Answer:
    exchange.params.setdefault("order", "desc")
    return as_page(exchange, found)


async def retrieve(exchange: Exchange) -> Answer:
    """One job."""
    return as_json(_named(exchange).describe())


async def cancel(exchange: Exchange) -> Answer:
    """Stop a job."""
    job = _named(exchange)
    _refuse(job, "cancel", when=job.is_over)
    job.cancel(exchange.state)
    return as_json(job.describe())


async def pause(exchange: Exchange) -> Answer:
    """Let a job stand still."""
    job = _named(exchange)
    _refuse(job, "pause", when=job.is_over or job.status == "paused")
    job.pause(exchange.state)
    return as_json(job.describe())


async def resume(exchange: Exchange) -> Answer:
    """Let a paused job go on."""
    job = _named(exchange)
    _refuse(job, "resume", when=job.status != "paused")
    job.resume(exchange.state)
    return as_json(job.describe())


def _refuse(job: TuningJob, what: str, *, when: bool) -> None:
    if when:
        message = f"Cannot {what} a job {job.id} that has status '{job.status}'."
        raise bad_request(message, "fine_tuning_job_id", "invalid_job_status")


async def events(exchange: Exchange) -> Answer:
    """What has happened to a job, the newest first."""
    return _newest_first(exchange, _named(exchange).events)


async def checkpoints(exchange: Exchange) -> Answer:
    """A job's checkpoints, the newest first."""
    return _newest_first(exchange, _named(exchange).checkpoints)


# Permissions


def _of_checkpoint(exchange: Exchange) -> dict[str, Json]:
    """The permissions of the checkpoint that the path names."""
    exchange.state.settle()
    name = exchange.path_params["checkpoint"]
    for job in exchange.state.tuning_jobs.values():
        if any(one["fine_tuned_model_checkpoint"] == name for one in job.checkpoints):
            return job.permissions.setdefault(name, {})
    raise no_such("Checkpoint", name, "fine_tuned_model_checkpoint")


async def create_permissions(exchange: Exchange) -> Answer:
    """Let projects use a checkpoint."""
    kept = _of_checkpoint(exchange)
    made: list[Json] = []
    for project in exchange.params["project_ids"]:
        permission: Json = {
            "object": "checkpoint.permission",
            "id": "cp_" + exchange.state.new_id(),
            "created_at": exchange.now,
            "project_id": project,
        }
        kept[permission["id"]] = permission
        made.append(permission)
    first, last = made[0]["id"], made[-1]["id"]
    return as_json(
        {"object": "list", "data": made, "first_id": first, "last_id": last, "has_more": False}
    )


async def list_permissions(exchange: Exchange) -> Answer:
    """A checkpoint's permissions."""
    project: str | None = exchange.params["project_id"]
    found = [
        one
        for one in _of_checkpoint(exchange).values()
        if project is None or one["project_id"] == project
    ]
    exchange.params["order"] = exchange.params["order"].removesuffix("ending")
    return as_page(exchange, found)


async def delete_permission(exchange: Exchange) -> Answer:
    """Take a permission back."""
    kept = _of_checkpoint(exchange)
    permission_id = exchange.path_params["permission_id"]
    if kept.pop(permission_id, None) is None:
        raise no_such("CheckpointPermission", permission_id, "permission_id")
    return as_json({"object": "checkpoint.permission", "id": permission_id, "deleted": True})


# Graders

_ERRORS = (
    "formula_parse_error", "sample_parse_error", "truncated_observation_error",
    "unresponsive_reward_error", "invalid_variable_error", "other_error",
    "python_grader_server_error", "python_grader_runtime_error", "model_grader_server_error",
    "model_grader_refusal_error", "model_grader_parse_error",
)  # fmt: skip


async def run_grader(exchange: Exchange) -> Answer:
    """Grade one answer; what goes wrong is told, and rewarded with 0."""
    params = exchange.params
    grader: Json = params["grader"]
    refuse_code(grader, "grader")
    names = {"item": params["item"] or {}, "sample": sample_of(params["model_sample"])}
    began = time.perf_counter()
    errors: Json = {
        **dict.fromkeys(_ERRORS, False),
        "python_grader_server_error_type": None,
        "python_grader_runtime_error_details": None,
        "model_grader_server_error_details": None,
    }
    answer: Json = {"reward": 0.0, "sub_rewards": {}, "model_grader_token_usage_per_model": {}}
    try:
        work = partial(grade, exchange.state, grader, names)
        result = await anyio.to_thread.run_sync(work)
    except GraderError as error:
        errors[error.flag] = True
        if error.flag == "model_grader_server_error":
            errors["model_grader_server_error_details"] = error.message
        scores, used, model = dict[str, float](), dict[str, int](), None
    else:
        answer["reward"], answer["sub_rewards"] = result.score, result.parts
        scores = result.parts or {grader["name"]: result.score}
        used = dict[str, int]()
        for use in result.uses:
            used[use.model] = used.get(use.model, 0) + use.prompt + use.completion
        model = next(iter(used), None)
    answer["model_grader_token_usage_per_model"] = used
    answer["metadata"] = {
        "name": grader["name"],
        "type": grader["type"],
        "errors": errors,
        "execution_time": time.perf_counter() - began,
        "scores": scores,
        "token_usage": sum(used.values()) if used else None,
        "sampled_model_name": model,
    }
    return as_json(answer)


async def validate_grader(exchange: Exchange) -> Answer:
    """A grader that can be used; the others have got their 400."""
    return as_json({"grader": exchange.params["grader"]})


_JOB = "/fine_tuning/jobs/{job_id}"
_PERMISSIONS = "/fine_tuning/checkpoints/{checkpoint}/permissions"
_GRADERS = "/fine_tuning/alpha/graders"

ENDPOINTS = (
    Endpoint("POST", "/fine_tuning/jobs", create, CREATE, "json"),
    Endpoint("GET", "/fine_tuning/jobs", list_jobs, {**_page(20), "metadata": optional(Text())}),
    Endpoint("GET", _JOB, retrieve),
    Endpoint("POST", _JOB + "/cancel", cancel),
    Endpoint("POST", _JOB + "/pause", pause),
    Endpoint("POST", _JOB + "/resume", resume),
    Endpoint("GET", _JOB + "/events", events, _page(20)),
    Endpoint("GET", _JOB + "/checkpoints", checkpoints, _page(10)),
    Endpoint(
        "POST",
        _PERMISSIONS,
        create_permissions,
        {"project_ids": required(Many(Text(1), 1))},
        "json",
    ),
    Endpoint("GET", _PERMISSIONS, list_permissions, PERMISSIONS),
    Endpoint("DELETE", _PERMISSIONS + "/{permission_id}", delete_permission),
    Endpoint(
        "POST",
        _GRADERS + "/run",
        run_grader,
        {
            "grader": required(GRADER),
            "model_sample": required(Text()),
            "item": optional(Table()),
        },
        "json",
    ),
    Endpoint("POST", _GRADERS + "/validate", validate_grader, {"grader": required(GRADER)}, "json"),
)
