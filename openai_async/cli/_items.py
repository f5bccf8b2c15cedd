"""The items of a bulk command: read from files and standard input, a few at a time.

What can't be read is an item too, with an error in place of a value, so that the job goes on and
says which line it was.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from anyio import to_thread

from .._json import is_object
from ._inputs import STDIN, stdin_chunks
from ._output import Failure, note

__all__ = ["FORMATS", "InputFormat", "Item", "Source", "field_of", "read_items", "sources"]

InputFormat: TypeAlias = Literal["jsonl", "txt", "csv", "tsv"]
FORMATS: tuple[InputFormat, ...] = ("jsonl", "txt", "csv", "tsv")
_SUFFIXES: dict[str, InputFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".csv": "csv",
    ".tsv": "tsv",
}
USUAL_FIELDS = ("text", "input", "prompt")
"""Where an object's text is, if nobody says."""

_CHUNK = 256 * 1024
_LONGEST = 8 << 20
"""Bytes of a line, or of a CSV record; past that it is an error, and memory stays flat."""


@dataclass(frozen=True)
class Item:
    """One item of the input."""

    index: int
    """From 0, over all inputs."""
    place: str
    """Where it stands, for people: `texts.jsonl line 7`."""
    value: Any = None
    """A text; of JSON lines, whatever the line says; of CSV, a text for each column."""
    error: str | None = None
    """Why it can't be read."""


@dataclass(frozen=True)
class Source:
    """An input and how it is read."""

    name: str
    path: Path | None
    """None is standard input."""
    format: InputFormat


def sources(inputs: Sequence[str], given: InputFormat | None) -> list[Source]:
    """The inputs, looked at before anything is sent. Raises `Failure`, and `OSError`."""
    if list(inputs).count(STDIN) > 1:
        raise Failure("standard input can be read once only", code=2)
    return [_source(name, given) for name in inputs or [STDIN]]


def _source(name: str, given: InputFormat | None) -> Source:
    if name == STDIN:
        if sys.stdin is None:
            raise Failure("there is no standard input")
        if sys.stdin.isatty():
            note("Reading from the terminal; end with Ctrl-D on a line of its own.")
        return Source("standard input", None, given or "txt")
    path = Path(name)
    with path.open("rb"):  # raises what there is to raise now, not in an hour
        pass
    found = given or _SUFFIXES.get(path.suffix.lower())
    if found is None:
        known = ", ".join(f".{each}" for each in FORMATS)
        raise Failure(
            f"{name}: its name does not end in {known}: say what it is with --format", code=2
        )
    return Source(name, path, found)


async def read_items(inputs: Sequence[Source], field: str | None) -> AsyncGenerator[Item, None]:
    """Every item of the inputs, in order. `field` is a column that a CSV file must have."""
    index = 0
    for source in inputs:
        async with aclosing(_lines(source)) as lines:
            readers = {"txt": _texts, "jsonl": _json_lines}
            read = readers.get(source.format)
            found = read(lines) if read else _records(lines, source, field)
            async with aclosing(found):
                async for number, value, error in found:
                    place = f"{source.name} line {number}"
                    told = None if error is None else f"{place} {error}"
                    yield Item(index, place, value, told)
                    index += 1


# Bytes to lines

_Line: TypeAlias = tuple[int, str, str | None]
"""A line: its number from 1, what it says, and why it can't be read, if so."""
_Found: TypeAlias = tuple[int, Any, str | None]
"""The same, with a value in place of the text."""


