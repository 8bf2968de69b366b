from typing import Any

import pytest

from components.freeipa import group_inputs
from components.freeipa.errors import InvalidSetting
from components.freeipa.group_errors import IdentityChanged
from components.freeipa.group_inputs import Props


class Unknown:
    pass


def is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def complete(olds: Props, news: Props) -> tuple[Props, list[tuple[str, str]]]:
    return group_inputs.complete_inputs(olds, news, is_unknown)


def given(**changes: Any) -> Props:
    return {
        "servers": ["ipa.example.org:636"],
        "bindDn": "uid=pangeo,cn=users,cn=accounts,dc=example,dc=org",
        "suffix": "dc=example,dc=org",
        "name": "k1_notebook_users",
        "description": "Notebook users for Pangeo cluster 'k1'",
        **changes,
    }


def test_defaults_are_the_safe_ones() -> None:
    props, failures = complete({}, given())
    assert failures == []
    assert (props["tls"], props["existingGroup"], props["protect"]) == ("ldaps", "refuse", True)


def test_dn_is_known_before_creation() -> None:
    props, _ = complete({}, given())
    assert props["dn"] == "cn=k1_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"


def test_completing_inputs_twice_changes_nothing() -> None:
    once, _ = complete({}, given())
    assert complete(once, once) == (once, [])


def test_missing_inputs_are_all_reported() -> None:
    _, failures = complete({}, {})
    assert {field for field, _ in failures} == {"servers", "bindDn", "suffix", "name", "description"}


@pytest.mark.parametrize("key", ["servers", "bindDn", "suffix", "name", "description", "caCertificate", "tls"])
def test_unknown_input_passes_a_preview(key: str) -> None:
    unknown = Unknown()
    props, failures = complete({}, given(**{key: unknown}))
    assert failures == []
    assert props[key] is unknown
    assert ("dn" in props) is (key not in ("name", "suffix"))


@pytest.mark.parametrize(
    ("field", "new"), [("name", "k2_notebook_users"), ("suffix", "dc=other,dc=org")]
)  # fmt: skip
def test_group_never_changes_its_name_or_suffix(field: str, new: str) -> None:
    deployed, _ = complete({}, given())
    _, failures = complete(deployed, given(**{field: new}))
    [(at_fault, message)] = failures
    assert at_fault == field
    for word in (deployed[field], new, "leave its members behind", "pulumi state delete"):
        assert word in message


def test_diff_refuses_what_the_check_refuses() -> None:
    deployed, _ = complete({}, given())
    with pytest.raises(IdentityChanged, match="change it back"):
        group_inputs.has_changes(deployed, {**deployed, "name": "k2_notebook_users"}, is_unknown)


def test_unknown_name_is_an_update_and_no_rename() -> None:
    deployed, _ = complete({}, given())
    assert group_inputs.has_changes(deployed, {**deployed, "name": Unknown()}, is_unknown)


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("servers", ["ipa2.example.org:636"]),
        ("servers", ["ipa.example.org:636", "ipa2.example.org:636"]),
        ("tls", "starttls"),
        ("bindDn", "uid=other,cn=users,cn=accounts,dc=example,dc=org"),
        ("caCertificate", "PEM"),
        ("description", "Other"),
        ("existingGroup", "adopt"),
        ("protect", False),
        ("mark", "stack vis, cluster c, deployment d"),
        ("__provider", "elsewhere"),
    ],
)
def test_other_changes_are_updates(key: str, new: object) -> None:
    deployed, _ = complete({}, given())
    state = {**deployed, "adopted": False}
    assert not group_inputs.has_changes(state, deployed, is_unknown)
    assert group_inputs.has_changes(state, {**deployed, key: new}, is_unknown)


def test_removed_input_is_an_update() -> None:
    deployed, _ = complete({}, given())
    assert group_inputs.has_changes({**deployed, "caCertificate": "PEM"}, deployed, is_unknown)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls": "none"},
        {"tls": 5.0},
        {"servers": []},
        {"servers": ["ldap://ipa.example.org"]},
        {"servers": [2.0]},
        {"bindDn": ""},
        {"bindDn": 3.0},
        {"caCertificate": "x"},
        {"caCertificate": 4.0},
    ],
)
def test_invalid_setting_prevents_a_connection(wrong: Props) -> None:
    props, _ = complete({}, given(**wrong))
    with pytest.raises(InvalidSetting):
        group_inputs.directory(props)


def test_transient_input_is_not_stored() -> None:
    props, _ = complete({}, given(preview=True))
    assert group_inputs.PREVIEW not in props


@pytest.mark.parametrize(
    ("changes", "concerned"),
    [
        ({}, False),
        ({"protect": False}, False),
        ({"existingGroup": "adopt"}, False),
        ({"servers": ["ipa2.example.org:636"]}, True),
        ({"tls": "starttls"}, True),
        ({"caCertificate": "PEM"}, True),
        ({"bindDn": "uid=other,dc=example,dc=org"}, True),
        ({"mark": "stack vis, cluster c, deployment d"}, True),
        ({"description": "Other"}, True),
    ],
)
def test_directory_is_asked_only_if_a_change_concerns_it(changes: Props, concerned: bool) -> None:
    deployed, _ = complete({}, given())
    assert group_inputs.concerns_directory({**deployed, "uniqueId": "a"}, {**deployed, **changes}) is concerned


def test_directory_is_asked_for_an_id_that_is_not_stored() -> None:
    deployed, _ = complete({}, given())
    assert group_inputs.concerns_directory(deployed, {**deployed, "protect": False})


@pytest.mark.parametrize("key", ["servers", "suffix", "mark"])
def test_unknown_value_is_found_within_a_list_too(key: str) -> None:
    assert not group_inputs.has_unknown(given(), is_unknown)
    assert group_inputs.has_unknown(given(**{key: Unknown()}), is_unknown)
    assert group_inputs.has_unknown(given(servers=["a", Unknown()]), is_unknown)
