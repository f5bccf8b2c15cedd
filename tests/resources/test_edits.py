from __future__ import annotations

import pytest

from .conftest import Answering

pytestmark = pytest.mark.anyio

EDIT = {
    "object": "edit",
    "created": 1589478378,
    "choices": [{"text": "What day of the week is it?", "index": 0}],
    "usage": {"prompt_tokens": 25, "completion_tokens": 32, "total_tokens": 57},
}


async def test_a_text_is_edited(answering: Answering) -> None:
    client, script = answering(EDIT)
    edit = await client.edits.create(
        model="m", instruction="fix it", input="wek", n=1, temperature=0.5, top_p=None
    )
    assert script.line == "POST /v1/edits"
    assert script.json == {
        "model": "m",
        "instruction": "fix it",
        "input": "wek",
        "n": 1,
        "temperature": 0.5,
    } | ({"top_p": None} if "top_p" in script.json else {})
    assert edit.choices[0].text == "What day of the week is it?"
    assert edit.choices[0].finish_reason is None
    assert edit.usage is not None
    assert edit.usage.total_tokens == 57
    assert edit.to_dict() == EDIT


async def test_keywords_are_checked_before_anything_is_sent(answering: Answering) -> None:
    client, script = answering(EDIT)
    with pytest.raises(TypeError, match="instruction"):
        await client.edits.create(model="m")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="temperature"):
        await client.edits.create(model="m", instruction="i", temprature=1)  # type: ignore[call-arg]
    assert script.requests == []
