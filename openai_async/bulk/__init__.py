"""Bulk jobs: every result, in bounded memory, as fast as the limits allow, resumed after a crash."""

from ._journal import Entry, Journal, Row, journal_key

__all__ = ["Entry", "Journal", "Row", "journal_key"]
