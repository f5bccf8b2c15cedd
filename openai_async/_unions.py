"""Unions of models that the server may extend, told apart by one of their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ._json import is_object
from ._models import Model, options_of

__all__ = ["OpenUnion", "Unknown"]


class Unknown(Model):
    """An object of a kind that is newer than this library: all that came, as attributes."""


@dataclass(frozen=True)
class OpenUnion:
    """Marks a union of models, each with a `Literal` in the field `tag`: the right one is found
    without trying all, and an object with a tag that none has becomes `Unknown`.

        Shape = Annotated[Circle | Square, OpenUnion()]

    Type checkers see the union alone, so that a look at the tag narrows it.
    """

    tag: str = "type"
    shown_by: tuple[str, ...] = ()
    """Fields, any of which shows that an object is of a known kind, whatever its tag says."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        known = handler.generate_schema(Annotated[source, Field(discriminator=self.tag)])
        tags: set[Any] = set()  # found when they are first needed

        def refuse_known(value: Any) -> Any:
            # An object of a known kind that doesn't fit is no unknown one: whoever reads it tells
            # what is wrong, and makes the best of it.
            tag = value.get(self.tag) if is_object(value) else None
            if not tags:
                tags.update(_tags_of(source, self.tag))
            shown = is_object(value) and not value.keys().isdisjoint(self.shown_by)
            if shown or not isinstance(tag, str) or tag in tags:
                raise ValueError(f"not what a {self.tag} of {tag!r} has to be")
            return value

        unknown = core_schema.no_info_before_validator_function(
            refuse_known, handler.generate_schema(Unknown)
        )
        # Labels keep the names of all members out of what is told of an object that doesn't fit.
        return core_schema.union_schema(
            [(known, "known"), (unknown, "unknown")], mode="left_to_right"
        )


def _tags_of(union: Any, tag: str) -> set[Any]:
    """The tags that the members of a union go by."""
    return {
        value
        for member in options_of(union)
        for value in get_args(member.model_fields[tag].rebuild_annotation())
    }
