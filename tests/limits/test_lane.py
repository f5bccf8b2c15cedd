"""When calls may go: whole crowds against servers of each kind, in counted time."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from openai_async.limits._headers import Quota
from openai_async.limits._lane import NOTHING, Lane

from .simulation import Server, Verdict, between, crowd, steady

AFTER = ("seconds", "milliseconds", None)
HALVED = ((3.0, 25.0), (6.0, 100.0))


@pytest.mark.parametrize(("after", "latency"), [*itertools.product(AFTER, (0.005, 0.05))])
@pytest.mark.parametrize("kind", ["bucket", "fixed", "sliding"])
def test_limits_that_are_told(kind: Any, after: Any, latency: float) -> None:
    """50 calls a second, 600 at once: 11 s would be ideal."""
    outcome = crowd(Server(50, kind, tells=True, after=after), 600, steady(latency))
    assert outcome.seconds < 12.2
    assert outcome.refused < 0.05 * outcome.sent
    assert outcome.most_refused <= 1


@pytest.mark.parametrize(("after", "latency"), [*itertools.product(AFTER, (0.005, 0.05))])
@pytest.mark.parametrize("kind", ["bucket", "fixed", "sliding"])
def test_limits_that_are_not_told(kind: Any, after: Any, latency: float) -> None:
    outcome = crowd(Server(50, kind, after=after), 600, steady(latency))
    assert outcome.seconds < (13.0 if kind == "bucket" else 13.7)
    assert outcome.refused < 0.05 * outcome.sent
    assert outcome.most_refused <= 2  # what `max_retries` allows by default


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("idle", [15.0, 600.0])
def test_a_crowd_after_a_pause(after: Any, idle: float) -> None:
    """Time in which nobody tried shows nothing of what a server bears, nor do single calls."""
    lane, server = Lane(), Server(50, after=after)
    now = crowd(server, 600, steady(0.05), lane=lane).seconds
    for _ in range(30):
        now += idle / 30
        now += crowd(server, 1, steady(0.05), lane=lane, begins=now).seconds
    outcome = crowd(server, 600, steady(0.05), lane=lane, begins=now)
    assert outcome.seconds < 13.7
    assert outcome.refused < 0.05 * outcome.sent
    assert outcome.most_refused <= 2


def test_a_rate_grows_for_one_caller_at_a_time_too() -> None:
    """Who waits for each answer before the next call leaves no line behind, and is held back all the
    same."""
    lane, server = Lane(), Server(5, changes=((30.0, 50.0),))
    now = crowd(server, 60, steady(0.05), lane=lane).seconds
    for _ in range(300):
        now += crowd(server, 1, steady(0.05), lane=lane, begins=now).seconds
    assert now < 50  # at the old rate: 72


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("latency", [0.005, 0.05])
def test_a_limit_that_halves_and_doubles(after: Any, latency: float) -> None:
    told = crowd(Server(50, tells=True, after=after, changes=HALVED), 600, steady(latency))
    assert told.seconds < 9.5  # ideal: 9.3
    assert told.refused < 0.01 * told.sent
    found_out = crowd(Server(50, after=after, changes=HALVED), 600, steady(latency))
    assert found_out.seconds < 14.5
    assert found_out.refused < 0.05 * found_out.sent
    assert found_out.most_refused <= 2


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("seconds", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("limit", [1, 10, 40])
def test_so_many_at_a_time(after: Any, seconds: float, limit: int) -> None:
    """A server that refuses by number, not by rate: what is in the way is waited for."""
    calls = 15 * limit
    server = Server(limit, "concurrent", after=after)
    outcome = crowd(server, calls, between(0.7 * seconds, 1.3 * seconds))
    assert outcome.most_refused <= 2  # what `max_retries` allows by default
    assert outcome.refused <= max(8, 0.05 * outcome.sent)  # those sent together at first; probes
    assert outcome.seconds < 15 * seconds + 45  # a rate is tried first


def test_calls_that_are_stuck_do_not_hold_up_the_others_for_ever() -> None:
    """Ten calls never come back, and were all that the server bore at a time, for a while."""
    lane, now, sent = Lane(), 0.0, 0
    for _ in range(10):
        now += lane.wait(0.0, now)
        lane.begin(0.0, now)
    while sent < 20:
        assert now < 200
        if (wait := lane.wait(0.0, now)) > 0:
            now += wait
            continue
        ticket = lane.begin(0.0, now)
        if now < 60:
            lane.refuse(ticket, NOTHING, None, now + 0.01)
        else:
            sent += 1
            lane.accept(ticket, NOTHING, None, waiting=True, now=now + 0.01)
        now += 0.01


def test_answers_that_come_in_another_order() -> None:
    outcome = crowd(Server(50, tells=True, after="seconds"), 600, between(0.2, 0.5))
    assert outcome.seconds < 12.5
    assert outcome.refused < 0.01 * outcome.sent


def test_a_limit_per_minute() -> None:
    """What is allowed at once is used at once; then the server is followed, however it counts."""
    bucket = crowd(Server(3000, "bucket", 60, tells=True, after="seconds"), 7000, steady(0.01))
    assert bucket.seconds < 81
    assert bucket.refused == 0
    fixed = crowd(Server(3000, "fixed", 60, tells=True, after="seconds"), 7000, steady(0.01))
    assert fixed.seconds < 121
    assert fixed.refused < 20


def test_a_limit_that_is_given_is_kept_from_the_first_call_on() -> None:
    for kind in ("bucket", "fixed", "sliding"):
        outcome = crowd(Server(50, kind), 600, steady(0.01), lane=Lane(50 * 60))
        assert outcome.refused == 0
        assert outcome.seconds < 12.1


@pytest.mark.parametrize("per_minute", [0.5, 1, 2, 3, 30])
def test_a_small_limit_that_is_given(per_minute: float) -> None:
    """Nobody but us keeps it, so that it is waited for, whatever that takes."""
    outcome = crowd(None, 4, steady(0.01), lane=Lane(per_minute))
    assert 3 * 60 / per_minute - 2 < outcome.seconds < 6 * 60 / per_minute + 2


def test_one_call_of_very_many_tokens_does_not_open_the_gate_for_the_others() -> None:
    """It takes what a minute allows, whatever it says: what is past that, the server refuses."""
    lane = Lane(None, 6000)
    lane.accept(lane.begin(1e9, 0.0), NOTHING, 1e12, waiting=True, now=0.1)
    assert 50 < lane.wait(10.0, 0.1) < 70
    lane.begin(10.0, 60.0)
    assert 0 < lane.wait(100.0, 60.1) < 70


def test_without_limits_calls_hardly_wait() -> None:
    """A server of few answers at a time is given no more than it can use; one that takes long is not
    taken for one that can't do more."""
    assert crowd(None, 2000, steady(0.005)).seconds < 0.2
    assert crowd(None, 600, steady(10.0)).seconds < 14
    assert crowd(None, 600, between(2, 20)).seconds < 27
    busy = crowd(None, 5000, steady(0.005), work=0.001)
    assert busy.seconds < 5.1
    assert busy.most_in_flight < 200


