"""How inputs are embedded: taken, looked up, sent in requests, and settled one by one."""

from __future__ import annotations

import functools
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from os import PathLike
from typing import Any, Final, TypeAlias

import anyio

from ..errors import (
    APIResponseError,
    APIStatusError,
    ConfigurationError,
    RateLimitError,
)
from ..types.embeddings import EmbeddingList
from ._batches import Asked, Batch, Slot, Slots
from ._journal import EMBEDDING, Journal, Row, journal_key
from ._memory import Opened
from ._patience import Patience, is_passing
from ._progress import Meter
from ._reader import Reader
from ._results import Result
from ._texts import Body, body_of, estimate, fitted, shorter
from ._vectors import Vector
from ._window import AbandonedError, Work

__all__ = ["Ask", "Embed", "Embedded", "Settings", "passes"]

Embedded: TypeAlias = "Result[Any, Vector]"
Ask: TypeAlias = "Callable[[Mapping[str, Any], bool], Awaitable[EmbeddingList]]"
"""Sends one request; the bool says whether base64 is known to work."""

KIND: Final = "embeddings"
"""What keeps the keys of these inputs apart from those of other calls."""
REQUESTS: Final = 16
"""On their way at a time, where nothing else is said."""
OUTSTANDING_BYTES: Final = 24 << 20
"""How much may be outstanding, in vectors and in what goes with them."""
ITEM_BYTES: Final = 1000
"""What an item takes beside its vector and its text."""
UNKNOWN_DIMENSIONS: Final = 3072
"""How long vectors are taken to be before the first has come."""
FIRST: Final = 16
"""How many items are pulled before it is known how long they are."""
LINGER_SECONDS = 0.25
"""How long a request waits to be filled, where the source makes one wait."""
SPREAD: Final = 4
"""How many times its request's inputs a batch may have, where the journal has the others."""
REFUSALS: Final = frozenset({400, 413, 422})
"""What a server says to an input, or to a request, that it doesn't like."""
CANARY: Final = "text"
"""What is sent to learn whether a server refuses inputs or parameters."""


@dataclass(frozen=True)
class Settings:
    """What `create_many` was asked to do."""

    params: Mapping[str, Any]
    """Of each request, but for the input."""
    identity: Mapping[str, Any]
    """Those of them that a vector depends on: a part of the journal's keys."""
    model: str
    batch: int
    tokens_per_request: int
    truncate: bool
    requests: int | None
    """How many are on their way at a time; None for as many as memory allows, up to 16."""
    dimensions: int | None

    def key(self, body: object, *, cut: bool = False) -> bytes:
        """The journal's key of an input; of one that was cut to be embedded, another."""
        return journal_key(KIND, body, {**self.identity, "cut": True} if cut else self.identity)


