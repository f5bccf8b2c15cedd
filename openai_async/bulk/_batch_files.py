"""The files of a batch, on disk: its requests, and what came of them. Memory holds a portion."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, cast

from anyio import to_thread
from pydantic_core import from_json

from .._json import is_object
from .._request import Request
from .._sse import BOM
from ..errors import APIResponseError, ConfigurationError
from ._reader import Reader

__all__ = ["BatchRequest", "BatchRequests", "Line", "Lines", "write_answered", "write_requests"]

BatchRequest: TypeAlias = "Mapping[str, Any] | tuple[str, Mapping[str, Any]]"
"""The body of a call, or `(custom_id, body)`."""
BatchRequests: TypeAlias = "Iterable[BatchRequest] | AsyncIterable[BatchRequest]"

MAX_REQUESTS = 50_000
MAX_BYTES = 200 * 10**6
READ = 16
"""Requests that are taken at once."""
PENDING_BYTES = 1 << 20
"""How much is written at once."""
PORTION = 256
"""Lines that are read at once, unless they are long."""
PORTION_BYTES = 4 << 20


async def write_requests(
    requests: BatchRequests, file: IO[bytes], endpoint: str, defaults: Mapping[str, Any]
) -> int:
    """Write the requests as lines; give their number.

    Raises `ConfigurationError` for one that can't be sent, for an id that comes twice, and for more
    than a batch may have.
    """
    seen: set[str] = set()
    size = 0
    pending = bytearray()
    async with Reader(requests) as reader:
        while items := await reader.take(READ, until=-math.inf):
            for index, item in items:
                line = _line(index, item, endpoint, defaults, seen)
                size += len(line)
                if len(seen) > MAX_REQUESTS or size > MAX_BYTES:
                    raise ConfigurationError(
                        f"a batch has at most {MAX_REQUESTS:,} requests and {MAX_BYTES // 10**6} MB,"
                        " and these are more: make several batches of them"
                    )
                pending += line
            if len(pending) > PENDING_BYTES:
                await to_thread.run_sync(file.write, bytes(pending))
                pending.clear()
    if not seen:
        raise ConfigurationError("there are no requests")
    await to_thread.run_sync(file.write, bytes(pending))
    return len(seen)


def _line(
    index: int, item: Any, endpoint: str, defaults: Mapping[str, Any], seen: set[str]
) -> bytes:
    custom_id: Any = f"request-{index}"
    if isinstance(item, tuple):
        given: list[Any] = [*item]
        custom_id, item = given if len(given) == 2 else (None, None)
    if not isinstance(item, Mapping) or not isinstance(custom_id, str) or not custom_id:
        raise ConfigurationError(
            f"request {index} must be a body, such as a dict, or (custom_id, body)"
        )
    if custom_id in seen:
        raise ConfigurationError(f"request {index}: the custom_id {custom_id!r} came before")
    seen.add(custom_id)
    body = {**defaults, **cast("Mapping[str, Any]", item)}
    line = {"custom_id": custom_id, "method": "POST", "url": endpoint, "body": body}
    try:
        return cast("bytes", Request("POST", endpoint, None, json=line).content()) + b"\n"
    except TypeError as error:
        raise TypeError(f"request {index}: {error}") from None


def write_answered(answers: Sequence[Path], requests: Path) -> None:
    """Requests by their ids alone, made of their answers, where the file of them is gone. Blocks."""
    seen: set[str] = set()
    unfinished = requests.with_suffix(".part")  # whoever waits may be cancelled, and look again
    with unfinished.open("wb") as out:
        for answer in answers:
            with answer.open("rb") as file:
                for line in file:
                    with contextlib.suppress(APIResponseError):
                        custom_id = str(_object(line).get("custom_id"))
                        if custom_id not in seen:
                            seen.add(custom_id)
                            out.write(json.dumps({"custom_id": custom_id}).encode() + b"\n")
    unfinished.replace(requests)


class Line(NamedTuple):
    """A request, and what a file says of it."""

    custom_id: str
    body: dict[str, Any]
    row: dict[str, Any] | None
    """The line of the output or the error file; None where neither has one."""


class Lines:
    """The requests of a batch in their order, each with what came of it. Its methods block."""

    def __init__(
        self, requests: str | PathLike[str], answers: Sequence[str | PathLike[str]]
    ) -> None:
        with contextlib.ExitStack() as stack:
            self._requests = stack.enter_context(open(requests, "rb"))
            self._answers = [stack.enter_context(open(path, "rb")) for path in answers]
            self._places: dict[str, tuple[int, int]] = {}  # file and offset, by custom_id
            self.unreadable = 0
            """Lines of answers that are no JSON object: whose they are can't be told."""
            for number, file in enumerate(self._answers):
                self._index(number, file)
            self._stack = stack.pop_all()

    def _index(self, number: int, file: IO[bytes]) -> None:
        offset, read = 0, len(self._places)
        problem: APIResponseError | None = None
        for line in file:
            if line.strip():
                try:
                    custom_id = str(_object(line).get("custom_id"))
                except APIResponseError as error:
                    problem = problem or error
                    self.unreadable += 1
                else:
                    self._places.setdefault(custom_id, (number, offset))
            offset += len(line)
        if problem is not None and len(self._places) == read:
            raise problem  # none of it can be read: it is something else, say a page of a proxy

    def portion(self) -> list[Line]:
        """The next requests; none at the end."""
        found: list[Line] = []
        size = 0
        while len(found) < PORTION and size < PORTION_BYTES and (text := self._requests.readline()):
            if text.strip():
                request = _object(text)
                custom_id = str(request.get("custom_id"))
                answer = self._answer(custom_id)
                size += len(text) + len(answer or b"")
                body: Any = request.get("body")
                row = None if answer is None else _object(answer)
                found.append(Line(custom_id, body if is_object(body) else {}, row))
        return found

    def _answer(self, custom_id: str) -> bytes | None:
        place = self._places.pop(custom_id, None)
        if place is None:
            return None
        file = self._answers[place[0]]
        file.seek(place[1])
        return file.readline()

    @property
    def unasked(self) -> int:
        """How many answers belong to no request, once all requests have been read."""
        return len(self._places)

    def close(self) -> None:
        self._stack.close()


def _object(line: bytes) -> dict[str, Any]:
    """Raises `APIResponseError` for a line that is no object: a file that isn't what it should be."""
    found: Any = None
    try:
        found = from_json(line)
    except ValueError:
        with contextlib.suppress(ValueError, RecursionError):  # a BOM, half a character
            found = json.loads(line.removeprefix(BOM))
    if not is_object(found):
        raise APIResponseError("a line of the batch's files is no JSON object", body=line[:300])
    return found
