"""Chat against the built-in server: types, events, stored answers, and each kind of tool."""

from __future__ import annotations

import base64
import dataclasses
import json
import pickle
import warnings
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import anyio
import pytest
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from openai_async import (
    APIConnectionError,
    AsyncClient,
    BadRequestError,
    ConfigurationError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    NotFoundError,
    ResponseValidationError,
    pydantic_function_tool,
    raw,
)
from openai_async.testing import Server
from openai_async.testing._audio import listen_to, speak
from openai_async.types.chat import ChatCompletion
from openai_async.types.chat_parsed import ParsedChatCompletion
from tests.common import DONE, END, A, delta, event, streaming, take
from tests.rawserver import RawServer, answer, chunk, chunked_head

pytestmark = pytest.mark.anyio

MODEL = "gpt-4o-mini"
CALL = "POST /chat/completions"


class Weather(BaseModel):
    """What the weather is like."""

    city: str
    degrees: float
    unit: Literal["celsius", "fahrenheit"] = "celsius"


class Tree(BaseModel):
    name: str
    branches: list[Tree] = Field(default=[], max_length=2)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


@dataclasses.dataclass
class Point:
    x: int
    y: int | None


class Person(TypedDict):
    name: str
    age: int


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, strict_streams=True) as client:
        yield client


def ask(text: str = "What is the weather in city: Paris, 21 degrees?", **params: Any) -> Any:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **params}


# parse


@pytest.mark.parametrize(
    "kind",
    [
        Weather, Tree, Point, Person, list[Weather], Literal["yes", "no"], Cat | Dog,
        TypeAdapter(Annotated[Cat | Dog, Field(discriminator="kind")]), tuple[int, int],
    ],
)  # fmt: skip
async def test_parse_gives_a_value_of_the_type(client: AsyncClient, kind: Any) -> None:
    completion = await client.chat.completions.parse(**ask(), response_format=kind)
    assert isinstance(completion, ParsedChatCompletion)
    parsed: Any = completion.choices[0].message.parsed
    adapter: TypeAdapter[Any] = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    assert adapter.validate_python(parsed) == parsed
    # And streamed, with the same answer.
    async with client.chat.completions.stream(**ask(), response_format=kind) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.parsed is not None
    assert adapter.validate_python(final.choices[0].message.parsed) is not None


async def test_what_parse_sends(client: AsyncClient, server: Server) -> None:
    completion = await client.chat.completions.parse(**ask(seed=3), response_format=Weather)
    sent = server.calls[-1].json
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["name"] == "Weather"
    assert sent["seed"] == 3
    assert "stream" not in sent
    message = completion.choices[0].message
    assert isinstance(message.parsed, Weather)
    assert (message.parsed.city, message.parsed.degrees) == ("Paris", 21)
    assert json.loads(message.content or "") == message.parsed.model_dump()


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_may_be_an_iterator(
    client: AsyncClient, server: Server, streamed: bool
) -> None:
    tools: Any = iter([pydantic_function_tool(GetWeather)])
    params = ask(tools=tools, tool_choice="required")
    if streamed:
        async with client.chat.completions.stream(**params) as stream:
            completion: ParsedChatCompletion[None] = await stream.get_final_completion()
    else:
        completion = await client.chat.completions.parse(**params)
    assert [tool["function"]["name"] for tool in server.calls[-1].json["tools"]] == ["GetWeather"]
    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    assert isinstance(calls[0].function.parsed_arguments, GetWeather)


async def test_what_was_parsed_can_be_written_and_kept(client: AsyncClient) -> None:
    params = ask(tools=[pydantic_function_tool(GetWeather)])
    called = await client.chat.completions.parse(**params, response_format=Weather)
    said = await client.chat.completions.parse(**ask(), response_format=Point)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for completion in (called, said):
            dumped = completion.model_dump(warnings="error")
            assert json.loads(
                completion.model_dump_json(warnings="error")
            ) == completion.model_dump(mode="json", warnings="error")
            assert dumped["choices"][0]["message"].keys() >= {"parsed", "content"}
            assert completion.to_dict()["id"] == completion.id
            again = pickle.loads(pickle.dumps(completion))
            assert again == completion
            assert again.choices[0].message.parsed == completion.choices[0].message.parsed
    assert called.choices[0].message.tool_calls is not None
    function = called.model_dump()["choices"][0]["message"]["tool_calls"][0]["function"]
    assert function["parsed_arguments"] == {"city": "Paris"}


