"""When a call may go, for one model, key and host. Pure: what time it is, is said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ._ceiling import Ceiling
from ._charge import Charge
from ._headers import Quota
from ._meter import Meter
from ._pace import Pace
from ._window import Window

__all__ = ["NOTHING", "Lane", "LaneSnapshot", "Ticket", "Told"]

MAX_WAIT = 60.0
"""Seconds. What takes longer is not waited for here: the server tells the caller itself. (Nobody
else keeps limits that are given: those are waited for.)"""
COOL_DOWN = 0.5
"""Seconds of the first common wait after a refusal that names none; doubled each time."""
LONGEST_COOL_DOWN = 8.0
CONTESTED = 5
"""Refusals, less a tenth of the calls that were accepted lately: so many show that others use what is
told to be left, in another process or event loop, and our part of it has to be found out."""
LONG_PERIOD = 180.0
"""Seconds: a limit for longer ones says nothing of how many calls may come at once."""
PERSISTENT = 6
"""Refusals in a row, some 20 seconds, after which more and more calls are let out at a time: where
nothing is accepted any more, their callers are to hear of it, rather than to wait for ever."""
MOMENT = 0.1
"""Seconds, for each refusal in a row, that are waited whatever the server asks."""
SHARE = 0.045
"""Fewer refusals than this, of so many answers, are chance."""
MEMORY = 200
"""Answers."""
TRUST = 6
"""Answers that have told of limits, before there may be as many calls on their way as they allow:
what a call is charged shows in the difference of two."""
FRESH = 0.1
"""Seconds for which what was told is good enough while there is plenty."""
MARGIN = 0.05
"""Of a limit: less than this may be used up by the time that a refusal is answered."""

Told = tuple[Quota | None, Quota | None]
"""What an answer says of the limits of (requests, tokens)."""
NOTHING: Told = (None, None)


class Ticket(NamedTuple):
    """A call on its way."""

    sent_at: float
    estimate: float
    """Tokens that it was thought to use."""
    tokens: float
    """Tokens that were taken for it."""
    spent: tuple[float, float]
    """(requests, tokens) of all calls up to this one, but for those that were refused."""


@dataclass(frozen=True)
class LaneSnapshot:
    """What a gate knows of one model at one host, for one key."""

    host: str
    model: str | None
    in_flight: int
    """Calls that were sent and not answered yet. A stream counts until it begins."""
    waiting: int
    """Calls that are held back."""
    window: float | None
    """How many may be in flight; None where the limits are known, or nothing holds them back."""
    rate: float | None
    """Calls a second, as learnt from refusals; None before the first one, or where limits are told."""
    cooling: float
    """Seconds for which all wait, after a refusal."""
    requests_limit: float | None
    requests_left: float | None
    tokens_limit: float | None
    tokens_left: float | None


class Lane:
    """One account with a server."""

    def __init__(self, requests: float | None = None, tokens: float | None = None) -> None:
        """Limits that are given, per minute."""
        self._given = [None if each is None else Meter.given(each) for each in (requests, tokens)]
        self._told: list[Meter | None] = [None, None]
        self._meters: list[tuple[int, Meter]] = []
        """All that there are, each with 0 for one of requests, 1 for one of tokens."""
        self._given_tokens = math.inf if tokens is None else tokens
        self._most_tokens = self._given_tokens
        self._list_meters()
        self._pace = Pace()
        self._ceiling = Ceiling()
        self._window = Window()
        self._charge = Charge()
        self._unexplained = False  # the server has refused what it said was allowed
        self._spent = (0.0, 0.0)
        self._newest = -math.inf  # of the calls whose answers told of limits: when it was sent
        self._learnt_at = -math.inf
        self._tellings = 0
        self._uses_window = True
        """Whether it isn't known how many calls there may be at once."""
        self.resumes_at: float = 0.0
        """Until when all wait, after a refusal."""
        self._refused_at = -math.inf
        self._slowed = False  # for the last of them
        self._good = self._bad = 0  # answers and refusals, lately
        self._refusals = 0  # in a row, each after a wait
        self._let_out = 0  # calls that go whatever is known, when the wait is over
        self.in_flight: int = 0
        self._tokens_in_flight = 0.0
        self.counts_tokens: bool = tokens is not None
        """Whether any limit is one of tokens, so that an estimate is of use."""

    def _list_meters(self) -> None:
        both = (*enumerate(self._given), *enumerate(self._told))
        self._meters = [(kind, meter) for kind, meter in both if meter is not None]
        self.counts_tokens = any(kind for kind, _ in self._meters)

    @property
    def is_told(self) -> bool:
        """Whether the server tells how many requests it allows."""
        return self._told[0] is not None

    @property
    def _is_paced(self) -> bool:
        """Whether the rate is learnt from refusals."""
        return self._unexplained or self._told[0] is None

    def is_curious(self, now: float) -> bool:
        """Whether it matters what the next answer tells of limits: not when there is plenty."""
        return (
            now - self._learnt_at > FRESH
            or self._tellings < TRUST
            or any(2 * meter.level(now) < meter.limit for _, meter in self._meters)
        )

    def weigh(self, estimate: float) -> float:
        """Tokens that are taken for a call: the estimate, as right as others were."""
        # A call of more than a minute allows would be in the way of all others for as many minutes.
        return min(self._charge.of(estimate), self._most_tokens)

    def wait(self, estimate: float, now: float) -> float:
        """Seconds until such a call may go; an answer may change that."""
        if now < self.resumes_at:
            return self.resumes_at - now
        if self._let_out:
            return 0.0
        longest = 0.0
        for kind, meter in self._meters:
            units = self.weigh(estimate) if kind else 1.0
            seconds = meter.wait(units, now)
            if seconds > longest and (meter.is_given or seconds <= MAX_WAIT):
                longest = seconds
        if self._is_paced and self._pace.rate is not None:
            ceiling = self._ceiling.wait(self.in_flight, now)
            longest = max(longest, self._pace.wait(now), ceiling)
        elif self._uses_window and self._given[0] is None:
            longest = max(longest, self._window.wait(self.in_flight, now))
        return longest

    def begin(self, estimate: float, now: float) -> Ticket:
        """A call is sent."""
        tokens = self.weigh(estimate)
        for kind, meter in self._meters:
            meter.take(tokens if kind else 1.0, now)
        if self._is_paced and self._pace.rate is not None:
            self._pace.take(now)
            self._ceiling.take(self.in_flight, now)
        elif self._uses_window:
            self._window.open(self.in_flight, now)
        if self._let_out:
            self._let_out -= 1
        self._spent = spent = self._spent[0] + 1, self._spent[1] + tokens
        self.in_flight += 1
        self._tokens_in_flight += tokens
        return Ticket(now, estimate, tokens, spent)

    def land(self, ticket: Ticket) -> None:
        """A call is not on its way any more; nothing else, where it ended without an answer."""
        self.in_flight -= 1
        self._tokens_in_flight -= ticket.tokens
        if self._refused_at > 0.0:
            self._ceiling.land(ticket.sent_at)

    def accept(
        self, ticket: Ticket, told: Told, used: float | None, *, waiting: bool, now: float
    ) -> None:
        """A call was answered, other than by a refusal; it may have told how many tokens it used."""
        self.land(ticket)
        if ticket.sent_at >= self._refused_at:
            self._refusals = self._let_out = 0
        if used is not None:
            self._settle(ticket, used, now)
        self._learn(ticket, told, now)
        self._good += 1
        if self._good > MEMORY:
            self._good, self._bad = self._good // 2, self._bad // 2
        self._pace.accept(ticket.sent_at)
        if self._is_paced:
            self._pace.grow(now)
            self._ceiling.accept(self.in_flight, now)
        if self._uses_window:
            self._window.answer(now - ticket.sent_at, waiting, now)

    def refuse(self, ticket: Ticket, told: Told, asked: float | None, now: float) -> bool:
        """A call was refused with 429; `asked` is how many seconds it said to wait. Whether all wait
        for it: not where that is too long."""
        self.land(ticket)
        self._correct(-ticket.tokens, now)
        self._spent = self._spent[0] - 1, self._spent[1] - ticket.tokens
        self._learn(ticket, told, now)
        if asked is not None and asked > MAX_WAIT:
            return False
        self._bad += 1
        serious = self._is_serious()
        if serious:
            contested = self._bad >= CONTESTED + self._good / 10
            self._unexplained = self._unexplained or contested or self._allows(told)
        if ticket.sent_at > self._refused_at:
            self._refusals += 1
            self._refused_at = max(now, self.resumes_at)
            if told[1] is not None:
                self._charge.refuse(ticket.tokens, told[1])
            if serious and self._refusals > PERSISTENT:
                self._let_out = 2 ** min(self._refusals - PERSISTENT, 20)
            again = serious and self._refusals > 1
            self._slowed = self._ceiling.refuse(self.in_flight, now, again=again)
        else:  # it was on its way already when the last one was refused
            self._ceiling.refuse_another(self.in_flight)
        if serious and not self._slowed and self._is_paced:
            self._slowed = True
            self._pace.refuse(now, asked)
            self._good = self._bad = 0
        self._cool(asked, now, serious=serious or self._slowed)
        return True

    def _is_serious(self) -> bool:
        """Whether it is a limit that has been met: some servers refuse a call in a hundred for no
        reason, and would be given ever fewer for it."""
        return self._bad >= SHARE * (self._good + self._bad)

    def _allows(self, told: Told) -> bool:
        """Whether a refusal itself says that more is left: then it is of a limit that isn't told."""
        return self.is_told and all(
            quota is None or quota.remaining >= 1 + quota.limit * MARGIN for quota in told
        )

    def _settle(self, ticket: Ticket, used: float, now: float) -> None:
        """A server that tells what is left has charged what it thought itself, and gives nothing
        back; for the others, what was used is all that is known."""
        if self._told[1] is None:
            self._correct(min(used, self._most_tokens) - ticket.tokens, now)
            self._charge.use(used, ticket.estimate)

    def _correct(self, tokens: float, now: float) -> None:
        for kind, meter in self._meters:
            if kind:
                meter.take(tokens, now)

    def _cool(self, asked: float | None, now: float, *, serious: bool) -> None:
        if asked is not None:
            # Where the rate is a guess, the moment at which one more fits is of little use.
            seconds = max(asked, MOMENT * self._refusals) if self._is_paced else asked
        elif not self._is_paced and self._refusals == 1:
            seconds = 0.0  # the meters say how long, unless they are wrong
        elif not serious:
            seconds = MOMENT * self._refusals
        else:
            seconds = min(COOL_DOWN * 2 ** min(self._refusals - 1, 9), LONGEST_COOL_DOWN)
        self.resumes_at = max(self.resumes_at, now + seconds)
        self._refused_at = max(self._refused_at, now)
        if serious:
            self._pace.resume(self.resumes_at)

    def _learn(self, ticket: Ticket, told: Told, now: float) -> None:
        if told == NOTHING or ticket.sent_at < self._newest:
            return
        self._tellings += 1
        for kind, quota in enumerate(told):
            if quota is None:
                continue
            self._newest, self._learnt_at = ticket.sent_at, now
            meter = self._told[kind]
            in_flight = (self.in_flight, self._tokens_in_flight)[kind]
            if meter is None:
                meter = self._told[kind] = Meter.told(quota)
                meter.take(in_flight, now)
                self._list_meters()
            if kind:
                self._most_tokens = min(self._given_tokens, quota.limit)
                self._charge.compare(quota, ticket.spent[1], ticket.tokens, meter.rate, now)
            meter.learn(
                quota,
                later=max(0.0, self._spent[kind] - ticket.spent[kind]),
                in_flight=in_flight,
                age=now - ticket.sent_at,
                now=now,
            )
        requests = self._told[0]
        # Of what a day allows, or of tokens, all at once may be too many: there may be other limits.
        self._uses_window = (
            self._tellings < TRUST
            or requests is None
            or requests.limit > LONG_PERIOD * requests.rate
        )

    def describe(self, host: str, model: str | None, waiting: int, now: float) -> LaneSnapshot:
        """What is known."""

        def limits(kind: int) -> tuple[float | None, float | None]:
            meters = [m for m in (self._given[kind], self._told[kind]) if m is not None]
            if not meters:
                return None, None
            meter = min(meters, key=lambda m: m.level(now))
            return meter.limit, max(0.0, meter.level(now))

        windowed = self._uses_window and self._given[0] is None and self._pace.rate is None
        requests_limit, requests_left = limits(0)
        tokens_limit, tokens_left = limits(1)
        return LaneSnapshot(
            host=host,
            model=model,
            in_flight=self.in_flight,
            waiting=waiting,
            window=self._window.size if windowed else None,
            rate=self._pace.rate if self._is_paced else None,
            cooling=max(0.0, self.resumes_at - now),
            requests_limit=requests_limit,
            requests_left=requests_left,
            tokens_limit=tokens_limit,
            tokens_left=tokens_left,
        )
