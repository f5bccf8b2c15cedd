"""What differs between a namespace and the documents, a line each."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from .check import Check, short
from .comparison import Comparison
from .documents import Document, all_documents
from .helpers import is_helper, missing_parameters, webhooks
from .surface import Method, broken, methods
from .wire import Recorder

LITERALLY = str.maketrans({"[": "[[]"})


def matches(line: str, pattern: str) -> bool:
    """Whether a finding is one of those that an exception speaks of; `*` stands for any text."""
    return fnmatch.fnmatchcase(line, pattern.translate(LITERALLY))


@dataclass(frozen=True)
class Findings:
    """What was seen of a namespace."""

    lines: list[str]
    """What differs, exceptions included."""
    checks: Mapping[str, list[Check]]
    """Of each method, by its name: one for each document that has its operation."""

    def beside(self, known: Mapping[str, str]) -> list[str]:
        """Those of which no exception speaks."""
        return [line for line in self.lines if not any(matches(line, one) for one in known)]


@functools.cache
def findings_of(namespace: str) -> Findings:
    """Look at a namespace."""
    return anyio.run(_look_at, namespace)


def checks_of(method: str) -> list[Check]:
    """What was seen of a method: by the newest document that has it, and by older ones."""
    return findings_of(method.partition(".")[0]).checks.get(method, [])


async def _look_at(namespace: str) -> Findings:
    documents = all_documents()
    everything = methods()
    if namespace in broken:
        return Findings([f"{namespace}: can't be imported: {broken[namespace]}"], {})
    recorder = Recorder()
    told = [Told(), *(Told(document) for document in documents[1:])]
    offered: set[str] = set()
    lacking: list[str] = []
    checks: dict[str, list[Check]] = {}
    for method in everything.values():
        mine = method.namespace == namespace
        if is_helper(method.name):
            if mine:
                lacking += missing_parameters(method, everything)
            continue
        if not (mine or namespace in method.name.split(".")):
            continue
        # What others do wrong is told where they belong.
        found = await _check(method, recorder, told if mine else [Told() for _ in documents])
        offered |= {check.operation.line for check in found if check.operation is not None}
        if mine:
            checks[method.name] = found
    if namespace == "webhooks" and "webhooks.unwrap" in everything:
        webhooks(everything["webhooks.unwrap"], documents[0], told[0].answers)
    lines = [line for one in told for line in one.lines] + lacking
    lines += [
        f"{operation.line}: no method is for it"
        for operation in documents[0].operations
        if operation.namespace == namespace and operation.line not in offered
    ]
    await recorder.client.close()
    return Findings([*dict.fromkeys(lines)], checks)


class Told:
    """What is told of one document, or what an older one tells of operations that are in a newer."""

    def __init__(self, older: Document | None = None) -> None:
        self._prefix = "" if older is None else f"{older.path.stem}: "
        self.params = Comparison(params=True, only_missing=older is not None)
        self.answers = Comparison(params=False, only_missing=older is not None)

    @property
    def lines(self) -> list[str]:
        found = [*self.params.findings, *self.answers.findings]
        return [f"{self._prefix}{line}" for line in found]


async def _check(method: Method, recorder: Recorder, told: list[Told]) -> list[Check]:
    """Beside each document that has its operation; of what newer ones have, an older one only tells
    what is missing."""
    found: list[Check] = []
    for place, document in enumerate(all_documents()):
        to = told[place] if found else told[0]
        check = Check(document, method, recorder, to.params, to.answers)
        try:
            await check.run()
        except Exception as error:  # what is half built is told, and the rest goes on
            check.say(f"can't be checked: {short(repr(error))}")
        if check.operation is not None:
            found.append(check)
    if not found:
        check.say(f"is for no operation of the document: it sends {check.astray}")
        for problem in check.problems:
            check.say(problem)
    return found
