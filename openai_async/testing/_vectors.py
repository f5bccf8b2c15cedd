"""Vectors for texts: hashed words and parts of words, so that similar texts have close vectors."""

from __future__ import annotations

import math
import random
import re
import struct
from array import array
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from sys import byteorder

_WORD = re.compile(r"\w+|[^\w\s]")
_SPREAD = 32  # how many dimensions one feature touches
_COMMON_SHARE = 0.35  # length of the part that all vectors share, next to one of length 1

_DULL = frozenset(
    re.findall(
        r"\w+", "a an the and or of to in on at by for is are was be it this that with as i you"
    )
)


def features(text: str) -> Iterator[tuple[str, float]]:
    """What a text consists of, with weights: words, pairs of words, and parts of words."""
    words = [word.lower() for word in _WORD.findall(text)]
    for word, count in Counter(words).items():
        weight = (0.3 if word in _DULL or not word.isalnum() else 1.0) * (1 + math.log(count))
        yield "w:" + word, weight
        padded = f"<{word}>"
        parts = [padded[start : start + 3] for start in range(len(padded) - 2)]
        for part in parts:
            yield "p:" + part, 0.6 * weight / math.sqrt(len(parts))
    for pair in pairwise(words):
        yield "b:" + " ".join(pair), 0.3


def embed(text: str, dimensions: int, full: int) -> array[float]:
    """The unit vector of a text; fewer dimensions are the first of the full ones, scaled to unit."""
    vector = list(_common(full))
    own: dict[int, float] = {}
    for feature, weight in features(text):
        for position, sign in _directions(feature, full):
            own[position] = own.get(position, 0.0) + sign * weight
    length = math.sqrt(sum(value * value for value in own.values())) or 1.0
    for position, value in own.items():
        vector[position] += value / length
    vector = vector[:dimensions]
    norm = math.sqrt(math.fsum(value * value for value in vector)) or 1.0
    return array("f", [value / norm for value in vector])


def to_base64(vector: array[float]) -> str:
    """Little-endian 32-bit floats, in base64."""
    if byteorder == "big":
        vector = vector[:]
        vector.byteswap()
    return b64encode(vector.tobytes()).decode()


@lru_cache(maxsize=8192)
def _directions(feature: str, full: int) -> tuple[tuple[int, float], ...]:
    """The dimensions of one feature and their signs, from its hash."""
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=_SPREAD * 2).digest()
    numbers = struct.unpack(f"<{_SPREAD}H", digest)
    return tuple((number % full, 1.0 if number & 0x8000 else -1.0) for number in numbers)


@lru_cache(maxsize=4)
def _common(full: int) -> tuple[float, ...]:
    """A dense direction that all texts share, so that no dimension is ever exactly 0."""
    rng = random.Random(full)
    values = [rng.gauss(0, 1) for _ in range(full)]
    scale = _COMMON_SHARE / math.sqrt(math.fsum(value * value for value in values))
    return tuple(value * scale for value in values)
