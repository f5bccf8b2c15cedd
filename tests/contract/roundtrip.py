"""Answers made from the document, through our models and back: what is lost, or is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from openai_async._unions import Unknown

from .shapes import Shape
from .values import Values


def losses(models: Sequence[Any], documented: Shape) -> list[str]:
    """What goes wrong with answers that have all fields, and with those that have what they must."""
    found: dict[str, None] = {}
    adapters = [TypeAdapter(model) for model in models]
    for whole in (True, False):
        for answer in Values(whole=whole).of(documented):
            best = min((_problems(adapter, answer) for adapter in adapters), key=len)
            found |= dict.fromkeys(best)
    return [*found]


def _problems(adapter: TypeAdapter[Any], answer: Any) -> list[str]:
    try:
        value = adapter.validate_json(json.dumps(answer))
    except ValidationError as error:
        return [_told(problem) for problem in error.errors(include_url=False)[:20]]
    unknown = [*_unknown(value, "")]
    back = json.loads(adapter.dump_json(value, by_alias=True, exclude_unset=True, warnings=False))
    return [*dict.fromkeys([*unknown, *_differences(answer, back, "")])]


def _told(problem: Any) -> str:
    place = ".".join(str(step) if isinstance(step, str) else "[]" for step in problem["loc"])
    return f"an answer of the document is refused at {place}: {problem['msg']}"


def _unknown(value: Any, where: str) -> Iterator[str]:
    """Fields that are no attributes of a model, and objects of an unknown kind."""
    if isinstance(value, Unknown):
        yield f"at {where}: an object of the document is Unknown: {getattr(value, 'type', '')}"
    elif isinstance(value, BaseModel):
        kind = type(value).__name__.partition("[")[0]
        for name in value.model_extra or ():
            yield f"at {where}.{name}: unknown to {kind}"
        for name, inner in vars(value).items():
            yield from _unknown(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _unknown(item, f"{where}[]")


def _differences(sent: Any, back: Any, where: str) -> Iterator[str]:
    """What didn't come back as it was sent."""
    if isinstance(sent, Mapping) and isinstance(back, Mapping):
        for name in sent.keys() | back.keys():
            if name not in back:
                yield f"at {where}.{name}: lost"
            elif name not in sent:
                yield f"at {where}.{name}: made up"
            else:
                yield from _differences(sent[name], back[name], f"{where}.{name}")
    elif isinstance(sent, list) and isinstance(back, list) and len(sent) == len(back):
        for one, two in zip(sent, back, strict=True):
            yield from _differences(one, two, f"{where}[]")
    elif sent != back:
        yield f"at {where}: sent {sent!r}, came back as {back!r}"
