"""The base class of all sections: frozen, without unknown keys, camelCase in files, all problems reported at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Updates = Literal["yes", "no", "grow only"]
"""Whether a key may change after the first ``pulumi up``."""

UPDATE_NOTES: Mapping[str, str] = {"no": "cannot be changed after the first pulumi up", "grow only": "may only grow"}
"""A remark for keys that may not change freely, by their ``Updates``."""

Place = tuple[int | str, ...]
"""Path from a section to a value in it: an attribute, then keys and indices of lists as in the file."""


def metadata(
    *, unit: str | None = None, updates: Updates = "yes", secret: bool = False, names_secrets: bool = False
) -> dict[str, Any]:
    """Return a field's properties beyond its type, for the reference, the messages and the check of changes.

    Args:
        unit: The unit of a number, in the plural, e.g. ``GB`` (1024³ bytes, as in z2jh's ``2G``).
        updates: Whether the value may change after the first ``pulumi up``.
        secret: Whether the value must never be shown.
        names_secrets: Whether the value names Secrets, whose content may be written in its place by mistake.
    """
    properties: dict[str, Any] = {"updates": updates}
    if unit:
        properties["unit"] = unit
    if secret:
        properties["secret"] = True
    if names_secrets:
        properties["names_secrets"] = True
    return properties


class Section(BaseModel):
    """A section of a stack file. Attributes are snake_case; files and ``as_inputs()`` use camelCase."""

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
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Yield an attribute, or a place below one, and a message for each combination of keys that is not allowed.

        Args:
            given: The values by attribute before their validation, without empty ones. Contradictions are thus
                reported together with values that are invalid by themselves.
        """
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_problems(cls, raw: object, validate: ModelWrapValidatorHandler[Self]) -> Self:
        errors: list[InitErrorDetails] = []
        section: Self | None = None
        try:
            section = validate(raw)
        except ValidationError as invalid:
            errors = [repeat_error(error) for error in invalid.errors(include_url=False)]
        if isinstance(raw, Mapping):
            aliases = {name: field.alias or name for name, field in cls.model_fields.items()}
            attributes = {alias: name for name, alias in aliases.items()}
            given: dict[str, object] = {
                attributes.get(str(key), str(key)): value for key, value in raw.items() if value not in (None, "")
            }
            for place, message in cls.find_contradictions(given):
                name, *inner = (place,) if isinstance(place, str) else place
                kind = PydanticCustomError("contradiction", "{message}", {"message": message})
                location = (aliases[str(name)], *inner)
                errors.append(InitErrorDetails(type=kind, loc=location, input=_value_at(given.get(str(name)), inner)))
        if errors or section is None:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return section


def _value_at(value: Any, place: Iterable[int | str]) -> object:  # noqa: ANN401 - a value of any kind
    """Return the value at a place, or the last one on the way: the value may spell keys in another way."""
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            break
    return value


def repeat_error(error: ErrorDetails) -> InitErrorDetails:
    """Copy an error with its type and context, so that it can be raised together with others."""
    kind = PydanticCustomError(error["type"], "{message}", {**error.get("ctx", {}), "message": error["msg"]})
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"])


def require_exactly_one(given: Mapping[str, object], one: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield a contradiction unless exactly one of two attributes is given."""
    if one in given and other in given:
        yield other, f"must not be set together with {to_camel(one)}; remove one of them"
    elif one not in given and other not in given:
        yield one, f"is required; set {to_camel(one)} or {to_camel(other)}"
