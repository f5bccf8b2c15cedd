"""A small language model: interpolated n-grams over a corpus of plain English.

It is no oracle. It is a real model in the sense that matters to a client: it gives every next
token a probability that depends on the text so far, so that temperature, penalties, biases and log
probabilities do what the API reference says they do. A `Memory` (a few documents, weighted high)
makes it speak about what it was asked, and is what a fine-tuned model has learned.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ._tokens import END_OF_TEXT, Tokenizer, corpus, tokenizer

Distribution = Mapping[int, float]

FLOOR = math.log(1e-9)
"""Log probability of a token that the model never expects (a bias can still call it up)."""

_BACKOFF = (
    0.15  # how much a context with n continuations leaves to the shorter one, per continuation
)
_MEMORY_WEIGHT = 0.95
_PATIENCE = 40  # tokens after which a text begins to look for its end
_COMMON_WORDS = 60  # the support of the context-free distribution
_CANDIDATES = 48  # how many of the likeliest tokens can be drawn without a bias
_REMEMBERED = 4096


class Ngrams:
    """What followed each context of up to `order - 1` tokens."""

    def __init__(self, order: int) -> None:
        self.order = order
        self._after: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def learn(self, tokens: Sequence[int]) -> None:
        """Count one document; it is taken to stand between two `<|endoftext|>`."""
        tokens = [END_OF_TEXT, *tokens, END_OF_TEXT]
        for position in range(1, len(tokens)):
            for size in range(1, min(self.order, position + 1)):
                self._after[tuple(tokens[position - size : position])][tokens[position]] += 1

    def after(self, context: Sequence[int]) -> Counter[int] | None:
        """What followed exactly this context, if it was ever seen."""
        return self._after.get(tuple(context))

    def blend(self, context: Sequence[int], base: Distribution) -> dict[int, float]:
        """P(next | context): every order interpolated with the next shorter one, down to `base`."""
        blended = dict(base)
        for size in range(1, self.order):
            counts = self.after(context[-size:]) if size <= len(context) else None
            if counts is None:
                break
            left = _BACKOFF * len(counts)
            total = counts.total()
            for token in blended:
                blended[token] *= left / (total + left)
            for token, count in counts.items():
                blended[token] = blended.get(token, 0.0) + count / (total + left)
        return blended


class Memory:
    """A few documents that the model has fresh in mind."""

    def __init__(self, documents: Iterable[Sequence[int]], order: int = 4) -> None:
        self._ngrams = Ngrams(order)
        self._logits: dict[tuple[int, ...], dict[int, float]] = {}
        for document in documents:
            self._ngrams.learn(document)

    def logits(self, context: Sequence[int], base: Distribution) -> dict[int, float]:
        """Log probabilities of the mixture, remembered for contexts that come again."""
        key = tuple(context[1 - self._ngrams.order :])
        known = self._logits.get(key)
        if known is None:
            if len(self._logits) >= _REMEMBERED:
                self._logits.clear()
            known = self._logits[key] = _log(self.mix(key, base))
        return known

    def mix(self, context: Sequence[int], base: Distribution) -> Distribution:
        """The model's distribution, bent towards what the documents say after this context."""
        if not context or self._ngrams.after(context[-1:]) is None:
            return base
        remembered = self._ngrams.blend(context, {})
        scale = sum(remembered.values())
        mixed = {token: p * (1 - _MEMORY_WEIGHT) for token, p in base.items()}
        for token, p in remembered.items():
            mixed[token] = mixed.get(token, 0.0) + _MEMORY_WEIGHT * p / scale
        return mixed


def _log(probabilities: Distribution) -> dict[int, float]:
    """Log probabilities of the likeliest tokens."""
    ranked = sorted(probabilities.items(), key=lambda item: (-item[1], item[0]))
    return {token: math.log(p) for token, p in ranked[:_CANDIDATES] if p > 0}


