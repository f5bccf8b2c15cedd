"""Chunks put together: what servers send, however they send it, comes to the same answer."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from openai_async import LengthFinishReasonError, ResponseValidationError
from openai_async._growing import Text
from openai_async._models import construct
from openai_async._structured import argument_formats, output_format, pydantic_function_tool
from openai_async.resources._chat_accumulate import Accumulator
from openai_async.types.chat import ChatCompletionChunk

HEAD = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


class Weather(BaseModel):
    city: str


def chunk(*choices: Any, **more: Any) -> dict[str, Any]:
    return {**HEAD, "choices": list(choices), **more}


def choice(delta: Any, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish, **more}


def say(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return chunk(choice(delta, finish, **more))


def call(**fields: Any) -> dict[str, Any]:
    """A piece of a call: `name` and `arguments` go into its function."""
    function = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    return say({"tool_calls": [{**fields, "function": function}]})


def accumulate(*chunks: dict[str, Any], answer: Any = None, tools: Any = ()) -> Any:
    """The accumulator, and all events but those of the chunks themselves."""
    form = None if answer is None else output_format(answer)
    held: Accumulator[Any] = Accumulator(
        form, argument_formats(tools), None if form is None else form.partial
    )
    events: list[Any] = []
    for one in chunks:
        try:
            read = ChatCompletionChunk.model_validate(one)
        except ValueError:  # read as `decode` does
            read = construct(ChatCompletionChunk, one)
        events += held.add(read)
    events += held.finish()
    return held, [event for event in events if event.type != "chunk"]


def message(*chunks: dict[str, Any]) -> dict[str, Any]:
    held, _ = accumulate(*chunks)
    [only] = held.snapshot().choices
    return only.message.model_dump(exclude_none=True)


def calls(*chunks: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = message(*chunks)["tool_calls"]
    return [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in found]


END = say({}, "tool_calls")
TWO = [("1", "a", '{"x": 1}'), ("2", "b", '{"y": 2}')]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param(
            [
                call(index=0, id="1", type="function", name="a", arguments=""),
                call(index=0, arguments='{"x"'),
                call(index=0, arguments=": 1}"),
                call(index=1, id="2", type="function", name="b", arguments=""),
                call(index=1, arguments='{"y": 2}'),
            ],
            TWO,
            id="as the API does",
        ),
        pytest.param(
            [
                call(index=0, id="1", name="a", arguments=""),
                call(index=1, id="2", name="b", arguments=""),
                call(index=1, arguments='{"y"'),
                call(index=0, arguments='{"x": 1}'),
                call(index=1, arguments=": 2}"),
            ],
            TWO,
            id="calls come in turn",
        ),
        pytest.param(
            [
                call(id="1", name="a", arguments='{"x": 1}'),
                call(id="2", name="b", arguments='{"y": 2}'),
            ],
            TWO,
            id="no index, each whole",
        ),
        pytest.param(
            [
                call(id="1", name="a", arguments='{"x"'),
                call(arguments=": 1}"),
                call(id="2", name="b"),
                call(arguments='{"y": 2}'),
            ],
            TWO,
            id="no index, in pieces",
        ),
        pytest.param(
            [
                call(id="1", name="a", arguments=""),
                call(id="2", name="b", arguments=""),
                call(id="1", arguments='{"x": 1}'),
                call(id="2", arguments='{"y": 2}'),
            ],
            TWO,
            id="no index, in turn, by id",
        ),
        pytest.param(
            [
                call(index=0, id="1", name="a", arguments='{"x": 1}'),
                call(index=0, id="2", name="b", arguments='{"y": 2}'),
            ],
            TWO,
            id="all at index 0",
        ),
        pytest.param(
            [
                call(index=0, id="1", name="a", arguments='{"x"'),
                call(index=0, id="1", name="a", arguments=": 1}"),
                call(index=1, id="2", name="b", arguments='{"y"'),
                call(index=1, id="2", name="b", arguments=": 2}"),
            ],
            TWO,
            id="id and name in each piece",
        ),
        pytest.param(
            [
                call(index=0, id="1", name="a", arguments='{"x"'),
                call(index=0, id="9", arguments=": 1}"),
                call(index=1, id="2", name="b", arguments='{"y"'),
                call(index=1, id="8", name=None, arguments=": 2}"),
            ],
            TWO,
            id="a new id for each piece",
        ),
        pytest.param(
            [
                call(index=0, id="", name="a", arguments='{"x": 1}'),
                call(index=0, id="", name="a", arguments='{"x": 2}'),
            ],
            [("", "a", '{"x": 1}'), ("", "a", '{"x": 2}')],
            id="nothing tells them apart but that the first is whole",
        ),
        pytest.param(
            [
                call(index=0, id="1", name="get_", arguments=""),
                call(index=0, name="weather"),
                call(index=0, arguments="{}"),
            ],
            [("1", "get_weather", "{}")],
            id="a name in pieces",
        ),
        pytest.param(
            [
                call(index=0, id="f", name="a", arguments='{"x": 1}'),
                call(index=0, id="f", name="b", arguments='{"y": 2}'),
                call(index=0, id="f", name="b", arguments="\n"),
            ],
            [("f", "a", '{"x": 1}'), ("f", "b", '{"y": 2}\n')],
            id="one id and one index for all",
        ),
        pytest.param(
            [call(index=0, id="1", name="a", arguments={"x": 1}), call(index=None, arguments=None)],
            [("1", "a", '{"x":1}')],
            id="arguments that are no text",
        ),
        pytest.param(
            [call(index=0, id="same", name="a", arguments=""), call(index=1, id="same", name="b")],
            [("same", "a", ""), ("same", "b", "")],
            id="one id for all",
        ),
    ],
)  # fmt: skip
def test_calls_of_tools(chunks: list[Any], expected: list[Any]) -> None:
    assert calls(*chunks, END) == expected


@pytest.mark.parametrize(
    ("chunks", "content", "finish"),
    [
        ([say({"role": "assistant", "content": ""}), say({"content": "a"}, "stop")], "a", "stop"),
        ([{**HEAD, "id": "", "choices": None}, say({"content": "a"}, "stop")], "a", "stop"),
        ([chunk(), say({"content": "a"}), say({}, "stop")], "a", "stop"),
        ([chunk({"finish_reason": "stop", "delta": {"content": "a"}})], "a", "stop"),
        ([say({"content": "a"}, ""), say({"content": "b"}, ""), say(None, "stop")], "ab", "stop"),
        ([say({"content": "a"}), chunk(choice({}, "stop"), usage=None), chunk()], "a", "stop"),
        ([say({"content": [{"type": "text", "text": "a"}]}), say({}, "stop")], "a", "stop"),
        ([chunk("junk", choice({"content": "a"}, "stop"))], "a", "stop"),
        ([say({"content": "a"}), say({"role": "", "content": "b"})], "ab", None),
    ],
)
def test_contents(chunks: list[Any], content: str, finish: str | None) -> None:
    held, _ = accumulate(*chunks)
    [only] = held.snapshot().choices
    assert (only.message.content, only.finish_reason) == (content, finish)
    assert only.message.role == "assistant"


def test_what_is_told_of_the_whole() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    held, _ = accumulate(
        {**chunk(prompt_filter_results=[1]), "id": "", "model": "", "created": 0},
        say({"content": "a"}, service_tier=None),
        chunk(choice({}, "stop", content_filter_results={"hate": 0}), system_fingerprint="f"),
        chunk(usage=usage, service_tier="flex"),
    )
    whole = held.completion().to_dict()
    assert {key: whole[key] for key in ("id", "model", "created", "object")} == {
        **HEAD,
        "object": "chat.completion",
    }
    assert whole["usage"] == usage
    assert (whole["service_tier"], whole["system_fingerprint"]) == ("flex", "f")
    assert whole["prompt_filter_results"] == [1]
    assert whole["choices"][0]["content_filter_results"] == {"hate": 0}


def test_what_is_unknown_grows() -> None:
    found = message(
        say({"reasoning_content": "I ", "audio": {"id": "a1", "transcript": "so"}}),
        say({"reasoning_content": "think", "audio": {"id": "a1", "transcript": " it is"}}),
        say({"audio": {"data": "QUJD", "expires_at": 7}, "details": [1], "flag": True}),
        say({"audio": {"data": "REVG"}, "details": [2], "note": None}, "stop"),
    )
    assert found["reasoning_content"] == "I think"
    assert found["audio"] == {
        "id": "a1", "transcript": "so it is", "data": "QUJDREVG", "expires_at": 7
    }  # fmt: skip
    assert (found["details"], found["flag"]) == ([1, 2], True)


def test_what_a_call_holds_beside_is_kept() -> None:
    signed = {"google": {"thought_signature": "abc"}}
    [found] = message(call(index=0, id="1", name="a", arguments="{}", extra_content=signed), END)[
        "tool_calls"
    ]
    assert found["extra_content"] == signed


def test_custom_tools() -> None:
    start = {"index": 0, "id": "1", "type": "custom", "custom": {"name": "sh", "input": ""}}
    piece = {"index": 0, "custom": {"input": "ls"}}
    held, events = accumulate(
        say({"tool_calls": [start]}),
        say({"tool_calls": [piece]}),
        say({"tool_calls": [piece]}),
        END,
    )
    [found] = held.completion().choices[0].message.tool_calls
    assert (found.type, found.custom.name, found.custom.input) == ("custom", "sh", "lsls")
    assert events == []


def test_functions_in_the_manner_of_2023() -> None:
    found = message(
        say({"function_call": {"name": "a", "arguments": ""}}),
        say({"function_call": {"arguments": '{"x"'}}),
        say({"function_call": {"arguments": ": 1}"}}, "function_call"),
    )
    assert found["function_call"] == {"name": "a", "arguments": '{"x": 1}'}


def test_choices_come_in_turn() -> None:
    held, events = accumulate(
        chunk(choice({"content": "b"}, index=1), choice({"content": "a"}, index=0)),
        say({"content": "B"}, "stop", index=1),
        say({"content": "A"}, "length"),
    )
    found = [(c.index, c.message.content, c.finish_reason) for c in held.completion().choices]
    assert found == [(0, "aA", "length"), (1, "bB", "stop")]
    assert [(e.choice, e.content) for e in events if e.type == "content.done"] == [
        (1, "bB"), (0, "aA")
    ]  # fmt: skip


def test_events_of_an_answer() -> None:
    held, events = accumulate(
        say({"role": "assistant", "content": ""}),
        say({"content": '{"city"'}),
        say({"content": ': "Rom'}),
        say({"content": 'e"}'}),
        say({}, "stop"),
        answer=Weather,
    )
    assert [event.type for event in events] == ["content.delta"] * 3 + ["content.done"]
    assert [event.delta for event in events[:3]] == ['{"city"', ': "Rom', 'e"}']
    # Looked at when all is over, each tells how things stood.
    assert [event.snapshot for event in events[:3]] == [
        '{"city"', '{"city": "Rom', '{"city": "Rome"}'
    ]  # fmt: skip
    assert [event.parsed for event in events[:3]] == [{}, {"city": "Rom"}, {"city": "Rome"}]
    assert events[3].parsed == Weather(city="Rome")
    assert events[3].content == '{"city": "Rome"}'
    assert held.completion().choices[0].message.parsed == Weather(city="Rome")


def test_events_of_calls() -> None:
    tools = [pydantic_function_tool(Weather)]
    held, events = accumulate(
        call(index=0, id="1", name="Weather", arguments=""),
        call(index=0, arguments='{"city": "Ro'),
        call(index=0, arguments='me"}'),
        call(index=1, id="2", name="other", arguments='{"n": 1'),
        call(index=1, arguments="}"),
        END,
        tools=tools,
    )
    prefix = "tool_calls.function.arguments."
    assert [(event.type.removeprefix(prefix), event.index) for event in events] == [
        ("delta", 0), ("delta", 0), ("delta", 0), ("done", 0), ("delta", 1), ("delta", 1), ("done", 1)
    ]  # fmt: skip
    assert events[1].arguments_delta == events[1].arguments == '{"city": "Ro'
    assert events[1].parsed_arguments == {"city": "Ro"}
    assert (events[3].name, events[3].parsed_arguments) == ("Weather", Weather(city="Rome"))
    assert events[6].parsed_arguments == {"n": 1}
    made = held.completion().choices[0].message.tool_calls
    assert [c.function.parsed_arguments for c in made] == [Weather(city="Rome"), {"n": 1}]


def test_a_call_that_goes_on_after_the_next_began_is_done_once() -> None:
    _, events = accumulate(
        call(index=0, id="1", name="a", arguments='{"x"'),
        call(index=1, id="2", name="b", arguments="{}"),
        call(index=0, arguments=": 1}"),
        END,
    )
    done = [(e.index, e.arguments) for e in events if e.type.endswith("done")]
    assert done == [(0, '{"x": 1}'), (1, "{}")]


def test_events_of_refusals_and_logprobs() -> None:
    def logprobs(key: str, *tokens: str) -> dict[str, Any]:
        entries = [{"token": t, "logprob": -1, "bytes": None, "top_logprobs": []} for t in tokens]
        return {"content": None, "refusal": None, key: entries}

    held, events = accumulate(
        say({"content": "a"}, logprobs=logprobs("content", "a")),
        say({"content": "bc"}, logprobs=logprobs("content", "b", "c")),
        say({"refusal": "No"}, logprobs=logprobs("refusal", "No")),
        say({"refusal": "."}, "stop", logprobs=logprobs("refusal", ".")),
    )
    assert [event.type for event in events] == [
        "content.delta", "logprobs.content.delta", "content.delta", "logprobs.content.delta",
        "refusal.delta", "logprobs.refusal.delta", "refusal.delta", "logprobs.refusal.delta",
        "content.done", "refusal.done", "logprobs.content.done", "logprobs.refusal.done",
    ]  # fmt: skip
    assert [t.token for t in events[1].snapshot] == ["a"]
    assert [t.token for t in events[3].content] == ["b", "c"]
    assert [t.token for t in events[3].snapshot] == ["a", "b", "c"]
    assert [t.token for t in events[5].snapshot] == ["No"]
    assert (events[4].snapshot, events[6].snapshot, events[9].refusal) == ("No", "No.", "No.")
    assert [t.token for t in events[11].refusal] == ["No", "."]
    whole = held.completion().choices[0]
    assert [t.token for t in whole.logprobs.content] == ["a", "b", "c"]
    assert whole.message.refusal == "No."


def test_the_end_without_a_finish_reason() -> None:
    _, events = accumulate(say({"content": "a"}), call(index=0, id="1", name="f", arguments="{"))
    done = [event for event in events if event.type.endswith("done")]
    assert [(event.type, event.choice) for event in done] == [
        ("content.done", 0), ("tool_calls.function.arguments.done", 0)
    ]  # fmt: skip
    assert done[1].parsed_arguments is None


def test_an_answer_that_was_cut() -> None:
    held, events = accumulate(say({"content": '{"city": "R'}), say({}, "length"), answer=Weather)
    assert (events[-1].type, events[-1].parsed) == ("content.done", None)
    with pytest.raises(LengthFinishReasonError) as caught:
        held.completion()
    assert caught.value.completion.choices[0].message.content == '{"city": "R'
    assert held.snapshot().choices[0].finish_reason == "length"


def test_an_answer_that_does_not_fit() -> None:
    held, events = accumulate(say({"content": '{"town": 1}'}, "stop"), answer=Weather)
    assert events[-1].parsed is None
    with pytest.raises(ResponseValidationError, match="does not fit Weather: city"):
        held.completion()
    tools = [pydantic_function_tool(Weather)]
    held, events = accumulate(
        call(index=0, id="1", name="Weather", arguments='{"town": 1}'), END, tools=tools
    )
    assert events[-1].parsed_arguments is None
    with pytest.raises(ResponseValidationError, match="does not fit Weather: city"):
        held.completion()


def test_the_snapshot_of_a_chunk_is_the_answer_so_far() -> None:
    held: Accumulator[None] = Accumulator(None, {}, None)
    [first, *_] = held.add(ChatCompletionChunk.model_validate(say({"content": "a"})))
    assert first.type == "chunk"
    assert first.chunk.choices[0].delta.content == "a"
    assert first.snapshot.choices[0].message.content == "a"
    assert first.snapshot.choices[0].finish_reason is None


# Any way of cutting an answer into chunks comes to the same


@st.composite
def answers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The choices of a whole answer."""
    texts = st.one_of(st.none(), st.text(min_size=1, max_size=20))

    def made_call(number: int) -> dict[str, Any]:
        arguments = json.dumps(
            draw(st.dictionaries(st.text(max_size=3), st.integers(), max_size=3))
        )
        function = {"name": draw(st.sampled_from(["a", "b"])), "arguments": arguments}
        return {"id": f"call-{number}", "type": "function", "function": function}

    return [
        {
            "index": index,
            "message": {
                "role": "assistant",
                "content": draw(texts),
                "refusal": draw(texts),
                "reasoning_content": draw(texts),
                "tool_calls": [made_call(n) for n in range(draw(st.integers(0, 3)))],
            },
            "finish_reason": draw(st.sampled_from(["stop", "tool_calls", "length"])),
        }
        for index in range(draw(st.integers(1, 3)))
    ]


