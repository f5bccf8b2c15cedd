"""Functions that a chat model may call: which ones it calls, and with which arguments."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._errors import bad_request
from ._params import Flag, Json, Many, Rule, Spec, Table, Text, one_of, optional, required
from ._schema import Filler, UnanswerableError

FUNCTION: Spec = {
    "name": required(Text(1, 64)),
    "description": optional(Text()),
    "parameters": optional(Table()),
    "strict": optional(Flag()),
}
_GRAMMAR: Spec = {"definition": required(Text(1)), "syntax": required(one_of("lark", "regex"))}
_INPUT: Spec = {
    "type": required(one_of("text", "grammar")),
    "grammar": optional(Table(_GRAMMAR)),
}
CUSTOM: Spec = {
    "name": required(Text(1, 64)),
    "description": optional(Text()),
    "format": optional(Table(_INPUT)),
}


class Tool(Rule):
    """A tool of chat: a function, or a custom one, which takes any text."""

    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        kind = required(one_of("function", "custom"))
        table = Table({"type": kind}).check(name, value)
        inner = CUSTOM if table["type"] == "custom" else FUNCTION
        return Table({table["type"]: required(Table(inner))}).check(name, table)


TOOLS = Many(Tool(), 1, 128)
FUNCTIONS = Many(Table(FUNCTION), 1, 128)


class Choice(Rule):
    """`tool_choice` and `function_call`: a word, or an object that names a function."""

    kind = "a string or an object"

    def __init__(self, *words: str) -> None:
        self._words = one_of(*words)

    def check(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._words.check(name, value)
        if not isinstance(value, dict):
            raise self.wrong_type(name, value)
        table = Table().check(name, value)
        named = table.get("function", table)
        return Named(Table({"name": required(Text(1))}).check(name, named)["name"])


class Named(NamedTuple):
    """A choice that is the name of a function."""

    name: str


class Allowed(NamedTuple):
    """A choice of some of the tools, by name."""

    mode: str
    names: list[str]


class ToolChoice(Rule):
    """`tool_choice` of chat: a word, an object that names a tool, or one that allows some."""

    kind = "a string or an object"

    def check(self, name: str, value: Any) -> str | Named | Allowed:
        if not isinstance(value, dict):
            word: str = Choice("none", "auto", "required").check(name, value)
            return word
        kinds = one_of("function", "custom", "allowed_tools")
        table = Table({"type": required(kinds)}).check(name, value)
        kind: str = table["type"]
        if kind != "allowed_tools":
            inner = Table({kind: required(Table({"name": required(Text(1))}))})
            return Named(inner.check(name, table)[kind]["name"])
        listed = Many(Table({"type": required(one_of("function", "custom"))}), 1)
        spec: Spec = {"mode": required(one_of("auto", "required")), "tools": required(listed)}
        allowed: Json = Table({kind: required(Table(spec))}).check(name, table)[kind]
        tools: list[Json] = allowed["tools"]
        return Allowed(allowed["mode"], [str(tool[tool["type"]]["name"]) for tool in tools])


@dataclass(frozen=True)
class Function:
    """A call of a function: its name, and its arguments as JSON text."""

    name: str
    arguments: str
    """Of a custom tool: its input, any text."""
    custom: bool = False


@dataclass(frozen=True)
class Offer:
    """What a call offers to the model, and how it has to choose."""

    functions: Sequence[Json]
    choice: str = "auto"
    """`none`, `auto`, or `required`."""
    named: str | None = None
    """The one function that has to be called."""
    parallel: bool = True
    legacy: bool = False
    """Offered as `functions`, in the manner of 2023."""

    @classmethod
    def of(cls, params: Json) -> Offer:
        """Read the parameters of a chat call."""
        legacy = params["functions"] is not None
        tools = [_offered(tool) for tool in params["tools"] or ()]
        functions: list[Json] = params["functions"] if legacy else tools
        where = "function_call" if legacy else "tool_choice"
        choice: str | Named | Allowed | None = params[where]
        if choice is not None and not functions:
            offered = "functions" if legacy else "tools"
            raise bad_request(f"'{where}' is only allowed when '{offered}' are specified.", where)
        named = choice.name if isinstance(choice, Named) else None
        names = [function["name"] for function in functions]
        if named is not None and named not in names:
            raise bad_request(f"Invalid value for '{where}': no function named {named!r}.", where)
        word = choice if isinstance(choice, str) else "auto"
        if isinstance(choice, Allowed):
            if strange := set(choice.names) - set(names):
                message = f"Invalid value for '{where}': no tool named {min(strange)!r}."
                raise bad_request(message, where)
            functions = [function for function in functions if function["name"] in choice.names]
            word = choice.mode
        return cls(functions, word, named, params["parallel_tool_calls"], legacy)

    def decide(self, text: str, rng: random.Random, phrase: Callable[[], str]) -> list[Function]:
        """The calls that the model makes in answer to `text`; none, if it answers in words."""
        if self.choice == "none" or not self.functions:
            return []
        if self.named is not None:
            chosen = [one for one in self.functions if one["name"] == self.named]
        else:
            chosen = [one for one in self.functions if _mentions(text, one["name"])]
            if not chosen and self.choice == "required":
                chosen = [self.functions[0]]
        if self.legacy or not self.parallel:
            chosen = chosen[:1]
        return [_call(one, text, rng, phrase) for one in chosen]


def _offered(tool: Json) -> Json:
    """A tool of chat as a function: a custom one is marked."""
    inner: Json = tool[tool["type"]]
    return {**inner, "custom": True} if tool["type"] == "custom" else inner


def _call(function: Json, text: str, rng: random.Random, phrase: Callable[[], str]) -> Function:
    if function.get("custom") is True:
        return Function(function["name"], phrase(), custom=True)
    return Function(function["name"], _arguments(function, text, rng, phrase))


def _arguments(function: Json, text: str, rng: random.Random, phrase: Callable[[], str]) -> str:
    schema: Json = {"type": "object", **(function.get("parameters") or {})}
    return filled(schema, rng, text, phrase, f"Invalid schema for function '{function['name']}'")


def filled(
    schema: Json, rng: random.Random, text: str, phrase: Callable[[], str], problem: str
) -> str:
    """JSON text for a schema; a 400 that begins with `problem` if there can be none."""
    try:
        return json.dumps(Filler(schema, rng, text, phrase).fill(), ensure_ascii=False)
    except (UnanswerableError, AttributeError, TypeError, ValueError) as error:
        raise bad_request(f"{problem}: {error}", code="invalid_function_parameters") from error


def _mentions(text: str, name: str) -> bool:
    """Whether a text names a function, or one of the words (of four letters or more) of its name."""
    said = text.lower()
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return name.lower() in said or any(
        len(word) >= 4 and re.search(rf"\b{word.lower()}", said) for word in words
    )
