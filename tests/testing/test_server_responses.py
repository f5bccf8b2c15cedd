"""Responses: what they say, how they stream, what the server keeps of them."""

from __future__ import annotations

import base64
import json
from typing import Any

import anyio
import httpx
import pytest

from openai_async.testing import Server

from .conftest import Connect

pytestmark = pytest.mark.anyio

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
        "additionalProperties": False,
    },
    "strict": True,
}
TIME = {"type": "function", "name": "lookup_time", "parameters": None}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
INPUT_IMAGE = "message.input_image.image_url"
Event = dict[str, Any]


def ask(question: Any = "Tell me about the sea.", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "input": question, **more}


async def respond(http: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post("/responses", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def get(http: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(http: httpx.AsyncClient, body: dict[str, Any], status: int = 400) -> Any:
    answer = await http.post("/responses", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def parse(text: str) -> list[Event]:
    """The events of a stream; each is named by its type, and nothing but events is in it."""
    *blocks, rest = text.split("\n\n")
    assert rest == ""
    events = []
    for block in blocks:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


async def stream(http: httpx.AsyncClient, body: dict[str, Any]) -> list[Event]:
    answer = await http.post("/responses", json={**body, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = parse(answer.text)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


async def leave_after(server: Server, body: dict[str, Any], count: int) -> list[Event]:
    """The first events of a stream that is then left."""
    request = httpx.Request("POST", "http://testserver/v1/responses", json=body)
    answer = await server.transport().handle_async_request(request)
    chunks = aiter(answer.stream)
    events = [event for _ in range(count) for event in parse((await anext(chunks)).decode())]
    await answer.aclose()
    return events


def types(events: list[Event]) -> list[str]:
    """Kinds of events in their order, deltas of one text taken together."""
    names = [event["type"].removeprefix("response.") for event in events]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def output_text(response: dict[str, Any]) -> str:
    return "".join(
        part["text"]
        for item in response["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


def said(events: list[Event], kind: str = "output_text") -> str:
    return "".join(e["delta"] for e in events if e["type"] == f"response.{kind}.delta")


# Words


async def test_a_response_is_about_what_was_asked(http: httpx.AsyncClient) -> None:
    response = await respond(http, ask("What is the weather like in the mountains?", user="me"))
    assert response["object"] == "response"
    assert response["status"] == "completed"
    assert response["completed_at"] >= response["created_at"]
    assert response["user"] == "me"
    (item,) = response["output"]
    assert (item["type"], item["role"], item["status"]) == ("message", "assistant", "completed")
    words = ("weather", "mountain", "rain", "sun", "wind", "hill", "blue")
    assert any(word in output_text(response).lower() for word in words)
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


async def test_a_stream_says_what_the_whole_response_says(http: httpx.AsyncClient) -> None:
    whole = await respond(http, ask())
    events = await stream(http, ask())
    assert types(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert events[0]["response"]["status"] == "in_progress"
    assert events[0]["response"]["output"] == []
    last = events[-1]["response"]
    assert said(events) == output_text(last) == output_text(whole)
    assert last["usage"] == whole["usage"]
    added, done = (e["item"] for e in events if e["type"].startswith("response.output_item"))
    assert (added["status"], added["content"]) == ("in_progress", [])
    assert done == last["output"][0]
    places = {(e["item_id"], e["output_index"]) for e in events if "item_id" in e}
    assert places == {(done["id"], 0)}


async def test_deltas_are_obfuscated_unless_told_otherwise(http: httpx.AsyncClient) -> None:
    deltas = [event for event in await stream(http, ask()) if "delta" in event]
    assert {(len(e["delta"]) + len(e["obfuscation"])) % 16 for e in deltas} == {0}
    plain = await stream(http, ask(stream_options={"include_obfuscation": False}))
    assert not any("obfuscation" in event for event in plain)


async def test_how_much_is_said(http: httpx.AsyncClient) -> None:
    question = "Tell me about the mountains."
    low, medium, high = [
        output_text(await respond(http, ask(question, text={"verbosity": verbosity})))
        for verbosity in ("low", "medium", "high")
    ]
    assert medium.startswith(low)
    assert low.count(".") == 1
    assert high.startswith(f"{medium}\n\n")


async def test_log_probabilities_have_to_be_included(http: httpx.AsyncClient) -> None:
    question = ask(include=["message.output_text.logprobs"], top_logprobs=2)
    response = await respond(http, question)
    (part,) = response["output"][0]["content"]
    spelled = b"".join(bytes(one["bytes"]) for one in part["logprobs"]).decode()
    assert spelled == part["text"]
    assert all(len(one["top_logprobs"]) == 2 for one in part["logprobs"])
    events = await stream(http, question)
    tokens = [one["token"] for e in events if "delta" in e for one in e["logprobs"]]
    assert "".join(tokens) == part["text"]
    without = await stream(http, ask(top_logprobs=2))
    assert not any(event.get("logprobs") for event in without)
    stored = await get(http, f"/responses/{response['id']}")
    assert stored["output"][0]["content"][0]["logprobs"] == []


async def test_too_few_tokens_make_it_incomplete(http: httpx.AsyncClient) -> None:
    question = ask(text={"verbosity": "high"})
    whole = await respond(http, question)
    short = await respond(http, {**question, "max_output_tokens": 16})
    assert short["status"] == short["output"][0]["status"] == "incomplete"
    assert short["incomplete_details"] == {"reason": "max_output_tokens"}
    assert short["completed_at"] is None
    assert short["usage"]["output_tokens"] == 16
    assert output_text(whole).startswith(output_text(short))
    events = await stream(http, {**question, "max_output_tokens": 16})
    assert events[-1]["type"] == "response.incomplete"
    assert said(events) == output_text(short)


async def test_a_question_too_long_is_refused_or_cut(http: httpx.AsyncClient) -> None:
    question = ask(
        [{"role": "user", "content": "sea " * 9000}, {"role": "user", "content": "And now?"}],
        model="gpt-4",
    )
    error = await refused(http, question)
    assert (error["param"], error["code"]) == ("input", "context_length_exceeded")
    response = await respond(http, {**question, "truncation": "auto"})
    assert response["usage"]["input_tokens"] < 100


@pytest.mark.parametrize("summary", [None, "auto"])
async def test_a_model_that_thinks(http: httpx.AsyncClient, summary: str | None) -> None:
    question = ask(model="gpt-5", reasoning={"effort": "low", "summary": summary})
    events = await stream(http, {**question, "include": ["reasoning.encrypted_content"]})
    response = events[-1]["response"]
    thought, message = response["output"]
    assert (thought["type"], message["type"]) == ("reasoning", "message")
    assert thought["encrypted_content"]
    assert bool(thought["summary"]) is bool(summary)
    details = response["usage"]["output_tokens_details"]
    assert 0 < details["reasoning_tokens"] < response["usage"]["output_tokens"]
    if summary:
        assert types(events)[2:9] == [
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
        ]
        assert said(events, "reasoning_summary_text") == thought["summary"][0]["text"]
    stored = await get(http, f"/responses/{response['id']}")
    assert "encrypted_content" not in stored["output"][0]


async def test_thinking_uses_up_the_tokens(http: httpx.AsyncClient) -> None:
    response = await respond(
        http, ask(model="o3", reasoning={"effort": "high"}, max_output_tokens=20)
    )
    assert [item["type"] for item in response["output"]] == ["reasoning"]
    assert response["status"] == "incomplete"
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 20


async def test_a_refusal(http: httpx.AsyncClient) -> None:
    events = await stream(http, ask("Help me to kill and murder them all."))
    assert types(events)[3:7] == [
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
    ]
    (part,) = events[-1]["response"]["output"][0]["content"]
    assert part == {"type": "refusal", "refusal": said(events, "refusal")}
    harmless = await respond(http, ask("What do they tell you, a child, a kid, a teen?"))
    assert output_text(harmless)


async def test_json_for_a_schema(http: httpx.AsyncClient) -> None:
    form = {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}
    response = await respond(http, ask("Hello, my name: Ann and I am 30.", text={"format": form}))
    assert json.loads(output_text(response)) == {"name": "Ann", "age": 30}
    assert response["text"] == {"format": form, "verbosity": "medium"}
    loose = {**form, "schema": {**PERSON, "required": ["name"]}}
    error = await refused(http, ask(text={"format": loose}))
    assert error["code"] == "invalid_json_schema"
    assert "Missing 'age'" in error["message"]
    await respond(http, ask(text={"format": {**loose, "strict": False}}))


async def test_a_json_object_has_to_be_spoken_of(http: httpx.AsyncClient) -> None:
    form = {"format": {"type": "json_object"}}
    assert (await refused(http, ask(text=form)))["param"] == "input"
    response = await respond(http, ask(text=form, instructions="Answer in JSON."))
    assert isinstance(json.loads(output_text(response)), dict)


# Tools of the client's


async def test_a_function_is_called_and_answered(http: httpx.AsyncClient) -> None:
    question = ask("What is the weather in Paris for 3 days?", tools=[WEATHER, TIME])
    events = await stream(http, question)
    response = events[-1]["response"]
    (call,) = response["output"]
    assert call["type"] == "function_call"
    assert call["status"] == "completed"
    assert json.loads(call["arguments"]) == {"city": "Paris", "days": 3}
    assert types(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert said(events, "function_call_arguments") == call["arguments"]
    (done,) = [e for e in events if e["type"].endswith("arguments.done")]
    assert (done["name"], done["arguments"]) == ("get_weather", call["arguments"])

    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Rain, 12 C"}
    follow_up = ask([result], tools=[WEATHER], previous_response_id=response["id"])
    answer = await respond(http, follow_up)
    assert output_text(answer)
    again = ask([{"role": "user", "content": "Weather?"}, *response["output"], result])
    assert output_text(await respond(http, {**again, "store": False}))


@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({}, ["get_weather", "lookup_time"]),
        ({"parallel_tool_calls": False}, ["get_weather"]),
        ({"tool_choice": "none"}, []),
        ({"tool_choice": {"type": "function", "name": "lookup_time"}}, ["lookup_time"]),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "required",
                    "tools": [{"type": "function", "name": "lookup_time"}],
                }
            },
            ["lookup_time"],
        ),
    ],
)
async def test_which_functions_are_called(
    http: httpx.AsyncClient, more: dict[str, Any], called: list[str]
) -> None:
    question = ask("The weather, and the time?", tools=[WEATHER, TIME], **more)
    response = await respond(http, question)
    calls = [item["name"] for item in response["output"] if item["type"] == "function_call"]
    assert calls == called
    assert response["tool_choice"] == more.get("tool_choice", "auto")


async def test_required_means_that_a_function_is_called(http: httpx.AsyncClient) -> None:
    response = await respond(http, ask("Hello!", tools=[WEATHER], tool_choice="required"))
    assert [item["type"] for item in response["output"]] == ["function_call"]


async def test_a_custom_tool_and_a_namespace(http: httpx.AsyncClient) -> None:
    custom = {"type": "custom", "name": "sql", "description": "Runs a query."}
    space = {"type": "namespace", "name": "sky", "description": "Weather.", "tools": [WEATHER]}
    events = await stream(http, ask("Use sql.", tools=[custom, space]))
    (call,) = events[-1]["response"]["output"]
    assert call["type"] == "custom_tool_call"
    assert call["input"] == said(events, "custom_tool_call_input") != ""
    result = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "3 rows"}
    previous = events[-1]["response"]["id"]
    assert output_text(await respond(http, ask([result], previous_response_id=previous)))
    spaced = await respond(http, ask("The weather?", tools=[custom, space]))
    assert spaced["output"][0]["namespace"] == "sky"


async def test_calls_and_outputs_have_to_match(http: httpx.AsyncClient) -> None:
    question = ask("Weather?", tools=[WEATHER], tool_choice="required")
    response = await respond(http, question)
    (call,) = response["output"]
    error = await refused(http, ask("Well?", previous_response_id=response["id"]))
    assert error["message"] == f"No tool output found for function call {call['call_id']}."
    stray = {"type": "function_call_output", "call_id": "call_x", "output": "1"}
    error = await refused(http, ask([stray]))
    assert "No tool call found for function call output with call_id call_x" in error["message"]
    assert error["param"] == "input"


async def test_arguments_that_do_not_fit_are_incomplete(http: httpx.AsyncClient) -> None:
    wide = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(9)}}
    tool = {"type": "function", "name": "fill", "parameters": wide, "strict": False}
    response = await respond(
        http, ask("fill", tools=[tool], tool_choice="required", max_output_tokens=16)
    )
    assert response["status"] == response["output"][0]["status"] == "incomplete"


# Tools of the server's


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (
            {"type": "web_search"},
            "Search the web for otters.",
            [
                "output_item.added",
                "web_search_call.in_progress",
                "web_search_call.searching",
                "web_search_call.completed",
                "output_item.done",
            ],
        ),
        (
            {"type": "code_interpreter", "container": {"type": "auto"}},
            "Calculate 6 * 7.",
            [
                "output_item.added",
                "code_interpreter_call.in_progress",
                "code_interpreter_call_code.delta",
                "code_interpreter_call_code.done",
                "code_interpreter_call.interpreting",
                "code_interpreter_call.completed",
                "output_item.done",
            ],
        ),
        (
            {"type": "image_generation", "size": "64x64", "partial_images": 1},
            "Draw an otter.",
            [
                "output_item.added",
                "image_generation_call.in_progress",
                "image_generation_call.generating",
                "image_generation_call.partial_image",
                "image_generation_call.completed",
                "output_item.done",
            ],
        ),
        (
            {"type": "mcp", "server_label": "deepwiki", "require_approval": "never"},
            "Ask deepwiki.",
            [
                "output_item.added",
                "mcp_list_tools.in_progress",
                "mcp_list_tools.completed",
                "output_item.done",
                "output_item.added",
                "mcp_call.in_progress",
                "mcp_call_arguments.delta",
                "mcp_call_arguments.done",
                "mcp_call.completed",
                "output_item.done",
            ],
        ),
        (
            {"type": "shell", "environment": {"type": "container_auto"}},
            "Use the shell.",
            [
                "output_item.added",
                "shell_call_command.added",
                "shell_call_command.delta",
                "shell_call_command.done",
                "output_item.done",
                "output_item.added",
                "shell_call_output_content.delta",
                "shell_call_output_content.done",
                "output_item.done",
            ],
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
async def test_tools_that_the_server_runs(
    http: httpx.AsyncClient, tool: dict[str, Any], text: str, expected: list[str]
) -> None:
    events = await stream(http, ask(text, tools=[tool]))
    assert types(events)[2 : 2 + len(expected)] == expected
    response = events[-1]["response"]
    assert response["output"][-1]["type"] == "message"
    indexes = [e["output_index"] for e in events if e["type"] == "response.output_item.done"]
    assert indexes == list(range(len(response["output"])))
    unused = await respond(http, ask("Hello!", tools=[tool]))
    assert [item["type"] for item in unused["output"]] == ["message"]


async def test_a_web_search_is_cited(http: httpx.AsyncClient) -> None:
    tools = [{"type": "web_search_preview"}]
    events = await stream(http, ask("Otters?", tools=tools, tool_choice=tools[0]))
    response = events[-1]["response"]
    search, message = response["output"]
    (annotation,) = message["content"][0]["annotations"]
    assert annotation["type"] == "url_citation"
    assert annotation["end_index"] == len(output_text(response))
    assert "response.output_text.annotation.added" in {event["type"] for event in events}
    assert "sources" not in search["action"]
    found = await get(
        http, f"/responses/{response['id']}", **{"include[]": "web_search_call.action.sources"}
    )
    assert found["output"][0]["action"]["sources"][0]["url"] == annotation["url"]


async def test_a_sum_is_worked_out(http: httpx.AsyncClient) -> None:
    tools = [{"type": "code_interpreter", "container": "cntr_1"}]
    question = ask("Compute 12 * (3 + 4)!", tools=tools)
    hidden = await respond(http, question)
    assert hidden["output"][0]["outputs"] is None
    shown = await respond(http, {**question, "include": ["code_interpreter_call.outputs"]})
    assert shown["output"][0]["code"] == "print(12 * (3 + 4))" or shown["output"][0]["outputs"]
    assert shown["output"][0]["container_id"] == "cntr_1"


async def test_a_picture_is_painted(http: httpx.AsyncClient) -> None:
    tool = {"type": "image_generation", "size": "64x48"}
    response = await respond(http, ask("Draw a cat.", tools=[tool]))
    picture = base64.b64decode(response["output"][0]["result"])
    assert picture.startswith(b"\x89PNG")
    assert picture[16:24] == (64).to_bytes(4, "big") + (48).to_bytes(4, "big")


async def test_an_mcp_server_waits_for_approval(http: httpx.AsyncClient) -> None:
    tools = [{"type": "mcp", "server_label": "deepwiki", "allowed_tools": ["ask"]}]
    asked = await respond(http, ask("Ask deepwiki.", tools=tools))
    listed, request = asked["output"]
    assert listed["tools"][0]["name"] == "ask"
    assert request["type"] == "mcp_approval_request"
    for approve, kinds in ((True, ["mcp_call", "message"]), (False, ["message"])):
        reply = {
            "type": "mcp_approval_response",
            "approval_request_id": request["id"],
            "approve": approve,
        }
        answer = await respond(http, ask([reply], tools=tools, previous_response_id=asked["id"]))
        assert [item["type"] for item in answer["output"]] == kinds


async def test_files_are_searched(http: httpx.AsyncClient) -> None:
    upload = {"file": ("otters.txt", b"Otters eat fish and sleep in the kelp.")}
    file = (await http.post("/files", data={"purpose": "assistants"}, files=upload)).json()
    store = (await http.post("/vector_stores", json={"file_ids": [file["id"]]})).json()
    with anyio.fail_after(5):
        while store["status"] != "completed":
            store = await get(http, f"/vector_stores/{store['id']}")
    tools = [{"type": "file_search", "vector_store_ids": [store["id"]]}]
    question = ask("What do the files say of otters?", tools=tools)
    response = await respond(http, {**question, "include": ["file_search_call.results"]})
    search, message = response["output"]
    assert search["results"][0]["file_id"] == file["id"]
    assert "kelp" in search["results"][0]["text"]
    (annotation,) = message["content"][0]["annotations"]
    assert (annotation["type"], annotation["filename"]) == ("file_citation", "otters.txt")
    assert (await respond(http, question))["output"][0]["results"] is None
    looked_up = await respond(http, ask("How do otters sleep?", tools=tools))
    assert [item["type"] for item in looked_up["output"]] == ["file_search_call", "message"]
    missing = [{"type": "file_search", "vector_store_ids": ["vs_missing"]}]
    await refused(http, ask("Search.", tools=missing), 404)


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ({"type": "shell"}, "shell_call"),
        ({"type": "local_shell"}, "local_shell_call"),
        ({"type": "apply_patch"}, "apply_patch_call"),
        ({"type": "computer"}, "computer_call"),
    ],
)
async def test_tools_that_the_client_runs(
    http: httpx.AsyncClient, tool: dict[str, Any], kind: str
) -> None:
    response = await respond(http, ask("Do it.", tools=[tool], tool_choice="required"))
    assert [item["type"] for item in response["output"]] == [kind]


async def test_at_most_so_many_tools_of_the_server_are_used(http: httpx.AsyncClient) -> None:
    tools = [{"type": "web_search"}, {"type": "image_generation", "size": "16x16"}]
    text = "Search the web and draw what you find."
    both = await respond(http, ask(text, tools=tools))
    assert len(both["output"]) == 3
    one = await respond(http, ask(text, tools=tools, max_tool_calls=1))
    assert len(one["output"]) == 2


# What is kept


async def test_a_stored_response(http: httpx.AsyncClient) -> None:
    made = await respond(http, ask(metadata={"a": "b"}))
    assert await get(http, f"/responses/{made['id']}") == made
    deleted = (await http.delete(f"/responses/{made['id']}")).json()
    assert deleted == {"id": made["id"], "object": "response", "deleted": True}
    for answer in (
        await http.get(f"/responses/{made['id']}"),
        await http.delete(f"/responses/{made['id']}"),
        await http.post(f"/responses/{made['id']}/cancel"),
        await http.get(f"/responses/{made['id']}/input_items"),
    ):
        assert answer.status_code == 404
        assert made["id"] in answer.json()["error"]["message"]
    unstored = await respond(http, ask(store=False))
    assert (await http.get(f"/responses/{unstored['id']}")).status_code == 404


async def test_one_response_goes_on_from_another(http: httpx.AsyncClient) -> None:
    first = await respond(http, ask("My name is Ann.", instructions="Be brief."))
    second = await respond(http, ask("And yours?", previous_response_id=first["id"]))
    assert second["previous_response_id"] == first["id"]
    assert second["instructions"] is None
    whole = [
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": output_text(first)},
        {"role": "user", "content": "And yours?"},
    ]
    told = await respond(http, ask(whole))
    assert told["usage"]["input_tokens"] == second["usage"]["input_tokens"]
    assert output_text(told) == output_text(second)
    error = await refused(http, ask(previous_response_id="resp_x"))
    assert (error["param"], error["code"]) == (
        "previous_response_id",
        "previous_response_not_found",
    )


async def test_input_items_come_in_pages(http: httpx.AsyncClient) -> None:
    texts = [f"Number {n}" for n in range(5)]
    items: list[Any] = [{"role": "user", "content": text} for text in texts]
    made = await respond(http, ask(items))
    path = f"/responses/{made['id']}/input_items"
    newest = await get(http, path)
    assert [item["content"][0]["text"] for item in newest["data"]] == texts[::-1]
    first = await get(http, path, limit=2, order="asc")
    assert [item["content"][0]["text"] for item in first["data"]] == texts[:2]
    assert first["has_more"] is True
    second = await get(http, path, limit=9, order="asc", after=first["last_id"])
    assert [item["content"][0]["text"] for item in second["data"]] == texts[2:]
    assert second["has_more"] is False
    assert {item["status"] for item in newest["data"]} == {"completed"}
    assert (await http.get(path, params={"limit": 101})).status_code == 400
    again = await respond(http, ask([{"type": "item_reference", "id": first["first_id"]}]))
    (reused,) = (await get(http, f"/responses/{again['id']}/input_items"))["data"]
    assert reused == first["data"][0]
    await refused(http, ask([{"type": "item_reference", "id": "msg_x"}]), 404)


async def test_images_of_the_input_are_shown_if_asked_for(http: httpx.AsyncClient) -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    made = await respond(http, ask([{"role": "user", "content": [image]}]))
    path = f"/responses/{made['id']}/input_items"
    for query, url in (({}, None), ({"include[]": INPUT_IMAGE}, image["image_url"])):
        (item,) = (await get(http, path, **query))["data"]
        assert item["content"] == [{**image, "image_url": url, "detail": "auto"}]
    wrong = await http.get(path, params={"include[]": "everything"})
    assert wrong.status_code == 400


async def test_tokens_are_counted_as_they_are_used(http: httpx.AsyncClient) -> None:
    question = ask("How many?", instructions="Count.", tools=[WEATHER], tool_choice="none")
    made = await respond(http, question)
    counted = (await http.post("/responses/input_tokens", json=question)).json()
    assert counted == {
        "object": "response.input_tokens",
        "input_tokens": made["usage"]["input_tokens"],
    }


async def test_long_beginnings_are_read_from_the_cache(http: httpx.AsyncClient) -> None:
    def details(response: dict[str, Any]) -> tuple[int, int]:
        found = response["usage"]["input_tokens_details"]
        return found["cached_tokens"], found["cache_write_tokens"]

    assert details(await respond(http, ask("sea " * 900))) == (0, 0)  # too short
    first = await respond(http, ask("sea " * 1200))
    assert details(first) == (0, 1152)
    longer = await respond(http, ask("And the sky?" * 60, previous_response_id=first["id"]))
    assert details(longer)[0] == 1152
    assert details(longer)[1] > 0
    assert details(await respond(http, ask("sea " * 1200, prompt_cache_key="mine"))) == (0, 1152)


async def test_a_conversation_that_is_compacted(http: httpx.AsyncClient) -> None:
    first = await respond(http, ask("Tell me about the mountains."))
    body = {"model": "gpt-4o-mini", "previous_response_id": first["id"]}
    answer = (await http.post("/responses/compact", json=body)).json()
    assert answer["object"] == "response.compaction"
    question, compaction = answer["output"]
    assert question["content"][0]["text"] == "Tell me about the mountains."
    assert compaction["type"] == "compaction"
    go_on = [*answer["output"], {"role": "user", "content": "And then?"}]
    assert output_text(await respond(http, ask(go_on)))
    forged = {"type": "compaction", "encrypted_content": "bm90aGluZw=="}
    assert (await refused(http, ask([forged])))["code"] == "invalid_encrypted_content"
    nothing = await http.post("/responses/compact", json={"model": "gpt-4o-mini"})
    assert nothing.status_code == 400


async def test_a_long_context_is_compacted_by_itself(http: httpx.AsyncClient) -> None:
    management = [{"type": "compaction", "compact_threshold": 1000}]
    first = await respond(http, ask("sea " * 1500, context_management=management))
    assert first["output"][0]["type"] == "compaction"
    assert first["usage"]["input_tokens"] > 1000
    small = await respond(http, ask("sea", context_management=management))
    assert small["output"][0]["type"] == "message"


# In the background


async def finished(http: httpx.AsyncClient, response_id: str) -> dict[str, Any]:
    with anyio.fail_after(5):
        while True:
            response = await get(http, f"/responses/{response_id}")
            if response["status"] not in ("queued", "in_progress"):
                return response


async def test_a_response_in_the_background(connect: Connect) -> None:
    server = Server(seed=7, token_delay=10)
    http = connect(server)
    made = await respond(http, ask(background=True))
    assert (made["status"], made["output"]) == ("queued", [])
    statuses, partial = {made["status"]}, ""
    with anyio.fail_after(5):
        while made["status"] in ("queued", "in_progress"):
            server.advance(10)
            made = await get(http, f"/responses/{made['id']}")
            statuses.add(made["status"])
            assert output_text(made).startswith(partial)
            partial = output_text(made)
    assert statuses == {"queued", "in_progress", "completed"}
    assert output_text(made) == output_text(await respond(http, ask()))


async def test_a_stream_is_picked_up_where_it_was_cut(connect: Connect) -> None:
    http = connect(Server(seed=7))
    body = ask("The weather in Paris?", tools=[WEATHER], background=True)
    whole = await stream(http, body)
    assert types(whole)[:3] == ["created", "queued", "in_progress"]
    path = f"/responses/{whole[0]['response']['id']}"
    for after in range(len(whole)):
        answer = await http.get(path, params={"stream": "true", "starting_after": after})
        assert parse(answer.text) == whole[after + 1 :]
    plain = await http.get(path, params={"stream": "true", "include_obfuscation": "false"})
    assert "obfuscation" not in plain.text
    assert len(parse(plain.text)) == len(whole)


async def test_it_goes_on_when_the_client_has_left(connect: Connect) -> None:
    server = Server(seed=7, token_delay=0.003)
    http = connect(server)
    first = await leave_after(server, ask(background=True, stream=True), 6)
    path = f"/responses/{first[0]['response']['id']}"
    query = {"stream": "true", "starting_after": 5}
    readers: list[list[Event]] = []

    async def read() -> None:
        readers.append(parse((await http.get(path, params=query)).text))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(read)
    assert readers[0] == readers[1]
    events = first + readers[0]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.completed"
    assert said(events) == output_text(await finished(http, path.rpartition("/")[2]))


async def test_cancelling(connect: Connect) -> None:
    server = Server(seed=7, token_delay=100)
    http = connect(server)
    path = ""
    events: list[Event] = []
    with anyio.fail_after(5):
        async with http.stream(
            "POST", "/responses", json=ask(background=True, stream=True)
        ) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))
                    server.advance(0 if path else 100)
                if len(events) == 9 and not path:
                    path = f"/responses/{events[0]['response']['id']}"
                    cancelled = (await http.post(f"{path}/cancel")).json()
    assert cancelled["status"] == "cancelled"
    (item,) = cancelled["output"]
    assert item["status"] == "in_progress"
    assert said(events) == output_text(cancelled)
    assert events[-1]["type"] == "response.output_text.delta"  # the stream just ends
    again = await http.post(f"{path}/cancel")
    assert again.status_code == 200
    assert again.json() == cancelled


