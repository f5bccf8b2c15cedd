"""Bulk jobs: every result, in bounded memory, as fast as the limits allow, resumed after a crash."""

from ._bar import bar
from ._batch_files import BatchRequest, BatchRequests
from ._batch_job import BatchJob
from ._batch_results import BatchResult
from ._embeddings import EmbeddingJob
from ._jobs import Job
from ._journal import Entry, Journal, Row, journal_key
from ._map import map  # noqa: A004
from ._progress import OnProgress, Prices, Progress
from ._results import Result
from ._vectors import Vector

__all__ = [
    "BatchJob",
    "BatchRequest",
    "BatchRequests",
    "BatchResult",
    "EmbeddingJob",
    "Entry",
    "Job",
    "Journal",
    "OnProgress",
    "Prices",
    "Progress",
    "Result",
    "Row",
    "Vector",
    "bar",
    "journal_key",
    "map",
]
