from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from components.config.identity import Identity
from components.config.profiles import NotebookProfile
from components.config.schema import field_metadata, find_field, find_nearest, find_section
from components.config.section import Section
from components.config.sizes import Sizes, UserSize
from components.config.tenancy import Tenancy


def test_the_nearest_key_ignores_case_and_underscores() -> None:
    assert find_nearest("external_IP", ["externalIp", "clusterName"]) == "externalIp"
    assert find_nearest("nothing", ["externalIp", "clusterName"]) is None


def test_a_key_inside_a_list_is_found_in_its_section() -> None:
    owner, field = find_field(Tenancy, ("notebook", "profiles", 3, "cpus"))
    assert owner is NotebookProfile
    assert field is NotebookProfile.model_fields["cpus"]


def test_a_key_inside_a_map_is_found_in_its_section() -> None:
    owner, field = find_field(Tenancy, ("sizes", "groups", "ocean", "cpus"))
    assert owner is UserSize
    assert field is UserSize.model_fields["cpus"]
    assert find_field(Tenancy, ("sizes", "groups", "ocean"))[1] is Sizes.model_fields["groups"]


def test_an_item_of_a_list_has_the_field_of_the_list() -> None:
    assert find_field(Tenancy, ("identity", "server", 1))[1] is Identity.model_fields["servers"]


def test_an_unknown_key_has_a_section_but_no_field() -> None:
    assert find_field(Tenancy, ("identity", "relm")) == (Identity, None)


def test_a_section_is_found_if_optional_or_in_a_list() -> None:
    assert find_section(NotebookProfile | None) is NotebookProfile
    assert find_section(tuple[NotebookProfile, ...]) is NotebookProfile
    assert find_section(str) is None


def fields(section: type[Section], place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every key of a section, with those of the sections in it."""
    for name, field in section.model_fields.items():
        key = f"{place}{field.alias or name}"
        yield key, field
        if inner := find_section(field.annotation):
            yield from fields(inner, f"{key}.")


FIELDS = dict(fields(Tenancy))
ABBREVIATED = ("identity.caCertificate", "backup.caCertificate")
"""The keys whose examples are not complete."""


def test_every_key_that_is_not_set_by_default_has_an_example() -> None:
    unset = {key: field for key, field in FIELDS.items() if not field.is_required() and field.default in (None, ())}
    assert [key for key, field in unset.items() if not field.examples and not field_metadata(field, "secret")] == []


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.examples and key not in ABBREVIATED])
def test_examples_are_valid(key: str) -> None:
    field = FIELDS[key]
    kind: Any = Annotated[field.annotation, "a field of a section", *field.metadata]
    adapter = TypeAdapter[object](kind)
    for example in field.examples or ():
        adapter.validate_python(example)
