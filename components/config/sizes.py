"""The section ``sizes``: sizes of servers and homes for single users and for the members of FreeIPA groups."""

import operator
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from components.config.profiles import ServerCpus, ServerRamGb
from components.config.section import Section, metadata, repeat_error
from components.config.types import MAX_STORAGE_GB, WholeNumber, parse_freeipa_name
from components.folder_names import EVERYONE


class UserSize(Section):
    """Sizes of a user's or of a group's members' servers and homes. At least one key must be set."""

    cpus: ServerCpus = None
    ram_gb: ServerRamGb = None
    storage_gb: WholeNumber | None = Field(
        None,
        ge=1,
        le=MAX_STORAGE_GB,
        description="Size of the home volume. Existing volumes grow when their users next start a server. They keep "
        "their size if the key is removed or a user leaves the group",
        examples=[50],
        json_schema_extra=metadata(unit="GB", updates="grow only"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Refuse a size without any key: it would change nothing."""
        if not given:
            yield "cpus", "is required, or ramGb or storageGb; set one of them, or remove the entry"


def _read_sizes(value: object) -> object:
    """Validate names and sizes, and report the problems of all of them. Return them by name in one spelling."""
    if not isinstance(value, Mapping):
        return value
    read: dict[str, object] = {}
    errors: list[InitErrorDetails] = []
    for given, each in value.items():
        try:
            size: object = UserSize.model_validate(each)
        except ValidationError as invalid:
            size = None
            found = [repeat_error(error) for error in invalid.errors(include_url=False)]
            errors += [{**error, "loc": (str(given), *error.get("loc", ()))} for error in found]
        name, message = _read_name(given)
        if name in read:
            message = "is there twice, in different spellings; write each name once"
        if message:
            kind = PydanticCustomError("value_error", "{error}", {"error": message})
            errors.append(InitErrorDetails(type=kind, loc=(str(given),), input=given))
        read[name] = size
    if errors:
        raise ValidationError.from_exception_data("sizes", errors)
    return dict(sorted(read.items()))


def _read_name(given: object) -> tuple[str, str]:
    """Return the name in one spelling, and a message if it is not valid."""
    try:
        name = parse_freeipa_name(str(given))
    except ValueError as invalid:
        return str(given), str(invalid)
    if name == EVERYONE:
        return name, "is no name here; set notebookCpus, notebookRamGb and notebookStorageGb for all users"
    return name, ""


SizesByName = Annotated[dict[str, UserSize], BeforeValidator(_read_sizes)]


class Sizes(Section):
    """Sizes of servers and homes for single users and for the members of FreeIPA groups."""

    groups: SizesByName = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Sizes for the members of FreeIPA groups, by group. For a member of several groups, the largest "
        "value of each key counts",
        examples=[{"ocean_modellers": {"cpus": 4, "ramGb": 16, "storageGb": 50}}],
    )
    users: SizesByName = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Sizes for single users, by FreeIPA user. Each key overrides that of the user's groups",
        examples=[{"alice": {"storageGb": 200}}],
    )
