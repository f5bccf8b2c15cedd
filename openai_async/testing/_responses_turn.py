"""What the model does in answer to a call: think, use tools, call functions, say something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ._errors import bad_request
from ._models import Model
from ._params import Json
from ._responses_items import last_said, text_of
from ._responses_tools import TOOLS, Use, kind_of, wanted
from ._responses_writer import Steps, Writer
from ._sampling import Sampling, Token
from ._speaker import Speaker, first_sentence
from ._strict import strict_problem
from ._tools import Function, Offer, filled
from ._verdicts import REFUSAL, THOUGHT, is_refused


@dataclass
class Turn:
    """What is going to be said, decided before any of it is."""

    thought: int
    """Tokens; 0 for a model that does not think."""
    summarized: bool
    hosted: Sequence[Json]
    calls: Sequence[tuple[Json, Function]]
    """Each with its tool."""
    document: str | None
    """JSON that conforms to a schema, where that is asked for."""
    refuses: bool
    subject: str
    found: Sequence[Json] = ()
    """What a search in files has found."""
    verbosity: str = "medium"
    compaction: str | None = None

    def play(self, writer: Writer) -> Steps:
        """All of it, event by event."""
        yield from writer.begin()
        for part in self._parts(writer):
            yield from part
            if writer.fell_short:
                break
        yield from writer.finish()

    def _parts(self, writer: Writer) -> Sequence[Steps]:
        parts: list[Steps] = []
        if self.compaction is not None:
            item = writer.new_item("compaction", encrypted_content=self.compaction)
            parts.append(writer.write(item))
        if self.thought:
            parts.append(writer.reasoning(self.thought, summarized=self.summarized))
        return [*parts, self._act(writer)]

    def _act(self, writer: Writer) -> Steps:
        """Tools first; then words, unless it is the client's turn."""
        annotations: list[Json] = []
        waits = bool(self.calls)
        for tool in self.hosted:
            _, use = TOOLS[kind_of(tool["type"])]
            found = yield from use(Use(writer, tool, self.subject, self.found))
            waits = waits or found is None
            annotations += found or []
        for tool, call in self.calls:
            yield from _call(writer, tool, call)
            if writer.fell_short:
                return
        if waits:
            return
        if self.refuses:
            yield from writer.refusal(REFUSAL)
        elif self.document is not None:
            yield from writer.message(writer.speaker.recite(self.document, writer.how))
        else:
            yield from writer.message(self._words(writer), annotations)

    def _words(self, writer: Writer) -> Iterator[Token]:
        """A sentence, a few, or two paragraphs, as `text.verbosity` is."""
        speaker, how = writer.speaker, writer.how
        if self.verbosity == "low":
            return first_sentence(speaker.speak(how))
        if self.verbosity == "high":
            pause = speaker.recite("\n\n", how)
            return chain(speaker.speak(how), pause, speaker.speak(how))
        return speaker.speak(how)


def _call(writer: Writer, tool: Json, call: Function) -> Steps:
    more: Json = {"namespace": tool["namespace"]} if "namespace" in tool else {}
    if call.custom:
        return writer.custom_call(call.name, call.arguments, **more)
    return writer.function_call(call.name, call.arguments, **more)


def decide(params: Json, model: Model, speaker: Speaker, seen: Sequence[Json]) -> Turn:
    """What the model does after all that it has seen."""
    said = subject_of(params, seen)
    choice = _choice(params)
    last = seen[-1] if seen else {"type": "message", "role": "user"}
    asked = last.get("role") == "user"
    hosted: list[Json] = []
    if asked or last["type"] == "mcp_approval_response":
        hosted = choice.hosted_for(said)[: params["max_tool_calls"]]
    word = "auto" if hosted else choice.word
    offer = Offer(choice.functions, word, choice.named, params["parallel_tool_calls"])
    calls: list[Function] = []
    if asked or choice.named is not None:
        calls = offer.decide(said, speaker.rng, speaker.phrase)
    by_name = {tool["name"]: tool for tool in choice.functions}
    return Turn(
        thought=_thought(params, model),
        summarized=bool(_reasoning(params, "summary") or _reasoning(params, "generate_summary")),
        hosted=hosted,
        calls=[(by_name[call.name], call) for call in calls],
        document=_document(params, said, speaker, seen),
        refuses=is_refused(said),
        subject=said,
        verbosity=table(params, "text").get("verbosity") or "medium",
    )


def subject_of(params: Json, seen: Sequence[Json]) -> str:
    """What the answer is about: what the user has said last, else the variables of the prompt."""
    variables = table(table(params, "prompt"), "variables")
    return last_said(seen) or " ".join(map(str, variables.values())) or "anything"


def table(params: Json, name: str) -> Json:
    """A parameter that is an object, or the empty one."""
    value: Json | None = params.get(name)
    return value or {}


# Tools