async def _lines(source: Source) -> AsyncGenerator[list[_Line], None]:
    """Lines as they come, without their ends: those of a chunk at a time."""
    number = 0
    async with aclosing(_raw_lines(source)) as chunks:
        async for raw in chunks:
            if not number and raw[0][:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise Failure(f"{source.name} is text in UTF-16: make it UTF-8 first, with iconv")
            if not number:
                raw[0] = raw[0].removeprefix(b"\xef\xbb\xbf")
                if b"\0" in raw[0][:_CHUNK]:
                    raise Failure(f"{source.name} has zero bytes in it: it is UTF-16, or no text")
            yield [_decoded(number + place, line) for place, line in enumerate(raw, 1)]
            number += len(raw)


def _decoded(number: int, line: bytes) -> _Line:
    line = line.removesuffix(b"\r")
    if len(line) > _LONGEST:
        return number, "", f"is longer than {_LONGEST >> 20} MiB"
    try:
        return number, line.decode("utf-8"), None
    except UnicodeDecodeError as error:
        byte = line[error.start]
        told = f"is not UTF-8: byte 0x{byte:02x} at {error.start + 1}"
        return number, line.decode("utf-8", "replace"), told


async def _raw_lines(source: Source) -> AsyncGenerator[list[bytes], None]:
    parts: list[bytes] = []  # of the line that goes on in the next chunk
    size = 0
    begun = False
    async with aclosing(_chunks(source)) as chunks:
        async for chunk in chunks:
            first, *more = chunk.split(b"\n")
            if size <= _LONGEST:  # what follows of a line that is too long is dropped
                parts.append(first)
                size += len(first)
            if more:
                *whole, last = more
                yield [b"".join(parts), *whole]
                parts, size, begun = [last], len(last), True
    if not size:
        return
    line = b"".join(parts)
    if not begun and b"\r" in line.rstrip(b"\r"):
        raise Failure(f"{source.name}: its lines end in \\r alone: make that \\n first, with tr")
    yield [line]


async def _chunks(source: Source) -> AsyncGenerator[bytes, None]:
    if source.path is None:
        async for chunk in stdin_chunks():
            yield chunk
        return
    file = await to_thread.run_sync(os.open, source.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        while chunk := await to_thread.run_sync(os.read, file, _CHUNK):
            yield chunk
    finally:
        os.close(file)


# Lines to values


async def _texts(lines: AsyncIterator[list[_Line]]) -> AsyncGenerator[_Found, None]:
    """A line is an item, and an empty one is an empty text: the third row is the third line's."""
    async for some in lines:
        for line in some:
            yield line


async def _json_lines(lines: AsyncIterator[list[_Line]]) -> AsyncGenerator[_Found, None]:
    """A JSON value a line; lines of blanks are none."""
    async for some in lines:
        for number, text, error in some:
            if error is not None:
                yield number, None, error
            elif text.strip():
                yield _parsed(number, text)


def _parsed(number: int, text: str) -> _Found:
    try:
        return number, json.loads(text), None
    except json.JSONDecodeError as error:
        told = error.msg.removesuffix(" starting at")
        return number, None, f"is not JSON: {told} at column {error.colno}"
    except (ValueError, RecursionError) as error:  # a number without end, or braces without end
        return number, None, f"can't be read: {error}"


async def _records(
    lines: AsyncIterator[list[_Line]], source: Source, field: str | None
) -> AsyncGenerator[_Found, None]:
    """A CSV record is an item; the first one names the columns. Empty lines are none."""
    csv.field_size_limit(_LONGEST)
    records: _Records | None = None
    names: list[str] | None = None
    async for some in lines:
        for line in some:
            records = records or _Records(_delimiter(source.format, line[1]))
            found = records.feed(line)
            if found is None:
                continue
            number, row, error = found
            if names is None:
                names = _columns(source, row, error, field)
            else:
                yield number, *_named(names, row, error)
    if records is not None and (left := records.rest()) is not None:
        yield left


def _delimiter(format: InputFormat, head: str) -> str:
    """What stands between cells. Where the comma is used in numbers, spreadsheets write semicolons."""
    if format == "tsv":
        return "\t"
    return ";" if ";" in head and "," not in head else ","


def _columns(source: Source, row: list[str], error: str | None, field: str | None) -> list[str]:
    """The names of the columns. Raises `Failure` where there is no such column as is asked for."""
    if error is not None:
        raise Failure(f"{source.name} line 1 {error}")
    if field is not None and field not in row:
        raise Failure(f"{source.name} has no column {field!r}, but: {', '.join(row)}", code=2)
    return row


def _named(names: list[str], row: list[str], error: str | None) -> tuple[Any, str | None]:
    if error is None and len(row) != len(names):
        error = f"has {len(row)} cells for {len(names)} columns"
    return (None, error) if error else (dict(zip(names, row, strict=True)), None)


class _Records:
    """Lines to CSV records, which may go over several lines."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._clear()

    def _clear(self) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._error: str | None = None

    def feed(self, line: _Line) -> tuple[int, list[str], str | None] | None:
        """The record that ends with this line, if one does: where it began, its cells, or why not."""
        number, text, error = line
        if not self._lines:
            if not text and error is None:
                return None
            self._first = number
        self._lines.append(f"{text}\n")
        self._size += len(text)
        self._error = self._error or error
        # A record that is open can only be closed by another quote.
        may_end = len(self._lines) == 1 or '"' in text
        row = self._row() if may_end else None
        if row is None and self._size <= _LONGEST:
            return None
        if row is None:
            self._error = f"has a quote that is not closed within {_LONGEST >> 20} MiB"
        found = self._first, row or [], self._error
        self._clear()
        return found

    def _row(self) -> list[str] | None:
        """The cells; None where a quote is still open."""
        try:
            return self._parsed(strict=True)
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
        try:
            return self._parsed(strict=False)  # such as "a"b, which a person may mean
        except csv.Error as error:
            self._error = self._error or f"is not CSV: {error}"
            return []

    def _parsed(self, *, strict: bool) -> list[str]:
        return next(csv.reader(self._lines, delimiter=self._delimiter, strict=strict))

    def rest(self) -> _Found | None:
        """At the end of the input: what stands behind a quote that was never closed."""
        return (self._first, None, "has a quote that is not closed") if self._lines else None


# Values to texts


def field_of(value: Any, field: str | None) -> Any:
    """The text, or the tokens, of an item's value. Raises `ValueError`, which says what is missing."""
    if not is_object(value):
        return value
    names = USUAL_FIELDS if field is None else (field,)
    for name in names:
        if name in value and value[name] is None:
            raise ValueError(f"has a {name!r} that is null")
        if name in value:
            return value[name]
    if field is None and len(value) == 1:
        return next(iter(value.values()))
    has = ", ".join(value) or "nothing"
    raise ValueError(f"has no {' or '.join(map(repr, names))}, but: {has} (--field says which)")
