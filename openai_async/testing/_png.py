"""PNG: written with a palette, and read as far as the API looks at it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Png:
    """What the header says."""

    width: int
    height: int
    mode: str
    """`RGBA`, `LA`, `RGB`, `L` or `P`."""
    transparent: bool
    """Whether there is an alpha channel, or a transparent color."""
    description: str | None
    """Its text named `Description`."""


def write_png(
    width: int,
    rows: Sequence[bytes],
    palette: Sequence[Color],
    description: str,
    clear: int = 0,
) -> bytes:
    """A picture of up to 256 colors, the first `clear` of them transparent; each row is a byte per
    pixel."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    text = b"Description\0\0\0\0\0" + description.encode("utf-8", "replace")
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    parts = (
        (b"IHDR", header),
        (b"iTXt", text),
        (b"PLTE", bytes(value for color in palette for value in color)),
        *([(b"tRNS", bytes(clear))] if clear else []),
        (b"IDAT", pixels),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def read_png(data: bytes) -> Png:
    """The header of a PNG; a ValueError if it is none, or damaged."""
    if not data.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    width = height = 0
    mode = ""
    transparent, description = False, None
    ended = False
    for kind, content in _chunks(data):
        if kind == b"IHDR":
            width, height, _, color, *_ = struct.unpack(">IIBBBBB", content)
            mode = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}.get(color, "")
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"iTXt" and content.startswith(b"Description\0\0\0\0\0"):
            description = content[16:].decode("utf-8", "replace")
        ended = kind == b"IEND"
    if not (width and height and mode and ended):
        raise ValueError("the PNG is incomplete")
    return Png(width, height, mode, transparent or mode in ("RGBA", "LA"), description)


def pixels_of(data: bytes) -> bytes:
    """The packed pixels of a PNG: what stays the same when its metadata are taken away. A ValueError
    if it is none."""
    if not data.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    return b"".join(content for kind, content in _chunks(data) if kind == b"IDAT")


def image_format(data: bytes) -> str | None:
    """`png`, `jpeg`, `webp` or `gif`, by how a file begins."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    beginnings = {SIGNATURE: "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}
    return next((name for magic, name in beginnings.items() if data.startswith(magic)), None)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(data: bytes) -> Iterable[tuple[bytes, bytes]]:
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        kind, content = data[position + 4 : position + 8], data[position + 8 : end - 4]
        if end > len(data) or struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(
            kind + content
        ):
            raise ValueError("the PNG is damaged")
        yield kind, content
        position = end


def gradient(stops: Sequence[Color], steps: int) -> Iterator[Color]:
    """Colors from the first stop to the last, evenly."""
    for step in range(steps):
        place = step * (len(stops) - 1) / max(1, steps - 1)
        index = min(int(place), len(stops) - 2)
        yield mix(stops[index], stops[index + 1], place - index)


def mix(one: Color, other: Color, share: float) -> Color:
    """A color between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
