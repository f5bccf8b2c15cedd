"""Everything that this library raises.

OpenAIError
├── ConfigurationError            what was asked for can't be sent (raised before anything is sent)
├── BudgetExceededError           what was to be spent is spent (raised before anything is sent)
├── APIError
│   ├── APIConnectionError        nothing usable came back; ``__cause__`` says why
│   │   └── APITimeoutError       ``.phase`` says which bound it was
│   ├── APIResponseError          2xx that can't be used: not JSON, an error object, the wrong shape
│   │   └── ResponseValidationError
│   └── APIStatusError            4xx and 5xx
│       ├── BadRequestError 400
│       ├── AuthenticationError 401
│       ├── PermissionDeniedError 403
│       ├── NotFoundError 404
│       ├── ConflictError 409
│       ├── UnprocessableEntityError 422
│       ├── RateLimitError 429
│       │   └── QuotaExceededError
│       └── InternalServerError 5xx
├── UploadInterruptedError        a chunked upload failed; it can be resumed
├── BatchFailedError              a batch was refused as a whole
├── BatchLineError                a line of a batch was not answered
├── BulkError                     so many items of a bulk job failed; its errors are their own
├── JournalError                  a bulk job's journal can't be read or written
├── LengthFinishReasonError · ContentFilterFinishReasonError
└── InvalidWebhookSignatureError

Codes as in https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from ._error_bodies import describe
from ._json import is_object

if TYPE_CHECKING:
    import httpx

    from .types.batches import Batch
    from .types.uploads import UploadState

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "BatchFailedError",
    "BatchLineError",
    "BudgetExceededError",
    "BulkError",
    "ConfigurationError",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "InternalServerError",
    "InvalidWebhookSignatureError",
    "JournalError",
    "LengthFinishReasonError",
    "NotFoundError",
    "OpenAIError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitError",
    "ResponseValidationError",
    "TimeoutPhase",
    "UnprocessableEntityError",
    "UploadInterruptedError",
    "from_response",
    "is_quota_error",
]

TimeoutPhase = Literal["connect", "read", "write", "pool", "first_event", "idle", "deadline"]


class OpenAIError(Exception):
    """The base of everything that this library raises."""


class ConfigurationError(OpenAIError, ValueError):
    """What was asked for can't be sent: no key, a bad URL, an empty id, an unreadable file."""


class BudgetExceededError(OpenAIError):
    """A `limits.Budget` is used up: the call was not sent."""


