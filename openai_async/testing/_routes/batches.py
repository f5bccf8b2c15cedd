"""`/batches`: many calls as one job."""

from __future__ import annotations

from .._batches import BatchJob
from .._errors import bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._pages import PAGES, as_page
from .._params import Spec, Table, Text, one_of, optional, required
from .files import EXPIRES_AFTER

URLS = ("/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/completions",
        "/v1/moderations", "/v1/images/generations", "/v1/images/edits",
        "/v1/videos")  # fmt: skip

CREATE: Spec = {
    "input_file_id": required(Text(1)),
    "endpoint": required(one_of(*URLS)),
    "completion_window": required(one_of("24h")),
    "metadata": optional(Table()),
    "output_expires_after": optional(EXPIRES_AFTER),
}


async def create(exchange: Exchange) -> Answer:
    """Begin a batch; what is wrong with its lines is found out later."""
    params, state = exchange.params, exchange.state
    stored = state.files.get(params["input_file_id"])
    if stored is None:
        raise bad_request(f"No such File object: {params['input_file_id']}", "input_file_id")
    if stored.purpose != "batch":
        message = f"File {stored.id} has purpose '{stored.purpose}', expected 'batch'."
        raise bad_request(message, "input_file_id")
    batch = BatchJob(
        id="batch_" + state.new_id(),
        endpoint=params["endpoint"],
        input=stored,
        window=params["completion_window"],
        metadata=params["metadata"],
        output_expires_after=params["output_expires_after"],
        seconds=state.job_seconds,
        limit=state.batch_seconds,
        clock=state.clock,
    )
    state.batches[batch.id] = batch
    return as_json(batch.describe())


def _named(exchange: Exchange) -> BatchJob:
    return exchange.named(exchange.state.batches, "batch_id", "Batch")


async def retrieve(exchange: Exchange) -> Answer:
    """One batch, as far as it has come; its header says when to look again."""
    batch = _named(exchange)
    await batch.advance(exchange)
    answer = as_json(batch.describe())
    answer.headers["openai-poll-after-ms"] = str(max(1, round(batch.seconds * 50)))
    return answer


async def list_batches(exchange: Exchange) -> Answer:
    """The batches, newest first, page by page."""
    batches = list(exchange.state.batches.values())
    for batch in batches:
        await batch.advance(exchange)
    return as_page(exchange, [batch.describe() for batch in batches])


async def cancel(exchange: Exchange) -> Answer:
    """Begin no more lines of a batch; what was answered stays."""
    batch = _named(exchange)
    await batch.advance(exchange)
    batch.cancel()
    return as_json(batch.describe())


ENDPOINTS = (
    Endpoint("GET", "/batches", list_batches, PAGES),
    Endpoint("POST", "/batches", create, CREATE, "json"),
    Endpoint("GET", "/batches/{batch_id}", retrieve),
    Endpoint("POST", "/batches/{batch_id}/cancel", cancel),
)
