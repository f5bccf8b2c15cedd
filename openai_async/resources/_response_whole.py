"""A whole response as the events that it would have been streamed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .._json import is_array, is_object

__all__ = ["ENDS", "Seen", "events_of", "finished", "from_whole"]

Event = dict[str, Any]
Place = tuple[Any, Any, Any]
"""A kind of event, and which item and which part of it the event is about."""

ENDS = frozenset(f"response.{end}" for end in ("completed", "failed", "incomplete", "cancelled"))
"""The events behind which there is none."""
ITEM_EVENTS = frozenset({"response.output_item.added", "response.output_item.done"})
_END = ((0, True),)


def finished(event: Any) -> tuple[tuple[int, bool], ...]:
    """For `Streamed`: a response comes to its end as a whole."""
    return _END if getattr(event, "type", None) in ENDS else ()


class Seen:
    """What a stream has told so far: which events, and the texts that their deltas add up to."""

    def __init__(self) -> None:
        self.texts: defaultdict[Place, str] = defaultdict(str)
        self._events: set[Place] = set()
        self._items: dict[int, Any] = {}

    def add(self, event: Any) -> str:
        """Take note of an event; give the whole text so far, if it is a delta."""
        item, part = getattr(event, "output_index", None), getattr(event, "content_index", None)
        where: Place = (
            event.type,
            item,
            getattr(event, "summary_index", None) if part is None else part,
        )
        delta = getattr(event, "delta", None)
        if isinstance(delta, str):
            self.texts[where] += delta
            return self.texts[where]
        self._events.add(where)
        if event.type in ITEM_EVENTS and event.item is not None:
            self._items[event.output_index] = event.item
        return ""

    @property
    def items(self) -> list[Any]:
        """The items, in order; those that were not done are as they began."""
        return [self._items[index] for index in sorted(self._items)]

    def left(self, events: Iterator[Event]) -> Iterator[Event]:
        """Of all events of a response, those that have not been told."""
        for event in events:
            where: Place = (event["type"], event.get("output_index"), event.get("content_index"))
            if "delta" in event:
                known = self.texts.get(where, "")
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
    for index, item in enumerate(response["output"]):
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
