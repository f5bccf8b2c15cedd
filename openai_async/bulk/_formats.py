"""Files of results: JSON lines, numpy arrays, Parquet, SQLite. Written row by row, in flat memory.

Everything here blocks, and is used from one thread at a time. A vector is bytes: little-endian
float32 numbers, which go into .npy, .parquet and .sqlite as they are.
"""

from __future__ import annotations

import array
import errno
import importlib
import json
import os
import sqlite3
import struct
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from ..errors import ConfigurationError

__all__ = ["FORMATS", "Columns", "Format", "JsonLines", "Line", "storable"]

ColumnType = Literal["int", "text", "json", "any", "vector", "time"]
Columns: TypeAlias = Mapping[str, ColumnType]
"""The names of a file's columns and what is in them.

`json` is JSON text. `any` is whatever JSON can say: text stands as it is, anything else as JSON, where
the format knows nothing but text. `vector` is bytes. Every value may be None.
"""
Line: TypeAlias = Sequence[Any]
"""A value for each column."""


class Format(Protocol):
    """A file that is being written."""

    def write(self, lines: Sequence[Line]) -> None:
        """Add some rows."""
        ...

    def complete(self) -> None:
        """Write what is still to be written, and close the file."""
        ...

    def abandon(self) -> None:
        """Close the file as it stands; nobody will read it."""
        ...


