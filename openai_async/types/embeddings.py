"""Embeddings: https://platform.openai.com/docs/api-reference/embeddings"""

from __future__ import annotations

import array
import base64
import binascii
import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import httpx
from pydantic import field_serializer
from typing_extensions import Required, TypedDict

from .._error_bodies import snippet
from .._json import is_array
from .._models import Model
from .._request import Query, RequestOptions
from ..errors import APIResponseError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CreateEmbeddingResponse", "Embedding", "EmbeddingCreateParams", "EmbeddingInput", "EmbeddingItem",
    "EmbeddingList", "EmbeddingManyOptions", "EmbeddingModel", "EmbeddingUsage", "EncodedEmbedding",
    "EncodedEmbeddingList",
]  # fmt: skip

EmbeddingInput = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""One text, texts, one text's tokens, or several texts' tokens."""

EmbeddingModel = (
    Literal["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"] | str
)

EmbeddingItem = str | Sequence[int]
"""One text, or one text's tokens."""


class EmbeddingCreateParams(RequestOptions, total=False):
    input: Required[EmbeddingInput]
    """What to embed. None may be empty, nor longer than the model takes (8,192 tokens for OpenAI's);
    at most 2,048 at once, and 300,000 tokens in all."""
    model: Required[EmbeddingModel]
    dimensions: int
    """How long the vectors are to be; not for `text-embedding-ada-002`."""
    user: str
    """An id of your end user, by which abuse can be traced."""


class EmbeddingManyOptions(TypedDict, total=False):
    """What each request of `create_many` takes beside."""

    extra_headers: Mapping[str, str | None]
    """Headers to add or, with None, to leave out."""
    extra_query: Query
    """Query parameters to add."""
    extra_body: Mapping[str, Any]
    """Members to add to the JSON body. They are a part of the journal's keys."""
    timeout: float | httpx.Timeout | None
    """Seconds for each wait of an attempt, or an `httpx.Timeout`; None for no bound. Default: the
    client's."""
    max_retries: int
    """How often a request may be sent again before the job hears of its failure. Default: the
    client's."""


class EmbeddingUsage(Model):
    prompt_tokens: int
    total_tokens: int


class Embedding(Model):
    """One vector. It travels as base64 and is decoded when it is first looked at."""

    index: int
    """Which of the inputs it is for, from 0."""
    object: str = "embedding"
    if TYPE_CHECKING:
        embedding: list[float]
        """The vector; its length depends on the model."""
    else:
        embedding: list[float] | list[list[float]] | str

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "embedding" and isinstance(value, str):
            value = _floats(value)
            # Past pydantic: this is the same value in another form, no assignment.
            vars(self)["embedding"] = value
        return value

    def to_numpy(self) -> NDArray[np.float32]:
        """The vector as a float32 array, without Python floats in between (extra `numpy`).

        Raises `APIResponseError` where what came is no vector.
        """
        import numpy as np  # noqa: PLC0415 - an extra

        vector = vars(self)["embedding"]
        if isinstance(vector, str):
            # A copy, because what is read from bytes can't be written to.
            return np.frombuffer(_bytes(vector), dtype="<f4").astype(np.float32)
        with contextlib.suppress(TypeError, ValueError):
            if is_array(vector):
                return np.array(vector, dtype=np.float32)
        raise APIResponseError(f"an embedding is no vector: {snippet(repr(vector))}")

    def to_bytes(self) -> bytes:
        """The vector as little-endian 32-bit floats, without Python floats in between.

        Raises `APIResponseError` where what came is no vector.
        """
        vector = object.__getattribute__(self, "__dict__")["embedding"]  # ours costs more
        if isinstance(vector, str):
            return _bytes(vector)
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            if is_array(vector):
                floats = array.array("f", vector)
                if sys.byteorder == "big":
                    floats.byteswap()
                return floats.tobytes()
        raise APIResponseError(f"an embedding is no vector: {snippet(repr(vector))}")

    @field_serializer("embedding")
    def _decoded(self, _value: Any) -> Any:
        with contextlib.suppress(APIResponseError):  # what can't be decoded is dumped as it came
            return self.embedding
        return vars(self)["embedding"]

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Embedding):
            with contextlib.suppress(APIResponseError):
                _ = self.embedding, other.embedding  # the same vector, in whichever form it came
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]


class EmbeddingList(Model):
    """A vector for each input, in their order."""

    object: str = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage | None = None

    def to_numpy(self) -> NDArray[np.float32]:
        """All vectors as one float32 array of (inputs, dimensions) (extra `numpy`)."""
        import numpy as np  # noqa: PLC0415 - an extra

        if (whole := self._joined()) is not None:
            flat: Any = np.frombuffer(whole, dtype="<f4").astype(np.float32, copy=False)
            matrix: NDArray[np.float32] = flat.reshape(len(self.data), -1)
            return matrix
        vectors = [item.to_numpy() for item in self.data]
        return np.stack(vectors) if vectors else np.empty((0, 0), dtype=np.float32)

    def _joined(self) -> bytearray | None:
        """The bytes of all vectors, where all came as base64, none is empty and all are as long."""
        encoded = [vars(item)["embedding"] for item in self.data]
        if not encoded or not all(isinstance(one, str) for one in encoded):
            return None
        vectors = [_bytes(one) for one in encoded]
        alike = vectors[0] and len({len(one) for one in vectors}) == 1
        return bytearray().join(vectors) if alike else None


class EncodedEmbedding(Model):
    """One vector as base64 of little-endian 32-bit floats, as asked for."""

    index: int
    object: str = "embedding"
    embedding: str


class EncodedEmbeddingList(Model):
    """Vectors as base64: the answer to `encoding_format="base64"`."""

    object: str = "list"
    data: list[EncodedEmbedding]
    model: str
    usage: EmbeddingUsage | None = None


EncodingFormat = Literal["float", "base64"]


@functools.cache
def _base64() -> Callable[..., bytes]:
    """What decodes base64: pybase64, where it is installed, is twenty times as fast."""
    try:
        module = importlib.import_module("pybase64")
    except ImportError:
        module = base64
    decode: Callable[..., bytes] = module.b64decode
    return decode


def _bytes(encoded: str) -> bytes:
    try:
        data = _base64()(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise APIResponseError(f"an embedding is not base64: {error}") from None
    if len(data) % 4:
        raise APIResponseError(f"an embedding of {len(data)} bytes is not 32-bit floats")
    return data


def _floats(encoded: str) -> list[float]:
    data = _bytes(encoded)
    if (np := sys.modules.get("numpy")) is not None:
        # A quarter faster than array; not worth an import.
        floats: list[float] = np.frombuffer(data, dtype="<f4").tolist()
        return floats
    vector = array.array("f", data)
    if sys.byteorder == "big":
        vector.byteswap()
    return vector.tolist()


CreateEmbeddingResponse = EmbeddingList
"""The official client's name."""
