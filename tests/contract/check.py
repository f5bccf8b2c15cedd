"""One method beside its operation: what it sends, what it takes, what it gives."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from openai_async import BinaryBody, Page
from openai_async._models import options_of
from openai_async._stream import Streamed

from .annotations import shape_of
from .comparison import Comparison, describe
from .documents import FORM, JSON, Document, Operation, Place
from .known import gathered
from .roundtrip import losses
from .shapes import Member, merged, union
from .surface import Method, given_by, item_of
from .values import Values
from .wire import Recorder, Sent, brackets


def forms_of(method: Method, name: str, member: Member, *, nulls: bool = True) -> list[Any]:
    """What to call a method with, for one parameter."""
    found: Sequence[Any] = gathered("VALUES").get(f"{method.name}.{name}", ())
    return list(found) or Values(params=True, nulls=nulls).of(member.shape, name)


def least_of(method: Method) -> dict[str, Any]:
    """What to call a method with, at the least."""
    parameters = {**method.positional, **method.forms[0]}
    return {
        name: forms_of(method, name, member)[0]
        for name, member in parameters.items()
        if member.required
    }


class Check:
    """One method beside its operation."""

    def __init__(
        self,
        document: Document,
        method: Method,
        recorder: Recorder,
        params: Comparison,
        answers: Comparison,
    ) -> None:
        self.document = document
        self.method = method
        self.params = params
        self.answers = answers
        self.operation: Operation | None = None
        self.documented: set[str] = set()
        """Our parameters that are in the document."""
        self.astray = "nothing"
        """A request that is for no operation."""
        self.problems: dict[str, None] = {}
        """What went wrong while it was called."""
        self._recorder = recorder
        self._places: dict[str, set[Place]] = {}
        self._documented_as: dict[str, str] = {}  # the names of what is in the path
        self._kinds: set[str] = set()
        self._intos: list[Any] = []
        self._unsent: list[tuple[str, Any]] = []

    def say(self, what: str) -> None:
        self.params.say(self.method.name, what)

    async def run(self) -> None:
        """Call the method in all forms, and look."""
        for given, needed in list(self.calls()):
            try:
                sent = await self._recorder.record(self.method, given)
            except Exception as error:
                if needed:
                    self._problem(f"can't be called with {short(given)}: {short(repr(error))}")
                continue
            if sent is not None:
                self._look_at(sent, given)
        if self.operation is not None:
            for problem in () if self.params.only_missing else self.problems:
                self.say(problem)
            self._parameters(self.operation)
            self._answer(self.operation)

    def _problem(self, what: str) -> None:
        self.problems[what] = None

    def calls(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """What to call it with, and whether that has to work: the least, then everything, and then
        each parameter in all its forms."""
        for keywords in self.method.forms:
            parameters = {**self.method.positional, **keywords}
            forms = {name: self._forms_of(name, member) for name, member in parameters.items()}
            whole = {name: values[0] for name, values in forms.items() if values}
            least = {name: whole[name] for name in whole if parameters[name].required}
            yield least, True
            yield whole, False
            for name, values in forms.items():
                for value in values:
                    yield {**least, name: value}, True

    def whole_calls(self) -> Iterator[dict[str, Any]]:
        """The calls with the least, and with all that the document has; streamed and not."""
        for keywords in self.method.forms:
            parameters = {**self.method.positional, **keywords}
            required = {name for name, member in parameters.items() if member.required}
            if not required <= self.documented:
                continue  # a form of which the document knows nothing
            forms = {
                name: forms_of(self.method, name, member, nulls=False)
                for name, member in parameters.items()
                if name in self.documented
            }
            whole = {name: values[0] for name, values in forms.items() if values}
            yield {name: whole[name] for name in whole if name in required}
            streamed = whole.pop("stream", None)
            yield whole
            if streamed is not None:
                yield {**whole, "stream": True}

    def _forms_of(self, name: str, member: Member) -> list[Any]:
        try:
            return forms_of(self.method, name, member)
        except Exception as error:
            self._problem(f"parameter '{name}': its annotation can't be read: {error!r}")
            return []

    def _look_at(self, sent: Sent, given: Mapping[str, Any]) -> None:
        operation = self.document.operation(sent.verb, sent.path)
        if operation is None:
            self.astray = f"{sent.verb} {sent.path}"
            return
        if self.operation not in (None, operation):
            self._problem(f"is for two operations: {operation.line} and {self.operation.line}")
        self.operation = operation
        self._kinds.add(sent.kind)
        if sent.into not in self._intos:
            self._intos.append(sent.into)
        ids = {value: name for name, value in (operation.ids(sent.path) or {}).items()}
        names = {name for name, value in given.items() if isinstance(value, str) and value in ids}
        for name in names:
            self._places[name] = {"path"}
            self._documented_as[name] = ids[given[name]]
        self._carried(sent, {key: value for key, value in given.items() if key not in names})

    def _carried(self, sent: Sent, given: Mapping[str, Any]) -> None:
        """Look for each parameter in the query and the body."""
        fields: list[tuple[Place, list[tuple[str, Any]]]] = [
            ("query", sent.query),
            ("form", sent.form),
        ]
        body: Mapping[str, Any] = sent.json if isinstance(sent.json, dict) else {}
        for name, value in given.items():
            if name in body:
                self._found(name, "json", value, body[name])
                continue
            told = False
            for place, pairs in fields:
                found = [pair for pair in pairs if _base(pair[0]) == name]
                if found:
                    told = True
                    self._found(name, place, [*brackets(name, value)], found)
            if not told:
                self._unsent.append((name, value))
        unasked = {*body, *(_base(name) for _, pairs in fields for name, _ in pairs)} - given.keys()
        for name in sorted(unasked):
            self._problem(f"sends {name!r}, which was not given")

    def _found(self, name: str, place: Place, expected: Any, found: Any) -> None:
        self._places.setdefault(name, set()).add(place)
        if not same(expected, found):
            self._problem(f"parameter '{name}' is sent as {short(found)}, not {short(expected)}")

    # Parameters

    def _parameters(self, operation: Operation) -> None:
        documented = dict(self._documented(operation))
        ours = self.method.parameters
        self.documented = {
            name for name in ours if self._documented_as.get(name, name) in documented
        }
        for name, (places, member) in documented.items():
            if name not in {self._documented_as.get(mine, mine) for mine in ours}:
                self.say(f"parameter '{name}' is missing ({_or(places)}): {describe(member)}")
        for name, mine in ours.items():
            theirs = self._documented_as.get(name, name)
            if theirs not in documented:
                if not self.params.only_missing:
                    self.say(f"parameter '{name}' is not in the document")
                continue
            places, member = documented[theirs]
            where = f"{self.method.name}({name})"
            if theirs != name:
                self.say(f"parameter '{name}' is called '{theirs}' in the document")
            if name not in self._places:
                self.say(f"parameter '{name}' is not sent; it belongs into {_or(places)}")
            elif not self._places[name] <= places:
                self.say(
                    f"parameter '{name}' goes into {_or(self._places[name])}, not {_or(places)}"
                )
            in_json = self._places.get(name) == {"json"}
            for value in [value for which, value in self._unsent if which == name]:
                # A query or form has no word for nothing; no stream is what there is anyway.
                wordless = value in ([], {}) and not in_json
                wordless = wordless or (value is None and not (in_json and member.shape.null))
                if not wordless and not (name == "stream" and not value):
                    self.say(f"parameter '{name}' is not sent where it is {short(value)}")
            self.params.required(where, mine, member)
            self.params.compare(where, mine.shape, member.shape, optional=not mine.required)

    def _documented(
        self, operation: Operation
    ) -> Iterator[tuple[str, tuple[frozenset[Place], Member]]]:
        shape = self.document.schemas.shape
        for name, said in operation.located.items():
            member = Member(functools.partial(shape, said.schema), required=said.required)
            yield name, (frozenset({said.place}), member)
        kinds: dict[str, Place] = {FORM: "form", JSON: "json"}
        # Which of several kinds of body a method sends is its own choice.
        sent = [kind for kind in kinds if kind in operation.bodies and kind in self._kinds]
        taken = sent or [kind for kind in kinds if kind in operation.bodies][:1]
        bodies = [
            merged([kind.members for kind in shape(operation.bodies[one]).kinds]) for one in taken
        ]
        for name, member in merged(bodies).items() if bodies else ():
            yield name, (frozenset(kinds[kind] for kind in taken), member)

    # Answers

    def _answer(self, operation: Operation) -> None:
        declared = {str(one) for one in given_by(self.method.function)}
        declared |= {str(BinaryBody)} if str(str) in declared else set()  # read to its end
        for one in [inner for into in self._intos for inner in _read_as(into)]:
            if str(one) not in declared:
                self.answers.say(
                    f"{self.method.name} ->", f"gives {one}, of which its annotation says nothing"
                )
        whole = [into for into in self._intos if not isinstance(into, Streamed)]
        models = [into for into in whole if into not in (None, type(None), str, bytes, BinaryBody)]
        where = f"{self.method.name} ->"
        documented = operation.answers.get(JSON)
        if documented is not None and not models and not _is_text(operation, self.document):
            self.answers.say(where, f"is {whole}, but the document says {JSON}")
        elif documented is None and models:
            self.answers.say(
                where, f"is {models}; the document says {[*operation.answers] or None}"
            )
        elif documented is not None and models:
            self._compare(where, models, documented)
        streamed = [into.item for into in self._intos if isinstance(into, Streamed)]
        events = self.document.events(operation)
        if events is not None and not streamed:
            self.answers.say(where, "is not streamed, though it can be: its events are missing")
        elif streamed and events is None:
            self.answers.say(where, "is streamed, of which the document knows nothing")
        elif streamed and events is not None:
            self._compare(f"{where} streamed", streamed, events)

    def _compare(self, where: str, models: list[Any], schema: Mapping[str, Any]) -> None:
        documented = self.document.schemas.shape(schema)
        ours = union(shape_of(one) for one in models)
        self.answers.compare(where, ours, documented, optional=False)
        key = (*map(str, models), *(kind.key for kind in documented.kinds))
        if documented.kinds and key in self.answers.seen:
            return
        self.answers.seen.add(key)
        for loss in losses(models, documented):
            place, _, kind = loss.partition(": unknown to ")
            told = f"{kind}.{place.rpartition('.')[2]}: is missing"
            newer = self.answers.only_missing and loss.endswith(": Field required")
            if not newer and not any(line.startswith(told) for line in self.answers.findings):
                self.answers.say(where, loss)


def _read_as(into: Any) -> list[Any]:
    """The types that an answer is read as: of the items, for a page or stream."""
    if isinstance(into, Streamed):
        return options_of(into.item)
    if isinstance(into, type) and issubclass(into, Page):
        return options_of(item_of(into))
    return options_of(type(None) if into is None else into)


def _is_text(operation: Operation, document: Document) -> bool:
    """Whether an answer is the content of a file, or text, in whatever form the document says."""
    shape = document.schemas.shape(operation.answers[JSON])
    return len(operation.answers) > 1 or shape.text or shape.binary


def _or(places: Iterable[str]) -> str:
    return " or ".join(sorted(places))


def _base(name: str) -> str:
    return name.partition("[")[0]


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same in JSON."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    return bool(one == two)


def short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 300 else f"{text[:300]}..."
