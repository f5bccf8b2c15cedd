"""Receive webhooks: what the API has signed is handled, anything else is refused.

Run it:  OPENAI_WEBHOOK_SECRET=whsec_... uvicorn examples.webhook_receiver:app
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI, Request, Response

from openai_async import AsyncClient, InvalidWebhookSignatureError


class State(TypedDict):
    openai: AsyncClient
    finished: list[str]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[State]:
    async with AsyncClient() as client:
        yield {"openai": client, "finished": []}


app = FastAPI(lifespan=lifespan)


@app.post("/webhooks")
async def receive(request: Request) -> Response:
    client: AsyncClient = request.state.openai
    try:
        # The body as it came: a signature is of bytes, not of what they mean.
        event = client.webhooks.unwrap(await request.body(), request.headers)
    except InvalidWebhookSignatureError:
        return Response(status_code=400)
    if event.type == "response.completed":
        # Answer at once and do the work elsewhere: what is answered late is sent again.
        request.state.finished.append(event.data.id)
    return Response(status_code=204)


@app.get("/finished")
async def finished(request: Request) -> list[str]:
    responses: list[str] = request.state.finished
    return responses
