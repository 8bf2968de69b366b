import random
import string

import pytest
from ldap3.utils.dn import parse_dn

from components.freeipa import names
from components.freeipa.errors import InvalidSetting

SUFFIX = "dc=example,dc=org"


@pytest.mark.parametrize(
    ("cluster", "group"),
    [
        ("vis", "vis_notebook_users"),
        ("My-Hub", "my_hub_notebook_users"),
        ("a--b-2", "a__b_2_notebook_users"),
    ],
)
def test_group_name_follows_from_the_cluster_name(cluster: str, group: str) -> None:
    assert names.notebook_users_group(cluster) == group


def test_group_name_of_every_cluster_is_valid_in_freeipa() -> None:
    dice = random.Random(4)
    for _ in range(500):
        inner = "".join(dice.choices(string.ascii_lowercase + string.digits + "-", k=dice.randint(0, 38)))
        group = names.notebook_users_group(dice.choice(string.ascii_letters) + inner + "z")
        assert names.group_name(group) == group


def test_description_contains_the_cluster_name_as_written() -> None:
    assert names.notebook_users_description("My-Hub") == "Notebook users for Pangeo cluster 'My-Hub'"
    assert names.description(names.notebook_users_description("My-Hub"))


@pytest.mark.parametrize("name", ["a", "vis_notebook_users", "1st", "_x", ".x", "machine$", "a" * 255])
def test_valid_group_name_is_not_changed(name: str) -> None:
    assert names.group_name(name) == name


def test_group_name_becomes_lower_case() -> None:
    assert names.group_name("Vis_Notebook_Users") == "vis_notebook_users"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "123",
        "-x",
        "a b",
        "a$b",
        "ä",
        "a,b",
        "a)(cn=*",
        "a*",
        "a\n",
        "a\0",
        "a" * 256,
        "admins",
        "Admins",
        "ipausers",
    ],
)
def test_invalid_group_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        names.group_name(name)
    assert refusal.value.field == "name"
    assert repr(name) in str(refusal.value)


@pytest.mark.parametrize("text", ["", " x", "x ", "a\nb", "a\tb", "a\0b"])
def test_invalid_description_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="one line of text"):
        names.description(text)


def test_suffix_has_one_dc_for_each_label_of_the_realm() -> None:
    assert names.suffix_of_realm("HPC.Example.ORG") == "dc=hpc,dc=example,dc=org"


@pytest.mark.parametrize("realm", ["", "EXAMPLE..ORG", ".ORG", "EXAMPLE.ORG.", "-A.ORG", "A,dc=B", "A\n"])
def test_invalid_realm_is_refused(realm: str) -> None:
    with pytest.raises(InvalidSetting, match=r"such as EXAMPLE\.ORG"):
        names.suffix_of_realm(realm)


def test_base_dn_is_normalized() -> None:
    assert names.suffix_of_base_dn(" DC=Example , dc = ORG") == SUFFIX
    assert names.suffix_of_base_dn(SUFFIX) == SUFFIX


@pytest.mark.parametrize(
    "base_dn", ["", "example.org", "cn=accounts,dc=example,dc=org", "dc=example,", "dc=a b,dc=org"]
)
def test_invalid_base_dn_is_refused(base_dn: str) -> None:
    with pytest.raises(InvalidSetting, match="such as dc=example,dc=org"):
        names.suffix_of_base_dn(base_dn)


def test_dns_of_groups_and_users_match_freeipa() -> None:
    assert names.group_dn(SUFFIX, "k1") == "cn=k1,cn=groups,cn=accounts,dc=example,dc=org"
    assert names.user_dn(SUFFIX, "alice") == "uid=alice,cn=users,cn=accounts,dc=example,dc=org"
    assert names.user_dn_template(SUFFIX).format(username="alice") == names.user_dn(SUFFIX, "alice")


def test_dn_values_are_escaped() -> None:
    dice = random.Random(4514)
    alphabet = string.printable.replace("\r", "").replace("\n", "") + ',+"\\<>;=# \0é漢'
    for _ in range(500):
        value = "".join(dice.choices(alphabet, k=dice.randint(1, 12)))
        dn = names.user_dn(SUFFIX, value)
        parts = parse_dn(dn, escape=False)
        assert [part[0] for part in parts] == ["uid", "cn", "cn", "dc", "dc"], value
        assert unescaped(parts[0][1]) == value


def unescaped(value: str) -> str:
    plain, rest = "", value
    while rest:
        if rest.startswith("\\00"):
            plain, rest = plain + "\0", rest[3:]
        elif rest.startswith("\\"):
            plain, rest = plain + rest[1], rest[2:]
        else:
            plain, rest = plain + rest[0], rest[1:]
    return plain


def test_a_dn_is_divided_into_first_value_and_container() -> None:
    dn = names.group_dn("dc=example,dc=org", "modellers")
    assert names.first_value(dn) == "modellers"
    assert names.parent(dn) == names.groups_container("dc=example,dc=org")
