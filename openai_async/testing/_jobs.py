"""Fine-tune jobs. Nothing runs: status and events are read off the clock, when somebody asks."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ._clock import Timed
from ._language import Memory, language
from ._models import Model
from ._params import Json
from ._state import ORGANIZATION, State, StoredFile
from ._tokens import tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

# When what happens, as shares of the whole job.
_COSTED, _QUEUED, _STARTED, _FAILED, _TRAINED, _UPLOADED, _FILED = (
    0.02,
    0.05,
    0.2,
    0.4,
    0.85,
    0.9,
    0.95,
)

MAX_STEPS = 200
MAX_LEARNED = 2000  # examples that the model remembers
MEASURED = 32  # examples that the first loss is measured on
MEMORY_ORDER = 6


class Example(NamedTuple):
    """A line of a training file."""

    prompt: str
    completion: str


class Event(NamedTuple):
    """Something that happens in a job, at a time (seconds since the epoch)."""

    at: float
    message: str
    level: str = "info"

    def describe(self) -> Json:
        """The API's `fine-tune-event` object."""
        return {
            "object": "fine-tune-event",
            "created_at": int(self.at),
            "level": self.level,
            "message": self.message,
        }


@dataclass
class FineTune(Timed):
    """A job. `problem` is why it is going to fail; None if it is not."""

    id: str
    base: Model
    model_name: str
    result_id: str
    training: StoredFile
    validation: StoredFile | None
    examples: Sequence[Example]
    problem: str | None
    hyperparams: Json
    seconds: float
    cancelled: float | None = None
    result: StoredFile | None = None

    @property
    def inputs(self) -> list[StoredFile]:
        """The files that it reads."""
        return [stored for stored in (self.training, self.validation) if stored is not None]

    def status(self) -> str:
        """`pending`, `running`, and in the end `succeeded`, `failed` or `cancelled`."""
        share = self.share_of(self.seconds)
        if self.cancelled is not None:
            return "cancelled"
        if share < _STARTED:
            return "pending"
        if self.problem is not None and share >= _FAILED:
            return "failed"
        return "running" if share < 1 else "succeeded"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen."""
        return self.status() in ("succeeded", "failed", "cancelled")

    def cancel(self) -> None:
        """Stop it here."""
        self.cancelled = self.clock.now()

    def settle(self, state: State) -> None:
        """Once it has succeeded: leave the result file and the model, one time."""
        if self.result is not None or self.status() != "succeeded":
            return
        rows = io.StringIO(newline="")
        csv.writer(rows).writerows(self._metrics())
        content = [rows.getvalue().encode()]
        self.result = state.store(
            self.result_id, "compiled_results.csv", "fine-tune-results", content
        )
        state.models[self.model_name] = Model(
            self.model_name,
            frozenset({"completion"}),
            self.base.context,
            created=int(self.created + self.seconds),
            owned_by=ORGANIZATION,
            memory=Memory(documents_of(self.examples[:MAX_LEARNED]), order=MEMORY_ORDER),
        )

    def events(self) -> list[Event]:
        """What has happened so far."""
        now = self.clock.now()
        if self.cancelled is None:
            return [event for event in self._plan() if event.at <= now]
        before = [event for event in self._plan() if event.at <= self.cancelled]
        return [*before, Event(self.cancelled, "Fine-tune cancelled")]

    def next_event_in(self, now: float) -> float:
        """Seconds until something happens by itself; endless if nothing will."""
        return min((event.at - now for event in self._plan() if event.at > now), default=math.inf)

    def describe(self, *, events: bool = True) -> Json:
        """The API's `fine-tune` object."""
        happened = self.events()
        described: Json = {
            "id": self.id,
            "object": "fine-tune",
            "model": self.base.id,
            "created_at": int(self.created),
            "updated_at": int(happened[-1].at),
            "fine_tuned_model": self.model_name if self.result is not None else None,
            "hyperparams": self.hyperparams,
            "organization_id": ORGANIZATION,
            "result_files": [] if self.result is None else [self.result.describe()],
            "status": self.status(),
            "training_files": [self.training.describe()],
            "validation_files": [] if self.validation is None else [self.validation.describe()],
        }
        return (
            {**described, "events": [one.describe() for one in happened]} if events else described
        )

    def _plan(self) -> Iterator[Event]:
        """Everything that happens, if nobody cancels."""

        def at(share: float) -> float:
            return self.created + share * self.seconds

        tokens = sum(map(len, documents_of(self.examples[:MAX_LEARNED]))) if self.examples else 0
        epochs: int = self.hyperparams["n_epochs"]
        yield Event(at(0), f"Created fine-tune: {self.id}")
        yield Event(at(_COSTED), f"Fine-tune costs ${tokens * epochs * 3e-6:.2f}")
        yield Event(at(_QUEUED), "Fine-tune enqueued. Queue number: 0")
        yield Event(at(_STARTED), "Fine-tune started")
        if self.problem is not None:
            yield Event(at(_FAILED), f"Fine-tune failed: {self.problem}", "error")
            return
        for epoch in range(1, epochs + 1):
            share = _STARTED + (_TRAINED - _STARTED) * epoch / epochs
            yield Event(at(share), f"Completed epoch {epoch}/{epochs}")
        yield Event(at(_UPLOADED), f"Uploaded model: {self.model_name}")
        yield Event(at(_FILED), f"Uploaded result file: {self.result_id}")
        yield Event(at(1), "Fine-tune succeeded")

    def _metrics(self) -> Iterator[Sequence[Any]]:
        """The rows of the result file: a loss that falls from what the base model really has."""
        validated = self.validation is not None
        yield [
            "step", "elapsed_tokens", "elapsed_examples", "training_loss",
            "training_sequence_accuracy", "training_token_accuracy",
            *(["validation_loss"] if validated else []),
        ]  # fmt: skip
        batch: int = self.hyperparams["batch_size"]
        examples = max(1, len(self.examples)) * self.hyperparams["n_epochs"]
        steps = min(MAX_STEPS, math.ceil(examples / batch))
        tokens = sum(map(len, documents_of(self.examples[:MAX_LEARNED])))
        first = loss_of(self.examples[:MEASURED])
        for step in range(1, steps + 1):
            progress = step / steps
            loss = first * math.exp(-3 * progress)
            yield [
                step,
                round(tokens * self.hyperparams["n_epochs"] * progress),
                round(examples * progress),
                round(loss, 5),
                round(math.exp(-loss), 5),
                round(math.exp(-loss / 4), 5),
                *([round(loss * 1.1, 5)] if validated else []),
            ]


def read_examples(stored: StoredFile) -> tuple[list[Example], str | None]:
    """The examples of a file, and what is wrong with it."""
    examples: list[Example] = []
    for number, line in enumerate(stored.lines(), 1):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
        except ValueError:
            return examples, f"line {number} is not JSON"
        for key in ("prompt", "completion"):
            value = cast(Json, record).get(key) if isinstance(record, dict) else None
            if not isinstance(value, str):
                return examples, f"line {number} has no {key!r} of type string"
        examples.append(Example(record["prompt"], record["completion"]))
    return examples, None if examples else "the file has no examples"


def documents_of(examples: Iterable[Example]) -> list[list[int]]:
    """The tokens of each example."""
    encode: Callable[[str], list[int]] = tokenizer().encode
    return [encode(example.prompt) + encode(example.completion) for example in examples]


def loss_of(examples: Iterable[Example]) -> float:
    """The base model's mean negative log likelihood of the completions, per token."""
    model = language()
    losses: list[float] = []
    for example in examples:
        context = tokenizer().encode(example.prompt)
        for token in tokenizer().encode(example.completion)[:64]:
            losses.append(-model.logprob(context, token))
            context.append(token)
    return math.fsum(losses) / len(losses) if losses else 0.0
