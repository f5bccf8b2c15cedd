"""Every method of every namespace, and a call of each with all that it takes."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, get_args

from typing_extensions import get_type_hints

from openai_async import AsyncClient, AsyncStream, BinaryBody, Page, RequestOptions
from openai_async._client import NAMESPACES
from openai_async._request import bind
from openai_async._resource import Resource
from openai_async.types import (
    ChatCompletion,
    ChatCompletionChunk,
    Completion,
    Edit,
    EmbeddingList,
    EncodedEmbeddingList,
    Engine,
    FileDeleted,
    FileObject,
    FineTune,
    FineTuneEvent,
    ImagesResponse,
    ModelDeleted,
    ModelInfo,
    Moderation,
    Transcription,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)

PNG = ("picture.png", b"\x89PNG\r\n\x1a\n", "image/png")
WAV = ("speech.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav")
JSONL = ("data.jsonl", b'{"prompt": "a", "completion": "b"}\n')


@dataclass(frozen=True)
class Method:
    """A method, and what its signature says."""

    name: str
    """Such as `audio.transcriptions.create`."""
    positional: tuple[str, ...]
    """The ids that go into the path."""
    keywords: frozenset[str]
    """Without the options that every call takes."""
    required: frozenset[str]
    """Of both."""


def all_methods() -> Iterator[Method]:
    """The public methods of the namespaces, found by looking at their classes."""
    for namespace, name in NAMESPACES.items():
        module = importlib.import_module(f"openai_async.resources.{namespace}")
        yield from _methods_of(namespace, getattr(module, name), vars(module))


def _methods_of(prefix: str, kind: type[Resource], known: dict[str, Any]) -> Iterator[Method]:
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if inspect.isfunction(member):
            yield _method(f"{prefix}.{name}", member)
        else:  # a namespace within, as a cached property
            inner = get_type_hints(member.func, known)["return"]
            yield from _methods_of(f"{prefix}.{name}", inner, known)


def _method(name: str, function: Any) -> Method:
    function = inspect.unwrap(function)
    keywords: set[str] = set()
    positional: list[str] = []
    required: set[str] = set()
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            # Of this one only: others may name what is imported for type checkers alone.
            only = SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
            known = function.__globals__
            hint = get_type_hints(only, known, include_extras=True)[parameter.name]
            [taken] = get_args(hint)
            keywords |= taken.__annotations__.keys() - RequestOptions.__annotations__.keys()
            required |= _required(taken)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            keywords.add(parameter.name)
        else:
            positional.append(parameter.name)
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            required.add(parameter.name)
    return Method(name, tuple(positional), frozenset(keywords), frozenset(required))


def _required(taken: type) -> frozenset[str]:
    """What a call can't do without: found by leaving it out."""
    try:
        bind({}, taken)
    except TypeError as error:
        return frozenset(str(error).partition(": ")[2].split(", "))
    return frozenset()


@dataclass(frozen=True)
class Call:
    """A call, and the type of what it gives: of the items, for lists and streams."""

    method: str
    gives: Any
    ids: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    wrapped: type | None = None
    """`Page` or `AsyncStream`, where that is what comes."""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.method}{self.note and f'[{self.note}]'}"

    def with_only(self, required: frozenset[str]) -> Call:
        """The same without what may be left out."""
        params = {name: value for name, value in self.params.items() if name in required}
        return Call(self.method, self.gives, self.ids, params, self.wrapped, "required only")

    async def start(self, client: AsyncClient) -> Any:
        """Make it."""
        target: Any = client
        for name in self.method.split("."):
            target = getattr(target, name)
        with warnings.catch_warnings():
            if self.method.startswith("engines."):
                warnings.simplefilter("ignore", DeprecationWarning)
            return await target(*self.ids, **self.params)

    async def make(self, client: AsyncClient) -> Any:
        """Make it: the value, or a list of its items for a page or stream."""
        value = await self.start(client)
        if self.wrapped is None:
            return value
        assert isinstance(value, self.wrapped)
        items: Any = value
        return [item async for item in items]


SAMPLING: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "n": 2,
    "stop": ["\n", "END"],
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logit_bias": {"50256": -100},
    "user": "user-1",
    "seed": 7,
    "stream_options": {"include_usage": True},
}
COMPLETION: dict[str, Any] = {
    "model": "text-davinci-003",
    "prompt": "Once",
    "suffix": "the end",
    "max_tokens": 5,
    "logprobs": 3,
    "echo": True,
    "best_of": 3,
    "stream": False,
    **SAMPLING,
}
FUNCTION = {"name": "weather", "description": "d", "parameters": {"type": "object"}}
CHAT: dict[str, Any] = {
    "model": "gpt-3.5-turbo",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello", "name": "ada"},
        {
            "role": "assistant",
            "content": "",
            "function_call": {"name": "weather", "arguments": "{}"},
        },
        {"role": "function", "name": "weather", "content": "fine"},
    ],
    "functions": [FUNCTION],
    "function_call": {"name": "weather"},
    "max_tokens": 5,
    "max_completion_tokens": 5,
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "response_format": {"type": "json_object"},
    "logprobs": True,
    "top_logprobs": 2,
    "stream": False,
    **SAMPLING,
}
PICTURES = {"n": 2, "size": "512x512", "response_format": "b64_json", "user": "u", "model": "m"}
SPEECH = {"file": WAV, "model": "whisper-1", "prompt": "p", "temperature": 0.2}
JOB: dict[str, Any] = {
    "training_file": "file-1",
    "validation_file": "file-2",
    "model": "curie",
    "n_epochs": 2,
    "batch_size": 8,
    "learning_rate_multiplier": 0.1,
    "prompt_loss_weight": 0.02,
    "compute_classification_metrics": True,
    "classification_n_classes": 3,
    "classification_positive_class": "yes",
    "classification_betas": [0.6, 1.0],
    "suffix": "mine",
}


