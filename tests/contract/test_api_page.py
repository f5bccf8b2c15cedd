"""docs/api.md is as `nox -s docs` would write it."""

from __future__ import annotations

from .api_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "write it anew: nox -s docs"
