"""Files that can be searched by meaning: https://platform.openai.com/docs/api-reference/vector-stores"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from typing_extensions import Required, TypedDict

from .._models import Model
from .._pagination import Page
from .._request import RequestOptions
from .._unions import OpenUnion

__all__ = [
    "AttributeFilterParam", "AutoChunkingStrategyParam", "ChunkingStrategy", "ChunkingStrategyParam",
    "ComparisonFilterParam", "CompoundFilterParam", "OtherChunkingStrategy", "StaticChunkingParam",
    "StaticChunkingSizes", "StaticChunkingStrategy", "StaticChunkingStrategyParam", "VectorStore",
    "VectorStoreCreateParams", "VectorStoreDeleted", "VectorStoreExpiresAfter",
    "VectorStoreExpiresAfterParam", "VectorStoreFile", "VectorStoreFileBatch",
    "VectorStoreFileBatchCreateParams", "VectorStoreFileContent", "VectorStoreFileContentPage",
    "VectorStoreFileCounts", "VectorStoreFileCreateParams", "VectorStoreFileDeleted",
    "VectorStoreFileError", "VectorStoreFileListParams", "VectorStoreFileOptions",
    "VectorStoreFileParam", "VectorStoreFileStatus", "VectorStoreFileUpdateParams",
    "VectorStoreFileUploadParams", "VectorStoreListParams", "VectorStoreRankingParam",
    "VectorStoreSearchContent", "VectorStoreSearchPage", "VectorStoreSearchParams",
    "VectorStoreSearchResponse", "VectorStoreSearchResult", "VectorStoreUpdateParams",
]  # fmt: skip

VectorStoreFileStatus = Literal["in_progress", "completed", "cancelled", "failed"]
"""The last three are ends. Of a file, and of a batch of files."""


class StaticChunkingSizes(Model):
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class StaticChunkingStrategy(Model):
    """Chunks of a known size."""

    type: Literal["static"]
    static: StaticChunkingSizes


class OtherChunkingStrategy(Model):
    """Chunks of an unknown size, such as those of old files."""

    type: Literal["other"]


ChunkingStrategy = Annotated[StaticChunkingStrategy | OtherChunkingStrategy, OpenUnion()]
"""How a file was cut."""


class StaticChunkingParam(TypedDict):
    max_chunk_size_tokens: int
    """100 to 4096."""
    chunk_overlap_tokens: int
    """What two neighbours share: at most half of a chunk."""


class StaticChunkingStrategyParam(TypedDict):
    """Chunks of a size of one's own."""

    type: Literal["static"]
    static: StaticChunkingParam


class AutoChunkingStrategyParam(TypedDict):
    """Chunks of 800 tokens that share 400 with each neighbour."""

    type: Literal["auto"]


ChunkingStrategyParam = (
    AutoChunkingStrategyParam | StaticChunkingStrategyParam | StaticChunkingStrategy
)
"""How files are cut into what is searched. Default: `auto`."""


class VectorStoreExpiresAfter(Model):
    """How long a store lives without being used."""

    anchor: Literal["last_active_at"] | str
    days: int


class VectorStoreExpiresAfterParam(TypedDict):
    anchor: Literal["last_active_at"]
    days: int
    """1 to 365."""


class VectorStoreCreateParams(RequestOptions, total=False):
    name: str
    description: str
    file_ids: Sequence[str]
    """Up to 500 files to put in."""
    chunking_strategy: ChunkingStrategyParam
    """Of `file_ids`. Default: `auto`."""
    expires_after: VectorStoreExpiresAfterParam | VectorStoreExpiresAfter
    """When it is deleted. Default: never."""
    metadata: Mapping[str, str] | None
    """Up to 16 pairs, keys of at most 64 characters, values of at most 512."""


class VectorStoreUpdateParams(RequestOptions, total=False):
    name: str | None
    expires_after: VectorStoreExpiresAfterParam | VectorStoreExpiresAfter | None
    metadata: Mapping[str, str] | None


class VectorStoreListParams(RequestOptions, total=False):
    limit: int
    """Items of a page, 1 to 100. Default: 20."""
    order: Literal["asc", "desc"]
    """By the time of creation. Default: `desc`."""
    after: str
    """The id that the page begins behind."""
    before: str
    """The id that the page ends in front of."""


