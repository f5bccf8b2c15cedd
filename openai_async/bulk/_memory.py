"""What a journal knows of the calls of a job: values as JSON, and as they are read back."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from os import PathLike
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import anyio
from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import Self

from ..errors import ConfigurationError
from ._journal import JSON, Journal, Row, journal_key

__all__ = ["Memory", "Opened"]

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")

KIND = "map"
"""What keeps the keys of these calls apart from those of others."""


class Opened:
    """A journal for the time of a job: one that is given open stays so, a path is opened and closed."""

    def __init__(self, journal: Journal | str | PathLike[str]) -> None:
        self._given = journal
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Journal:
        if isinstance(self._given, Journal):
            return self._given
        return await self._stack.enter_async_context(Journal(self._given))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()


class Memory(Generic[I, T]):
    """The journal of one job of calls."""

    def __init__(
        self,
        journal: Journal | str | PathLike[str],
        name: Any,
        key: Callable[[I], Any] | None,
        into: type[T] | None,
    ) -> None:
        if name is None:
            raise ConfigurationError(
                "a journal needs name=: what the call is (its model, its prompt), so that another"
                " call doesn't get this one's results"
            )
        self._opened = Opened(journal)
        self._key = key
        self._into = into
        self._params = {"name": name}
        try:
            journal_key(KIND, None, self._params)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"name is not JSON: {error}") from None

    async def __aenter__(self) -> Self:
        self._journal = await self._opened.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._opened.__aexit__(kind, error, traceback)

    def identity(self, item: I) -> Any:
        """What stands for an item. Raises what the caller's function raises."""
        return item if self._key is None else self._key(item)

    def key(self, identity: Any) -> bytes:
        """The journal's key. Raises `ConfigurationError` where there can be none."""
        try:
            return journal_key(KIND, identity, self._params)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"the item is not JSON: {error}; pass key=") from None

    async def recall(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """What is stored under those keys."""
        return await self._journal.get(keys)

    async def keep(self, key: bytes, identity: Any, value: T) -> T:
        """Store a value; gives it as it will be read back. It is on the disk when this returns."""
        stored = self._written(value)
        item = identity if isinstance(identity, str) else json.dumps(identity)
        with anyio.CancelScope(shield=True):  # it has been paid for
            await self._journal.put([Row(key, stored, JSON, item)])
        return self.read(stored)

    def read(self, stored: bytes) -> T:
        """The value that is stored. Raises `ConfigurationError` where it is not what it ought to be."""
        if self._adapter is None:
            return cast("T", json.loads(stored))
        try:
            return self._adapter.validate_json(stored)
        except ValidationError as error:
            raise ConfigurationError(
                f"what the journal holds is not into={self._into!r}: {error}"
            ) from None

    def _written(self, value: T) -> bytes:
        try:
            if self._adapter is not None:
                return self._adapter.dump_json(
                    value, by_alias=True, exclude_unset=True, warnings=False
                )
            if isinstance(value, BaseModel):
                raise ConfigurationError(
                    f"with a journal, a call that gives models needs into={type(value).__name__}"
                )
            return _plain(value)
        except (TypeError, ValueError) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(f"a value can't be kept as JSON: {error}") from error

    @functools.cached_property
    def _adapter(self) -> TypeAdapter[T] | None:
        return None if self._into is None else TypeAdapter(self._into)


def _plain(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:  # half a character, which JSON can hold and UTF-8 can't
        return json.dumps(value, allow_nan=False).encode()
