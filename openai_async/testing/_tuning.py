"""Fine-tuning jobs. Nothing runs: what is due by the clock happens when somebody asks."""

from __future__ import annotations

import csv
import io
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ._clock import Timed
from ._jobs import MAX_LEARNED, MEASURED, MEMORY_ORDER, Example, documents_of, loss_of
from ._language import Memory
from ._models import Model
from ._params import Json
from ._state import ORGANIZATION, State, StoredFile

# When what happens, as shares of the whole job.
_VALIDATING, _VALIDATED, _STARTED, _TRAINED, _MADE = 0.02, 0.1, 0.2, 0.85, 0.95

_MAX_STEPS = 60
_KEPT_CHECKPOINTS = 3
OVER = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Problem:
    """Why a job is going to fail."""

    code: str
    message: str
    param: str | None = None

    def describe(self) -> Json:
        """The API's `error` of a job."""
        return {"code": self.code, "message": self.message, "param": self.param}


@dataclass(frozen=True)
class Due:
    """Something that is going to happen: an event, and what else it does."""

    share: float
    message: str
    status: str | None = None
    """The job's from then on."""
    level: str = "info"
    metrics: Json | None = None
    then: Callable[[State, float], None] | None = None


@dataclass
class TuningJob(Timed):
    """A job. It stands still while it is paused; the time that it has worked counts."""

    id: str
    base: Model
    model_name: str
    method: Json
    """With the hyperparameters that are in use."""
    seed: int
    training: StoredFile
    validation: StoredFile | None
    examples: Sequence[Example]
    problem: Problem | None
    seconds: float
    integrations: list[Json] | None
    metadata: Json | None
    status: str = "validating_files"
    finished: float | None = None
    result: StoredFile | None = None
    events: list[Json] = field(default_factory=list[Json])
    """What has happened, oldest first."""
    checkpoints: list[Json] = field(default_factory=list[Json])
    permissions: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    """By checkpoint and id."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._worked = 0.0
        """Seconds, until `_since`."""
        self._since: float | None = self.created
        """When it began to work, after the last pause; None while it is paused."""
        self._before_pause = self.status
        self._rows = [] if self.problem is not None else self._measured()
        self._memory: Memory | None = None
        self._plan = deque(self._planned())

    # What happens

    def settle(self, state: State, now: float) -> None:
        """Let happen what is due."""
        while self._plan and self._since is not None:
            due = self._plan[0]
            at = self._since + due.share * self.seconds - self._worked
            if at > now:
                return
            self._plan.popleft()
            self.status = due.status or self.status
            self._tell(state, at, due.message, due.level, due.metrics)
            if due.then is not None:
                due.then(state, at)

    def pause(self, state: State) -> None:
        """Stand still from now on."""
        now = self.clock.now()
        if self._since is not None:
            self._worked += now - self._since
        self._since, self._before_pause, self.status = None, self.status, "paused"
        self._tell(state, now, "The job has been paused")

    def resume(self, state: State) -> None:
        """Go on."""
        self._since, self.status = self.clock.now(), self._before_pause
        self._tell(state, self._since, "The job has been resumed")

    def cancel(self, state: State) -> None:
        """Stop here."""
        now = self.clock.now()
        self._tell(state, now, "The job has been cancelled")
        self._finish("cancelled", now)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen."""
        return self.status in OVER

    def _finish(self, status: str, at: float) -> None:
        self.status, self.finished = status, at
        self._plan.clear()

    def _tell(
        self,
        state: State,
        at: float,
        message: str,
        level: str = "info",
        metrics: Json | None = None,
    ) -> None:
        self.events.append(
            {
                "object": "fine_tuning.job.event",
                "id": "ftevent-" + state.new_id(),
                "created_at": int(at),
                "level": level,
                "message": message,
                "type": "message" if metrics is None else "metrics",
                "data": metrics or {},
            }
        )

    # What is going to happen

    def _planned(self) -> Iterator[Due]:
        """Everything that happens, if nobody cancels."""
        files = f"training file: {self.training.id}"
        if self.validation is not None:
            files += f" and validation file: {self.validation.id}"
        yield Due(0, f"Created fine-tuning job: {self.id}")
        yield Due(_VALIDATING, f"Validating {files}")
        if self.problem is not None:
            message = f"The job failed due to an invalid file: {self.problem.message}"
            fail = partial(self._end, "failed")
            yield Due(_VALIDATED, message, "failed", "error", then=fail)
            return
        yield Due(_VALIDATED, "Files validated, moving job to queued state", "queued")
        yield Due(_STARTED, "Fine-tuning job started", "running")
        yield from self._steps()
        yield Due(_MADE, f"New fine-tuned model created: {self.model_name}")
        message = "The job has successfully completed"
        yield Due(1, message, "succeeded", then=self._succeed)

    def _steps(self) -> Iterator[Due]:
        rows = self._rows
        ends = [math.ceil(len(rows) * epoch / self._epochs) for epoch in range(1, self._epochs + 1)]
        for number, row in enumerate(rows, 1):
            share = _STARTED + (_TRAINED - _STARTED) * number / len(rows)
            told = f"Step {number}/{len(rows)}: training loss={row['train_loss']:.2f}"
            if "valid_loss" in row:
                told += f", validation loss={row['valid_loss']:.2f}"
            yield Due(share, told, metrics={**row, "total_steps": len(rows)})
            if number in ends[-_KEPT_CHECKPOINTS:]:
                keep = partial(self._keep_checkpoint, row, last=number == len(rows))
                yield Due(share, f"Checkpoint created at step {number}", then=keep)

    @property
    def hyperparameters(self) -> Json:
        """Those of the method."""
        inner: Json = self.method[self.method["type"]]["hyperparameters"]
        return inner

    @property
    def _epochs(self) -> int:
        epochs: int = self.hyperparameters["n_epochs"]
        return epochs

    def _measured(self) -> list[Json]:
        """What is measured at each step: a loss that falls from what the base model really has."""
        examples = max(1, len(self.examples)) * self._epochs
        steps = min(_MAX_STEPS, max(self._epochs, examples // self.hyperparameters["batch_size"]))
        first = loss_of(self.examples[:MEASURED])
        rows: list[Json] = []
        for step in range(1, steps + 1):
            loss = first * math.exp(-3 * step / steps)
            row: Json = {"step": step, **_measure("train", loss)}
            if self.validation is not None:
                row |= {**_measure("valid", 1.1 * loss), **_measure("full_valid", 1.08 * loss)}
            rows.append(row)
        return rows

    # What comes of it

    def _end(self, status: str, state: State, at: float) -> None:  # noqa: ARG002  # as all `then`s
        self._finish(status, at)

    def _keep_checkpoint(self, row: Json, state: State, at: float, *, last: bool) -> None:
        name = self.model_name if last else f"{self.model_name}:ckpt-step-{row['step']}"
        if self._memory is None:
            self._memory = self._learned()
        state.models[name] = replace(
            self.base, id=name, created=int(at), owned_by=ORGANIZATION, memory=self._memory
        )
        self.checkpoints.append(
            {
                "object": "fine_tuning.job.checkpoint",
                "id": "ftckpt_" + state.new_id(),
                "created_at": int(at),
                "fine_tuned_model_checkpoint": name,
                "fine_tuning_job_id": self.id,
                "metrics": row,
                "step_number": row["step"],
            }
        )

    def _succeed(self, state: State, at: float) -> None:
        rows = io.StringIO(newline="")
        csv.writer(rows).writerows([self._rows[0], *(row.values() for row in self._rows)])
        content = [rows.getvalue().encode()]
        self.result = state.store(
            "file-" + state.new_id(), "step_metrics.csv", "fine-tune-results", content
        )
        self._finish("succeeded", at)

    def _learned(self) -> Memory | None:
        """What the model answers from: of chats, the answers; of completions, the prompts, too."""
        examples = [one for one in self.examples[:MAX_LEARNED] if one.completion]
        if "chat" in self.base.kinds:
            examples = [Example("", one.completion) for one in examples]
        return Memory(documents_of(examples), order=MEMORY_ORDER) if examples else self.base.memory

    def describe(self) -> Json:
        """The API's `fine_tuning.job` object."""
        succeeded, failed = self.status == "succeeded", self.status == "failed"
        tokens = sum(map(len, documents_of(self.examples[:MAX_LEARNED]))) if succeeded else 0
        working = self._since is not None and not self.is_over
        left = self.seconds - self._worked
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "model": self.base.id,
            "created_at": int(self.created),
            "finished_at": None if self.finished is None else int(self.finished),
            "fine_tuned_model": self.model_name if succeeded else None,
            "organization_id": ORGANIZATION,
            "result_files": [] if self.result is None else [self.result.id],
            "status": self.status,
            "training_file": self.training.id,
            "validation_file": None if self.validation is None else self.validation.id,
            "hyperparameters": self.hyperparameters if self.method["type"] == "supervised" else {},
            "trained_tokens": tokens * self._epochs if succeeded else None,
            "error": self.problem.describe() if self.problem and failed else None,
            "seed": self.seed,
            "estimated_finish": int((self._since or 0.0) + left) if working else None,
            "integrations": self.integrations or [],
            "method": self.method,
            "metadata": self.metadata,
        }


def _measure(of: str, loss: float) -> dict[str, Any]:
    return {
        f"{of}_loss": round(loss, 5),
        f"{of}_mean_token_accuracy": round(math.exp(-loss), 5),
    }
