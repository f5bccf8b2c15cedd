"""What a model is asked for a row of an eval, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from ._errors import ApiError
from ._graders import MESSAGES, GraderError, Use, look_up, render, sample_of, text_of
from ._http import Exchange
from ._inner import call_json
from ._params import Json, is_list

_SEED, _LIMIT = 42, 2048


@dataclass
class Sample:
    """A question and its answer."""

    text: str = ""
    input: list[Json] = field(default_factory=list[Json])
    model: str = ""
    finish_reason: str = "stop"
    use: Use | None = None
    """None where no model was asked."""
    sampling: Json = field(default_factory=dict[str, Any])
    error: Json | None = None
    names: Json = field(default_factory=dict[str, Any])
    """The `sample` namespace of graders."""

    def describe(self) -> Json:
        """The `sample` of an output item."""
        prompt, completion = (self.use.prompt, self.use.completion) if self.use else (0, 0)
        return {
            "input": [
                {"role": message["role"], "content": text_of(message.get("content"))}
                for message in self.input
            ],
            "output": [{"role": "assistant", "content": self.text}] if self.text else [],
            "finish_reason": self.finish_reason,
            "model": self.model,
            "usage": {
                "total_tokens": prompt + completion,
                "completion_tokens": completion,
                "prompt_tokens": prompt,
                "cached_tokens": 0,
            },
            "error": self.error,
            "temperature": self.sampling.get("temperature", 1.0),
            "max_completion_tokens": self.sampling.get("max_completion_tokens", _LIMIT),
            "top_p": self.sampling.get("top_p", 1.0),
            "seed": self.sampling.get("seed", _SEED),
        }


async def sample_row(exchange: Exchange, source: Json, item: Json, known: Json | None) -> Sample:
    """The answer for a row: the one that came with it, unless a model is to be asked."""
    if source.get("input_messages") is None or source.get("model") is None:
        given = known or {}
        text = text_of(given.get("output_text"))
        return Sample(text, model=str(given.get("model", "")), names={**sample_of(text), **given})
    sample = Sample(model=source["model"], sampling=source.get("sampling_params") or {})
    try:
        sample.input = _messages(source["input_messages"], item)
    except GraderError as error:
        sample.error = {"code": error.flag, "message": error.message}
        return sample
    await (_chat if source["type"] == "completions" else _respond)(exchange, sample)
    return sample


def _messages(asked: Json, item: Json) -> list[Json]:
    names = {"item": item}
    if asked["type"] == "item_reference":
        name: str = asked["item_reference"]
        try:
            return MESSAGES.check(name, look_up(name, names))
        except ApiError as error:
            raise GraderError("invalid_variable_error", error.message) from None
    return [
        {"role": message["role"], "content": _filled(message["content"], names)}
        for message in asked["template"]
    ]


def _filled(content: Any, names: Json) -> Any:
    """A message's content with its templates filled in."""
    if isinstance(content, str):
        return render(content, names)
    if is_list(content):
        return [_filled(part, names) for part in content]
    return {
        key: render(value, names) if isinstance(value, str) else value
        for key, value in cast(Json, content).items()
    }


async def _chat(exchange: Exchange, sample: Sample) -> None:
    messages = [
        {"role": message["role"], "content": _chat_content(message.get("content"))}
        for message in sample.input
    ]
    body = {"model": sample.model, "messages": messages, "seed": _SEED, **sample.sampling}
    status, answer = await call_json(exchange, "POST", "/chat/completions", body=body)
    if status != 200:
        sample.error = _error(answer)
        return
    choice: Json = answer["choices"][0]
    usage: Json = answer["usage"]
    sample.text, sample.finish_reason = choice["message"]["content"] or "", choice["finish_reason"]
    sample.use = Use(sample.model, usage["prompt_tokens"], usage["completion_tokens"])
    tools: list[Json] = choice["message"].get("tool_calls") or []
    sample.names = {**sample_of(sample.text), "output_tools": tools, "choices": answer["choices"]}


def _listed(content: Any) -> Any:
    """Content as the API's other endpoints take it: a text, or a list of parts."""
    return [content] if isinstance(content, dict) else content


def _chat_content(content: Any) -> Any:
    """Content as chats take it."""
    parts = _listed(content)
    return [_chat_part(part) for part in parts] if is_list(parts) else parts


def _chat_part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    known = cast(Json, part)
    if known.get("type") == "input_image":
        detail = known.get("detail", "auto")
        return {"type": "image_url", "image_url": {"url": known.get("image_url"), "detail": detail}}
    return {"type": "text", "text": known["text"]} if "text" in known else known


async def _respond(exchange: Exchange, sample: Sample) -> None:
    sampling = dict(sample.sampling)
    sampling.pop("seed", None)
    if (limit := sampling.pop("max_completion_tokens", None)) is not None:
        sampling["max_output_tokens"] = limit
    if (effort := sampling.pop("reasoning_effort", None)) is not None:
        sampling["reasoning"] = {"effort": effort}
    messages = [
        {"role": message["role"], "content": _listed(message.get("content"))}
        for message in sample.input
    ]
    body = {"model": sample.model, "input": messages, "store": False, **sampling}
    status, answer = await call_json(exchange, "POST", "/responses", body=body)
    if status != 200:
        sample.error = _error(answer)
        return
    items: list[Json] = answer["output"]
    usage: Json = answer.get("usage") or {}
    sample.text = "".join(text_of(item["content"]) for item in items if item["type"] == "message")
    prompt, completion = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    sample.use = Use(sample.model, prompt, completion)
    sample.names = {**sample_of(sample.text), "output": items}


def _error(answer: Json) -> Json:
    error: Json = answer["error"]
    return {"code": error.get("code") or error["type"], "message": error["message"]}
