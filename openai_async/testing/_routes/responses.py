"""`/responses`: answers to items of every kind, at once, streamed, or in the background."""

from __future__ import annotations

from collections.abc import Iterator

import anyio.to_thread

from .._errors import bad_request
from .._generation import check_stream_options, room
from .._http import Answer, Endpoint, Exchange, as_json, as_named_events
from .._models import Model
from .._pages import as_page, pages
from .._params import Json
from .._responses_context import Context
from .._responses_items import (
    new_id,
    pack,
    shown,
    text_of,
)
from .._responses_params import COMPACT, COUNT, CREATE, INCLUDE, RETRIEVE
from .._responses_store import Conversation, Run
from .._responses_tools import search_stores
from .._responses_turn import Turn, decide, sampling_of, subject_of, table
from .._responses_writer import Prompt, Steps, Writer, obfuscated, usage_of
from .._speaker import Speaker
from .._tokens import tokenizer
from .._vector_stores import find_store
from .._verdicts import verdict

_POLL_SECONDS = 0.05  # how soon a stream hears that its response was cancelled
_PROMPTS_MODEL = "gpt-4.1"  # of a stored prompt that names none
_CONTENT = ("model", "instructions", "tools", "tool_choice", "temperature", "top_p",
            "reasoning", "parallel_tool_calls", "prompt")  # fmt: skip
"""What an answer depends on, beside what was said."""


async def create(exchange: Exchange) -> Answer:
    """Answer."""
    params, state = exchange.params, exchange.state
    model = _check(exchange)
    context = Context.of(state, params)
    seen = context.fitting(model, params["truncation"])
    said = [(item["type"], item.get("role"), text_of(item)) for item in seen]
    about = [(name, params[name]) for name in _CONTENT]
    about.append(("format", table(params, "text").get("format")))
    subject = subject_of(params, seen)
    speaker = Speaker(model, subject, state.rng(None, about, said))
    turn = decide(params, model, speaker, seen)
    turn.found = await _found(exchange, turn)
    run = Run(
        _described(exchange, context.conversation),
        context.given,
        context.before,
        streamed=params["stream"],
        include=frozenset(params["include"] or ()),
        due=state.clock.now(),
        conversation=context.conversation,
    )
    prompt = _prompt(exchange, model, context, seen)
    turn.compaction = _compaction(params, seen, prompt)
    run.source = _source(exchange, turn, Writer(run, state, speaker, sampling_of(params), prompt))
    if params["store"]:
        state.responses.keep(run)
    return await _answer(exchange, run)


def _prompt(exchange: Exchange, model: Model, context: Context, seen: list[Json]) -> Prompt:
    """What the prompt costs, and what it leaves room for."""
    params, cache = exchange.params, exchange.state.responses.cache
    tokens = context.count(seen)
    left = room(model, tokens, params["max_output_tokens"], "input")
    return Prompt(tokens, left, cache.look(params["prompt_cache_key"] or "", context.tokens(seen)))


async def _answer(exchange: Exchange, run: Run) -> Answer:
    """The stream, the response as it is now (in the background), or the whole of it."""
    if not run.in_background:
        exchange.at_end.append(run.cancel)  # its client may leave before its end
    if run.streamed:
        options: Json = exchange.params["stream_options"] or {}
        events = _follow(exchange, run, -1) if run.in_background else run.steps()
        return _as_stream(events, obfuscate=options.get("include_obfuscation") is not False)
    if run.in_background:
        return as_json(run.describe(run.include))
    for step in run.steps():
        if isinstance(step, dict) and step["type"].endswith(".done"):
            await exchange.pause()  # other calls' turn
    return as_json(run.describe(run.include))


def _as_stream(events: Steps, *, obfuscate: bool) -> Answer:
    return as_named_events(
        obfuscated(event) if obfuscate and isinstance(event, dict) else event for event in events
    )


def _follow(exchange: Exchange, run: Run, after: int) -> Iterator[Json | float]:
    """The events of a response in the background with a number above `after`, as they happen."""
    sent = after + 1  # numbers begin with 0, and none is left out
    while True:
        now = exchange.state.clock.now()
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
    if exchange.params["moderation"] is not None:
        model: str = exchange.params["moderation"]["model"]
        steps = _moderated(steps, writer.run.response, model, turn.subject)
    if fault is None or fault.kind != "fail":
        yield from steps
        return
    left = fault.setting
    while left >= 1 and (step := next(steps, None)) is not None:
        yield step
        left -= isinstance(step, dict)
    if not writer.run.is_over:
        yield from writer.fail()


