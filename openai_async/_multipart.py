"""Multipart bodies: streamed in flat memory, and the same bytes again when a call is sent again.

The form is RFC 7578's; file names go as UTF-8, as browsers send them.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ._json import is_array
from ._request import query_items
from ._sniff import HEAD, media_type, name_for
from ._sources import CHUNK, FileContent, FileInput, Source, open_source
from .errors import APIConnectionError, ConfigurationError

__all__ = ["FileContent", "FileInput", "Multipart", "TypedField", "file_part"]


@dataclass(frozen=True)
class TypedField:
    """A field of a form that says what it is; most are plain text."""

    text: str | bytes
    content_type: str


class Part:
    """One part of a form: its head, and where its bytes come from."""

    def __init__(
        self,
        name: str,
        source: Source,
        filename: str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_file: bool,
    ) -> None:
        self.name = name
        self.source = source
        self.filename = filename
        self.content_type = content_type
        self.headers = headers or {}
        self.is_file = is_file

    async def head(self) -> bytes:
        """The part's header lines, with a file name made up where none was given."""
        lines = f'Content-Disposition: form-data; name="{_escape(self.name)}"'
        if self.is_file:
            if not self.filename:
                self.filename = name_for(self.name, await self.source.peek(HEAD))
            lines += f'; filename="{_escape(self.filename)}"'
            self.content_type = self.content_type or media_type(self.filename)
        if self.content_type:
            lines += f"\r\nContent-Type: {self.content_type}"
        for key, value in self.headers.items():
            lines += f"\r\n{key}: {value}"
        # A file's name on disk may be no text at all; what isn't goes as a question mark.
        return lines.encode(errors="replace") + b"\r\n\r\n"


