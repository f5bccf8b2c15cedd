"""https://platform.openai.com/docs/api-reference/engines"""

from __future__ import annotations

from typing_extensions import Unpack, deprecated

from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from ..types.engines import Engine

__all__ = ["Engines"]


class Engines(Resource):
    """Models under their first name; deprecated: use `client.models`."""

    @deprecated("engines.list() is deprecated: use client.models.list()")
    def list(self, **options: Unpack[RequestOptions]) -> Pager[Engine]:
        """Iterate over the models; await for the first page, which holds them all."""
        return self._page("/engines", Engine, query=options)

    @deprecated("engines.retrieve() is deprecated: use client.models.retrieve()")
    async def retrieve(self, engine_id: str, **options: Unpack[RequestOptions]) -> Engine:
        """Whether a model can be used."""
        url = path("/engines/{engine_id}", engine_id=engine_id)
        return await self._get(url, Engine, query=options)
