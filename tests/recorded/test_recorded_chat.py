"""What `stream` of chat makes of the streams that five real servers sent."""

from __future__ import annotations

import pytest

from openai_async import AsyncStream
from openai_async.resources._chat_accumulate import Accumulator
from tests.rawserver import RawServer, answer

from .calls import make
from .captures import Answer, Capture, captures, put_together

pytestmark = [pytest.mark.anyio, pytest.mark.recorded]

STREAMS = [
    pytest.param(capture, id=capture.name)
    for capture in captures()
    if capture.path.endswith("/chat/completions")
    and capture.streamed
    and not capture.cut
    and capture.is_http
    and "event-stream" in capture.content_type
]


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("capture", STREAMS)
async def test_the_answer_is_put_together(capture: Capture) -> None:
    held: Accumulator[None] = Accumulator(None, {}, None)
    with RawServer(answer(capture.answer)) as server:
        async with server.client() as client:
            stream = await make(client, capture)
            assert isinstance(stream, AsyncStream)
            events = [event async for chunk in stream for event in held.add(chunk)]
    events += held.finish()
    made = held.snapshot()
    found = Answer({}, {}, {}, {}, made.usage and made.usage.to_dict())
    for choice in made.choices:
        message = choice.message
        found.text[choice.index] = message.content or ""
        found.reasoning[choice.index] = getattr(message, "reasoning_content", "")
        if choice.finish_reason:
            found.finished[choice.index] = choice.finish_reason
        for place, call in enumerate(message.tool_calls or []):
            assert call.type == "function"
            found.calls[choice.index, place] = (call.function.name, call.function.arguments)
    assert found == put_together(capture.events)
    told = [event.content for event in events if event.type == "content.done"]
    assert told == [text for text in found.text.values() if text]
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert len(done) == len(found.calls)