class Embed(Work[Batch, Embedded]):
    """Embeds what a reader gives."""

    patience: Patience

    def __init__(
        self,
        ask: Ask,
        reader: Reader[Any],
        meter: Meter,
        settings: Settings,
        journal: Journal | str | PathLike[str] | None,
    ) -> None:
        self._ask = ask
        self._reader = reader
        self._meter = meter
        self._settings = settings
        self._opened = None if journal is None else Opened(journal)
        self._journal: Journal | None = None
        self._slots = Slots()
        self._prepared: deque[Asked] = deque()
        self._size = _Size(settings.dimensions or UNKNOWN_DIMENSIONS)
        self._failure: Exception | None = None  # of the source, or of the journal
        self._works = False  # the parameters, since an answer has come

    async def open(self, stack: AsyncExitStack) -> None:
        if self._opened is not None:
            self._journal = await stack.enter_async_context(self._opened)
        await stack.enter_async_context(self._reader)
        self._trial = anyio.Lock()

    # Taking

    def room(self, running: int, outstanding: int) -> int:
        if running >= (self._settings.requests or REQUESTS):
            return 0
        usual = self._size.usual(self._settings)
        left = self._size.most(self._settings) - outstanding
        if left < usual and outstanding:
            return 0  # requests that are half full would be all that this gave
        return max(left, usual)

    async def take(self, room: int) -> list[Batch]:
        if self._failure is not None:
            raise self._failure
        batch = Batch(self._settings.batch, self._settings.tokens_per_request)
        try:
            await self._fill(batch, min(room, self._settings.batch * SPREAD))
        except Exception as error:
            if not len(batch):
                raise
            self._failure = error  # told when what came before it has been done
        return [batch] if len(batch) else []

    async def _fill(self, batch: Batch, most: int) -> None:
        until = time.monotonic() + LINGER_SECONDS
        while len(batch) < most and batch.lacks > 0:
            if not self._prepared:
                wanted = min(most - len(batch), batch.lacks, self._size.portion())
                await self._prepare(wanted, 0 if len(batch) else 1, until)
                if not self._prepared:
                    return  # there are no more, or not yet
            if not batch.add(self._prepared[0], self._slots):
                return
            self._prepared.popleft()

    async def _prepare(self, most: int, least: int, until: float) -> None:
        """Pull items, look at them, and look them up."""
        taken = await self._reader.take(most, least=least, until=until)
        asked = [self._asked(index, value) for index, value in taken]
        if self._journal is not None:
            await self._recall(asked, self._journal)
        self._prepared.extend(asked)
        self._size.see(asked)

    def _asked(self, index: int, value: Any) -> Asked:
        asked = Asked(index, value)
        settings = self._settings
        try:
            asked.body = body_of(value)
            asked.sent = fitted(asked.body, settings.model, truncate=settings.truncate)
            asked.tokens = estimate(asked.sent)
        except ConfigurationError as error:
            asked.error = error
        return asked

    async def _recall(self, asked: list[Asked], journal: Journal) -> None:
        """Find out what the journal has."""
        sendable = [each for each in asked if each.body is not None and each.error is None]
        keys = [[self._settings.key(each.body)] for each in sendable]
        for each, own in zip(sendable, keys, strict=True):
            each.key = own[0]
            if self._settings.truncate:
                own.append(self._settings.key(each.body, cut=True))
        known = await journal.get([key for own in keys for key in own])
        for each, own in zip(sendable, keys, strict=True):
            stored = next((known[key] for key in own if key in known), b"")
            each.stored = stored if stored and len(stored) % 4 == 0 else None  # else it is damaged

    # Doing

    async def do(self, unit: Batch) -> list[Embedded]:
        began = time.monotonic()
        try:
            # A request holds texts or tokens, and not both.
            texts = [slot for slot in unit.slots if isinstance(slot.body, str)]
            tokens = [slot for slot in unit.slots if not isinstance(slot.body, str)]
            for slots in filter(None, (texts, tokens)):
                await self._send(slots, began)
        finally:
            unit.done.set()
        for each in unit.items:
            if each.slot is not None and not each.slot.settled:
                await each.slot.done.wait()  # it was sent with an earlier batch
        return [_result(each) for each in unit.items]

    async def _send(self, slots: list[Slot], began: float) -> None:
        """Settle some slots. Raises what ends the job."""
        call = functools.partial(self._once, [slot.sent for slot in slots])
        try:
            vectors = await self.patience.call(call, since=began)
        except AbandonedError:
            raise
        except Exception as error:
            # The model, the address and the client are those of all requests.
            if _is_shared(error) or self.patience.ends_job(error):
                raise
            failure = error
        else:
            await self._keep(slots, vectors)
            return
        if _is_refusal(failure):
            await self._try_parameters()
        if len(slots) > 1 and self._may_be_ones(failure):
            # By length, so that those that are too long come together.
            slots = sorted(slots, key=lambda slot: len(slot.sent))
            middle = len(slots) // 2
            await self._send(slots[:middle], began)
            await self._send(slots[middle:], began)
        elif self._settings.truncate and _is_refusal(failure) and (rest := shorter(slots[0].sent)):
            slots[0].sent = rest
            await self._send(slots, began)
        else:
            self._fail(slots, failure)

    async def _once(self, bodies: list[Body]) -> list[bytes]:
        answer = await self._ask({**self._settings.params, "input": bodies}, self._works)
        vectors = _vectors(answer, len(bodies))
        self._works = True
        self._size.dimensions = length = len(vectors[0]) // 4
        if length != (self._settings.dimensions or length):
            raise ConfigurationError(
                f"{self._settings.model} gave vectors of {length} numbers, and not of"
                f" dimensions={self._settings.dimensions}"
            )
        self._meter.spend(answer.usage, self._settings.model)
        return vectors

    async def _keep(self, slots: list[Slot], vectors: list[bytes]) -> None:
        if self._journal is not None:
            rows = [
                Row(self._key(slot), vector, EMBEDDING, _told(slot.body))
                for slot, vector in zip(slots, vectors, strict=True)
            ]
            with anyio.CancelScope(shield=True):  # they have been paid for
                await self._journal.put(rows)
        for slot, vector in zip(slots, vectors, strict=True):
            slot.vector = vector
        self._slots.keep(slots)

    def _fail(self, slots: list[Slot], error: Exception) -> None:
        for slot in slots:
            slot.error = error
        self._slots.forget(slots)  # it may be tried again

    def _key(self, slot: Slot) -> bytes:
        uncut = len(slot.sent) == len(slot.body)
        return slot.key if uncut else self._settings.key(slot.body, cut=True)

    def _may_be_ones(self, error: Exception) -> bool:
        """Whether one input may be why a request of many failed."""
        if _is_refusal(error):
            return True
        tried = self._works and self.patience.tries > 1  # in vain, while others succeeded
        return tried and passes(error) and not isinstance(error, RateLimitError)

    async def _try_parameters(self) -> None:
        """Learn, when nothing has succeeded yet, whether it is the parameters that are refused.

        Else a wrong one would be taken for the fault of each of a million texts. Raises the refusal.
        """
        async with self._trial:
            if self._works:
                return
            if self.ending.is_set():
                raise AbandonedError  # because of an earlier trial, it may be
            try:
                await self.patience.call(functools.partial(self._once, [CANARY]))
            except APIStatusError as error:
                if _is_refusal(error):
                    error.hints.append("a request for one plain word was refused just so")
                    self.ending.set()
                    raise


