"""What goes to standard output, and how a failure is put."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import anyio

__all__ = ["Failure", "columns", "note", "one_line", "size", "write", "write_bytes", "write_json"]

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What could move the cursor or recolor the terminal: all but tabs and line ends."""

_PIPE_BYTES = 4096
"""POSIX: a pipe that is ready for writing takes so many bytes without blocking."""


class Failure(Exception):  # noqa: N818 - what the user reads, not a mistake of the program's
    """Ends the command with one line on standard error."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def write(text: str, end: str = "\n") -> None:
    """Write text at once. On a terminal, without the control characters that it may carry."""
    if sys.stdout.isatty():
        text = _CONTROL.sub("", text)
    sys.stdout.write(text + end)
    sys.stdout.flush()


def note(text: str) -> None:
    """A word to the person at the terminal, if there is one; never part of the output."""
    if sys.stderr.isatty():
        print(_CONTROL.sub("", text), file=sys.stderr, flush=True)


def write_json(value: Any, *, line: bool = False) -> None:
    """Write a value (or a model) as a JSON document or, with `line`, on one line."""
    plain = value.to_dict() if hasattr(value, "to_dict") else value
    indent = None if line else 2
    text = json.dumps(plain, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:  # the terminal's coding is a small one, or a surrogate stands alone
        text = json.dumps(plain, indent=indent)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def columns(rows: Iterable[Sequence[object]]) -> None:
    """Write rows: aligned on a terminal, else with tabs between, for `cut` and `awk`."""
    texts = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            write("\t".join(row))
        return
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        write("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else one_line(str(value))


async def write_bytes(data: bytes) -> None:
    """Write bytes as they are, without blocking the loop where nobody reads: Ctrl-C stays quick."""
    sys.stdout.flush()
    fd = sys.stdout.fileno()
    view = memoryview(data)
    while view:
        try:
            await anyio.wait_writable(fd)
        except (
            OSError,
            NotImplementedError,
            ValueError,
        ):  # a file, or Windows: can't be waited for
            sys.stdout.buffer.write(view)
            sys.stdout.buffer.flush()
            return
        view = view[os.write(fd, view[:_PIPE_BYTES]) :]


def one_line(text: str) -> str:
    """Text on one line, without control characters."""
    return _CONTROL.sub("", " ".join(text.split()))


def size(count: float) -> str:
    """Bytes for people: `512 B`, `1.2 kB`, `98.4 MB`."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95 or unit == "GB":
            break
    return f"{count:.1f} {unit}"