def test_a_limit_that_the_headers_do_not_tell() -> None:
    """A server that says that there is plenty and refuses all the same: refusals are believed."""
    lane = Lane()

    class Sly(Server):
        def ask(self, now: float) -> Any:
            verdict = super().ask(now)
            assert verdict.quota is not None
            return verdict._replace(quota=verdict.quota._replace(limit=1e4, remaining=9e3))

    outcome = crowd(Sly(50, tells=True, after="seconds"), 600, steady(0.01), lane=lane)
    assert outcome.seconds < 16
    assert outcome.most_refused <= 2


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("share", [0.01, 0.02])
def test_refusals_by_chance_do_not_slow_a_job_down(share: float, tells: bool, after: Any) -> None:
    """A server that refuses a call in a hundred, and has no limit that would be met."""
    dice = random.Random(5)

    class Moody(Server):
        def ask(self, now: float) -> Verdict:
            verdict = super().ask(now)
            wait = {"seconds": 0.0, "milliseconds": 0.02, None: None}[self.after]
            moody = dice.random() < share
            return verdict._replace(accepted=not moody, retry_after=wait if moody else None)

    server = Moody(1_000_000, tells=tells, after=after)
    outcome = crowd(server, 5000, between(0.1, 0.3))
    assert outcome.seconds < 40  # it was 110
    assert outcome.most_refused <= 4


@pytest.mark.parametrize("told", [(None, 1e6), (14_400, 1e6)])
def test_limits_that_say_nothing_of_the_next_second(told: Any) -> None:
    """Of tokens alone, or of the requests of a whole day: how many may come at once is found out."""
    requests, tokens = told

    class Vague(Server):
        def ask(self, now: float) -> Any:
            quota = requests and Quota(requests, requests - 400, 400 * 86400 / requests, exact=True)
            return super().ask(now)._replace(quota=(quota, Quota(tokens, tokens, 0.0, exact=True)))

    outcome = crowd(Vague(50, after="seconds"), 600, steady(0.05))
    assert outcome.seconds < 13.7
    assert outcome.refused < 0.05 * outcome.sent
    assert outcome.most_refused <= 2


@pytest.mark.parametrize("after", AFTER)
def test_a_server_that_refuses_for_ever(after: Any) -> None:
    """All of the callers hear of it, in a few minutes rather than in hours."""
    lane, now, waiting = Lane(), 0.0, 600 * 3
    asked = {"seconds": 1.0, "milliseconds": 0.3, None: None}[after]
    while waiting:
        tickets = []
        while waiting > len(tickets) and lane.wait(0.0, now) <= 0:
            tickets.append(lane.begin(0.0, now))
        for ticket in tickets:
            lane.refuse(ticket, NOTHING, asked, now + 0.05)
        waiting -= len(tickets)
        now += 0.05 if tickets else lane.wait(0.0, now) + 1e-6
    assert now < 180


def test_very_many_refusals_in_a_row() -> None:
    lane = Lane()
    for number in range(3000):
        lane.refuse(lane.begin(0.0, 10.0 * number), NOTHING, None, 10.0 * number + 0.1)
    assert 0 < lane.wait(0.0, 29_990.1) <= 8


def test_what_a_server_charges_is_learnt() -> None:
    """It may count three times the tokens that we do."""
    lane, now, left, refused = Lane(), 0.0, 6000.0, 0
    for _ in range(400):
        while (wait := lane.wait(10.0, now)) > 0:
            now += wait
            left = min(6000.0, left + wait * 100)
        ticket = lane.begin(10.0, now)
        accepted = left >= 30
        left -= 30 * accepted
        told = (Quota(1e4, 9e3, 1.0, True), Quota(6000.0, int(left), (6000 - left) / 100, True))
        if accepted:
            lane.accept(ticket, told, None, waiting=True, now=now)
        else:
            refused += 1
            lane.refuse(ticket, told, (30 - left) / 100, now)
    assert refused < 8


def test_what_takes_too_long_is_left_to_the_server() -> None:
    """A day's quota that is used up is told by the error, not by a silent wait of hours."""
    lane = Lane()
    outcome = crowd(Server(1, "fixed", 86400, tells=True), 1, steady(0.01), lane=lane)
    assert outcome.refused == 0
    assert lane.wait(0.0, 1.0) == 0.0
