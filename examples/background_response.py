"""A long answer, made in the background, with a tool: a connection that is cut does it no harm.

The answer goes on on the server, whatever becomes of us: `responses.stream` picks its events up again
where they were. The tool is a pydantic model; its calls come as instances of it.

Run it:  python examples/background_response.py "How warm is the sea at Brest?"
"""

from __future__ import annotations

import os
import sys
from typing import Literal

import anyio
from pydantic import BaseModel

from openai_async import AsyncClient, pydantic_function_tool
from openai_async.types.responses import ParsedResponse, ResponseInputParam

MODEL = os.environ.get("MODEL", "gpt-4.1")


class WaterTemperature(BaseModel):
    """How warm the sea is at a place."""

    place: str
    unit: Literal["celsius", "fahrenheit"]

    def look_up(self) -> str:
        return "14.5 degrees" if self.unit == "celsius" else "58 degrees"


async def answer(
    client: AsyncClient, given: ResponseInputParam, previous: str | None, *, may_ask: bool
) -> ParsedResponse[None]:
    """Print the events of an answer as they come; give it whole."""
    stream = client.responses.stream(
        model=MODEL,
        input=given,
        previous_response_id=previous,
        tools=[pydantic_function_tool(WaterTemperature)],
        tool_choice="required" if may_ask else "none",
        background=True,
        deadline=600,
    )
    async with stream as events:
        async for event in events:
            match event.type:
                case "response.output_text.delta":
                    print(event.delta, end="", flush=True)
                case "response.function_call_arguments.done":
                    print(f"(looks up {event.arguments})")
                case "response.output_text.done":
                    print()
                case _:
                    pass
        return await events.get_final_response()


async def main(question: str) -> None:
    async with AsyncClient() as client:
        asked = await answer(client, question, None, may_ask=True)
        results: ResponseInputParam = [
            {
                "type": "function_call_output",
                "call_id": item.call_id,
                "output": item.parsed_arguments.look_up(),
            }
            for item in asked.output
            if item.type == "function_call"
        ]
        final = await answer(client, results, asked.id, may_ask=False)
        print(f"[{final.status}]")


if __name__ == "__main__":
    anyio.run(main, " ".join(sys.argv[1:]) or "How warm is the sea at Brest?")
