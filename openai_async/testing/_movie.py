"""Videos: an MP4 whose frames are PNGs, one a second, as the format allows (object type 0x6D)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ._painting import paint

_PNG = 0x6D
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # the language `und`


def film(prompt: str, seed: str, size: str, seconds: int) -> bytes:
    """A view of what the prompt describes, that pans by a little each second."""
    width, height = map(int, size.split("x"))
    frames = [
        paint(prompt, seed, width, height, pan=second * width // 40) for second in range(seconds)
    ]
    return mp4(frames, width, height)


def mp4(frames: Sequence[bytes], width: int, height: int) -> bytes:
    """A file with one track; each frame is a PNG and lasts a second."""
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    # Where the frames begin is written in front of them; it doesn't change how long that is.
    start = len(head) + len(_moov(frames, width, height, 0)) + 8
    return head + _moov(frames, width, height, start) + _box(b"mdat", *frames)


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return _box(kind, struct.pack(">I", flags), *content)


def _moov(frames: Sequence[bytes], width: int, height: int, start: int) -> bytes:
    """What there is to know of the movie; times are in seconds."""
    length = len(frames)
    rate_and_volume = struct.pack(">IH10x", 0x10000, 0x100)
    mvhd = struct.pack(">4I", 0, 0, 1, length) + rate_and_volume + _MATRIX
    tkhd = struct.pack(">5I16x", 0, 0, 1, 0, length) + _MATRIX
    mdhd = struct.pack(">4IHH", 0, 0, 1, length, _UNDETERMINED, 0)
    media = _box(
        b"minf",
        _full(b"vmhd", bytes(8), flags=1),
        _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1))),
        _table(frames, width, height, start),
    )
    track = _box(
        b"trak",
        _full(b"tkhd", tkhd, struct.pack(">2I", width << 16, height << 16), flags=3),
        _box(
            b"mdia",
            _full(b"mdhd", mdhd),
            _full(b"hdlr", bytes(4), b"vide", bytes(12), b"video\0"),
            media,
        ),
    )
    return _box(b"moov", _full(b"mvhd", mvhd, bytes(24), struct.pack(">I", 2)), track)


def _table(frames: Sequence[bytes], width: int, height: int, start: int) -> bytes:
    """Where the frames are, how long each is, and what is in them."""
    count = len(frames)
    sizes = [len(frame) for frame in frames]
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _kind_of_frames(max(sizes), width, height)),
        _full(b"stts", struct.pack(">3I", 1, count, 1)),
        _full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
        _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *sizes)),
        _full(b"stco", struct.pack(">2I", 1, start)),
    )


def _kind_of_frames(largest: int, width: int, height: int) -> bytes:
    resolution = 72 << 16
    looks = struct.pack(
        ">6xH16xHHIIIH32sHh", 1, width, height, resolution, resolution, 0, 1, b"", 24, -1
    )
    bits = largest * 8
    config = struct.pack(">BB", _PNG, 0x11) + struct.pack(">I", largest)[1:]
    config += struct.pack(">II", bits, bits)
    stream = struct.pack(">HB", 1, 0) + _descriptor(4, config) + _descriptor(6, b"\x02")
    return _box(b"mp4v", looks, _full(b"esds", _descriptor(3, stream)))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content
