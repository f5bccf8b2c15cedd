"""https://platform.openai.com/docs/api-reference/evals"""

from __future__ import annotations

import functools

from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from ..types.evals import (
    Eval,
    EvalCreateParams,
    EvalDeleted,
    EvalListParams,
    EvalOutputItemListParams,
    EvalRun,
    EvalRunCreateParams,
    EvalRunDeleted,
    EvalRunListParams,
    EvalRunOutputItem,
    EvalUpdateParams,
)

__all__ = ["Evals", "OutputItems", "Runs"]


class OutputItems(Resource):
    """The rows of a run, and their grades."""

    def list(
        self, run_id: str, *, eval_id: str, **params: Unpack[EvalOutputItemListParams]
    ) -> Pager[EvalRunOutputItem]:
        """Iterate over a run's items; await for the first page."""
        url = _run(eval_id, run_id) + "/output_items"
        return self._page(url, EvalRunOutputItem, query=params, takes=EvalOutputItemListParams)

    async def retrieve(
        self, output_item_id: str, *, eval_id: str, run_id: str, **options: Unpack[RequestOptions]
    ) -> EvalRunOutputItem:
        """One item."""
        below = path("/output_items/{output_item_id}", output_item_id=output_item_id)
        return await self._get(_run(eval_id, run_id) + below, EvalRunOutputItem, query=options)


class Runs(Resource):
    """Evals, carried out on data."""

    @functools.cached_property
    def output_items(self) -> OutputItems:
        """The rows of a run, and their grades."""
        return OutputItems(self._client)

    async def create(self, eval_id: str, **params: Unpack[EvalRunCreateParams]) -> EvalRun:
        """Start a run; its status tells how far it is."""
        url = _eval(eval_id) + "/runs"
        return await self._post(url, EvalRun, json=params, takes=EvalRunCreateParams)

    async def retrieve(
        self, run_id: str, *, eval_id: str, **options: Unpack[RequestOptions]
    ) -> EvalRun:
        """A run as it stands."""
        return await self._get(_run(eval_id, run_id), EvalRun, query=options)

    def list(self, eval_id: str, **params: Unpack[EvalRunListParams]) -> Pager[EvalRun]:
        """Iterate over an eval's runs; await for the first page."""
        url = _eval(eval_id) + "/runs"
        return self._page(url, EvalRun, query=params, takes=EvalRunListParams)

    async def cancel(
        self, run_id: str, *, eval_id: str, **options: Unpack[RequestOptions]
    ) -> EvalRun:
        """End a run at once."""
        return await self._post(_run(eval_id, run_id), EvalRun, json=options)

    async def delete(
        self, run_id: str, *, eval_id: str, **options: Unpack[RequestOptions]
    ) -> EvalRunDeleted:
        """Delete a run."""
        return await self._delete(_run(eval_id, run_id), EvalRunDeleted, query=options)


class Evals(Resource):
    """Measures of how well models do a task."""

    @functools.cached_property
    def runs(self) -> Runs:
        """Evals, carried out on data."""
        return Runs(self._client)

    async def create(self, **params: Unpack[EvalCreateParams]) -> Eval:
        """Say what the data look like and how answers are graded; `runs.create` then measures."""
        return await self._post("/evals", Eval, json=params, takes=EvalCreateParams)

    async def retrieve(self, eval_id: str, **options: Unpack[RequestOptions]) -> Eval:
        """An eval's data and criteria."""
        return await self._get(_eval(eval_id), Eval, query=options)

    async def update(self, eval_id: str, **params: Unpack[EvalUpdateParams]) -> Eval:
        """Change an eval's name or metadata."""
        return await self._post(_eval(eval_id), Eval, json=params, takes=EvalUpdateParams)

    def list(self, **params: Unpack[EvalListParams]) -> Pager[Eval]:
        """Iterate over the project's evals; await for the first page."""
        return self._page("/evals", Eval, query=params, takes=EvalListParams)

    async def delete(self, eval_id: str, **options: Unpack[RequestOptions]) -> EvalDeleted:
        """Delete an eval."""
        return await self._delete(_eval(eval_id), EvalDeleted, query=options)


def _eval(eval_id: str) -> str:
    return path("/evals/{eval_id}", eval_id=eval_id)


def _run(eval_id: str, run_id: str) -> str:
    return path("/evals/{eval_id}/runs/{run_id}", eval_id=eval_id, run_id=run_id)
