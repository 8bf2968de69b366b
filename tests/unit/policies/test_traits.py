"""The hub's settings as they are written down; against the packages themselves: tests/engine/policies."""

import re

import pytest

from local.paths import LOCAL
from policies import traits


def test_they_are_of_the_hub_images_own_packages() -> None:
    pins = (LOCAL / "images" / "base.txt").read_text() + (LOCAL / "images" / "hub.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", pins, re.MULTILINE))
    assert {name: pinned[name] for name in traits.PACKAGES} == traits.packages(), (
        "run python -m policies.traits with an interpreter that has the packages"
    )


def test_a_class_has_its_own_settings_and_inherited_ones() -> None:
    ours = traits.of_class("FreeIpaAuthenticator")
    assert ours is not None
    assert {"servers", "allowed_groups", "allow_existing_users"} <= ours
    assert traits.of_class("DummyAuthenticator") is None


@pytest.mark.parametrize(
    ("written", "spelt"),
    [("allowedGroups", "allowed_groups"), ("tlsKwargs", "tls_kwargs"), ("allowed_groups", "allowed_groups")],
)
def test_camel_case_is_spelt_as_traits_are(written: str, spelt: str) -> None:
    assert traits.snake_case(written) == spelt


def test_where_the_hubs_packages_are_missing_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert traits.main(["--check"]) == 1
    assert "run it with an interpreter that has the packages of" in capsys.readouterr().out
