"""A small picture of a PNG, out of half blocks: two pixels in each character."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from rich.color import Color
from rich.style import Style
from rich.text import Text

__all__ = ["half_blocks"]

_UPPER_HALF = "▀"
_Rgb = tuple[int, int, int]


def half_blocks(png: bytes, columns: int) -> Iterator[Text]:
    """Lines of `columns` characters; none for a PNG of a kind that isn't read here."""
    pixels = _read(png)
    if pixels is None:
        return
    width, height = len(pixels[0]), len(pixels)
    step = width / columns
    rows = round(height / step / 2)
    for row in range(rows):
        line = Text()
        for column in range(columns):
            upper = _mean(pixels, column * step, 2 * row * step, step)
            lower = _mean(pixels, column * step, (2 * row + 1) * step, step)
            style = Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
            line.append(_UPPER_HALF, style)
        yield line


def _mean(pixels: list[list[_Rgb]], left: float, top: float, side: float) -> _Rgb:
    """The mean color of a square."""
    rows = pixels[int(top) : max(int(top) + 1, int(top + side))] or pixels[-1:]
    found = [
        pixel for row in rows for pixel in row[int(left) : max(int(left) + 1, int(left + side))]
    ]
    red, green, blue = (sum(channel) // len(found) for channel in zip(*found, strict=True))
    return red, green, blue


def _read(png: bytes) -> list[list[_Rgb]] | None:
    """The pixels, row by row, of a PNG as the built-in server writes it: 8 bits, a palette, plain
    rows. None for any other."""
    width = height = 0
    palette: list[_Rgb] = []
    packed = b""
    for kind, content in _chunks(png):
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            if (depth, color, interlaced) != (8, 3, 0):
                return None
        elif kind == b"PLTE":
            palette = [
                (content[i], content[i + 1], content[i + 2]) for i in range(0, len(content), 3)
            ]
        elif kind == b"IDAT":
            packed += content
    data = zlib.decompress(packed)
    starts = range(0, (width + 1) * height, width + 1)
    if any(data[start] for start in starts):  # a row's first byte: the filter that it went through
        return None
    return [[palette[value] for value in data[start + 1 : start + 1 + width]] for start in starts]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, position)
        yield png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        position += length + 12
