"""Lists: a `Pager` before anything is asked, a `Page` of what came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

from pydantic import PrivateAttr

from ._models import Model

__all__ = ["Page", "Pager"]

T = TypeVar("T")


class Page(Model, Generic[T]):
    """One page of a list. `async for` goes on from its first item through all later pages."""

    object: str = "list"
    data: list[T]
    """The items of this page."""
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
    """Whether there is a page behind this one."""

    _fetch: Callable[[str], Awaitable[Page[T]]] | None = PrivateAttr(default=None)

    def continue_with(self, fetch: Callable[[str], Awaitable[Page[T]]]) -> None:
        """Set how the page behind an id is fetched."""
        self._fetch = fetch

    def has_next_page(self) -> bool:
        """Whether `get_next_page` would find one."""
        return self.has_more and self.cursor is not None

    async def get_next_page(self) -> Page[T] | None:
        """The page behind this one, or None."""
        cursor = self.cursor
        if not self.has_more or cursor is None or self._fetch is None:
            return None
        return await self._fetch(cursor)

    @property
    def cursor(self) -> str | None:
        """Behind which id the next page begins."""
        return self.last_id or (getattr(self.data[-1], "id", None) if self.data else None)

    async def _items(self) -> AsyncIterator[T]:
        page: Page[T] | None = self
        while page is not None:
            for item in page.data:
                yield item
            following = await page.get_next_page()
            if following is not None and following.cursor == page.cursor:
                return  # a server that ignores the cursor would be read for ever
            page = following

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    # How a page finds the next one is no part of what it is: it stays out of == and of pickles.

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Page) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[Any, Any]:
        return super().__getstate__() | {"__pydantic_private__": {"_fetch": None}}


class Pager(Generic[T]):
    """A list that has not been asked for yet: await it for the first page, iterate for all items."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> None:
        self._fetch = fetch

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self._first().__await__()

    async def _first(self) -> Page[T]:
        return await self._page(None)

    async def _page(self, after: str | None) -> Page[T]:
        page = await self._fetch(after)
        page.continue_with(self._page)
        return page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self._first():
            yield item

    def pages(self) -> AsyncIterator[Page[T]]:
        """The pages, one at a time."""
        return self._pages()

    async def _pages(self) -> AsyncIterator[Page[T]]:
        page: Page[T] | None = await self._first()
        while page is not None:
            yield page
            page = await page.get_next_page()
