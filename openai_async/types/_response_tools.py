"""The tools of responses: what may be called, and what is to be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._models import Model
from .._unions import OpenUnion
from .chat import FunctionToolParam
from .containers import ContainerNetworkPolicyParam
from .skills import InlineSkillParam, SkillReferenceParam
from .vector_stores import AttributeFilterParam

__all__ = [
    "ApplyPatchTool",
    "ApplyPatchToolParam",
    "CodeInterpreterContainer",
    "CodeInterpreterContainerParam",
    "CodeInterpreterTool",
    "CodeInterpreterToolParam",
    "ComputerTool",
    "ComputerToolParam",
    "ComputerUsePreviewTool",
    "ComputerUsePreviewToolParam",
    "ContainerAuto",
    "ContainerAutoParam",
    "ContainerReference",
    "ContainerReferenceParam",
    "CustomGrammarFormat",
    "CustomGrammarFormatParam",
    "CustomTextFormat",
    "CustomTextFormatParam",
    "FileSearchComparison",
    "FileSearchCompound",
    "FileSearchFilter",
    "FileSearchHybridOptions",
    "FileSearchHybridOptionsParam",
    "FileSearchRankingOptions",
    "FileSearchRankingOptionsParam",
    "FileSearchTool",
    "FileSearchToolParam",
    "FunctionShellTool",
    "FunctionShellToolParam",
    "ImageGenerationMask",
    "ImageGenerationMaskParam",
    "ImageGenerationModel",
    "ImageGenerationTool",
    "ImageGenerationToolParam",
    "LocalEnvironment",
    "LocalEnvironmentParam",
    "LocalShellTool",
    "LocalShellToolParam",
    "MCPApprovalFilter",
    "MCPApprovalFilterParam",
    "MCPConnector",
    "MCPTool",
    "MCPToolFilter",
    "MCPToolFilterParam",
    "MCPToolParam",
    "NamespaceFunctionTool",
    "NamespaceFunctionToolParam",
    "NamespaceTool",
    "NamespaceToolParam",
    "ProgrammaticToolCallingTool",
    "ProgrammaticToolCallingToolParam",
    "ResponseCustomTool",
    "ResponseCustomToolParam",
    "ResponseFunctionTool",
    "ResponseFunctionToolParam",
    "ResponseTool",
    "ResponseToolChoice",
    "ResponseToolChoiceParam",
    "ResponseToolParam",
    "ResponseWebSearchLocation",
    "ResponseWebSearchLocationParam",
    "ShellInlineSkill",
    "ShellInlineSkillSource",
    "ShellLocalSkill",
    "ShellLocalSkillParam",
    "ShellSkillReference",
    "ToolChoiceAllowed",
    "ToolChoiceAllowedParam",
    "ToolChoiceApplyPatch",
    "ToolChoiceApplyPatchParam",
    "ToolChoiceCustom",
    "ToolChoiceCustomParam",
    "ToolChoiceFunction",
    "ToolChoiceFunctionParam",
    "ToolChoiceMCP",
    "ToolChoiceMCPParam",
    "ToolChoiceProgrammatic",
    "ToolChoiceProgrammaticParam",
    "ToolChoiceShell",
    "ToolChoiceShellParam",
    "ToolChoiceTypes",
    "ToolChoiceTypesParam",
    "ToolDomainSecret",
    "ToolNetworkAllowlist",
    "ToolNetworkDisabled",
    "ToolNetworkPolicy",
    "ToolSearchTool",
    "ToolSearchToolParam",
    "WebSearchFilters",
    "WebSearchFiltersParam",
    "WebSearchPreviewLocation",
    "WebSearchPreviewLocationParam",
    "WebSearchPreviewTool",
    "WebSearchPreviewToolParam",
    "WebSearchTool",
    "WebSearchToolParam",
]

MCPConnector = Literal[
    "connector_dropbox",
    "connector_gmail",
    "connector_googlecalendar",
    "connector_googledrive",
    "connector_microsoftteams",
    "connector_outlookcalendar",
    "connector_outlookemail",
    "connector_sharepoint",
]

ImageGenerationModel = (
    Literal[
        "gpt-image-1",
        "gpt-image-1-mini",
        "gpt-image-2",
        "gpt-image-2-2026-04-21",
        "gpt-image-1.5",
        "chatgpt-image-latest",
    ]
    | str
)

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


class ResponseWebSearchLocationParam(TypedDict, total=False):
    type: Literal["approximate"]
    country: str | None
    """Two letters of ISO 3166."""
    region: str | None
    city: str | None
    timezone: str | None
    """As IANA names it."""


class WebSearchPreviewLocationParam(TypedDict, total=False):
    type: Required[Literal["approximate"]]
    country: str | None
    """Two letters of ISO 3166."""
    region: str | None
    city: str | None
    timezone: str | None
    """As IANA names it."""


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


class ComputerToolParam(TypedDict):
    type: Literal["computer"]


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


class ProgrammaticToolCallingToolParam(TypedDict):
    """Lets the model write programs that call tools."""

    type: Literal["programmatic_tool_calling"]


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


class LocalShellToolParam(TypedDict):
    """The shell of `codex-mini`."""

    type: Literal["local_shell"]


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
        "file_search",
        "web_search_preview",
        "computer",
        "computer_use_preview",
        "computer_use",
        "web_search_preview_2025_03_11",
        "image_generation",
        "code_interpreter",
    ]


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


class ToolChoiceProgrammaticParam(TypedDict):
    type: Literal["programmatic_tool_calling"]


class ToolChoiceApplyPatchParam(TypedDict):
    type: Literal["apply_patch"]


class ToolChoiceShellParam(TypedDict):
    type: Literal["shell"]


ResponseToolChoiceParam = (
    Literal["none", "auto", "required"]
    | ToolChoiceAllowedParam
    | ToolChoiceTypesParam
    | ToolChoiceFunctionParam
    | ToolChoiceMCPParam
    | ToolChoiceCustomParam
    | ToolChoiceProgrammaticParam
    | ToolChoiceApplyPatchParam
    | ToolChoiceShellParam
)

# Answers


class ShellLocalSkill(Model):
    name: str
    description: str
    path: str


class ShellSkillReference(Model):
    type: Literal["skill_reference"]
    skill_id: str
    version: str | None = None


class ShellInlineSkillSource(Model):
    type: str
    """Always `base64`."""
    media_type: Literal["application/zip"] | str
    data: str


class ShellInlineSkill(Model):
    type: Literal["inline"]
    name: str
    description: str
    source: ShellInlineSkillSource


class ToolNetworkDisabled(Model):
    type: Literal["disabled"]


class ToolDomainSecret(Model):
    domain: str
    name: str
    value: str = Field(repr=False)


class ToolNetworkAllowlist(Model):
    type: Literal["allowlist"]
    allowed_domains: list[str]
    domain_secrets: list[ToolDomainSecret] | None = None


ToolNetworkPolicy = Annotated[ToolNetworkDisabled | ToolNetworkAllowlist, OpenUnion()]


class CodeInterpreterContainer(Model):
    type: str
    """Always `auto`."""
    file_ids: list[str] | None = None
    memory_limit: Literal["1g", "4g", "16g", "64g"] | str | None = None
    network_policy: ToolNetworkPolicy | None = None


class ContainerAuto(Model):
    type: Literal["container_auto"]
    file_ids: list[str] | None = None
    memory_limit: Literal["1g", "4g", "16g", "64g"] | str | None = None
    network_policy: ToolNetworkPolicy | None = None
    skills: list[Annotated[ShellSkillReference | ShellInlineSkill, OpenUnion()]] | None = None


class LocalEnvironment(Model):
    type: Literal["local"]
    skills: list[ShellLocalSkill] | None = None


class ContainerReference(Model):
    type: Literal["container_reference"]
    container_id: str


class FileSearchHybridOptions(Model):
    embedding_weight: float
    text_weight: float


class FileSearchRankingOptions(Model):
    ranker: Literal["auto", "default-2024-11-15"] | str | None = None
    score_threshold: float | None = None
    """From 0 to 1: what a result must score."""
    hybrid_search: FileSearchHybridOptions | None = None


class FileSearchComparison(Model):
    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: str | float | bool | list[str | float]


class FileSearchCompound(Model):
    type: Literal["and", "or"]
    filters: list[FileSearchFilter]


FileSearchFilter = Annotated[FileSearchComparison | FileSearchCompound, OpenUnion()]


class WebSearchFilters(Model):
    allowed_domains: list[str] | None = None


class ResponseWebSearchLocation(Model):
    type: str | None = None
    """Always `approximate`."""
    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None


class WebSearchPreviewLocation(Model):
    type: str
    """Always `approximate`."""
    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None


class MCPToolFilter(Model):
    tool_names: list[str] | None = None
    read_only: bool | None = None


class MCPApprovalFilter(Model):
    always: MCPToolFilter | None = None
    never: MCPToolFilter | None = None


class ImageGenerationMask(Model):
    image_url: str | None = None
    """Where it is, or a `data:` URL with the image in it."""
    file_id: str | None = None


class CustomTextFormat(Model):
    type: Literal["text"]


class CustomGrammarFormat(Model):
    type: Literal["grammar"]
    syntax: Literal["lark", "regex"] | str
    definition: str


class NamespaceFunctionTool(Model):
    name: str
    type: Literal["function"]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    output_schema: dict[str, Any] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


class ResponseFunctionTool(Model):
    type: Literal["function"]
    name: str
    parameters: dict[str, Any] | None
    """A JSON schema of the arguments."""
    strict: bool | None
    description: str | None = None
    output_schema: dict[str, Any] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


class FileSearchTool(Model):
    type: Literal["file_search"]
    vector_store_ids: list[str]
    max_num_results: int | None = None
    ranking_options: FileSearchRankingOptions | None = None
    filters: FileSearchFilter | None = None


class ComputerTool(Model):
    type: Literal["computer"]


class ComputerUsePreviewTool(Model):
    type: Literal["computer_use_preview"]
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"] | str
    display_width: int
    display_height: int


class WebSearchTool(Model):
    type: Literal["web_search", "web_search_2025_08_26"]
    external_web_access: bool | None = None
    filters: WebSearchFilters | None = None
    user_location: ResponseWebSearchLocation | None = None
    search_context_size: Literal["low", "medium", "high"] | str | None = None


class MCPTool(Model):
    type: Literal["mcp"]
    server_label: str
    server_url: str | None = None
    connector_id: MCPConnector | str | None = None
    tunnel_id: str | None = None
    authorization: str | None = Field(default=None, repr=False)
    server_description: str | None = None
    headers: dict[str, str] | None = Field(default=None, repr=False)
    allowed_tools: list[str] | MCPToolFilter | None = None
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None
    require_approval: MCPApprovalFilter | Literal["always", "never"] | str | None = None
    defer_loading: bool | None = None


class CodeInterpreterTool(Model):
    type: Literal["code_interpreter"]
    container: str | CodeInterpreterContainer
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


class ProgrammaticToolCallingTool(Model):
    type: Literal["programmatic_tool_calling"]


class ImageGenerationTool(Model):
    type: Literal["image_generation"]
    model: ImageGenerationModel | None = None
    quality: Literal["low", "medium", "high", "auto"] | str | None = None
    size: Literal["1024x1024", "1024x1536", "1536x1024", "auto"] | str | None = None
    output_format: Literal["png", "webp", "jpeg"] | str | None = None
    output_compression: int | None = None
    moderation: Literal["auto", "low"] | str | None = None
    background: Literal["transparent", "opaque", "auto"] | str | None = None
    input_fidelity: Literal["high", "low"] | str | None = None
    input_image_mask: ImageGenerationMask | None = None
    partial_images: int | None = None
    action: Literal["generate", "edit", "auto"] | str | None = None


class LocalShellTool(Model):
    type: Literal["local_shell"]


class FunctionShellTool(Model):
    type: Literal["shell"]
    environment: (
        Annotated[ContainerAuto | LocalEnvironment | ContainerReference, OpenUnion()] | None
    ) = None
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


class ResponseCustomTool(Model):
    type: Literal["custom"]
    name: str
    description: str | None = None
    format: Annotated[CustomTextFormat | CustomGrammarFormat, OpenUnion()] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


class NamespaceTool(Model):
    type: Literal["namespace"]
    name: str
    description: str
    tools: list[Annotated[NamespaceFunctionTool | ResponseCustomTool, OpenUnion()]]


class ToolSearchTool(Model):
    type: Literal["tool_search"]
    execution: Literal["server", "client"] | str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class WebSearchPreviewTool(Model):
    type: Literal["web_search_preview", "web_search_preview_2025_03_11"]
    user_location: WebSearchPreviewLocation | None = None
    search_context_size: Literal["low", "medium", "high"] | str | None = None
    search_content_types: list[Literal["text", "image"] | str] | None = None


class ApplyPatchTool(Model):
    type: Literal["apply_patch"]
    allowed_callers: list[Literal["direct", "programmatic"] | str] | None = None


ResponseTool = Annotated[
    ResponseFunctionTool
    | FileSearchTool
    | ComputerTool
    | ComputerUsePreviewTool
    | WebSearchTool
    | MCPTool
    | CodeInterpreterTool
    | ProgrammaticToolCallingTool
    | ImageGenerationTool
    | LocalShellTool
    | FunctionShellTool
    | ResponseCustomTool
    | NamespaceTool
    | ToolSearchTool
    | WebSearchPreviewTool
    | ApplyPatchTool,
    OpenUnion(),
]
"""A tool as an answer tells it."""


ResponseToolParam = (
    ResponseFunctionToolParam
    | FileSearchToolParam
    | ComputerToolParam
    | ComputerUsePreviewToolParam
    | WebSearchToolParam
    | MCPToolParam
    | CodeInterpreterToolParam
    | ProgrammaticToolCallingToolParam
    | ImageGenerationToolParam
    | LocalShellToolParam
    | FunctionShellToolParam
    | ResponseCustomToolParam
    | NamespaceToolParam
    | ToolSearchToolParam
    | WebSearchPreviewToolParam
    | ApplyPatchToolParam
    | ResponseTool
    | FunctionToolParam
)


class ToolChoiceAllowed(Model):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"] | str
    tools: list[dict[str, Any]]


class ToolChoiceTypes(Model):
    type: Literal[
        "file_search",
        "web_search_preview",
        "computer",
        "computer_use_preview",
        "computer_use",
        "web_search_preview_2025_03_11",
        "image_generation",
        "code_interpreter",
    ]


class ToolChoiceFunction(Model):
    type: Literal["function"]
    name: str


class ToolChoiceMCP(Model):
    type: Literal["mcp"]
    server_label: str
    name: str | None = None


class ToolChoiceCustom(Model):
    type: Literal["custom"]
    name: str


class ToolChoiceProgrammatic(Model):
    type: Literal["programmatic_tool_calling"]


class ToolChoiceApplyPatch(Model):
    type: Literal["apply_patch"]


class ToolChoiceShell(Model):
    type: Literal["shell"]


ResponseToolChoice = (
    Literal["none", "auto", "required"]
    | str
    | Annotated[
        ToolChoiceAllowed
        | ToolChoiceTypes
        | ToolChoiceFunction
        | ToolChoiceMCP
        | ToolChoiceCustom
        | ToolChoiceProgrammatic
        | ToolChoiceApplyPatch
        | ToolChoiceShell,
        OpenUnion(),
    ]
)