class ComparisonFilterParam(TypedDict):
    """Lets through the files of which an attribute compares to a value."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: str | float | bool | Sequence[str | float]
    """A list for `in` and `nin`."""


class CompoundFilterParam(TypedDict):
    """Lets through what all (`and`) or any (`or`) of its filters do."""

    type: Literal["and", "or"]
    filters: Sequence[ComparisonFilterParam | CompoundFilterParam]


AttributeFilterParam = ComparisonFilterParam | CompoundFilterParam
"""Which files are searched, by their attributes."""


class VectorStoreRankingParam(TypedDict, total=False):
    ranker: Literal["none", "auto", "default-2024-11-15"]
    """`none` ranks by similarity alone, which is quicker. Default: `auto`."""
    score_threshold: float
    """What scores less is left out; 0 to 1. Default: 0."""


class VectorStoreSearchParams(RequestOptions, total=False):
    query: Required[str | Sequence[str]]
    filters: AttributeFilterParam
    max_num_results: int
    """1 to 50. Default: 10."""
    ranking_options: VectorStoreRankingParam
    rewrite_query: bool
    """Whether the server words the query anew, for the search. Default: false."""


class VectorStoreFileOptions(TypedDict, total=False):
    """What a file has of its own in a store."""

    attributes: Mapping[str, str | float | bool] | None
    """What filters look at: up to 16 pairs, keys of at most 64 characters, texts of at most 512."""
    chunking_strategy: ChunkingStrategyParam


class VectorStoreFileParam(VectorStoreFileOptions, total=False):
    file_id: Required[str]


class VectorStoreFileCreateParams(VectorStoreFileParam, RequestOptions, total=False):
    pass


class VectorStoreFileUploadParams(VectorStoreFileOptions, RequestOptions, total=False):
    pass


class VectorStoreFileUpdateParams(RequestOptions, total=False):
    attributes: Required[Mapping[str, str | float | bool] | None]
    """All attributes: those that are not named are gone."""


class VectorStoreFileListParams(VectorStoreListParams, total=False):
    filter: VectorStoreFileStatus
    """Files of this status only."""


class VectorStoreFileBatchCreateParams(VectorStoreFileUploadParams, total=False):
    """`attributes` and `chunking_strategy` hold for each of `file_ids`."""

    file_ids: Sequence[str]
    """1 to 2000 files; this or `files`."""
    files: Sequence[VectorStoreFileParam]
    """1 to 2000 files, each with attributes and a strategy of its own."""


class VectorStoreFileCounts(Model):
    """How many files are at what point."""

    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class VectorStore(Model):
    """Files that can be searched by meaning."""

    id: str
    object: str
    """Always `vector_store`."""
    created_at: int
    """Seconds since the epoch."""
    name: str
    usage_bytes: int
    """What its files take up in it."""
    file_counts: VectorStoreFileCounts
    status: Literal["expired", "in_progress", "completed"] | str
    """`completed` is ready for searches."""
    last_active_at: int | None
    """Seconds since the epoch."""
    metadata: dict[str, str] | None
    expires_after: VectorStoreExpiresAfter | None = None
    expires_at: int | None = None
    """Seconds since the epoch."""


class VectorStoreDeleted(Model):
    """A store that is gone; its files are still files."""

    id: str
    object: str
    """Always `vector_store.deleted`."""
    deleted: bool


class VectorStoreFileError(Model):
    """Why a file could not be taken in."""

    code: Literal["server_error", "unsupported_file", "invalid_file"] | str
    message: str


class VectorStoreFile(Model):
    """A file in a store."""

    id: str
    """The file's own id."""
    object: str
    """Always `vector_store.file`."""
    usage_bytes: int
    """What it takes up in the store, which is not its size."""
    created_at: int
    """Seconds since the epoch."""
    vector_store_id: str
    status: VectorStoreFileStatus | str
    last_error: VectorStoreFileError | None
    """Why it failed, if it did."""
    chunking_strategy: ChunkingStrategy | None = None
    attributes: dict[str, str | int | float | bool] | None = None
    """Whole numbers stay whole: as floats, long ones would lose their last digits."""


class VectorStoreFileDeleted(Model):
    """A file that is no longer in its store, but still a file."""

    id: str
    object: str
    """Always `vector_store.file.deleted`."""
    deleted: bool


class VectorStoreFileBatch(Model):
    """Files that were put into a store together."""

    id: str
    object: str
    """Always `vector_store.files_batch`."""
    created_at: int
    """Seconds since the epoch."""
    vector_store_id: str
    status: VectorStoreFileStatus | str
    """`completed` is also said of a batch of which some files failed: see `file_counts`."""
    file_counts: VectorStoreFileCounts


class VectorStoreFileContent(Model):
    """A piece of what was read from a file."""

    type: str | None = None
    """Always `text`, so far."""
    text: str | None = None


class VectorStoreFileContentPage(Page[VectorStoreFileContent]):
    """What was read from a file."""

    next_page: str | None


class VectorStoreSearchContent(Model):
    """A piece of a file that was found."""

    type: Literal["text"] | str
    text: str


class VectorStoreSearchResult(Model):
    """A find."""

    file_id: str
    filename: str
    score: float
    """How similar it is: 0 to 1."""
    attributes: dict[str, str | int | float | bool] | None
    content: list[VectorStoreSearchContent]


class VectorStoreSearchPage(Page[VectorStoreSearchResult]):
    """What was found, the most similar first."""

    search_query: list[str]
    """What was searched for: the query, or what the server has made of it."""
    next_page: str | None


VectorStoreSearchResponse = VectorStoreSearchResult
"""The official client's name."""