class Language:
    """The model: `logits(text so far)` over the tokens that could come next."""

    def __init__(self, tokens: Tokenizer, documents: Sequence[str]) -> None:
        self.tokens = tokens
        self._documents = [tokens.encode(document) for document in documents]
        self._ngrams = Ngrams(order=3)
        words: Counter[int] = Counter()
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        for number, document in enumerate(self._documents):
            self._ngrams.learn(document)
            words.update(document)
            for word in _topics(documents[number]):
                self._by_word[word].append(number)
        common = words.most_common(_COMMON_WORDS)
        total = sum(count for _, count in common)
        self._common: Distribution = {token: count / total for token, count in common}
        (self._stop,) = tokens.encode(".")
        self._ends = {token for mark in (".", "!", "?") for token in tokens.encode(mark)}
        self._base = lru_cache(maxsize=8192)(self._blend)
        self._plain = lru_cache(maxsize=8192)(self._blend_log)
        self._recall = lru_cache(maxsize=512)(self._remember)

    def logits(
        self, context: Sequence[int], memory: Memory | None = None, written: int = 0
    ) -> dict[int, float]:
        """Log probabilities of the next token.

        `context` is the text so far (only its end counts), `written` the number of tokens that were
        generated of it: the longer the text, the readier the model is to end it. Tokens that are
        not in the answer are as good as impossible (`FLOOR`).
        """
        base = self._base(tuple(context[-2:]))
        logits = dict(memory.logits(context, base) if memory else self._plain(tuple(context[-2:])))
        if written:
            logits[END_OF_TEXT] = logits.get(END_OF_TEXT, FLOOR) + self._weariness(context, written)
        else:
            logits[END_OF_TEXT] = FLOOR  # an answer has at least one token
        return logits

    def logprob(self, context: Sequence[int], token: int, memory: Memory | None = None) -> float:
        """How likely one given token was after the context."""
        return self.logits(context, memory).get(token, FLOOR)

    def about(self, text: str, limit: int = 4) -> Memory | None:
        """The documents of the corpus that share the most (and the rarest) words with a text."""
        scores: Counter[int] = Counter()
        for word in _topics(text):
            found = self._by_word.get(word, ())
            for number in found:
                scores[number] += 1000 // len(found)
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        return self._recall(tuple(best)) if best else None

    def _remember(self, numbers: tuple[int, ...]) -> Memory:
        return Memory(self._documents[number] for number in numbers)

    def _blend(self, context: tuple[int, ...]) -> Distribution:
        if not context or self._ngrams.after(context[-1:]) is None:
            # Nothing is known of this word: go on as after a full stop, or at a new line afresh.
            fresh = not context or self.tokens.text(context[-1])[-1:].isspace()
            context = (END_OF_TEXT,) if fresh else (self._stop,)
        return self._ngrams.blend(context, self._common if context[-1] != END_OF_TEXT else {})

    def _blend_log(self, context: tuple[int, ...]) -> dict[int, float]:
        return _log(self._base(context))

    def _weariness(self, context: Sequence[int], written: int) -> float:
        if context and context[-1] in self._ends:
            return max(0.0, 0.1 * (written - _PATIENCE))
        return max(0.0, 0.1 * (written - 10 * _PATIENCE))


_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_DULL = frozenset(
    re.findall(
        r"\w+",
        "about all and another any are but can could for from give has have her him his how its just "
        "like make many more most much not one other our out over please said say see she should some "
        "tell than that the them then there they thing this was what when where which who why will "
        "with would write you your",
    )
)


def _topics(text: str) -> list[str]:
    """The words of a text that say what it is about, each once, without a plural s."""
    words = dict.fromkeys(word.lower() for word in _LONG_WORD.findall(text))
    return list(dict.fromkeys(word.rstrip("s") for word in words if word not in _DULL))


@lru_cache(maxsize=1)
def language() -> Language:
    """The server's language model, made at first use (some 50 ms)."""
    return Language(tokenizer(), corpus())
