"""A whole response as the events that it would have been streamed in."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from .._growing import Text
from .._json import is_array, is_object
from .._models import fitted
from ..types._response_items import ResponseOutputItem

__all__ = ["ENDS", "Seen", "events_of", "finished", "from_whole"]

Event = dict[str, Any]
Place = tuple[Any, Any, Any]
"""A kind of event, and which item and which part of it the event is about."""

ENDS = tuple(
    f"response.{end}" for end in ("completed", "failed", "incomplete", "cancelled", "done")
)
"""The events behind which there is none. `done` is what some gateways say."""
_ADDED, _DONE = "response.output_item.added", "response.output_item.done"
_PARTS = {
    "response.output_text.delta": ("message", "content", "output_text", "text"),
    "response.refusal.delta": ("message", "content", "refusal", "refusal"),
    "response.reasoning_text.delta": ("reasoning", "content", "reasoning_text", "text"),
    "response.reasoning_summary_text.delta": ("reasoning", "summary", "summary_text", "text"),
}
"""The deltas of parts: of which items, where in them, of which type, and where the text is in them."""
_WHOLES = {
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
}
"""The deltas of items that have one text, and what it is called."""
_TEXTS = {kind: key for kind, (*_, key) in _PARTS.items()} | _WHOLES
_BARE: dict[str, Event] = {
    "message": {"type": "message", "role": "assistant", "content": []},
    "reasoning": {"type": "reasoning", "summary": []},
}
"""Items that were not told to begin."""
_END = ((0, True),)


def finished(event: Any) -> tuple[tuple[int, bool], ...]:
    """For `Streamed`: a response comes to its end as a whole."""
    return _END if getattr(event, "type", None) in ENDS else ()


def _number(event: Any, name: str) -> int | None:
    """A number in an event, whatever a server may have put in its place."""
    value = getattr(event, name, None)
    return value if isinstance(value, int) else None


class Seen:
    """What a stream has told so far: which events, and the texts that their deltas add up to."""

    def __init__(self) -> None:
        self.texts: defaultdict[Place, Text] = defaultdict(Text)
        self._events: set[Place] = set()
        self._items: dict[Any, Any] = {}
        self._ids: dict[str, Any] = {}
        """Where the items are, by their ids."""
        self._last: Any = None
        """Where the item is that began last."""

    def add(self, event: Any) -> Text:
        """Take note of an event; give the text that it adds to, if it is a delta."""
        kind = event.type if isinstance(event.type, str) else ""
        item, part = self._place(event), _number(event, "content_index")
        where: Place = (kind, item, _number(event, "summary_index") if part is None else part)
        text = self.texts[where]
        delta = getattr(event, "delta", None)
        if isinstance(delta, str):
            text.add(delta)
            return text
        self._events.add(where)
        self._add_done(event, where)
        begins = kind == _ADDED and (_DONE, item, None) not in self._events
        if (begins or kind == _DONE) and event.item is not None:
            self._items[item] = event.item
            self._ids[getattr(event.item, "id", None) or ""] = self._last = item
        return text

    def _place(self, event: Any) -> Any:
        """Which item an event is about: its number, else its id, else it is a new one or the last."""
        number = _number(event, "output_index")
        if number is not None:
            return number
        item: Any = getattr(event, "item", None)
        named = getattr(item, "id", None) or getattr(event, "item_id", None)
        if isinstance(named, str) and named:
            return self._ids.get(named, named)
        is_new = event.type == _ADDED or (_DONE, self._last, None) in self._events
        return len(self._items) if item is not None and is_new else self._last

    def _add_done(self, event: Any, where: Place) -> None:
        """Take a text that was told as a whole alone."""
        kind, item, part = where
        delta = kind.removesuffix("done") + "delta"
        told = getattr(event, _TEXTS.get(delta, ""), None)
        if isinstance(told, str) and not self.texts[delta, item, part].length:
            self.texts[delta, item, part].add(told)

    def item_of(self, event: Any) -> Any:
        """The item that an event is about, as far as it is known."""
        return self._items.get(self._place(event))

    @property
    def items(self) -> list[Any]:
        """The items, in order; those that were not done are as far as they have come."""
        told: defaultdict[Any, list[tuple[int, str, str]]] = defaultdict(list)
        for (kind, place, part), text in self.texts.items():
            if text.length and (_DONE, place, None) not in self._events:
                told[place].append((part or 0, kind, str(text)))
        begun = self._items
        bare = {place: self._bare(told[place], place) for place in told if place not in begun}
        items = {**begun, **bare}
        last = math.inf
        order = sorted(items, key=lambda place: place if isinstance(place, int) else last)
        made = [(items[place], told.get(place)) for place in order]
        return [_with_texts(item, texts) for item, texts in made if item is not None]

    @staticmethod
    def _bare(texts: list[tuple[int, str, str]], place: Any) -> Any:
        """The item of texts that came without one; None where they don't make one."""
        kind = next((_PARTS[kind][0] for _, kind, _ in texts if kind in _PARTS), None)
        if kind is None:
            return None
        named = {"id": place} if isinstance(place, str) else {}
        return fitted(ResponseOutputItem, {**named, **_BARE[kind]})

    def left(self, events: Iterator[Event]) -> Iterator[Event]:
        """Of all events of a response, those that have not been told."""
        for event in events:
            where: Place = (event["type"], event.get("output_index"), event.get("content_index"))
            if "delta" in event:
                known = str(self.texts[where])
                rest = event["delta"].removeprefix(known) if known else event["delta"]
                if rest:
                    yield {**event, "delta": rest}
            elif where not in self._events:
                yield event


