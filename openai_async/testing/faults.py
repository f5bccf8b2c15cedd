"""Faults: the ways in which a server can fail its client, on request.

| kind | value | what the client sees |
| --- | --- | --- |
| `400`..`599` | `retry-after`, seconds | this status with the API's error body |
| `quota` | | 429 `insufficient_quota` |
| `slow` | seconds (1) | a delay, then the right answer |
| `stall` | events (0) | headers, so many events of a stream, then silence |
| `cut` | events (1) | the connection closes after so many events, or in the middle of a body |
| `drop` | | the connection closes before any answer |
| `reset` | | the same, by a TCP reset |
| `bad-json` | event (1) | a body that is not JSON; in a stream, so many good events before |
| `error-event` | events (1) | in a stream, an error object after so many events |
| `html` | status (502) | a page of HTML, as of a proxy |
| `fail` | events (3) | what the call starts (a response) ends as `failed`, after so many events |

Three ways to ask: `Server(faults="429:0.1,cut=3:0.05")` for a share of all calls,
`server.fault("cut", on="POST /chat/completions")` for the next ones, and the request header
`x-fault: cut=3` for this one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ._matching import Scripted, Target

_DEFAULTS: Mapping[str, float | None] = {
    "quota": None,
    "slow": 1.0,
    "stall": 0.0,
    "cut": 1.0,
    "drop": None,
    "reset": None,
    "bad-json": 1.0,
    "error-event": 1.0,
    "html": 502.0,
    "fail": 3.0,
}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, the kind's value, and the share of calls that it strikes.

    `on` limits it to an endpoint: `"POST /chat/completions"`, `"GET /files/*"`, `"/models"`.
    """

    kind: str
    value: float | None = None
    probability: float = 1.0
    on: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in _DEFAULTS and self.status is None:
            known = ", ".join(_DEFAULTS)
            raise ValueError(f"unknown fault {self.kind!r}: use a status (400 to 599) or {known}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"the probability of {self.kind!r} must be 0 to 1: {self.probability}")
        if self.value is not None and not 0 <= self.value < float("inf"):
            raise ValueError(f"the value of {self.kind!r} must be 0 or more: {self.value}")
        if self.value is not None and self.kind in _DEFAULTS and _DEFAULTS[self.kind] is None:
            raise ValueError(f"the fault {self.kind!r} takes no value: {self.value}")
        if self.kind == "html" and not 400 <= self.setting <= 599:
            raise ValueError(f"the value of 'html' is a status, 400 to 599: {self.value}")

    @property
    def status(self) -> int | None:
        """The status that the kind names, if it is one."""
        if len(self.kind) == 3 and self.kind.isascii() and self.kind.isdigit():
            return int(self.kind) if 400 <= int(self.kind) <= 599 else None
        return None

    @property
    def setting(self) -> float:
        """The value, or the kind's default."""
        return (_DEFAULTS.get(self.kind) or 0.0) if self.value is None else self.value


def parse_faults(spec: str) -> list[Fault]:
    """Read `kind[=value][:probability],...`; a ValueError says what is wrong and where."""
    faults: list[Fault] = []
    for part in filter(None, (part.strip() for part in spec.split(","))):
        head, colon, probability = part.partition(":")
        kind, equals, value = head.partition("=")
        faults.append(
            Fault(
                kind.strip(),
                value=_number(value, part) if equals else None,
                probability=_number(probability, part) if colon else 1.0,
            )
        )
    return faults


def _number(text: str, part: str) -> float:
    try:
        return float(text)
    except ValueError:
        form = "kind[=value][:probability]"
        raise ValueError(f"{text!r} in {part!r} is not a number (a fault is {form})") from None


class FaultPlan:
    """Which fault strikes a call: the one it asks for, the next scripted one, or one by chance."""

    def __init__(self, faults: str | Iterable[Fault] | None, rng: random.Random) -> None:
        listed = parse_faults(faults) if isinstance(faults, str) else list(faults or ())
        self._chances = [(fault, Target.parse(fault.on)) for fault in listed]
        self._rng = rng
        self._scripted: list[Scripted[Fault]] = []

    def add(self, fault: Fault, times: int | None) -> Scripted[Fault]:
        """Script a fault for the next `times` calls that it is for (None: for all of them)."""
        script = Scripted(replace(fault), Target.parse(fault.on), times, self._scripted)
        self._scripted.append(script)
        return script

    def clear(self) -> None:
        """Forget what was scripted; the chances stay."""
        self._scripted.clear()

    def pick(self, method: str, path: str, asked: str | None) -> Fault | None:
        """The fault for one call. A fault that the request asks for and that can't be read raises."""
        if asked:
            return next(iter(parse_faults(asked)), None)
        for script in self._scripted:
            if script.target.fits(method, path):
                script.use()
                return script.what if self._rng.random() < script.what.probability else None
        for fault, target in self._chances:
            if target.fits(method, path) and self._rng.random() < fault.probability:
                return fault
        return None
