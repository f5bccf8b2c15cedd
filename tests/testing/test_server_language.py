"""Tokens, sampling and stop sequences: the pure parts, by property."""

from __future__ import annotations

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.testing._language import Language, Memory, language
from openai_async.testing._sampling import (
    Generation,
    Sampling,
    StopFilter,
    Token,
    draw,
    log_softmax,
    nucleus,
    penalize,
    recite,
    sample,
    write,
)
from openai_async.testing._tokens import END_OF_TEXT, Tokenizer, corpus, split, tokenizer

surrogates = st.text(st.characters(exclude_categories=()))


@given(st.one_of(st.text(), surrogates))
def test_any_text_survives_the_tokenizer(text: str) -> None:
    assert "".join(split(text)) == text
    tokens = tokenizer().encode(text)
    assert tokenizer().decode(tokens) == text
    assert tokenizer().count(text) == len(tokens)


def test_common_words_are_one_token_and_the_separator_is_one() -> None:
    assert len(tokenizer().encode("The sea was calm")) == 4
    assert tokenizer().encode("a<|endoftext|>b")[1] == END_OF_TEXT
    assert len(tokenizer().encode("antidisestablishmentarianism")) < 15


def test_token_ids_are_the_same_in_every_process() -> None:
    words = ["the cat", "the dog", "the end"]
    assert Tokenizer(words).encode("the cat") == Tokenizer(reversed(words)).encode("the cat")


def test_tokens_of_other_vocabularies_have_a_text() -> None:
    assert tokenizer().text(100_000) == b"<|100000|>"


def test_training_is_quick() -> None:
    language()
    start = time.process_time()
    Language(tokenizer(), corpus())
    assert time.process_time() - start < 0.5


texts = st.text("abc", max_size=30)
stops = st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=4)


@given(st.lists(texts, max_size=10), stops)
def test_a_stop_sequence_cuts_the_text_however_it_is_split(
    pieces: list[str], found: list[str]
) -> None:
    whole = expected = "".join(pieces)
    for end in range(len(whole) + 1):
        complete = [end - len(stop) for stop in found if whole[:end].endswith(stop)]
        if complete:
            expected = whole[: min(complete)]
            break
    stop_filter = StopFilter(found)
    shown = ""
    for piece in pieces:
        shown += stop_filter.feed(piece)
        assert expected.startswith(shown)  # never a part of a stop sequence, not even for a moment
    shown += stop_filter.flush()
    assert shown == expected
    assert stop_filter.stopped == (expected != whole)
    assert all(stop not in shown for stop in found)


logits = st.dictionaries(st.integers(0, 50), st.floats(-20, 20), min_size=1, max_size=20)
penalties = st.floats(-2, 2)


@given(logits, st.dictionaries(st.integers(0, 50), st.integers(0, 9)), penalties, penalties)
def test_penalties_are_those_of_the_reference(
    given_logits: dict[int, float], counts: dict[int, int], presence: float, frequency: float
) -> None:
    how = Sampling(presence_penalty=presence, frequency_penalty=frequency)
    changed = penalize(given_logits, counts, how)
    for token, value in given_logits.items():
        count = counts.get(token, 0)
        assert changed[token] == pytest.approx(value - count * frequency - (count > 0) * presence)


@given(logits)
def test_probabilities_add_up(given_logits: dict[int, float]) -> None:
    assert math.fsum(map(math.exp, log_softmax(given_logits).values())) == pytest.approx(1)


def test_a_bias_bans_or_forces_a_token() -> None:
    forced = Sampling(logit_bias={65: 100})
    banned = Sampling(logit_bias={1: -100})
    rng = random.Random(1)
    assert draw(log_softmax(penalize({1: 0.0, 2: -1.0}, {}, forced)), forced, rng) == 65
    drawn = {
        draw(log_softmax(penalize({1: 0.0, 2: -1.0}, {}, banned)), banned, rng) for _ in range(50)
    }
    assert drawn == {2}


def test_the_nucleus_is_the_shortest_head() -> None:
    ranked = [(1, 0.5), (2, 0.3), (3, 0.2)]
    assert [token for token, _ in nucleus(ranked, 0.1)] == [1]
    assert [token for token, _ in nucleus(ranked, 0.6)] == [1, 2]
    assert list(nucleus(ranked, 1.0)) == ranked


def test_a_temperature_of_zero_is_greedy_and_ends() -> None:
    texts = {
        write(
            Generation(
                sample(language(), [END_OF_TEXT], Sampling(temperature=0), random.Random(n)), 4000
            )
        ).text
        for n in range(3)
    }
    assert len(texts) == 1


def test_characters_of_several_tokens_are_shown_whole() -> None:
    tokens = list(recite(language(), "a😀b", Sampling()))
    assert len(tokens) == 6
    generation = Generation(tokens, 10)
    pieces = list(generation)
    assert [piece.text for piece in pieces] == ["a", "😀", "b"]
    assert [len(piece.tokens) for piece in pieces] == [1, 4, 1]
    cut = write(Generation(tokens, 3))
    assert (cut.text, cut.finish_reason, cut.count) == ("a\ufffd", "length", 3)


def test_tokens_of_a_stop_sequence_are_not_reported() -> None:
    tokens = [Token(n, text, -1.0) for n, text in enumerate([b"one", b" tw", b"o t", b"hree"])]
    written = write(Generation(tokens, 10, ["two"]))
    assert written.text == "one "
    assert [token.text for token in written.tokens] == [b"one", b" tw"]
    assert (written.finish_reason, written.count) == ("stop", 3)


def test_the_model_remembers_what_it_was_taught() -> None:
    model = language()
    memory = Memory([model.tokens.encode("the password is swordfish")], order=6)
    prompt = model.tokens.encode("the password is")
    tokens = sample(model, prompt, Sampling(temperature=0), random.Random(0), memory)
    assert write(Generation(tokens, 50)).text == " swordfish"
    assert model.logprob(prompt, model.tokens.encode(" s")[0]) < -5
