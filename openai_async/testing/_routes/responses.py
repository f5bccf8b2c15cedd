"""`/responses`: answers to items of every kind, at once, streamed, or in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator

from .._errors import bad_request
from .._generation import PER_MESSAGE, check_stream_options, room
from .._http import Answer, Endpoint, Exchange, as_json, as_named_events
from .._models import Model
from .._params import Json
from .._responses_items import (
    check_answered,
    count,
    kept,
    new_id,
    pack,
    page,
    since_compaction,
    text_of,
)
from .._responses_params import COMPACT, COUNT, CREATE, INCLUDE, PAGE, RETRIEVE
from .._responses_store import Conversation, Run
from .._responses_turn import Turn, decide, sampling_of, subject_of
from .._responses_writer import Steps, Writer, obfuscated, usage_of
from .._speaker import Speaker
from .._tokens import tokenizer
from .moderations import score

_POLL_SECONDS = 0.05  # how soon a stream hears that its response was cancelled
_PROMPTS_MODEL = "gpt-4.1"  # of a stored prompt that names none
_REFUSED = 0.9
_CONTENT = ("model", "instructions", "tools", "tool_choice", "text", "temperature", "top_p",
            "reasoning", "parallel_tool_calls", "prompt")  # fmt: skip
"""What an answer depends on, beside what was said."""


async def create(exchange: Exchange) -> Answer:
    """Answer."""
    params, state = exchange.params, exchange.state
    model = _check(exchange)
    conversation, earlier = _earlier(exchange)
    given = kept(state, params["input"] or (), state.responses.find_item)
    before = [*earlier, *given]
    seen = _fitting(since_compaction(before), params, model)
    check_answered(seen)
    prompt = _count(seen, params)
    limit = room(model, prompt, params["max_output_tokens"], "input")
    said = [(item["type"], item.get("role"), text_of(item)) for item in seen]
    about = [(name, params[name]) for name in _CONTENT]
    speaker = Speaker(model, subject_of(params, seen), state.rng(None, about, said))
    turn = decide(params, model, speaker, seen, refuses=_is_refused(params, seen))
    turn.compaction = _compaction(params, seen, prompt)
    run = Run(
        _described(exchange, turn, conversation),
        given,
        before,
        streamed=params["stream"],
        include=frozenset(params["include"] or ()),
        conversation=conversation,
    )
    run.source = _source(
        exchange, turn, Writer(run, state, speaker, sampling_of(params), limit, prompt)
    )
    if params["store"]:
        state.responses.keep(run)
    return await _answer(exchange, run)


async def _answer(exchange: Exchange, run: Run) -> Answer:
    """The stream, the response as it is now (in the background), or the whole of it."""
    if run.streamed:
        options: Json = exchange.params["stream_options"] or {}
        events = _follow(run, -1) if run.in_background else run.steps()
        return _as_stream(events, obfuscate=options.get("include_obfuscation") is not False)
    if run.in_background:
        return as_json(run.describe(run.include))
    for step in run.steps():
        if not isinstance(step, float) and step["type"].endswith(".done"):
            await exchange.pause()  # other calls' turn
    return as_json(run.describe(run.include))


def _as_stream(events: Steps, *, obfuscate: bool) -> Answer:
    return as_named_events(
        obfuscated(event) if obfuscate and not isinstance(event, float) else event
        for event in events
    )


def _follow(run: Run, after: int) -> Iterator[Json | float]:
    """The events of a response in the background with a number above `after`, as they happen."""
    sent = after + 1  # numbers begin with 0, and none is left out
    while True:
        now = time.time()
        run.advance(now)
        over = run.is_over
        news = run.events[sent:]
        yield from news
        sent += len(news)
        if over:
            return
        yield max(0.001, min(_POLL_SECONDS, run.next_in(now)))


def _source(exchange: Exchange, turn: Turn, writer: Writer) -> Steps:
    """The turn; with the fault `fail` only its beginning, and that it has failed."""
    fault = exchange.fault
    steps = turn.play(writer)
    if fault is None or fault.kind != "fail":
        yield from steps
        return
    left = fault.setting
    while left >= 1 and (step := next(steps, None)) is not None:
        yield step
        left -= not isinstance(step, float)
    if not writer.run.is_over:
        yield from writer.fail()


# What was asked


def _check(exchange: Exchange) -> Model:
    """The model; a 400 for parameters that do not go together."""
    params = exchange.params
    check_stream_options(params)
    if params["previous_response_id"] and params["conversation"]:
        raise bad_request(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.",
            "previous_response_id",
            "mutually_exclusive_parameters",
        )
    if params["background"] and not params["store"]:
        raise bad_request("Background mode requires 'store' to be true.", "store")
    if not params["model"] and not params["prompt"]:
        message = "Missing required parameter: 'model'."
        raise bad_request(message, "model", "missing_required_parameter")
    sources = ("input", "previous_response_id", "prompt", "conversation")
    if all(not params[name] and params[name] != "" for name in sources):
        named = ", ".join(f"'{name}'" for name in sources)
        message = f"Missing required parameter: one of {named} must be provided."
        raise bad_request(message, "input", "missing_required_parameter")
    if (params["moderation"] or {}).get("model"):
        exchange.state.model(params["moderation"]["model"])
    return _model(exchange, params["model"] or _PROMPTS_MODEL)


def _model(exchange: Exchange, name: str) -> Model:
    return exchange.state.model(name).require("chat", "v1/responses")


def _earlier(exchange: Exchange) -> tuple[Conversation | None, list[Json]]:
    """What was said before: in the conversation, or up to the previous response."""
    params, store = exchange.params, exchange.state.responses
    if params.get("conversation"):
        conversation = store.idle_conversation(params["conversation"])
        return conversation, list(conversation.items.values())
    if params["previous_response_id"]:
        previous = store.previous(params["previous_response_id"])
        return None, [*previous.before, *previous.response["output"]]
    return None, []


def _fitting(seen: list[Json], params: Json, model: Model) -> list[Json]:
    """The items that fit: with `truncation="auto"` the first ones are dropped, else all stay."""
    if params["truncation"] != "auto":
        return seen
    while len(seen) > 1 and _count(seen, params) >= model.context:
        seen = seen[1:]
    calls = {
        item["call_id"] for item in seen if item["type"].endswith("_call") and "call_id" in item
    }
    return [
        item
        for item in seen
        if not item["type"].endswith("_call_output") or item.get("call_id") in calls
    ]


def _count(seen: list[Json], params: Json) -> int:
    """Tokens of all that the model sees."""
    extra = "".join(str(params[name]) for name in ("instructions", "tools") if params.get(name))
    form: Json = params.get("text") or {}
    return PER_MESSAGE + count(seen) + tokenizer().count(extra + str(form.get("format") or ""))


def _is_refused(params: Json, seen: list[Json]) -> bool:
    return max(score(subject_of(params, seen)).values()) >= _REFUSED


def _compaction(params: Json, seen: list[Json], prompt: int) -> str | None:
    """The compaction that the context has grown too long without."""
    for management in params["context_management"] or ():
        threshold: int | None = management.get("compact_threshold")
        if threshold is not None and prompt > threshold:
            return pack(seen)
    return None


# How it is described


def _described(exchange: Exchange, turn: Turn, conversation: Conversation | None) -> Json:
    """The `response` object at its beginning."""
    params = exchange.params
    tier: str = params["service_tier"]
    described: Json = {
        "id": "resp_" + exchange.state.new_id(32),
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if params["background"] else "in_progress",
        "background": params["background"],
        "completed_at": None,
        "conversation": None if conversation is None else {"id": conversation.id},
        "error": None,
        "incomplete_details": None,
        "instructions": params["instructions"],
        "max_output_tokens": params["max_output_tokens"],
        "max_tool_calls": params["max_tool_calls"],
        "metadata": params["metadata"] or {},
        "model": params["model"] or _PROMPTS_MODEL,
        "moderation": _moderation(params, turn.subject),
        "output": [],
        "parallel_tool_calls": params["parallel_tool_calls"],
        "previous_response_id": params["previous_response_id"],
        "prompt": params["prompt"],
        "prompt_cache_key": params["prompt_cache_key"],
        "prompt_cache_options": {
            "ttl": "30m",
            "mode": "implicit",
            **(params["prompt_cache_options"] or {}),
        },
        "prompt_cache_retention": params["prompt_cache_retention"],
        "reasoning": {"effort": None, "summary": None, **(params["reasoning"] or {})},
        "safety_identifier": params["safety_identifier"],
        "service_tier": {"auto": "default", "fast": "priority"}.get(tier, tier),
        "temperature": 1.0 if params["temperature"] is None else params["temperature"],
        "text": {"format": {"type": "text"}, "verbosity": "medium", **(params["text"] or {})},
        "tool_choice": params["tool_choice"] or "auto",
        "tools": [_tool(tool) for tool in params["tools"] or ()],
        "top_logprobs": params["top_logprobs"] or 0,
        "top_p": 1.0 if params["top_p"] is None else params["top_p"],
        "truncation": params["truncation"],
    }
    return described if params["user"] is None else {**described, "user": params["user"]}


def _tool(tool: Json) -> Json:
    """A tool as it is told back: a function with all its fields, an MCP server without its keys."""
    if tool["type"] == "function":
        return {"description": None, "parameters": None, "strict": True, **tool}
    if tool["type"] == "mcp":
        return {
            name: value for name, value in tool.items() if name not in ("authorization", "headers")
        }
    return tool


def _moderation(params: Json, text: str) -> Json | None:
    if params["moderation"] is None:
        return None
    scores = score(text)
    flags = {category: value >= 0.5 for category, value in scores.items()}
    result: Json = {
        "type": "moderation_result",
        "model": params["moderation"]["model"],
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {category: ["text"] for category in scores},
    }
    return {"input": result, "output": result}


# Those that are there


def _named(exchange: Exchange) -> Run:
    return exchange.state.responses.run(exchange.path_params["response_id"])


def included(exchange: Exchange) -> frozenset[str]:
    """`include[]` of the query."""
    query = exchange.query
    return frozenset(
        INCLUDE.check("include", [*query.getlist("include[]"), *query.getlist("include")])
    )


async def retrieve(exchange: Exchange) -> Answer:
    """A response as it is; with `stream`, its events after `starting_after`."""
    run, params = _named(exchange), exchange.params
    include = included(exchange)
    if not params["stream"]:
        return as_json(run.describe(include))
    if not (run.in_background and run.streamed):
        raise bad_request(
            "This response cannot be streamed: only one that was created with 'background' and "
            "'stream' set to true can.",
            "stream",
        )
    after: int | None = params["starting_after"]
    events = _follow(run, -1 if after is None else after)
    return _as_stream(events, obfuscate=params["include_obfuscation"])


async def delete(exchange: Exchange) -> Answer:
    """Forget a response; one that goes on is cancelled."""
    run = _named(exchange)
    if not run.is_over:
        run.cancel()
        run.settle()
    del exchange.state.responses.runs[run.id]
    return as_json({"id": run.id, "object": "response", "deleted": True})


async def cancel(exchange: Exchange) -> Answer:
    """Stop a response in the background. To cancel it twice is fine; a finished one, a 400."""
    run = _named(exchange)
    if not run.in_background:
        raise bad_request("Cannot cancel a synchronous response.")
    if not run.is_over:
        run.cancel()
        run.settle()
    if run.response["status"] != "cancelled":
        raise bad_request(f"Cannot cancel a {run.response['status']} response.")
    return as_json(run.describe(run.include))


async def input_items(exchange: Exchange) -> Answer:
    """The items of a response's own input, newest first, page by page."""
    run = _named(exchange)
    return as_json(page(run.given, exchange.params, included(exchange)))


