"""What goes into responses: the items of `_response_items` as parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import Required, TypedDict

from ._response_items import (
    ConversationItem,
    DirectCaller,
    ProgramCaller,
    ResponseInputFile,
    ResponseInputImage,
    ResponseInputText,
    ResponseItem,
    ResponseOutputItem,
    ResponseOutputRefusal,
    ResponseOutputText,
)
from ._response_tools import ContainerReferenceParam, LocalEnvironmentParam, ResponseToolParam
from .chat import PromptCacheBreakpointParam

__all__ = [
    "CompactionTriggerParam", "EasyInputMessageParam", "FunctionCallOutputParam", "ItemReferenceParam",
    "ResponseAdditionalToolsParam", "ResponseApplyPatchToolCallOutputParam",
    "ResponseApplyPatchToolCallParam", "ResponseCodeInterpreterToolCallParam",
    "ResponseCompactionItemParam", "ResponseComputerToolCallOutputParam",
    "ResponseComputerToolCallParam", "ResponseCustomToolCallOutputParam", "ResponseCustomToolCallParam",
    "ResponseFileSearchToolCallParam", "ResponseFunctionShellToolCallOutputParam",
    "ResponseFunctionShellToolCallParam", "ResponseFunctionToolCallParam",
    "ResponseFunctionWebSearchParam", "ResponseImageGenerationCallParam", "ResponseInputContentParam",
    "ResponseInputFileParam", "ResponseInputImageParam", "ResponseInputItemParam",
    "ResponseInputMessageParam", "ResponseInputParam", "ResponseInputTextParam",
    "ResponseLocalShellCallOutputParam", "ResponseLocalShellCallParam",
    "ResponseMCPApprovalRequestParam", "ResponseMCPApprovalResponseParam", "ResponseMCPCallParam",
    "ResponseMCPListToolsParam", "ResponseOutputMessageParam", "ResponseOutputRefusalParam",
    "ResponseOutputTextParam", "ResponseProgramOutputParam", "ResponseProgramParam",
    "ResponseReasoningItemParam", "ResponseToolSearchCallParam", "ResponseToolSearchOutputParam",
    "SentItem",
]  # fmt: skip

# Parts of items


class ResponseInputTextParam(TypedDict, total=False):
    type: Required[Literal["input_text"]]
    text: Required[str]
    prompt_cache_breakpoint: PromptCacheBreakpointParam | None
    """Marks the end of a part of the prompt that is kept for later calls."""


class ResponseInputImageParam(TypedDict, total=False):
    type: Required[Literal["input_image"]]
    detail: Literal["low", "high", "auto", "original"] | None
    """How closely to look."""
    image_url: str | None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None
    prompt_cache_breakpoint: PromptCacheBreakpointParam | None


class ResponseInputFileParam(TypedDict, total=False):
    type: Required[Literal["input_file"]]
    file_id: str | None
    filename: str | None
    file_data: str | None
    """Base64."""
    prompt_cache_breakpoint: PromptCacheBreakpointParam | None
    file_url: str | None
    """Where to fetch it."""
    detail: Literal["auto", "low", "high"]


ResponseInputContentParam = (
    ResponseInputTextParam | ResponseInputImageParam | ResponseInputFileParam | ResponseInputText
    | ResponseInputImage | ResponseInputFile
)  # fmt: skip


class AnnotationFileCitationParam(TypedDict):
    type: Literal["file_citation"]
    file_id: str
    index: int
    filename: str


class AnnotationURLCitationParam(TypedDict):
    type: Literal["url_citation"]
    url: str
    start_index: int
    end_index: int
    title: str


class AnnotationContainerFileCitationParam(TypedDict):
    type: Literal["container_file_citation"]
    container_id: str
    file_id: str
    start_index: int
    end_index: int
    filename: str


class AnnotationFilePathParam(TypedDict):
    type: Literal["file_path"]
    file_id: str
    index: int


ResponseAnnotationParam = (
    AnnotationFileCitationParam
    | AnnotationURLCitationParam
    | AnnotationContainerFileCitationParam
    | AnnotationFilePathParam
)


class OutputTextTopLogprobParam(TypedDict):
    token: str
    logprob: float
    bytes: Sequence[int]


class OutputTextLogprobParam(TypedDict):
    token: str
    logprob: float
    bytes: Sequence[int]
    top_logprobs: Sequence[OutputTextTopLogprobParam]


class ResponseOutputTextParam(TypedDict, total=False):
    type: Required[Literal["output_text"]]
    text: Required[str]
    annotations: Required[Sequence[ResponseAnnotationParam]]
    logprobs: Sequence[OutputTextLogprobParam]


class ResponseOutputRefusalParam(TypedDict):
    type: Literal["refusal"]
    refusal: str


ResponseOutputContentParam = (
    ResponseOutputTextParam
    | ResponseOutputRefusalParam
    | ResponseOutputText
    | ResponseOutputRefusal
)


class ReasoningTextParam(TypedDict):
    type: Literal["reasoning_text"]
    text: str


class ReasoningSummaryParam(TypedDict):
    type: Literal["summary_text"]
    text: str


class DirectCallerParam(TypedDict):
    type: Literal["direct"]


class ProgramCallerParam(TypedDict):
    type: Literal["program"]
    caller_id: str


ToolCallCallerParam = DirectCallerParam | ProgramCallerParam | DirectCaller | ProgramCaller


class FileSearchResultParam(TypedDict, total=False):
    file_id: str
    text: str
    filename: str
    attributes: Mapping[str, str | float | bool] | None
    score: float


class WebSearchSourceParam(TypedDict):
    type: Literal["url"]
    url: str


class WebSearchActionSearchParam(TypedDict, total=False):
    type: Required[Literal["search"]]
    query: str
    queries: Sequence[str]
    sources: Sequence[WebSearchSourceParam]


class WebSearchActionOpenPageParam(TypedDict, total=False):
    type: Required[Literal["open_page"]]
    url: str | None


class WebSearchActionFindParam(TypedDict):
    type: Literal["find_in_page"]
    url: str
    pattern: str


class ComputerPointParam(TypedDict):
    x: int
    y: int


class ComputerClickParam(ComputerPointParam, total=False):
    type: Required[Literal["click"]]
    button: Required[Literal["left", "right", "wheel", "back", "forward"]]
    keys: Sequence[str] | None


class ComputerDoubleClickParam(ComputerPointParam):
    type: Literal["double_click"]
    keys: Sequence[str] | None


class ComputerDragParam(TypedDict, total=False):
    type: Required[Literal["drag"]]
    path: Required[Sequence[ComputerPointParam]]
    keys: Sequence[str] | None


class ComputerKeyPressParam(TypedDict):
    type: Literal["keypress"]
    keys: Sequence[str]


class ComputerMoveParam(ComputerPointParam, total=False):
    type: Required[Literal["move"]]
    keys: Sequence[str] | None


class ComputerTakeScreenshotParam(TypedDict):
    type: Literal["screenshot"]


class ComputerScrollParam(ComputerPointParam, total=False):
    type: Required[Literal["scroll"]]
    scroll_x: Required[int]
    scroll_y: Required[int]
    keys: Sequence[str] | None


class ComputerTypeParam(TypedDict):
    type: Literal["type"]
    text: str


class ComputerWaitParam(TypedDict):
    type: Literal["wait"]


ComputerActionParam = (
    ComputerClickParam | ComputerDoubleClickParam | ComputerDragParam | ComputerKeyPressParam
    | ComputerMoveParam | ComputerTakeScreenshotParam | ComputerScrollParam | ComputerTypeParam
    | ComputerWaitParam
)  # fmt: skip


class ComputerScreenshotParam(TypedDict, total=False):
    type: Required[Literal["computer_screenshot"]]
    image_url: str
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str


class ComputerSafetyCheckParam(TypedDict, total=False):
    id: Required[str]
    code: str | None
    message: str | None


class CodeInterpreterLogsParam(TypedDict):
    type: Literal["logs"]
    logs: str


class CodeInterpreterImageParam(TypedDict):
    type: Literal["image"]
    url: str


class LocalShellActionParam(TypedDict, total=False):
    type: Required[Literal["exec"]]
    command: Required[Sequence[str]]
    env: Required[Mapping[str, str]]
    timeout_ms: int | None
    """Milliseconds."""
    working_directory: str | None
    user: str | None


class ShellActionParam(TypedDict, total=False):
    commands: Required[Sequence[str]]
    timeout_ms: int | None
    """Milliseconds."""
    max_output_length: int | None
    """Characters."""


class ShellTimeoutParam(TypedDict):
    type: Literal["timeout"]


class ShellExitParam(TypedDict):
    type: Literal["exit"]
    exit_code: int


class ShellOutputParam(TypedDict):
    stdout: str
    stderr: str
    outcome: ShellTimeoutParam | ShellExitParam


class PatchWriteFileParam(TypedDict):
    type: Literal["create_file", "update_file"]
    path: str
    diff: str


class PatchDeleteFileParam(TypedDict):
    type: Literal["delete_file"]
    path: str


PatchOperationParam = PatchWriteFileParam | PatchDeleteFileParam


class MCPListedToolParam(TypedDict, total=False):
    name: Required[str]
    input_schema: Required[Mapping[str, Any]]
    description: str | None
    annotations: Mapping[str, Any] | None


class MCPProtocolErrorParam(TypedDict):
    type: Literal["mcp_protocol_error", "http_error"]
    code: int
    message: str


class MCPToolExecutionErrorParam(TypedDict):
    type: Literal["mcp_tool_execution_error"]
    content: Any


MCPToolCallErrorParam = MCPProtocolErrorParam | MCPToolExecutionErrorParam

# Items


class EasyInputMessageParam(TypedDict, total=False):
    """A message with text or parts; the usual way to say something."""

    role: Required[Literal["user", "assistant", "system", "developer"]]
    content: Required[str | Sequence[ResponseInputContentParam]]
    """Text, or parts: text, images, files."""
    phase: Literal["commentary", "final_answer"] | None
    type: Literal["message"]


class ResponseInputMessageParam(TypedDict, total=False):
    role: Required[Literal["user", "system", "developer"]]
    content: Required[Sequence[ResponseInputContentParam]]
    type: Literal["message"]
    status: Literal["in_progress", "completed", "incomplete"]


class ResponseOutputMessageParam(TypedDict, total=False):
    id: Required[str]
    type: Required[Literal["message"]]
    role: Required[Literal["assistant"]]
    content: Required[Sequence[ResponseOutputContentParam]]
    status: Required[Literal["in_progress", "completed", "incomplete"]]
    phase: Literal["commentary", "final_answer"] | None


class ResponseFileSearchToolCallParam(TypedDict, total=False):
    id: Required[str]
    type: Required[Literal["file_search_call"]]
    status: Required[Literal["in_progress", "searching", "completed", "incomplete", "failed"]]
    queries: Required[Sequence[str]]
    results: Sequence[FileSearchResultParam] | None


class ResponseComputerToolCallParam(TypedDict, total=False):
    type: Required[Literal["computer_call"]]
    id: Required[str]
    call_id: Required[str]
    pending_safety_checks: Required[Sequence[ComputerSafetyCheckParam]]
    status: Required[Literal["in_progress", "completed", "incomplete"]]
    action: ComputerActionParam
    actions: Sequence[ComputerActionParam]


class ResponseComputerToolCallOutputParam(TypedDict, total=False):
    call_id: Required[str]
    type: Required[Literal["computer_call_output"]]
    output: Required[ComputerScreenshotParam]
    id: str | None
    acknowledged_safety_checks: Sequence[ComputerSafetyCheckParam] | None
    status: Literal["in_progress", "completed", "incomplete"] | None


class ResponseFunctionWebSearchParam(TypedDict):
    id: str
    type: Literal["web_search_call"]
    status: Literal["in_progress", "searching", "completed", "failed"]
    action: WebSearchActionSearchParam | WebSearchActionOpenPageParam | WebSearchActionFindParam


class ResponseFunctionToolCallParam(TypedDict, total=False):
    type: Required[Literal["function_call"]]
    call_id: Required[str]
    name: Required[str]
    arguments: Required[str]
    id: str
    caller: ToolCallCallerParam | None
    namespace: str
    status: Literal["in_progress", "completed", "incomplete"]


class FunctionCallOutputParam(TypedDict, total=False):
    call_id: Required[str]
    """Of the call that this is the result of."""
    type: Required[Literal["function_call_output"]]
    output: Required[str | Sequence[ResponseInputContentParam]]
    """Text, often JSON, or parts."""
    id: str | None
    name: str | None
    namespace: str | None
    caller: ToolCallCallerParam | None
    status: Literal["in_progress", "completed", "incomplete"] | None


class ResponseToolSearchCallParam(TypedDict, total=False):
    type: Required[Literal["tool_search_call"]]
    arguments: Required[Mapping[str, Any]]
    id: str | None
    call_id: str | None
    execution: Literal["server", "client"]
    status: Literal["in_progress", "completed", "incomplete"] | None


class ResponseToolSearchOutputParam(TypedDict, total=False):
    type: Required[Literal["tool_search_output"]]
    tools: Required[Sequence[ResponseToolParam]]
    id: str | None
    call_id: str | None
    execution: Literal["server", "client"]
    status: Literal["in_progress", "completed", "incomplete"] | None


class ResponseAdditionalToolsParam(TypedDict, total=False):
    type: Required[Literal["additional_tools"]]
    role: Required[Literal["developer"]]
    tools: Required[Sequence[ResponseToolParam]]
    id: str | None


class ResponseReasoningItemParam(TypedDict, total=False):
    type: Required[Literal["reasoning"]]
    id: Required[str]
    summary: Required[Sequence[ReasoningSummaryParam]]
    encrypted_content: str | None
    content: Sequence[ReasoningTextParam]
    status: Literal["in_progress", "completed", "incomplete"]


class ResponseCompactionItemParam(TypedDict, total=False):
    type: Required[Literal["compaction"]]
    encrypted_content: Required[str]
    """What stands for the items that were compacted."""
    id: str | None


class ResponseImageGenerationCallParam(TypedDict):
    type: Literal["image_generation_call"]
    id: str
    status: Literal["in_progress", "completed", "generating", "failed"]
    result: str | None


class ResponseCodeInterpreterToolCallParam(TypedDict):
    type: Literal["code_interpreter_call"]
    id: str
    status: Literal["in_progress", "completed", "incomplete", "interpreting", "failed"]
    container_id: str
    code: str | None
    outputs: Sequence[CodeInterpreterLogsParam | CodeInterpreterImageParam] | None


class ResponseLocalShellCallParam(TypedDict):
    type: Literal["local_shell_call"]
    id: str
    call_id: str
    action: LocalShellActionParam
    status: Literal["in_progress", "completed", "incomplete"]


class ResponseLocalShellCallOutputParam(TypedDict, total=False):
    type: Required[Literal["local_shell_call_output"]]
    id: Required[str]
    output: Required[str]
    status: Literal["in_progress", "completed", "incomplete"] | None


class ResponseFunctionShellToolCallParam(TypedDict, total=False):
    call_id: Required[str]
    type: Required[Literal["shell_call"]]
    action: Required[ShellActionParam]
    id: str | None
    caller: ToolCallCallerParam | None
    status: Literal["in_progress", "completed", "incomplete"] | None
    environment: LocalEnvironmentParam | ContainerReferenceParam | None


class ResponseFunctionShellToolCallOutputParam(TypedDict, total=False):
    call_id: Required[str]
    type: Required[Literal["shell_call_output"]]
    output: Required[Sequence[ShellOutputParam]]
    id: str | None
    caller: ToolCallCallerParam | None
    status: Literal["in_progress", "completed", "incomplete"] | None
    max_output_length: int | None
    """Characters."""


class ResponseApplyPatchToolCallParam(TypedDict, total=False):
    type: Required[Literal["apply_patch_call"]]
    call_id: Required[str]
    status: Required[Literal["in_progress", "completed"]]
    operation: Required[PatchOperationParam]
    id: str | None
    caller: ToolCallCallerParam | None


class ResponseApplyPatchToolCallOutputParam(TypedDict, total=False):
    type: Required[Literal["apply_patch_call_output"]]
    call_id: Required[str]
    status: Required[Literal["completed", "failed"]]
    id: str | None
    caller: ToolCallCallerParam | None
    output: str | None


class ResponseMCPListToolsParam(TypedDict, total=False):
    type: Required[Literal["mcp_list_tools"]]
    id: Required[str]
    server_label: Required[str]
    tools: Required[Sequence[MCPListedToolParam]]
    error: str | None


class ResponseMCPApprovalRequestParam(TypedDict):
    type: Literal["mcp_approval_request"]
    id: str
    server_label: str
    name: str
    arguments: str


class ResponseMCPApprovalResponseParam(TypedDict, total=False):
    type: Required[Literal["mcp_approval_response"]]
    approval_request_id: Required[str]
    approve: Required[bool]
    id: str | None
    reason: str | None


class ResponseMCPCallParam(TypedDict, total=False):
    type: Required[Literal["mcp_call"]]
    id: Required[str]
    server_label: Required[str]
    name: Required[str]
    arguments: Required[str]
    output: str | None
    error: MCPToolCallErrorParam | None
    status: Literal["in_progress", "completed", "incomplete", "calling", "failed"]
    approval_request_id: str | None


class ResponseCustomToolCallOutputParam(TypedDict, total=False):
    type: Required[Literal["custom_tool_call_output"]]
    call_id: Required[str]
    output: Required[str | Sequence[ResponseInputContentParam]]
    id: str
    caller: ToolCallCallerParam | None


class ResponseCustomToolCallParam(TypedDict, total=False):
    type: Required[Literal["custom_tool_call"]]
    call_id: Required[str]
    name: Required[str]
    input: Required[str]
    id: str
    caller: ToolCallCallerParam | None
    namespace: str


class CompactionTriggerParam(TypedDict):
    """Asks for what came before it to be compacted."""

    type: Literal["compaction_trigger"]


class ItemReferenceParam(TypedDict, total=False):
    """Stands for an item that is stored."""

    id: Required[str]
    """Of an item that is stored."""
    type: Literal["item_reference"] | None


class ResponseProgramParam(TypedDict):
    id: str
    type: Literal["program"]
    call_id: str
    code: str
    fingerprint: str


class ResponseProgramOutputParam(TypedDict):
    id: str
    type: Literal["program_output"]
    call_id: str
    result: str
    status: Literal["completed", "incomplete"]


ResponseInputItemParam = (
    EasyInputMessageParam | ResponseInputMessageParam | ResponseOutputMessageParam
    | ResponseFileSearchToolCallParam | ResponseComputerToolCallParam
    | ResponseComputerToolCallOutputParam | ResponseFunctionWebSearchParam
    | ResponseFunctionToolCallParam | FunctionCallOutputParam | ResponseToolSearchCallParam
    | ResponseToolSearchOutputParam | ResponseAdditionalToolsParam | ResponseReasoningItemParam
    | ResponseCompactionItemParam | ResponseImageGenerationCallParam
    | ResponseCodeInterpreterToolCallParam | ResponseLocalShellCallParam
    | ResponseLocalShellCallOutputParam | ResponseFunctionShellToolCallParam
    | ResponseFunctionShellToolCallOutputParam | ResponseApplyPatchToolCallParam
    | ResponseApplyPatchToolCallOutputParam | ResponseMCPListToolsParam
    | ResponseMCPApprovalRequestParam | ResponseMCPApprovalResponseParam | ResponseMCPCallParam
    | ResponseCustomToolCallOutputParam | ResponseCustomToolCallParam | CompactionTriggerParam
    | ItemReferenceParam | ResponseProgramParam | ResponseProgramOutputParam | ResponseOutputItem
    | ResponseItem | ConversationItem
)  # fmt: skip
"""What goes into a call; items of answers go in as they are."""


ResponseInputParam = str | Sequence[ResponseInputItemParam]

# What was sent comes back as it was sent: see `SentTool`.
if TYPE_CHECKING:
    SentItem = ResponseInputItemParam
else:
    SentItem = dict[str, Any]
