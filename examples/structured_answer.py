"""A text becomes data: what is in it comes as a Python object, field by field while it is written.

Run it:  python examples/structured_answer.py "Ann and Bob meet in Rome on Friday for lunch."
"""

from __future__ import annotations

import os
import sys
from typing import Literal

import anyio
from pydantic import BaseModel, Field

from openai_async import AsyncClient, LengthFinishReasonError, ResponseValidationError

MODEL = os.environ.get("MODEL", "gpt-4o-mini")


class Person(BaseModel):
    name: str
    role: Literal["host", "guest"] = "guest"


class Meeting(BaseModel):
    """A meeting that a text tells of."""

    place: str
    day: str = Field(description="As the text says it.")
    people: list[Person]
    notes: str | None = None


async def read(client: AsyncClient, text: str) -> Meeting | None:
    """The meeting in a text; None, with the model's reason on the terminal, if it tells none."""
    stream = client.chat.completions.stream(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Find the meeting in what the user says."},
            {"role": "user", "content": text},
        ],
        response_format=Meeting,
        max_completion_tokens=1000,
    )
    known: set[str] = set()
    async with stream:
        async for event in stream:
            if event.type == "content.delta":
                for field in (event.parsed or {}).keys() - known:
                    print(f"... {field}", file=sys.stderr)
                    known.add(field)
        completion = await stream.get_final_completion()
    message = completion.choices[0].message
    if message.refusal:
        print(f"The model refuses: {message.refusal}", file=sys.stderr)
    return message.parsed


async def main(text: str) -> int:
    async with AsyncClient() as client:
        try:
            meeting = await read(client, text)
        except LengthFinishReasonError as error:
            print(f"Too long: {error.completion.usage}", file=sys.stderr)
            return 1
        except ResponseValidationError as error:  # of a server that keeps to no schema
            print(error, file=sys.stderr)
            return 1
    if meeting is None:
        return 1
    print(meeting.model_dump_json(indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1]))