async def test_what_cannot_be_cancelled_or_streamed(connect: Connect) -> None:
    http = connect(Server(seed=7))
    plain = await respond(http, ask())
    done = await respond(http, ask(background=True))
    await finished(http, done["id"])
    for made, message in ((plain, "Cannot cancel a synchronous"), (done, "a completed response")):
        answer = await http.post(f"/responses/{made['id']}/cancel")
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]
        streamed = await http.get(f"/responses/{made['id']}", params={"stream": "true"})
        assert (streamed.status_code, streamed.json()["error"]["param"]) == (400, "stream")
    assert (await refused(http, ask(background=True, store=False)))["param"] == "store"


async def test_one_that_is_deleted_ends(connect: Connect) -> None:
    http = connect(Server(token_delay=60.0))
    made = await respond(http, ask(background=True))
    assert (await refused(http, ask(previous_response_id=made["id"])))["param"]
    assert (await http.delete(f"/responses/{made['id']}")).status_code == 200
    assert (await http.get(f"/responses/{made['id']}")).status_code == 404


# Conversations


async def test_a_conversation_is_filled_by_its_responses(http: httpx.AsyncClient) -> None:
    begun = {"items": [{"role": "developer", "content": "Be kind."}], "metadata": {"a": "1"}}
    conversation = (await http.post("/conversations", json=begun)).json()
    first = await respond(http, ask("Who are you?", conversation=conversation["id"]))
    assert first["conversation"] == {"id": conversation["id"]}
    await stream(http, ask("And now?", conversation={"id": conversation["id"]}))
    path = f"/conversations/{conversation['id']}/items"
    items = (await get(http, path, order="asc"))["data"]
    assert [item["role"] for item in items] == [
        "developer", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert items[2] == first["output"][0]
    other = await respond(http, ask("One more.", conversation=conversation["id"]))
    alone = await respond(http, ask("One more."))
    assert other["usage"]["input_tokens"] > alone["usage"]["input_tokens"]
    assert len((await get(http, path))["data"]) == 7


async def test_a_conversation_is_locked_while_a_response_works_on_it(connect: Connect) -> None:
    http = connect(Server(token_delay=60.0))
    conversation = (await http.post("/conversations", json={})).json()
    body = ask(conversation=conversation["id"])
    made = await respond(http, {**body, "background": True})
    error = await refused(http, body)
    assert (error["param"], error["code"]) == ("conversation", "conversation_locked")
    await http.post(f"/responses/{made['id']}/cancel")
    assert (await respond(http, body))["status"] == "completed"


async def test_conversations_and_their_items(http: httpx.AsyncClient) -> None:
    made = (await http.post("/conversations", json={"metadata": {"topic": "sea"}})).json()
    path = f"/conversations/{made['id']}"
    assert made["object"] == "conversation"
    assert await get(http, path) == made
    changed = (await http.post(path, json={"metadata": {"topic": "sky"}})).json()
    assert changed == {**made, "metadata": {"topic": "sky"}}
    new = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"role": "assistant", "content": "Hello."},
    ]
    added = (await http.post(f"{path}/items", json={"items": new})).json()
    assert [item["content"][0]["type"] for item in added["data"]] == ["input_text", "output_text"]
    one = added["data"][0]
    assert await get(http, f"{path}/items/{one['id']}") == one
    listed = await get(http, f"{path}/items", limit=1)
    assert (listed["data"], listed["has_more"]) == ([added["data"][1]], True)
    left = await http.delete(f"{path}/items/{one['id']}")
    assert left.json() == changed
    assert (await http.get(f"{path}/items/{one['id']}")).status_code == 404
    assert len((await get(http, f"{path}/items"))["data"]) == 1
    too_many = await http.post(f"{path}/items", json={"items": new * 11})
    assert too_many.json()["error"]["code"] == "array_above_max_length"
    gone = (await http.delete(path)).json()
    assert gone == {"id": made["id"], "object": "conversation.deleted", "deleted": True}
    assert (await http.get(path)).status_code == 404
    await refused(http, ask(conversation=made["id"]), 404)


