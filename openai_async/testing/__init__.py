"""The built-in server: the OpenAI API in your own process, for tests and for trying things out.

    from openai_async.testing import Server

    async def test_answer() -> None:
        server = Server(seed=1)
        server.fault("429", on="POST /chat/completions")
        async with server.client() as client:
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=[...])
        assert [call.status for call in server.calls] == [429, 200]

It keeps state, samples text from a small language model of its own, makes real images, counts
tokens, enforces rate limits and fails on request. Needs the extra `testing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._audio import speak
    from ._http import Call
    from ._limits import RateLimit
    from ._webhooks import sign_webhook
    from .faults import Fault, parse_faults
    from .server import Server
    from .transport import InProcessTransport

__all__ = [
    "Call",
    "Fault",
    "InProcessTransport",
    "RateLimit",
    "Server",
    "parse_faults",
    "sign_webhook",
    "speak",
]

_HOMES = {
    "Call": "._http",
    "Fault": ".faults",
    "InProcessTransport": ".transport",
    "RateLimit": "._limits",
    "Server": ".server",
    "parse_faults": ".faults",
    "sign_webhook": "._webhooks",
    "speak": "._audio",
}


if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> Any:
        # pytest imports this package in every session, for its plugin: load nothing before it is used.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        try:
            value = getattr(import_module(_HOMES[name], __name__), name)
        except ModuleNotFoundError as error:
            if error.name not in ("starlette", "uvicorn", "python_multipart"):
                raise
            raise ImportError(
                "the built-in server needs its extra: pip install 'openai_async[testing]'"
            ) from error
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
