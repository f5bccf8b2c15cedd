"""The journal: what a bulk job has done, on disk, so that it need not be done again."""

from __future__ import annotations

import array
import hashlib
import json
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from typing_extensions import Self

from ..errors import JournalError
from ._store import Row, Store
from ._worker import Worker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EMBEDDING", "JSON", "Entry", "Journal", "Row", "journal_key"]

EMBEDDING = "embedding"
"""The kind of a row whose value is a vector: little-endian float32 numbers."""
JSON = "json"
"""The kind of a row whose value is JSON in UTF-8."""

_CLOSING_SECONDS = 10.0
"""How long closing waits for the disk."""


class Entry(NamedTuple):
    """What a journal knows of one item."""

    key: bytes
    """`journal_key` of the item and the parameters of the call: 32 bytes."""
    kind: str
    """What the value is: "embedding" or "json"."""
    item: str | None
    """What was sent: a text as it is, anything else as JSON."""
    value: bytes
    """As it is stored: little-endian float32 numbers, or JSON in UTF-8."""
    time: datetime
    """When it was written."""

    def load(self) -> Any:
        """The value itself: a list of floats, or what the JSON says."""
        if self.kind != EMBEDDING:
            return json.loads(self.value)
        vector = array.array("f", self.value)
        if sys.byteorder == "big":
            vector.byteswap()
        return vector.tolist()

    def to_numpy(self) -> NDArray[np.float32]:
        """The vector as a float32 array (extra `numpy`). Raises `ValueError` where it is none."""
        import numpy as np  # noqa: PLC0415 - an extra

        if self.kind != EMBEDDING:
            raise ValueError(f"an entry of kind {self.kind!r} is no vector")
        return np.frombuffer(self.value, dtype="<f4").astype(np.float32)