# What goes wrong


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": "Hi"}, "model", "missing_required_parameter"),
        ({"model": "gpt-4o"}, "input", "missing_required_parameter"),
        (ask(max_output_tokens=15), "max_output_tokens", "integer_below_min_value"),
        (ask(temperature=2.5), "temperature", "decimal_above_max_value"),
        (ask(top_logprobs=21), "top_logprobs", "integer_above_max_value"),
        (ask(include=["everything"]), "include[0]", "invalid_value"),
        (ask(metadata={"a": 1}), "metadata.a", "invalid_type"),
        (ask(metadata={str(n): "" for n in range(17)}), "metadata", "object_above_max_properties"),
        (ask(service_tier="turbo"), "service_tier", "invalid_value"),
        (ask(truncation="middle"), "truncation", "invalid_value"),
        (ask(stream_options={}), "stream_options", None),
        (ask(reasoning={"effort": "huge"}), "reasoning.effort", "invalid_value"),
        (ask(reasoning={"effort": "low"}), "reasoning.effort", "unsupported_parameter"),
        (ask(model="gpt-5", temperature=0.5), "temperature", "unsupported_parameter"),
        (ask(text={"format": {"type": "yaml"}}), "text.format.type", "invalid_value"),
        (ask(text={"format": {"type": "json_schema"}}), "text.format.name", None),
        (ask(tools=[{"type": "hammer"}]), "tools[0].type", "invalid_value"),
        (ask(tools=[{"type": "function"}]), "tools[0].name", "missing_required_parameter"),
        (ask(tools=[{"type": "function", "name": "a b"}]), "tools[0].name", "invalid_value"),
        (
            ask(tools=[{**WEATHER, "parameters": {"type": "object", "properties": {}}}]),
            "tools",
            "invalid_function_parameters",
        ),
        (ask(tool_choice="required"), "tool_choice", None),
        (ask(tool_choice={"type": "function", "name": "x"}), "tool_choice", None),
        (ask(tool_choice={"type": "web_search_preview"}), "tool_choice", None),
        (ask([{"role": "tool", "content": "x"}]), "input[0].role", "invalid_value"),
        (ask([{"role": "user"}]), "input[0].content", "missing_required_parameter"),
        (ask([{"type": "letter"}]), "input[0].type", "invalid_value"),
        (
            ask([{"role": "user", "content": [{"type": "text", "text": "x"}]}]),
            "input[0].content[0].type",
            "invalid_value",
        ),
        (ask([{"role": "user", "content": [{"type": "input_image"}]}]), "input", None),
        (
            ask([{"role": "user", "content": [{"type": "input_file", "file_id": "file-x"}]}]),
            "input",
            "file_not_found",
        ),
        (
            ask(previous_response_id="resp_1", conversation="conv_1"),
            "previous_response_id",
            "mutually_exclusive_parameters",
        ),
        (ask([{"type": "mcp_list_tools"}]), "input[0].server_label", None),
        (ask([{"type": "reasoning", "summary": [], "id": 5}]), "input[0].id", "invalid_type"),
        (ask(tools=[{"type": "shell", "environment": "here"}]), "tools[0].environment", None),
        (ask(tools=[{"type": "image_generation", "size": "big"}]), "tools[0].size", None),
        (ask(surprise=1), None, "unknown_parameter"),
    ],
)
async def test_what_is_refused(
    http: httpx.AsyncClient, body: dict[str, Any], param: str | None, code: str | None
) -> None:
    error = await refused(http, body)
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert code is None or error["code"] == code


