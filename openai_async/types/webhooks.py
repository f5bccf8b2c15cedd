"""What the API sends by itself: https://platform.openai.com/docs/api-reference/webhook-events"""

from __future__ import annotations

from typing import Annotated, Literal

from .._models import Model
from .._unions import OpenUnion

__all__ = [
    "BatchCancelledWebhookEvent", "BatchCompletedWebhookEvent", "BatchExpiredWebhookEvent",
    "BatchFailedWebhookEvent", "EvalRunCanceledWebhookEvent", "EvalRunFailedWebhookEvent",
    "EvalRunSucceededWebhookEvent", "FineTuningJobCancelledWebhookEvent",
    "FineTuningJobFailedWebhookEvent", "FineTuningJobSucceededWebhookEvent", "IncomingCall",
    "IncomingLiveCall", "LiveCallIncomingWebhookEvent", "RealtimeCallIncomingWebhookEvent",
    "ResponseCancelledWebhookEvent", "ResponseCompletedWebhookEvent", "ResponseFailedWebhookEvent",
    "ResponseIncompleteWebhookEvent", "SipHeader", "UnwrapWebhookEvent", "WebhookEvent",
    "WebhookSubject",
]  # fmt: skip


class WebhookSubject(Model):
    """What an event is about."""

    id: str
    """Of the response, batch, job or run."""


class WebhookEvent(Model):
    """What all events have."""

    id: str
    """The same when the event is sent again: handle each id once."""
    object: str | None = None
    """Always `event`."""
    created_at: int
    """When it happened, in seconds since the epoch."""


class BatchCancelledWebhookEvent(WebhookEvent):
    type: Literal["batch.cancelled"]
    data: WebhookSubject


class BatchCompletedWebhookEvent(WebhookEvent):
    type: Literal["batch.completed"]
    data: WebhookSubject


class BatchExpiredWebhookEvent(WebhookEvent):
    type: Literal["batch.expired"]
    data: WebhookSubject


class BatchFailedWebhookEvent(WebhookEvent):
    type: Literal["batch.failed"]
    data: WebhookSubject


class EvalRunCanceledWebhookEvent(WebhookEvent):
    type: Literal["eval.run.canceled"]
    data: WebhookSubject


class EvalRunFailedWebhookEvent(WebhookEvent):
    type: Literal["eval.run.failed"]
    data: WebhookSubject


class EvalRunSucceededWebhookEvent(WebhookEvent):
    type: Literal["eval.run.succeeded"]
    data: WebhookSubject


class FineTuningJobCancelledWebhookEvent(WebhookEvent):
    type: Literal["fine_tuning.job.cancelled"]
    data: WebhookSubject


class FineTuningJobFailedWebhookEvent(WebhookEvent):
    type: Literal["fine_tuning.job.failed"]
    data: WebhookSubject


class FineTuningJobSucceededWebhookEvent(WebhookEvent):
    type: Literal["fine_tuning.job.succeeded"]
    data: WebhookSubject


class SipHeader(Model):
    """A header of the SIP invitation."""

    name: str
    value: str


class IncomingCall(Model):
    """A call by telephone."""

    call_id: str
    """For `realtime.calls.accept`, `reject`, `refer` and `hangup`."""
    sip_headers: list[SipHeader]


class IncomingLiveCall(Model):
    """A call by telephone to a live session."""

    session_id: str
    sip_headers: list[SipHeader]


class LiveCallIncomingWebhookEvent(WebhookEvent):
    type: Literal["live.call.incoming"]
    data: IncomingLiveCall


class RealtimeCallIncomingWebhookEvent(WebhookEvent):
    type: Literal["realtime.call.incoming"]
    data: IncomingCall


class ResponseCancelledWebhookEvent(WebhookEvent):
    type: Literal["response.cancelled"]
    data: WebhookSubject


class ResponseCompletedWebhookEvent(WebhookEvent):
    type: Literal["response.completed"]
    data: WebhookSubject


class ResponseFailedWebhookEvent(WebhookEvent):
    type: Literal["response.failed"]
    data: WebhookSubject


class ResponseIncompleteWebhookEvent(WebhookEvent):
    type: Literal["response.incomplete"]
    data: WebhookSubject


UnwrapWebhookEvent = Annotated[
    BatchCancelledWebhookEvent | BatchCompletedWebhookEvent | BatchExpiredWebhookEvent
    | BatchFailedWebhookEvent | EvalRunCanceledWebhookEvent | EvalRunFailedWebhookEvent
    | EvalRunSucceededWebhookEvent | FineTuningJobCancelledWebhookEvent
    | FineTuningJobFailedWebhookEvent | FineTuningJobSucceededWebhookEvent
    | LiveCallIncomingWebhookEvent | RealtimeCallIncomingWebhookEvent | ResponseCancelledWebhookEvent
    | ResponseCompletedWebhookEvent | ResponseFailedWebhookEvent | ResponseIncompleteWebhookEvent,
    OpenUnion(),
]  # fmt: skip
"""Any event; one of a kind that is newer than this library is an `Unknown`."""
