"""`openai-async chat`"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import typer

from ... import AsyncClient
from ...errors import OpenAIError
from ...types.chat import (
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
)
from .._answers import wants_stream, write_stream, write_texts
from .._connection import Connection, calls
from .._inputs import prompt_of
from .._options import (
    Json,
    MaxTokens,
    Param,
    Seed,
    Stats,
    Stop,
    Stream,
    Temperature,
    TopP,
    call_parameters,
)
from .._output import note, one_line, write_json

DEFAULT_MODEL = "gpt-4o-mini"


def add_to(app: typer.Typer) -> None:
    calls(app, "chat")(chat)


def chat(
    connection: Connection,
    prompt: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to say; - is standard input. Without it, on a terminal: a conversation."
        ),
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The model's id.")] = DEFAULT_MODEL,
    system: Annotated[
        str | None, typer.Option("--system", "-s", metavar="TEXT", help="What the model is to be.")
    ] = None,
    stream: Stream = None,
    json: Json = False,
    stats: Stats = False,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    seed: Seed = None,
    stop: Stop = None,
    param: Param = None,
) -> None:
    """Ask a model, and read its answer.

    openai-async chat "Why is the sky blue?"
    git diff | openai-async chat "Sum up this change:" -
    """
    params = call_parameters(
        param,
        model=model,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        stop=stop,
    )
    streamed = wants_stream(stream, json=json, stats=stats)
    turn = _Turn(params, streamed=streamed, json=json, stats=stats)
    if system:
        turn.messages.append({"role": "system", "content": system})
    on_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if not prompt and on_terminal and not json:
        _converse(connection, turn)
    else:
        connection.run(lambda client: turn.ask(client, prompt or []))


class _Turn:
    """One question and its answer, after what was said before."""

    def __init__(self, params: dict[str, Any], *, streamed: bool, json: bool, stats: bool) -> None:
        self.messages: list[ChatCompletionMessageParam] = []
        self.heard: list[str] = []
        """What has come of the last answer."""
        self._params = params
        self._streamed = streamed
        self._json = json
        self._stats = stats

    async def ask(self, client: AsyncClient, words: list[str]) -> None:
        """Say something, and write the answer."""
        self.messages.append({"role": "user", "content": await prompt_of(words)})
        await self.answer(client)

    async def answer(self, client: AsyncClient) -> None:
        """Write the answer to what was said."""
        self.heard.clear()
        if self._streamed:
            await self._stream(client)
            return
        whole = await client.chat.completions.create(
            messages=self.messages, stream=False, **self._params
        )
        if self._json:
            write_json(whole)
        else:
            self.heard += [text_of(choice.message) for choice in whole.choices[:1]]
            write_texts(text_of(choice.message) for choice in whole.choices)

    async def _stream(self, client: AsyncClient) -> None:
        extra: dict[str, Any] = {"stream_options": {"include_usage": True}} if self._stats else {}
        chunks = await client.chat.completions.create(
            messages=self.messages, stream=True, **self._params, **extra
        )
        await write_stream(chunks, _pieces, json=self._json, stats=self._stats, keep=self.heard)


def text_of(message: ChatCompletionMessage) -> str:
    """What a message says; a call of tools as the JSON that it is."""
    said = message.content or message.refusal
    if said or not (message.tool_calls or message.function_call):
        return said or ""
    return message.to_json(indent=None)


def _pieces(chunk: ChatCompletionChunk) -> Iterator[tuple[int, str]]:
    for choice in chunk.choices:
        delta = choice.delta
        yield choice.index or 0, (delta.content or "") + (delta.refusal or "")
        for call in delta.tool_calls or []:
            if call.function is not None:
                yield (
                    choice.index or 0,
                    (call.function.name or "") + (call.function.arguments or ""),
                )


def _converse(connection: Connection, turn: _Turn) -> None:
    """Talk until /exit or Ctrl-D. Ctrl-C stops an answer or, at the prompt, everything."""
    connection.client()  # what is wrong with the settings is told before the first question
    _enable_editing()
    note("A conversation. /exit or Ctrl-D ends it, Ctrl-C stops an answer.")
    while True:
        try:
            said = input("> ")
        except EOFError:
            print()
            return
        if said.strip() in ("/exit", "/quit"):
            return
        if said.strip():
            _take_turn(connection, turn, said)


def _take_turn(connection: Connection, turn: _Turn, said: str) -> None:
    turn.messages.append({"role": "user", "content": said})
    try:
        connection.run(turn.answer)
    except KeyboardInterrupt:
        pass
    except OpenAIError as error:
        print(f"openai-async: {one_line(str(error))}", file=sys.stderr)
    if turn.heard:
        turn.messages.append({"role": "assistant", "content": "".join(turn.heard)})
    else:
        turn.messages.pop()


def _enable_editing() -> None:
    """Arrow keys and a history at the prompt, where Python has them."""
    with suppress(ImportError):
        importlib.import_module("readline")  # importing it is what does it