def _with_texts(item: Any, told: list[tuple[int, str, str]] | None) -> Any:
    """An item with the texts that its deltas have told: of which part, by which events."""
    more: Event = {}
    for _, kind, text in sorted(told or ()):
        if kind in _PARTS:
            _, where, named, key = _PARTS[kind]
            lists: Event = {"annotations": [], "logprobs": []} if named == "output_text" else {}
            more.setdefault(where, []).append({"type": named, key: text, **lists})
        elif kind in _WHOLES:
            more[_WHOLES[kind]] = text
    if not more or not isinstance(item, BaseModel):
        return item
    return fitted(type(item), {**item.model_dump(by_alias=True, exclude_unset=True), **more})


def from_whole(answer: dict[str, Any]) -> list[Any] | None:
    """The events of a response, as a server sends it that does not stream; None for anything else."""
    if not is_array(answer.get("output")):
        return None
    return [{**event, "sequence_number": n} for n, event in enumerate(events_of(answer))]


def events_of(response: dict[str, Any]) -> Iterator[Event]:
    """The events of a response, without their numbers; what is not done yet ends without an end."""
    status = response.get("status") or "completed"
    begun: Event = {**response, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(response.get("output") or ()):
        for event in _events_of_item(item) if is_object(item) else ():
            yield {"output_index": index, **event}
    if status in ("queued", "in_progress"):
        yield {"type": f"response.{status}", "response": response}
    else:
        yield {"type": f"response.{_ENDS.get(status, 'completed')}", "response": response}


_ENDS = {"failed": "failed", "incomplete": "incomplete", "cancelled": "incomplete"}


def _events_of_item(item: dict[str, Any]) -> Iterator[Event]:
    named = {"item_id": item.get("id") or ""}
    kind = item.get("type")
    content = item.get("content") if kind == "message" else None
    begun: Event = {**item, "status": "in_progress"} if "status" in item else item
    if kind == "message":
        begun = {**begun, "content": []}
    elif kind == "function_call":
        begun = {**begun, "arguments": ""}
    yield {"type": "response.output_item.added", "item": begun}
    for index, part in enumerate(content if is_array(content) else []):
        for event in _events_of_part(part) if is_object(part) else ():
            yield {**named, "content_index": index, **event}
    if kind == "function_call":
        told = {**named, "name": item.get("name"), "arguments": item.get("arguments") or ""}
        kind = "response.function_call_arguments"
        yield {"type": f"{kind}.delta", **named, "delta": told["arguments"]}
        yield {"type": f"{kind}.done", **told}
    yield {"type": "response.output_item.done", "item": item}


def _events_of_part(part: dict[str, Any]) -> Iterator[Event]:
    key = "refusal" if part.get("type") == "refusal" else "text"
    text = part.get(key) or ""
    name = "response.refusal" if key == "refusal" else "response.output_text"
    more: Event = {} if key == "refusal" else {"logprobs": part.get("logprobs") or []}
    yield {"type": "response.content_part.added", "part": {**part, key: ""}}
    yield {"type": f"{name}.delta", "delta": text, **more}
    yield {"type": f"{name}.done", key: text, **more}
    yield {"type": "response.content_part.done", "part": part}
