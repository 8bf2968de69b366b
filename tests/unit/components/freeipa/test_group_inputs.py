from typing import Any

import pytest

from components.freeipa import group_inputs
from components.freeipa.errors import IdentityChanged
from components.freeipa.group_inputs import Props


class Unknown:
    pass


def is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def checked(olds: Props, news: Props) -> tuple[Props, list[tuple[str, str]]]:
    return group_inputs.checked(olds, news, is_unknown)


def given(**changes: Any) -> Props:
    return {
        "servers": ["ipa.example.org"],
        "bindDn": "uid=pangeo,cn=users,cn=accounts,dc=example,dc=org",
        "suffix": "dc=example,dc=org",
        "name": "k1_notebook_users",
        "description": "Notebook users for Pangeo cluster 'k1'",
        **changes,
    }


def test_defaults_are_the_safe_ones() -> None:
    props, failures = checked({}, given())
    assert failures == []
    assert (props["tls"], props["existingGroup"], props["protect"]) == ("ldaps", "refuse", True)


def test_the_dn_is_known_before_anything_is_created() -> None:
    props, _ = checked({}, given())
    assert props["dn"] == "cn=k1_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"


def test_checking_twice_changes_nothing() -> None:
    once, _ = checked({}, given(name="K1_Notebook_Users", suffix="DC=Example, DC=Org"))
    assert checked(once, once) == (once, [])


def test_another_spelling_of_the_same_value_is_no_change() -> None:
    deployed, _ = checked({}, given())
    respelled, failures = checked(
        deployed,
        given(name="K1_notebook_USERS", suffix="DC=example, dc=ORG", servers=["IPA.example.org:636"], tls="ldaps"),
    )
    assert failures == []
    assert not group_inputs.differs(deployed, respelled, is_unknown)


def test_all_problems_are_told_at_once() -> None:
    _, failures = checked(
        {},
        given(
            servers=[], bindDn="", suffix="x", name="1", description="", tls="no", existingGroup="yes", protect="true",
            caCertificate="x",
        ),
    )  # fmt: skip
    assert {field for field, _ in failures} == {*group_inputs.INPUTS}


def test_a_missing_value_is_a_problem_not_a_traceback() -> None:
    _, failures = checked({}, {})
    assert {field for field, _ in failures} == {"servers", "bindDn", "suffix", "name", "description"}


def test_numbers_instead_of_text_are_a_problem_not_a_traceback() -> None:
    _, failures = checked({}, given(name=7.0, suffix=1.0, servers=[2.0], bindDn=3.0, description=4.0, tls=5.0))
    assert {field for field, _ in failures} == {"name", "suffix", "servers", "bindDn", "description", "tls"}


@pytest.mark.parametrize("key", ["servers", "bindDn", "suffix", "name", "description", "caCertificate", "tls"])
def test_an_unknown_value_is_let_through_in_a_preview(key: str) -> None:
    unknown = Unknown()
    props, failures = checked({}, given(**{key: unknown}))
    assert failures == []
    assert props[key] is unknown
    assert ("dn" in props) is (key not in ("name", "suffix"))


def test_one_unknown_server_is_let_through_and_the_others_are_checked() -> None:
    assert checked({}, given(servers=[Unknown(), "ipa2.example.org"]))[1] == []
    assert [field for field, _ in checked({}, given(servers=[Unknown(), "a b"]))[1]] == ["servers"]


@pytest.mark.parametrize(
    ("field", "new"), [("name", "k2_notebook_users"), ("suffix", "dc=other,dc=org")]
)  # fmt: skip
def test_the_group_never_changes_its_name_or_realm(field: str, new: str) -> None:
    deployed, _ = checked({}, given())
    _, failures = checked(deployed, given(**{field: new}))
    [(at_fault, sentence)] = failures
    assert at_fault == field
    for word in (deployed[field], new, "leave its members behind", "pulumi state delete"):
        assert word in sentence


def test_a_diff_refuses_what_the_check_refuses() -> None:
    deployed, _ = checked({}, given())
    with pytest.raises(IdentityChanged, match="change it back"):
        group_inputs.differs(deployed, {**deployed, "name": "k2_notebook_users"}, is_unknown)


def test_an_unknown_name_is_neither_a_change_of_name_nor_no_change() -> None:
    deployed, _ = checked({}, given())
    assert group_inputs.differs(deployed, {**deployed, "name": Unknown()}, is_unknown)


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
        ("__provider", "elsewhere"),
    ],
)
def test_every_other_change_is_an_update(key: str, new: object) -> None:
    deployed, _ = checked({}, given())
    state = {**deployed, "adopted": False}
    assert not group_inputs.differs(state, deployed, is_unknown)
    assert group_inputs.differs(state, {**deployed, key: new}, is_unknown)


def test_a_removed_value_is_an_update_too() -> None:
    deployed, _ = checked({}, given())
    assert group_inputs.differs({**deployed, "caCertificate": "PEM"}, deployed, is_unknown)
