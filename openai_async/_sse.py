"""Event-stream framing: bytes, split anywhere, to events.

The rules are the WHATWG's (https://html.spec.whatwg.org/multipage/server-sent-events.html), the
decoding of fields is httpx-sse's.
"""

from __future__ import annotations

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder

__all__ = ["EventDecoder", "LineSplitter", "ServerSentEvent"]

BOM = b"\xef\xbb\xbf"


class LineSplitter:
    r"""Bytes to lines, which only ``\n``, ``\r`` and ``\r\n`` end, however the bytes are cut.

    Works on bytes, so that a cut inside a character does no harm, and no other character that
    Unicode takes for a line's end (U+2028, U+0085, ...) is one.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the line that has not ended yet
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in `data`, without their ends."""
        if self._after_cr and data:
            # The last line ended with \r: a \n that follows belongs to it.
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        if len(lines) > 1:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces = []
        rest = lines.pop()
        if rest:
            self._pieces.append(rest)
        return lines


class EventDecoder:
    """Bytes to events that carry data. Comments, and blocks without data, are left out."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._fields = SSEDecoder()
        self._first = True

    def feed(self, data: bytes) -> list[ServerSentEvent | UnicodeDecodeError]:
        """The events that end in `data`; an error stands where a line is not UTF-8.

        An error is given, not raised, so that the events in front of it are not lost.
        """
        events: list[ServerSentEvent | UnicodeDecodeError] = []
        for line in self._lines.feed(data):
            if self._first:
                self._first = False
                line = line.removeprefix(BOM)  # noqa: PLW2901
            try:
                event = self._fields.decode(line.decode("utf-8"))
            except UnicodeDecodeError as error:
                return [*events, error]
            # An error without a word is an error all the same; no other event is without data.
            if event is not None and (event.data.strip() or event.event == "error"):
                events.append(event)
        return events

    def close(self) -> list[ServerSentEvent | UnicodeDecodeError]:
        """The last event, if the bytes ended without the blank line that should close it.

        The WHATWG would drop it; but servers forget the line, and what arrived is not thrown away.
        """
        return self.feed(b"\n\n")
