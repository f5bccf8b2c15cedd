"""The ASGI application: the way of a call from the wire to its handler and back."""

from __future__ import annotations

import hmac
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from . import _mischief
from ._errors import ApiError, ClientGoneError, HangUpError, server_error, unauthorized
from ._http import Answer, Call, Exchange, as_error, dump
from ._limits import Limiter
from ._params import Json
from ._routes import ENDPOINTS
from ._script import Script
from ._state import ORGANIZATION, State
from .faults import Fault, FaultPlan

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger("openai_async.testing")

_PUBLIC = "/images/files/"  # an image's URL is its own secret, as it is where the API keeps them
_CHARACTERS_PER_TOKEN = 4
_DEFAULT_MAX_TOKENS = 16


class App:
    """One server's ASGI application. It can be mounted anywhere, with or without `/v1`."""

    def __init__(self, state: State, limits: Limiter, faults: FaultPlan, script: Script) -> None:
        self.state = state
        self.limits = limits
        self.faults = faults
        self.script = script
        self.calls: deque[Call] = deque(maxlen=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            scope, path = _locate(scope)
            await self._serve(Exchange(self.state, path, scope, receive, send))
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, exchange: Exchange) -> None:
        """Answer one call; whatever happens, its record says how it ended."""
        self.calls.append(exchange.call)
        fault: Fault | None = None
        try:
            await exchange.read()
            fault = exchange.fault = self._choose_fault(exchange)
            answer = await self._answer(exchange, fault)
            await exchange.send(_mischief.after(fault, answer), self._headers(exchange))
            exchange.finish("answered")
        except HangUpError as how:
            exchange.finish("dropped")
            await exchange.hang_up(how)
        except (ClientGoneError, OSError):  # OSError: how newer ASGI servers tell `send` of it
            exchange.finish("disconnected")
        except BaseException:
            exchange.finish("disconnected")  # cancelled, or closed while it was being read
            raise
        finally:
            exchange.close()

    async def _answer(self, exchange: Exchange, fault: Fault | None) -> Answer:
        """The right answer, or the refusal that the API would send."""
        try:
            self._authenticate(exchange)
            spoiled = await _mischief.before(fault, exchange)
            if spoiled is not None:
                return spoiled
            self.limits.admit(_estimate(exchange), self.state.clock.now())
            reply = self.script.pick(exchange.method, exchange.path)
            return await dispatch(exchange) if reply is None else reply.answer()
        except ApiError as error:
            return as_error(error)
        except (HangUpError, ClientGoneError):
            raise
        except Exception:
            log.exception("error while answering %s %s", exchange.method, exchange.path)
            return as_error(server_error())

    def _authenticate(self, exchange: Exchange) -> None:
        key = self.state.api_key
        if key is None or exchange.path.startswith(_PUBLIC):
            return
        scheme, _, given = exchange.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), key.encode()):
            raise unauthorized(given.strip())

    def _choose_fault(self, exchange: Exchange) -> Fault | None:
        asked = exchange.headers.get("x-fault")
        try:
            return self.faults.pick(exchange.method, exchange.path, asked)
        except ValueError as error:
            log.warning("x-fault: %s", error)
            return None

    def _headers(self, exchange: Exchange) -> dict[str, str]:
        return {
            "openai-version": "2020-10-01",
            "openai-organization": exchange.headers.get("openai-organization", ORGANIZATION),
            **self.limits.headers(self.state.clock.now()),
        }


async def dispatch(exchange: Exchange) -> Answer:
    """Find the endpoint and call it: 404 for no such path, 405 for no such method there."""
    allowed: list[str] = []
    for endpoint in ENDPOINTS:
        path_params = endpoint.match(exchange.path)
        if path_params is None:
            continue
        if endpoint.method == exchange.method:
            exchange.path_params = path_params
            return await endpoint.answer(exchange)
        allowed.append(endpoint.method)
    where = f"{exchange.method} {exchange.scope['path']}"
    if not allowed:
        raise ApiError(404, f"Invalid URL ({where})")
    raise ApiError(
        405,
        f"Not allowed: {where}. (HINT: Perhaps you meant to use a different HTTP method?)",
        code="method_not_supported",
        headers={"allow": ", ".join(dict.fromkeys(allowed))},
    )


def _locate(scope: Scope) -> tuple[Scope, str]:
    """The path within the API: without the place where the application is mounted, without /v1."""
    root: str = scope.get("root_path", "")
    path: str = scope["path"]
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    if path == "/v1" or path.startswith("/v1/"):
        return {**scope, "root_path": root + "/v1"}, path[3:]
    return scope, path


def _estimate(exchange: Exchange) -> int:
    """What the call counts against the limit of tokens: its text by length, and what it asks for."""
    body: Any = exchange.call.json
    if not isinstance(body, dict):
        return 0
    given = cast(Json, body)
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens")
    asked = next((given[name] for name in names if given.get(name)), None)
    wanted = asked if isinstance(asked, int) else _DEFAULT_MAX_TOKENS
    return len(dump(exchange.call.json)) // _CHARACTERS_PER_TOKEN + max(0, wanted)


async def _live(receive: Receive, send: Send) -> None:
    """The ASGI lifespan: there is nothing to start or to stop."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
