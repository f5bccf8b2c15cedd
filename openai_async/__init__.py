"""An asyncio-native client for the OpenAI API and every server that speaks it."""

import typing

from ._client import AsyncClient, AsyncOpenAI
from ._config import NOT_GIVEN, ClientOptions, NotGiven, Omit, not_given, omit
from ._middleware import Middleware, Next
from ._models import Model
from ._multipart import FileContent, FileInput
from ._pagination import Page, Pager
from ._request import Request, RequestOptions
from ._response import BinaryBody, Raw, StreamingResponse, raw
from ._retry import Retry, RetryPolicy
from ._stream import AsyncStream
from ._version import __version__
from .errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BatchFailedError,
    BatchLineError,
    BudgetExceededError,
    BulkError,
    ConfigurationError,
    ConflictError,
    ContentFilterFinishReasonError,
    InternalServerError,
    InvalidWebhookSignatureError,
    JournalError,
    LengthFinishReasonError,
    NotFoundError,
    OpenAIError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ResponseValidationError,
    UnprocessableEntityError,
    UploadInterruptedError,
)

if typing.TYPE_CHECKING:
    from . import types as types
    from ._structured import pydantic_function_tool
    from ._unions import Unknown

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "BatchFailedError",
    "BatchLineError",
    "BinaryBody",
    "BudgetExceededError",
    "BulkError",
    "ClientOptions",
    "ConfigurationError",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "FileContent",
    "FileInput",
    "InternalServerError",
    "InvalidWebhookSignatureError",
    "JournalError",
    "LengthFinishReasonError",
    "Middleware",
    "Model",
    "Next",
    "NotFoundError",
    "NotGiven",
    "Omit",
    "OpenAIError",
    "Page",
    "Pager",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitError",
    "Raw",
    "Request",
    "RequestOptions",
    "ResponseValidationError",
    "Retry",
    "RetryPolicy",
    "StreamingResponse",
    "Unknown",
    "UnprocessableEntityError",
    "UploadInterruptedError",
    "__version__",
    "not_given",
    "omit",
    "pydantic_function_tool",
    "raw",
]

_LATER = {
    "Unknown": "._unions",
    "pydantic_function_tool": "._structured",
    "types": ".types",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


if not typing.TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> typing.Any:
        # Not everybody needs them, and they take their time to load.
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        module = import_module(_LATER[name], __name__)
        value = module if name == "types" else getattr(module, name)
        globals()[name] = value
        return value
