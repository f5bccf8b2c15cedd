"""Generated text on its way to standard output, streamed or whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .._stream import AsyncStream
from ._meter import Meter
from ._output import Failure, write, write_json

__all__ = ["wants_stream", "write_stream", "write_texts"]

T = TypeVar("T")

Pieces = Callable[[T], Iterable[tuple[int, str]]]
"""Of one chunk: which of the answers go on, and how."""


def wants_stream(stream: bool | None, *, json: bool, stats: bool) -> bool:
    """Whether to stream: as asked, else where somebody watches."""
    return stream if stream is not None else not json and (stats or sys.stdout.isatty())


def write_texts(texts: Iterable[str]) -> None:
    """Write whole answers, with a line between them if there are several."""
    for number, text in enumerate(texts):
        if number:
            write("---")
        write(text)


async def write_stream(
    stream: AsyncStream[T], pieces: Pieces[T], *, json: bool, stats: bool, keep: list[str]
) -> None:
    """Write an answer as it comes; what has come of the first one is in `keep` at any time.

    Of several answers the first is shown as it comes and the others follow.
    """
    meter = Meter()
    others: dict[int, str] = {}
    try:
        async with stream:
            async for chunk in stream:
                _count(meter, chunk)
                if json:
                    write_json(chunk, line=True)
                    continue
                for index, text in pieces(chunk):
                    if index:
                        others[index] = others.get(index, "") + text
                    elif text:
                        meter.piece()
                        keep.append(text)
                        write(text, end="")
    finally:
        if keep and not keep[-1].endswith("\n"):
            write("")  # so that what follows, be it an error, begins a line
    for _, text in sorted(others.items()):
        write(f"---\n{text}")
    if not stream.complete:
        raise Failure("the stream ended before the answer did: it may be incomplete")
    if stats:
        print(meter, file=sys.stderr)


def _count(meter: Meter, chunk: Any) -> None:
    if chunk.usage is not None:
        meter.told = chunk.usage.completion_tokens
