"""What comes in: prompts, files, standard input, further parameters."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from .._multipart import FileInput
from ._output import Failure, note

__all__ = [
    "STDIN",
    "parameters",
    "prompt_of",
    "stdin_chunks",
    "stdin_text",
    "texts_of",
    "upload_of",
]

STDIN = "-"
"""What stands for standard input among the arguments."""

_CHUNK = 64 * 1024


async def prompt_of(words: Sequence[str]) -> str:
    """A prompt from the arguments, joined by spaces, where `-` is standard input in a paragraph of
    its own; without arguments, standard input."""
    if list(words) in ([], [STDIN]):
        return await stdin_text()
    parts: list[str] = []
    for word in words:
        if word == STDIN:
            parts.append(f"\n\n{await stdin_text()}\n\n")
        else:
            parts.append(f"{'' if not parts or parts[-1].endswith(chr(10)) else ' '}{word}")
    return "".join(parts).strip("\n") if STDIN in words else "".join(parts)


async def texts_of(arguments: Sequence[str], *, lines: bool) -> list[str]:
    """One text for each argument, where `-`, or no argument at all, is standard input: as one text
    or, with `lines`, as one for each line that is not empty."""
    texts: list[str] = []
    for argument in arguments or [STDIN]:
        if argument != STDIN:
            texts.append(argument)
        elif lines:
            texts += [line for line in (await stdin_text()).splitlines() if line.strip()]
        else:
            texts.append(await stdin_text())
    if not texts:
        raise Failure("standard input holds no text")
    return texts


async def stdin_text() -> str:
    """Standard input to its end, as text, without the line end that `echo` puts behind it."""
    if sys.stdin is None:
        raise Failure("there is no standard input")
    if sys.stdin.isatty():
        note("Reading from the terminal; end with Ctrl-D on a line of its own.")
    data = b"".join([chunk async for chunk in stdin_chunks()])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(f"standard input is not text in UTF-8: {error.reason}") from None
    return text.removesuffix("\n").removesuffix("\r")


async def stdin_chunks() -> AsyncIterator[bytes]:
    """Standard input as it comes. No thread waits in it, or Ctrl-C would have to wait as well."""
    fd = sys.stdin.fileno()
    waiting = True
    while True:
        if waiting:
            try:
                await anyio.wait_readable(fd)
            except (OSError, NotImplementedError, ValueError):
                waiting = False  # a file, which never lets one wait; or Windows
        if waiting:
            chunk = os.read(fd, _CHUNK)
        else:
            chunk = await to_thread.run_sync(os.read, fd, _CHUNK, abandon_on_cancel=True)
        if not chunk:
            return
        yield chunk


def upload_of(path: str, name: str | None = None) -> FileInput:
    """A file to upload: a path, or standard input as it comes; `name` is what it is to be called."""
    if path == STDIN:
        return (name, stdin_chunks())
    return (name, Path(path)) if name else Path(path)


def parameters(given: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` arguments as a JSON object; a value that is not JSON is a text."""
    found: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise Failure(f"--param takes NAME=VALUE, not {item!r}", code=2)
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
