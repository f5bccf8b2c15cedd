"""A bot in a terminal: answers stream, the conversation is remembered, Ctrl-C leaves.

Run it:  python examples/terminal_bot.py
"""

from __future__ import annotations

import os

import anyio
import anyio.to_thread

from openai_async import APIError, AsyncClient
from openai_async.types.chat import ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "gpt-4o-mini")


async def answer(client: AsyncClient, conversation: list[ChatCompletionMessageParam]) -> str:
    """Print the answer as it comes; give it whole."""
    stream = await client.chat.completions.create(
        model=MODEL, messages=conversation, stream=True, idle_timeout=30
    )
    said = ""
    async with stream:
        async for chunk in stream:
            for choice in chunk.choices:
                said += choice.delta.content or ""
                print(choice.delta.content or "", end="", flush=True)
    print()
    return said


async def main() -> None:
    conversation: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "You are a friend of few words."}
    ]
    async with AsyncClient() as client:
        while True:
            try:
                # In a thread, so that the loop goes on while the person thinks.
                text = await anyio.to_thread.run_sync(input, "you: ", abandon_on_cancel=True)
            except EOFError:
                return
            conversation.append({"role": "user", "content": text})
            print("bot: ", end="", flush=True)
            try:
                said = await answer(client, conversation)
            except APIError as error:
                print(f"({error})")
                conversation.pop()  # ask again as if it had not been said
                continue
            conversation.append({"role": "assistant", "content": said})


if __name__ == "__main__":
    try:
        anyio.run(main)
    except KeyboardInterrupt:
        print(flush=True)
        os._exit(130)  # the thread that reads from the terminal would wait for one more line
