"""`/fine-tunes`: jobs that learn from a file."""

from __future__ import annotations

import time
from collections.abc import Iterator

import anyio.to_thread

from .._errors import ApiError, bad_request
from .._http import Answer, Endpoint, Exchange, as_events, as_json
from .._jobs import FineTune, read_examples
from .._models import TUNABLE, Model
from .._params import Flag, Integer, Json, Many, Number, Spec, Text, optional, required
from .._state import ORGANIZATION, StoredFile

CREATE: Spec = {
    "training_file": required(Text(1)),
    "validation_file": optional(Text(1)),
    "model": optional(Text(1), default="curie"),
    "n_epochs": optional(Integer(1, 1000), default=4),
    "batch_size": optional(Integer(1, 1_000_000)),
    "learning_rate_multiplier": optional(Number(0)),
    "prompt_loss_weight": optional(Number(0), default=0.01),
    "compute_classification_metrics": optional(Flag(), default=False),
    "classification_n_classes": optional(Integer(2)),
    "classification_positive_class": optional(Text(1)),
    "classification_betas": optional(Many(Number(0), 1)),
    "suffix": optional(Text(1, 40)),
}

_POLL_SECONDS = 0.05  # how soon a stream of events hears that its job was cancelled


async def create(exchange: Exchange) -> Answer:
    """Start a job."""
    params, state = exchange.params, exchange.state
    base = _base_model(exchange)
    training = _input(exchange, "training_file")
    validation = _input(exchange, "validation_file") if params["validation_file"] else None
    if params["compute_classification_metrics"]:
        _check_classification(params)
    examples, problem = await anyio.to_thread.run_sync(read_examples, training)
    batch: int = params["batch_size"] or min(256, max(1, len(examples) // 500))
    metrics = ("compute_classification_metrics", "classification_n_classes",
               "classification_positive_class", "classification_betas")  # fmt: skip
    job = FineTune(
        id="ft-" + state.new_id(),
        base=base,
        model_name=_model_name(exchange, base),
        result_id="file-" + state.new_id(),
        training=training,
        validation=validation,
        examples=examples,
        problem=problem,
        hyperparams={
            "n_epochs": params["n_epochs"],
            "batch_size": batch,
            "learning_rate_multiplier": params["learning_rate_multiplier"] or 0.1,
            "prompt_loss_weight": params["prompt_loss_weight"],
            **{name: params[name] for name in metrics if params[name]},
        },
        seconds=state.job_seconds,
        clock=state.clock,
    )
    state.jobs[job.id] = job
    state.settle()
    return as_json(job.describe())


def _base_model(exchange: Exchange) -> Model:
    model = exchange.state.model(exchange.params["model"])
    if model.id not in TUNABLE and model.memory is None:
        known = ", ".join(TUNABLE)
        message = f"The model {model.id} can't be fine-tuned: use {known}, or a fine-tuned model."
        raise bad_request(message, "model", "model_not_available")
    return model


def _input(exchange: Exchange, name: str) -> StoredFile:
    """The file that a parameter names: it has to exist, and to be for fine-tuning."""
    file_id: str = exchange.params[name]
    stored = exchange.state.files.get(file_id)
    if stored is None:
        raise bad_request(f"No such File object: {file_id}", name)
    if stored.purpose != "fine-tune":
        message = f"File {file_id} has purpose '{stored.purpose}', expected 'fine-tune'."
        raise bad_request(message, name)
    return stored


def _check_classification(params: Json) -> None:
    if not params["validation_file"]:
        message = "To compute classification metrics, provide a validation_file."
        raise bad_request(message, "validation_file")
    if not params["classification_n_classes"] and not params["classification_positive_class"]:
        message = "Provide classification_n_classes or classification_positive_class."
        raise bad_request(message, "classification_n_classes")


def _model_name(exchange: Exchange, base: Model) -> str:
    """`curie:ft-org:suffix-2023-06-01-12-00-00`; another job of the same second gets a number."""
    suffix: str = exchange.params["suffix"] or ""
    stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime())
    parts = [part for part in (suffix.lower().replace(" ", "-"), stamp) if part]
    owner = ORGANIZATION.removeprefix("org-")
    name = f"{base.id.partition(':')[0]}:ft-{owner}:{'-'.join(parts)}"
    taken = {job.model_name for job in exchange.state.jobs.values()}
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def _named(exchange: Exchange) -> FineTune:
    exchange.state.settle()
    return exchange.named(exchange.state.jobs, "job_id", "FineTune")


async def list_jobs(exchange: Exchange) -> Answer:
    """All jobs, oldest first, without their events."""
    exchange.state.settle()
    data = [job.describe(events=False) for job in exchange.state.jobs.values()]
    return as_json({"object": "list", "data": data})


async def retrieve(exchange: Exchange) -> Answer:
    """One job, with its events."""
    return as_json(_named(exchange).describe())


async def cancel(exchange: Exchange) -> Answer:
    """Stop a job; one that is over stays what it is, with a 400."""
    job = _named(exchange)
    if job.is_over:
        message = f"Cannot cancel a job {job.id} that already has status '{job.status()}'."
        raise ApiError(400, message, param="fine_tune_id", code="job_already_over")
    job.cancel()
    return as_json(job.describe())


async def events(exchange: Exchange) -> Answer:
    """What has happened so far; with `stream`, also what happens next, until the job is over."""
    job = _named(exchange)
    if exchange.params["stream"]:
        return as_events(_follow(exchange, job))
    data = [event.describe() for event in job.events()]
    return as_json({"object": "list", "data": data})


def _follow(exchange: Exchange, job: FineTune) -> Iterator[Json | float]:
    sent = 0
    while True:
        exchange.state.settle()
        over = job.is_over  # asked before the events: the last one is not to be missed
        happened = job.events()
        yield from (event.describe() for event in happened[sent:])
        if over:
            return
        sent = len(happened)
        yield max(0.001, min(_POLL_SECONDS, job.next_event_in(exchange.state.clock.now())))


ENDPOINTS = (
    Endpoint("POST", "/fine-tunes", create, CREATE, "json"),
    Endpoint("GET", "/fine-tunes", list_jobs),
    Endpoint("GET", "/fine-tunes/{job_id}", retrieve),
    Endpoint("POST", "/fine-tunes/{job_id}/cancel", cancel),
    Endpoint(
        "GET", "/fine-tunes/{job_id}/events", events, {"stream": optional(Flag(), default=False)}
    ),
)
