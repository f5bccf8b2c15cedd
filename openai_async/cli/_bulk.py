"""What the bulk commands share: items to a job, its results to a file, and a word at the end."""

from __future__ import annotations

import csv
import dataclasses
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from anyio import get_cancelled_exc_class, to_thread

from ..bulk import Job, Journal, Progress
from ..bulk._formats import Columns, Line
from ..bulk._outputs import Output, checked_suffix, discard_leftovers
from ..errors import ConfigurationError
from ._items import FORMATS, InputFormat, Item, Source, read_items, sources
from ._output import Failure, note, one_line, size

__all__ = ["PANEL", "PATIENCE", "Bulk", "Clean", "Concurrency", "Field", "Format", "JournalPath"]
__all__ += ["NoJournal", "Patience", "StopAfter", "UnreadableError", "refuse_without_output"]

PANEL = "Bulk jobs"
PATIENCE = 600.0
"""Seconds, where nothing else is said."""

Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="How the inputs are read: txt (a line an item), jsonl, csv (commas or semicolons) or"
        " tsv. Default: as their names end; standard input: txt.",
        rich_help_panel=PANEL,
    ),
]
Field: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--field",
        "--column",
        metavar="NAME",
        help="Where in a JSON object, or a row of CSV, the text is. Default: text, input, or prompt.",
        rich_help_panel=PANEL,
    ),
]
JournalPath: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="PATH",
        help="Where results are kept as they come, so that a second run goes on."
        " Default: OUT.journal.",
        rich_help_panel=PANEL,
    ),
]
NoJournal: TypeAlias = Annotated[
    bool, typer.Option("--no-journal", help="Keep nothing.", rich_help_panel=PANEL)
]
Clean: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--clean",
        help="Remove the journal when all items are done and none has failed.",
        rich_help_panel=PANEL,
    ),
]
Concurrency: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        help="Requests on their way at a time. Default: as many as do good.",
        rich_help_panel=PANEL,
    ),
]
StopAfter: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--stop-after", metavar="N", min=1, help="Give up when N items have failed.",
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
Patience: TypeAlias = Annotated[
    float,
    typer.Option(
        "--patience",
        metavar="SECONDS",
        min=0,
        help="How long to wait for a server with which no call succeeds.",
        rich_help_panel=PANEL,
    ),
]

_AT_ONCE_BYTES = 1 << 20
_AT_ONCE_LINES = 500


class UnreadableError(ValueError):
    """Why there is nothing to send for an item."""


_Send: TypeAlias = "Callable[[Any], Any]"
_Begin: TypeAlias = "Callable[[AsyncIterable[Any], Journal | None], Job[Any, Any]]"
_ToLine: TypeAlias = "Callable[[Any], tuple[Any, ...]]"


