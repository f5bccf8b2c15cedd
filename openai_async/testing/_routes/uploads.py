"""`/uploads`."""

from __future__ import annotations

from .._http import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