@dataclass(frozen=True)
class _Choice:
    """The tools that are offered, and how the model has to choose."""

    hosted: Sequence[Json]
    functions: Sequence[Json]
    word: str
    """`none`, `auto` or `required`."""
    named: str | None = None
    """The function that has to be called."""

    def hosted_for(self, said: str) -> list[Json]:
        """The server's tools that a text calls for; one at least, where nothing else would do."""
        if self.word == "none":
            return []
        chosen = [tool for tool in self.hosted if wanted(tool, said)]
        if self.word == "required" and not chosen and not self.functions:
            return list(self.hosted[:1])
        return chosen


def _choice(params: Json) -> _Choice:
    tools: list[Json] = params["tools"] or []
    choice: str | Json = params["tool_choice"] or "auto"
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        allowed: list[Json] = choice["tools"]
        tools = [tool for tool in tools if any(_is(tool, one) for one in allowed)]
        choice = str(choice["mode"])
    if choice == "required" and not tools:
        raise _no_tool("'required' is only allowed when 'tools' are specified")
    functions = _callable(tools)
    for tool in functions:
        _check_strict(tool)
    hosted = [tool for tool in tools if kind_of(tool["type"]) in TOOLS]
    if isinstance(choice, str):
        return _Choice(hosted, functions, choice)
    if choice["type"] in ("function", "custom"):
        if not any(tool["name"] == choice["name"] for tool in functions):
            raise _no_tool(f"no tool named {choice['name']!r}")
        return _Choice([], functions, "auto", choice["name"])
    chosen = [tool for tool in hosted if _is(tool, choice)]
    if not chosen:
        raise _no_tool(f"no tool of type {choice['type']!r}")
    return _Choice(chosen[:1], [], "required")


def _no_tool(problem: str) -> Exception:
    return bad_request(f"Invalid value for 'tool_choice': {problem}.", "tool_choice")


def _is(tool: Json, named: Json) -> bool:
    """Whether an object that names a tool means this one."""
    kind = kind_of(str(named.get("type")).replace("computer_use", "computer"))
    return kind_of(tool["type"]) == kind and all(
        named.get(key) in (None, tool.get(key)) for key in ("name", "server_label") if key in tool
    )


def _callable(tools: Sequence[Json]) -> list[Json]:
    """The functions and custom tools, those in namespaces too; custom ones are marked."""
    found: list[Json] = []
    for tool in tools:
        if tool["type"] == "namespace":
            found += [{**one, "namespace": tool["name"]} for one in tool["tools"]]
        elif tool["type"] in ("function", "custom"):
            found.append(tool)
    return [{**tool, "custom": tool["type"] == "custom"} for tool in found]


def _check_strict(tool: Json) -> None:
    """400 for a strict function whose schema is not strict."""
    problem = strict_problem(tool.get("parameters") or {}) if tool.get("strict") else None
    if problem is not None:
        message = f"Invalid schema for function '{tool['name']}': {problem}"
        raise bad_request(message, "tools", "invalid_function_parameters")


# Thoughts and forms


def _reasoning(params: Json, name: str) -> Any:
    return table(params, "reasoning").get(name)


def _thought(params: Json, model: Model) -> int:
    """Tokens of thought; a 400 where the model can't do what is asked."""
    effort: str | None = _reasoning(params, "effort")
    if not model.reasons:
        serves_all = len(model.kinds) > 1
        if effort not in (None, "none") and not serves_all:
            raise _unsupported("reasoning.effort")
        return THOUGHT[effort or "none"]
    for name in ("temperature", "top_p"):
        if params[name] is not None and effort != "none":
            raise _unsupported(name)
    return THOUGHT[effort or "medium"]


def _unsupported(name: str) -> Exception:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return bad_request(message, name, "unsupported_parameter")


def _document(params: Json, said: str, speaker: Speaker, seen: Sequence[Json]) -> str | None:
    """The JSON that `text.format` asks for; None if it asks for text."""
    form = table(table(params, "text"), "format") or {"type": "text"}
    if form["type"] == "text":
        return None
    if form["type"] == "json_schema":
        start = f"Invalid schema for response_format '{form['name']}'"
        problem = strict_problem(form["schema"]) if form.get("strict") else None
        if problem is not None:
            raise bad_request(f"{start}: {problem}", "text.format.schema", "invalid_json_schema")
        return filled(form["schema"], speaker.rng, said, speaker.phrase, start)
    texts = [*map(text_of, seen), params["instructions"] or ""]
    if not any("json" in text.lower() for text in texts):
        raise bad_request(
            "Response input messages must contain the word 'json' in some form to use "
            "'text.format' of type 'json_object'.",
            "input",
        )
    schema = {"properties": {"answer": {"type": "string"}, "words": {"type": "integer"}}}
    return filled(schema, speaker.rng, said, speaker.phrase, "Invalid request")


def sampling_of(params: Json) -> Sampling:
    """How the call wants its tokens drawn."""
    return Sampling(
        temperature=1.0 if params["temperature"] is None else params["temperature"],
        top_p=1.0 if params["top_p"] is None else params["top_p"],
        top_logprobs=params["top_logprobs"] or 0,
    )
