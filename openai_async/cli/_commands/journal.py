"""`openai-async journal`"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from ...bulk import Entry, Journal
from .._loop import run_async
from .._output import Failure, note, one_line, write, write_json

HELP = "What bulk jobs keep: list it, take it out, clean it."
_SHOWN = 60  # characters of an item

File: TypeAlias = Annotated[Path, typer.Argument(metavar="PATH", help="The journal's file.")]
Kind: TypeAlias = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="Only these: embedding or json.")
]


def add_to(app: typer.Typer) -> None:
    app.command("list")(list_entries)
    app.command("export")(export)
    app.command("clean")(clean)


def list_entries(
    path: File,
    kind: Kind = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
) -> object:
    """List what is there: time, kind, size, item. Works while a job is writing, too."""

    async def work(journal: Journal) -> None:
        async for entry in journal.entries(kind):
            if json:
                write_json(_facts(entry), line=True)
            else:
                item = one_line(entry.item or "")
                short = item if len(item) <= _SHOWN else f"{item[: _SHOWN - 3].rstrip()}..."
                when = f"{entry.time.astimezone():%Y-%m-%d %H:%M:%S}"
                write(f"{when}\t{entry.kind}\t{_size(entry)}\t{short}")

    return _with(Journal(path, read_only=True), work)


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "time": entry.time.isoformat(),
        "kind": entry.kind,
        "bytes": len(entry.value),
        "item": entry.item,
    }


def _size(entry: Entry) -> str:
    if entry.kind == "embedding":
        return f"{len(entry.value) // 4} numbers"
    return f"{len(entry.value)} bytes"


def export(
    path: File,
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="A .jsonl, .npy, .parquet or .sqlite file.")
    ],
    kind: Kind = None,
) -> object:
    """Write what is there to a file for other programs; a .npy file takes the vectors."""

    async def work(journal: Journal) -> None:
        count = await journal.export(output, kind=kind)
        note(f"Wrote {count:,} entries to {output}.")

    return _with(Journal(path, read_only=True), work)


def clean(
    path: File,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="SPAN", help="Such as 30d, 12h, 45m, or seconds."),
    ] = None,
    kind: Kind = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete all of it.")] = False,
) -> object:
    """Delete entries, and give the room back to the disk. To be rid of all, delete the file."""
    if older_than is None and kind is None and not everything:
        raise Failure("say what to delete: --older-than, --kind, or --all", code=2)
    span = None if older_than is None else _span(older_than)

    async def work(journal: Journal) -> None:
        write(f"{await journal.clean(older_than=span, kind=kind):,} deleted")

    if not path.exists():  # opening would make one
        raise Failure(f"{path} is not there")
    return _with(Journal(path), work)


_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text)
    if found is None:
        raise Failure(f"--older-than is a span such as 30d, 12h or 45m, not {text!r}", code=2)
    try:
        return timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError:
        raise Failure(f"--older-than: {text!r} is too long ago", code=2) from None


def _with(journal: Journal, work: Callable[[Journal], Awaitable[None]]) -> Callable[[], None]:
    async def run() -> None:
        async with journal:
            await work(journal)

    return lambda: run_async(run)
