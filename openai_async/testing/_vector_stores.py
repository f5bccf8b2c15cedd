"""Vector stores: files in chunks, and the search for the most similar ones.

Nothing runs: statuses are read off the clock, when somebody asks, and a chunk gets its vector when
it is first searched.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import TYPE_CHECKING, Any, NamedTuple

from ._clock import Timed
from ._errors import bad_request, no_such
from ._filters import lets_through
from ._params import Json
from ._tokens import tokenizer
from ._vectors import embed

if TYPE_CHECKING:
    from ._state import State, StoredFile

__all__ = ["Batch", "Chunking", "Entry", "Hit", "VectorStore", "find_store", "search"]

_DIMENSIONS = 1536
_VECTOR_BYTES = 4 * _DIMENSIONS
_DAY = 86_400


class Chunking(NamedTuple):
    """How a file is cut, in tokens."""

    size: int = 800
    overlap: int = 400

    def describe(self) -> Json:
        """The API's chunking strategy."""
        sizes = {"max_chunk_size_tokens": self.size, "chunk_overlap_tokens": self.overlap}
        return {"type": "static", "static": sizes}

    def cut(self, text: str) -> Iterator[str]:
        """The chunks of a text."""
        tokens = tokenizer().encode(text)
        for start in range(0, len(tokens), self.size - self.overlap):
            yield tokenizer().decode(tokens[start : start + self.size])
            if start + self.size >= len(tokens):
                return


@dataclass
class Chunk:
    """A piece of a file, as it is found."""

    text: str
    _vector: array[float] | None = None

    @property
    def vector(self) -> array[float]:
        """Of length 1."""
        if self._vector is None:
            self._vector = embed(self.text, _DIMENSIONS, _DIMENSIONS)
        return self._vector


@dataclass
class Entry(Timed):
    """A file in a store. `ready` is when it is taken in, or has failed, by the clock."""

    stored: StoredFile
    store_id: str
    attributes: Json
    chunking: Chunking
    ready: float
    cancelled: bool = False
    text: str = ""
    chunks: Sequence[Chunk] = ()
    problem: tuple[str, str] | None = None
    """The code and message of why it fails."""

    def read(self) -> Entry:
        """Take the text in, or find out why it can't be done; of a large file this takes a while."""
        content = self.stored.read()
        try:
            is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
            self.text = content.decode("utf-16" if is_wide else "utf-8-sig")
        except UnicodeDecodeError:
            self.problem = ("unsupported_file", "The file type is not supported: it is no text.")
            return self
        if "\0" in self.text:
            self.problem = ("unsupported_file", "The file type is not supported: it is no text.")
        elif not self.text.strip():
            self.problem = ("invalid_file", "The file has no text in it.")
        else:
            self.chunks = [Chunk(text) for text in self.chunking.cut(self.text)]
        return self

    def status(self) -> str:
        """`in_progress`, and in the end `completed`, `failed` or `cancelled`."""
        if self.cancelled:
            return "cancelled"
        if self.clock.now() < self.ready:
            return "in_progress"
        return "completed" if self.problem is None else "failed"

    @property
    def usage(self) -> int:
        """Bytes: the chunks and their vectors."""
        if self.status() != "completed":
            return 0
        return sum(len(chunk.text.encode()) + _VECTOR_BYTES for chunk in self.chunks)

    def describe(self) -> Json:
        """The API's `vector_store.file` object."""
        status = self.status()
        code, message = self.problem or ("", "")
        return {
            "id": self.stored.id,
            "object": "vector_store.file",
            "usage_bytes": self.usage,
            "created_at": int(self.created),
            "vector_store_id": self.store_id,
            "status": status,
            "last_error": {"code": code, "message": message} if status == "failed" else None,
            "chunking_strategy": self.chunking.describe(),
            "attributes": self.attributes,
        }


