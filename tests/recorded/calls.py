"""The requests of the captures, made again through the client."""

from __future__ import annotations

from typing import Any

import httpx

from openai_async import AsyncClient, Request
from openai_async.types.chat import ChatCompletion, ChatCompletionChunk
from openai_async.types.embeddings import EmbeddingList

from .captures import Capture


async def make(client: AsyncClient, capture: Capture) -> Any:
    """Make a capture's call: through the method of its endpoint, else through `client.post` etc.

    Requests that no method would make (without `messages`, say) go the second way too.
    """
    at_root = client.with_options(base_url=client.base_url.removesuffix("/v1"))
    sent = capture.parameters or {}
    files = _files(capture)
    fields: dict[str, Any] = _fields(capture)
    where, _, query = capture.path.removeprefix("/v1/").partition("?")
    match [capture.method, *where.split("/")]:
        case ["GET", "models"]:
            return await client.models.list()
        case ["GET", "models", name]:
            return await client.models.retrieve(name)
        case ["POST", "chat", "completions"] if sent.keys() >= {"model", "messages"}:
            return await client.chat.completions.create(**sent)
        case ["POST", "chat", "completions"] if capture.streamed:
            return await client.stream("/chat/completions", cast_to=ChatCompletionChunk, body=sent)
        case ["POST", "chat", "completions"]:
            return await client.post("/chat/completions", cast_to=ChatCompletion, body=sent)
        case ["POST", "completions"]:
            return await client.completions.create(**sent)
        case ["POST", "embeddings"] if "input" not in sent:
            return await client.post("/embeddings", cast_to=EmbeddingList, body=sent)
        case ["POST", "embeddings"]:
            return await client.embeddings.create(**{"encoding_format": "float", **sent})
        case ["POST", "images", "generations"]:
            return await client.images.generate(**sent)
        case ["POST", "moderations"]:
            return await client.moderations.create(**sent)
        case ["POST", "audio", "transcriptions"]:
            if "stream" in fields:
                fields["stream"] = fields["stream"] == "true"
            return await client.audio.transcriptions.create(**fields, **files)
        case ["POST", "files"]:
            return await client.files.create(**fields, **files)
        case ["GET", "files"]:
            items = dict(item.split("=") for item in query.split("&") if item)
            return await client.files.list(extra_query=items)
        case ["GET", "files", file_id]:
            return await client.files.retrieve(file_id)
        case ["DELETE", "files", file_id]:
            return await client.files.delete(file_id)
        case ["GET", "files", file_id, "content"]:
            return await (await client.files.content(file_id)).read()
        case ["GET", "fine-tunes"]:
            return await client.fine_tunes.list()
        case ["POST", "audio", "speech"]:
            return await (await client.audio.speech.create(**sent)).read()
        case ["POST", "responses"]:
            return await client.responses.create(**sent)
        case ["POST", "responses", "input_tokens"]:
            return await client.responses.input_tokens.count(**sent)
        case ["GET", "batches"]:
            return await client.batches.list()
        case ["POST", "batches"]:
            return await client.batches.create(**sent)
        case ["GET", "batches", batch_id]:
            return await client.batches.retrieve(batch_id)
        case ["POST", "batches", batch_id, "cancel"]:
            return await client.batches.cancel(batch_id)
        case ["GET", "fine_tuning", "jobs"]:
            return await client.fine_tuning.jobs.list()
        case ["POST", "fine_tuning", "jobs"]:
            return await client.fine_tuning.jobs.create(**sent)
        case ["GET", "fine_tuning", "jobs", job_id]:
            return await client.fine_tuning.jobs.retrieve(job_id)
        case ["POST", "fine_tuning", "jobs", job_id, "cancel"]:
            return await client.fine_tuning.jobs.cancel(job_id)
        case ["GET", "fine_tuning", "jobs", job_id, "events"]:
            return await client.fine_tuning.jobs.list_events(job_id)
        case ["GET", "vector_stores"]:
            return await client.vector_stores.list()
        case ["GET", "", "metrics"]:
            return await at_root.get("/metrics", cast_to=str)
        case ["GET", *_]:
            return await at_root.get(capture.path)
        case ["POST", *_] if capture.streamed:
            return await at_root.stream(capture.path, cast_to=dict, body=sent)
        case ["POST", *_]:
            return await at_root.post(capture.path, body=capture.parameters)
        case _:
            return await at_root.request(Request(capture.method, capture.path, httpx.Response))


def _fields(capture: Capture) -> dict[str, str]:
    return {name: value for name, value in capture.form if not value.startswith("@")}


def _files(capture: Capture) -> dict[str, Any]:
    """The files of a form, with the names and types that they had, and some content."""
    files: dict[str, Any] = {}
    for name, value in capture.form:
        if value.startswith("@"):
            filename, *kind = value[1:].split(";type=")
            files[name] = (filename, b"content", *kind)
    return files
