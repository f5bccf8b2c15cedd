"""docs/api.md is as `nox -s docs` would write it."""

from __future__ import annotations

import sys

import pytest

from .api_page import PAGE, page


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 can't look overloads up")
def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "write it anew: nox -s docs"