class Journal:
    """A file that keeps the results of a bulk job as they come.

        async with Journal("texts.journal") as journal:
            async for result in client.embeddings.create_many(texts, model=..., journal=journal):
                ...

    One SQLite file (with `-wal` and `-shm` beside it while it is open). What `put` has returned from
    outlives `kill -9` and a power cut. One process writes at a time: a second one gets a
    `JournalError`, at once, and the lock dies with its holder. With `read_only=True` it can be read
    while another process writes.
    It holds what was sent and what came back, in the clear, and no key and no headers.

    `timeout`: seconds to wait for another program that has the file locked.
    Every method raises `JournalError` where the file or the disk refuses; what was written before
    stays readable. For one event loop or several, asyncio or trio.
    """

    def __init__(
        self, path: str | PathLike[str], *, read_only: bool = False, timeout: float = 5.0
    ) -> None:
        self._path = Path(path).absolute()  # a change of directory does no harm
        self._read_only = read_only
        self._timeout = timeout
        self._open: _Open | None = None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    def __repr__(self) -> str:
        return f"<Journal {str(self._path)!r}{'' if self._open else ', not open'}>"

    # Opening and closing

    async def open(self) -> Self:
        """Open the file, and make it if it is not there; `async with` does the same."""
        if self._open is not None:
            raise JournalError(f"the journal {self._path} is open already")
        opened = _Open(self._path, read_only=self._read_only, timeout=self._timeout)
        try:
            await opened.worker.run(opened.open)
        except BaseException:
            await opened.worker.finish(opened.close, seconds=_CLOSING_SECONDS)
            raise
        self._open = opened
        # A journal that is dropped lets go of its file and its lock.
        self._dropped = weakref.finalize(self, opened.abandon)
        self._dropped.atexit = False
        return self

    async def aclose(self) -> None:
        """Close the file; a second time does nothing. Bounded: a disk that hangs is left behind."""
        opened, self._open = self._open, None
        if opened is not None:
            self._dropped.detach()
            await opened.worker.finish(opened.close, seconds=_CLOSING_SECONDS)

    close = aclose

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    # Rows

    async def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that are there."""
        opened = self._opened()
        return await opened.worker.run(opened.store.get, keys) if keys else {}

    async def put(self, rows: Sequence[Row]) -> None:
        """Write rows. When this returns they are on the disk, all of them.

        A key that is there gets the new value. Puts that wait at the same time are written
        together. One that is cancelled has been written as a whole, or not at all.
        """
        opened = self._opened()
        write = _Write(rows)
        if not write.rows:
            return
        opened.writes.add(write)
        try:
            await opened.worker.run(opened.flush, write)
        except BaseException:
            opened.writes.discard(write)
            raise

    async def entries(self, kind: str | None = None) -> AsyncIterator[Entry]:
        """Everything that is there, or that of one kind, in the order in which it was first put."""
        last = 0
        while True:
            opened = self._opened()
            page = await opened.worker.run(opened.store.page, last, kind)
            if not page:
                return
            for row in page:
                at = datetime.fromtimestamp(row.time, timezone.utc)
                yield Entry(row.key, row.kind, row.item, row.value, at)
            last = page[-1].id

    async def count(self, kind: str | None = None) -> int:
        """How many entries there are, or how many of one kind."""
        opened = self._opened()
        return await opened.worker.run(opened.store.count, kind)

    async def export(self, path: str | PathLike[str], *, kind: str | None = None) -> int:
        """Write the entries, or those of one kind, to a file for other programs; gives how many.

        The suffix says how. `.jsonl`: an object a line with `item`, `kind`, `embedding` or `value`,
        and `time`; `.parquet` (extra `parquet`) and `.sqlite`: the same as columns; `.npy`: the
        vectors alone, as one float32 array of (entries, dimensions). Memory stays flat, and under the
        final name there is the whole file or nothing new.

        Raises `ConfigurationError` for another suffix, or vectors of several lengths in a .npy file,
        and `OSError` where the disk refuses.
        """
        from ._export import export  # noqa: PLC0415 - seldom needed

        if Path(path).suffix.lower() == ".npy":
            kind = kind or EMBEDDING
        return await export(self.entries(kind), path, kind=kind)

    async def clean(
        self, *, older_than: timedelta | float | None = None, kind: str | None = None
    ) -> int:
        """Delete entries, all or those that fit, and give the room back to the disk.

        `older_than`: a timedelta, or seconds. Gives how many were deleted.
        """
        opened = self._opened()
        before = None if older_than is None else time.time() - _seconds(older_than)
        deleted = 0
        while some := await opened.worker.run(opened.store.delete_some, before, kind):
            deleted += some
        await opened.worker.run(opened.store.shrink)
        return deleted

    def _opened(self) -> _Open:
        if self._open is None:
            raise JournalError(f"the journal {self._path} is not open; use `async with`")
        return self._open


class _Open:
    """What an open journal holds. Nothing here knows the journal, so that one can be dropped."""

    store: Store

    def __init__(self, path: Path, *, read_only: bool, timeout: float) -> None:
        self._how = path, read_only, timeout
        self.writes = _Writes()
        self.worker = Worker(f"journal {path.name}")

    def open(self) -> None:
        path, read_only, timeout = self._how
        self.store = Store(path, read_only=read_only, timeout=timeout)

    def close(self) -> None:
        if hasattr(self, "store"):  # else opening failed
            self.store.close()

    def abandon(self) -> None:
        self.worker.abandon(self.close)

    def flush(self, write: _Write) -> None:
        """Write what waits, unless it was written together with an earlier one."""
        if not write.taken:
            together = self.writes.take()
            try:
                self.store.put([row for each in together for row in each.rows])
            except Exception as error:
                self._separately(together, error)
        if write.error is not None:
            raise write.error

    def _separately(self, writes: list[_Write], error: Exception) -> None:
        """What could not be written together: so that each one fails for its own sake only."""
        for write in writes:
            write.error = error
            if len(writes) > 1:
                write.error = self._failure(write)

    def _failure(self, write: _Write) -> Exception | None:
        try:
            self.store.put(write.rows)
        except Exception as error:
            return error
        return None


class _Write:
    """Rows on their way to the disk."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.taken = False
        self.error: Exception | None = None


class _Writes:
    """The writes that wait, between the threads that bring them and the one that takes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Write] = []

    def add(self, write: _Write) -> None:
        with self._lock:
            self._waiting.append(write)

    def discard(self, write: _Write) -> None:
        """Forget one that has not been taken."""
        with self._lock:
            if not write.taken:
                self._waiting.remove(write)

    def take(self) -> list[_Write]:
        with self._lock:
            taken, self._waiting = self._waiting, []
            for write in taken:
                write.taken = True
        return taken


def _seconds(span: timedelta | float) -> float:
    return span.total_seconds() if isinstance(span, timedelta) else span


def journal_key(kind: str, item: Any, params: Mapping[str, Any]) -> bytes:
    """What identifies a call: 32 bytes, the SHA-256 of its canonical JSON.

    `kind` is what is called, such as "embeddings"; `item` and `params` are anything that JSON can
    say. The order of keys, tuples for lists, and 1.0 for 1 make no difference; everything else does.
    Raises `TypeError` and `ValueError` for what JSON can't say.
    """
    text = json.dumps(
        [kind, _canonical(item), _canonical(params)],
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(text.encode("ascii")).digest()


def _canonical(value: Any) -> Any:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        members: Mapping[Any, Any] = cast("Any", value)
        return {key: _canonical(each) for key, each in members.items()}
    if isinstance(value, (list, tuple)):
        items: Sequence[Any] = cast("Any", value)
        return [_canonical(each) for each in items]
    return value
