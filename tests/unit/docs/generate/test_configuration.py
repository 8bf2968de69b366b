import re
from collections.abc import Iterator

from components.config.schema import find_section
from components.config.section import Section
from components.config.tenancy import Tenancy
from docs.generate.configuration import render_configuration
from docs.generate.fields import list_fields


def list_all_keys(section: type[Section]) -> Iterator[str]:
    for key, field in list_fields(section):
        yield key
        if inner := find_section(field.annotation):
            yield from list_all_keys(inner)


def test_every_key_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", render_configuration(), re.MULTILINE))
    assert rows == {*list_all_keys(Tenancy), "identityBindPassword", "identityReadPassword"}


def test_a_list_of_fixed_texts_shows_them_unchanged() -> None:
    page = render_configuration()
    assert "| `purposes` | list of `hub` or `notebooks` or `daskSchedulers` or `daskWorkers` |" in page
    assert "| `taints` | list of sections |" in page