class _Size:
    """How large items are: a guess, until the first have come."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._text = 1.0  # bytes
        self._tokens = 1.0
        self._seen = False

    def see(self, asked: list[Asked]) -> None:
        """Some more items."""
        if asked:
            self._seen = True
            self._text = sum(len(each.sent) for each in asked) / len(asked)
            self._tokens = sum(each.tokens for each in asked) / len(asked)

    def portion(self) -> int:
        """How many may be pulled at once: few, as long as they may be of any length."""
        return max(1, int(OUTSTANDING_BYTES / (1 + 2 * self._text))) if self._seen else FIRST

    def usual(self, settings: Settings) -> int:
        """How many go into one request."""
        return max(
            1, min(settings.batch, int(settings.tokens_per_request / max(1.0, self._tokens)))
        )

    def most(self, settings: Settings) -> int:
        """How many may be outstanding."""
        most = int(OUTSTANDING_BYTES / (4 * self.dimensions + ITEM_BYTES + 2 * self._text))
        # Whoever says how many requests they want has said how much memory they have.
        return (
            most
            if settings.requests is None
            else max(most, settings.requests * self.usual(settings))
        )


def _result(each: Asked) -> Embedded:
    vector, error, slot = each.stored, each.error, each.slot
    if vector is not None:
        return Result(each.index, each.input, Vector(vector), cached=True)
    if slot is not None:
        vector, error = slot.vector, slot.error
    if vector is not None:
        return Result(each.index, each.input, Vector(vector))
    if error is None:
        raise AbandonedError
    return Result(each.index, each.input, error=error)


def _vectors(answer: EmbeddingList, count: int) -> list[bytes]:
    """The vectors of an answer in the order of the inputs. Raises `APIResponseError`."""
    data = answer.data
    if len(data) != count:
        raise APIResponseError(f"{count} vectors were asked for, and {len(data)} came")
    places: list[int | None] = [item.index for item in data]
    if places != list(range(count)) and any(place is not None for place in places):
        found = dict(zip(places, data, strict=True))
        if found.keys() != set(range(count)):
            raise APIResponseError("the vectors that came don't say which inputs they are for")
        data = [found[place] for place in range(count)]
    vectors = [item.to_bytes() for item in data]
    if not all(vectors):
        raise APIResponseError("an empty vector came")
    return vectors


def _is_shared(error: Exception) -> bool:
    """Whether every request would meet it: a wrong address, a model that is not there, ..."""
    if isinstance(error, APIStatusError):
        return error.status_code < 400 or error.status_code in (404, 405, 410)
    return isinstance(error, ConfigurationError)


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, APIStatusError) and error.status_code in REFUSALS


def passes(error: Exception) -> bool:
    """What may pass: also an answer that can't be used, since nobody meant it to be so."""
    return isinstance(error, APIResponseError) or is_passing(error)


def _told(body: Body) -> str:
    """What was sent, for people."""
    return body if isinstance(body, str) else json.dumps(body)