async def input_tokens(exchange: Exchange) -> Answer:
    """How many tokens an input is."""
    params, state = exchange.params, exchange.state
    if params["model"] is not None:
        _model(exchange, params["model"])
    _, earlier = _earlier(exchange)
    given = kept(state, params["input"] or (), state.responses.find_item)
    tokens = _count(since_compaction([*earlier, *given]), params)
    return as_json({"object": "response.input_tokens", "input_tokens": tokens})


async def compact(exchange: Exchange) -> Answer:
    """What the user has said, and all the rest in one item that takes its place."""
    params, state = exchange.params, exchange.state
    _model(exchange, params["model"])
    _, earlier = _earlier(exchange)
    items = [*earlier, *kept(state, params["input"] or (), state.responses.find_item)]
    if not items:
        message = (
            "Missing required parameter: one of 'input', 'previous_response_id' must be provided."
        )
        raise bad_request(message, "input", "missing_required_parameter")
    packed = pack(items)
    said = [item for item in items if item["type"] == "message" and item["role"] == "user"]
    compaction = {
        "id": new_id(state, "compaction"),
        "type": "compaction",
        "encrypted_content": packed,
    }
    return as_json(
        {
            "id": "resp_" + state.new_id(32),
            "object": "response.compaction",
            "created_at": int(time.time()),
            "output": [*said, compaction],
            "usage": usage_of(_count(items, params), tokenizer().count(packed)),
        }
    )


ENDPOINTS = (
    Endpoint("POST", "/responses", create, CREATE, "json"),
    Endpoint("POST", "/responses/input_tokens", input_tokens, COUNT, "json"),
    Endpoint("POST", "/responses/compact", compact, COMPACT, "json"),
    Endpoint("GET", "/responses/{response_id}", retrieve, RETRIEVE),
    Endpoint("DELETE", "/responses/{response_id}", delete),
    Endpoint("POST", "/responses/{response_id}/cancel", cancel),
    Endpoint("GET", "/responses/{response_id}/input_items", input_items, PAGE),
)
