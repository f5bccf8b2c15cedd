"""What responses are made of: messages, reasoning, calls of tools and their results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .._models import Model
from .._unions import OpenUnion
from ._response_sent_tools import ResponseTool
from .chat import PromptCacheBreakpoint

__all__ = [
    "AnnotationContainerFileCitation", "AnnotationFileCitation", "AnnotationFilePath",
    "AnnotationURLCitation", "ComputerAction", "ComputerClick", "ComputerDoubleClick", "ComputerDrag",
    "ComputerKeyPress", "ComputerMove", "ComputerScreenshot", "ComputerScroll",
    "ComputerTakeScreenshot", "ComputerType", "ComputerWait", "ConversationItem", "ConversationMessage",
    "ConversationScreenshot", "ConversationText", "FileSearchResult", "MCPToolCallError",
    "OutputTextLogprob", "PatchDeleteFile", "PatchWriteFile", "ReasoningSummary", "ReasoningText",
    "ResponseAdditionalTools", "ResponseAnnotation", "ResponseApplyPatchToolCall",
    "ResponseApplyPatchToolCallOutput", "ResponseCodeInterpreterToolCall", "ResponseCompactionItem",
    "ResponseComputerToolCall", "ResponseComputerToolCallOutputItem", "ResponseContentPart",
    "ResponseCustomToolCall", "ResponseCustomToolCallItem", "ResponseCustomToolCallOutput",
    "ResponseCustomToolCallOutputItem", "ResponseFileSearchToolCall", "ResponseFunctionShellToolCall",
    "ResponseFunctionShellToolCallOutput", "ResponseFunctionToolCall", "ResponseFunctionToolCallItem",
    "ResponseFunctionToolCallOutputItem", "ResponseFunctionWebSearch", "ResponseImageGenerationCall",
    "ResponseInputContent", "ResponseInputFile", "ResponseInputImage", "ResponseInputMessageItem",
    "ResponseInputText", "ResponseItem", "ResponseLocalShellCall", "ResponseLocalShellCallOutput",
    "ResponseMCPApprovalRequest", "ResponseMCPApprovalResponse", "ResponseMCPCall",
    "ResponseMCPListTools", "ResponseMessage", "ResponseOutputContent", "ResponseOutputItem",
    "ResponseOutputMessage", "ResponseOutputRefusal", "ResponseOutputText", "ResponseProgram",
    "ResponseProgramOutput", "ResponseReasoningItem", "ResponseToolSearchCall",
    "ResponseToolSearchOutputItem", "ShellAction", "ShellExit", "ShellOutput", "ShellTimeout",
    "WebSearchActionFind", "WebSearchActionOpenPage", "WebSearchActionSearch",
]  # fmt: skip

# Answers: parts of items


class ResponseInputText(Model):
    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class ResponseInputImage(Model):
    type: Literal["input_image"]
    detail: Literal["low", "high", "auto", "original"] | str
    image_url: str | None = None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None = None
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class ResponseInputFile(Model):
    type: Literal["input_file"]
    file_id: str | None = None
    filename: str | None = None
    file_data: str | None = None
    """Base64."""
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None
    file_url: str | None = None
    detail: Literal["auto", "low", "high"] | str | None = None


ResponseInputContent = Annotated[
    ResponseInputText | ResponseInputImage | ResponseInputFile, OpenUnion()
]


class AnnotationFileCitation(Model):
    type: Literal["file_citation"]
    file_id: str
    index: int
    """Of the file in the list of files."""
    filename: str


class AnnotationURLCitation(Model):
    type: Literal["url_citation"]
    url: str
    start_index: int
    """Of the characters of the text."""
    end_index: int
    """Behind the last character."""
    title: str


class AnnotationContainerFileCitation(Model):
    type: Literal["container_file_citation"]
    container_id: str
    file_id: str
    start_index: int
    end_index: int
    filename: str


class AnnotationFilePath(Model):
    type: Literal["file_path"]
    file_id: str
    index: int


ResponseAnnotation = Annotated[
    AnnotationFileCitation
    | AnnotationURLCitation
    | AnnotationContainerFileCitation
    | AnnotationFilePath,
    OpenUnion(),
]


class OutputTextTopLogprob(Model):
    token: str
    logprob: float
    bytes: list[int]


class OutputTextLogprob(Model):
    token: str
    logprob: float
    bytes: list[int]
    """Its UTF-8: a character may be spread over several tokens."""
    top_logprobs: list[OutputTextTopLogprob]


class ResponseOutputText(Model):
    type: Literal["output_text"]
    text: str
    annotations: list[ResponseAnnotation]
    logprobs: list[OutputTextLogprob] | None = None


class ResponseOutputRefusal(Model):
    type: Literal["refusal"]
    refusal: str


ResponseOutputContent = Annotated[ResponseOutputText | ResponseOutputRefusal, OpenUnion()]


class ReasoningText(Model):
    type: Literal["reasoning_text"]
    text: str


ResponseContentPart = Annotated[
    ResponseOutputText | ResponseOutputRefusal | ReasoningText, OpenUnion()
]


class ReasoningSummary(Model):
    type: Literal["summary_text"]
    text: str


class DirectCaller(Model):
    type: Literal["direct"]


class ProgramCaller(Model):
    type: Literal["program"]
    caller_id: str


ToolCallCaller = Annotated[DirectCaller | ProgramCaller, OpenUnion()]
"""Whether the model called a tool itself, or a program that it wrote did."""


class FileSearchResult(Model):
    file_id: str | None = None
    text: str | None = None
    filename: str | None = None
    attributes: dict[str, str | float | bool] | None = None
    score: float | None = None


class WebSearchSource(Model):
    type: str
    """Always `url`."""
    url: str


class WebSearchActionSearch(Model):
    type: Literal["search"]
    query: str | None = None
    queries: list[str] | None = None
    sources: list[WebSearchSource] | None = None


class WebSearchActionOpenPage(Model):
    type: Literal["open_page"]
    url: str | None = None


class WebSearchActionFind(Model):
    type: Literal["find_in_page"]
    url: str
    pattern: str


class ComputerPoint(Model):
    x: int
    y: int


class ComputerClick(ComputerPoint):
    type: Literal["click"]
    button: Literal["left", "right", "wheel", "back", "forward"] | str
    keys: list[str] | None = None
    """Held down meanwhile."""


class ComputerDoubleClick(ComputerPoint):
    type: Literal["double_click"]
    keys: list[str] | None


class ComputerDrag(Model):
    type: Literal["drag"]
    path: list[ComputerPoint]
    keys: list[str] | None = None


class ComputerKeyPress(Model):
    type: Literal["keypress"]
    keys: list[str]


class ComputerMove(ComputerPoint):
    type: Literal["move"]
    keys: list[str] | None = None


class ComputerTakeScreenshot(Model):
    type: Literal["screenshot"]


class ComputerScroll(ComputerPoint):
    type: Literal["scroll"]
    scroll_x: int
    scroll_y: int
    keys: list[str] | None = None


class ComputerType(Model):
    type: Literal["type"]
    text: str


class ComputerWait(Model):
    type: Literal["wait"]


ComputerAction = Annotated[
    ComputerClick | ComputerDoubleClick | ComputerDrag | ComputerKeyPress | ComputerMove
    | ComputerTakeScreenshot | ComputerScroll | ComputerType | ComputerWait,
    OpenUnion(),
]  # fmt: skip


class ComputerScreenshot(Model):
    type: str
    """Always `computer_screenshot`."""
    image_url: str | None = None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None = None


class ComputerSafetyCheck(Model):
    id: str
    code: str | None = None
    message: str | None = None


class CodeInterpreterLogs(Model):
    type: Literal["logs"]
    logs: str


class CodeInterpreterImage(Model):
    type: Literal["image"]
    url: str


class LocalShellAction(Model):
    type: str
    """Always `exec`."""
    command: list[str]
    env: dict[str, str]
    timeout_ms: int | None = None
    working_directory: str | None = None
    user: str | None = None


class ShellAction(Model):
    commands: list[str]
    timeout_ms: int | None
    max_output_length: int | None


class ShellContainer(Model):
    type: Literal["container_reference"]
    container_id: str


class ShellLocalEnvironment(Model):
    type: Literal["local"]


class ShellTimeout(Model):
    type: Literal["timeout"]


class ShellExit(Model):
    type: Literal["exit"]
    exit_code: int


class ShellOutput(Model):
    stdout: str
    stderr: str
    outcome: Annotated[ShellTimeout | ShellExit, OpenUnion()]
    created_by: str | None = None


class PatchWriteFile(Model):
    type: Literal["create_file", "update_file"]
    path: str
    diff: str


class PatchDeleteFile(Model):
    type: Literal["delete_file"]
    path: str


PatchOperation = Annotated[PatchWriteFile | PatchDeleteFile, OpenUnion()]


class MCPListedTool(Model):
    name: str
    input_schema: dict[str, Any]
    description: str | None = None
    annotations: dict[str, Any] | None = None


class MCPProtocolError(Model):
    type: Literal["mcp_protocol_error", "http_error"]
    code: int
    message: str


class MCPToolExecutionError(Model):
    type: Literal["mcp_tool_execution_error"]
    content: Any


MCPToolCallError = Annotated[MCPProtocolError | MCPToolExecutionError, OpenUnion()]

# Answers: items


class _Item(Model):
    id: str


class _Call(_Item):
    call_id: str
    status: Literal["in_progress", "completed", "incomplete"] | str


class ResponseOutputMessage(_Item):
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[ResponseOutputContent]
    status: Literal["in_progress", "completed", "incomplete"] | str
    phase: Literal["commentary", "final_answer"] | str | None = None
    """Whether it is a remark on the way, or the answer."""


class ResponseFileSearchToolCall(_Item):
    type: Literal["file_search_call"]
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"] | str
    queries: list[str]
    results: list[FileSearchResult] | None = None


class ResponseFunctionToolCall(Model):
    """A call of a function; answer it with a `function_call_output`."""

    type: Literal["function_call"]
    call_id: str
    """What the result names, to say which call it is of."""
    name: str
    arguments: str
    """JSON, if the model kept to it: check it before you act on it."""
    id: str | None = None
    caller: ToolCallCaller | None = None
    namespace: str | None = None
    """Of the tool that is called."""
    status: Literal["in_progress", "completed", "incomplete"] | str | None = None


class ResponseFunctionToolCallOutputItem(_Call):
    type: Literal["function_call_output"]
    output: str | list[ResponseInputContent]
    name: str | None = None
    namespace: str | None = None
    caller: ToolCallCaller | None = None
    created_by: str | None = None


class ResponseFunctionWebSearch(_Item):
    type: Literal["web_search_call"]
    status: Literal["in_progress", "searching", "completed", "failed"] | str
    action: Annotated[
        WebSearchActionSearch | WebSearchActionOpenPage | WebSearchActionFind, OpenUnion()
    ]


class ResponseComputerToolCall(_Call):
    type: Literal["computer_call"]
    pending_safety_checks: list[ComputerSafetyCheck]
    action: ComputerAction | None = None
    actions: list[ComputerAction] | None = None


class ResponseComputerToolCallOutputItem(_Item):
    type: Literal["computer_call_output"]
    call_id: str
    output: ComputerScreenshot
    status: Literal["completed", "incomplete", "failed"] | str
    acknowledged_safety_checks: list[ComputerSafetyCheck] | None = None
    created_by: str | None = None


class ResponseReasoningItem(_Item):
    type: Literal["reasoning"]
    summary: list[ReasoningSummary]
    """What the model thought, in short."""
    encrypted_content: str | None = None
    """What the model thought, for it alone to read; see `include`."""
    content: list[ReasoningText] | None = None
    status: Literal["in_progress", "completed", "incomplete"] | str | None = None


class ResponseProgram(_Item):
    type: Literal["program"]
    call_id: str
    code: str
    fingerprint: str
    """Goes back as it is."""


class ResponseProgramOutput(_Item):
    type: Literal["program_output"]
    call_id: str
    result: str
    status: Literal["completed", "incomplete"] | str


class ResponseToolSearchCall(_Item):
    type: Literal["tool_search_call"]
    call_id: str | None
    execution: Literal["server", "client"] | str
    arguments: Any
    status: Literal["in_progress", "completed", "incomplete"] | str
    created_by: str | None = None


class ResponseToolSearchOutputItem(_Item):
    type: Literal["tool_search_output"]
    call_id: str | None
    execution: Literal["server", "client"] | str
    tools: list[ResponseTool]
    status: Literal["in_progress", "completed", "incomplete"] | str
    created_by: str | None = None


class ResponseAdditionalTools(_Item):
    type: Literal["additional_tools"]
    role: (
        Literal[
            "unknown", "user", "assistant", "system", "critic", "discriminator", "developer", "tool"
        ]
        | str
    )
    tools: list[ResponseTool]


class ResponseCompactionItem(_Item):
    type: Literal["compaction"]
    encrypted_content: str
    """What stands for the items that were compacted."""
    created_by: str | None = None


class ResponseImageGenerationCall(_Item):
    type: Literal["image_generation_call"]
    status: Literal["in_progress", "completed", "generating", "failed"] | str
    result: str | None
    """The image, in Base64."""


class ResponseCodeInterpreterToolCall(_Item):
    type: Literal["code_interpreter_call"]
    status: Literal["in_progress", "completed", "incomplete", "interpreting", "failed"] | str
    container_id: str
    code: str | None
    outputs: list[Annotated[CodeInterpreterLogs | CodeInterpreterImage, OpenUnion()]] | None


class ResponseLocalShellCall(_Call):
    type: Literal["local_shell_call"]
    action: LocalShellAction


class ResponseLocalShellCallOutput(_Item):
    type: Literal["local_shell_call_output"]
    output: str
    status: Literal["in_progress", "completed", "incomplete"] | str | None = None


class ResponseFunctionShellToolCall(_Call):
    type: Literal["shell_call"]
    action: ShellAction
    environment: Annotated[ShellLocalEnvironment | ShellContainer, OpenUnion()] | None
    caller: ToolCallCaller | None = None
    created_by: str | None = None


class ResponseFunctionShellToolCallOutput(_Call):
    type: Literal["shell_call_output"]
    output: list[ShellOutput]
    max_output_length: int | None
    """Characters."""
    caller: ToolCallCaller | None = None
    created_by: str | None = None


class ResponseApplyPatchToolCall(_Item):
    type: Literal["apply_patch_call"]
    call_id: str
    status: Literal["in_progress", "completed"] | str
    operation: PatchOperation
    caller: ToolCallCaller | None = None
    created_by: str | None = None


class ResponseApplyPatchToolCallOutput(_Item):
    type: Literal["apply_patch_call_output"]
    call_id: str
    status: Literal["completed", "failed"] | str
    caller: ToolCallCaller | None = None
    output: str | None = None
    created_by: str | None = None


class ResponseMCPCall(_Item):
    type: Literal["mcp_call"]
    server_label: str
    name: str
    arguments: str
    output: str | None = None
    error: MCPToolCallError | None = None
    status: Literal["in_progress", "completed", "incomplete", "calling", "failed"] | str | None = (
        None
    )
    approval_request_id: str | None = None


class ResponseMCPListTools(_Item):
    type: Literal["mcp_list_tools"]
    server_label: str
    tools: list[MCPListedTool]
    error: str | None = None


class ResponseMCPApprovalRequest(_Item):
    type: Literal["mcp_approval_request"]
    server_label: str
    name: str
    arguments: str


class ResponseMCPApprovalResponse(_Item):
    type: Literal["mcp_approval_response"]
    approval_request_id: str
    approve: bool
    reason: str | None = None


class ResponseCustomToolCall(Model):
    type: Literal["custom_tool_call"]
    call_id: str
    name: str
    input: str
    id: str | None = None
    caller: ToolCallCaller | None = None
    namespace: str | None = None


class ResponseCustomToolCallOutputItem(_Call):
    type: Literal["custom_tool_call_output"]
    output: str | list[ResponseInputContent]
    caller: ToolCallCaller | None = None
    created_by: str | None = None


ResponseCommonItem = (
    ResponseFileSearchToolCall | ResponseFunctionToolCallOutputItem | ResponseFunctionWebSearch
    | ResponseComputerToolCall | ResponseComputerToolCallOutputItem | ResponseReasoningItem
    | ResponseProgram | ResponseProgramOutput | ResponseToolSearchCall
    | ResponseToolSearchOutputItem | ResponseAdditionalTools | ResponseCompactionItem
    | ResponseImageGenerationCall | ResponseCodeInterpreterToolCall | ResponseLocalShellCall
    | ResponseLocalShellCallOutput | ResponseFunctionShellToolCall
    | ResponseFunctionShellToolCallOutput | ResponseApplyPatchToolCall
    | ResponseApplyPatchToolCallOutput | ResponseMCPCall | ResponseMCPListTools
    | ResponseMCPApprovalRequest | ResponseMCPApprovalResponse
)  # fmt: skip
"""Items that are the same wherever they are told."""

ResponseOutputItem = Annotated[
    ResponseOutputMessage | ResponseFunctionToolCall | ResponseCustomToolCall
    | ResponseCustomToolCallOutputItem | ResponseCommonItem,
    OpenUnion(),
]  # fmt: skip
"""What a model may put into an answer."""


class ResponseInputMessageItem(_Item):
    type: Literal["message"]
    role: Literal["user", "system", "developer"]
    content: list[ResponseInputContent]
    status: Literal["in_progress", "completed", "incomplete"] | str | None = None


class ResponseFunctionToolCallItem(_Call):
    """A call of a function, as it is stored."""

    type: Literal["function_call"]
    name: str
    arguments: str
    caller: ToolCallCaller | None = None
    namespace: str | None = None
    created_by: str | None = None


class ResponseCustomToolCallItem(_Call):
    """A call of a custom tool, as it is stored."""

    type: Literal["custom_tool_call"]
    name: str
    input: str
    caller: ToolCallCaller | None = None
    namespace: str | None = None
    created_by: str | None = None


ResponseMessage = Annotated[
    ResponseInputMessageItem | ResponseOutputMessage, Field(discriminator="role")
]


ResponseItem = Annotated[
    ResponseMessage | ResponseFunctionToolCallItem | ResponseCustomToolCallItem
    | ResponseCustomToolCallOutputItem | ResponseCommonItem,
    OpenUnion(),
]  # fmt: skip
"""What a response was made of, as it is stored."""


# Answers: items of conversations


class ConversationText(Model):
    type: Literal["text"]
    text: str


class ConversationScreenshot(Model):
    type: Literal["computer_screenshot"]
    image_url: str | None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None
    detail: Literal["low", "high", "auto", "original"] | str
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None


class ConversationMessage(_Item):
    """A message of anybody."""

    type: Literal["message"]
    status: Literal["in_progress", "completed", "incomplete"] | str
    role: (
        Literal[
            "unknown", "user", "assistant", "system", "critic", "discriminator", "developer", "tool"
        ]
        | str
    )
    content: list[
        Annotated[
            ResponseInputText
            | ResponseOutputText
            | ConversationText
            | ReasoningSummary
            | ReasoningText
            | ResponseOutputRefusal
            | ResponseInputImage
            | ConversationScreenshot
            | ResponseInputFile,
            OpenUnion(),
        ]
    ]
    phase: Literal["commentary", "final_answer"] | str | None = None


class ResponseCustomToolCallOutput(Model):
    """As a conversation tells it."""

    type: Literal["custom_tool_call_output"]
    call_id: str
    output: str | list[ResponseInputContent]
    id: str | None = None
    caller: ToolCallCaller | None = None


ConversationItem = Annotated[
    ConversationMessage | ResponseFunctionToolCallItem | ResponseCustomToolCall
    | ResponseCustomToolCallOutput | ResponseCommonItem,
    OpenUnion(),
]  # fmt: skip
"""What a conversation consists of."""
