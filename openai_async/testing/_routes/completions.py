"""`/completions`: text after a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .._errors import bad_request
from .._generation import (
    SAMPLING,
    Prompt,
    check_stream_options,
    interleave,
    question,
    room,
    sampling_of,
    shown,
    stops_of,
    usage_of,
    wants_usage,
)
from .._http import Answer, Endpoint, Exchange, as_events, as_json
from .._language import Language, language
from .._models import Model
from .._params import Flag, Integer, Json, Spec, Text, optional, required
from .._sampling import Generation, Piece, Token, Written, likeliest, log_softmax, sample, write
from .._tokens import END_OF_TEXT

SPEC: Spec = {
    "model": required(Text()),
    "prompt": optional(Prompt(), default=[[END_OF_TEXT]]),
    "suffix": optional(Text()),
    "max_tokens": optional(Integer(0), default=16),
    "logprobs": optional(Integer(0, 5)),
    "echo": optional(Flag(), default=False),
    "best_of": optional(Integer(0, 20)),
    **SAMPLING,
}


@dataclass
class _Job:
    """One prompt of a call."""

    exchange: Exchange
    model: Model
    prompt: Sequence[int]
    number: int
    language: Language = field(default_factory=language)

    def __post_init__(self) -> None:
        self.params = self.exchange.params
        self.text = self.language.tokens.decode(self.prompt)
        self.limit = room(self.model, len(self.prompt), self.params["max_tokens"], "prompt")

    def generation(self, index: int) -> Generation:
        """The index-th candidate after this prompt."""
        about = self.text + " " + (self.params["suffix"] or "")
        memory = self.model.memory or self.language.about(about)
        rng = self.exchange.state.rng(
            self.params["seed"], question(self.params), self.number, index
        )
        how = sampling_of(self.params, self.params["logprobs"] or 0)
        context = [END_OF_TEXT, *self.prompt]
        tokens = sample(self.language, context, how, rng, memory)
        return Generation(tokens, self.limit, stops_of(self.params))

    def prompt_piece(self) -> Piece:
        """The prompt as if it had been generated, for `echo`; its first token has no logprob."""
        top = self.params["logprobs"] or 0
        tokens: list[Token] = []
        for position, token in enumerate(
            self.prompt if self.params["logprobs"] is not None else ()
        ):
            context = [END_OF_TEXT, *self.prompt[max(0, position - 4) : position]]
            logprobs = log_softmax(self.language.logits(context, self.model.memory))
            logprob = self.language.logprob(context, token, self.model.memory)
            text = self.language.tokens.text(token)
            tokens.append(Token(token, text, logprob, likeliest(logprobs, top)))
        return Piece(self.text, tokens)


async def create(exchange: Exchange) -> Answer:
    """Complete one or several prompts."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("completion", "v1/completions")
    check_stream_options(params)
    candidates = max(params["best_of"] or params["n"], 1)
    if candidates < params["n"]:
        message = "You requested that the server return more choices than it will generate."
        raise bad_request(f"{message} (HINT: 'best_of' must be at least 'n')", "best_of")
    if params["stream"] and candidates > params["n"]:
        raise bad_request("Cannot stream results with best_of > n.", "best_of")
    jobs = [_Job(exchange, model, prompt, n) for n, prompt in enumerate(params["prompt"])]
    head = {
        "id": "cmpl-" + exchange.state.new_id(),
        "object": "text_completion",
        "created": exchange.now,
        "model": params["model"],
    }
    if params["stream"]:
        return as_events(_stream(exchange, jobs, head))
    choices: list[Json] = []
    completion = 0
    for job in jobs:
        written: list[Written] = []
        for index in range(candidates):
            await exchange.pause()  # other calls' turn
            written.append(write(job.generation(index)))
        completion += sum(one.count for one in written)
        best = (
            sorted(written, key=lambda one: -one.mean_logprob)
            if candidates > params["n"]
            else written
        )
        choices += [_choice(job, one) for one in best[: params["n"]]]
    for index, choice in enumerate(choices):
        choice["index"] = index
    usage = usage_of(sum(len(job.prompt) for job in jobs), completion)
    return as_json({**head, "choices": choices, "usage": usage})


def _choice(job: _Job, written: Written) -> Json:
    """A whole choice, with the prompt before it if it is to be echoed."""
    pieces = [Piece(written.text, written.tokens)]
    if job.params["echo"]:
        pieces.insert(0, job.prompt_piece())
    table = _Logprobs(job)
    return {
        "text": "".join(piece.text for piece in pieces),
        "index": 0,
        "logprobs": table.rows([token for piece in pieces for token in piece.tokens]),
        "finish_reason": written.finish_reason,
    }


def _stream(exchange: Exchange, jobs: Sequence[_Job], head: Json) -> Iterator[Json | float]:
    """The chunks of all choices, in turn."""
    params = exchange.params
    runs = [(job, job.generation(index)) for job in jobs for index in range(params["n"])]
    usage: Json = {"usage": None} if wants_usage(params) else {}

    def choice_of(job: _Job, generation: Generation) -> Iterator[Json]:
        table = _Logprobs(job)
        if params["echo"]:
            piece = job.prompt_piece()
            yield {"text": piece.text, "logprobs": table.rows(piece.tokens), "finish_reason": None}
        for piece in generation:
            yield {"text": piece.text, "logprobs": table.rows(piece.tokens), "finish_reason": None}
        yield {"text": "", "logprobs": None, "finish_reason": generation.finish_reason}

    for index, choice in interleave([choice_of(*run) for run in runs]):
        if exchange.state.token_delay:
            yield exchange.state.token_delay
        yield {**head, "choices": [{"index": index, **choice}], **usage}
    if usage:
        completion = sum(generation.count for _, generation in runs)
        total = usage_of(sum(len(job.prompt) for job in jobs), completion)
        yield {**head, "choices": [], "usage": total}


class _Logprobs:
    """The `logprobs` of one choice, made piece by piece: offsets count on from piece to piece."""

    def __init__(self, job: _Job) -> None:
        self._wanted = job.params["logprobs"] is not None
        self._echo: bool = job.params["echo"]
        self._offset = 0 if self._echo else len(job.text)
        self._first = self._echo
        self._tokens = job.language.tokens

    def rows(self, tokens: Sequence[Token]) -> Json | None:
        """The four columns for these tokens; None where the call did not ask."""
        if not self._wanted:
            return None
        offsets: list[int] = []
        for token in tokens:
            offsets.append(self._offset)
            self._offset += len(token.text.decode("utf-8", "ignore"))
        top = [
            {
                shown(self._tokens.text(token_id)): value
                for token_id, value in (*token.top, (token.id, token.logprob))
            }
            for token in tokens
        ]
        logprobs: list[float | None] = [token.logprob for token in tokens]
        columns: Json = {"tokens": [shown(token.text) for token in tokens]}
        first_top: list[Json | None] = [*top]
        if self._first and tokens:
            # Nothing comes before the first token of an echoed prompt.
            logprobs[0] = first_top[0] = None
            self._first = False
        return {
            **columns,
            "token_logprobs": logprobs,
            "top_logprobs": first_top,
            "text_offset": offsets,
        }


ENDPOINTS = (Endpoint("POST", "/completions", create, SPEC, "json"),)
