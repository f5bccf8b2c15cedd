"""A file of results, from coroutines: under its final name there is the whole of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from ..errors import ConfigurationError
from ._formats import FORMATS, Columns, Format, JsonLines, Line
from ._worker import Worker

__all__ = ["Output", "checked_suffix", "discard_leftovers"]

_CLOSING_SECONDS = 10.0


class Output:
    """Writes rows to a path, in the format that its suffix names: .jsonl, .npy, .parquet, .sqlite.

        async with Output("out.parquet", {"index": "int", "embedding": "vector"}) as output:
            await output.write([(0, vector)])
            await output.complete()

    What is not completed leaves nothing behind. A .npy file has room for vectors alone: where the
    columns have an `error`, rows that have one stand beside it, in `out.npy.errors.jsonl`.

    Raises `ConfigurationError` for what the format can't hold, and `OSError` where the disk refuses.
    """

    def __init__(self, path: str | PathLike[str], columns: Columns) -> None:
        self._path = Path(path).absolute()
        self._files = _Files(self._path, columns)

    async def __aenter__(self) -> Self:
        self._worker = Worker(f"output {self._path.name}")
        try:
            await self._worker.run(self._files.open)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def write(self, lines: Sequence[Line]) -> None:
        """Add rows: a value for each column."""
        await self._worker.run(self._files.write, lines)

    async def complete(self) -> None:
        """Put the file in its place; what was there before is gone then."""
        await self._worker.run(self._files.complete)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._worker.finish(self._files.discard, seconds=_CLOSING_SECONDS)


class _Files:
    """The file and, where its format has no room for errors, the one beside it. Blocking."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._suffix = checked_suffix(path)
        self._columns = columns
        self._main = _Part(path)
        self._beside = _Part(path.with_name(f"{path.name}.errors.jsonl"))
        self._beside_columns: Columns = {n: of for n, of in columns.items() if of != "vector"}
        self._has_beside = self._suffix == ".npy" and "error" in columns

    def open(self) -> None:
        self._main.open(FORMATS[self._suffix](self._main.temporary, self._columns))

    def write(self, lines: Sequence[Line]) -> None:
        self._main.write(lines)
        if self._has_beside:
            named = (dict(zip(self._columns, line, strict=True)) for line in lines)
            if failed := [one for one in named if one["error"] is not None]:
                self._write_beside([[one[name] for name in self._beside_columns] for one in failed])

    def _write_beside(self, lines: Sequence[Line]) -> None:
        if not self._beside.is_open:
            self._beside.open(JsonLines(self._beside.temporary, self._beside_columns))
        self._beside.write(lines)

    def complete(self) -> None:
        if self._beside.is_open:
            self._beside.complete()
        elif self._has_beside:
            self._beside.path.unlink(missing_ok=True)  # an earlier run's, and no longer true
        self._main.complete()

    def discard(self) -> None:
        self._main.discard()
        self._beside.discard()


class _Part:
    """A file under another name, until it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._format: Format | None = None

    @property
    def is_open(self) -> bool:
        return self._format is not None

    def open(self, how: Format) -> None:
        self._format = how

    def write(self, lines: Sequence[Line]) -> None:
        if self._format is not None:
            self._format.write(lines)

    def complete(self) -> None:
        if self._format is None:
            return
        self._format.complete()
        with self.temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(self.temporary, self.path)
        self._format = None

    def discard(self) -> None:
        if self._format is not None:
            with contextlib.suppress(OSError):  # such as a full disk's, once more
                self._format.abandon()
            self._format = None
        self.temporary.unlink(missing_ok=True)


def checked_suffix(path: Path) -> str:
    """What names the format. Raises `ConfigurationError` where it names none."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        *most, last = FORMATS
        raise ConfigurationError(
            f"{path.name!r} does not say what to write: its name must end in"
            f" {', '.join(most)} or {last}"
        )
    return suffix


def discard_leftovers(path: Path) -> None:
    """Remove what earlier writers of a path left when they were killed; there must be no other now."""
    for name in (path.name, f"{path.name}.errors.jsonl"):
        for left in path.absolute().parent.glob(f".{_literally(name)}.????????.part"):
            left.unlink(missing_ok=True)


def _literally(name: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)