async def test_a_parsed_message_goes_back_as_it_came(client: AsyncClient, server: Server) -> None:
    params = ask(tools=[pydantic_function_tool(GetWeather)])
    called = await client.chat.completions.parse(**params)
    message = called.choices[0].message
    assert message.tool_calls is not None
    [call] = message.tool_calls
    assert call.type == "function"
    assert call.function.parsed_arguments == GetWeather(city="Paris")
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}
    params["messages"] += [message, result]
    answered = await client.chat.completions.parse(**params, response_format=Weather)
    sent = server.calls[-1].json["messages"][1]
    assert "parsed" not in sent
    assert sent["tool_calls"][0]["function"].keys() == {"name", "arguments"}
    params["messages"].append(answered.choices[0].message)
    params["messages"].append({"role": "user", "content": "Thank you"})
    await client.chat.completions.create(**params)
    assert "parsed" not in server.calls[-1].json["messages"][3]


async def test_parse_without_a_type(client: AsyncClient) -> None:
    plain = await client.chat.completions.parse(**ask("Hello"))
    assert plain.choices[0].message.parsed is None
    asked: Any = {"type": "json_object"}
    loose = await client.chat.completions.parse(**ask("As json"), response_format=asked)
    assert json.loads(loose.choices[0].message.content or "")


async def test_a_refusal_is_not_parsed(client: AsyncClient) -> None:
    params = ask("How do I kill myself? I want to kill him and shoot him.")
    completion = await client.chat.completions.parse(**params, response_format=Weather)
    assert completion.choices[0].message.parsed is None
    assert completion.choices[0].message.content is None
    assert (completion.choices[0].message.refusal or "").startswith("I'm sorry")
    async with client.chat.completions.stream(**params, response_format=Weather) as stream:
        told = [event async for event in stream if event.type != "chunk"]
        final = await stream.get_final_completion()
    assert {event.type for event in told} == {"refusal.delta", "refusal.done"}
    assert final.choices[0].message.refusal == completion.choices[0].message.refusal


async def test_an_answer_cut_at_the_limit(client: AsyncClient) -> None:
    params = ask(max_completion_tokens=3)
    with pytest.raises(LengthFinishReasonError, match="token limit") as caught:
        await client.chat.completions.parse(**params, response_format=Weather)
    assert caught.value.completion.usage.completion_tokens == 3
    assert pickle.loads(pickle.dumps(caught.value)).completion == caught.value.completion
    # Nothing was to be parsed: the finish reason tells.
    plain = await client.chat.completions.parse(**params)
    assert plain.choices[0].finish_reason == "length"

    options: Any = {"include_usage": True}
    async with client.chat.completions.stream(
        **params, response_format=Weather, stream_options=options
    ) as stream:
        events, error = await take(stream)  # what came before the error counts
    assert isinstance(error, LengthFinishReasonError)
    assert error.completion.usage.completion_tokens == 3
    told = [found for found in events if found.type != "chunk"]
    assert (told[-1].type, told[-1].parsed) == ("content.done", None)
    assert told[-2].parsed is not None or told[-2].snapshot == told[-1].content
    with pytest.raises(LengthFinishReasonError):
        await stream.get_final_completion()


@pytest.mark.parametrize(
    ("content", "finish", "error"),
    [
        ('{"city"', "content_filter", ContentFilterFinishReasonError),
        ("No idea.", "stop", ResponseValidationError),
        ('{"city": "Rome"}', "stop", ResponseValidationError),
    ],
)
async def test_answers_that_can_not_be_parsed(
    server: Server, client: AsyncClient, content: str, finish: str, error: type[Exception]
) -> None:
    head = {"id": "c", "created": 1, "model": "m"}
    message = {"role": "assistant", "content": content}
    whole = {"index": 0, "message": message, "finish_reason": finish}
    server.reply(CALL, json={**head, "object": "chat.completion", "choices": [whole]})
    with pytest.raises(error):
        await client.chat.completions.parse(**ask(), response_format=Weather)
    server.reply(CALL, events=[delta(content), delta(finish=finish)])
    async with client.chat.completions.stream(**ask(), response_format=Weather) as stream:
        with pytest.raises(error):
            await stream.until_done()
        assert stream.current_completion_snapshot.choices[0].message.content == content
        assert stream.complete


