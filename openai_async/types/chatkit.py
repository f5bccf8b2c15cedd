"""ChatKit: https://platform.openai.com/docs/api-reference/chatkit"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "ChatKitAssistantMessage", "ChatKitAttachment", "ChatKitConfiguration", "ChatKitConfigurationParam",
    "ChatKitFeature", "ChatKitFeatureParam", "ChatKitFileAnnotation", "ChatKitFileSource",
    "ChatKitFileUpload", "ChatKitFileUploadParam", "ChatKitHistory", "ChatKitHistoryParam",
    "ChatKitInferenceOptions", "ChatKitItem", "ChatKitItemListParams", "ChatKitOutputText",
    "ChatKitRateLimits", "ChatKitSession", "ChatKitSessionCreateParams", "ChatKitTask",
    "ChatKitTaskGroup", "ChatKitThread", "ChatKitThreadDeleted", "ChatKitThreadItem",
    "ChatKitThreadListParams", "ChatKitThreadStatus", "ChatKitToolCall", "ChatKitToolChoice",
    "ChatKitURLAnnotation", "ChatKitURLSource", "ChatKitUserMessage", "ChatKitUserText",
    "ChatKitWidget", "ChatKitWorkflow", "ChatKitWorkflowParam", "GroupedTask", "RateLimitsParam",
    "SessionExpiresAfterParam", "StateVariable",
]  # fmt: skip

StateVariable = str | bool | int | float


# Parameters


class ChatKitFeatureParam(TypedDict, total=False):
    """Something that is on, or off."""

    enabled: bool
    """Default: true."""


class ChatKitWorkflowParam(TypedDict, total=False):
    id: Required[str]
    version: str
    """Default: the one that was deployed last."""
    state_variables: Mapping[str, StateVariable]
    """Names have at most 64 characters."""
    tracing: ChatKitFeatureParam


class SessionExpiresAfterParam(TypedDict):
    anchor: Literal["created_at"]
    seconds: int
    """From 1 to 600."""


class RateLimitsParam(TypedDict, total=False):
    max_requests_per_1_minute: int
    """Default: 10."""


class ChatKitFileUploadParam(TypedDict, total=False):
    enabled: bool
    """Default: false."""
    max_file_size: int
    """Megabytes for each file, from 1 to 512. Default: 512."""
    max_files: int
    """For the whole session. Default: 10."""


class ChatKitHistoryParam(TypedDict, total=False):
    enabled: bool
    """Whether users see their earlier threads. Default: true."""
    recent_threads: int
    """How many of them. Default: all."""


class ChatKitConfigurationParam(TypedDict, total=False):
    automatic_thread_titling: ChatKitFeatureParam
    file_upload: ChatKitFileUploadParam
    history: ChatKitHistoryParam


class ChatKitSessionCreateParams(RequestOptions, total=False):
    user: Required[str]
    """An id of your end user, whose threads the session sees."""
    workflow: Required[ChatKitWorkflowParam]
    """What answers."""
    chatkit_configuration: ChatKitConfigurationParam
    expires_after: SessionExpiresAfterParam
    """Default: ten minutes."""
    rate_limits: RateLimitsParam


class ChatKitItemListParams(RequestOptions, total=False):
    after: str
    """An id, behind which the page begins."""
    before: str
    """An id, in front of which the page ends."""
    limit: int
    """Items of a page, from 0 to 100."""
    order: Literal["asc", "desc"]
    """By the time of creation."""


class ChatKitThreadListParams(ChatKitItemListParams, total=False):
    user: str
    """Only this user's."""


# Answers


class ChatKitFeature(Model):
    enabled: bool


class ChatKitWorkflow(Model):
    id: str
    version: str | None
    state_variables: dict[str, StateVariable] | None
    tracing: ChatKitFeature


class ChatKitRateLimits(Model):
    max_requests_per_1_minute: int


class ChatKitFileUpload(Model):
    enabled: bool
    max_file_size: int | None
    """Megabytes."""
    max_files: int | None


class ChatKitHistory(Model):
    enabled: bool
    recent_threads: int | None


