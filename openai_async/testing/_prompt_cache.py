"""The prompt cache: which beginnings of prompts the server has read before."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

_LEAST = 1024
_STEP = 128
_MOST = 8192  # beginnings that are remembered


class Cached(NamedTuple):
    """Tokens of a prompt that were read from the cache, and that were written to it."""

    read: int = 0
    written: int = 0


class PromptCache:
    """Beginnings of 1024 tokens and more, in steps of 128, as the API counts them."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def look(self, key: str, tokens: Sequence[int]) -> Cached:
        """How much of a prompt is known, under the caller's key; from now on all of it is."""
        read = size = 0
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16)
        for start in range(0, len(tokens) - len(tokens) % _STEP, _STEP):
            digest.update(array("l", tokens[start : start + _STEP]).tobytes())
            size = start + _STEP
            if size < _LEAST:
                continue
            name = digest.digest()
            if name in self._known:
                read = size
            self._known[name] = None
            self._known.move_to_end(name)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return Cached(read, size - read) if size >= _LEAST else Cached()
