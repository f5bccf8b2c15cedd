"""Errors under a 2xx, and how they are told from answers. Without I/O."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ._json import is_array, is_object

__all__ = ["error_beside", "is_error", "model_of"]


def is_error(data: dict[str, Any], model: type[BaseModel] | None) -> bool:
    """Whether an object is an error, where a model or, with None, something else was to come."""
    if model is None:
        # With more beside it, it is some object that has an error, say a failed job.
        alone = len(data.keys() - {"error", "status", "code", "message"}) <= 1
        event = data.keys() <= {"error", "type", "sequence_number"}  # of Perplexity
        return data.get("object") == "error" or (bool(data.get("error")) and (alone or event))
    wanted = {info.alias or name for name, info in model.model_fields.items()} - {"object"}
    if data.get("error"):
        return "error" not in wanted or not (wanted - {"error", "status"}) & data.keys()
    # The error object itself (vLLM), a detail (FastAPI), or the like, and nothing that was asked for.
    failed = data.get("success") is False or data.get("status") in ("error", "fail", "failed")
    coded = failed or bool(data.keys() & {"type", "code", "error_code"})
    told = data.get("detail") or data.get("errors") or (data.get("message") and coded)
    return bool(told) and not (wanted - {"status"}) & data.keys()


def error_beside(value: BaseModel) -> dict[str, Any] | None:
    """What tells an error next to an answer, or instead of it, where no field is required."""
    if extra := value.__pydantic_extra__:
        if extra.get("error"):
            return extra
        if is_object(told := extra.get("x_groq")):  # why a stream was stopped early
            return told
    failed: dict[str, Any] | None = None
    choices = value.__dict__.get("choices")
    for choice in choices if is_array(choices) else ():
        failed = getattr(choice, "__pydantic_extra__", None)
        if not failed or not failed.get("error"):
            return None  # of several choices, the others stand (OpenRouter)
    return failed


def model_of(into: object) -> type[BaseModel] | None:
    """The model that an answer is read as, if it is one."""
    return into if isinstance(into, type) and issubclass(into, BaseModel) else None