class ChatKitConfiguration(Model):
    automatic_thread_titling: ChatKitFeature
    file_upload: ChatKitFileUpload
    history: ChatKitHistory


class ChatKitSession(Model):
    """A session of one user; its secret is for the web page."""

    id: str
    object: str
    """Always `chatkit.session`."""
    expires_at: int
    """Seconds since the epoch."""
    client_secret: str = Field(repr=False)
    workflow: ChatKitWorkflow
    user: str
    rate_limits: ChatKitRateLimits
    max_requests_per_1_minute: int
    status: Literal["active", "expired", "cancelled"] | str
    chatkit_configuration: ChatKitConfiguration


class ChatKitThreadStatus(Model):
    """Whether the thread takes messages: `locked` for now, `closed` for good."""

    type: Literal["active", "locked", "closed"] | str
    reason: str | None = None


class ChatKitThread(Model):
    id: str
    object: str
    """Always `chatkit.thread`."""
    created_at: int
    """Seconds since the epoch."""
    title: str | None
    status: ChatKitThreadStatus
    user: str


class ChatKitThreadDeleted(Model):
    id: str
    object: str
    """Always `chatkit.thread.deleted`."""
    deleted: bool


class ChatKitUserText(Model):
    """What the user wrote, or quoted of an earlier message."""

    type: Literal["input_text", "quoted_text"] | str
    text: str


class ChatKitAttachment(Model):
    type: Literal["image", "file"] | str
    id: str
    name: str
    mime_type: str
    preview_url: str | None


class ChatKitToolChoice(Model):
    id: str


class ChatKitInferenceOptions(Model):
    tool_choice: ChatKitToolChoice | None
    model: str | None


class ChatKitFileSource(Model):
    type: str
    """Always `file`."""
    filename: str


class ChatKitFileAnnotation(Model):
    type: Literal["file"]
    source: ChatKitFileSource


class ChatKitURLSource(Model):
    type: str
    """Always `url`."""
    url: str


class ChatKitURLAnnotation(Model):
    type: Literal["url"]
    source: ChatKitURLSource


class ChatKitOutputText(Model):
    type: str
    """Always `output_text`."""
    text: str
    annotations: list[Annotated[ChatKitFileAnnotation | ChatKitURLAnnotation, OpenUnion()]]
    """What the text is based on."""


class ChatKitItem(Model):
    """What all items of a thread have."""

    id: str
    object: str
    """Always `chatkit.thread_item`."""
    created_at: int
    """Seconds since the epoch."""
    thread_id: str


class ChatKitUserMessage(ChatKitItem):
    type: Literal["chatkit.user_message"]
    content: list[ChatKitUserText]
    attachments: list[ChatKitAttachment]
    inference_options: ChatKitInferenceOptions | None


class ChatKitAssistantMessage(ChatKitItem):
    type: Literal["chatkit.assistant_message"]
    content: list[ChatKitOutputText]


class ChatKitWidget(ChatKitItem):
    type: Literal["chatkit.widget"]
    widget: str
    """JSON."""


class ChatKitToolCall(ChatKitItem):
    """A call of a tool of the web page's own."""

    type: Literal["chatkit.client_tool_call"]
    status: Literal["in_progress", "completed"] | str
    call_id: str
    name: str
    arguments: str
    """JSON."""
    output: str | None
    """JSON; None until it is completed."""


class ChatKitTask(ChatKitItem):
    type: Literal["chatkit.task"]
    task_type: Literal["custom", "thought"] | str
    heading: str | None
    summary: str | None


class GroupedTask(Model):
    type: Literal["custom", "thought"] | str
    heading: str | None
    summary: str | None


class ChatKitTaskGroup(ChatKitItem):
    type: Literal["chatkit.task_group"]
    tasks: list[GroupedTask]


ChatKitThreadItem = Annotated[
    ChatKitUserMessage
    | ChatKitAssistantMessage
    | ChatKitWidget
    | ChatKitToolCall
    | ChatKitTask
    | ChatKitTaskGroup,
    OpenUnion(),
]
"""What a thread is made of."""
