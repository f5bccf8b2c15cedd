"""`/vector_stores`: files in chunks, searched by similarity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import anyio.to_thread

from .._errors import ApiError, bad_request
from .._filters import Filter
from .._http import Answer, Endpoint, Exchange, as_json
from .._metadata import Metadata
from .._pages import PAGES, as_page
from .._params import (
    Either,
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
from .._vector_stores import Batch, Chunking, Entry, Hit, VectorStore, find_store, search

_SIZES: Spec = {
    "max_chunk_size_tokens": required(Integer(100, 4096)),
    "chunk_overlap_tokens": required(Integer(0)),
}


class Strategy(Rule):
    """A chunking strategy."""

    kind = "an object"

    def check(self, name: str, value: Any) -> Chunking:
        table = Table({"type": required(one_of("auto", "static"))}).check(name, value)
        if table["type"] == "auto":
            return Chunking()
        sizes: Json = Table({"static": required(Table(_SIZES))}).check(name, table)["static"]
        chunking = Chunking(sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
        if chunking.overlap > chunking.size // 2:
            raise bad_request(
                f"Invalid '{name}.static.chunk_overlap_tokens': it must be at most half of "
                "max_chunk_size_tokens.",
                f"{name}.static.chunk_overlap_tokens",
            )
        return chunking


LIFE = Table({"anchor": required(one_of("last_active_at")), "days": required(Integer(1, 365))})
ATTRIBUTES = Metadata((str, int, float))
CREATE: Spec = {
    "name": optional(Text()),
    "description": optional(Text()),
    "file_ids": optional(Many(Text(1), 0, 500), default=()),
    "chunking_strategy": optional(Strategy(), default=Chunking()),
    "expires_after": optional(LIFE),
    "metadata": optional(Metadata()),
}
UPDATE: Spec = {name: CREATE[name] for name in ("name", "expires_after", "metadata")}
SEARCH: Spec = {
    "query": required(Either((Text(1), Many(Text(1), 1)))),
    "rewrite_query": optional(Flag(), default=False),
    "max_num_results": optional(Integer(1, 50), default=10),
    "filters": optional(Filter()),
    "ranking_options": optional(
        Table(
            {
                "ranker": optional(one_of("none", "auto", "default-2024-11-15")),
                "score_threshold": optional(Number(0, 1)),
            }
        ),
        default={},
    ),
}
OWN: Spec = {
    "attributes": optional(ATTRIBUTES),
    "chunking_strategy": optional(Strategy()),
}
ADD: Spec = {"file_id": required(Text(1)), **OWN}
ADD_MANY: Spec = {
    "file_ids": optional(Many(Text(1), 1, 2000)),
    "files": optional(Many(Table(ADD), 1, 2000)),
    **OWN,
}
LIST_FILES: Spec = {
    **PAGES,
    "filter": optional(one_of("in_progress", "completed", "failed", "cancelled")),
}


# Stores


async def create(exchange: Exchange) -> Answer:
    """Make a store, and put files into it."""
    params, state = exchange.params, exchange.state
    store = VectorStore(
        "vs_" + state.new_id(),
        params["name"] or "",
        params["description"],
        params["metadata"] or {},
        params["expires_after"],
        clock=state.clock,
    )
    wanted = [{"file_id": file_id} for file_id in dict.fromkeys(params["file_ids"])]
    await _put_in(exchange, store, wanted)
    state.vector_stores[store.id] = store
    return as_json(store.describe())


async def list_stores(exchange: Exchange) -> Answer:
    """The stores, newest first, page by page."""
    stores = [find_store(exchange.state, store_id) for store_id in exchange.state.vector_stores]
    return as_page(exchange, [store.describe() for store in stores])


def _named(exchange: Exchange) -> VectorStore:
    return find_store(exchange.state, exchange.path_params["vector_store_id"])


async def retrieve(exchange: Exchange) -> Answer:
    """One store."""
    return as_json(_named(exchange).describe())


async def update(exchange: Exchange) -> Answer:
    """Change what was given; null takes a life span away."""
    store, params = _named(exchange), exchange.params
    store.name = params["name"] or store.name
    if "expires_after" in exchange.call.json:
        store.expires_after = params["expires_after"]
    if params["metadata"] is not None:
        store.metadata = params["metadata"]
    return as_json(store.describe())


async def delete(exchange: Exchange) -> Answer:
    """Forget a store; its files stay."""
    store = _named(exchange)
    del exchange.state.vector_stores[store.id]
    return as_json({"id": store.id, "object": "vector_store.deleted", "deleted": True})


async def find(exchange: Exchange) -> Answer:
    """The chunks that are most similar to the query."""
    store, params = _named(exchange), exchange.params
    store.touch()
    given: str | list[str] = params["query"]
    queries = [given] if isinstance(given, str) else given
    if params["rewrite_query"]:
        queries = [_rewritten(query) for query in queries]
    look = partial(
        search, store, queries, params["filters"], params["max_num_results"],
        threshold=params["ranking_options"].get("score_threshold") or 0.0,
    )  # fmt: skip
    hits = await anyio.to_thread.run_sync(look)
    return as_json(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_describe(hit) for hit in hits],
            "has_more": False,
            "next_page": None,
        }
    )


def _rewritten(query: str) -> str:
    """A question as the words that matter."""
    asking = {"what", "which", "who", "where", "when", "why", "how", "is", "are", "was", "were",
              "do", "does", "did", "can", "the", "a", "an", "of", "please"}  # fmt: skip
    words = query.strip(" ?!.").split()
    return " ".join(word for word in words if word.lower() not in asking) or query


def _describe(hit: Hit) -> Json:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.text}],
    }


# Their files


async def _put_in(
    exchange: Exchange, store: VectorStore, wanted: Sequence[Json], common: Json | None = None
) -> list[Entry]:
    """Put files in, each with what is its own, else with what all have in common.

    They are taken in one after the other, and the last one when a job's time is over.
    """
    files = [exchange.state.file(one["file_id"]) for one in wanted]  # all of them, before any
    now, seconds = exchange.state.clock.now(), exchange.state.job_seconds
    entries: list[Entry] = []
    for number, (stored, one) in enumerate(zip(files, wanted, strict=True), 1):
        own = {**(common or {}), **{key: one[key] for key in one if one[key] is not None}}
        entry = Entry(
            stored,
            store.id,
            own.get("attributes") or {},
            own.get("chunking_strategy") or exchange.params.get("chunking_strategy") or Chunking(),
            ready=now + seconds * number / len(files),
            clock=store.clock,
        )
        entries.append(await anyio.to_thread.run_sync(entry.read))
    store.entries.update({entry.stored.id: entry for entry in entries})
    return entries


async def add(exchange: Exchange) -> Answer:
    """Put a file in; one that is in already is read again."""
    store = _named(exchange)
    store.touch()
    (entry,) = await _put_in(exchange, store, [exchange.params])
    return _told(exchange, entry.describe(), entry.ready)


async def list_files(exchange: Exchange) -> Answer:
    """The files of a store, newest first, page by page."""
    return _page_of(exchange, list(_named(exchange).entries.values()))


def _page_of(exchange: Exchange, entries: Sequence[Entry]) -> Answer:
    wanted = exchange.params["filter"]
    found = [entry for entry in entries if wanted in (None, entry.status())]
    return as_page(exchange, [entry.describe() for entry in found])


def _entry(exchange: Exchange) -> Entry:
    return exchange.named(_named(exchange).entries, "file_id", "VectorStoreFile")


def _told(exchange: Exchange, described: Json, ready: float) -> Answer:
    """An answer that says when it is worth asking again."""
    left = ready - exchange.state.clock.now()
    answer = as_json(described)
    if described["status"] == "in_progress" and left > 0:
        answer.headers["openai-poll-after-ms"] = str(min(1000, math.ceil(left * 1000)))
    return answer


async def retrieve_file(exchange: Exchange) -> Answer:
    """One file of a store."""
    entry = _entry(exchange)
    return _told(exchange, entry.describe(), entry.ready)


async def update_file(exchange: Exchange) -> Answer:
    """Give a file other attributes."""
    entry = _entry(exchange)
    entry.attributes = exchange.params["attributes"] or {}
    return as_json(entry.describe())


async def delete_file(exchange: Exchange) -> Answer:
    """Take a file out of its store."""
    entry = _entry(exchange)
    del _named(exchange).entries[entry.stored.id]
    return as_json({"id": entry.stored.id, "object": "vector_store.file.deleted", "deleted": True})


async def content(exchange: Exchange) -> Answer:
    """The text of a file, once it is taken in."""
    entry = _entry(exchange)
    pieces = [entry.text] if entry.status() == "completed" else []
    return as_json(
        {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": text} for text in pieces],
            "has_more": False,
            "next_page": None,
        }
    )


# Batches of files


async def create_batch(exchange: Exchange) -> Answer:
    """Put several files in; each may have attributes of its own, or all share them."""
    store, params = _named(exchange), exchange.params
    if (params["file_ids"] is None) == (params["files"] is None):
        raise bad_request("Provide one of 'file_ids' and 'files'.", "file_ids")
    store.touch()
    if params["files"] is not None:
        wanted = {one["file_id"]: _checked(one) for one in params["files"]}
    else:
        wanted = {file_id: {"file_id": file_id} for file_id in params["file_ids"]}
    common = {} if params["files"] is not None else {name: params[name] for name in OWN}
    entries = await _put_in(exchange, store, list(wanted.values()), common)
    batch = Batch("vsfb_" + exchange.state.new_id(), store.id, entries, clock=store.clock)
    store.batches[batch.id] = batch
    return _told(exchange, batch.describe(), batch.ready)


def _checked(one: Json) -> Json:
    """A member of `files`, its strategy as the handler of a single file gets it."""
    given = one.get("chunking_strategy")
    strategy = None if given is None else Strategy().check("files.chunking_strategy", given)
    return {**one, "chunking_strategy": strategy}


def _batch(exchange: Exchange) -> Batch:
    return exchange.named(_named(exchange).batches, "batch_id", "VectorStoreFileBatch")


async def retrieve_batch(exchange: Exchange) -> Answer:
    """How far a batch is."""
    batch = _batch(exchange)
    return _told(exchange, batch.describe(), batch.ready)


async def cancel_batch(exchange: Exchange) -> Answer:
    """Stop a batch; one that is over stays what it is, with a 400."""
    batch = _batch(exchange)
    if batch.status() != "in_progress":
        message = f"Cannot cancel a batch that already has status '{batch.status()}'."
        raise ApiError(400, message, param="batch_id")
    batch.cancel()
    return as_json(batch.describe())


async def list_batch_files(exchange: Exchange) -> Answer:
    """The files of a batch, newest first, page by page."""
    return _page_of(exchange, _batch(exchange).entries)


_STORE = "/vector_stores/{vector_store_id}"
_FILE = _STORE + "/files/{file_id}"
_BATCH = _STORE + "/file_batches/{batch_id}"

ENDPOINTS = (
    Endpoint("POST", "/vector_stores", create, CREATE, "json"),
    Endpoint("GET", "/vector_stores", list_stores, PAGES),
    Endpoint("GET", _STORE, retrieve),
    Endpoint("POST", _STORE, update, UPDATE, "json"),
    Endpoint("DELETE", _STORE, delete),
    Endpoint("POST", _STORE + "/search", find, SEARCH, "json"),
    Endpoint("POST", _STORE + "/files", add, ADD, "json"),
    Endpoint("GET", _STORE + "/files", list_files, LIST_FILES),
    Endpoint("GET", _FILE, retrieve_file),
    Endpoint("POST", _FILE, update_file, {"attributes": optional(ATTRIBUTES)}, "json"),
    Endpoint("DELETE", _FILE, delete_file),
    Endpoint("GET", _FILE + "/content", content),
    Endpoint("POST", _STORE + "/file_batches", create_batch, ADD_MANY, "json"),
    Endpoint("GET", _BATCH, retrieve_batch),
    Endpoint("POST", _BATCH + "/cancel", cancel_batch),
    Endpoint("GET", _BATCH + "/files", list_batch_files, LIST_FILES),
)
