"""A whole response as the events that it would have been streamed in."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel

from .._growing import Text
from .._json import is_array, is_object
from .._models import fitted

__all__ = ["ENDS", "Seen", "events_of", "finished", "from_whole"]

Event = dict[str, Any]
Place = tuple[Any, Any, Any]
"""A kind of event, and which item and which part of it the event is about."""

ENDS = tuple(
    f"response.{end}" for end in ("completed", "failed", "incomplete", "cancelled", "done")
)
"""The events behind which there is none. `done` is what some gateways say."""
_ADDED, _DONE = "response.output_item.added", "response.output_item.done"
_PARTS: dict[str, Callable[[str], Event]] = {
    "response.output_text.delta": lambda text: {
        "type": "output_text", "text": text, "annotations": [], "logprobs": []
    },
    "response.refusal.delta": lambda text: {"type": "refusal", "refusal": text},
}  # fmt: skip
"""The deltas of a message's parts, and the parts."""
_WHOLES = {
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
}
"""The deltas of items that have one text, and what it is called."""
_END = ((0, True),)


def finished(event: Any) -> tuple[tuple[int, bool], ...]:
    """For `Streamed`: a response comes to its end as a whole."""
    return _END if getattr(event, "type", None) in ENDS else ()


def _number(event: Any, name: str) -> int | None:
    """A number in an event, whatever a server may have put in its place."""
    value = getattr(event, name, None)
    return value if isinstance(value, int) else None


def _place(event: Any) -> int | str | None:
    """Which item an event is about: its number or, where none is told, its id."""
    number = _number(event, "output_index")
    if number is not None:
        return number
    named = getattr(getattr(event, "item", None), "id", None) or getattr(event, "item_id", None)
    return str(named) if named else None


class Seen:
    """What a stream has told so far: which events, and the texts that their deltas add up to."""

    def __init__(self) -> None:
        self.texts: defaultdict[Place, Text] = defaultdict(Text)
        self._events: set[Place] = set()
        self._items: dict[Any, Any] = {}

    def add(self, event: Any) -> Text:
        """Take note of an event; give the text that it adds to, if it is a delta."""
        kind = event.type if isinstance(event.type, str) else ""
        item, part = _place(event), _number(event, "content_index")
        where: Place = (kind, item, _number(event, "summary_index") if part is None else part)
        text = self.texts[where]
        delta = getattr(event, "delta", None)
        if isinstance(delta, str):
            text.add(delta)
            return text
        self._events.add(where)
        begins = kind == _ADDED and (_DONE, item, None) not in self._events
        if (begins or kind == _DONE) and event.item is not None:
            self._items[item] = event.item
        return text

    def item_of(self, event: Any) -> Any:
        """The item that an event is about, as far as it is known."""
        return self._items.get(_place(event))

    @property
    def items(self) -> list[Any]:
        """The items, in order; those that were not done are as far as they have come."""
        last = math.inf
        order = sorted(self._items, key=lambda place: place if isinstance(place, int) else last)
        return [self._as_told(self._items[place], place) for place in order]

    def _as_told(self, item: Any, place: Any) -> Any:
        """An item with the texts that its deltas have told, unless it is done."""
        if (_DONE, place, None) in self._events or not isinstance(item, BaseModel):
            return item
        told = {
            (kind, part): str(text)
            for (kind, of, part), text in self.texts.items()
            if of == place and text.length
        }
        more: Event = {}
        parts = sorted((n or 0, kind, text) for (kind, n), text in told.items() if kind in _PARTS)
        if parts:
            more["content"] = [_PARTS[kind](text) for _, kind, text in parts]
        for kind, name in _WHOLES.items():
            if (kind, None) in told:
                more[name] = told[kind, None]
        data: Event = {**item.model_dump(by_alias=True, exclude_unset=True), **more}
        return fitted(type(item), data) if more else item

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
