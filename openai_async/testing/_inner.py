"""Calls that the server makes of its own endpoints, for jobs that consist of such calls."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast
from urllib.parse import urlencode

import anyio

from ._errors import ApiError, server_error
from ._http import Answer, Exchange, as_error
from ._params import Json


async def call(
    asked: Exchange, method: str, path: str, *, body: Json | None = None, **query: Any
) -> Answer:
    """What an endpoint answers the caller of `asked`; not in a stream."""
    from ._app import dispatch  # noqa: PLC0415  # it knows all endpoints, also who calls here

    scope = {
        **asked.scope,
        "method": method,
        "query_string": urlencode(query, errors="replace").encode(),
        "headers": [(b"content-type", b"application/json"), (b"host", b"inner")],
    }
    exchange = Exchange(asked.state, path, scope, _silence, _nowhere)
    exchange.call.json = body
    try:
        return await dispatch(exchange)
    except ApiError as error:
        return as_error(error)
    except Exception:
        return as_error(server_error())
    finally:
        exchange.close()


async def call_json(
    asked: Exchange, method: str, path: str, *, body: Json | None = None, **query: Any
) -> tuple[int, Json]:
    """The status and the JSON of what an endpoint answers."""
    answer = await call(asked, method, path, body=body, **query)
    return answer.status, json.loads(cast(bytes, answer.body))


async def _silence() -> NoReturn:
    await anyio.sleep_forever()
    raise AssertionError


async def _nowhere(_: object) -> None:
    """Nobody listens."""