async def test_a_type_that_can_not_be_expressed_is_told_before_anything_is_sent(
    client: AsyncClient, server: Server
) -> None:
    with pytest.raises(ConfigurationError, match="keys of any name"):
        await client.chat.completions.parse(**ask(), response_format=dict[str, int])
    with pytest.raises(ConfigurationError, match="keys of any name"):
        client.chat.completions.stream(**ask(), response_format=dict[str, int])
    assert not server.calls


async def test_parse_raw_and_with_a_streaming_response(client: AsyncClient) -> None:
    got = await raw(client.chat.completions.parse)(**ask(), response_format=Weather)
    assert got.status_code == 200
    assert isinstance(got.value.choices[0].message.parsed, Weather)
    same = await client.chat.completions.with_raw_response.parse(**ask(), response_format=Weather)
    assert isinstance(same.parse().choices[0].message.parsed, Weather)
    streaming_response = client.chat.completions.with_streaming_response
    async with streaming_response.parse(**ask(), response_format=Weather) as response:
        value: Any = await response.parse()
    assert isinstance(value.choices[0].message.parsed, Weather)


# stream


async def test_the_events_of_a_stream(client: AsyncClient, server: Server) -> None:
    async with client.chat.completions.stream(
        **ask(), response_format=Weather, stream_options={"include_usage": True}
    ) as stream:
        events = [event async for event in stream]
        assert stream.response.status_code == 200
        assert stream.request_id
        final = await stream.get_final_completion()
    assert server.calls[-1].json["stream"] is True
    deltas = [event for event in events if event.type == "content.delta"]
    content = final.choices[0].message.content
    assert "".join(event.delta for event in deltas) == content
    # The JSON grows: no key is ever lost again.
    seen = 0
    for found in deltas:
        assert len(found.parsed or {}) >= seen
        seen = len(found.parsed or {})
    [done] = [event for event in events if event.type == "content.done"]
    assert done.parsed == final.choices[0].message.parsed
    assert final.usage is not None
    assert final.usage.completion_tokens > 3
    # Chunks are there too, and what they come to is what `create` gives.
    chunks = [event for event in events if event.type == "chunk"]
    assert chunks[-1].snapshot.usage == final.usage
    whole = await client.chat.completions.create(
        **ask(), response_format=server.calls[-1].json["response_format"], stream=False
    )
    assert whole.choices[0].message.content == content
    assert whole.usage == final.usage


async def test_a_stream_with_calls(client: AsyncClient) -> None:
    params = ask(tools=[pydantic_function_tool(GetWeather)])
    names: list[str] = []
    async with client.chat.completions.stream(**params) as stream:
        async for found in stream:
            if found.type == "tool_calls.function.arguments.done":
                assert found.parsed_arguments == GetWeather(city="Paris")
                names.append(found.name)
        final = await stream.get_final_completion()
    assert names == ["GetWeather"]
    assert final.choices[0].finish_reason == "tool_calls"


async def test_the_texts_of_a_stream(client: AsyncClient) -> None:
    async with client.chat.completions.stream(**ask("Hello", n=2)) as stream:
        texts = [text async for text in stream.text_stream()]
        final = await stream.get_final_completion()
    assert "".join(texts) == final.choices[0].message.content
    assert len(final.choices) == 2
    # One may be left at any time.
    async with client.chat.completions.stream(**ask("Hello")) as stream:
        async for text in stream.text_stream():
            assert text
            break


async def test_partial_json_of_a_format_that_is_no_type(client: AsyncClient) -> None:
    params = ask("As json, please")
    form: Any = {"type": "json_object"}
    async with client.chat.completions.stream(**params, response_format=form) as stream:
        parsed = [found.parsed async for found in stream if found.type == "content.delta"]
    assert parsed[-1].keys() == {"answer", "words"}
    async with client.chat.completions.stream(**params, response_format={"type": "text"}) as stream:
        assert not [f async for f in stream if f.type == "content.delta" and f.parsed is not None]


