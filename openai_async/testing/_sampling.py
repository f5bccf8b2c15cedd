"""From logits to text: penalties, bias, temperature, nucleus, stop sequences, UTF-8.

The arithmetic is that of the API reference. Everything here is synchronous and pure, given a
random generator: a generation is an iterator, and who streams it paces it.
"""

from __future__ import annotations

import codecs
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ._language import FLOOR, Language, Memory
from ._tokens import END_OF_TEXT

Logits = Mapping[int, float]


class Token(NamedTuple):
    """One generated token, with the log probabilities that it was chosen from."""

    id: int
    text: bytes
    logprob: float
    top: tuple[tuple[int, float], ...] = ()
    """The most likely ids and their log probabilities, likeliest first."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; the names and ranges are those of the API's parameters."""

    temperature: float = 1.0
    top_p: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict[int, float])
    top_logprobs: int = 0


def penalize(logits: Logits, counts: Mapping[int, int], how: Sampling) -> dict[int, float]:
    """Apply bias and penalties as the API reference defines them.

    mu[j] -> mu[j] + bias[j] - c[j] * frequency_penalty - float(c[j] > 0) * presence_penalty,
    with c[j] the number of times that token j was generated so far.
    """
    result = dict(logits)
    for token, bias in how.logit_bias.items():
        result[token] = result.get(token, FLOOR) + bias
    if how.frequency_penalty or how.presence_penalty:
        for token, count in counts.items():
            if count and token in result:
                result[token] -= count * how.frequency_penalty + how.presence_penalty
    return result


def log_softmax(logits: Logits) -> dict[int, float]:
    """Normalized log probabilities."""
    peak = max(logits.values())
    total = peak + math.log(sum(math.exp(value - peak) for value in logits.values()))
    return {token: value - total for token, value in logits.items()}


def nucleus(ranked: Sequence[tuple[int, float]], top_p: float) -> Sequence[tuple[int, float]]:
    """The shortest head of `ranked` (ids with probabilities, likeliest first) that holds `top_p`."""
    mass = 0.0
    for kept, (_, probability) in enumerate(ranked, 1):
        mass += probability
        if mass >= top_p:
            return ranked[:kept]
    return ranked


def draw(logprobs: Logits, how: Sampling, rng: random.Random) -> int:
    """Choose a token: the likeliest at temperature 0, else at random within the nucleus."""
    ranked = sorted(logprobs.items(), key=lambda item: (-item[1], item[0]))
    if how.temperature == 0 or how.top_p == 0:
        return ranked[0][0]
    peak = ranked[0][1]
    weights = [(token, math.exp((value - peak) / how.temperature)) for token, value in ranked]
    if how.top_p < 1:
        total = sum(weight for _, weight in weights)
        weights = list(nucleus([(token, weight / total) for token, weight in weights], how.top_p))
    return rng.choices([token for token, _ in weights], [weight for _, weight in weights])[0]


def sample(
    model: Language,
    prompt: Sequence[int],
    how: Sampling,
    rng: random.Random,
    memory: Memory | None = None,
) -> Iterator[Token]:
    """Tokens after a prompt, without end but for `<|endoftext|>` (which is not yielded)."""
    context = list(prompt[-8:])
    counts: Counter[int] = Counter()
    for written in itertools.count():
        logits = model.logits(context, memory, written)
        logprobs = log_softmax(penalize(logits, counts, how))
        token = draw(logprobs, how, rng)
        if token == END_OF_TEXT:
            return
        counts[token] += 1
        context = [*context[-7:], token]
        yield Token(
            token, model.tokens.text(token), logprobs[token], likeliest(logprobs, how.top_logprobs)
        )


def likeliest(logprobs: Logits, limit: int) -> tuple[tuple[int, float], ...]:
    """The first `limit` ids by log probability, likeliest first."""
    if not limit:
        return ()
    return tuple(sorted(logprobs.items(), key=lambda item: (-item[1], item[0]))[:limit])


def recite(model: Language, text: str, how: Sampling) -> Iterator[Token]:
    """The tokens of a text that is already known (JSON that has to conform), as if sampled."""
    for token in model.tokens.encode(text):
        logprob = -0.01 * (1 + token % 7)  # nearly certain, as under a grammar
        top = ((token, logprob),) if how.top_logprobs else ()
        yield Token(token, model.tokens.text(token), logprob, top)


class StopFilter:
    """Cuts a text before the first stop sequence, and never lets out a part of one.

    Feed it pieces; what it gives back is safe to show. A tail that might be the beginning of a stop
    sequence is held until it is decided.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def feed(self, piece: str) -> str:
        """What can be shown after one more piece."""
        if self.stopped:
            return ""
        text = self._held + piece
        found = [(at + len(stop), at) for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            # The one that is complete first, as if the text had come letter by letter.
            self.stopped, self._held = True, ""
            return text[: min(found)[1]]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        shown = len(text) - keep
        self._held = text[shown:]
        return text[:shown]

    def flush(self) -> str:
        """What was held, at the end of the text: no stop sequence came of it."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` that begins `stop`."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if stop.startswith(text[-size:]):
            return size
    return 0


class Piece(NamedTuple):
    """Text that is ready to be shown, and the tokens whose text is now wholly shown."""

    text: str
    tokens: list[Token]


class Generation:
    """One choice: iterate for its pieces; afterwards ask why it ended and what it cost."""

    def __init__(self, source: Iterable[Token], max_tokens: int, stops: Sequence[str] = ()) -> None:
        self._source = iter(source)
        self._max_tokens = max_tokens
        self._filter = StopFilter(stops)
        self.finish_reason = "stop"
        self.count = 0
        """Tokens generated, those of the stop sequence included."""
        self.logprob_sum = 0.0

    @property
    def mean_logprob(self) -> float:
        """Log probability per token, by which `best_of` chooses."""
        return self.logprob_sum / max(1, self.count)

    def __iter__(self) -> Iterator[Piece]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        waiting: list[tuple[int, int, Token]] = []  # begin and end in the text, token
        written = shown = 0
        for token in self._tokens():
            text = decoder.decode(token.text)
            waiting.append((written, written + len(text), token))
            written += len(text)
            ready = self._filter.feed(text)
            shown += len(ready)
            if self._filter.stopped:
                yield Piece(ready, [token for begin, _, token in waiting if begin < shown])
                return
            done = [token for _, end, token in waiting if end <= shown]
            waiting = waiting[len(done) :]
            if ready:
                yield Piece(ready, done)
            elif done:
                waiting = [(shown, shown, token) for token in done] + waiting
        rest = self._filter.feed(decoder.decode(b"", final=True))
        rest += self._filter.flush()
        if rest or waiting:
            yield Piece(rest, [token for _, _, token in waiting])

    def _tokens(self) -> Iterator[Token]:
        while True:
            if self.count >= self._max_tokens:
                self.finish_reason = "length"
                return
            token = next(self._source, None)
            if token is None:
                return
            self.count += 1
            self.logprob_sum += token.logprob
            yield token


@dataclass(frozen=True)
class Written:
    """A whole generation."""

    text: str
    tokens: list[Token]
    finish_reason: str
    count: int
    mean_logprob: float


def write(generation: Generation) -> Written:
    """Run a generation to its end."""
    pieces = list(generation)
    return Written(
        text="".join(piece.text for piece in pieces),
        tokens=[token for piece in pieces for token in piece.tokens],
        finish_reason=generation.finish_reason,
        count=generation.count,
        mean_logprob=generation.mean_logprob,
    )
