"""Batches: jobs whose lines are calls of the server's own endpoints.

Lines run when somebody asks after the batch, as many as are due by the clock.
"""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import anyio
import anyio.to_thread

from ._clock import Timed
from ._errors import ApiError, bad_request
from ._http import Answer, Exchange, as_error, dump
from ._inner import call
from ._params import Json
from ._state import State, StoredFile

MAX_LINES = 50_000
MAX_PROBLEMS = 20
ENDS = ("completed", "failed", "expired", "cancelled")

# When what happens, as shares of the whole job.
_VALIDATED, _RAN = 0.1, 0.9
_TURN_SECONDS = 0.25  # how long lines run for one call that asks

_WHY_UNANSWERED = {
    "expired": "This request could not be executed before the completion window expired.",
    "cancelled": "This request was not executed, because the batch was cancelled.",
}


class Line(NamedTuple):
    """One call of a batch."""

    custom_id: str
    body: Json


@dataclass
class BatchJob(Timed):
    """A batch on its way."""

    id: str
    endpoint: str
    input: StoredFile
    window: str
    metadata: Json | None
    output_expires_after: Json | None
    seconds: float
    limit: float
    """Seconds after which it expires."""
    status: str = "validating"
    at: dict[str, float] = field(default_factory=dict[str, float])
    """When it came to each status."""
    total: int = 0
    problems: list[Json] = field(default_factory=list[Json])
    usage: list[int] = field(default_factory=lambda: [0, 0])
    model: str | None = None
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    _todo: deque[Line] = field(default_factory=deque[Line])
    _running: int = 0
    _answered: list[Json] = field(default_factory=list[Json])
    _failed: list[Json] = field(default_factory=list[Json])

    async def advance(self, exchange: Exchange) -> None:
        """Bring it to where it is by now."""
        if self.status == "validating" and self.share_of(self.seconds) >= _VALIDATED:
            lines = await anyio.to_thread.run_sync(self._validate)
            if self.status == "validating":
                self._begin(lines)
        if self.status == "in_progress":
            await self._run_lines(exchange)
        now = self.clock.now()
        if self._running:  # somebody else's call waits for a line
            return
        if self.status == "in_progress" and now >= self.created + self.limit:
            self._end(exchange.state, "expired")
        elif self.status == "in_progress" and not self._todo:
            self._become("finalizing")
        if self.status == "finalizing" and self.share_of(self.seconds) >= 1:
            self._end(exchange.state, "completed")
        if self.status == "cancelling" and now >= self.at["cancelling"] + _VALIDATED * self.seconds:
            self._end(exchange.state, "cancelled")

    def cancel(self) -> None:
        """Begin no more lines."""
        if self.status in ENDS or self.status == "cancelling":
            raise bad_request(f"Cannot cancel a batch with status '{self.status}'.", "batch_id")
        self._become("cancelling")

    def _become(self, status: str) -> None:
        self.status = status
        self.at[status] = self.clock.now()

    # The input

    def _begin(self, lines: list[Line]) -> None:
        if self.problems:
            self._become("failed")
            return
        self.total = len(lines)
        models = {line.body.get("model") for line in lines}
        self.model = models.pop() if len(models) == 1 else None
        random.Random(self.id).shuffle(lines)  # the API promises no order
        self._todo.extend(lines)
        self._become("in_progress")

    def _validate(self) -> list[Line]:
        lines: list[Line] = []
        seen: set[str] = set()
        self.problems = []
        for number, text in enumerate(self.input.lines(), 1):
            if not text.strip() or len(self.problems) >= MAX_PROBLEMS:
                continue
            try:
                lines.append(self._read(text, seen))
            except ApiError as error:
                told = {"code": error.code, "message": error.message, "param": error.param}
                self.problems.append({**told, "line": number})
        if not lines and not self.problems:
            self._complain("empty_file", "The input file is empty.")
        if len(lines) > MAX_LINES:
            message = f"The batch has {len(lines)} requests, the limit is {MAX_LINES}."
            self._complain("too_many_requests", message)
        return lines

    def _complain(self, code: str, message: str) -> None:
        self.problems.append({"code": code, "message": message, "param": None, "line": None})

    def _read(self, text: bytes, seen: set[str]) -> Line:
        """A line; 400 for one that is none."""
        try:
            line: Any = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict):
            raise bad_request("This line is not a JSON object.", code="invalid_json_line")
        line = cast(Json, line)
        custom_id, body = line.get("custom_id"), line.get("body")
        if not isinstance(custom_id, str) or not custom_id:
            message = "The custom_id for this request is missing."
            raise bad_request(message, "custom_id", "missing_required_parameter")
        if custom_id in seen:
            message = f"The custom_id '{custom_id}' is a duplicate of another request."
            raise bad_request(message, "custom_id", "duplicate_custom_id")
        seen.add(custom_id)
        if line.get("method") != "POST":
            raise bad_request("The method must be 'POST'.", "method", "invalid_method")
        if line.get("url") != self.endpoint:
            message = f"The URL provided for this request does not match '{self.endpoint}'."
            raise bad_request(message, "url", "invalid_url")
        if not isinstance(body, dict):
            raise bad_request("The body must be an object.", "body", "missing_required_parameter")
        return Line(custom_id, cast(Json, body))

    # The lines

    async def _run_lines(self, exchange: Exchange) -> None:
        """Run those that are due, and for no longer than a turn."""
        over = time.monotonic() + _TURN_SECONDS
        due = (self.share_of(self.seconds) - _VALIDATED) / (_RAN - _VALIDATED) * self.total
        while self._todo and self.total - len(self._todo) < due and time.monotonic() < over:
            line = self._todo.popleft()
            self._running += 1
            try:
                answer = await _answer(self.endpoint, line.body, exchange)
            except BaseException:  # whoever asked has left
                self._todo.appendleft(line)
                raise
            finally:
                self._running -= 1
            self._keep(exchange.state, line, answer)

    def _keep(self, state: State, line: Line, answer: Answer) -> None:
        body: Any = json.loads(cast(bytes, answer.body))
        response = {
            "status_code": answer.status,
            "request_id": "req_" + state.new_id(32),
            "body": body,
        }
        kept = self._answered if answer.status < 400 else self._failed
        kept.append(_row(state, line, response=response))
        usage: Json = body.get("usage") or {}
        for place, names in enumerate(
            (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
        ):
            self.usage[place] += next((usage[name] for name in names if name in usage), 0)

    def _end(self, state: State, status: str) -> None:
        """Leave the files: what was answered, what failed, and what never ran."""
        if status in _WHY_UNANSWERED:
            error = {"code": f"batch_{status}", "message": _WHY_UNANSWERED[status]}
            self._failed += [_row(state, line, error=error) for line in self._todo]
            self._todo.clear()
        self._become(status)
        for kind, rows in (("output", self._answered), ("error", self._failed)):
            if rows:
                name = f"{self.id}_{kind}.jsonl"
                stored = state.store("file-" + state.new_id(), name, "batch_output", _text(rows))
                self.files[kind] = stored.expire(self.output_expires_after)

    def describe(self) -> Json:
        """The API's `batch` object."""

        def at(status: str) -> int | None:
            return int(self.at[status]) if status in self.at else None

        files = {kind: stored.id for kind, stored in self.files.items()}
        spent, made = self.usage
        unanswered = sum(row["response"] is None for row in self._failed)
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.endpoint,
            "model": self.model,
            "errors": {"object": "list", "data": self.problems} if self.problems else None,
            "input_file_id": self.input.id,
            "completion_window": self.window,
            "status": self.status,
            "output_file_id": files.get("output"),
            "error_file_id": files.get("error"),
            "created_at": int(self.created),
            "in_progress_at": at("in_progress"),
            "expires_at": int(self.created + self.limit),
            "finalizing_at": at("finalizing"),
            "completed_at": at("completed"),
            "failed_at": at("failed"),
            "expired_at": at("expired"),
            "cancelling_at": at("cancelling"),
            "cancelled_at": at("cancelled"),
            "request_counts": {
                "total": self.total,
                "completed": len(self._answered),
                "failed": len(self._failed) - unanswered,
            },
            "usage": {
                "input_tokens": spent,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": made,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": spent + made,
            },
            "metadata": self.metadata,
        }


def _row(
    state: State, line: Line, *, response: Json | None = None, error: Json | None = None
) -> Json:
    row_id = "batch_req_" + state.new_id()
    return {"id": row_id, "custom_id": line.custom_id, "response": response, "error": error}


def _text(rows: Iterable[Json]) -> Iterable[bytes]:
    return (dump(row) + b"\n" for row in rows)


async def _answer(endpoint: str, body: Json, asked: Exchange) -> Answer:
    """What the server's own endpoint answers."""
    if body.get("stream"):
        return as_error(bad_request("A batch can't stream.", "stream"))
    return await call(asked, "POST", endpoint.removeprefix("/v1"), body=body)
