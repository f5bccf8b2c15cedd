"""Bulk jobs: every result, in bounded memory, as fast as the limits allow, resumed after a crash."""

from ._bar import bar
from ._jobs import Job
from ._journal import Entry, Journal, Row, journal_key
from ._map import map  # noqa: A004
from ._progress import OnProgress, Prices, Progress
from ._results import Result

__all__ = [
    "Entry",
    "Job",
    "Journal",
    "OnProgress",
    "Prices",
    "Progress",
    "Result",
    "Row",
    "bar",
    "journal_key",
    "map",
]
