"""The stored settings of the hub's classes; tests/engine/policies compares them with the packages."""

import re

import pytest

from local.paths import LOCAL
from policies import traits


def test_traits_belong_to_the_hub_images_packages() -> None:
    pins = (LOCAL / "images" / "base.txt").read_text() + (LOCAL / "images" / "hub.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", pins, re.MULTILINE))
    assert {name: pinned[name] for name in traits.PACKAGES} == traits.package_versions(), (
        "run python -m policies.traits with an interpreter that has the packages"
    )


def test_a_class_has_its_own_and_inherited_settings() -> None:
    names = traits.trait_names("FreeIpaAuthenticator")
    assert names is not None
    assert {"servers", "allowed_groups", "allow_existing_users"} <= names
    assert traits.trait_names("DummyAuthenticator") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("allowedGroups", "allowed_groups"), ("tlsKwargs", "tls_kwargs"), ("allowed_groups", "allowed_groups")],
)
def test_camel_case_becomes_snake_case(name: str, expected: str) -> None:
    assert traits.to_snake_case(name) == expected


def test_the_command_reports_missing_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert traits.main(["--check"]) == 1
    assert "run it with an interpreter that has the packages of" in capsys.readouterr().out
