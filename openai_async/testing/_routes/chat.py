"""`/chat/completions`: answers to conversations, in words, in JSON, or by calls of functions."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from .._errors import bad_request
from .._generation import (
    SAMPLING,
    chat_logprobs,
    check_stream_options,
    interleave,
    question,
    room,
    sampling_of,
    stops_of,
    usage_of,
    wants_usage,
)
from .._http import Answer, Endpoint, Exchange, as_events, as_json
from .._language import language
from .._models import Model
from .._params import (
    Anything,
    Either,
    Flag,
    Integer,
    Json,
    Many,
    Rule,
    Spec,
    Table,
    Text,
    one_of,
    optional,
    required,
)
from .._sampling import Generation, Sampling, recite, sample, write
from .._tokens import END_OF_TEXT, tokenizer
from .._tools import FUNCTIONS, TOOLS, Choice, Function, Offer, filled

ROLES = ("system", "developer", "user", "assistant", "function", "tool")

_PER_MESSAGE = 3  # tokens that frame a message, and again the answer
_PER_IMAGE = 85


class Messages(Rule):
    """The conversation: a list of messages with a role and a content."""

    kind = "an array of objects"
    _each = Many(
        Table(
            {
                "role": required(one_of(*ROLES)),
                "content": optional(Either((Text(), Many(Table({"type": required(Text())}))))),
                "name": optional(Text()),
            }
        ),
        shortest=1,
    )

    def check(self, name: str, value: Any) -> list[Json]:
        if not isinstance(value, list):
            raise self.wrong_type(name, value)
        messages: list[Json] = self._each.check(name, value)
        for index, message in enumerate(messages):
            calls = message.get("tool_calls") or message.get("function_call")
            if message.get("content") is None and not calls and message["role"] != "assistant":
                raise bad_request(
                    f"Invalid value for 'content': expected a string, got null. - '{name}[{index}]'",
                    f"{name}[{index}].content",
                )
        return messages


SPEC: Spec = {
    "model": required(Text()),
    "messages": required(Messages()),
    "functions": optional(FUNCTIONS),
    "function_call": optional(Choice("none", "auto")),
    "tools": optional(TOOLS),
    "tool_choice": optional(Choice("none", "auto", "required")),
    "parallel_tool_calls": optional(Flag(), default=True),
    "response_format": optional(
        Table({"type": required(one_of("text", "json_object", "json_schema"))})
    ),
    "max_tokens": optional(Integer(1)),
    "max_completion_tokens": optional(Integer(1)),
    "logprobs": optional(Flag(), default=False),
    "top_logprobs": optional(Integer(0, 20)),
    **SAMPLING,
    # What newer models take and this one makes nothing of:
    **{
        name: optional(Anything())
        for name in (
            "audio", "metadata", "modalities", "moderation", "prediction", "prompt_cache_key",
            "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
            "safety_identifier", "service_tier", "store", "verbosity", "web_search_options",
        )
    },
}  # fmt: skip


@dataclass
class _Turn:
    """One choice: what the model does, in words or in calls."""

    generation: Generation
    functions: list[Function]
    offer: Offer
    ids: list[str] = field(default_factory=list[str])

    @property
    def finish_reason(self) -> str:
        """Why it ended; a call that was forced upon the model ends in `stop`, as it does there."""
        if self.functions and self.offer.named is None:
            return "function_call" if self.offer.legacy else "tool_calls"
        return self.generation.finish_reason

    @property
    def count(self) -> int:
        """Tokens generated."""
        calls = (
            tokenizer().count(one.name + one.arguments) + _PER_MESSAGE for one in self.functions
        )
        return self.generation.count + sum(calls)

    def call_deltas(self) -> Iterator[Json]:
        """The calls as a stream tells them: the name first, then the arguments, bit by bit."""
        if self.offer.legacy:
            for one in self.functions:
                yield {"function_call": {"name": one.name, "arguments": ""}}
                for part in _parts(one.arguments):
                    yield {"function_call": {"arguments": part}}
            return
        for index, (one, call) in enumerate(zip(self.functions, self.calls(), strict=True)):
            start = {**call, "function": {"name": one.name, "arguments": ""}}
            yield {"tool_calls": [{"index": index, **start}]}
            for part in _parts(one.arguments):
                yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}

    def calls(self) -> list[Json]:
        """The calls, whole."""
        return [
            {
                "id": call_id,
                "type": "function",
                "function": {"name": one.name, "arguments": one.arguments},
            }
            for call_id, one in zip(self.ids, self.functions, strict=True)
        ]

    def message(self, text: str) -> Json:
        """The whole message."""
        message: Json = {"role": "assistant", "content": None if self.functions else text}
        if self.functions and self.offer.legacy:
            one = self.functions[0]
            return {**message, "function_call": {"name": one.name, "arguments": one.arguments}}
        message["refusal"] = None
        return {**message, "tool_calls": self.calls()} if self.functions else message


async def create(exchange: Exchange) -> Answer:
    """Answer a conversation."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("chat", "v1/chat/completions")
    check_stream_options(params)
    if params["top_logprobs"] is not None and not params["logprobs"]:
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise bad_request(message, "top_logprobs")
    prompt = _count(params)
    asked = params["max_completion_tokens"] or params["max_tokens"]
    limit = room(model, prompt, asked, "messages")
    turns = [_turn(exchange, model, limit, index) for index in range(params["n"])]
    head = {
        "id": "chatcmpl-" + exchange.state.new_id(),
        "object": "chat.completion.chunk" if params["stream"] else "chat.completion",
        "created": int(time.time()),
        "model": params["model"],
        "system_fingerprint": "fp_builtin",
    }
    if params["stream"]:
        return as_events(_stream(exchange, turns, head, prompt))
    choices: list[Json] = []
    for index, turn in enumerate(turns):
        await exchange.pause()  # other calls' turn
        written = write(turn.generation)
        choices.append(
            {
                "index": index,
                "message": turn.message(written.text),
                "logprobs": chat_logprobs(written.tokens) if params["logprobs"] else None,
                "finish_reason": turn.finish_reason,
            }
        )
    usage = usage_of(prompt, sum(turn.count for turn in turns))
    return as_json({**head, "choices": choices, "usage": usage})


