"""The API's errors: status codes, and the body `{"error": {message, type, param, code}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer that refuses. Raised anywhere in a handler, sent by the application."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON body, also the payload of an error event in a stream."""
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


class HangUpError(Exception):
    """Raised to drop the connection: `reset` at once, else after what was sent has gone out."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("reset" if reset else "hang up")
        self.reset = reset


class ClientGoneError(Exception):
    """The client has left; nobody waits for the rest of the answer."""


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400: a parameter is missing, of the wrong type, or out of range."""
    return ApiError(400, message, param=param, code=code)


def no_such(kind: str, name: str, param: str = "id") -> ApiError:
    """404: an object of the API that does not exist (any more)."""
    return ApiError(404, f"No such {kind} object: {name}", param=param)


def no_such_model(name: str) -> ApiError:
    """404 `model_not_found`."""
    return ApiError(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        param="model",
        code="model_not_found",
    )


def unauthorized(given: str | None) -> ApiError:
    """401: no key, or not the server's; of the given one only the ends are shown."""
    if not given:
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
    else:
        shown = f"{given[:4]}***{given[-4:]}" if len(given) > 12 else "***"
        message = f"Incorrect API key provided: {shown}."
    return ApiError(401, message, code="invalid_api_key")


def server_error(status: int = 500, headers: Mapping[str, str] | None = None) -> ApiError:
    """5xx: the server's own fault."""
    return ApiError(
        status,
        "The server had an error while processing your request. Sorry about that!",
        type="server_error",
        headers=headers,
    )
