"""Values, bytes and calls that tests have in common."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import anyio.lowlevel

from openai_async import AsyncClient, AsyncStream
from openai_async.types.chat import ChatCompletionChunk
from tests.rawserver import After, Script, answer, event_stream

MODEL: dict[str, Any] = {"id": "m", "object": "model", "created": 1, "owned_by": "o"}
HELLO: Any = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
CHAT: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ab"}, "finish_reason": "stop"}
    ],
}
FILE: dict[str, Any] = {
    "id": "file-1",
    "object": "file",
    "bytes": 3,
    "created_at": 1,
    "filename": "a.txt",
    "purpose": "fine-tune",
}


def delta(
    content: str | None = None, finish: str | None = None, *, index: int = 0, **more: Any
) -> dict[str, Any]:
    """A chunk of a chat."""
    choice = {"index": index, "delta": {"content": content}, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [choice], **more}


def event(data: Any, name: str | None = None) -> bytes:
    """One event; what is not bytes is written as JSON."""
    line = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + line + b"\n\n"


A, B = event(delta("a")), event(delta("b"))
END = event(delta(finish="stop"))
DONE = b"data: [DONE]\n\n"
WHOLE = A + B + END + DONE


def streaming(*events: bytes, then: After = "next") -> Script:
    """A script: each request gets this event stream, whole, and `then`."""
    return answer(event_stream(*events), then=then)


def cut_stream(*events: bytes, then: After) -> Script:
    """A script: this event stream without its end."""
    return answer(event_stream(*events)[:-1], then=then)


async def ask(client: AsyncClient, **options: Any) -> AsyncStream[ChatCompletionChunk]:
    """A stream that has just begun."""
    return await client.chat.completions.create(**HELLO, stream=True, **options)


async def take(stream: AsyncStream[Any]) -> tuple[list[Any], Exception | None]:
    """All items, and what ended them if it was not the end."""
    items: list[Any] = []
    try:
        async for item in stream:
            items.append(item)  # noqa: PERF401 - what came before an error counts
    except Exception as error:
        return items, error
    return items, None


async def read(client: AsyncClient, **options: Any) -> tuple[str, Exception | None]:
    """The text of a stream, and what ended it if it was not the end."""
    items, error = await take(await ask(client, **options))
    return text(items), error


def text(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


async def cancelled_after(turns: int, work: Callable[[], Awaitable[object]]) -> bool:
    """Cancel something after so many turns of the event loop; whether it was not done before."""
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:

            async def cancel() -> None:
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()

            tasks.start_soon(cancel)
            await work()
            tasks.cancel_scope.cancel()
    return scope.cancelled_caught
