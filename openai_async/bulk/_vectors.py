"""A vector as it came over the wire: 32-bit floats, and no Python floats until someone looks."""

from __future__ import annotations

import array
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

__all__ = ["Vector"]


class Vector(Sequence[float]):
    """An embedding: a sequence of floats, held as 4 bytes each.

    `to_numpy()` (extra `numpy`) and `bytes(vector)`, little-endian float32, make no Python floats.
    Vectors are equal where all bytes are.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // 4

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> list[float]: ...
    def __getitem__(self, index: int | slice) -> float | list[float]:
        numbers = self._numbers()
        return numbers[index].tolist() if isinstance(index, slice) else numbers[index]

    def __iter__(self) -> Iterator[float]:
        return iter(self._numbers())

    def tolist(self) -> list[float]:
        """As Python floats."""
        return self._numbers().tolist()

    def to_numpy(self) -> NDArray[np.float32]:
        """As a float32 array of its own."""
        import numpy as np  # noqa: PLC0415 - an extra

        return np.frombuffer(self._data, dtype="<f4").astype(np.float32)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """What numpy makes an array of."""
        if copy is False:
            raise ValueError("a vector can't be an array without a copy")
        made: NDArray[Any] = self.to_numpy()
        return made if dtype is None else made.astype(dtype, copy=False)

    def __bytes__(self) -> bytes:
        return self._data

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, Vector) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._data)

    def __repr__(self) -> str:
        shown = ", ".join(f"{number:.4g}" for number in self[:3])
        return f"<Vector of {len(self)}: {shown}{', …' if len(self) > 3 else ''}>"

    def _numbers(self) -> array.array[float]:
        numbers = array.array("f", self._data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers
