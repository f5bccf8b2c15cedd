"""The tools of responses: what may be called, and what is to be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Required, TypedDict

from ._response_sent_tools import ImageGenerationModel, MCPConnector, ResponseTool
from .chat import FunctionToolParam
from .containers import ContainerNetworkPolicyParam
from .skills import InlineSkillParam, SkillReferenceParam
from .vector_stores import AttributeFilterParam

__all__ = [
    "ApplyPatchToolParam", "BareToolParam", "CodeInterpreterToolParam", "ComputerUsePreviewToolParam",
    "FileSearchToolParam", "FunctionShellToolParam", "ImageGenerationToolParam", "MCPToolParam",
    "NamespaceToolParam", "ResponseCustomToolParam", "ResponseFunctionToolParam",
    "ResponseToolChoiceParam", "ResponseToolParam", "ToolChoiceAllowedParam", "ToolChoiceCustomParam",
    "ToolChoiceFunctionParam", "ToolChoiceMCPParam", "ToolChoiceTypesParam", "ToolSearchToolParam",
    "WebSearchPreviewToolParam", "WebSearchToolParam",
]  # fmt: skip

# Parameters


class ShellLocalSkillParam(TypedDict):
    name: str
    description: str
    path: str
    """Of its folder."""


class CodeInterpreterContainerParam(TypedDict, total=False):
    type: Required[Literal["auto"]]
    file_ids: Sequence[str]
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None
    """Default: `1g`."""
    network_policy: ContainerNetworkPolicyParam


class ContainerAutoParam(TypedDict, total=False):
    type: Required[Literal["container_auto"]]
    file_ids: Sequence[str]
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None
    """Default: `1g`."""
    network_policy: ContainerNetworkPolicyParam
    skills: Sequence[SkillReferenceParam | InlineSkillParam]


class LocalEnvironmentParam(TypedDict, total=False):
    type: Required[Literal["local"]]
    skills: Sequence[ShellLocalSkillParam]


class ContainerReferenceParam(TypedDict):
    type: Literal["container_reference"]
    container_id: str


class FileSearchHybridOptionsParam(TypedDict):
    embedding_weight: float
    text_weight: float


class FileSearchRankingOptionsParam(TypedDict, total=False):
    ranker: Literal["auto", "default-2024-11-15"]
    score_threshold: float
    """From 0 to 1: what a result must score."""
    hybrid_search: FileSearchHybridOptionsParam


class WebSearchFiltersParam(TypedDict, total=False):
    allowed_domains: Sequence[str] | None


class _PlaceParam(TypedDict, total=False):
    country: str | None
    """Two letters of ISO 3166."""
    region: str | None
    city: str | None
    timezone: str | None
    """As IANA names it."""


class ResponseWebSearchLocationParam(_PlaceParam, total=False):
    type: Literal["approximate"]


class WebSearchPreviewLocationParam(_PlaceParam):
    type: Literal["approximate"]


class MCPToolFilterParam(TypedDict, total=False):
    tool_names: Sequence[str]
    read_only: bool
    """Tools that the server marks as reading only."""


class MCPApprovalFilterParam(TypedDict, total=False):
    always: MCPToolFilterParam
    never: MCPToolFilterParam


class ImageGenerationMaskParam(TypedDict, total=False):
    image_url: str
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str
    """Of a file that was uploaded."""


class CustomTextFormatParam(TypedDict):
    type: Literal["text"]


class CustomGrammarFormatParam(TypedDict):
    type: Literal["grammar"]
    syntax: Literal["lark", "regex"]
    definition: str
    """The grammar."""


class NamespaceFunctionToolParam(TypedDict, total=False):
    name: Required[str]
    type: Required[Literal["function"]]
    description: str | None
    parameters: Mapping[str, Any] | None
    strict: bool | None
    output_schema: Mapping[str, Any] | None
    """A JSON schema of the results."""
    defer_loading: bool
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None


class ResponseFunctionToolParam(TypedDict, total=False):
    """A function of yours."""

    type: Required[Literal["function"]]
    name: Required[str]
    parameters: Required[Mapping[str, Any] | None]
    """A JSON schema of the arguments."""
    strict: Required[bool | None]
    """Whether the arguments conform to the schema for certain."""
    description: str | None
    output_schema: Mapping[str, Any] | None
    """A JSON schema of the results."""
    defer_loading: bool
    """Whether the model learns of it only when it searches for tools."""
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None
    """Who may call it: the model itself, a program that it writes, or both. Default: the model."""


class FileSearchToolParam(TypedDict, total=False):
    """Search in vector stores."""

    type: Required[Literal["file_search"]]
    vector_store_ids: Required[Sequence[str]]
    max_num_results: int
    """From 1 to 50."""
    ranking_options: FileSearchRankingOptionsParam
    filters: AttributeFilterParam | None


class ComputerUsePreviewToolParam(TypedDict):
    type: Literal["computer_use_preview"]
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"]
    display_width: int
    display_height: int


class WebSearchToolParam(TypedDict, total=False):
    type: Required[Literal["web_search", "web_search_2025_08_26"]]
    external_web_access: bool
    """False keeps to what is cached. Default: true."""
    filters: WebSearchFiltersParam | None
    user_location: ResponseWebSearchLocationParam | None
    search_context_size: Literal["low", "medium", "high"]
    """Default: `medium`."""


class MCPToolParam(TypedDict, total=False):
    """The tools of a server of the Model Context Protocol."""

    type: Required[Literal["mcp"]]
    server_label: Required[str]
    server_url: str
    """This, `connector_id` or `tunnel_id` is needed."""
    connector_id: MCPConnector
    """In place of `server_url`: a service known by name."""
    tunnel_id: str
    """In place of `server_url`, a tunnel to a server in a private network."""
    authorization: str
    """An OAuth token for the server."""
    server_description: str
    headers: Mapping[str, str] | None
    """Sent to the server."""
    allowed_tools: Sequence[str] | MCPToolFilterParam | None
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None
    require_approval: MCPApprovalFilterParam | Literal["always", "never"] | None
    """Which calls wait for an approval. Default: `always`."""
    defer_loading: bool


class CodeInterpreterToolParam(TypedDict, total=False):
    type: Required[Literal["code_interpreter"]]
    container: Required[str | CodeInterpreterContainerParam]
    """An id, or what to make one of."""
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None


class BareToolParam(TypedDict):
    """A screen to work on, the shell of `codex-mini`, or programs of the model that call tools."""

    type: Literal["computer", "local_shell", "programmatic_tool_calling"]


class ImageGenerationToolParam(TypedDict, total=False):
    type: Required[Literal["image_generation"]]
    model: ImageGenerationModel
    quality: Literal["low", "medium", "high", "auto"]
    size: Literal["1024x1024", "1024x1536", "1536x1024", "auto"] | str
    output_format: Literal["png", "webp", "jpeg"]
    output_compression: int
    """From 0 to 100. Default: 100."""
    moderation: Literal["auto", "low"]
    background: Literal["transparent", "opaque", "auto"]
    input_fidelity: Literal["high", "low"] | None
    """How much it has to look like the images that were given. Default: `low`."""
    input_image_mask: ImageGenerationMaskParam
    partial_images: int
    """From 0 to 3: how many to stream before the image is done. Default: 0."""
    action: Literal["generate", "edit", "auto"]


class FunctionShellToolParam(TypedDict, total=False):
    """A shell, in a container or on your machine."""

    type: Required[Literal["shell"]]
    environment: ContainerAutoParam | LocalEnvironmentParam | ContainerReferenceParam | None
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None


class ResponseCustomToolParam(TypedDict, total=False):
    """A tool that takes text in place of JSON."""

    type: Required[Literal["custom"]]
    name: Required[str]
    description: str
    format: CustomTextFormatParam | CustomGrammarFormatParam
    defer_loading: bool
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None


class NamespaceToolParam(TypedDict):
    """Tools that belong together."""

    type: Literal["namespace"]
    name: str
    description: str
    tools: Sequence[NamespaceFunctionToolParam | ResponseCustomToolParam]


class ToolSearchToolParam(TypedDict, total=False):
    """Lets the model look for tools that are loaded later."""

    type: Required[Literal["tool_search"]]
    execution: Literal["server", "client"]
    """Who searches. Default: `server`."""
    description: str | None
    parameters: Mapping[str, Any] | None


class WebSearchPreviewToolParam(TypedDict, total=False):
    type: Required[Literal["web_search_preview", "web_search_preview_2025_03_11"]]
    user_location: WebSearchPreviewLocationParam | None
    search_context_size: Literal["low", "medium", "high"]
    """Default: `medium`."""
    search_content_types: Sequence[Literal["text", "image"]]


class ApplyPatchToolParam(TypedDict, total=False):
    type: Required[Literal["apply_patch"]]
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None


class ToolChoiceAllowedParam(TypedDict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    """Whether one of them must be called."""
    tools: Sequence[Mapping[str, Any]]
    """Each as `{"type": "function", "name": ...}`."""


class ToolChoiceTypesParam(TypedDict):
    """A built-in tool."""

    type: Literal[
        "file_search", "web_search_preview", "computer", "computer_use_preview", "computer_use",
        "web_search_preview_2025_03_11", "image_generation", "code_interpreter",
        "programmatic_tool_calling", "apply_patch", "shell",
    ]  # fmt: skip


class ToolChoiceFunctionParam(TypedDict):
    type: Literal["function"]
    name: str


class ToolChoiceMCPParam(TypedDict, total=False):
    type: Required[Literal["mcp"]]
    server_label: Required[str]
    name: str | None


class ToolChoiceCustomParam(TypedDict):
    type: Literal["custom"]
    name: str


ResponseToolChoiceParam = (
    Literal["none", "auto", "required"] | ToolChoiceAllowedParam | ToolChoiceTypesParam
    | ToolChoiceFunctionParam | ToolChoiceMCPParam | ToolChoiceCustomParam
)  # fmt: skip

ResponseToolParam = (
    ResponseFunctionToolParam | FileSearchToolParam | ComputerUsePreviewToolParam
    | WebSearchToolParam | MCPToolParam | CodeInterpreterToolParam | BareToolParam
    | ImageGenerationToolParam | FunctionShellToolParam | ResponseCustomToolParam
    | NamespaceToolParam | ToolSearchToolParam | WebSearchPreviewToolParam | ApplyPatchToolParam
    | FunctionToolParam | ResponseTool
)  # fmt: skip