def _completions() -> Iterator[Call]:
    name = "completions.create"
    yield Call(name, Completion, (), COMPLETION)
    for note, prompt in (
        ("texts", ["a", "b"]),
        ("tokens", [1212, 318]),
        ("lists of tokens", [[1212], [318]]),
    ):
        yield Call(name, Completion, (), {"model": "m", "prompt": prompt}, note=note)
    params = {**COMPLETION, "stream": True}
    yield Call(name, Completion, (), params, AsyncStream, "streamed")


def _chat() -> Iterator[Call]:
    name = "chat.completions.create"
    yield Call(name, ChatCompletion, (), CHAT)
    for choice in ("none", "auto"):
        yield Call(name, ChatCompletion, (), {**CHAT, "function_call": choice}, None, choice)
    params = {**CHAT, "stream": True}
    yield Call(name, ChatCompletionChunk, (), params, AsyncStream, "streamed")


def _embeddings() -> Iterator[Call]:
    name = "embeddings.create"
    base: dict[str, Any] = {"model": "text-embedding-ada-002", "user": "u", "dimensions": 3}
    for note, given in (
        ("", "a"),
        ("texts", ["a", "b"]),
        ("tokens", [1212, 318]),
        ("lists of tokens", [[1212], [318]]),
    ):
        yield Call(name, EmbeddingList, (), {**base, "input": given}, note=note)
    floats = {**base, "input": "a", "encoding_format": "float"}
    yield Call(name, EmbeddingList, (), floats, note="float")
    encoded = {**base, "input": "a", "encoding_format": "base64"}
    yield Call(name, EncodedEmbeddingList, (), encoded, note="base64")


def _audio() -> Iterator[Call]:
    answers: dict[str, tuple[Any, Any]] = {
        "json": (Transcription, Translation),
        "verbose_json": (TranscriptionVerbose, TranslationVerbose),
        "text": (str, str),
        "srt": (str, str),
        "vtt": (str, str),
    }
    for response_format, (transcription, translation) in answers.items():
        asked = {**SPEECH, "response_format": response_format}
        note = "" if response_format == "json" else response_format
        params = {**asked, "language": "en"}
        yield Call("audio.transcriptions.create", transcription, (), params, note=note)
        yield Call("audio.translations.create", translation, (), asked, note=note)


CALLS: tuple[Call, ...] = (
    Call("models.list", ModelInfo, wrapped=Page),
    Call("models.retrieve", ModelInfo, ("ada:ft-1/x",)),
    Call("models.delete", ModelDeleted, ("ada:ft-1",)),
    *_completions(),
    *_chat(),
    Call(
        "edits.create",
        Edit,
        params={
            "model": "text-davinci-edit-001",
            "input": "What day of the wek is it?",
            "instruction": "Fix it",
            "n": 2,
            "temperature": 0.5,
            "top_p": 0.9,
        },
    ),
    Call("images.generate", ImagesResponse, params={"prompt": "an otter", **PICTURES}),
    Call(
        "images.edit",
        ImagesResponse,
        params={"image": PNG, "mask": PNG, "prompt": "a hat", **PICTURES},
    ),
    Call("images.create_variation", ImagesResponse, params={"image": PNG, **PICTURES}),
    *_embeddings(),
    *_audio(),
    Call("files.list", FileObject, wrapped=Page),
    Call("files.create", FileObject, params={"file": JSONL, "purpose": "fine-tune"}),
    Call("files.retrieve", FileObject, ("file-1",)),
    Call("files.delete", FileDeleted, ("file-1",)),
    Call("files.content", BinaryBody, ("file-1",)),
    Call("files.retrieve_content", str, ("file-1",)),
    Call("fine_tunes.create", FineTune, params=JOB),
    Call("fine_tunes.list", FineTune, wrapped=Page),
    Call("fine_tunes.retrieve", FineTune, ("ft-1",)),
    Call("fine_tunes.cancel", FineTune, ("ft-1",)),
    Call("fine_tunes.list_events", FineTuneEvent, ("ft-1",), wrapped=Page),
    Call(
        "fine_tunes.list_events",
        FineTuneEvent,
        ("ft-1",),
        {"stream": True},
        AsyncStream,
        "streamed",
    ),
    Call(
        "moderations.create",
        Moderation,
        params={"input": "I love you", "model": "text-moderation-stable"},
    ),
    Call("moderations.create", Moderation, params={"input": ["a", "b"]}, note="texts"),
    Call("engines.list", Engine, wrapped=Page),
    Call("engines.retrieve", Engine, ("ada",)),
)
"""For each method a call with everything that it takes, and one for each form that it answers in."""

METHODS: dict[str, Method] = {method.name: method for method in all_methods()}

NOT_OPERATIONS = {
    "embeddings.create_many": "made of calls of create",
    "fine_tunes.follow": "made of calls of list_events and retrieve",
}
