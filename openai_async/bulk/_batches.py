"""Which inputs go into which request, and which need none because an equal one is sent: no I/O."""

from __future__ import annotations

from collections import deque
from typing import Any

import anyio

from ._texts import Body

__all__ = ["Asked", "Batch", "Slot", "Slots"]

RECENT_BYTES = 4 << 20
"""How much of what was lately answered is remembered, for inputs that come again."""


class Slot:
    """One input that is sent once, for all items that are equal to it."""

    __slots__ = ("body", "done", "error", "key", "sent", "vector")

    def __init__(self, body: Body, sent: Body, key: bytes, done: anyio.Event) -> None:
        self.body = body
        self.sent = sent
        """What is sent for it: the body, or its beginning."""
        self.done = done
        """Set when it is settled, or never will be: its batch's."""
        self.key = key
        """Its key in the journal."""
        self.vector: bytes | None = None
        self.error: Exception | None = None

    @property
    def settled(self) -> bool:
        """Whether it is known what has come of it."""
        return self.vector is not None or self.error is not None


class Asked:
    """One item, before it is in a batch and in it."""

    __slots__ = ("body", "error", "index", "input", "key", "sent", "slot", "stored", "tokens")

    def __init__(self, index: int, value: Any) -> None:
        self.index = index
        self.input = value
        self.body: Body | None = None
        self.sent: Body = ""
        """What is sent for it: the body, or its beginning."""
        self.tokens = 0
        """About how many are sent."""
        self.error: Exception | None = None
        """What keeps it from being sent."""
        self.key = b""
        self.stored: bytes | None = None
        """Its vector, out of the journal."""
        self.slot: Slot | None = None
        """What it waits for, where it is sent."""


class Batch:
    """Items that follow each other, and what is to be sent for them in one request."""

    def __init__(self, count: int, tokens: int) -> None:
        self.items: list[Asked] = []
        self.slots: list[Slot] = []
        self.done = anyio.Event()
        """Set when what is sent for it has been settled, or never will be."""
        self._count = count
        self._tokens = tokens
        self._size = 0

    def __len__(self) -> int:
        return len(self.items)

    @property
    def lacks(self) -> int:
        """How many more inputs it could send."""
        return self._count - len(self.slots)

    def add(self, asked: Asked, slots: Slots) -> bool:
        """Put an item at its end; False where that has no place there."""
        if asked.body is None or asked.error is not None or asked.stored is not None:
            self.items.append(asked)
            return True
        slot = slots.find(asked.body)
        if slot is None:
            sent = len(self.slots)
            # One that is larger than any request may be goes alone: the server knows better.
            if sent and (sent >= self._count or self._size + asked.tokens > self._tokens):
                return False
            slot = Slot(asked.body, asked.sent, asked.key, self.done)
            slots.add(slot)
            self.slots.append(slot)
            self._size += asked.tokens
        asked.slot = slot
        self.items.append(asked)
        return True


class Slots:
    """The inputs that are on their way, and those that were lately answered, within bounds."""

    def __init__(self, recent_bytes: int = RECENT_BYTES) -> None:
        self._slots: dict[Body, Slot] = {}
        self._recent: deque[tuple[list[Slot], int]] = deque()  # as they were answered, and bytes
        self._room = recent_bytes

    def find(self, body: Body) -> Slot | None:
        """The one of an equal input."""
        return self._slots.get(body)

    def add(self, slot: Slot) -> None:
        """It is on its way."""
        self._slots[slot.body] = slot

    def keep(self, slots: list[Slot]) -> None:
        """They have their vectors, which are kept while there is room."""
        size = sum(len(slot.body) * 4 + len(slot.vector or b"") + 200 for slot in slots)
        self._recent.append((slots, size))
        self._room -= size
        while self._room < 0:
            oldest, size = self._recent.popleft()
            self._room += size
            self.forget(oldest)

    def forget(self, slots: list[Slot]) -> None:
        """Whatever is equal to them is sent again."""
        for slot in slots:
            del self._slots[slot.body]
