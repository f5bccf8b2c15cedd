"""The tools of responses as answers tell them; they can go back into a call as they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .._models import Model
from .._unions import OpenUnion

__all__ = [
    "ApplyPatchTool", "BareTool", "CodeInterpreterContainer", "CodeInterpreterTool",
    "ComputerUsePreviewTool", "ContainerAuto", "ContainerReference", "CustomGrammarFormat",
    "CustomTextFormat", "FileSearchComparison", "FileSearchCompound", "FileSearchFilter",
    "FileSearchHybridOptions", "FileSearchRankingOptions", "FileSearchTool", "FunctionShellTool",
    "ImageGenerationMask", "ImageGenerationModel", "ImageGenerationTool", "LocalEnvironment",
    "MCPApprovalFilter", "MCPConnector", "MCPTool", "MCPToolFilter", "NamespaceFunctionTool",
    "NamespaceTool", "ResponseCustomTool", "ResponseFunctionTool", "ResponseTool", "ResponseToolChoice",
    "ResponseWebSearchLocation", "ShellInlineSkill", "ShellInlineSkillSource", "ShellLocalSkill",
    "ShellSkillReference", "ToolChoiceAllowed", "ToolChoiceCustom", "ToolChoiceFunction",
    "ToolChoiceMCP", "ToolChoiceTypes", "ToolDomainSecret", "ToolNetworkAllowlist",
    "ToolNetworkDisabled", "ToolNetworkPolicy", "ToolSearchTool", "WebSearchFilters",
    "WebSearchPreviewLocation", "WebSearchPreviewTool", "WebSearchTool",
]  # fmt: skip

MCPConnector = Literal[
    "connector_dropbox", "connector_gmail", "connector_googlecalendar", "connector_googledrive",
    "connector_microsoftteams", "connector_outlookcalendar", "connector_outlookemail",
    "connector_sharepoint",
]  # fmt: skip

ImageGenerationModel = str | Literal[
    "gpt-image-1", "gpt-image-1-mini", "gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-1.5",
    "chatgpt-image-latest",
]  # fmt: skip


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


class _Place(Model):
    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None


class ResponseWebSearchLocation(_Place):
    type: str | None = None
    """Always `approximate`."""


class WebSearchPreviewLocation(_Place):
    type: str
    """Always `approximate`."""


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


class BareTool(Model):
    """A tool that takes no settings."""

    type: Literal["computer", "local_shell", "programmatic_tool_calling"]


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
    ResponseFunctionTool | FileSearchTool | BareTool | ComputerUsePreviewTool | WebSearchTool
    | MCPTool | CodeInterpreterTool | ImageGenerationTool | FunctionShellTool | ResponseCustomTool
    | NamespaceTool | ToolSearchTool | WebSearchPreviewTool | ApplyPatchTool,
    OpenUnion(),
]  # fmt: skip
"""A tool as an answer tells it."""


class ToolChoiceAllowed(Model):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"] | str
    tools: list[dict[str, Any]]


class ToolChoiceTypes(Model):
    type: Literal[
        "file_search", "web_search_preview", "computer", "computer_use_preview", "computer_use",
        "web_search_preview_2025_03_11", "image_generation", "code_interpreter",
        "programmatic_tool_calling", "apply_patch", "shell",
    ]  # fmt: skip


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


ResponseToolChoice = (
    Literal["none", "auto", "required"]
    | str
    | Annotated[
        ToolChoiceAllowed | ToolChoiceTypes | ToolChoiceFunction | ToolChoiceMCP | ToolChoiceCustom,
        OpenUnion(),
    ]
)
