"""Scripted answers: what `server.reply(...)` says the next calls get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._http import DONE, Answer, Frame, dump, sse
from ._matching import Scripted, Target

Event = Any
"""What an event may be: bytes are sent as they are, text as `data:`, a float is a pause in seconds,
all else is sent as JSON."""


class Reply:
    """One scripted answer; can be sent many times."""

    def __init__(
        self,
        *,
        json: Any = None,
        text: str | None = None,
        body: bytes | None = None,
        events: Iterable[Event] | None = None,
        done: bool = True,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        given = [
            name
            for name, value in (("json", json), ("text", text), ("body", body), ("events", events))
            if value is not None
        ]
        if len(given) > 1:
            raise TypeError(f"a reply has one body, not {' and '.join(given)}")
        self._status = status
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        self._frames: Sequence[Frame] | None = None
        if events is not None:
            self._type = "text/event-stream; charset=utf-8"
            self._frames = [*map(_frame, events), *([DONE] if done else [])]
        elif text is not None:
            self._type, self._body = "text/plain; charset=utf-8", text.encode()
        elif body is not None:
            self._type, self._body = "application/octet-stream", body
        else:
            self._type, self._body = "application/json", dump(json)
        self._type = self._headers.pop("content-type", self._type)

    def answer(self) -> Answer:
        """The response, made anew."""
        body = self._body if self._frames is None else iter(self._frames)
        return Answer(body, self._status, self._type, dict(self._headers))


class Script:
    """The scripted answers of one server, first in, first out."""

    def __init__(self) -> None:
        self._replies: list[Scripted[Reply]] = []

    def add(self, on: str, reply: Reply, times: int | None) -> Scripted[Reply]:
        """Queue an answer."""
        script = Scripted(reply, Target.parse(on), times, self._replies)
        self._replies.append(script)
        return script

    def clear(self) -> None:
        """Forget them all."""
        self._replies.clear()

    def pick(self, method: str, path: str) -> Reply | None:
        """The answer for one call, if one is scripted."""
        for script in self._replies:
            if script.target.fits(method, path):
                script.use()
                return script.what
        return None


def _frame(event: Event) -> Frame:
    if isinstance(event, bytes | float):
        return event
    return sse(event.encode() if isinstance(event, str) else dump(event))
