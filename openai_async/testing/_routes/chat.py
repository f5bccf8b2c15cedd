"""`/chat/completions`: answers to conversations, streamed or whole, and those that are kept."""

from __future__ import annotations

from collections.abc import Iterator

from .._chat_params import SPEC, check_together
from .._chat_store import StoredChat
from .._chat_turn import Turn, count, text_of, turn_of
from .._generation import check_stream_options, interleave, room, usage_of, wants_usage
from .._http import Answer, Endpoint, Exchange, as_events, as_json
from .._metadata import Metadata
from .._pages import as_page, pages
from .._params import Json, Spec, Text, optional, required
from .._verdicts import verdict

PAGES: Spec = {name: rule for name, rule in pages(order="asc").items() if name != "before"}
LIST: Spec = {**PAGES, "model": optional(Text())}
UPDATE: Spec = {"metadata": required(Metadata())}


async def create(exchange: Exchange) -> Answer:
    """Answer a conversation."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("chat", "v1/chat/completions")
    check_stream_options(params)
    check_together(params, model)
    if params["moderation"] is not None:
        exchange.state.model(params["moderation"]["model"])
    prompt = count(params)
    asked = params["max_completion_tokens"] or params["max_tokens"]
    limit = room(model, prompt, asked, "messages")
    turns = [turn_of(exchange, model, limit, index) for index in range(params["n"])]
    tier: str = params["service_tier"] or "auto"
    head = {
        "id": "chatcmpl-" + exchange.state.new_id(),
        "object": "chat.completion",
        "created": exchange.now,
        "model": params["model"],
        "service_tier": "default" if tier == "auto" else tier,
        "system_fingerprint": "fp_builtin",
    }
    if params["stream"]:
        return as_events(_stream(exchange, turns, head, prompt))
    for turn in turns:
        await exchange.pause()  # other calls' turn
        for _ in turn.pieces():
            pass
    return as_json(_whole(exchange, turns, head, prompt))


def _whole(exchange: Exchange, turns: list[Turn], head: Json, prompt: int) -> Json:
    """The answer when all of it has been said; kept, if that was asked for."""
    choices = [turn.choice(index) for index, turn in enumerate(turns)]
    completion = {**head, "choices": choices, "usage": _usage(turns, prompt)}
    if exchange.params["moderation"] is not None:
        completion["moderation"] = _moderation(exchange.params, turns)
    if exchange.params["store"]:
        exchange.state.chats.keep(completion, exchange.params)
    return completion


def _stream(
    exchange: Exchange, turns: list[Turn], head: Json, prompt: int
) -> Iterator[Json | float]:
    """The chunks of all choices, in turn."""
    params = exchange.params
    usage: Json = {"usage": None} if wants_usage(params) else {}
    chunk_head = {**head, "object": "chat.completion.chunk"}
    for index, chunk in interleave([turn.chunks() for turn in turns]):
        if exchange.state.token_delay and "role" not in chunk["delta"]:
            yield exchange.state.token_delay
        choice = {"index": index, "finish_reason": None, **chunk}
        yield {**chunk_head, "choices": [choice], **usage}
    whole = _whole(exchange, turns, head, prompt)
    if params["moderation"] is not None:
        yield {**chunk_head, "choices": [], "moderation": whole["moderation"], **usage}
    if usage:
        yield {**chunk_head, "choices": [], "usage": whole["usage"]}


def _usage(turns: list[Turn], prompt: int) -> Json:
    return {
        **usage_of(prompt, sum(turn.count for turn in turns)),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(turn.thought for turn in turns),
            "audio_tokens": sum(turn.audio_count for turn in turns),
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _moderation(params: Json, turns: list[Turn]) -> Json:
    """What the moderation model thinks of the conversation and of the answer."""
    model: str = params["moderation"]["model"]

    def results(text: str) -> Json:
        return {"type": "moderation_results", "model": model, "results": [verdict(text, model)]}

    said = "\n".join(text_of(message) for message in params["messages"])
    return {"input": results(said), "output": results("\n".join(turn.text for turn in turns))}


# Those that are kept


async def list_chats(exchange: Exchange) -> Answer:
    """The answers that are kept, oldest first unless told otherwise."""
    pairs = (
        (key.removeprefix("metadata[").removesuffix("]"), value)
        for key, value in exchange.query.multi_items()
        if key.startswith("metadata[")
    )
    return as_page(exchange, exchange.state.chats.find(exchange.params["model"], pairs))


def _named(exchange: Exchange) -> StoredChat:
    return exchange.state.chats.chat(exchange.path_params["completion_id"])


async def retrieve(exchange: Exchange) -> Answer:
    """One answer."""
    return as_json(_named(exchange).completion)


async def update(exchange: Exchange) -> Answer:
    """Change its metadata."""
    completion = _named(exchange).completion
    completion["metadata"] = exchange.params["metadata"]
    return as_json(completion)


async def delete(exchange: Exchange) -> Answer:
    """Forget it."""
    chat_id: str = _named(exchange).completion["id"]
    del exchange.state.chats.chats[chat_id]
    return as_json({"id": chat_id, "object": "chat.completion.deleted", "deleted": True})


async def list_messages(exchange: Exchange) -> Answer:
    """The conversation that was answered."""
    return as_page(exchange, _named(exchange).messages)


ENDPOINTS = (
    Endpoint("POST", "/chat/completions", create, SPEC, "json"),
    Endpoint("GET", "/chat/completions", list_chats, LIST),
    Endpoint("GET", "/chat/completions/{completion_id}", retrieve),
    Endpoint("POST", "/chat/completions/{completion_id}", update, UPDATE, "json"),
    Endpoint("DELETE", "/chat/completions/{completion_id}", delete),
    Endpoint("GET", "/chat/completions/{completion_id}/messages", list_messages, PAGES),
)