class APIError(OpenAIError):
    """A call that was sent, or was about to be, and gave no usable answer.

    `str()` tells what happened, to which call, after how many retries, with the request id.
    Instances pickle and copy; the request's headers and query are left behind, so no credentials
    travel.
    """

    message: str
    """What happened, in the server's own words where it said something."""
    request: httpx.Request | None
    """The request as sent; None where it never took shape."""
    body: Any
    """The error object of the answer, its whole JSON, its text, or None."""
    code: str | int | None
    """The server's error code, such as `insufficient_quota`."""
    param: str | None
    """The parameter that the server objects to."""
    type: str | None
    """The server's class of error, such as `invalid_request_error`."""
    retries_taken: int
    """How often the call was sent again before this error was raised."""

    def __init__(
        self,
        message: str = "no usable answer came",
        request: httpx.Request | None = None,
        *,
        response: httpx.Response | None = None,
        body: Any = None,
        retries_taken: int = 0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.request = request if request is not None else _request_of(response)
        self._response = response
        self.body = body
        detail = body if is_object(body) else {}
        self.code = detail.get("code", detail.get("error_code"))
        self.param = detail.get("param")
        self.type = detail.get("type", detail.get("error_type"))
        self.retries_taken = retries_taken
        self.hints: list[str] = []
        """What to do about it, where that is known."""

    @property
    def response(self) -> httpx.Response | None:
        """The response; None where there was none."""
        return self._response

    @property
    def status_code(self) -> int | None:
        """The HTTP status, or None where no response came."""
        return None if self.response is None else self.response.status_code

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`: quote it when you ask for help."""
        found: str | None = None
        if self.response is not None:
            found = self.response.headers.get("x-request-id")
        return found

    def _headline(self) -> str:
        return self.message

    def __str__(self) -> str:
        facts: list[str] = []
        if self.request is not None:
            facts.append(f"{self.request.method} {self.request.url.copy_with(query=None)}")
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        if self.retries_taken:
            facts.append(
                f"after {self.retries_taken} retr{'y' if self.retries_taken == 1 else 'ies'}"
            )
        text = self._headline() + (f" ({', '.join(facts)})" if facts else "")
        return "; ".join(filter(None, [text, *self.hints, self._advice()]))

    def _advice(self) -> str | None:
        """What to do about any error of this class, where that is known."""
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        state = self.__dict__ | {
            "request": _bare_request(self.request),
            "_response": _bare_response(self._response),
        }
        return _rebuild, (type(self), self.args, state)


class APIConnectionError(APIError):
    """No usable answer: refused, reset, cut, not decodable. `__cause__` says why."""


class APITimeoutError(APIConnectionError):
    """A bound on time was reached; `.phase` says which.

    `connect`, `read`, `write` and `pool` are httpx's, per attempt; `first_event` and `idle` are a
    stream's; `deadline` is the whole call's.
    """

    phase: TimeoutPhase

    def __init__(
        self, message: str = "timed out", *, phase: TimeoutPhase = "read", **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.phase = phase

    def _advice(self) -> str:
        return _WHAT_BOUNDS[self.phase]


_WHAT_BOUNDS: dict[TimeoutPhase, str] = {
    "connect": "is there a server at this address? (bound: timeout's connect)",
    "read": "the server said nothing for so long (bound: timeout's read)",
    "write": "the server took nothing for so long (bound: timeout's write)",
    "pool": "all connections were in use (bound: timeout's pool; how many there are: limits)",
    "first_event": "bound: first_event_timeout",
    "idle": "bound: idle_timeout, else timeout's read",
    "deadline": "bound: deadline",
}


class APIResponseError(APIError):
    """A 2xx answer that can't be used: not JSON, an error object, the wrong shape."""


class ResponseValidationError(APIResponseError):
    """A 2xx answer that departs from the documented shape, under `strict_responses=True`."""


class APIStatusError(APIError):
    """The server answered 4xx or 5xx."""

    def __init__(self, message: str, *, response: httpx.Response, **details: Any) -> None:
        super().__init__(message, response=response, **details)
        self._reason = response.reason_phrase  # httpx forgets it when a response is pickled

    @property
    def response(self) -> httpx.Response:
        """The response, its body read."""
        return cast("httpx.Response", self._response)

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    def _headline(self) -> str:
        reason = f" {self._reason}" if self._reason else ""  # 529 has no name
        return f"{self.response.status_code}{reason}: {self.message}"


class BadRequestError(APIStatusError):
    """400: the request is malformed or a parameter is wrong; `.param` may say which."""


class AuthenticationError(APIStatusError):
    """401: the key is wrong, revoked, or was not sent."""

    def _advice(self) -> str:
        return "check api_key, or OPENAI_API_KEY, and that it belongs to this base_url"


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such model, file, job or URL."""

    def _advice(self) -> str:
        return "check the id, and that base_url has the API's whole path, such as /v1"


class ConflictError(APIStatusError):
    """409: the object was changed by another request."""


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but can't be processed."""


class RateLimitError(APIStatusError):
    """429: too many requests or tokens in a time."""


class QuotaExceededError(RateLimitError):
    """429 with `insufficient_quota`: no credit left; waiting does not help, so it isn't retried."""

    def _advice(self) -> str:
        return "not retried: no wait refills it, only credit or a higher limit"


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


class UploadInterruptedError(OpenAIError):
    """A chunked upload failed after it had begun; `__cause__` says why."""

    def __init__(self, message: str, state: Any = None) -> None:
        super().__init__(message)
        self.state: UploadState = state
        """What `upload_file_chunked(resume=...)` goes on from."""


class BatchFailedError(OpenAIError):
    """A batch was refused as a whole: its input file has errors, or it meets a limit."""

    def __init__(self, message: str, batch: Any = None) -> None:
        super().__init__(message)
        self.batch: Batch = batch
        """With all that is wrong in `errors`."""


class BatchLineError(OpenAIError):
    """A line of a batch was not answered."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        """`batch_expired`, `batch_cancelled`, `missing` where no file has it, or another."""


class BulkError(OpenAIError):
    """So many items of a bulk job failed that it ended; `__cause__` is the error of the first."""

    def __init__(self, message: str, *, done: int = 0, failed: int = 0) -> None:
        super().__init__(message)
        self.done = done
        """How many items had come to their end, the failed ones among them."""
        self.failed = failed
        """How many items had failed."""


class JournalError(OpenAIError):
    """A bulk job's journal can't be read or written; what was written before stays readable."""


class LengthFinishReasonError(OpenAIError):
    """The answer was cut at the token limit, so it can't be parsed."""

    def __init__(self, message: str | None = None, *, completion: Any = None) -> None:
        super().__init__(message or "the answer was cut at the token limit: allow it more tokens")
        self.completion = completion
        """What came, its usage too: a `ChatCompletion`, or a `Response`."""


class ContentFilterFinishReasonError(OpenAIError):
    """The answer was withheld by the content filter, so it can't be parsed."""

    def __init__(self, message: str | None = None, *, completion: Any = None) -> None:
        super().__init__(message or "the answer was withheld by the content filter")
        self.completion = completion
        """What came, its usage too: a `ChatCompletion`, or a `Response`."""


class InvalidWebhookSignatureError(OpenAIError, ValueError):
    """A webhook's signature does not match its body, or is too old."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def from_response(response: httpx.Response, *, retries_taken: int = 0) -> APIStatusError:
    """The typed error for a 4xx or 5xx response whose body has been read."""
    message, body = describe(response.content)
    if response.status_code >= 500:
        kind: type[APIStatusError] = InternalServerError
    elif response.status_code == 429 and is_quota_error(body):
        kind = QuotaExceededError
    else:
        kind = _BY_STATUS.get(response.status_code, APIStatusError)
    if not response.has_redirect_location:
        return kind(message, response=response, body=body, retries_taken=retries_taken)
    # Without the query, which the server may have copied from ours, secrets and all.
    place = re.split(r"[?#]", response.headers["location"])[0]
    error = kind(
        f"redirected to {place}", response=response, body=body, retries_taken=retries_taken
    )
    error.hints.append(NOT_FOLLOWED)
    return error


def is_quota_error(body: Any) -> bool:
    """Whether an error object says that the account has no credit left."""
    return is_object(body) and "insufficient_quota" in (body.get("code"), body.get("type"))


NOT_FOLLOWED = (
    "not followed, since it leads to another server, where the key must not go, or makes another"
    " request of this one; if that is where the API is, set base_url"
)


def _request_of(response: httpx.Response | None) -> httpx.Request | None:
    try:
        return None if response is None else response.request
    except RuntimeError:  # a response made by hand has no request
        return None


def _bare_request(request: httpx.Request | None) -> httpx.Request | None:
    """A copy that pickles: method and URL, without headers and query, where credentials may be."""
    if request is None:
        return None
    return type(request)(request.method, request.url.copy_with(query=None))


_LEFT_BEHIND = {
    *("content-encoding", "content-length", "transfer-encoding"),
    *("set-cookie", "location"),  # a location may repeat the query
}


def _bare_response(response: httpx.Response | None) -> httpx.Response | None:
    """A copy that pickles: the body as far as it was read, and no request headers."""
    if response is None:
        return None
    content = response.content if hasattr(response, "_content") else b""
    # The body is kept decoded, so the headers that speak of its coding no longer hold.
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in _LEFT_BEHIND]
    return type(response)(
        response.status_code,
        headers=headers,
        content=content,
        request=_bare_request(_request_of(response)),
    )


def _rebuild(kind: type[APIError], args: tuple[Any, ...], state: dict[str, Any]) -> APIError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
