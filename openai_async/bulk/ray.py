"""`EmbedColumn`: embeds a column of a Ray dataset (extra `ray`), for jobs past one machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._client import AsyncClient
from ..errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._results import Result
    from ._vectors import Vector

__all__ = ["EmbedColumn"]


class EmbedColumn:
    """An async actor for `ray.data.Dataset.map_batches`: adds a column of vectors.

        def client() -> AsyncClient:
            store = RedisStore("redis://10.0.0.5", requests_per_minute=10_000)
            return AsyncClient(gate=Gate(store=store))

        dataset.map_batches(
            EmbedColumn,
            fn_constructor_kwargs={"client": client, "model": "text-embedding-3-small"},
            batch_size=1024,
            compute=ray.data.ActorPoolStrategy(size=8),
        )

    Each actor makes a client of its own, where it runs: the key comes from there
    (`OPENAI_API_KEY`), and is neither pickled nor kept by Ray. What keeps all actors together within
    the account's limits is a gate over Redis, as above; with a gate of its own, each would think
    that the limits are for it alone.

    The vectors are a tensor column: float32, as long as the model makes them.
    """

    def __init__(
        self,
        column: str = "text",
        *,
        model: str,
        into: str = "embedding",
        errors: str | None = None,
        client: Callable[[], AsyncClient] = AsyncClient,
        **options: Any,
    ) -> None:
        """
        Args:
            column: Where the texts are.
            model: The model's id.
            into: Where the vectors go.
            errors: Where the errors of single rows go, as text ("" for none); their vectors are NaN.
                None: the first error ends the job.
            client: Makes the client, in the actor.
            options: What `client.embeddings.create_many` takes: dimensions, batch, too_long,
                patience, ... A journal's file is for one process, and Ray has many.

        Raises:
            ConfigurationError: an option that Ray's batches have no use for.
        """
        if unfit := {"ordered", "journal", "progress"} & options.keys():
            raise ConfigurationError(f"{min(unfit)} is not for one batch of many")
        self._column = column
        self._into = into
        self._errors = errors
        self._client = client()
        self._options: dict[str, Any] = {**options, "model": model}
        self._length: int | None = options.get("dimensions")

    async def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The batch with its vectors.

        Raises what `create_many` raises, and the first error of a row where `errors` is None. Where
        all rows fail and no vector has been seen yet, raises too: nobody knows how long it is.
        """
        texts = batch[self._column].tolist()
        async with self._client.embeddings.create_many(texts, **self._options) as job:
            results = [result async for result in job]
        vectors = self._matrix(results)
        added: dict[str, NDArray[Any]] = {self._into: vectors}
        if self._errors is not None:
            added[self._errors] = _texts(results)
        return {**batch, **added}

    def _matrix(self, results: list[Result[Any, Vector]]) -> NDArray[np.float32]:
        import numpy  # noqa: PLC0415 - an extra

        failed = next((result.error for result in results if result.error is not None), None)
        made = next((result.value for result in results if result.value is not None), None)
        if made is not None:
            self._length = len(made)
        if failed is not None and (self._errors is None or self._length is None):
            raise failed
        rows = numpy.full((len(results), self._length or 0), numpy.nan, dtype=numpy.float32)
        for row, result in zip(rows, results, strict=True):
            if result.value is not None:
                row[:] = result.value.to_numpy()
        return rows


def _texts(results: list[Result[Any, Vector]]) -> NDArray[Any]:
    import numpy  # noqa: PLC0415 - an extra

    told = ["" if result.error is None else str(result.error) for result in results]
    return numpy.array(told, dtype=object)
