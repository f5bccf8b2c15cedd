"""`/edits`: a text, changed as an instruction says."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from .._generation import question, usage_of
from .._http import Answer, Endpoint, Exchange, as_json
from .._language import language
from .._params import Integer, Json, Number, Spec, Text, optional, required
from .._sampling import Generation, Sampling, sample, write
from .._tokens import corpus, tokenizer

SPEC: Spec = {
    "model": required(Text()),
    "instruction": required(Text()),
    "input": optional(Text(), default=""),
    "n": optional(Integer(1, 20), default=1),
    "temperature": optional(Number(0, 2), default=1.0),
    "top_p": optional(Number(0, 1), default=1.0),
}

_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def _known_words() -> Counter[str]:
    return Counter(word.lower() for line in corpus() for word in _WORD.findall(line))


def correct(text: str) -> str:
    """Mend words that are one letter away from a word that is known."""
    return _WORD.sub(lambda found: _corrected(found.group()), text)


def _corrected(word: str) -> str:
    known = _known_words()
    lower = word.lower()
    if len(word) < 3 or lower in known:
        return word
    cuts = [(lower[:at], lower[at:]) for at in range(len(lower) + 1)]
    near = {head + tail[1:] for head, tail in cuts if tail}
    near |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    for letter in string.ascii_lowercase:
        near |= {head + letter + tail for head, tail in cuts}
        near |= {head + letter + tail[1:] for head, tail in cuts if tail}
    # People drop letters more often than they add any: a longer word is the better guess.
    best = max(
        sorted(near & known.keys()),
        key=lambda one: (len(one) >= len(lower), known[one]),
        default=lower,
    )
    if best == lower:
        return word
    return best.capitalize() if word[0].isupper() else best


# What an instruction may ask for, by its words; the first that fits is done.
_SKILLS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"spell|typo|mistake|correct|proofread", correct),
    (r"upper.?case|capital letters", str.upper),
    (r"lower.?case|small letters", str.lower),
    (r"title.?case|capitali[sz]e", str.title),
    (r"sort", lambda text: "\n".join(sorted(text.splitlines()))),
    (r"reverse|backwards", lambda text: text[::-1]),
    (r"trim|strip|white ?space|extra spaces", lambda text: re.sub(r"[ \t]+", " ", text).strip()),
    (r"punctuation", lambda text: re.sub(r"[^\w\s]", "", text)),
)


async def create(exchange: Exchange) -> Answer:
    """Edit a text: by a skill if the instruction names one, else by going on about it."""
    params = exchange.params
    exchange.state.model(params["model"]).require("edit", "v1/edits")
    choices = [{"text": _edit(exchange, index), "index": index} for index in range(params["n"])]
    count = tokenizer().count
    prompt = count(params["input"]) + count(params["instruction"])
    usage = usage_of(prompt, sum(count(str(choice["text"])) for choice in choices))
    return as_json({"object": "edit", "created": exchange.now, "choices": choices, "usage": usage})


def _edit(exchange: Exchange, index: int) -> str:
    params: Json = exchange.params
    text: str = params["input"]
    for words, skill in _SKILLS:
        if text and re.search(words, params["instruction"], re.IGNORECASE):
            return skill(text)
    model = language()
    memory = model.about(f"{params['instruction']} {text}")
    rng = exchange.state.rng(None, question(params), index)
    how = Sampling(temperature=params["temperature"], top_p=params["top_p"])
    context = tokenizer().encode(text or "\n")
    return text + write(Generation(sample(model, context, how, rng, memory), 128)).text


ENDPOINTS = (Endpoint("POST", "/edits", create, SPEC, "json"),)
