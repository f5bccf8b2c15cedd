"""Chat, completions and edits."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openai_async.testing import Server

from .conftest import Connect

pytestmark = pytest.mark.anyio

WEATHER = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "unit": {"enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city"],
    },
}
TIME = {"name": "lookup_time", "parameters": {"type": "object", "properties": {}}}


def ask(text: str = "Tell me about the sea.", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await http.post(path, json={**body, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *data, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in data]


def text_of(chunks: list[dict[str, Any]], index: int = 0) -> str:
    return "".join(
        choice["delta"].get("content") or ""
        for chunk in chunks
        for choice in chunk["choices"]
        if choice["index"] == index
    )


async def test_chat_answers_about_what_was_asked(http: httpx.AsyncClient) -> None:
    body = await post(http, "/chat/completions", ask("What is the weather like in the mountains?"))
    (choice,) = body["choices"]
    assert body["object"] == "chat.completion"
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    words = ("weather", "mountain", "rain", "sun", "wind", "hill", "blue")
    assert any(word in choice["message"]["content"].lower() for word in words)
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_a_dated_name_is_a_snapshot_of_a_known_model(http: httpx.AsyncClient) -> None:
    asked = {"model": "gpt-4o-2024-08-06", "messages": [{"role": "user", "content": "Hi"}]}
    assert (await http.post("/chat/completions", json=asked)).json()["model"] == asked["model"]
    assert (await http.get("/models/gpt-4o-2024-08-06")).json()["id"] == asked["model"]
    assert (await http.delete("/models/gpt-4o-2024-08-06")).status_code == 403
    assert (await http.get("/models/gpt-9-2024-08-06")).status_code == 404


async def test_a_stream_says_what_the_whole_answer_says(http: httpx.AsyncClient) -> None:
    question = ask(seed=5, n=2)
    whole = await post(http, "/chat/completions", question)
    chunks = await events(
        http, "/chat/completions", {**question, "stream_options": {"include_usage": True}}
    )
    *chunks, last = chunks
    for index, choice in enumerate(whole["choices"]):
        assert text_of(chunks, index) == choice["message"]["content"]
    assert last["choices"] == []
    assert last["usage"] == whole["usage"]
    assert all(chunk["usage"] is None for chunk in chunks)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    reasons = [c["finish_reason"] for chunk in chunks for c in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["stop", "stop"]


async def test_a_seed_repeats_and_another_does_not(connect: Connect) -> None:
    http = connect(Server())
    texts = [
        (await post(http, "/chat/completions", ask("Anything?", seed=seed)))["choices"][0][
            "message"
        ]
        for seed in (1, 1, 2, 3)
    ]
    assert texts[0] == texts[1]
    assert any(text != texts[0] for text in texts[2:])


async def test_chat_logprobs(http: httpx.AsyncClient) -> None:
    body = await post(http, "/chat/completions", ask(logprobs=True, top_logprobs=3))
    choice = body["choices"][0]
    content = choice["logprobs"]["content"]
    assert b"".join(bytes(t["bytes"]) for t in content).decode() == choice["message"]["content"]
    assert len(content) == body["usage"]["completion_tokens"]
    assert all(t["logprob"] <= 0 and 1 <= len(t["top_logprobs"]) <= 3 for t in content)


async def test_max_tokens_and_stop(http: httpx.AsyncClient) -> None:
    short = await post(http, "/chat/completions", ask(max_completion_tokens=3))
    assert short["choices"][0]["finish_reason"] == "length"
    assert short["usage"]["completion_tokens"] == 3
    stopped = await post(http, "/chat/completions", ask(stop=["."]))
    assert "." not in stopped["choices"][0]["message"]["content"]
    assert stopped["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "choice", ["auto", "required", {"type": "function", "function": {"name": "get_weather"}}]
)
async def test_tools(http: httpx.AsyncClient, choice: Any) -> None:
    question = ask(
        "What is the weather in Paris for the next 3 days in fahrenheit?",
        tools=[{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}],
        tool_choice=choice,
    )
    body = await post(http, "/chat/completions", question)
    (call,) = body["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {
        "city": "Paris",
        "days": 3,
        "unit": "fahrenheit",
    }
    expected = "stop" if isinstance(choice, dict) else "tool_calls"
    assert body["choices"][0]["finish_reason"] == expected

    chunks = await events(http, "/chat/completions", question)
    deltas = [d for c in chunks for d in c["choices"][0]["delta"].get("tool_calls", ())]
    assert deltas[0]["id"].startswith("call_")
    assert len(deltas) > 3
    assert "".join(d["function"]["arguments"] for d in deltas) == call["function"]["arguments"]


async def test_parallel_calls_and_the_answer_to_them(http: httpx.AsyncClient) -> None:
    tools = [{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}]
    question = ask("The weather and the time in Rome, please", tools=tools)
    body = await post(http, "/chat/completions", question)
    message = body["choices"][0]["message"]
    assert [c["function"]["name"] for c in message["tool_calls"]] == ["get_weather", "lookup_time"]
    single = await post(http, "/chat/completions", {**question, "parallel_tool_calls": False})
    assert len(single["choices"][0]["message"]["tool_calls"]) == 1
    results = [
        {"role": "tool", "tool_call_id": c["id"], "content": "12"} for c in message["tool_calls"]
    ]
    body = await post(
        http,
        "/chat/completions",
        {**question, "messages": [*question["messages"], message, *results]},
    )
    assert body["choices"][0]["message"]["content"]
    assert body["choices"][0]["finish_reason"] == "stop"


async def test_functions_in_the_manner_of_2023(http: httpx.AsyncClient) -> None:
    question = ask("weather in Oslo?", model="gpt-3.5-turbo-0613", functions=[WEATHER])
    body = await post(http, "/chat/completions", question)
    call = body["choices"][0]["message"]["function_call"]
    assert body["choices"][0]["finish_reason"] == "function_call"
    chunks = await events(http, "/chat/completions", question)
    parts = [c["choices"][0]["delta"].get("function_call", {}) for c in chunks]
    assert "".join(part.get("arguments", "") for part in parts) == call["arguments"]
    none = await post(http, "/chat/completions", {**question, "function_call": "none"})
    assert none["choices"][0]["message"]["content"]


async def test_structured_output(http: httpx.AsyncClient) -> None:
    schema = {
        "type": "object",
        "$defs": {"node": {
            "type": "object",
            "properties": {"name": {"type": "string", "minLength": 3, "maxLength": 8},
                           "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["name", "next"]}},
        "properties": {
            "root": {"$ref": "#/$defs/node"},
            "scores": {"type": "array", "minItems": 3, "maxItems": 3,
                       "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}},
            "when": {"type": "string", "format": "date"},
            "kind": {"const": "tree"},
        },
        "required": ["root", "scores", "when", "kind"],
    }  # fmt: skip
    form = {
        "type": "json_schema",
        "json_schema": {"name": "tree", "schema": schema},
    }
    body = await post(http, "/chat/completions", ask(response_format=form))
    value = json.loads(body["choices"][0]["message"]["content"])
    assert value.keys() == {"root", "scores", "when", "kind"}
    assert 3 <= len(value["root"]["name"]) <= 8
    assert len(value["scores"]) == 3
    assert all(0 < score <= 1 for score in value["scores"])
    assert len(value["when"]) == 10
    body = await post(
        http, "/chat/completions", ask("In JSON!", response_format={"type": "json_object"})
    )
    assert isinstance(json.loads(body["choices"][0]["message"]["content"]), dict)
    refused = await http.post(
        "/chat/completions", json=ask("No.", response_format={"type": "json_object"})
    )
    assert refused.status_code == 400


def complete(**more: Any) -> dict[str, Any]:
    return {"model": "text-davinci-003", "prompt": "Once upon a time", **more}


async def test_completions_of_every_kind_of_prompt(http: httpx.AsyncClient) -> None:
    for prompt, count in (
        ("one", 1),
        (["one", "two"], 2),
        ([1212, 318, 257], 1),
        ([[1, 2], [100_000]], 2),
    ):
        body = await post(http, "/completions", complete(prompt=prompt, n=2, max_tokens=4))
        assert [choice["index"] for choice in body["choices"]] == list(range(2 * count))
        assert body["usage"]["completion_tokens"] <= 8 * count
    assert (await post(http, "/completions", {"model": "ada"}))["choices"][0]["text"]


async def test_echo_with_logprobs(http: httpx.AsyncClient) -> None:
    body = await post(http, "/completions", complete(echo=True, logprobs=2, max_tokens=5))
    choice = body["choices"][0]
    table = choice["logprobs"]
    assert choice["text"].startswith("Once upon a time")
    assert "".join(table["tokens"]) == choice["text"]
    assert table["token_logprobs"][0] is None
    assert all(value <= 0 for value in table["token_logprobs"][1:])
    assert all(1 <= len(row) <= 3 for row in table["top_logprobs"][1:])
    for offset, token in zip(table["text_offset"], table["tokens"], strict=True):
        assert choice["text"][offset:].startswith(token)
    only = await post(http, "/completions", complete(echo=True, max_tokens=0, logprobs=0))
    assert only["choices"][0]["text"] == "Once upon a time"
    assert only["usage"]["completion_tokens"] == 0


async def test_streamed_completions_agree_with_whole_ones(http: httpx.AsyncClient) -> None:
    question = complete(prompt=["The sea", "The moon"], n=2, echo=True, logprobs=1, seed=3)
    whole = await post(http, "/completions", question)
    chunks = await events(http, "/completions", question)
    for index, expected in enumerate(whole["choices"]):
        mine = [c["choices"][0] for c in chunks if c["choices"][0]["index"] == index]
        assert "".join(choice["text"] for choice in mine) == expected["text"]
        assert mine[-1]["finish_reason"] == expected["finish_reason"]
        offsets = [o for choice in mine for o in (choice["logprobs"] or {}).get("text_offset", ())]
        assert offsets == expected["logprobs"]["text_offset"]


async def test_best_of_returns_the_likeliest(http: httpx.AsyncClient) -> None:
    body = await post(http, "/completions", complete(best_of=5, n=2, logprobs=0, max_tokens=8))
    means = [
        sum(c["logprobs"]["token_logprobs"]) / len(c["logprobs"]["token_logprobs"])
        for c in body["choices"]
    ]
    assert means == sorted(means, reverse=True)
    assert body["usage"]["completion_tokens"] > 16


async def test_penalties_and_bias_reach_the_model(http: httpx.AsyncClient) -> None:
    forced = await post(http, "/completions", complete(logit_bias={"65": 100}, max_tokens=4))
    assert forced["choices"][0]["text"] == "AAAA"
    varied = await post(
        http,
        "/completions",
        complete(
            logit_bias={"126": 100, "94": 99}, frequency_penalty=2, max_tokens=4, temperature=0
        ),
    )
    assert varied["choices"][0]["text"] == "~^~^"


async def test_edits(http: httpx.AsyncClient) -> None:
    body = {"model": "text-davinci-edit-001", "input": "What day of the wek is it?"}
    fixed = await post(http, "/edits", {**body, "instruction": "Fix the spelling mistakes", "n": 2})
    assert [choice["text"] for choice in fixed["choices"]] == ["What day of the week is it?"] * 2
    assert fixed["usage"]["total_tokens"] > 0
    other = await post(http, "/edits", {**body, "instruction": "Go on about the sea"})
    assert other["choices"][0]["text"].startswith(body["input"])


@pytest.mark.parametrize(
    ("path", "change", "status", "param", "code"),
    [
        ("chat", {"messages": None}, 400, "messages", "missing_required_parameter"),
        ("chat", {"messages": []}, 400, "messages", "empty_array"),
        ("chat", {"messages": "hi"}, 400, "messages", "invalid_type"),
        ("chat", {"messages": [{"role": "boss"}]}, 400, "messages[0].role", "invalid_value"),
        ("chat", {"messages": [{"role": "user"}]}, 400, "messages[0].content", None),
        ("chat", {"temperature": 2.5}, 400, "temperature", "decimal_above_max_value"),
        ("chat", {"temperature": "hot"}, 400, "temperature", "invalid_type"),
        ("chat", {"n": 0}, 400, "n", "integer_below_min_value"),
        ("chat", {"n": True}, 400, "n", "invalid_type"),
        ("chat", {"stop": list("abcde")}, 400, "stop", "array_above_max_length"),
        ("chat", {"logit_bias": {"5": 101}}, 400, "logit_bias.5", "decimal_above_max_value"),
        ("chat", {"top_logprobs": 2}, 400, "top_logprobs", None),
        ("chat", {"stream_options": {}}, 400, "stream_options", None),
        ("chat", {"tool_choice": "auto"}, 400, "tool_choice", None),
        ("chat", {"colour": "red"}, 400, None, "unknown_parameter"),
        ("chat", {"model": "gpt-9"}, 404, "model", "model_not_found"),
        ("chat", {"model": "ada"}, 404, "model", None),
        ("chat", {"max_tokens": 200_000}, 400, "messages", "context_length_exceeded"),
        ("completions", {"model": "gpt-4"}, 404, "model", None),
        ("completions", {"max_tokens": 5000}, 400, "prompt", "context_length_exceeded"),
        ("completions", {"best_of": 2, "n": 3}, 400, "best_of", None),
        ("completions", {"best_of": 2, "stream": True}, 400, "best_of", None),
        ("completions", {"logprobs": 6}, 400, "logprobs", "integer_above_max_value"),
        ("completions", {"prompt": [1, "a"]}, 400, "prompt", "invalid_type"),
    ],
)  # fmt: skip
async def test_wrong_parameters(
    http: httpx.AsyncClient,
    path: str,
    change: dict[str, Any],
    status: int,
    param: str | None,
    code: str | None,
) -> None:
    chat = path == "chat"
    body = {**(ask() if chat else complete()), **change}
    answer = await http.post("/chat/completions" if chat else "/completions", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
