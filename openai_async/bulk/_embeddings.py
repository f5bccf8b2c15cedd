"""`create_many`: vectors for any number of inputs."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from .._retry import RetryPolicy
from ..errors import APIResponseError, ConfigurationError
from ..types.embeddings import EmbeddingItem
from ._embed import Ask, Embed, Settings, passes
from ._jobs import Job, failed, start
from ._journal import Journal
from ._patience import Patience
from ._progress import Meter, OnProgress, Prices
from ._reader import Reader
from ._vectors import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EmbeddingJob", "embed_many"]

MOST_INPUTS = 2048
"""The API takes no more in one request."""


class EmbeddingJob(Job[EmbeddingItem, Vector]):
    """The job of `create_many`: an async iterator of `Result`s, whose values are `Vector`s."""

    async def to_numpy(self, *, errors: Literal["raise", "nan"] = "raise") -> NDArray[np.float32]:
        """All vectors as one float32 array of (inputs, dimensions), in their order (extra `numpy`).

        The array and what is outstanding is all that memory holds. Where inputs have failed, raises
        `BulkError` when all others are done, or with `errors="nan"` gives rows of NaN for them.
        Raises also what iterating raises, and `RuntimeError` where the job has been begun.
        """
        if errors not in ("raise", "nan"):
            raise ValueError(f'errors must be "raise" or "nan", not {errors!r}')
        rows = _Rows(self.progress.total)
        self._window.unordered()
        async with self:
            async for result in self:
                rows.put(result.index, result.value)
        if errors == "raise" and self._meter.failed:
            raise failed(self._meter)
        return rows.array()


class _Rows:
    """A matrix that grows."""

    def __init__(self, total: int | None) -> None:
        import numpy  # noqa: PLC0415 - an extra

        self._np = numpy
        self._rows = total or 0
        self._count = 0
        self._missing: list[int] = []
        self._matrix: NDArray[np.float32] | None = None

    def put(self, index: int, vector: Vector | None) -> None:
        """A row, or that there is none."""
        self._count = max(self._count, index + 1)
        if vector is None:
            self._missing.append(index)
            return
        if self._matrix is None:
            self._rows = max(self._rows, index + 1, 1024)
            self._matrix = self._np.empty((self._rows, len(vector)), dtype=self._np.float32)
        if len(vector) != self._matrix.shape[1]:
            raise APIResponseError(
                f"vectors of {self._matrix.shape[1]} and of {len(vector)} numbers came"
            )
        if index >= self._rows:
            self._resize(max(index + 1, self._rows + self._rows // 2))
        self._matrix[index] = self._np.frombuffer(bytes(vector), dtype="<f4")

    def array(self) -> NDArray[np.float32]:
        """All of it."""
        if self._matrix is None:
            return self._np.full((self._count, 0), self._np.nan, dtype=self._np.float32)
        self._resize(self._count)
        self._matrix[self._missing] = self._np.nan
        return self._matrix

    def _resize(self, rows: int) -> None:
        # In place, where the system can: a copy would hold all rows twice.
        if self._matrix is not None and rows != self._rows:
            self._matrix.resize((rows, self._matrix.shape[1]), refcheck=False)
            self._rows = rows


def embed_many(
    ask: Ask,
    inputs: Iterable[EmbeddingItem] | AsyncIterable[EmbeddingItem],
    params: Mapping[str, Any],
    *,
    batch: int,
    tokens_per_request: int,
    too_long: Literal["error", "truncate"],
    concurrency: int | Literal["auto"],
    ordered: bool,
    journal: Journal | str | PathLike[str] | None,
    retry: RetryPolicy | int | None,
    patience: float,
    stop_after: int | None,
    deadline: float | None,
    progress: OnProgress | None,
    prices: Prices | None,
) -> EmbeddingJob:
    """What `create_many` does; `ask` sends one request. Raises as it does."""
    if isinstance(inputs, (str, bytes)):
        raise TypeError("inputs is a single text; pass a list of texts, or call create()")
    reader = Reader(inputs)
    settings = Settings(
        params=params,
        identity=_identity(params),
        model=params["model"],
        batch=_between("batch", batch, 1, MOST_INPUTS),
        tokens_per_request=_between("tokens_per_request", tokens_per_request, 1, None),
        truncate=_is_truncate(too_long),
        requests=None if concurrency == "auto" else _between("concurrency", concurrency, 1, None),
        dimensions=params.get("dimensions"),
    )
    try:
        settings.key("")
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"extra_body is not JSON: {error}") from None
    meter = Meter(reader.total, progress, prices)
    work = Embed(ask, reader, meter, settings, journal)
    work.patience = Patience(
        work.sleep,
        retry=retry,
        patience=patience,
        at_the_end=lambda: reader.ended,
        is_passing=passes,
    )
    window = start(work, meter, ordered=ordered, deadline=deadline, stop_after=stop_after)
    return EmbeddingJob(window, meter)


def _identity(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a vector depends on."""
    found = {name: params[name] for name in ("model", "dimensions") if params.get(name) is not None}
    if extra := params.get("extra_body"):
        found["extra_body"] = extra
    return found


def _between(name: str, value: object, least: int, most: int | None) -> int:
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise ConfigurationError(f"{name} must be {bounds}, not {value!r}")
    return value


def _is_truncate(too_long: str) -> bool:
    if too_long not in ("error", "truncate"):
        raise ConfigurationError(f'too_long must be "error" or "truncate", not {too_long!r}')
    return too_long == "truncate"
