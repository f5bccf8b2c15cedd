"""The same on uvloop, whose sockets, timers and TLS are its own. Its tests are those of asyncio."""

# ruff: noqa: F401

from __future__ import annotations

from typing import Any

import pytest

from tests.test_http1 import (
    test_a_read_is_bounded_anew_after_each_piece,
    test_a_server_that_closes_an_idle_connection_is_no_error,
    test_answers_that_can_be_read,
    test_answers_that_cannot,
)
from tests.test_http1_hostile import (
    test_a_body_until_the_end_that_is_cut_on_this_side_is_not_whole,
    test_a_refusal_is_read_though_the_request_is_not,
    test_what_comes_too_much_is_no_answer,
)
from tests.test_pool import test_cancel_storm, test_closing_the_client_ends_open_streams
from tests.test_wire import (
    test_a_cancel_after_some_turns_of_the_loop,
    test_a_cancel_when_the_handshake_is_done,
    test_a_reader_that_stops_makes_the_server_wait,
    test_a_server_that_takes_nothing,
    test_an_address_of_ipv6,
    test_each_request_has_its_own_bound_on_one_connection,
    test_names_that_nobody_has,
    test_tls_that_ends_without_a_word,
    test_what_comes_before_tls_is_no_answer,
    test_what_is_over_is_let_go_of,
)

pytest.importorskip("uvloop")

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param
