"""Writes a response, event by event, in the order that the API has."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from string import ascii_letters
from typing import TYPE_CHECKING, Any, NamedTuple

from ._generation import chat_logprobs
from ._params import Json
from ._prompt_cache import Cached
from ._responses_items import new_id, shown
from ._sampling import Generation, Piece, Sampling, Token

if TYPE_CHECKING:
    from ._responses_store import Run
    from ._speaker import Speaker
    from ._state import State

Steps = Iterator["Json | float"]
"""Events, and seconds that pass between them."""

Told = Generator["Json | float", None, str]
"""The same, and in the end the text that they told."""

_PADDED = 16


class Prompt(NamedTuple):
    """What a prompt costs, in tokens, and how many it leaves for the answer."""

    tokens: int
    room: int = 0
    cached: Cached = Cached()


class Writer:
    """One response under way: its events have numbers, its tokens a limit."""

    def __init__(
        self, run: Run, state: State, speaker: Speaker, how: Sampling, prompt: Prompt
    ) -> None:
        self.run = run
        self.state = state
        self.speaker = speaker
        self.how = how
        self.left = prompt.room
        self.fell_short = False
        """Whether there was more to say than the limit of tokens allowed."""
        self._number = 0
        self._prompt = prompt
        self._used = 0
        self._thought = 0

    # Events

    def event(self, type: str, **fields: Any) -> Json:
        """One event, with the next number."""
        event = {"type": type, "sequence_number": self._number, **fields}
        self._number += 1
        return event

    def status(self, type: str) -> Json:
        """An event that shows the whole response."""
        return self.event(type, response=self.run.describe(self.run.include))

    def begin(self) -> Steps:
        """The first events."""
        response = self.run.response
        yield self.status("response.created")
        if response["status"] == "queued":
            yield self.status("response.queued")
            yield self.state.token_delay
            response["status"] = "in_progress"
        yield self.status("response.in_progress")

    def finish(self) -> Steps:
        """The last event: completed, or incomplete."""
        response = self.run.response
        response["usage"] = self._usage()
        if self.fell_short:
            response["status"] = "incomplete"
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        else:
            response["status"] = "completed"
            response["completed_at"] = int(self.state.clock.now())
        yield self.status(f"response.{response['status']}")

    def fail(self) -> Steps:
        """The last event of a response that the server can't finish."""
        response = self.run.response
        response["status"] = "failed"
        response["error"] = {
            "code": "server_error",
            "message": "The server had an error while processing your request. Sorry about that!",
        }
        yield self.status("response.failed")

    def _usage(self) -> Json:
        return usage_of(self._prompt, self._used, self._thought)

    # Items

    def new_item(self, kind: str, **fields: Any) -> Json:
        """An item that is going to be said."""
        return {"id": new_id(self.state, kind), "type": kind, **fields}

    def place(self, item: Json) -> Json:
        """Where an event about an item says it belongs."""
        return {"item_id": item["id"], "output_index": len(self.run.response["output"])}

    def open(self, item: Json) -> Json:
        """The event that an item begins."""
        self.run.doing = item
        return self._about("response.output_item.added", item)

    def close(self, item: Json) -> Json:
        """The event that an item is whole; from now on it is part of the response."""
        event = self._about("response.output_item.done", item)
        self.run.doing = None
        self.run.response["output"].append(item)
        return event

    def _about(self, type: str, item: Json) -> Json:
        index = len(self.run.response["output"])
        return self.event(type, output_index=index, item=shown(item, self.run.include))

    def write(self, item: Json) -> Steps:
        """An item that comes in one piece."""
        yield self.open(item)
        yield self.close(item)

    # Texts

    def pieces(self, tokens: Iterator[Token]) -> Iterator[Piece]:
        """A text, bit by bit, as far as the limit allows."""
        generation = Generation(tokens, self.left)
        yield from generation
        self.left -= generation.count
        self._used += generation.count
        self.fell_short = self.fell_short or generation.finish_reason == "length"

    def deltas(self, name: str, where: Json, text: str, *, counted: bool = True) -> Told:
        """`response.NAME.delta` for each bit of a given text; returns what there was room for."""
        written = ""
        tokens = self.speaker.recite(text, Sampling())
        for piece in self.pieces(tokens) if counted else Generation(tokens, 100_000):
            yield self.state.token_delay
            yield self.event(f"response.{name}.delta", **where, delta=piece.text)
            written += piece.text
        return written

    def message(self, tokens: Iterator[Token], annotations: Sequence[Json] = ()) -> Steps:
        """A message in words."""
        item = self.new_item("message", status="in_progress", role="assistant", content=[])
        yield self.open(item)
        where = {**self.place(item), "content_index": 0}
        part: Json = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        yield self.event("response.content_part.added", **where, part=part)
        text, logprobs, asked = "", list[Json](), self._wants_logprobs
        for piece in self.pieces(tokens):
            yield self.state.token_delay
            found: list[Json] = chat_logprobs(piece.tokens)["content"] if asked else []
            short = [_short(one) for one in found]
            text += piece.text
            logprobs += found
            self.run.doing = {**item, "content": [{**part, "text": text}]}
            event = "response.output_text.delta"
            yield self.event(event, **where, delta=piece.text, logprobs=short)
        cited = [_cited(annotation, text) for annotation in annotations]
        for index, annotation in enumerate(cited):
            yield self.event(
                "response.output_text.annotation.added",
                **where,
                annotation_index=index,
                annotation=annotation,
            )
        short = [_short(one) for one in logprobs]
        yield self.event("response.output_text.done", **where, text=text, logprobs=short)
        part = {**part, "text": text, "annotations": cited, "logprobs": logprobs}
        yield self.event("response.content_part.done", **where, part=part)
        yield self.close({**item, "status": self.outcome, "content": [part]})

    def refusal(self, text: str) -> Steps:
        """A message that refuses."""
        item = self.new_item("message", status="in_progress", role="assistant", content=[])
        yield self.open(item)
        where = {**self.place(item), "content_index": 0}
        part: Json = {"type": "refusal", "refusal": ""}
        yield self.event("response.content_part.added", **where, part=part)
        said = yield from self.deltas("refusal", where, text)
        yield self.event("response.refusal.done", **where, refusal=said)
        part = {**part, "refusal": said}
        yield self.event("response.content_part.done", **where, part=part)
        yield self.close({**item, "status": self.outcome, "content": [part]})

    def reasoning(self, tokens: int, *, summarized: bool) -> Steps:
        """Thoughts, which cost tokens and are not shown, and perhaps a summary of them."""
        item = self.new_item("reasoning", summary=[])
        item["encrypted_content"] = "gAAAAA" + self.state.new_id(96)
        yield self.open(item)
        yield self.state.token_delay
        spent = min(tokens, self.left)
        self.fell_short = spent < tokens or self.left == tokens
        self.left -= spent
        self._used += spent
        self._thought += spent
        if summarized:
            where = {**self.place(item), "summary_index": 0}
            part: Json = {"type": "summary_text", "text": ""}
            yield self.event("response.reasoning_summary_part.added", **where, part=part)
            thought = f"**Considering the question**\n\n{self.speaker.text(24)}"
            text = yield from self.deltas("reasoning_summary_text", where, thought, counted=False)
            yield self.event("response.reasoning_summary_text.done", **where, text=text)
            part = {**part, "text": text}
            yield self.event("response.reasoning_summary_part.done", **where, part=part)
            item = {**item, "summary": [part]}
        yield self.close(item)

    def function_call(self, name: str, arguments: str, **more: Any) -> Steps:
        """A call of a function of the client's."""
        call = self._call("function_call", name, more)
        yield self.open({**call, "arguments": ""})
        where = self.place(call)
        said = yield from self._fill(call, "arguments", "function_call_arguments", arguments)
        done = "response.function_call_arguments.done"
        yield self.event(done, **where, name=name, arguments=said)
        yield self.close({**call, "arguments": said, "status": self.outcome})

    def custom_call(self, name: str, text: str, **more: Any) -> Steps:
        """A call of a custom tool of the client's, whose input is plain text."""
        call = self._call("custom_tool_call", name, more)
        yield self.open({**call, "input": ""})
        where = self.place(call)
        said = yield from self._fill(call, "input", "custom_tool_call_input", text)
        yield self.event("response.custom_tool_call_input.done", **where, input=said)
        yield self.close({**call, "input": said, "status": self.outcome})

    def _fill(self, call: Json, field: str, name: str, text: str) -> Told:
        """The deltas of a call's one text."""
        said = ""
        for step in self.deltas(name, self.place(call), text):
            if isinstance(step, dict):
                said += str(step["delta"])
                self.run.doing = {**call, field: said}
            yield step
        return said

    def _call(self, kind: str, name: str, more: Json) -> Json:
        call_id = "call_" + self.state.new_id()
        return self.new_item(kind, status="in_progress", call_id=call_id, name=name, **more)

    @property
    def outcome(self) -> str:
        """The status of an item that has come to its end."""
        return "incomplete" if self.fell_short else "completed"

    @property
    def _wants_logprobs(self) -> bool:
        return "message.output_text.logprobs" in self.run.include


def usage_of(prompt: Prompt, completion: int, thought: int = 0) -> Json:
    """The API's `usage` of a response, in tokens."""
    return {
        "input_tokens": prompt.tokens,
        "input_tokens_details": {
            "cached_tokens": prompt.cached.read,
            "cache_write_tokens": prompt.cached.written,
        },
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": prompt.tokens + completion,
    }


def obfuscated(event: Json) -> Json:
    """A delta with letters beside it, so that its length says nothing of it."""
    delta: Any = event.get("delta")
    if not isinstance(delta, str):
        return event
    start = event["sequence_number"] % len(ascii_letters)
    letters = ascii_letters[start:] + ascii_letters
    return {**event, "obfuscation": letters[: _PADDED - len(delta) % _PADDED]}


def _short(logprob: Json) -> Json:
    """A log probability as events have it: without bytes."""
    top = [{"token": one["token"], "logprob": one["logprob"]} for one in logprob["top_logprobs"]]
    return {"token": logprob["token"], "logprob": logprob["logprob"], "top_logprobs": top}


def _cited(annotation: Json, text: str) -> Json:
    """An annotation that is about the whole of the text."""
    if annotation["type"] == "url_citation":
        return {**annotation, "start_index": 0, "end_index": len(text)}
    return {**annotation, "index": max(0, len(text) - 1)}
