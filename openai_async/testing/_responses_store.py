"""Responses and conversations that the server keeps, and those that go on in the background."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from ._clock import Clock
from ._errors import ApiError, bad_request
from ._params import Json
from ._prompt_cache import PromptCache
from ._responses_items import no_such_item, shown

_MAX_RUNS = 10_000
_FINAL = frozenset({"completed", "failed", "cancelled", "incomplete"})


@dataclass
class Run:
    """A response and how it comes about.

    `source` makes it, event by event, and says (in seconds) where time passes between them. In the
    foreground the call's answer pulls it. In the background nothing runs either: whoever looks
    pulls what is due by the clock, so a response that nobody reads goes on all the same.
    """

    response: Json
    """As it is at this moment, with everything that `include` may ask for."""
    given: list[Json]
    """The items of the call's own input."""
    before: list[Json]
    """All that the model has seen: of earlier responses or the conversation, and `given`."""
    streamed: bool
    include: frozenset[str]
    due: float
    """When the next step is, in the background."""
    source: Iterator[Json | float] = field(default_factory=lambda: iter(()))
    conversation: Conversation | None = None
    doing: Json | None = None
    """The item that is being written, as far as it has come."""
    events: list[Json] = field(default_factory=list[Json])
    """Of a background response that was created as a stream: all so far, for who reads it again."""

    @property
    def id(self) -> str:
        """The response's id."""
        response_id: str = self.response["id"]
        return response_id

    @property
    def in_background(self) -> bool:
        """Whether it goes on when its client has left."""
        return self.response["background"] is True

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen."""
        return self.response["status"] in _FINAL

    def steps(self) -> Iterator[Json | float]:
        """Make it, in the time of who asks."""
        if self.conversation is not None:
            self.conversation.busy = self.id
        yield from self.source
        self.settle()

    def advance(self, now: float) -> None:
        """Make what is due by now."""
        while self.due <= now and not self.is_over:
            step = next(self.source, None)
            if isinstance(step, dict):
                self.events += [step] if self.streamed else []
            elif step is not None:
                self.due += step
            elif not self.is_over:
                self.response["status"] = "failed"  # what made it has raised, to someone else
        self.settle()

    def next_in(self, now: float) -> float:
        """Seconds until something happens by itself; endless if nothing will."""
        return math.inf if self.is_over else max(0.0, self.due - now)

    def cancel(self) -> None:
        """Stop it here, if it goes on."""
        if not self.is_over:
            self.response["status"] = "cancelled"
            self.source = iter(())
        self.settle()

    def settle(self) -> None:
        """Once it has ended: its conversation gets what was said, one time."""
        if not self.is_over or self.conversation is None:
            return
        conversation, self.conversation = self.conversation, None
        conversation.busy = None
        if self.response["status"] in ("completed", "incomplete"):
            conversation.add([*self.given, *self.response["output"]])

    def describe(self, include: Collection[str]) -> Json:
        """The API's `response` object."""
        items = [*self.response["output"], *([] if self.doing is None else [self.doing])]
        return {**self.response, "output": [shown(item, include) for item in items]}


@dataclass
class Conversation:
    """Items that several responses share."""

    id: str
    metadata: Json
    created: int
    items: dict[str, Json] = field(default_factory=dict[str, Json])
    """In the order in which they came."""
    busy: str | None = None
    """The response that is about to add to it."""

    def add(self, items: list[Json]) -> None:
        """Append items; one that is there already stays where it is."""
        for item in items:
            self.items.setdefault(item["id"], item)

    def describe(self) -> Json:
        """The API's `conversation` object."""
        return {
            "id": self.id,
            "object": "conversation",
            "created_at": self.created,
            "metadata": self.metadata,
        }

    def item(self, item_id: str) -> Json:
        """One of its items, or a 404."""
        found = self.items.get(item_id)
        if found is None:
            raise no_such_item(item_id)
        return found


@dataclass
class ResponseStore:
    """What is kept of responses and conversations."""

    clock: Clock
    runs: dict[str, Run] = field(default_factory=dict[str, Run])
    conversations: dict[str, Conversation] = field(default_factory=dict[str, Conversation])
    cache: PromptCache = field(default_factory=PromptCache)
    _going: list[Run] = field(default_factory=list[Run])
    """Those in the background that are not over."""

    def keep(self, run: Run) -> None:
        """Remember a response; the oldest ones are forgotten."""
        self.runs[run.id] = run
        if run.in_background:
            self._going.append(run)
            if run.conversation is not None:
                run.conversation.busy = run.id
        while len(self.runs) > _MAX_RUNS:
            del self.runs[next(iter(self.runs))]

    def settle(self) -> None:
        """Let what goes on in the background come as far as it is due."""
        now = self.clock.now()
        for run in self._going:
            run.advance(now)
        self._going = [run for run in self._going if not run.is_over]

    def run(self, response_id: str) -> Run:
        """A stored response, or a 404."""
        self.settle()
        found = self.runs.get(response_id)
        if found is None:
            raise ApiError(404, f"Response with id '{response_id}' not found.")
        return found

    def previous(self, response_id: str) -> Run:
        """The response that a new one goes on from; a 400 if it can't."""
        self.settle()
        found = self.runs.get(response_id)
        if found is None:
            raise bad_request(
                f"Previous response with id '{response_id}' not found.",
                "previous_response_id",
                "previous_response_not_found",
            )
        if not found.is_over:
            raise bad_request(
                f"Previous response with id '{response_id}' is still in progress.",
                "previous_response_id",
            )
        return found

    def conversation(self, conversation_id: str) -> Conversation:
        """A conversation, or a 404."""
        self.settle()
        found = self.conversations.get(conversation_id)
        if found is None:
            raise ApiError(404, f"Conversation with id '{conversation_id}' not found.")
        return found

    def idle_conversation(self, named: Any) -> Conversation:
        """The conversation that a response is to be part of, while no other one is working on it."""
        found = self.conversation(named if isinstance(named, str) else named["id"])
        if found.busy is not None:
            raise bad_request(
                "Another process is currently operating on this conversation. "
                "Please retry in a few seconds.",
                "conversation",
                "conversation_locked",
            )
        return found

    def find_item(self, item_id: str) -> Json:
        """An item by its id, wherever it was said; or a 404."""
        self.settle()
        for conversation in self.conversations.values():
            if item_id in conversation.items:
                return conversation.items[item_id]
        for run in self.runs.values():
            output: list[Json] = run.response["output"]
            for item in (*run.given, *output):
                if item["id"] == item_id:
                    return item
        raise no_such_item(item_id)
