"""How much one text is like another: the measures of the `text_similarity` grader, from 0 to 1."""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

from ._vectors import embed

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_CHARACTERS = 10_000  # of each text; some measures take the square of it
_MOST_WORDS = 1_000
_MOST_COMPARED = 2_000  # characters, one by one
_DIMENSIONS = 1536

Words = Sequence[str]


def similarity(metric: str, text: str, reference: str) -> float:
    """What `metric` (a key of `METRICS`) says of the two."""
    return METRICS[metric](text[:_MOST_CHARACTERS], reference[:_MOST_CHARACTERS])


def _words(text: str) -> Words:
    return _WORD.findall(text.lower())[:_MOST_WORDS]


def _grams(words: Words, size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _f1(common: int, left: int, right: int) -> float:
    return 2 * common / (left + right) if left + right else 1.0


def _cosine(text: str, reference: str) -> float:
    pairs = zip(
        embed(text, _DIMENSIONS, _DIMENSIONS),
        embed(reference, _DIMENSIONS, _DIMENSIONS),
        strict=True,
    )
    return min(1.0, max(0.0, math.fsum(a * b for a, b in pairs)))


def _fuzzy_match(text: str, reference: str) -> float:
    ours, theirs = (one.lower()[:_MOST_COMPARED] for one in (text, reference))
    return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _bleu(text: str, reference: str) -> float:
    """Precision of n-grams up to 4 (those beyond one word smoothed), less for a text too short."""
    ours, theirs = _words(text), _words(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    logs: list[float] = []
    for size in range(1, min(4, len(ours), len(theirs)) + 1):
        grams = _grams(ours, size)
        common, smooth = (grams & _grams(theirs, size)).total(), int(size > 1)
        if not common + smooth:
            return 0.0
        logs.append(math.log((common + smooth) / (grams.total() + smooth)))
    brevity = min(0.0, 1 - len(theirs) / len(ours))
    return math.exp(brevity + math.fsum(logs) / len(logs))


def _gleu(text: str, reference: str) -> float:
    """The lesser of precision and recall of all n-grams up to 4."""
    ours, theirs = _words(text), _words(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    sizes = range(1, 5)
    common = sum((_grams(ours, size) & _grams(theirs, size)).total() for size in sizes)
    longer = max(sum(_grams(words, size).total() for size in sizes) for words in (ours, theirs))
    return common / longer


def _meteor(text: str, reference: str) -> float:
    """Words in common, recall above precision, less for each break in their order."""
    ours, theirs = _words(text), _words(reference)
    places = _alignment(ours, theirs)
    if not places:
        return float(ours == theirs)
    precision, recall = len(places) / len(ours), len(places) / len(theirs)
    breaks = sum(after != (before[0] + 1, before[1] + 1) for before, after in pairwise(places))
    penalty = 0.5 * ((breaks + 1) / len(places)) ** 3 if breaks else 0.0
    return 10 * precision * recall / (recall + 9 * precision) * (1 - penalty)


def _alignment(ours: Words, theirs: Words) -> list[tuple[int, int]]:
    """The words that are in both, as pairs of places, each word used once."""
    free: dict[str, list[int]] = {}
    for place, word in enumerate(theirs):
        free.setdefault(word, []).append(place)
    return [(place, free[word].pop(0)) for place, word in enumerate(ours) if free.get(word)]


def _rouge(size: int, text: str, reference: str) -> float:
    """F1 of n-grams."""
    ours, theirs = _grams(_words(text), size), _grams(_words(reference), size)
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def _rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence of words."""
    ours, theirs = _words(text), _words(reference)
    row = [0] * (len(theirs) + 1)
    for word in ours:
        diagonal = 0
        for place, other in enumerate(theirs, 1):
            best = diagonal + 1 if word == other else max(row[place], row[place - 1])
            diagonal, row[place] = row[place], best
    return _f1(row[-1], len(ours), len(theirs))


METRICS: Mapping[str, Callable[[str, str], float]] = {
    "cosine": _cosine,
    "fuzzy_match": _fuzzy_match,
    "bleu": _bleu,
    "gleu": _gleu,
    "meteor": _meteor,
    **{f"rouge_{size}": partial(_rouge, size) for size in range(1, 6)},
    "rouge_l": _rouge_l,
}
