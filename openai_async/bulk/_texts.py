"""What is to be embedded, looked at before it is sent: pure functions."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Final, TypeAlias, TypeGuard

from ..errors import ConfigurationError

__all__ = ["Body", "body_of", "estimate", "fitted", "shorter"]

Body: TypeAlias = "str | tuple[int, ...]"
"""What is sent for one item: a text, or the tokens of one."""

_MOST_TOKENS: Final = {
    "text-embedding-3-small": 8192,
    "text-embedding-3-large": 8192,
    "text-embedding-ada-002": 8192,
}
"""What a model takes, where that is known; the API refuses longer inputs."""
_BYTES_PER_TOKEN: Final = 3
"""Fewer than English has (4) and as many as Chinese: rather too many tokens than too few."""
_SHORTEST: Final = 32
"""Characters or tokens: where no more is left, length is not why a server refuses."""


def body_of(value: object) -> Body:
    """What is sent for an input. Raises `ConfigurationError` for what can't be embedded."""
    if isinstance(value, str):
        if not value:
            raise ConfigurationError("the text is empty")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ConfigurationError(
                    "the text has half a character in it (a lone surrogate)"
                ) from None
        return value
    tolist: Any = getattr(value, "tolist", None)  # an array's, of numpy or of others
    found: object = value if tolist is None else tolist()
    if not _is_list(found):
        raise ConfigurationError(f"{type(value).__name__} is neither a text nor tokens")
    tokens = tuple(found)
    if not tokens:
        raise ConfigurationError("the list of tokens is empty")
    if all(type(token) is int and token >= 0 for token in tokens):
        return tokens
    return tuple(map(_token, tokens))


def _token(value: Any) -> int:
    try:
        token = -1 if isinstance(value, bool) else operator.index(value)  # numpy's integers, too
    except TypeError:
        token = -1
    if token < 0:
        raise ConfigurationError(f"{value!r} is no token; they are whole numbers from 0")
    return token


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray))


def estimate(body: Body) -> int:
    """About how many tokens there are: for a text, its bytes in UTF-8, a third, rounded up."""
    if isinstance(body, tuple):
        return len(body)
    size = len(body) if body.isascii() else len(body.encode())
    return -(-size // _BYTES_PER_TOKEN)


def fitted(body: Body, model: str, *, truncate: bool) -> Body:
    """The body, or what is left of it when it has been cut to what the model takes.

    Raises `ConfigurationError` where it isn't to be cut. What isn't known for certain is left to
    the server: how many tokens a text has, and what models take that others have made.
    """
    most = _MOST_TOKENS.get(model)
    if most is None or isinstance(body, str) or len(body) <= most:
        return body
    if not truncate:
        raise ConfigurationError(f"the input has {len(body):,} tokens; {model} takes {most:,}")
    return body[:most]


def shorter(body: Body) -> Body | None:
    """What to try next for an input that a server has refused, perhaps for its length: three
    quarters of it; None where it is too short for that to be the reason."""
    left = len(body) * 3 // 4
    return body[:left] if left >= _SHORTEST else None