def cut(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """An answer, and chunks of it."""
    choices = draw(answers())
    lines: list[list[dict[str, Any]]] = []  # each in its order; between them any order will do
    for whole in choices:
        index, told = whole["index"], whole["message"]
        texts = ("content", "refusal", "reasoning_content")
        own = [
            [{key: piece} for piece in cut(draw, told[key])]
            for key in texts
            if told[key] is not None
        ]
        begun: list[dict[str, Any]] = []
        for number, made in enumerate(told["tool_calls"]):
            pieces = cut(draw, made["function"]["arguments"])
            head = {**made, "index": number, "function": {**made["function"], "arguments": ""}}
            begun.append({"tool_calls": [head]})
            own.append(
                [{"tool_calls": [{"index": number, "function": {"arguments": p}}]} for p in pieces]
            )
        deltas = [*begun, *shuffle(draw, own)]
        lines.append([choice(d, index=index) for d in deltas])
        lines[-1].append(choice({}, whole["finish_reason"], index))
    return choices, [chunk(one) for one in shuffle(draw, lines)]


def shuffle(draw: st.DrawFn, lines: list[list[Any]]) -> list[Any]:
    """All items; those of one line stay in their order."""
    order = draw(st.permutations([n for n, line in enumerate(lines) for _ in line]))
    rest = [iter(line) for line in lines]
    return [next(rest[n]) for n in order]


@given(streams())
def test_any_chunking_comes_to_the_same(
    stream: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    choices, chunks = stream
    held, events = accumulate(*chunks)
    made = held.snapshot().model_dump(exclude_none=True)["choices"]
    for whole in choices:
        whole["message"] = {k: v for k, v in whole["message"].items() if v is not None and v != []}
    assert made == choices
    for whole in choices:
        told = [event for event in events if event.choice == whole["index"]]
        said = "".join(event.delta for event in told if event.type == "content.delta")
        assert said == whole["message"].get("content", "")
        done = sorted(
            (event.index, event.arguments)
            for event in told
            if event.type.endswith("arguments.done")
        )
        assert done == [
            (n, made_call["function"]["arguments"])
            for n, made_call in enumerate(whole["message"].get("tool_calls", []))
        ]


@pytest.mark.parametrize("kind", ["content", "arguments", "named arguments"])
def test_the_cost_of_a_delta_does_not_grow(kind: str) -> None:
    """Ten times the deltas take about ten times the time: a hundred, if all were read each time."""

    def seconds(count: int) -> float:
        if kind == "content":
            given = [say({"content": "some text "}) for _ in range(count)]
        else:
            start = call(index=0, id="1", name="a", arguments='{"x": "')
            name = {"name": "a"} if kind == "named arguments" else {}
            given = [start, *(call(index=0, arguments="text " * 200, **name) for _ in range(count))]
        chunks = [ChatCompletionChunk.model_validate(one) for one in given]
        held: Accumulator[Any] = Accumulator(output_format(Weather), {}, None)
        started = time.process_time()
        for one in chunks:
            held.add(one)
        return time.process_time() - started

    seconds(100)
    assert min(seconds(5_000) for _ in range(2)) < 40 * min(seconds(500) for _ in range(3))


def test_the_cost_of_a_piece_of_text_does_not_grow() -> None:
    def seconds(count: int) -> float:
        text = Text()
        started = time.process_time()
        for _ in range(count):
            text.add("some text, " * 5)
        assert text.length == len(str(text)) == 55 * count
        return time.process_time() - started

    seconds(100)
    assert min(seconds(20_000) for _ in range(2)) < 40 * min(seconds(2_000) for _ in range(3))


def test_words_beside_a_refusal_are_not_parsed() -> None:
    held, _ = accumulate(say({"content": "Hm", "refusal": "No."}, "stop"), answer=Weather)
    message = held.completion().choices[0].message
    assert (message.parsed, message.content, message.refusal) == (None, "Hm", "No.")


def test_words_beside_a_call_are_not_parsed() -> None:
    held, _ = accumulate(
        say({"content": "Let me see."}),
        call(index=0, id="1", name="a", arguments="{}"),
        END,
        answer=Weather,
    )
    message = held.completion().choices[0].message
    assert (message.parsed, message.content) == (None, "Let me see.")


def test_logprobs_that_are_none() -> None:
    assert message(say({"content": "a"}, "stop", logprobs="none"))["content"] == "a"


def test_a_value_beside_a_call() -> None:
    held, _ = accumulate(
        say({"content": '{"city": "Oslo", "degrees": 3}'}),
        call(index=0, id="1", name="a", arguments="{}"),
        END,
        answer=Weather,
    )
    assert held.completion().choices[0].message.parsed == Weather(city="Oslo", degrees=3)
