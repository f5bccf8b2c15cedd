"""Many calls as one job, at half the price, within a day: https://platform.openai.com/docs/api-reference/batches"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from .files import ExpiresAfterParam

__all__ = [
    "Batch", "BatchCreateParams", "BatchEndpoint", "BatchError", "BatchErrors",
    "BatchInputTokensDetails", "BatchListParams", "BatchOutputTokensDetails", "BatchRequestCounts",
    "BatchRunParams", "BatchUsage",
]  # fmt: skip

BatchEndpoint = Literal[
    "/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/completions", "/v1/moderations",
    "/v1/images/generations", "/v1/images/edits", "/v1/videos",
]  # fmt: skip


class BatchCreateParams(RequestOptions, total=False):
    input_file_id: Required[str]
    """A file of the purpose `batch`: JSON Lines, each with `custom_id`, `method` (`POST`), `url` (the
    endpoint) and `body`. At most 50,000 lines and 200 MB."""
    endpoint: Required[BatchEndpoint | str]
    """Where all of its lines go. For embeddings, at most 50,000 inputs in all lines together."""
    completion_window: Required[Literal["24h"] | str]
    metadata: Mapping[str, str] | None
    """At most 16 pairs: names of up to 64 characters, values of up to 512."""
    output_expires_after: ExpiresAfterParam
    """When the files of answers and errors are deleted."""


class BatchRunParams(RequestOptions, total=False):
    """What `batches.run` takes; `deadline` is for the whole, and 25 hours where nothing is said."""

    model: str
    """For bodies that name none."""
    defaults: Mapping[str, Any]
    """Members of every body that doesn't have them."""
    completion_window: Literal["24h"] | str
    metadata: Mapping[str, str] | None
    output_expires_after: ExpiresAfterParam
    """When the files of answers and errors are deleted."""
    progress: Callable[[Batch], object]
    """Called whenever the batch has been looked at: see its `request_counts`."""
    poll_interval: float
    """Seconds between two looks. Default: what the server says, or 10."""


class BatchListParams(RequestOptions, total=False):
    after: str
    """The id of the batch behind which to begin."""
    limit: int
    """Batches in a page: 1 to 100. Default: 20."""


class BatchError(Model):
    """What is wrong with the input file."""

    code: str | None = None
    message: str | None = None
    param: str | None = None
    line: int | None = None
    """The line's number in the file."""


class BatchErrors(Model):
    object: str | None = None
    """Always `list`."""
    data: list[BatchError] | None = None


class BatchRequestCounts(Model):
    total: int
    completed: int
    failed: int


class BatchInputTokensDetails(Model):
    cached_tokens: int


class BatchOutputTokensDetails(Model):
    reasoning_tokens: int


class BatchUsage(Model):
    """Tokens of all lines; told since September 2025."""

    input_tokens: int
    input_tokens_details: BatchInputTokensDetails
    output_tokens: int
    output_tokens_details: BatchOutputTokensDetails
    total_tokens: int


class Batch(Model):
    """A job of many calls. All times are in seconds since the epoch."""

    id: str
    object: str
    """Always `batch`."""
    endpoint: str
    model: str | None = None
    errors: BatchErrors | None = None
    """Why it has failed."""
    input_file_id: str
    completion_window: str
    status: (
        Literal[
            "validating",
            "failed",
            "in_progress",
            "finalizing",
            "completed",
            "expired",
            "cancelling",
            "cancelled",
        ]
        | str
    )
    output_file_id: str | None = None
    """The answers of the lines that succeeded, in any order."""
    error_file_id: str | None = None
    """What became of the others."""
    created_at: int
    in_progress_at: int | None = None
    expires_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: BatchRequestCounts | None = None
    usage: BatchUsage | None = None
    metadata: dict[str, str] | None = None