@dataclass
class Batch(Timed):
    """Files that were put in together; they are taken in one after the other."""

    id: str
    store_id: str
    entries: Sequence[Entry]
    cancelled: bool = False

    @property
    def ready(self) -> float:
        """When nothing is in progress any more."""
        return max(entry.ready for entry in self.entries)

    def status(self) -> str:
        """`failed` where not one file could be taken in."""
        if self.cancelled:
            return "cancelled"
        counts = count(self.entries)
        if counts["in_progress"]:
            return "in_progress"
        return "failed" if counts["failed"] == counts["total"] else "completed"

    def cancel(self) -> None:
        """Stop here: what is in progress will never be done."""
        self.cancelled = True
        for entry in self.entries:
            entry.cancelled = entry.status() == "in_progress"

    def describe(self) -> Json:
        """The API's `vector_store.files_batch` object."""
        return {
            "id": self.id,
            "object": "vector_store.files_batch",
            "created_at": int(self.created),
            "vector_store_id": self.store_id,
            "status": self.status(),
            "file_counts": count(self.entries),
        }


@dataclass
class VectorStore(Timed):
    """A store, its files by their ids, and its batches."""

    id: str
    name: str
    description: str | None = None
    metadata: Json = field(default_factory=dict[str, Any])
    expires_after: Json | None = None
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    batches: dict[str, Batch] = field(default_factory=dict[str, Batch])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.last_active = self.created

    @property
    def expires(self) -> float:
        """When it is over, if nobody uses it."""
        return self.last_active + (
            math.inf if self.expires_after is None else self.expires_after["days"] * _DAY
        )

    def status(self) -> str:
        """`expired`, `in_progress` while a file is, else `completed`."""
        if self.clock.now() >= self.expires:
            return "expired"
        return "in_progress" if count(self.entries.values())["in_progress"] else "completed"

    def touch(self) -> None:
        """It is used; 400 if it has expired."""
        if self.status() == "expired":
            raise bad_request(f"Vector store {self.id} is expired.", "vector_store_id")
        self.last_active = self.clock.now()

    def describe(self) -> Json:
        """The API's `vector_store` object."""
        expires = None if self.expires_after is None else int(self.expires)
        return {
            "id": self.id,
            "object": "vector_store",
            "created_at": int(self.created),
            "name": self.name,
            "description": self.description,
            "usage_bytes": sum(entry.usage for entry in self.entries.values()),
            "file_counts": count(self.entries.values()),
            "status": self.status(),
            "expires_after": self.expires_after,
            "expires_at": expires,
            "last_active_at": int(self.last_active),
            "metadata": self.metadata,
        }


def count(entries: Iterable[Entry]) -> Json:
    """The API's `file_counts`."""
    found = Counter(entry.status() for entry in entries)
    names = ("in_progress", "completed", "failed", "cancelled")
    return {**{name: found[name] for name in names}, "total": found.total()}


def find_store(state: State, store_id: str) -> VectorStore:
    """A store by id, without the files that were deleted since, or a 404."""
    store = state.vector_stores.get(store_id)
    if store is None:
        raise no_such("VectorStore", store_id, "vector_store_id")
    for file_id in store.entries.keys() - state.files.keys():
        del store.entries[file_id]
    return store


class Hit(NamedTuple):
    """A chunk that was found."""

    entry: Entry
    text: str
    score: float
    """Cosine similarity; 0 to 1."""

    @property
    def file_id(self) -> str:
        return self.entry.stored.id

    @property
    def filename(self) -> str:
        return self.entry.stored.filename

    @property
    def attributes(self) -> Mapping[str, Any]:
        return self.entry.attributes


def search(
    store: VectorStore,
    query: str | Sequence[str],
    filters: Json | None = None,
    limit: int = 10,
    *,
    threshold: float = 0.0,
) -> list[Hit]:
    """The chunks most similar to a query (to any of several), best first.

    `filters` is what the rule `Filter` lets pass. New chunks take about ten milliseconds each: call
    it in a thread.
    """
    queries = [query] if isinstance(query, str) else query
    wanted = [embed(text, _DIMENSIONS, _DIMENSIONS) for text in queries]
    hits = [
        Hit(entry, chunk.text, score)
        for entry in list(store.entries.values())
        if entry.status() == "completed" and lets_through(filters, entry.attributes)
        for chunk in entry.chunks
        if (score := max(_similarity(vector, chunk.vector) for vector in wanted)) >= threshold
    ]
    return sorted(hits, key=lambda hit: -hit.score)[:limit]


def _similarity(one: array[float], other: array[float]) -> float:
    product: float = sum(map(mul, one, other))
    return min(1.0, max(0.0, product))