def _moderated(steps: Steps, response: Json, model: str, asked: str) -> Steps:
    """The same, and when all is said what the moderation model thinks of it."""
    for step in steps:
        if isinstance(step, dict) and step["type"] in ("response.completed", "response.incomplete"):
            said = "\n".join(map(text_of, response["output"]))
            verdicts = {"input": verdict(asked, model), "output": verdict(said, model)}
            response["moderation"] = step["response"]["moderation"] = verdicts
        yield step


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
    if params["moderation"] is not None:
        exchange.state.model(params["moderation"]["model"])
    return _model(exchange, params["model"] or _PROMPTS_MODEL)


def _model(exchange: Exchange, name: str) -> Model:
    return exchange.state.model(name).require("chat", "v1/responses")


async def _found(exchange: Exchange, turn: Turn) -> list[Json]:
    """What the files say that are to be searched; a 404 for a store that is not there."""
    tools: list[Json] = exchange.params["tools"] or []
    for tool in tools:
        for store_id in tool.get("vector_store_ids") or ():
            find_store(exchange.state, store_id)
    if not any(tool["type"] == "file_search" for tool in turn.hosted):
        return []
    return await anyio.to_thread.run_sync(search_stores, exchange.state, turn.hosted, turn.subject)


def _compaction(params: Json, seen: list[Json], prompt: Prompt) -> str | None:
    """The compaction that the context has grown too long without."""
    for management in params["context_management"] or ():
        threshold: int | None = management.get("compact_threshold")
        if threshold is not None and prompt.tokens > threshold:
            return pack(seen)
    return None


# How it is described


def _described(exchange: Exchange, conversation: Conversation | None) -> Json:
    """The `response` object at its beginning."""
    params = exchange.params
    tier: str = params["service_tier"]
    described: Json = {
        "id": "resp_" + exchange.state.new_id(32),
        "object": "response",
        "created_at": exchange.now,
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
        "moderation": None,
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
    events = _follow(exchange, run, -1 if after is None else after)
    return _as_stream(events, obfuscate=params["include_obfuscation"])


async def delete(exchange: Exchange) -> Answer:
    """Forget a response; one that goes on is cancelled."""
    run = _named(exchange)
    run.cancel()
    del exchange.state.responses.runs[run.id]
    return as_json({"id": run.id, "object": "response", "deleted": True})


async def cancel(exchange: Exchange) -> Answer:
    """Stop a response in the background. To cancel it twice is fine; a finished one, a 400."""
    run = _named(exchange)
    if not run.in_background:
        raise bad_request("Cannot cancel a synchronous response.")
    run.cancel()
    if run.response["status"] != "cancelled":
        raise bad_request(f"Cannot cancel a {run.response['status']} response.")
    return as_json(run.describe(run.include))


async def input_items(exchange: Exchange) -> Answer:
    """The items of a response's own input, newest first, page by page."""
    run = _named(exchange)
    include = included(exchange)
    return as_page(exchange, [shown(item, include) for item in run.given])


async def input_tokens(exchange: Exchange) -> Answer:
    """How many tokens an input is."""
    params, state = exchange.params, exchange.state
    if params["model"] is not None:
        _model(exchange, params["model"])
    context = Context.of(state, params)
    tokens = context.count(context.seen)
    return as_json({"object": "response.input_tokens", "input_tokens": tokens})


async def compact(exchange: Exchange) -> Answer:
    """What the user has said, and all the rest in one item that takes its place."""
    params, state = exchange.params, exchange.state
    _model(exchange, params["model"])
    context = Context.of(state, params)
    items = context.before
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
            "created_at": exchange.now,
            "output": [*said, compaction],
            "usage": usage_of(Prompt(context.count(items)), tokenizer().count(packed)),
        }
    )


ENDPOINTS = (
    Endpoint("POST", "/responses", create, CREATE, "json"),
    Endpoint("POST", "/responses/input_tokens", input_tokens, COUNT, "json"),
    Endpoint("POST", "/responses/compact", compact, COMPACT, "json"),
    Endpoint("GET", "/responses/{response_id}", retrieve, RETRIEVE),
    Endpoint("DELETE", "/responses/{response_id}", delete),
    Endpoint("POST", "/responses/{response_id}/cancel", cancel),
    Endpoint("GET", "/responses/{response_id}/input_items", input_items, pages()),
)
