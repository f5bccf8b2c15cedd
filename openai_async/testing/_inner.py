"""Calls that the server makes of its own endpoints, for jobs that consist of such calls."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import urlencode

import anyio

from ._errors import ApiError, server_error
from ._http import Exchange
from ._params import Json


class Answered(NamedTuple):
    """What an endpoint has answered."""

    status: int
    body: Json


async def call(
    asked: Exchange, method: str, path: str, *, body: Json | None = None, **query: Any
) -> Answered:
    """Call an endpoint for the caller of `asked`."""
    from ._routes import ENDPOINTS  # noqa: PLC0415  # who calls is among them

    scope = {
        **asked.scope,
        "method": method,
        "query_string": urlencode(query).encode(),
        "headers": [(b"content-type", b"application/json"), (b"host", b"inner")],
    }
    exchange = Exchange(asked.state, path, scope, _silence, _nowhere)
    exchange.call.json = body
    try:
        for endpoint in ENDPOINTS:
            found = endpoint.match(path)
            if found is not None and endpoint.method == method:
                exchange.path_params = found
                answer = await endpoint.answer(exchange)
                return Answered(answer.status, json.loads(cast(bytes, answer.body)))
        raise ApiError(404, f"Invalid URL ({method} {path})")
    except ApiError as error:
        return Answered(error.status, error.body())
    except (ValueError, TypeError, LookupError):
        return Answered(500, server_error().body())
    finally:
        exchange.close()


async def _silence() -> NoReturn:
    await anyio.sleep_forever()
    raise AssertionError


async def _nowhere(_: object) -> None:
    """Nobody listens."""
