"""A journal's entries as a file for other programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ._formats import Columns, Line
from ._outputs import Output, checked_suffix

if TYPE_CHECKING:
    from ._journal import Entry

__all__ = ["export"]

_COLUMNS: Columns = {
    "item": "text",
    "kind": "text",
    "embedding": "vector",
    "value": "json",
    "time": "time",
}
_AT_ONCE_BYTES = 1 << 20


async def export(
    entries: AsyncIterator[Entry], path: str | PathLike[str], *, kind: str | None
) -> int:
    """Write entries to a path by its suffix; gives how many. As `Journal.export` says."""
    if checked_suffix(Path(path)) == ".npy" and kind not in (None, "embedding"):
        raise ConfigurationError(f"a .npy file holds vectors, not entries of kind {kind!r}")
    written = 0
    async with Output(path, _COLUMNS) as output:
        lines: list[Line] = []
        size = 0
        async for entry in entries:
            lines.append(_line(entry))
            size += len(entry.value)
            written += 1
            if size > _AT_ONCE_BYTES:
                await output.write(lines)
                lines, size = [], 0
        await output.write(lines)
        await output.complete()
    return written


def _line(entry: Entry) -> Line:
    if entry.kind == "embedding":
        return (entry.item, entry.kind, entry.value, None, entry.time)
    return (entry.item, entry.kind, None, entry.value.decode("utf-8", "replace"), entry.time)