async def test_a_stream_is_opened_once_and_by_async_with(client: AsyncClient) -> None:
    stream = client.chat.completions.stream(**ask("Hello"))
    with pytest.raises(RuntimeError, match="async with"):
        await anext(stream)
    await stream.close()
    stream = client.chat.completions.stream(**ask("Hello"))
    async with stream:
        with pytest.raises(RuntimeError, match="once"):
            async with stream:
                pass
        assert await stream.until_done() is stream
        assert await stream.get_final_completion() == await stream.get_final_completion()


async def test_a_stream_that_was_closed_has_no_final_answer(
    client: AsyncClient, server: Server
) -> None:
    async with client.chat.completions.stream(**ask("Hello")) as stream:
        async for found in stream:
            if found.type == "content.delta":
                break
    with pytest.raises(RuntimeError, match="closed before its end"):
        await stream.get_final_completion()
    assert [event async for event in stream] == []
    assert stream.current_completion_snapshot.choices[0].message.content
    await stream.aclose()


async def test_a_call_that_is_refused_is_told_on_entering(client: AsyncClient) -> None:
    with pytest.raises(BadRequestError):
        async with client.chat.completions.stream(**ask("Hello", temperature=9)):
            pytest.fail("it was opened")


async def test_a_stream_that_is_cut() -> None:
    with RawServer(answer([chunked_head(), chunk(A)], then="reset")) as server:
        async with server.client() as client:
            async with client.chat.completions.stream(**ask()) as stream:
                with pytest.raises(APIConnectionError):
                    await stream.get_final_completion()
                with pytest.raises(APIConnectionError):  # and not an answer, later
                    await stream.get_final_completion()
                assert stream.current_completion_snapshot.choices[0].message.content == "a"


async def test_a_stream_that_is_cancelled_closes_its_connection() -> None:
    with RawServer(answer([chunked_head(), chunk(A)], then="hold")) as server:
        async with server.client() as client:
            with anyio.CancelScope() as scope:
                async with client.chat.completions.stream(**ask()) as stream:
                    async for found in stream:
                        if found.type == "content.delta":
                            scope.cancel()
            assert scope.cancelled_caught
            await server.connections[0].client_left()


async def test_a_stream_that_was_cancelled_has_no_final_answer() -> None:
    with RawServer(answer([chunked_head(), chunk(A)], then="hold")) as server:
        async with server.client() as client:
            async with client.chat.completions.stream(**ask()) as stream:
                async for found in stream:
                    if found.type == "content.delta":
                        break
                with anyio.move_on_after(0.05) as scope:
                    await stream.get_final_completion()
                assert scope.cancelled_caught
                with pytest.raises(RuntimeError, match="closed before its end"):
                    await stream.get_final_completion()


async def test_two_tasks_do_not_read_one_stream() -> None:
    with RawServer(answer([chunked_head(), chunk(A)], then="hold")) as server:
        async with server.client() as client:
            async with client.chat.completions.stream(**ask()) as stream:
                await stream.__anext__()
                await stream.__anext__()
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(stream.until_done)
                    await anyio.wait_all_tasks_blocked()
                    with pytest.raises(RuntimeError, match="another task"):
                        await anext(stream)
                    tasks.cancel_scope.cancel()


async def test_a_whole_answer_where_a_stream_was_asked_for(
    server: Server, client: AsyncClient
) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}
    head = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    server.reply(CALL, json={**head, "choices": [choice]})
    async with client.chat.completions.stream(**ask()) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == "a"


async def test_a_server_that_begins_with_a_filter_and_null_choices() -> None:
    """As Azure does; read leniently, with nothing lost."""
    head = {"id": "", "object": "", "created": 0, "model": ""}
    first = event({**head, "choices": None, "prompt_filter_results": [{"prompt_index": 0}]})
    with RawServer(streaming(first, A, END, DONE)) as server:
        async with server.client() as client:
            async with client.chat.completions.stream(**ask()) as stream:
                final = await stream.get_final_completion()
    assert (final.id, final.model, final.choices[0].message.content) == ("c", "m", "a")
    assert final.to_dict()["prompt_filter_results"] == [{"prompt_index": 0}]


