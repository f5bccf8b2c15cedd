"""The journal's file: SQLite, blocking, for one thread. What is wrong with it, in plain words."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import JournalError
from ._formats import storable
from ._lock import Busy, ProcessLock

__all__ = ["Row", "Store", "StoredRow"]

APPLICATION_ID = 0x6F61_6A6C
"""Says in the file's head that it is a journal of ours: "oajl"."""
VERSION = 1
_SCHEMA = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,  -- the order of coming
    key BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    item TEXT,
    value BLOB NOT NULL,
    time REAL NOT NULL  -- seconds since 1970
)
"""
_KEYS_AT_ONCE = 500
"""SQLite's older releases take 999 parameters."""
_PAGE_BYTES = 4 << 20
_PAGE_ROWS = 2000
_DELETED_AT_ONCE = 5000


class Row(NamedTuple):
    """What is put into a journal for one item."""

    key: bytes
    """`journal_key` of the item and the parameters of the call."""
    value: bytes
    """What came back: for an embedding little-endian float32 numbers, else JSON in UTF-8."""
    kind: str
    """What the value is: "embedding" or "json"."""
    item: str | None
    """What was sent, for people and for exports; None keeps it out of the file."""


class StoredRow(NamedTuple):
    """A row as it stands in the file."""

    id: int
    key: bytes
    kind: str
    item: str | None
    value: bytes
    time: float


