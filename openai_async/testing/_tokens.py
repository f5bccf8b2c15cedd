"""The tokenizer: any text to integer ids and back, without loss.

Ids, in this order: 0..255 are the bytes, 256 is `<|endoftext|>`, then come the words of the corpus
and the frequent parts of words. What is in none of these is spelled in UTF-8 bytes, so that every
text has ids and `decode(encode(text)) == text`, whatever the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources

END_OF_TEXT = 256
"""The id of `<|endoftext|>`, the separator of documents."""

MAX_TOKEN_ID = 2**18
"""Ids from here on are no tokens of anyone's; those between are other vocabularies', see `text`."""

_END = "<|endoftext|>"
_WORDS = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)\b| ?[^\W\d_]+| ?\d{1,3}| ?[^\s\w]+|_+|\s+(?!\S)|\s+|.", re.DOTALL
)
_PART_SIZES = range(2, 6)
_PART_COUNT = 1200


def split(text: str) -> list[str]:
    """Cut a text into words, numbers, marks and spaces; joined again they are the text."""
    return _WORDS.findall(text)


def to_bytes(text: str) -> bytes:
    """UTF-8, where a lone surrogate (JSON can hold one) survives the way there and back."""
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def corpus() -> tuple[str, ...]:
    """The documents, one a line, that the language model and the vocabulary come from."""
    text = resources.files("openai_async.testing").joinpath("corpus.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line)


class Tokenizer:
    """Text to ids and back, for a vocabulary made from `documents`."""

    def __init__(self, documents: Iterable[str]) -> None:
        words = Counter(word for document in documents for word in split(document))
        parts = Counter(
            word[start : start + size]
            for word, count in words.items()
            for size in _PART_SIZES
            for start in range(len(word) - size + 1)
            for _ in range(min(count, 4))
        )
        pieces = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))]
        frequent = sorted(parts.items(), key=lambda item: (-item[1], item[0]))
        pieces += [part for part, _ in frequent[:_PART_COUNT] if part not in words]
        texts = [bytes([value]) for value in range(256)] + [_END.encode()]
        texts += [piece.encode() for piece in pieces if len(piece) > 1 or not piece.isascii()]
        self._texts = texts
        self._ids = {
            text.decode("latin-1") if len(text) == 1 else text.decode(): token
            for token, text in enumerate(texts)
            if token < 128 or token > END_OF_TEXT
        }
        self._longest = max(map(len, self._ids))
        self._spell = lru_cache(maxsize=16384)(self._spell_word)

    def __len__(self) -> int:
        """The number of ids."""
        return len(self._texts)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        ids: list[int] = []
        for number, part in enumerate(text.split(_END)):
            if number:
                ids.append(END_OF_TEXT)
            for word in split(part):
                ids.extend(self._spell(word))
        return ids

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        return len(self.encode(text))

    def text(self, token: int) -> bytes:
        """The bytes of one token: perhaps only a part of a character.

        A client may send ids of another vocabulary (the examples of the API reference do); such a
        token has a text too, its number between marks, so that the call has an answer.
        """
        return self._texts[token] if token < len(self._texts) else b"<|%d|>" % token

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become U+FFFD."""
        data = b"".join(map(self.text, tokens))
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")

    def _spell_word(self, word: str) -> tuple[int, ...]:
        """The ids of one word: itself, else its longest known parts, else its bytes."""
        known = self._ids.get(word)
        if known is not None:
            return (known,)
        ids: list[int] = []
        start = 0
        while start < len(word):
            for end in range(min(len(word), start + self._longest), start, -1):
                known = self._ids.get(word[start:end])
                if known is not None:
                    ids.append(known)
                    break
            else:
                end = start + 1
                ids.extend(to_bytes(word[start]))
            start = end
        return tuple(ids)


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """The server's tokenizer, made at first use."""
    return Tokenizer(corpus())
