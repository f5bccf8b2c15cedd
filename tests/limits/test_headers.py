"""What `x-ratelimit-*` headers say, and what they are not believed to say."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.limits._headers import Quota, quotas


def told(**values: str) -> Any:
    pairs = ((f"X-RateLimit-{name.replace('_', '-')}", value) for name, value in values.items())
    return quotas([(name.encode(), value.encode()) for name, value in pairs])


@pytest.mark.parametrize(
    ("text", "seconds", "exact"),
    [
        ("1s", 1, False),
        ("6m0s", 360, False),
        ("12ms", 0.012, True),
        ("1.5s", 1.5, True),
        ("1h2m3s", 3723, False),
        ("2d", 172800, False),
        ("17", 17, False),
        ("0.25", 0.25, True),
        ("soon", None, False),
        ("9" * 400 + "d", None, False),
        ("1e300", None, False),
        ("1s, perhaps", None, False),
        ("", None, False),
    ],
)
def test_a_reset(text: str, seconds: float | None, exact: bool) -> None:
    requests, _ = told(limit_requests="60", remaining_requests="59", reset_requests=text)
    assert requests is not None
    assert requests == Quota(60, 59, pytest.approx(seconds) if seconds else None, exact)


@pytest.mark.parametrize("unit", [1, 1000])
def test_an_instant_as_reset(unit: int) -> None:
    """Since 1970, in seconds or milliseconds."""
    at = str((int(time.time()) + 30) * unit)
    requests, _ = told(limit_requests="60", remaining_requests="59", reset_requests=at)
    assert requests is not None
    assert 25 < requests.reset < 31


def test_requests_and_tokens() -> None:
    requests, tokens = told(
        limit_requests="5000",
        remaining_requests="4999",
        reset_requests="12ms",
        limit_tokens="160000",
        remaining_tokens="159976",
        reset_tokens="9ms",
    )
    assert requests == Quota(5000, 4999, 0.012, exact=True)
    assert tokens == Quota(160000, 159976, pytest.approx(0.009), exact=True)


def test_names_without_a_kind_are_of_requests() -> None:
    assert told(limit="10", remaining="3", reset="2") == (Quota(10, 3, 2.0, exact=False), None)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"limit_requests": "0", "remaining_requests": "0"},
        {"limit_requests": "60", "remaining_requests": "-1"},
        {"limit_requests": "60"},
        {"remaining_requests": "60"},
        {"limit_requests": "many", "remaining_requests": "60"},
        {"limit_requests": "nan", "remaining_requests": "inf"},
    ],
)
def test_what_makes_no_sense_is_not_believed(values: dict[str, str]) -> None:
    assert told(**values) == (None, None)


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40))), st.binary())
def test_nothing_in_a_header_can_hurt(pairs: list[tuple[bytes, bytes]], value: bytes) -> None:
    names = ("limit", "remaining", "reset")
    hostile = [(b"x-ratelimit-%s-requests" % name.encode(), value) for name in names]
    quotas([*pairs, *hostile])
