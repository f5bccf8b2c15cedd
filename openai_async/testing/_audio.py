"""Audio: which format it is, how long it lasts, and what is said in it.

The format is told by name and by content, the length by each format's own header. What is said in a
recording nobody here understands, with one exception: `speak` makes a WAV whose tones spell a text,
and `listen_to` reads it back, so that a test can follow a text through its audio.
"""

from __future__ import annotations

import math
import re
import struct
from array import array
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from sys import byteorder

FORMATS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
"""Extensions that are accepted, as the API lists them."""

RATE = 16_000
"""Samples a second of what `speak` makes: 16 bit, one channel."""

_SYMBOL = 160  # samples of one tone: 10 ms, two tones a byte
_TONES = tuple(range(800, 800 + 16 * 200, 200))  # Hz; whole waves fit into a symbol
_MAGIC = b"OA"
_LOUD = 8000

_BITRATES = (
    0,
    32,
    40,
    48,
    56,
    64,
    80,
    96,
    112,
    128,
    160,
    192,
    224,
    256,
    320,
    0,
)  # kbit/s, MPEG 1 layer 3
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)  # MPEG 2 layer 3
_ASSUMED_BYTES_PER_SECOND = 4000  # where a header does not tell the length


@dataclass(frozen=True)
class Recording:
    """What is known of a file."""

    format: str
    seconds: float


def examine(data: bytes, filename: str) -> Recording:
    """Format and length; a ValueError if it is no audio, or its name says something else."""
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    if extension not in FORMATS:
        raise ValueError(f"extension {extension!r}")
    found = _sniff(data)
    families = {"mp3": ("mp3", "mpeg", "mpga"), "mp4": ("mp4", "m4a"), "ogg": ("ogg", "oga")}
    if found is None or extension not in families.get(found, (found,)):
        raise ValueError(f"content is {found or 'unknown'}, not {extension}")
    measure = {"wav": _wav_seconds, "mp3": _mp3_seconds, "mp4": _mp4_seconds, "flac": _flac_seconds}
    guess = len(data) / _ASSUMED_BYTES_PER_SECOND
    return Recording(extension, measure[found](data) if found in measure else guess)


def _sniff(data: bytes) -> str | None:
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data[:3] == b"ID3" or (len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return "mp3"
    for magic, start, name in (
        (b"ftyp", 4, "mp4"), (b"\x1aE\xdf\xa3", 0, "webm"), (b"OggS", 0, "ogg"), (b"fLaC", 0, "flac"),
    ):  # fmt: skip
        if data[start : start + len(magic)] == magic:
            return name
    return None


def _wav_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF file; one that was cut short has what is there."""
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, position + 4)
        chunks.setdefault(data[position : position + 4], data[position + 8 : position + 8 + length])
        position += 8 + length + length % 2
    return chunks


def _wav_seconds(data: bytes) -> float:
    chunks = _wav_chunks(data)
    if b"data" not in chunks or len(chunks.get(b"fmt ", b"")) < 16:
        raise ValueError("the WAV is damaged")
    bytes_per_second = int.from_bytes(chunks[b"fmt "][8:12], "little")
    if not bytes_per_second:
        raise ValueError("the WAV is damaged")
    return len(chunks[b"data"]) / bytes_per_second


def _mp3_seconds(data: bytes) -> float:
    """From the bit rate of the first frame: exact where it is constant."""
    start = 0
    if data[:3] == b"ID3" and len(data) > 10:
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte & 0x7F
        start = 10 + size
    frame = re.compile(rb"\xff[\xe2-\xff]").search(data, start)
    if frame is None or frame.start() + 3 > len(data):
        return len(data) / _ASSUMED_BYTES_PER_SECOND
    version_1 = data[frame.start() + 1] & 0x08
    rate = (_BITRATES if version_1 else _BITRATES_2)[data[frame.start() + 2] >> 4]
    return (len(data) - start) * 8 / (rate * 1000 if rate else _ASSUMED_BYTES_PER_SECOND * 8)


def _mp4_seconds(data: bytes) -> float:
    place = data.find(b"mvhd")
    if place < 0 or place + 32 > len(data):
        return len(data) / _ASSUMED_BYTES_PER_SECOND
    wide = data[place + 4] != 0  # version 1 has times of 64 bits
    start = place + (24 if wide else 16)
    scale = int.from_bytes(data[start : start + 4], "big")
    length = int.from_bytes(data[start + 4 : start + (12 if wide else 8)], "big")
    return length / scale if scale else 0.0


def _flac_seconds(data: bytes) -> float:
    packed = int.from_bytes(data[18:26], "big")
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / rate if rate else 0.0


# A text as tones


@lru_cache(maxsize=1)
def _waves() -> tuple[array[int], ...]:
    """One symbol of each tone."""
    return tuple(
        array("h", (round(_LOUD * math.sin(math.tau * tone * n / RATE)) for n in range(_SYMBOL)))
        for tone in _TONES
    )


def speak(text: str) -> bytes:
    """A WAV that this server transcribes as `text`: 16 tones of 10 ms, two for each byte of UTF-8."""
    said = _MAGIC + text.encode()
    said += bytes([sum(said) % 256])
    samples = array("h")
    for byte in said:
        samples.extend(_waves()[byte >> 4])
        samples.extend(_waves()[byte & 15])
    samples.extend([0] * max(0, RATE // 2 - len(samples)))  # half a second at the least
    if byteorder == "big":
        samples.byteswap()
    data = samples.tobytes()
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", len(form))
    return head + form + struct.pack("<4sI", b"data", len(data)) + data


def listen_to(data: bytes) -> str | None:
    """The text that `speak` has put into a WAV; None for any other recording."""
    if _sniff(data) != "wav":
        return None
    chunks = _wav_chunks(data)
    form = chunks.get(b"fmt ", b"")[:16]
    if form != struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16):
        return None
    raw = chunks.get(b"data", b"")
    samples = array("h", raw[: len(raw) // 2 * 2])
    if byteorder == "big":
        samples.byteswap()
    said = bytearray()
    for start in range(0, len(samples) - 2 * _SYMBOL + 1, 2 * _SYMBOL):
        high, low = _tone(samples, start), _tone(samples, start + _SYMBOL)
        if high is None or low is None:
            break
        said.append(high << 4 | low)
        if len(said) == len(_MAGIC) and bytes(said) != _MAGIC:
            return None
    if len(said) <= len(_MAGIC) or sum(said[:-1]) % 256 != said[-1]:
        return None
    return said[len(_MAGIC) : -1].decode("utf-8", "replace")


def _tone(samples: array[int], start: int) -> int | None:
    """Which tone sounds here: the one that the samples agree with most; None in silence."""
    heard = samples[start : start + _SYMBOL]
    agreement = [sum(map(mul, heard, wave)) for wave in _waves()]
    best = max(range(len(agreement)), key=agreement.__getitem__)
    return best if agreement[best] > _LOUD * _LOUD else None