class Bulk:
    """One bulk command: its inputs, its output, its journal.

    Raises `Failure` for what can't be, before anything is sent.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        output: Path,
        *,
        columns: Columns,
        format: str | None,
        field: str | None,
        journal: Path | None,
        no_journal: bool,
        clean: bool,
    ) -> None:
        try:
            if checked_suffix(output) == ".npy" and "vector" not in columns.values():
                raise Failure(
                    "a .npy file holds vectors: write .jsonl, .parquet or .sqlite", code=2
                )
        except ConfigurationError as error:
            raise Failure(str(error), code=2) from None
        self._sources = sources(inputs, _format(format))
        if any(source.path and _same(source.path, output) for source in self._sources):
            raise Failure(f"{output} is among the inputs", code=2)
        if no_journal and (journal or clean):
            raise Failure("--no-journal leaves nothing for --journal or --clean to do", code=2)
        self._output = output
        self._columns = columns
        self._field = field
        self._clean = clean
        self._path = None if no_journal else journal or output.with_name(f"{output.name}.journal")
        self._items: dict[int, Item] = {}  # those that are outstanding
        self._first_failure: str | None = None
        self._done = 0

    async def run(
        self,
        send: _Send,
        begin: _Begin,
        line: _ToLine,
    ) -> int:
        """Run the job, write its results, and tell of it; gives the exit code.

        `send` says what is sent for an item's value and raises `ValueError` where that can't be said;
        `begin` makes the job of those; `line` says what is written of a result's value. The columns
        are `index`, `input`, those of `line`, and `error`.
        """
        new = self._path is not None and not self._path.exists()
        try:
            progress = await self._run(send, begin, line)
        finally:
            if new and self._path is not None and not self._done:
                self._path.unlink(missing_ok=True)  # there is nothing in it
        return self._end(progress)

    async def _run(self, send: _Send, begin: _Begin, line: _ToLine) -> Progress:
        async with AsyncExitStack() as stack:
            journal = None
            if self._path is not None:
                journal = await stack.enter_async_context(Journal(self._path))
                discard_leftovers(self._output)  # nobody else is at it: we hold the journal
            output = await stack.enter_async_context(Output(self._output, self._columns))
            inputs = await self._inputs(send)
            job = await stack.enter_async_context(begin(inputs, journal))
            try:
                await self._write(job, output, line)
                await output.complete()
            except BaseException as error:
                self._tell_how_to_go_on(error)
                raise
            return job.progress

    async def _inputs(self, send: _Send) -> AsyncIterable[Any]:
        total = None
        # Only for the bar; what comes through a pipe can't be counted.
        if sys.stderr.isatty() and all(source.path for source in self._sources):
            total = await to_thread.run_sync(_count, self._sources, abandon_on_cancel=True)
        return _Inputs(self._read(send)) if total is None else _Counted(self._read(send), total)

    async def _read(self, send: _Send) -> AsyncGenerator[Any, None]:
        async for item in read_items(self._sources, self._field):
            sent = _sent(item, send)
            failed = isinstance(sent, UnreadableError)
            self._items[item.index] = dataclasses.replace(item, error=str(sent)) if failed else item
            yield sent

    async def _write(self, job: Job[Any, Any], output: Output, line: _ToLine) -> None:
        nothing = (None,) * (len(self._columns) - 3)
        lines: list[Line] = []
        waiting = 0
        async for result in job:
            item = self._items.pop(result.index)
            self._done += result.ok
            value = line(result.value) if result.ok else nothing
            lines.append((result.index, item.value, *value, self._error(item, result.error)))
            waiting += sum(len(part) for part in value if isinstance(part, (str, bytes)))
            if waiting > _AT_ONCE_BYTES or len(lines) >= _AT_ONCE_LINES:
                await output.write(lines)
                lines, waiting = [], 0
        await output.write(lines)

    def _error(self, item: Item, error: Exception | None) -> str | None:
        if error is None:
            return None
        told = item.error or str(error) or type(error).__name__
        if self._first_failure is None:
            self._first_failure = told if item.error else f"{item.place}: {told}"
        return told

    # What is said

    def _tell_how_to_go_on(self, error: BaseException) -> None:
        stopped = isinstance(error, (get_cancelled_exc_class(), KeyboardInterrupt))
        after = f"{'Stopped' if stopped else 'Failed'} after {self._done:,} items"
        if self._path is None:
            _say(f"{after}. Without a journal nothing is kept; {self._output} was not written.")
        elif self._done:
            _say(f"{after}. They are in {self._path}: the same command goes on from there.")

    def _end(self, progress: Progress) -> int:
        done = progress.done - progress.failed
        facts = [f"{done:,} done"]
        if self._path is not None:
            facts.append(f"{progress.cached:,} from the journal")
        facts.append(f"{progress.failed:,} failed")
        _say(f"{', '.join(facts)}: {self._output}")
        if progress.failed:
            _say(f"The first that failed: {one_line(self._first_failure or '')}")
        self._finish_journal(failed=progress.failed)
        return 1 if progress.failed else 0

    def _finish_journal(self, *, failed: int) -> None:
        if self._path is None:
            return
        if failed:
            note(f"Run it again to try those again; what is done is in {self._path}.")
        elif self._clean:
            self._path.unlink(missing_ok=True)
        elif self._path.exists():  # there is none where there was nothing to keep
            note(
                f"{self._path} ({size(self._path.stat().st_size)}) is kept: what it holds is not paid"
                " for again. --clean removes it."
            )


def refuse_without_output(**given: object) -> None:
    """Raises `Failure` for options of bulk jobs where there is none: they would do nothing."""
    for name, value in given.items():
        if value not in (None, False):
            flag = f"--{name.replace('_', '-')}"
            raise Failure(f"{flag} is for files, whose vectors go to --output", code=2)


def _sent(item: Item, send: _Send) -> Any:
    """What is sent for an item; for one that can't be, the reason in its place."""
    if item.error is not None:
        return UnreadableError(item.error)
    try:
        return send(item.value)
    except ValueError as error:
        return UnreadableError(f"{item.place} {error}")


class _Inputs(AsyncIterable[Any]):
    """What is sent."""

    def __init__(self, items: AsyncGenerator[Any, None]) -> None:
        self._items = items

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._items


class _Counted(_Inputs):
    """What is sent, and how many there are."""

    def __init__(self, items: AsyncGenerator[Any, None], total: int) -> None:
        super().__init__(items)
        self._total = total

    def __len__(self) -> int:
        return self._total


def _count(inputs: Sequence[Source]) -> int:
    """How many items there are."""
    total = 0
    for source in inputs:
        if source.path is None:
            continue
        if source.format in ("csv", "tsv"):
            with source.path.open(encoding="utf-8", errors="replace", newline="") as text:
                rows = csv.reader(text, delimiter="," if source.format == "csv" else "\t")
                total += max(0, sum(1 for row in rows if row) - 1)
        else:
            blank_too = source.format == "txt"
            with source.path.open("rb") as file:
                total += sum(1 for line in file if blank_too or line.strip())
    return total


def _format(name: str | None) -> InputFormat | None:
    for known in FORMATS:
        if name == known:
            return known
    if name is None:
        return None
    raise Failure(f"--format is one of {', '.join(FORMATS)}, not {name!r}", code=2)


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
