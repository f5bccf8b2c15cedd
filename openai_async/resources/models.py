"""https://platform.openai.com/docs/api-reference/models"""

from __future__ import annotations

from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from ..types.models import ModelDeleted, ModelInfo

__all__ = ["Models"]


class Models(Resource):
    """The models that can be used."""

    def list(self, **options: Unpack[RequestOptions]) -> Pager[ModelInfo]:
        """Iterate over the models; await for the first page, which holds them all."""
        return self._page("/models", ModelInfo, query=options)

    async def retrieve(self, model: str, **options: Unpack[RequestOptions]) -> ModelInfo:
        """Who owns a model, and since when there is one."""
        return await self._get(path("/models/{model}", model=model), ModelInfo, query=options)

    async def delete(self, model: str, **options: Unpack[RequestOptions]) -> ModelDeleted:
        """Delete a fine-tuned model; the organization's owners may."""
        return await self._delete(path("/models/{model}", model=model), ModelDeleted, query=options)