async def test_models_that_do_not_answer(http: httpx.AsyncClient) -> None:
    assert (await refused(http, ask(model="gpt-9"), 404))["code"] == "model_not_found"
    await refused(http, ask(model="text-embedding-3-small"), 404)


async def test_faults_strike_these_streams_too(server: Server, http: httpx.AsyncClient) -> None:
    body = ask(stream=True)
    server.fault("500", on="POST /responses")
    assert (await http.post("/responses", json=body)).status_code == 500
    server.fault("cut", value=3, on="POST /responses")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/responses", json=body)
    server.fault("error-event", value=4, on="POST /responses")
    *before, error = parse((await http.post("/responses", json=body)).text)
    assert len(before) == 4
    assert (error["type"], error["code"]) == ("error", "server_error")
    server.fault("fail", value=5, on="POST /responses")
    *before, failed = parse((await http.post("/responses", json=body)).text)
    assert (len(before), failed["type"]) == (5, "response.failed")
    assert failed["response"]["error"]["code"] == "server_error"
    server.fault("fail", on="POST /responses")
    made = await respond(http, ask(background=True))
    assert (await finished(http, made["id"]))["status"] == "failed"


async def test_one_whose_client_leaves_is_cancelled(
    server: Server, http: httpx.AsyncClient
) -> None:
    events = await leave_after(server, ask(stream=True), 6)
    response = await get(http, f"/responses/{events[0]['response']['id']}")
    assert response["status"] == "cancelled"
    assert output_text(response) == said(events)


async def test_everything_is_told_back(http: httpx.AsyncClient) -> None:
    given = {
        "prompt": {"id": "pmpt_1", "version": "2", "variables": {"city": "Paris"}},
        "prompt_cache_key": "key",
        "safety_identifier": "someone",
        "metadata": {"a": "b"},
        "max_tool_calls": 3,
        "truncation": "auto",
        "instructions": "Be brief.",
    }
    response = await respond(
        http, {"model": "gpt-4o", "service_tier": "fast", "temperature": 0, **given}
    )
    assert {name: response[name] for name in given} == given
    assert response["service_tier"] == "priority"
    assert response["temperature"] == 0
    assert response["prompt_cache_options"] == {"ttl": "30m", "mode": "implicit"}
    moderated = await respond(
        http, ask("I will attack and destroy them.", moderation={"model": "omni-moderation-latest"})
    )
    verdicts = moderated["moderation"]
    assert (verdicts["input"]["flagged"], verdicts["output"]["flagged"]) == (True, False)
    assert "people" not in verdicts["input"]["categories"]
    secret = {"type": "mcp", "server_label": "x", "server_url": "http://x", "authorization": "key"}
    told = await respond(http, ask(tools=[secret]))
    assert "authorization" not in told["tools"][0]
