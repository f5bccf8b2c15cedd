"""Evals and their runs. Rows are worked on when somebody asks, as many as are due by the clock."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial

import anyio.to_thread

from ._clock import Timed
from ._eval_rows import Row
from ._eval_samples import Sample, sample_row
from ._graders import Grade, GraderError, Use, grade
from ._http import Exchange
from ._params import Json
from ._state import State

# When what happens, as shares of the whole run.
_BEGUN, _GRADED = 0.1, 0.9
_TURN_SECONDS = 0.25  # how long rows are worked on for one call that asks

ENDS = ("completed", "failed", "canceled")


@dataclass
class StoredEval(Timed):
    """An eval, and its runs."""

    id: str
    name: str
    data_source_config: Json
    criteria: list[Json]
    metadata: Json | None
    runs: dict[str, EvalRun] = field(default_factory=dict[str, "EvalRun"])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.updated = self.created

    def describe(self) -> Json:
        """The API's `eval` object."""
        return {
            "object": "eval",
            "id": self.id,
            "name": self.name,
            "data_source_config": self.data_source_config,
            "testing_criteria": self.criteria,
            "created_at": int(self.created),
            "metadata": self.metadata or {},
        }

    def lacks(self, item: Json) -> str | None:
        """What a row ought to have, by the eval's schema, and has not."""
        schema: Json = self.data_source_config["schema"]["properties"].get("item", {})
        needed: list[str] = schema.get("required") or []
        return next((name for name in needed if name not in item), None)


@dataclass
class EvalRun(Timed):
    """A run on its way."""

    id: str
    of: StoredEval
    name: str
    data_source: Json
    metadata: Json | None
    seconds: float
    report_url: str
    rows: list[Row]
    error: Json | None = None
    status: str = "queued"
    items: list[Json] = field(default_factory=list[Json])
    """Of the rows that have been graded."""
    used: dict[str, Json] = field(default_factory=dict[str, Json])
    """By model."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._todo = deque(self.rows)
        self._working = False
        if self.error is not None:
            self.status = "failed"

    async def advance(self, exchange: Exchange) -> None:
        """Bring it to where it is by now."""
        if self.status == "queued" and self.share_of(self.seconds) >= _BEGUN:
            self.status = "in_progress"
        if self.status != "in_progress" or self._working:
            return
        self._working = True  # one call at a time works on it
        try:
            await self._work(exchange)
        finally:
            self._working = False
        if self.status == "in_progress" and not self._todo and self.share_of(self.seconds) >= 1:
            self.status = "completed"

    async def _work(self, exchange: Exchange) -> None:
        over = time.monotonic() + _TURN_SECONDS
        due = (self.share_of(self.seconds) - _BEGUN) / (_GRADED - _BEGUN) * len(self.rows)
        while self._todo and len(self.items) < due and time.monotonic() < over:
            item = await self._item(exchange, self._todo[0])
            if self.status != "in_progress":  # cancelled meanwhile
                return
            self._todo.popleft()
            self.items.append(item)

    def cancel(self) -> None:
        """Stop here."""
        self.status = "canceled"
        self._todo.clear()

    # A row

    async def _item(self, exchange: Exchange, row: Row) -> Json:
        """Ask the model, and grade what it answers."""
        lacks = self.of.lacks(row.item)
        if lacks is None:
            sample = await sample_row(exchange, self.data_source, row.item, row.sample)
        else:
            sample = Sample(error={"code": "invalid_item", "message": f"the item has no {lacks!r}"})
        if sample.use is not None:
            self._note(sample.use)
        work = partial(self._results, exchange.state, row.item, sample)
        results = [] if sample.error is not None else await anyio.to_thread.run_sync(work)
        passed = all(result["passed"] for result in results)
        return {
            "object": "eval.run.output_item",
            "id": "outputitem_" + exchange.state.new_id(),
            "created_at": int(self.clock.now()),
            "run_id": self.id,
            "eval_id": self.of.id,
            "status": "error" if sample.error is not None else "pass" if passed else "fail",
            "datasource_item_id": row.number,
            "datasource_item": row.item,
            "results": results,
            "sample": sample.describe(),
        }

    def _results(self, state: State, item: Json, sample: Sample) -> list[Json]:
        """What each criterion makes of it; where one can't grade, the sample has an error."""
        results: list[Json] = []
        for criterion in self.of.criteria:
            try:
                given = grade(state, criterion, {"item": item, "sample": sample.names})
            except GraderError as error:
                sample.error = {"code": error.flag, "message": error.message}
                continue
            for use in given.uses:
                self._note(use)
            results.append(_result(criterion, given))
        return results

    def _note(self, use: Use) -> None:
        total = self.used.setdefault(use.model, dict.fromkeys(_USAGE, 0))
        for name, more in zip(
            _USAGE, (1, use.prompt, use.completion, use.prompt + use.completion, 0), strict=True
        ):
            total[name] += more

    # What it looks like

    def describe(self) -> Json:
        """The API's `eval.run` object."""
        statuses = [item["status"] for item in self.items]
        return {
            "object": "eval.run",
            "id": self.id,
            "eval_id": self.of.id,
            "report_url": self.report_url,
            "status": self.status,
            "model": self.data_source.get("model"),
            "name": self.name,
            "created_at": int(self.created),
            "result_counts": {
                "total": len(statuses),
                "errored": statuses.count("error"),
                "failed": statuses.count("fail"),
                "passed": statuses.count("pass"),
            },
            "per_model_usage": [{"model_name": name, **used} for name, used in self.used.items()]
            or None,
            "per_testing_criteria_results": self._by_criterion() if self.items else None,
            "data_source": self.data_source,
            "error": self.error,
            "metadata": self.metadata or {},
        }

    def _by_criterion(self) -> list[Json]:
        results: list[Json] = [result for item in self.items for result in item["results"]]
        return [
            {
                "testing_criteria": criterion["name"],
                "passed": sum(r["passed"] for r in results if r["name"] == criterion["name"]),
                "failed": sum(not r["passed"] for r in results if r["name"] == criterion["name"]),
            }
            for criterion in self.of.criteria
        ]


_USAGE = (
    "invocation_count",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
)


def _result(criterion: Json, given: Grade) -> Json:
    result: Json = {
        "name": criterion["name"],
        "type": criterion["type"].replace("_", "-") + "-grader",
        "score": given.score,
        "passed": given.passed,
    }
    if given.uses:
        use = given.uses[0]
        said = given.label if given.label is not None else f"{given.score:.3f}"
        result["sample"] = {
            "model": use.model,
            "output": [{"role": "assistant", "content": said}],
            "usage": {"prompt_tokens": use.prompt, "completion_tokens": use.completion},
        }
    return result
