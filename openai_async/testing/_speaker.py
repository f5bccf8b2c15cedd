"""The language model with a subject and its own chance: what an answer is made by."""

from __future__ import annotations

import random
from collections.abc import Iterator

from ._language import Memory, language
from ._models import Model
from ._sampling import Generation, Sampling, Token, recite, sample, write
from ._tokens import END_OF_TEXT


class Speaker:
    """Speaks about `subject`, or, as a fine-tuned model, about what it has learned."""

    def __init__(self, model: Model, subject: str, rng: random.Random) -> None:
        self.rng = rng
        self._memory: Memory | None = model.memory or language().about(subject)

    def speak(self, how: Sampling) -> Iterator[Token]:
        """The tokens of a text of its own."""
        return sample(language(), [END_OF_TEXT], how, self.rng, self._memory)

    def recite(self, text: str, how: Sampling) -> Iterator[Token]:
        """The tokens of a text that has to be this one."""
        return recite(language(), text, how)

    def phrase(self) -> str:
        """A few words, for a string in JSON."""
        return self.text(12)

    def text(self, tokens: int) -> str:
        """The beginning of a sentence, of so many tokens at most."""
        generation = Generation(self.speak(Sampling()), tokens, [".", "\n"])
        return write(generation).text.strip()


def first_sentence(tokens: Iterator[Token]) -> Iterator[Token]:
    """The tokens up to the first full stop."""
    for token in tokens:
        yield token
        if token.text.endswith((b".", b"!", b"?")):
            return
