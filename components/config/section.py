"""What every group of settings shares: frozen, no unknown keys, camelCase in files, all contradictions at once."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Updates = Literal["yes", "no", "grow only"]


def metadata(*, unit: str | None = None, updates: Updates = "yes", secret: bool = False) -> dict[str, Any]:
    """What the reference, the error lines and the refusal of changes need to know of a field beyond its type.

    Args:
        unit: what a number counts, e.g. ``GB`` (powers of 1024, as z2jh's ``2G``).
        updates: whether it may change after the first ``up``.
        secret: the value is never shown.
    """
    said: dict[str, Any] = {"updates": updates}
    if unit:
        said["unit"] = unit
    if secret:
        said["secret"] = True
    return said


class Section(BaseModel):
    """A group of settings. Attributes are snake_case; files and as_inputs() use camelCase."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        allow_inf_nan=False,
        str_strip_whitespace=True,
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Which of the keys given do not go together, as (attribute, what is wrong).

        Asked of the raw values, so that it is told together with the fields that are wrong by themselves.
        """
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_problems(cls, raw: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        found: list[InitErrorDetails] = []
        settings: Self | None = None
        try:
            settings = read(raw)
        except ValidationError as wrong:
            found = [_again(error) for error in wrong.errors(include_url=False)]
        if isinstance(raw, Mapping):
            aliases = {name: field.alias or name for name, field in cls.model_fields.items()}
            attributes = {alias: name for name, alias in aliases.items()}
            given: dict[str, object] = {
                attributes.get(str(key), str(key)): value for key, value in raw.items() if value not in (None, "")
            }
            for name, what in cls.find_contradictions(given):
                said = PydanticCustomError("contradiction", "{what}", {"what": what})
                found.append(InitErrorDetails(type=said, loc=(aliases[name],), input=given.get(name)))
        if found or settings is None:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return settings


def _again(error: ErrorDetails) -> InitErrorDetails:
    """The same problem, to be told once more together with others; its type and context stay."""
    said = PydanticCustomError(error["type"], "{message}", {**error.get("ctx", {}), "message": error["msg"]})
    return InitErrorDetails(type=said, loc=error["loc"], input=error["input"])


def require_exactly_one(given: Mapping[str, object], one: str, other: str, spelled: str) -> Iterator[tuple[str, str]]:
    """The rule that one of two keys is given and not both."""
    if one in given and other in given:
        yield other, f"excludes the other of {spelled}; leave one of them out"
    elif one not in given and other not in given:
        yield one, f"is required: one of {spelled}"
