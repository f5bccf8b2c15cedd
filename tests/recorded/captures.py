"""The recorded answers of real servers, and what is in them, read as plainly as can be.

Nothing here uses the library: it is the other opinion that the library is compared with.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DIRECTORY = Path(
    os.environ.get("OPENAI_CAPTURES_DIR")
    or Path(__file__).parents[2].parent.joinpath("shared", "captures")
)


@dataclass(frozen=True)
class Capture:
    """One recorded exchange."""

    name: str
    answer: bytes
    """All that came over the socket."""
    method: str
    path: str
    """With its query, from the root of the server."""
    request_body: str
    form: tuple[tuple[str, str], ...]
    """What curl's `-F` said, if the request was a form."""
    cut: bool
    """Whether the server broke the connection."""

    @property
    def parameters(self) -> dict[str, Any] | None:
        """The JSON body, if it is one."""
        try:
            parameters: dict[str, Any] = json.loads(self.request_body)
        except ValueError:
            return None
        return parameters

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        return bool((self.parameters or {}).get("stream"))

    @property
    def head(self) -> bytes:
        return self.answer.partition(b"\r\n\r\n")[0]

    @property
    def is_http(self) -> bool:
        """Whether each line of the head is what HTTP says: one capture has each line twice."""
        first, *rest = self.head.split(b"\r\n")
        return first.startswith(b"HTTP/1.1 ") and all(b": " in line for line in rest)

    @property
    def status(self) -> int:
        return int(self.head.split(b" ")[1])

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        found = re.search(rf"(?im)^{name}:\s*(.*?)\r?$", self.head.decode("latin-1"))
        return found[1] if found else ""

    @property
    def content_type(self) -> str:
        return self.header("content-type")

    @property
    def body(self) -> bytes:
        """The body, as far as it came, without the framing of chunks."""
        body = self.answer.partition(b"\r\n\r\n")[2]
        if self.header("transfer-encoding") != "chunked":
            return body
        pieces: list[bytes] = []
        while body:
            size, _, body = body.partition(b"\r\n")
            length = int(size, 16)
            pieces.append(body[:length])
            body = body[length + 2 :]
        return b"".join(pieces)

    def rechunked(self, size: int) -> bytes:
        """The same answer, its body in chunks of `size` bytes, so that they are read one by one."""
        body = self.body
        pieces = [body[i : i + size] for i in range(0, len(body), size)]
        framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        return self.head + b"\r\n\r\n" + framed + (b"" if self.cut else b"0\r\n\r\n")

    @property
    def events(self) -> list[Any]:
        """What the event stream says: servers write one line of data for each event."""
        lines = self.body.decode("utf-8").split("\n")
        data = [line[len("data:") :].strip() for line in lines if line.startswith("data:")]
        return [json.loads(item) for item in data if item != "[DONE]"]

    def told(self) -> list[str]:
        """What an error says to a person: each text under a key that holds a message."""
        try:
            return list(_messages(json.loads(self.body)))
        except ValueError:
            return [" ".join(self.body.decode("utf-8", "replace").split())]


def _messages(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key in ("message", "msg", "detail", "error"):
                yield inner
            elif isinstance(inner, (dict, list)) and key != "input":
                yield from _messages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _messages(inner)


def captures() -> list[Capture]:
    """Every exchange whose request is known."""
    return [_read(path) for path in sorted(DIRECTORY.glob("*/*.req"))]


def _read(request: Path) -> Capture:
    first, _, body = request.read_text("utf-8").partition("\n")
    method, url, *arguments = first.split(" ")
    where = urlsplit(url)
    return Capture(
        name=f"{request.parent.name}/{request.stem}",
        answer=request.with_suffix(".txt").read_bytes(),
        method=method,
        path=where.path + (f"?{where.query}" if where.query else ""),
        request_body=body.strip(),
        form=tuple(_field(a) for flag, a in pairwise(arguments) if flag == "-F"),
        cut=request.with_suffix(".curlerr").exists(),
    )


def _field(argument: str) -> tuple[str, str]:
    name, _, value = argument.partition("=")
    return name, value


# Streams, put together again.


@dataclass
class Answer:
    """What a stream of chunks amounts to, by choice."""

    text: dict[int, str]
    reasoning: dict[int, str]
    calls: dict[tuple[int, int], tuple[str, str]]
    """(choice, call) to (name, arguments)."""
    finished: dict[int, str]
    usage: Any


def put_together(chunks: list[dict[str, Any]]) -> Answer:
    """The answer in chunks of chat or completions, given as plain JSON."""
    whole = Answer({}, {}, {}, {}, None)
    for chunk in chunks:
        whole.usage = chunk.get("usage") or whole.usage
        for choice in chunk["choices"]:
            index = choice["index"]
            delta = choice.get("delta") or {}
            piece = choice.get("text") or delta.get("content") or ""
            whole.text[index] = whole.text.get(index, "") + piece
            thought = delta.get("reasoning_content") or ""
            whole.reasoning[index] = whole.reasoning.get(index, "") + thought
            for call in delta.get("tool_calls") or []:
                place = index, call["index"]
                name, arguments = whole.calls.get(place, ("", ""))
                function = call["function"]
                whole.calls[place] = (
                    name or function.get("name") or "",
                    arguments + (function.get("arguments") or ""),
                )
            if choice.get("finish_reason"):
                whole.finished[index] = choice["finish_reason"]
    return whole
