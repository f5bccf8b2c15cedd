"""A sentence as a picture, seen while it is painted, and as speech, which is then written down again.

Run it:  python examples/picture_and_sound.py "A boat on a lake at night." folder
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from openai_async import AsyncClient


async def paint(client: AsyncClient, text: str, folder: Path) -> None:
    stream = await client.images.generate(
        prompt=text, model="gpt-image-2", size="512x512", stream=True, partial_images=2
    )
    async with stream:
        async for event in stream:
            if event.type == "image_generation.partial_image":
                name = f"unfinished-{event.partial_image_index}.png"
            elif event.type == "image_generation.completed":
                name = "picture.png"
            else:  # newer than this program
                continue
            await anyio.Path(folder / name).write_bytes(event.decode())
            print(f"painted {name}")


async def speak(client: AsyncClient, text: str, folder: Path) -> None:
    sound = await client.audio.speech.create(model="gpt-4o-mini-tts", voice="coral", input=text)
    await sound.write_to_file(folder / "speech.mp3")
    # The file goes out from disk, and the words come while they are heard.
    words = await client.audio.transcriptions.create(
        file=folder / "speech.mp3", model="gpt-4o-transcribe", stream=True
    )
    async with words:
        heard = [event.delta async for event in words if event.type == "transcript.text.delta"]
    print("heard:", "".join(heard))


async def main(text: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncClient() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(paint, client, text, folder)
        tasks.start_soon(speak, client, text, folder)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], Path(sys.argv[2]))
