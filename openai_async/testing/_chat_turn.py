"""What the model does in answer to a conversation: calls, JSON, a refusal, words, or a voice."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from ._audio import speak
from ._errors import bad_request
from ._generation import PER_IMAGE, PER_MESSAGE, chat_logprobs, question, sampling_of, stops_of
from ._http import Exchange
from ._models import Model
from ._params import Json
from ._sampling import Generation, Piece
from ._speaker import Speaker
from ._tokens import tokenizer
from ._tools import Function, Offer, filled
from ._verdicts import REFUSAL, THOUGHT, is_refused

_WAV_HEAD = 44
_AUDIO_BYTES = 6144  # of a chunk; in threes, so that base64 may be joined
_AUDIO_SECONDS = 3600


@dataclass
class Turn:
    """One choice: what the model does, in words or in calls."""

    exchange: Exchange
    generation: Generation
    functions: list[Function]
    offer: Offer
    thought: int = 0
    """Tokens."""
    refuses: bool = False
    ids: list[str] = field(default_factory=list[str])
    said: list[Piece] = field(default_factory=list[Piece])
    """What has been generated."""

    def __post_init__(self) -> None:
        params = self.exchange.params
        self._wants_logprobs: bool = params["logprobs"]
        spoken = "audio" in (params["modalities"] or ()) and not self.functions
        self._voice: str | None = params["audio"]["format"] if spoken else None
        self._audio_id = "audio_" + self.exchange.state.new_id() if spoken else ""

    def pieces(self) -> Iterator[Piece]:
        """The words, as they come."""
        for piece in self.generation:
            self.said.append(piece)
            yield piece

    @property
    def text(self) -> str:
        """All that has been said."""
        return "".join(piece.text for piece in self.said)

    @property
    def finish_reason(self) -> str:
        """Why it ended; a call that was forced upon the model ends in `stop`, as it does there."""
        if self.functions and self.offer.named is None:
            return "function_call" if self.offer.legacy else "tool_calls"
        return self.generation.finish_reason

    @property
    def count(self) -> int:
        """Tokens generated, thoughts among them."""
        calls = (
            tokenizer().count(one.name + one.arguments) + PER_MESSAGE for one in self.functions
        )
        return self.thought + self.generation.count + sum(calls)

    @property
    def audio_count(self) -> int:
        """Tokens that were spoken."""
        return self.generation.count if self._voice else 0

    # As a whole

    def choice(self, index: int) -> Json:
        """The whole choice, when all of it has been said."""
        tokens = [token for piece in self.said for token in piece.tokens]
        return {
            "index": index,
            "message": self._message(),
            "logprobs": self._logprobs(Piece(self.text, tokens)),
            "finish_reason": self.finish_reason,
        }

    def _message(self) -> Json:
        message: Json = {"role": "assistant", "content": None}
        if self.functions and self.offer.legacy:
            one = self.functions[0]
            return {**message, "function_call": {"name": one.name, "arguments": one.arguments}}
        message |= {"refusal": None, "annotations": []}
        if self.functions:
            return {**message, "tool_calls": self._calls()}
        if self._voice:
            return {**message, "audio": self._audio(base64.b64encode(self._sound()).decode())}
        if self.refuses:
            return {**message, "refusal": self.text}
        return {**message, "content": self.text, "annotations": self._annotations()}

    def _calls(self) -> list[Json]:
        return [
            {"id": call_id, **_called(one, one.arguments, named=True), "type": _kind(one)}
            for call_id, one in zip(self.ids, self.functions, strict=True)
        ]

    def _audio(self, data: str) -> Json:
        expires_at = self.exchange.now + _AUDIO_SECONDS
        return {
            "id": self._audio_id,
            "data": data,
            "transcript": self.text,
            "expires_at": expires_at,
        }

    def _sound(self) -> bytes:
        sound = speak(self.text)
        return sound[_WAV_HEAD:] if self._voice == "pcm16" else sound

    def _annotations(self) -> list[Json]:
        """Where the answer is from, if the web was searched."""
        if self.exchange.params["web_search_options"] is None:
            return []
        place = {"start_index": 0, "end_index": len(self.text)}
        page = {"url": "https://example.com/", "title": "Example Domain"}
        return [{"type": "url_citation", "url_citation": {**place, **page}}]

    def _logprobs(self, piece: Piece) -> Json | None:
        if not self._wants_logprobs:
            return None
        logprobs = chat_logprobs(piece.tokens)
        if self.refuses:
            return {"content": None, "refusal": logprobs["content"]}
        return logprobs

    # In pieces

    def chunks(self) -> Iterator[Json]:
        """The choice as a stream tells it, without its index."""
        content = None if self.functions or self._voice or self.refuses else ""
        first: Json = {"role": "assistant", "content": content}
        yield {"delta": first, "logprobs": None}
        for delta in self._call_deltas():
            yield {"delta": delta, "logprobs": None}
        if self._voice:
            yield {"delta": {"audio": {"id": self._audio_id}}, "logprobs": None}
        for piece in self.pieces():
            yield {"delta": self._delta(piece.text), "logprobs": self._logprobs(piece)}
        for audio in self._audio_deltas():
            yield {"delta": {"audio": audio}, "logprobs": None}
        yield {"delta": {}, "logprobs": None, "finish_reason": self.finish_reason}

    def _delta(self, text: str) -> Json:
        if self._voice:
            return {"audio": {"transcript": text}}
        return {"refusal" if self.refuses else "content": text}

    def _audio_deltas(self) -> Iterator[Json]:
        if not self._voice:
            return
        sound = self._sound()
        for start in range(0, len(sound), _AUDIO_BYTES):
            yield {"data": base64.b64encode(sound[start : start + _AUDIO_BYTES]).decode()}
        yield {"expires_at": self._audio("")["expires_at"]}

    def _call_deltas(self) -> Iterator[Json]:
        """The calls as a stream tells them: the name first, then the arguments, bit by bit."""
        if self.offer.legacy:
            for one in self.functions:
                yield {"function_call": {"name": one.name, "arguments": ""}}
                for part in _parts(one.arguments):
                    yield {"function_call": {"arguments": part}}
            return
        for index, (one, call_id) in enumerate(zip(self.functions, self.ids, strict=True)):
            start = {"id": call_id, "type": _kind(one), **_called(one, "", named=True)}
            yield {"tool_calls": [{"index": index, **start}]}
            for part in _parts(one.arguments):
                yield {"tool_calls": [{"index": index, **_called(one, part)}]}


def _kind(one: Function) -> str:
    return "custom" if one.custom else "function"


def _called(one: Function, text: str, *, named: bool = False) -> Json:
    """A call, or a piece of it, under the key that its kind has."""
    name = {"name": one.name} if named else {}
    return {_kind(one): {**name, "input" if one.custom else "arguments": text}}


def turn_of(exchange: Exchange, model: Model, limit: int, index: int) -> Turn:
    """Decide what the model does for one choice, in at most `limit` tokens."""
    params = exchange.params
    rng = exchange.state.rng(params["seed"], question(params), index)
    last = params["messages"][-1]
    text = text_of(last)
    said = next((text_of(m) for m in reversed(params["messages"]) if m["role"] == "user"), text)
    subject = said + " " + (text if last["role"] != "user" else "")
    speaker = Speaker(model, subject, rng)
    offer = Offer.of(params)
    functions: list[Function] = []
    if last["role"] == "user" or offer.named is not None:
        functions = offer.decide(said, rng, speaker.phrase)
    how = sampling_of(params, params["top_logprobs"] or 0)
    document = None if functions else _document(params, said, speaker)
    refuses = document is not None and is_refused(said)
    if functions or document is not None:
        recited = "" if functions else REFUSAL if refuses else document or ""
        tokens = speaker.recite(recited, how)
    else:
        tokens = speaker.speak(how)
    thought = min(THOUGHT[params["reasoning_effort"] or "medium"], limit) if model.reasons else 0
    generation = Generation(tokens, limit - thought, stops_of(params))
    ids = ["call_" + exchange.state.new_id() for _ in functions]
    return Turn(exchange, generation, functions, offer, thought, refuses, ids)


def _document(params: Json, text: str, speaker: Speaker) -> str | None:
    """The JSON that `response_format` asks for; None if it asks for text."""
    form: Json = params["response_format"] or {"type": "text"}
    if form["type"] == "text":
        return None
    if form["type"] == "json_schema":
        named: Json = form["json_schema"]
        problem = f"Invalid schema for response_format '{named['name']}'"
        return filled(cast(Json, named["schema"]), speaker.rng, text, speaker.phrase, problem)
    if not any("json" in text_of(message).lower() for message in params["messages"]):
        raise bad_request(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            "messages",
        )
    schema = {"properties": {"answer": {"type": "string"}, "words": {"type": "integer"}}}
    return filled(schema, speaker.rng, text, speaker.phrase, "Invalid request")


def text_of(message: Json) -> str:
    """What a message says, its parts joined."""
    content: Any = message.get("content")
    if isinstance(content, list):
        parts = cast(list[Json], content)
        return "\n".join(str(part.get("text", "")) for part in parts if part["type"] == "text")
    return content or ""


def count(params: Json) -> int:
    """Tokens of the conversation and of the functions that it offers."""
    tokens = tokenizer().count
    total = PER_MESSAGE
    for message in params["messages"]:
        total += PER_MESSAGE + 1 + tokens(text_of(message)) + tokens(message.get("name") or "")
        for call in message.get("tool_calls") or ():
            total += tokens(str(call.get("function") or call.get("custom")))
        content: Any = message.get("content")
        if isinstance(content, list):
            parts = cast(list[Json], content)
            total += PER_IMAGE * sum(part["type"] != "text" for part in parts)
    offered: Any = params["tools"] or params["functions"]
    return total + (tokens(str(offered)) if offered else 0)


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