def _escape(name: str) -> str:
    """Quote what would end the quoted string or the line, as browsers do (WHATWG HTML 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class Multipart:
    """A multipart body. Iterating over it sends it; where it is `replayable`, any number of times."""

    def __init__(self, parts: Sequence[Part], boundary: str | None = None) -> None:
        self._parts = parts
        self._boundary = boundary or secrets.token_hex(16)
        self._heads: list[bytes] | None = None
        self._started = False
        self._sending: AsyncGenerator[bytes, None] | None = None
        self.on_progress: Callable[[int, int | None], None] | None = None
        """Called with (bytes sent, bytes in all or None) as the body goes out."""
        self.model: Any = None
        """What the field of that name says."""

    @classmethod
    def from_params(cls, params: Mapping[str, Any], files: frozenset[str]) -> Multipart:
        """A form of fields and, for the names in `files`, files.

        Raises `ConfigurationError` for a file that can't be used.
        """
        parts: list[Part] = []
        for name, value in params.items():
            if value is None:
                continue
            if isinstance(value, TypedField):
                source = open_source(value.text, name)
                parts.append(Part(name, source, content_type=value.content_type, is_file=False))
            elif name not in files:
                parts += _fields({name: value})
            elif is_array(value):
                parts += [file_part(f"{name}[]", item) for item in value]
            else:
                parts.append(file_part(name, value))
        form = cls(parts)
        form.model = params.get("model")
        return form

    def adding(self, fields: Mapping[str, Any]) -> Multipart:
        """A copy with more fields in front of its parts."""
        copy = Multipart([*_fields(fields), *self._parts], self._boundary)
        copy.on_progress = self.on_progress
        copy.model = fields.get("model", self.model)
        return copy

    @property
    def replayable(self) -> bool:
        """Whether the body can be sent (again) from its first byte."""
        return not self._started or all(part.source.replayable for part in self._parts)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    async def length(self) -> int | None:
        """The number of bytes, or None where a part's isn't known beforehand.

        Looks at the files, so it raises `ConfigurationError` for one that can't be read.
        """
        if self._heads is None:
            self._heads = [await part.head() for part in self._parts]
        sizes = [await part.source.size() for part in self._parts]
        if any(size is None for size in sizes):
            return None
        framing = sum(len(self._opening) + len(head) + 2 for head in self._heads)
        return framing + sum(cast("list[int]", sizes)) + len(self._closing)

    @property
    def _opening(self) -> bytes:
        return b"--" + self._boundary.encode() + b"\r\n"

    @property
    def _closing(self) -> bytes:
        return b"--" + self._boundary.encode() + b"--\r\n"

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._sending = self._send()
        return self._sending

    async def aclose(self) -> None:
        """End an iteration that was given up, and with it the reading of files.

        httpx puts a generator of its own around this one, and does not close it.
        """
        sending, self._sending = self._sending, None
        if sending is not None:
            with contextlib.suppress(RuntimeError):  # it is being read from at this moment
                await sending.aclose()

    async def _send(self) -> AsyncGenerator[bytes, None]:
        if not self.replayable:
            raise APIConnectionError(
                "the body was to be sent again, by a redirect perhaps, but can't be produced again"
            )
        total = await self.length()
        heads = cast("list[bytes]", self._heads)
        sent = 0
        self._started = True
        async with contextlib.aclosing(self._chunks(heads)) as chunks:
            async for chunk in chunks:
                yield chunk
                sent += len(chunk)
                if self.on_progress is not None:
                    self.on_progress(sent, total)

    async def _chunks(self, heads: list[bytes]) -> AsyncGenerator[bytes, None]:
        """The body, small pieces joined, so that a form of many fields is one packet."""
        pending = bytearray()
        for part, head in zip(self._parts, heads, strict=True):
            pending += self._opening + head
            async with contextlib.aclosing(part.source.chunks()) as chunks:
                async for chunk in chunks:
                    if len(pending) + len(chunk) > CHUNK:
                        yield bytes(pending)
                        pending.clear()
                    pending += chunk
            pending += b"\r\n"
        yield bytes(pending + self._closing)


def _fields(fields: Mapping[str, Any]) -> list[Part]:
    return [
        Part(name, open_source(text, name), is_file=False) for name, text in query_items(fields)
    ]


_HEADER_TEXT = re.compile(r"[\t\x20-\x7e]*")


def file_part(name: str, value: Any) -> Part:
    """A file's part, from any of the forms in `FileInput`."""
    filename: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] | None = None
    if isinstance(value, tuple):
        given: list[Any] = [*value]
        if not 2 <= len(given) <= 4:
            raise ConfigurationError(
                f"{name}: a tuple must be (file name, content[, content type[, headers]])"
            )
        filename, value, content_type, headers = (*given, None, None)[:4]
        _check_tuple(name, filename, content_type, headers)
    elif isinstance(value, str) and "\n" not in value and len(value) < 4096 and _exists(value):
        raise ConfigurationError(
            f"{name}: a str is sent as text, and {value!r} is the path of a file;"
            f" pass pathlib.Path({value!r}) to send the file"
        )
    return Part(
        name,
        open_source(value, name),
        filename or _name_of(value),
        content_type,
        headers,
        is_file=True,
    )


def _check_tuple(name: str, filename: Any, content_type: Any, headers: Any) -> None:
    if filename is not None and not isinstance(filename, str):
        raise ConfigurationError(f"{name}: the file name must be a string, not {filename!r}")
    if content_type is not None and not (
        isinstance(content_type, str) and _HEADER_TEXT.fullmatch(content_type)
    ):
        raise ConfigurationError(f"{name}: {content_type!r} can't be a content type")
    for key, text in cast("Mapping[str, str]", headers or {}).items():
        if not _HEADER_TEXT.fullmatch(key + text):
            raise ConfigurationError(f"{name}: the header {key!r} can't be sent")


def _exists(text: str) -> bool:
    try:
        return os.path.isfile(text)
    except ValueError:  # an embedded null byte
        return False


def _name_of(value: Any) -> str | None:
    """The name that content brings along: a path's, or an open file's."""
    if hasattr(value, "__fspath__"):
        name: Any = value
    else:
        name = getattr(value, "name", None) if hasattr(value, "read") else None
    try:
        text = os.fsdecode(name)
    except TypeError:  # no name, or a number, for a file opened by its descriptor
        return None
    return None if text.startswith("<") else os.path.basename(text) or None  # such as <stdin>
