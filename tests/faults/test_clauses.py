"""What goes wrong with clients of this kind, and the tests that show that it doesn't here.

`CLAUSES` is the list; that each test in it exists is a test, too.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

CLAUSES: dict[str, dict[str, str]] = {
    "Streams": {
        "any split of bytes, also inside a UTF-8 sequence": """
            faults/test_streams.py::test_a_split_at_every_byte_gives_the_same_text
            faults/test_streams.py::test_framing[one byte at a time]
            test_stream.py::test_any_split_gives_the_same_text
            test_sse.py::test_any_bytes_give_the_same_events_however_they_are_cut""",
        r"\r, \n, \r\n": """
            faults/test_streams.py::test_framing[LF]
            faults/test_streams.py::test_framing[CR]
            faults/test_streams.py::test_framing[CR, one byte at a time]
            faults/test_streams.py::test_framing[CRLF]
            faults/test_streams.py::test_framing[CRLF, one byte at a time]""",
        r"U+2028, U+2029, U+0085, \v, \f inside data": r"""
            faults/test_streams.py::test_framing[U+2028]
            faults/test_streams.py::test_framing[U+2029]
            faults/test_streams.py::test_framing[U+0085]
            faults/test_streams.py::test_framing[\\v and \\f]
            test_stream.py::test_strange_line_ends_inside_data
            test_sse.py::test_only_three_ends_end_a_line""",
        "a BOM first": """
            faults/test_streams.py::test_framing[a BOM first]
            faults/test_streams.py::test_framing[a BOM first, in pieces]""",
        "comments": "faults/test_streams.py::test_framing[comments]",
        "`retry:`-only and `id:`-only blocks": """
            faults/test_streams.py::test_framing[retry only]
            faults/test_streams.py::test_framing[id only]""",
        "events with empty data": "faults/test_streams.py::test_framing[empty data]",
        "data over several lines": "faults/test_streams.py::test_framing[data over several lines]",
        "many events in one packet": """
            faults/test_streams.py::test_framing[many events in one packet]""",
        "one event of 5 MB": """
            faults/test_streams.py::test_framing[one event of 5 MB]
            test_sse.py::test_five_megabytes_in_one_event""",
        "gzip": """
            faults/test_streams.py::test_gzip
            faults/test_streams.py::test_gzip_that_is_cut
            test_stream.py::test_broken_gzip_is_a_connection_error""",
        "`charset=` lies": "faults/test_streams.py::test_charset_lies",
        "an error object as an event, named or not, with or without an `error` key": """
            faults/test_streams.py::test_an_error_event
            test_stream.py::test_an_error_event_is_raised_after_what_came_before
            test_stream.py::test_an_error_event_closes_the_connection""",
        "bad JSON in an event": "faults/test_streams.py::test_bad_json_in_an_event",
        "bad UTF-8": "faults/test_streams.py::test_bad_utf8_in_an_event",
        "data after `[DONE]`": """
            faults/test_streams.py::test_data_after_done
            test_stream.py::test_what_follows_done_is_ignored""",
        "the connection cut before the end (with and without reset)": """
            faults/test_streams.py::test_the_connection_is_cut_before_the_end
            faults/test_streams.py::test_a_cut_at_every_byte_over_a_socket
            test_stream.py::test_a_stream_cut_at_any_byte_says_so
            recorded/test_recorded.py::test_a_stream_cut_anywhere_is_told""",
        "an end without `[DONE]`": """
            faults/test_streams.py::test_an_end_without_done
            faults/test_streams.py::test_an_end_at_every_byte""",
        "an end without a finish reason": """
            faults/test_streams.py::test_an_end_without_a_finish_reason""",
        "a JSON body where a stream was asked for": """
            faults/test_streams.py::test_a_json_body_where_a_stream_was_asked_for
            faults/test_streams.py::test_a_page_where_a_stream_was_asked_for
            faults/test_streams.py::test_nothing_where_a_stream_was_asked_for""",
        "a JSON error where a stream was asked for": """
            faults/test_streams.py::test_a_json_error_where_a_stream_was_asked_for
            faults/test_streams.py::test_a_status_error_where_a_stream_was_asked_for""",
        "no first event": "faults/test_streams.py::test_no_first_event",
        "silence after some events": "faults/test_streams.py::test_silence_after_some_events",
        "keep-alive comments for ever": """
            faults/test_streams.py::test_keep_alive_comments_for_ever
            faults/test_streams.py::test_an_event_that_never_ends_meets_the_idle_time""",
        "a trickle that never ends against `deadline=`": """
            faults/test_streams.py::test_a_trickle_that_never_ends_meets_the_deadline""",
        "`break` with and without `async with`; a dropped reference; cancelling the task; an"
        " exception in the caller's loop body": """
            test_stream.py::test_leaving_a_stream_closes_its_connection
            faults/test_connections.py::test_a_cancel_at_every_step""",
        "closing the client while streams are open": """
            faults/test_connections.py::test_closing_the_client_while_calls_and_streams_are_open
            test_pool.py::test_closing_the_client_ends_open_streams""",
        "two consumers of one stream": """
            test_stream.py::test_two_consumers_of_one_stream_are_told
            test_stream.py::test_reading_goes_on_after_two_consumers_were_told""",
        "null `choices`, null `delta`, no `index`, no `object`, unknown fields": """
            faults/test_streams.py::test_odd_chunks[null choices]
            faults/test_streams.py::test_odd_chunks[null delta]
            faults/test_streams.py::test_odd_chunks[no index]
            faults/test_streams.py::test_odd_chunks[no object]
            faults/test_streams.py::test_odd_chunks[unknown fields]
            faults/test_streams.py::test_odd_chunks_are_told_of_once
            test_stream.py::test_chunks_that_depart_from_the_shape_are_given""",
        "usage-only chunks": "faults/test_streams.py::test_odd_chunks[usage only]",
        "tool-call deltas without index, with a first index of 1, with repeated ids and names": """
            faults/test_streams.py::test_odd_chunks[tool call without index]
            faults/test_streams.py::test_odd_chunks[tool call with a first index of 1]
            faults/test_streams.py::test_odd_chunks[tool calls with repeated ids and names]""",
    },
    "Answers": {
        "200 with an `error` object": "faults/test_answers.py::test_200_with_an_error_object",
        "200 with HTML": "faults/test_answers.py::test_200_with_html",
        "200 with truncated JSON": """
            faults/test_answers.py::test_200_with_truncated_json
            faults/test_answers.py::test_json_cut_at_every_byte""",
        "200 with nothing": """
            faults/test_answers.py::test_200_with_nothing
            faults/test_answers.py::test_200_with_something_else""",
        "4xx/5xx with HTML": "faults/test_answers.py::test_an_error_status[HTML]",
        "4xx/5xx with plain text": "faults/test_answers.py::test_an_error_status[plain text]",
        "4xx/5xx with nested `detail`": """
            faults/test_answers.py::test_an_error_status[detail]
            faults/test_answers.py::test_an_error_status[nested detail]
            faults/test_answers.py::test_an_error_status[deeper detail]""",
        "4xx/5xx with `error` as a string": """
            faults/test_answers.py::test_an_error_status[error as a string]""",
        "4xx/5xx with integer `code`": "faults/test_answers.py::test_an_error_status[integer code]",
        "a body shorter than its length": """
            faults/test_answers.py::test_a_body_shorter_than_its_length
            faults/test_answers.py::test_a_response_cut_at_every_byte""",
        "missing, null or oddly typed fields and unknown enum values in a good answer": """
            faults/test_answers.py::test_an_odd_answer
            faults/test_answers.py::test_an_odd_answer_under_strict_responses
            test_models.py::test_nothing_is_lost_whatever_comes
            test_models.py::test_one_warning_per_model_and_server""",
    },
    "Retries": {
        "`retry-after` in seconds, as a date (past, future, broken), over the bound": """
            faults/test_retries.py::test_sent_again[retry-after: 0]
            faults/test_retries.py::test_sent_again[retry-after, a date in the past]
            faults/test_retries.py::test_sent_again[retry-after, broken]
            faults/test_retries.py::test_sent_once[retry-after over the bound]
            faults/test_retries.py::test_sent_once[retry-after, a date over the bound]
            faults/test_retries.py::test_the_wait_is_as_long_as_the_server_asks
            faults/test_retries.py::test_the_wait_is_until_the_date_that_the_server_names
            test_retry.py::test_the_delay""",
        "`retry-after-ms`": """
            faults/test_retries.py::test_sent_again[retry-after-ms]
            faults/test_retries.py::test_sent_once[retry-after-ms over the bound]
            faults/test_retries.py::test_the_wait_is_as_long_as_the_server_asks""",
        "`x-should-retry`": """
            faults/test_retries.py::test_sent_again[x-should-retry: true wins over 400]
            faults/test_retries.py::test_sent_once[x-should-retry: false wins over 503]""",
        "408, 409, 429, 5xx": """
            faults/test_retries.py::test_sent_again[408]
            faults/test_retries.py::test_sent_again[409]
            faults/test_retries.py::test_sent_again[429]
            faults/test_retries.py::test_sent_again[500]
            faults/test_retries.py::test_sent_again[503]
            faults/test_retries.py::test_after_the_last_attempt_the_error_says_how_often""",
        "quota errors by `code` and by `type`": """
            faults/test_retries.py::test_sent_once[quota by code]
            faults/test_retries.py::test_sent_once[quota by type]""",
        "resets": """
            faults/test_retries.py::test_a_connection_that_ends_is_tried_again
            faults/test_retries.py::test_a_connection_that_always_ends_is_told""",
        "truncated bodies": """
            faults/test_retries.py::test_a_connection_that_ends_is_tried_again
            test_retry.py::test_a_body_that_was_cut_is_asked_for_again""",
        "connections that the server closed while idle": """
            faults/test_retries.py::test_a_connection_that_was_closed_while_idle
            faults/test_retries.py::test_a_connection_that_is_closed_right_behind_its_answer
            faults/test_connections.py::test_an_idle_connection_that_is_gone_costs_no_wait
            test_pool.py::test_a_connection_that_the_server_closed_while_idle_is_not_used""",
        "a cancel during back-off": """
            faults/test_retries.py::test_a_cancel_during_back_off_ends_at_once""",
        "retried uploads send the same bytes": """
            faults/test_retries.py::test_a_retried_upload_sends_the_same_bytes
            faults/test_retries.py::test_an_upload_that_is_cut_halfway_sends_the_same_bytes
            test_multipart.py::test_what_is_sent_again_is_the_same_to_the_byte""",
        "what can't be replayed is not retried, and the error says so": """
            faults/test_retries.py::test_what_cannot_be_replayed_is_not_retried
            faults/test_retries.py::test_a_stream_that_has_begun_is_not_sent_again
            test_retry.py::test_a_body_that_is_gone_is_not_sent_again_and_the_error_says_so""",
        "`deadline=` bounds the sum": """
            faults/test_retries.py::test_the_deadline_bounds_the_sum
            faults/test_retries.py::test_a_back_off_past_the_deadline_is_told_at_once""",
    },
    "Connections": {
        "the cancel storm, for calls and streams, through `asyncio.timeout`,"
        " `anyio.move_on_after` and task-group cancellation": """
            faults/test_connections.py::test_the_cancel_storm
            faults/test_connections.py::test_a_cancel_at_every_step
            test_pool.py::test_cancel_storm
            test_response.py::test_cancelling_a_call_closes_its_connection""",
        "one client in two `asyncio.run`s": """
            faults/test_connections.py::test_one_client_in_two_event_loops""",
        "a client made outside a loop": """
            faults/test_connections.py::test_one_client_in_two_event_loops""",
        "a client that was never closed": """
            faults/test_connections.py::test_a_client_that_was_never_closed_exits_quietly""",
        "1,000 requests through 10 connections in order of arrival, no pool timeout unless asked": """
            faults/test_connections.py::test_a_thousand_requests_through_ten_connections_in_order
            faults/test_connections.py::test_a_pool_timeout_where_it_is_asked_for""",
        "proxies from the environment": """
            faults/test_connections.py::test_proxies_from_the_environment""",
        "two origins on one client": """
            faults/test_connections.py::test_two_origins_on_one_client
            test_pool.py::test_two_origins_share_the_limit""",
        "server closing keep-alive connections at random": """
            faults/test_connections.py::test_a_server_that_closes_at_random
            faults/test_connections.py::test_a_server_that_closes_behind_each_stream
            faults/test_connections.py::test_a_server_that_says_too_much""",
        "HTTP/2 when asked for: one connection carries many streams": """
            test_http2.py::test_one_connection_carries_many_streams
            test_http2.py::test_a_further_connection_where_the_first_carries_its_maximum
            test_http2.py::test_leaving_a_stream_stops_it_at_the_server_and_disturbs_no_other
            test_http2.py::test_the_cancel_storm
            test_http2.py::test_a_cancel_at_every_step
            test_http2_connections.py::test_goaway_lets_the_streams_end_and_the_next_call_connects
            test_http2_connections.py::test_a_connection_lost_in_mid_stream_is_told_to_all_at_once
            test_http2_connections.py::test_a_server_without_http2_is_served_by_the_ordinary_pool
            test_http2_connections.py::test_a_client_that_was_never_closed_exits_quietly""",
    },
    "Security": {
        "the key appears in no repr, log, error, pickle or traceback with our locals": """
            faults/test_security.py::test_no_secret_is_told
            faults/test_security.py::test_nobody_listens_and_no_secret_is_told
            faults/test_security.py::test_good_calls_log_no_secret
            faults/test_security.py::test_a_constructor_that_refuses_tells_no_secret
            faults/test_security.py::test_no_secret_is_pickled_or_copied_into_sight
            test_config.py::test_no_repr_shows_a_secret""",
        "redirects to another origin carry no credentials": """
            faults/test_security.py::test_a_redirect_to_another_origin_is_not_followed
            faults/test_security.py::test_a_download_goes_on_elsewhere_without_credentials
            faults/test_security.py::test_a_download_does_not_go_on_without_tls
            faults/test_security.py::test_a_redirect_within_the_origin_is_followed
            faults/test_security.py::test_a_post_does_not_become_a_get
            faults/test_security.py::test_what_a_redirect_may_lead_to
            faults/test_security.py::test_a_client_of_ones_own_follows_as_it_was_told""",
        "header injection is impossible": """
            faults/test_security.py::test_a_header_stays_one_header
            faults/test_security.py::test_queries_and_bodies_stay_what_they_are
            faults/test_security.py::test_a_file_name_stays_a_file_name
            test_multipart.py::test_a_name_is_no_url_and_no_header""",
        "path injection is impossible": """
            faults/test_security.py::test_an_id_stays_one_segment_of_the_path
            faults/test_security.py::test_an_id_that_is_none_is_refused
            faults/test_security.py::test_a_path_stays_below_the_base_url
            faults/test_security.py::test_any_id_is_quoted_or_refused""",
        "`api_key` callables run before every attempt": """
            faults/test_retries.py::test_an_api_key_callable_runs_before_every_attempt
            test_config.py::test_a_callable_key_is_asked_before_each_attempt""",
        "pickled errors carry no request headers": """
            faults/test_security.py::test_no_secret_is_told
            test_errors.py::test_errors_of_real_calls_pickle_and_tell_no_secret""",
    },
    "Transfers": {
        "uploads and downloads of 1 GB in flat memory without blocking the event loop": """
            faults/test_transfers.py::test_flat_memory_and_a_free_event_loop[256 MiB]
            faults/test_transfers.py::test_flat_memory_and_a_free_event_loop[1 GiB]
            faults/test_transfers.py::test_every_byte_arrives
            faults/test_transfers.py::test_an_upload_that_the_server_refuses_halfway
            faults/test_transfers.py::test_an_upload_that_fails_closes_its_file
            test_multipart.py::test_memory_stays_flat""",
        "a download to a path is atomic": """
            faults/test_transfers.py::test_a_download_that_fails_leaves_no_half_file
            faults/test_transfers.py::test_a_process_that_is_killed_leaves_no_half_file
            test_client.py::test_a_download_that_is_cut_leaves_what_was_there""",
    },
    "Errors": {
        "everything pickles and copies": """
            test_errors.py::test_every_error_pickles
            test_errors.py::test_every_error_copies
            faults/test_answers.py::test_an_error_status""",
        "what happened, to which call, after how many attempts, with the request id, and what to"
        " do": """
            test_errors.py::test_the_class_says_the_status
            test_errors.py::test_what_is_said_with_and_without_facts
            test_errors.py::test_what_to_do_about_it""",
    },
}
"""By section: what may go wrong, and the tests of it, as pytest names them, below `tests/`."""

TESTS = Path(__file__).parents[1]


@functools.cache
def module(path: str) -> tuple[set[str], str]:
    """The functions of a module, and its text."""
    source = (TESTS / path).read_text()
    tree = ast.parse(source)
    functions = (ast.AsyncFunctionDef, ast.FunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions)}, source


@pytest.mark.parametrize("section", CLAUSES)
def test_each_clause_has_tests_that_exist(section: str) -> None:
    for clause, tests in CLAUSES[section].items():
        assert tests.split(), clause
        for name in filter(None, map(str.strip, tests.splitlines())):
            path, _, test = name.partition("::")
            function, _, case = test.rstrip("]").partition("[")
            functions, source = module(path)
            assert function in functions, name
            assert not case or f'"{case}"' in source, name


def test_each_test_of_this_folder_stands_for_a_clause() -> None:
    """Or for what was found on the way, and is listed here."""
    lines = [
        line.strip().partition("[")[0]
        for clauses in CLAUSES.values()
        for tests in clauses.values()
        for line in tests.splitlines()
    ]
    missing = {
        f"faults/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_*.py")
        for name in module(f"faults/{path.name}")[0]
        if name.startswith("test_") and path.name != Path(__file__).name
    } - {*lines, *MORE}
    assert not missing


MORE = {
    "faults/test_answers.py::test_an_error_status_with_a_broken_body_is_still_told",
    "faults/test_retries.py::test_a_timeout_is_tried_again",
    "faults/test_retries.py::test_nobody_listens",
    "faults/test_retries.py::test_streams_are_tried_again_until_they_begin",
}