class JsonLines:
    """A JSON object a line; a column without a value is left out."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._writers = [(json.dumps(name), _TEXTS[of]) for name, of in columns.items()]
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, lines: Sequence[Line]) -> None:
        self._file.writelines(self._text(line) for line in lines)

    def _text(self, line: Line) -> str:
        members = [
            f"{name}: {text(value)}"
            for (name, text), value in zip(self._writers, line, strict=True)
            if value is not None
        ]
        return f"{{{', '.join(members)}}}\n"

    def complete(self) -> None:
        self._file.close()

    abandon = complete


class Values:
    """How a value stands in JSON."""

    @staticmethod
    def plain(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False)
        # What can't be written in UTF-8, a surrogate that stands alone, JSON says in ASCII.
        return text if text.isascii() or _is_text(text) else json.dumps(value)

    @staticmethod
    def json(value: str) -> str:
        return Values.plain(json.loads(value))

    @staticmethod
    def time(value: datetime) -> str:
        return json.dumps(value.isoformat())

    @staticmethod
    def vector(value: bytes) -> str:
        """Nine digits say a float32 exactly, in half the room that a Python float takes."""
        numbers = floats(value)
        text = ", ".join(["%.9g"] * len(numbers)) % tuple(numbers)
        if "n" in text:  # nan or inf, which JSON does not know
            text = ", ".join("null" if "n" in number else number for number in text.split(", "))
        return f"[{text}]"


def floats(vector: bytes) -> array.array[float]:
    """The numbers of a vector."""
    numbers = array.array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_TEXTS = {
    "int": Values.plain,
    "text": Values.plain,
    "json": Values.json,
    "any": Values.plain,
    "vector": Values.vector,
    "time": Values.time,
}


class Npy:
    """One float32 array of (rows, numbers of a vector); a row without a vector is NaN."""

    _HEAD = 128
    """Bytes before the numbers: room for any shape."""

    def __init__(self, path: Path, columns: Columns) -> None:
        vectors = [place for place, of in enumerate(columns.values()) if of == "vector"]
        if not vectors:
            raise ConfigurationError("a .npy file holds vectors, and there are none: use .jsonl")
        self._column = vectors[0]
        self._rows = 0
        self._width = 0
        """Bytes of a vector; 0 until the first one."""
        self._file = path.open("wb")
        self._file.write(bytes(self._HEAD))

    def write(self, lines: Sequence[Line]) -> None:
        for line in lines:
            vector = line[self._column]
            if vector and not self._width:
                self._width = len(vector)
                self._fill(self._rows)  # those before it
            elif vector and len(vector) != self._width:
                raise ConfigurationError(
                    f"vectors of {self._width // 4} and of {len(vector) // 4} numbers"
                    " don't fit in one array: use .jsonl"
                )
            if vector:
                self._file.write(vector)
            else:
                self._fill(1)
            self._rows += 1

    def _fill(self, rows: int) -> None:
        if self._width:
            nothing = struct.pack("<f", float("nan")) * (self._width // 4)
            for _ in range(rows):
                self._file.write(nothing)

    def complete(self) -> None:
        shape = (self._rows, self._width // 4)
        says = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
        room = self._HEAD - 10
        head = struct.pack("<6sBBH", b"\x93NUMPY", 1, 0, room)
        self._file.seek(0)
        self._file.write(head + says.ljust(room - 1).encode("ascii") + b"\n")
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


_IN_WORDS = ("text", "json", "any")


class Parquet:
    """Parquet, by pyarrow (extra `parquet`): a vector is a list of float32."""

    _GROUP_BYTES = 8 << 20
    _GROUP_ROWS = 50_000

    def __init__(self, path: Path, columns: Columns) -> None:
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError:
            needs = "a .parquet file needs pyarrow: pip install 'openai_async[parquet]'"
            raise ConfigurationError(needs) from None
        self._columns = columns
        self._schema = self._arrow.schema([(n, self._type(of)) for n, of in columns.items()])
        # Numbers that hardly ever repeat are not looked up in a dictionary.
        named = [name for name, of in columns.items() if of in _IN_WORDS]
        self._writer = parquet.ParquetWriter(str(path), self._schema, use_dictionary=named)
        self._lines: list[Line] = []
        self._size = 0

    def _type(self, of: ColumnType) -> Any:
        arrow = self._arrow
        if of == "vector":
            return arrow.list_(arrow.float32())
        if of == "time":
            return arrow.timestamp("us", tz="UTC")
        return arrow.int64() if of == "int" else arrow.string()

    def write(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._lines.append(line)
            self._size += sum(len(value) for value in line if isinstance(value, (bytes, str)))
            if self._size > self._GROUP_BYTES or len(self._lines) == self._GROUP_ROWS:
                self._write_group()

    def _write_group(self) -> None:
        lines, self._lines, self._size = self._lines, [], 0
        columns = [
            self._column(of, [line[place] for line in lines])
            for place, of in enumerate(self._columns.values())
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))

    def _column(self, of: ColumnType, values: list[Any]) -> Any:
        if of != "vector":
            values = [storable(value) for value in values] if of in _IN_WORDS else values
            return self._arrow.array(values, type=self._type(of))
        offsets: list[int | None] = []
        end = 0
        for value in values:
            offsets.append(None if value is None else end)
            end += len(value or b"") // 4
        numbers = self._arrow.py_buffer(b"".join(value or b"" for value in values))
        flat = self._arrow.Array.from_buffers(self._arrow.float32(), end, [None, numbers])
        places = self._arrow.array([*offsets, end], type=self._arrow.int32())
        return self._arrow.ListArray.from_arrays(places, flat)

    def complete(self) -> None:
        if self._lines:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        self._writer.close()


_SQL_TYPES = {
    "int": "INTEGER",
    "text": "TEXT",
    "json": "TEXT",
    "any": "TEXT",
    "vector": "BLOB",
    "time": "TEXT",
}


class Sqlite:
    """A table `results`; a vector is a blob, and a column `index` is called `id`, the table's key."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._path = path
        self._columns = list(columns.values())
        names = [
            "id INTEGER PRIMARY KEY" if name == "index" else f"{name} {_SQL_TYPES.get(of, 'TEXT')}"
            for name, of in columns.items()
        ]
        self._insert = f"INSERT INTO results VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # Until it is complete nobody reads it, and what is incomplete is thrown away.
            self._db.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
                f"CREATE TABLE results ({', '.join(names)})"
            )
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def write(self, lines: Sequence[Line]) -> None:
        try:
            self._db.executemany(self._insert, [self._values(line) for line in lines])
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _values(self, line: Line) -> list[Any]:
        return [
            value.isoformat() if isinstance(value, datetime) else storable(value) for value in line
        ]

    def complete(self) -> None:
        try:
            self._db.execute("COMMIT")
            self._db.close()
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def abandon(self) -> None:
        self._db.close()

    def _refused(self, error: sqlite3.Error) -> OSError:
        return OSError(errno.EIO, str(error), os.fspath(self._path))


def storable(value: Any) -> Any:
    """A value as a database takes it: lists and objects as JSON, and in UTF-8, where a surrogate that
    stands alone is written out."""
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


FORMATS: dict[str, type[JsonLines | Npy | Parquet | Sqlite]] = {
    ".jsonl": JsonLines,
    ".npy": Npy,
    ".parquet": Parquet,
    ".sqlite": Sqlite,
}
"""By the end of the file's name."""
