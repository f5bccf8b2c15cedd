"""The same service in aiohttp: one client for the app's life, and an answer that streams.

When the browser leaves, aiohttp cancels the handler, which closes the stream to the model.

Run it:  python -m aiohttp.web -P 8000 examples.aiohttp_service:make_app
Try it:  curl -N -X POST localhost:8000/chat -H 'content-type: application/json' -d '{"text": "Hi"}'
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from openai_async import APIError, APIStatusError, AsyncClient

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
CLIENT = web.AppKey("CLIENT", AsyncClient)


async def client_of_the_app(app: web.Application) -> AsyncIterator[None]:
    async with AsyncClient(deadline=120) as client:
        app[CLIENT] = client
        yield


async def chat(request: web.Request) -> web.StreamResponse:
    question = await request.json()
    try:
        stream = await request.app[CLIENT].chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": question["text"]}], stream=True
        )
    except APIError as error:
        status = error.status_code if isinstance(error, APIStatusError) else 502
        return web.json_response({"error": error.message}, status=status)
    response = web.StreamResponse(headers={"content-type": "text/plain; charset=utf-8"})
    await response.prepare(request)
    async with stream:
        async for chunk in stream:
            for choice in chunk.choices:
                await response.write((choice.delta.content or "").encode())
    await response.write_eof()
    return response


def make_app(_argv: Sequence[str] = ()) -> web.Application:
    app = web.Application(handler_args={"handler_cancellation": True})
    app.cleanup_ctx.append(client_of_the_app)
    app.router.add_post("/chat", chat)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), port=8000)  # cancels handlers whose browser has left