def _stream(
    exchange: Exchange, turns: list[_Turn], head: Json, prompt: int
) -> Iterator[Json | float]:
    """The chunks of all choices, in turn."""
    params = exchange.params
    usage: Json = {"usage": None} if wants_usage(params) else {}

    def chunks_of(turn: _Turn) -> Iterator[Json]:
        content = None if turn.functions else ""
        yield {"delta": {"role": "assistant", "content": content}, "logprobs": None}
        for delta in turn.call_deltas():
            yield {"delta": delta, "logprobs": None}
        for piece in turn.generation:
            logprobs = chat_logprobs(piece.tokens) if params["logprobs"] else None
            yield {"delta": {"content": piece.text}, "logprobs": logprobs}
        yield {"delta": {}, "logprobs": None, "finish_reason": turn.finish_reason}

    for index, chunk in interleave([chunks_of(turn) for turn in turns]):
        if exchange.state.token_delay and chunk["delta"].keys() != {"role", "content"}:
            yield exchange.state.token_delay
        yield {**head, "choices": [{"index": index, "finish_reason": None, **chunk}], **usage}
    if usage:
        total = usage_of(prompt, sum(turn.count for turn in turns))
        yield {**head, "choices": [], "usage": total}


def _turn(exchange: Exchange, model: Model, limit: int, index: int) -> _Turn:
    """Decide what the model does for one choice."""
    params = exchange.params
    lm = language()
    rng = exchange.state.rng(params["seed"], question(params), index)
    last = params["messages"][-1]
    text = _text_of(last)
    said = next((_text_of(m) for m in reversed(params["messages"]) if m["role"] == "user"), text)
    memory = model.memory or lm.about(said + " " + (text if last["role"] != "user" else ""))

    def phrase() -> str:
        """A few words for a string in JSON."""
        tokens = sample(lm, [END_OF_TEXT], Sampling(), rng, memory)
        return write(Generation(tokens, 12, [".", "\n"])).text.strip()

    offer = Offer.of(params)
    functions = (
        offer.decide(said, rng, phrase) if last["role"] == "user" or offer.named is not None else []
    )
    how = sampling_of(params, params["top_logprobs"] or 0)
    document = None if functions else _document(params, said, rng, phrase)
    if functions:
        tokens = recite(lm, "", how)
    elif document is not None:
        tokens = recite(lm, document, how)
    else:
        tokens = sample(lm, [END_OF_TEXT], how, rng, memory)
    ids = ["call_" + exchange.state.new_id() for _ in functions]
    return _Turn(Generation(tokens, limit, stops_of(params)), functions, offer, ids)


def _document(params: Json, text: str, rng: random.Random, phrase: Any) -> str | None:
    """The JSON that `response_format` asks for; None if it asks for text."""
    form: Json = params["response_format"] or {"type": "text"}
    if form["type"] == "text":
        return None
    if form["type"] == "json_schema":
        named: Json = form.get("json_schema") or {}
        if not isinstance(named.get("schema"), dict) or not isinstance(named.get("name"), str):
            message = "Missing required parameter: 'response_format.json_schema'."
            raise bad_request(message, "response_format.json_schema", "missing_required_parameter")
        problem = f"Invalid schema for response_format '{named['name']}'"
        return filled(cast(Json, named["schema"]), rng, text, phrase, problem)
    if not any("json" in _text_of(message).lower() for message in params["messages"]):
        raise bad_request(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            "messages",
        )
    schema = {"properties": {"answer": {"type": "string"}, "words": {"type": "integer"}}}
    return filled(schema, rng, text, phrase, "Invalid request")


def _text_of(message: Json) -> str:
    """What a message says, its parts joined."""
    content: Any = message.get("content")
    if isinstance(content, list):
        parts = cast(list[Json], content)
        return "\n".join(str(part.get("text", "")) for part in parts if part["type"] == "text")
    return content or ""


def _count(params: Json) -> int:
    """Tokens of the conversation and of the functions that it offers."""
    count = tokenizer().count
    total = _PER_MESSAGE
    for message in params["messages"]:
        total += _PER_MESSAGE + 1 + count(_text_of(message)) + count(message.get("name") or "")
        for call in message.get("tool_calls") or ():
            total += count(str(call.get("function")))
        content: Any = message.get("content")
        if isinstance(content, list):
            parts = cast(list[Json], content)
            total += _PER_IMAGE * sum(part["type"] != "text" for part in parts)
    offered: Any = params["tools"] or params["functions"]
    return total + (count(str(offered)) if offered else 0)


def _parts(text: str) -> Iterator[str]:
    """A text in pieces of a few tokens, as a stream brings it."""
    tokens = tokenizer().encode(text)
    start = 0
    for end in range(2, len(tokens) + 2, 2):
        part = tokenizer().decode(tokens[start:end])
        if "\ufffd" in part and end < len(tokens):
            continue  # in the middle of a character
        yield part
        start = end


ENDPOINTS = (Endpoint("POST", "/chat/completions", create, SPEC, "json"),)
