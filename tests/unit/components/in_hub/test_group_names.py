import pytest

from components.in_hub.group_names import hub_groups, names_in

GROUPS = "cn=groups,cn=accounts,dc=example,dc=org"


def test_names_are_in_lower_case() -> None:
    assert hub_groups(["Modellers", "climate.2-a", "svc$"]) == {"modellers", "climate.2-a", "svc$"}


@pytest.mark.parametrize("name", ["trust admins", "two words", "a,b", "!user", "12", "-x", "", "x" * 256])
def test_names_that_freeipa_does_not_allow_are_left_out(name: str) -> None:
    assert hub_groups([name, "modellers"]) == {"modellers"}


def test_freeipas_own_groups_are_left_out() -> None:
    assert hub_groups(["ipausers", "Admins", "editors", "modellers"]) == {"modellers"}


def test_freeipas_own_groups_stay_if_the_configuration_names_them() -> None:
    assert hub_groups(["ipausers", "Admins", "editors"], {"admins", "modellers"}) == {"admins"}


def test_only_entries_of_the_container_are_groups() -> None:
    dns = [f"cn=modellers,{GROUPS}", "CN=Wide, CN=Groups,cn=accounts,dc=example,dc=org", "cn=x,cn=roles,cn=accounts"]

    assert list(names_in(dns, [GROUPS])) == ["modellers", "Wide"]