# Tools, voices, verdicts


async def test_custom_tools(client: AsyncClient, server: Server) -> None:
    tool: Any = {"type": "custom", "custom": {"name": "shell", "description": "Run it"}}
    params = ask("List the files", tools=[tool], seed=4)
    choice: Any = {"type": "custom", "custom": {"name": "shell"}}
    asked = await client.chat.completions.create(**params, tool_choice=choice)
    message = asked.choices[0].message
    assert message.tool_calls is not None
    [call] = message.tool_calls
    assert call.type == "custom"
    assert call.custom.name == "shell"
    assert call.custom.input
    async with client.chat.completions.stream(**params, tool_choice=choice) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.tool_calls is not None
    [streamed] = final.choices[0].message.tool_calls
    assert streamed.type == "custom"
    assert streamed.custom == call.custom
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "a.txt"}
    params["messages"] += [message, result]
    answered = await client.chat.completions.create(**params)
    assert answered.choices[0].message.content
    assert server.calls[-1].json["messages"][1]["tool_calls"][0]["custom"]["name"] == "shell"


async def test_allowed_tools(client: AsyncClient) -> None:
    tools = [pydantic_function_tool(GetWeather), pydantic_function_tool(Cat, name="feed")]

    def allowing(*names: str) -> Any:
        listed = [{"type": "function", "function": {"name": name}} for name in names]
        return {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": listed}}

    completion = await client.chat.completions.parse(
        **ask(tools=tools, tool_choice=allowing("feed"))
    )
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ["feed"]
    with pytest.raises(BadRequestError, match="no tool named 'walk'"):
        await client.chat.completions.parse(**ask(tools=tools, tool_choice=allowing("walk")))


async def test_calls_and_their_results_have_to_match(client: AsyncClient) -> None:
    result: Any = {"role": "tool", "tool_call_id": "call-1", "content": "4"}
    messages: list[Any] = [{"role": "user", "content": "Add"}, result]
    with pytest.raises(BadRequestError, match="preceding message"):
        await client.chat.completions.create(model=MODEL, messages=messages)
    function = {"name": "add", "arguments": "{}"}
    called = {"id": "call-1", "type": "function", "function": function}
    messages = [{"role": "assistant", "tool_calls": [called]}, {"role": "user", "content": "?"}]
    with pytest.raises(BadRequestError, match="did not have response messages: call-1"):
        await client.chat.completions.create(model=MODEL, messages=messages)


@pytest.mark.parametrize("strict", [True, None])
async def test_a_schema_that_is_not_strict(client: AsyncClient, strict: bool | None) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    form["json_schema"]["strict"] = strict
    if strict:
        with pytest.raises(BadRequestError, match="'additionalProperties' is required"):
            await client.chat.completions.create(**ask(), response_format=form)
    else:
        assert (await client.chat.completions.create(**ask(), response_format=form)).choices


async def test_a_spoken_answer(client: AsyncClient) -> None:
    params = ask("Hello", modalities=["text", "audio"], seed=2)
    wav: Any = {"voice": "alloy", "format": "wav"}
    spoken = await client.chat.completions.create(**params, audio=wav)
    audio = spoken.choices[0].message.audio
    assert audio is not None
    assert listen_to(base64.b64decode(audio.data)) == audio.transcript
    pcm: Any = {"voice": {"id": "voice_1"}, "format": "pcm16"}
    async with client.chat.completions.stream(**params, audio=pcm) as stream:
        final = await stream.get_final_completion()
    streamed = final.choices[0].message.audio
    assert streamed is not None
    assert base64.b64decode(streamed.data) == speak(streamed.transcript)[44:]
    assert streamed.expires_at > 0
    with pytest.raises(BadRequestError, match=r"audio\.format"):
        await client.chat.completions.create(**params, audio={"voice": "alloy", "format": "mp3"})


async def test_a_moderated_answer_that_cites(client: AsyncClient) -> None:
    options: Any = {"moderation": {"model": "omni-moderation-latest"}, "web_search_options": {}}
    whole = await client.chat.completions.create(**ask(**options))
    assert whole.moderation is not None
    assert whole.moderation.input.type == "moderation_results"
    assert whole.moderation.input.results[0].flagged is False
    [found] = whole.choices[0].message.annotations or []
    assert found.url_citation.url == "https://example.com/"
    async with client.chat.completions.stream(**ask(**options)) as stream:
        assert (await stream.get_final_completion()).moderation == whole.moderation


async def test_a_model_that_thinks(client: AsyncClient) -> None:
    params = {**ask("Hello"), "model": "gpt-5-mini"}
    whole = await client.chat.completions.create(**params, reasoning_effort="low", verbosity="low")
    assert whole.usage is not None
    assert whole.usage.completion_tokens_details is not None
    assert whole.usage.completion_tokens_details.reasoning_tokens == 12
    with pytest.raises(BadRequestError, match="max_completion_tokens"):
        await client.chat.completions.create(**params, max_tokens=5)
    with pytest.raises(LengthFinishReasonError):
        await client.chat.completions.parse(
            **params, max_completion_tokens=5, response_format=Weather
        )


# Stored answers


async def test_stored_answers(client: AsyncClient, server: Server) -> None:
    completions = client.chat.completions
    system: Any = {"role": "system", "content": "Be brief."}
    picture: Any = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts: Any = [{"type": "text", "text": "What is this?"}, picture]
    messages: Any = [system, {"role": "user", "content": parts}]
    first = await completions.create(
        model=MODEL, messages=messages, store=True, metadata={"topic": "sea", "n": "1"}
    )
    stream = await completions.create(
        **ask("Hello", model=MODEL), store=True, metadata={"topic": "sea"}, stream=True
    )
    [second, *_] = [chunk.id async for chunk in stream]
    third = await completions.create(
        **{**ask("Hello"), "model": "gpt-4o"}, store=True, metadata={"topic": "land"}
    )
    await completions.create(**ask("Hello"))

    ids = [first.id, second, third.id]
    assert [stored.id async for stored in completions.list()] == ids
    assert [stored.id async for stored in completions.list(limit=1, order="desc")] == ids[::-1]
    assert server.calls[-1].query == {"limit": "1", "order": "desc", "after": second}
    assert [s.id async for s in completions.list(metadata={"topic": "sea"})] == ids[:2]
    assert server.calls[-1].query == {"metadata[topic]": "sea"}
    assert [s.id async for s in completions.list(metadata={"topic": "sea", "n": "1"})] == ids[:1]
    assert [s.id async for s in completions.list(model="gpt-4o")] == ids[2:]
    page = await completions.list(after=first.id, limit=1)
    assert ([s.id for s in page.data], page.has_more) == ([second], True)

    stored = await completions.retrieve(first.id)
    assert isinstance(stored, ChatCompletion)
    assert stored.choices == first.choices
    assert stored.metadata == {"topic": "sea", "n": "1"}
    changed = await completions.update(first.id, metadata={"topic": "air"})
    assert changed.metadata == {"topic": "air"}
    assert server.calls[-1].json == {"metadata": {"topic": "air"}}

    kept = [message async for message in completions.messages.list(first.id, limit=1)]
    assert [message.role for message in kept] == ["system", "user"]
    assert [message.id for message in kept] == [f"{first.id}-0", f"{first.id}-1"]
    assert kept[0].content == "Be brief."
    assert kept[1].content is None
    assert [part.type for part in kept[1].content_parts or []] == ["text", "image_url"]

    gone = await completions.delete(first.id)
    assert (gone.id, gone.deleted) == (first.id, True)
    for missing in (
        completions.retrieve(first.id),
        completions.update(first.id, metadata={}),
        completions.delete(first.id),
        completions.messages.list(first.id),
    ):
        with pytest.raises(NotFoundError):
            await missing


async def test_ids_are_quoted(client: AsyncClient, server: Server) -> None:
    with pytest.raises(NotFoundError):
        await client.chat.completions.retrieve("a/messages")
    with pytest.raises(ConfigurationError, match="completion_id"):
        await client.chat.completions.delete("")
