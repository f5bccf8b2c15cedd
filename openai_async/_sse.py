"""Event-stream framing: bytes, split anywhere, to events.

The rules are the WHATWG's (https://html.spec.whatwg.org/multipage/server-sent-events.html), the
decoding of fields is httpx-sse's. Nearly all events are one line of data, though, with or without a
name in front of it, and those need no decoder: their bytes go to the validator as they are.
"""

from __future__ import annotations

import re

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder

__all__ = ["Event", "EventDecoder", "ServerSentEvent"]

BOM = b"\xef\xbb\xbf"
DATA = b"data: "
JSON = (b"data: {", b"data: [")
"""How the event begins that needs no decoder, if it is a single line."""
NAMED = re.compile(
    rb"event: (?!error\n)[\x20-\x7e]*\ndata: "
    rb'((?:\[|\{"(?:type|object)":)[^\n]*|\{[^\n]*"type": ?"[\w.]+"\})'
)
"""The same behind a name that its JSON has too, in front or (vLLM) at its end; but an error is to be
known by its name alone."""
ERROR = re.compile(rb'\s*(?:error:\s*|(?=\{\s*"error"))', re.IGNORECASE)
"""How a line begins that tells an error and is no field: of llama.cpp, and of servers that write in
mid-stream what they answer with otherwise."""
FIELD = re.compile(rb"[\w-]*:|(d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$")
"""A line that is a field or a comment or, where the stream was cut in it, the beginning of one."""
MOST_STRAY = 4096
MOST_HELD = 64 * 1024
"""Bytes of a block's whole lines that are held until it ends; those of a longer one are decoded."""

Event = bytes | ServerSentEvent | UnicodeDecodeError
"""The JSON of an event that has nothing but one line of it, and perhaps a name; any other event; or an
error that stands where a line is not UTF-8."""


class EventDecoder:
    r"""Bytes to events that carry data. Comments, and blocks without data, are left out.

    Lines end with ``\n``, ``\r`` and ``\r\n`` only, however the bytes are cut. Works on bytes, so that
    a cut inside a character does no harm, and no other character that Unicode takes for a line's end
    (U+2028, U+0085, ...) is one.
    """

    def __init__(self) -> None:
        self._fields = SSEDecoder()
        self._pieces: list[bytes] = []  # of the block that has not ended yet
        self._after_cr = False
        self._first = True
        self._begun = False  # whether lines of the block that has not ended yet were decoded
        self.stray: bytes = b""
        """The first lines that are neither fields nor comments: what a proxy has to say, perhaps."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that end in `data`.

        An error is given, not raised, so that the events in front of it are not lost.
        """
        if self._after_cr and data:
            # The last line ended with \\r: a \\n that follows belongs to it.
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._pieces:
            self._pieces.append(data)
            if b"\n" not in data:
                return []
            data = b"".join(self._pieces)
        blocks = data.split(b"\n\n")
        rest = blocks.pop()
        events: list[Event] = []
        for block in blocks:
            if block.startswith(JSON) and b"\n" not in block and not self._begun:
                self._first = False
                events.append(block[len(DATA) :])
            elif not self._begun and (named := NAMED.fullmatch(block)):
                self._first = False
                events.append(named[1])
            elif not self._decode([*block.split(b"\n"), b""], events):
                return events
            self._begun = False
        if len(rest) > MOST_HELD and (end := rest.rfind(b"\n", 0, rest.rfind(b"\n"))) > 0:
            # The last line's end stays: the next one that comes may be the block's.
            self._begun = True
            if not self._decode(rest[:end].split(b"\n"), events):
                return events
            rest = rest[end + 1 :]
        self._pieces = [rest] if rest else []
        return events

    def _decode(self, lines: list[bytes], events: list[Event]) -> bool:
        """Decode lines; an event is put behind `events`. Gives whether they could be read."""
        if self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(BOM)
        for line in lines:
            try:
                event = self._strayed(line) or self._fields.decode(line.decode("utf-8"))
            except UnicodeDecodeError as error:
                events.append(error)
                return False
            # An error without a word is an error all the same; no other event is without data.
            if event is not None and (event.data.strip() or event.event == "error"):
                events.append(event)
        return True

    def _strayed(self, line: bytes) -> ServerSentEvent | None:
        """The error in a line that is no field; any other such line is only kept."""
        if error := ERROR.match(line):
            return ServerSentEvent("error", line[error.end() :].decode("utf-8"))
        if len(self.stray) < MOST_STRAY and not FIELD.match(line):
            self.stray += line + b"\n"
        return None

    def close(self) -> list[Event]:
        """The last event, if the bytes ended without the blank line that should close it.

        The WHATWG would drop it; but servers forget the line, and what arrived is not thrown away.
        """
        return self.feed(b"\n\n")