class Store:
    """An open journal. Every method raises `JournalError`."""

    def __init__(self, path: Path, *, read_only: bool, timeout: float) -> None:
        self._path = path
        self._lock = None if read_only else self._take_lock()
        try:
            with self._told():
                self._db = self._open(read_only, timeout)
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Close it; a second time does nothing."""
        with contextlib.suppress(sqlite3.Error):  # what is in the log stays there
            self._db.close()
        self._release()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that are there."""
        found: dict[bytes, bytes] = {}
        with self._told():
            for start in range(0, len(keys), _KEYS_AT_ONCE):
                some = keys[start : start + _KEYS_AT_ONCE]
                marks = ",".join("?" * len(some))
                found.update(
                    self._db.execute(f"SELECT key, value FROM entries WHERE key IN ({marks})", some)  # noqa: S608
                )
        return found

    def put(self, rows: Iterable[Row]) -> None:
        """Write rows, all or none; a key that is there gets the new value."""
        now = time.time()
        written = [(row.key, row.kind, storable(row.item), row.value, now) for row in rows]
        with self._told(), self._transaction():
            self._db.executemany(
                "INSERT INTO entries (key, kind, item, value, time) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, item = excluded.item,"
                " value = excluded.value, time = excluded.time",
                written,
            )

    def page(self, after: int, kind: str | None) -> list[StoredRow]:
        """Some of the rows behind an id, in order; none at the end."""
        page: list[StoredRow] = []
        size = 0
        with self._told():
            rows = self._db.execute(
                "SELECT id, key, kind, item, value, time FROM entries"
                " WHERE id > ? AND (? IS NULL OR kind = ?) ORDER BY id LIMIT ?",
                (after, kind, kind, _PAGE_ROWS),
            )
            try:
                while size < _PAGE_BYTES and (values := rows.fetchone()):
                    page.append(StoredRow(*values))
                    size += len(page[-1].value)
            except sqlite3.Error:
                if not page:
                    raise  # else what could be read comes first, and the error with the next page
            finally:
                rows.close()
        return page

    def count(self, kind: str | None) -> int:
        """How many rows there are."""
        with self._told():
            (number,) = self._db.execute(
                "SELECT count(*) FROM entries WHERE ? IS NULL OR kind = ?", (kind, kind)
            ).fetchone()
        return int(number)

    def delete_some(self, before: float | None, kind: str | None) -> int:
        """Delete some of the rows that are older than a time; gives how many. 0: that was all."""
        with self._told(), self._transaction():
            return self._db.execute(
                "DELETE FROM entries WHERE id IN (SELECT id FROM entries"
                " WHERE (? IS NULL OR time < ?) AND (? IS NULL OR kind = ?) LIMIT ?)",
                (before, before, kind, kind, _DELETED_AT_ONCE),
            ).rowcount

    def shrink(self) -> None:
        """Give the room of deleted rows back to the disk."""
        with self._told():
            # Not `execute`: it takes one step, and this frees a page with each.
            self._db.executescript("PRAGMA incremental_vacuum")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # Opening

    def _take_lock(self) -> ProcessLock:
        try:
            return ProcessLock(self._path.with_name(f"{self._path.name}-lock"))
        except Busy as busy:
            who = "another process" if busy.pid is None else f"process {busy.pid}"
            raise self._error(
                f"is in use by {who}",
                "wait for it, stop it, or use a journal of your own for each job",
            ) from None
        except OSError as error:
            raise self._error(
                f"can't be written: {error.strerror}",
                "its folder must be there and must be writable, or use another path",
            ) from error

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _open(self, read_only: bool, timeout: float) -> sqlite3.Connection:
        if read_only and not self._path.exists():
            raise self._error("is not there", "check the path")
        if self._path.is_dir():
            raise self._error("is a folder", "give the path of a file in it")
        if not read_only:
            return self._prepared(_connect(self._path, "rwc", timeout))
        try:
            # It is opened for writing all the same, so that no log is left behind at the end.
            return self._prepared(_connect(self._path, "rw", timeout), create=False)
        except sqlite3.OperationalError:
            if self._path.with_name(f"{self._path.name}-wal").exists():
                raise
            # The folder is not to be written to; and without a log nobody is writing the file.
            return self._prepared(_connect(self._path, "ro&immutable=1", timeout), create=False)

    def _prepared(self, db: sqlite3.Connection, *, create: bool = True) -> sqlite3.Connection:
        """The connection, after a look at what the file is: nothing is changed before that."""
        try:
            self._check(db)
            if create:
                _set_up(db)
            else:
                db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
        return db

    def _check(self, db: sqlite3.Connection) -> None:
        marks = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS]
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if marks == [APPLICATION_ID, VERSION] or (marks == [0, 0] and not tables):
            return
        if marks[0] != APPLICATION_ID:
            raise self._error("is a database, but no journal", "use another path")
        raise self._error(
            f"was written by a newer release (its version is {marks[1]}, known here is {VERSION})",
            "upgrade openai_async, or use another path",
        )

    # Failing

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled it back by itself, as it does when the disk is full.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Generator[None]:
        """What SQLite says, in words that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            said = str(error)
            for sign, told, advice in _WORDS:
                if sign in said:
                    raise self._error(told, advice) from error
            raise self._error(f"can't be used: {said}", _UNHARMED) from error

    def _error(self, told: str, advice: str) -> JournalError:
        return JournalError(f"the journal {self._path} {told}; {advice}")


_MARKS = ("application_id", "user_version")
_UNHARMED = "what was written before stays readable"
_WORDS = (
    ("disk is full", "has no room: the disk is full", f"make room and go on; {_UNHARMED}"),
    (
        "disk I/O error",
        "can't be read or written: the disk refuses (full, over its quota, or failing)",
        f"make room or use another disk, and go on; {_UNHARMED}",
    ),
    (
        "locked",
        "is locked by another program",
        "close what has it open, such as a database browser",
    ),
    (
        "malformed",
        "is damaged",
        "export what can be read (`openai-async journal export`), then move it away",
    ),
    ("not a database", "is no journal, or is damaged", "use another path, or move it away"),
    ("readonly", "can't be written", "make the file and its folder writable, or use another path"),
    ("unable to open", "can't be opened", "its folder must be there, readable and writable"),
)
"""A part of what SQLite says (before Python 3.11 there are no codes), and how it is put here."""


def _connect(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=timeout, isolation_level=None
    )


def _set_up(db: sqlite3.Connection) -> None:
    # Only a file that is empty yet heeds the first two.
    db.execute("PRAGMA page_size = 8192")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # so that cleaning needs no second copy
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("PRAGMA synchronous = FULL")  # what was paid for outlives a power cut too
    db.execute("PRAGMA journal_size_limit = 67108864")
    if db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,):
        return
    db.executescript(
        f"BEGIN IMMEDIATE; {_SCHEMA}; PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {VERSION}; COMMIT"
    )
