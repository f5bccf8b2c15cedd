from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest

from openai_async import BadRequestError
from openai_async.testing import Server
from openai_async.testing._painting import paint
from openai_async.types import ModerationCategories

from .conftest import Answering

pytestmark = pytest.mark.anyio

CATEGORIES = {
    "hate": False,
    "hate/threatening": True,
    "self-harm": False,
    "sexual": False,
    "sexual/minors": False,
    "violence": True,
    "violence/graphic": False,
}
SCORES = {name: 0.9 if flagged else 0.01 for name, flagged in CATEGORIES.items()}


def answer(*results: dict[str, Any]) -> dict[str, Any]:
    return {"id": "modr-1", "model": "text-moderation-001", "results": list(results)}


def result(categories: dict[str, Any], scores: dict[str, Any]) -> dict[str, Any]:
    return {"flagged": True, "categories": categories, "category_scores": scores}


async def test_categories_by_attribute_and_by_wire_name(answering: Answering) -> None:
    client, script = answering(answer(result(CATEGORIES, SCORES)))
    moderation = await client.moderations.create(input="I want to kill them.")
    assert script.line == "POST /v1/moderations"
    assert script.json == {"input": "I want to kill them."}
    [found] = moderation.results
    categories, scores = found.categories, found.category_scores
    assert found.flagged
    assert (categories.hate, categories.hate_threatening, categories.violence) == (
        False,
        True,
        True,
    )
    assert (categories.self_harm, categories.sexual_minors, categories.violence_graphic) == (
        False,
        False,
        False,
    )
    assert categories["hate/threatening"] is True
    assert scores.hate_threatening == scores["hate/threatening"] == 0.9
    assert dict(categories) == {**categories} == CATEGORIES
    assert max(scores.items(), key=lambda item: item[1])[0] == "hate/threatening"


async def test_dumps_have_wire_names(answering: Answering) -> None:
    sent = answer(result(CATEGORIES, SCORES))
    client, _ = answering(sent)
    moderation = await client.moderations.create(input=["a", "b"], model="text-moderation-stable")
    assert moderation.to_dict() == sent
    assert moderation.model_dump(by_alias=True, exclude_none=True) == sent
    assert pickle.loads(pickle.dumps(moderation)) == moderation


async def test_newer_and_unknown_categories(answering: Answering) -> None:
    newer = CATEGORIES | {"harassment": True, "self-harm/intent": False, "of/2031": True}
    client, _ = answering(answer(result(newer, SCORES)))
    categories = (await client.moderations.create(input="x")).results[0].categories
    assert (categories.harassment, categories.self_harm_intent) == (True, False)
    assert categories["of/2031"] is True
    assert set(categories.keys()) == newer.keys()


async def test_categories_that_did_not_come(answering: Answering) -> None:
    client, _ = answering(answer(result({"hate": False}, {"hate": 0.0})))
    categories = (await client.moderations.create(input="x")).results[0].categories
    assert categories.sexual_minors is None
    assert "hate" in categories
    assert "sexual/minors" not in categories
    with pytest.raises(KeyError, match="sexual/minors"):
        _ = categories["sexual/minors"]


async def test_python_names_make_one() -> None:
    made = ModerationCategories(hate=True, self_harm=False)
    assert made.to_dict() == {"hate": True, "self-harm": False}


# Against the built-in server


def data_url(prompt: str) -> str:
    return "data:image/png;base64," + base64.b64encode(paint(prompt, "s", 64, 64)).decode()


async def test_texts_and_images_of_one_input() -> None:
    async with Server(seed=1).client(strict_responses=True) as client:
        moderation = await client.moderations.create(
            input=[
                {"type": "text", "text": "a pleasant walk"},
                {"type": "image_url", "image_url": {"url": data_url("they murder and kill")}},
            ],
            model="omni-moderation-latest",
        )
    [found] = moderation.results
    assert found.flagged
    assert found.categories.violence
    assert not found.categories.harassment_threatening
    applied = found.category_applied_input_types
    assert applied is not None
    assert applied.violence == ["text", "image"]
    assert applied["hate/threatening"] == ["text"]
    assert applied.keys() == found.categories.keys()


async def test_an_image_of_this_server_by_its_address() -> None:
    async with Server(seed=1).client(strict_responses=True) as client:
        made = await client.images.generate(prompt="naked and nude people", size="256x256")
        url = made.data[0].url or ""
        moderation = await client.moderations.create(
            input=[{"type": "image_url", "image_url": {"url": url}}]
        )
    [found] = moderation.results
    assert found.categories.sexual
    applied = found.category_applied_input_types
    assert applied is not None
    assert (applied.sexual, applied.hate) == (["image"], [])


async def test_texts_have_a_result_each() -> None:
    async with Server(seed=1).client(strict_responses=True) as client:
        moderation = await client.moderations.create(input=["I love gardens", "I will kill you"])
    assert [one.flagged for one in moderation.results] == [False, True]
    assert moderation.model == "omni-moderation-latest"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"model": "text-moderation-stable", "input": [{"type": "text", "text": "x"}]},
            "takes strings only",
        ),
        ({"input": [{"type": "video"}]}, "Invalid value: 'video'"),
        ({"input": [{"type": "image_url", "image_url": {"url": "x.png"}}]}, "image URL"),
        ({"input": [{"type": "image_url", "image_url": {"url": "data:,*"}}]}, "base64"),
        ({"input": []}, "empty|too short"),
    ],
)
async def test_inputs_that_are_refused(params: Any, message: str) -> None:
    async with Server(seed=1).client() as client:
        with pytest.raises(BadRequestError, match=message):
            await client.moderations.create(**params)
