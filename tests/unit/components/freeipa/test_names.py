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
def test_the_group_is_the_cluster_in_lower_case_with_underscores(cluster: str, group: str) -> None:
    assert names.notebook_users_group(cluster) == group


def test_every_cluster_name_gives_a_name_freeipa_takes() -> None:
    dice = random.Random(4)
    for _ in range(500):
        inner = "".join(dice.choices(string.ascii_lowercase + string.digits + "-", k=dice.randint(0, 38)))
        group = names.notebook_users_group(dice.choice(string.ascii_letters) + inner + "z")
        assert names.group_name(group) == group


def test_the_description_names_the_cluster_as_the_operator_wrote_it() -> None:
    assert names.notebook_users_description("My-Hub") == "Notebook users for Pangeo cluster 'My-Hub'"
    assert names.description(names.notebook_users_description("My-Hub"))


@pytest.mark.parametrize("name", ["a", "vis_notebook_users", "1st", "_x", ".x", "machine$", "a" * 255])
def test_a_name_freeipa_takes_is_kept(name: str) -> None:
    assert names.group_name(name) == name


def test_a_name_is_lower_cased_as_freeipa_does() -> None:
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
def test_a_name_freeipa_refuses_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        names.group_name(name)
    assert refusal.value.field == "name"
    assert repr(name) in str(refusal.value)


@pytest.mark.parametrize("text", ["", " x", "x ", "a\nb", "a\tb", "a\0b"])
def test_a_description_freeipa_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="one line of text"):
        names.description(text)


def test_a_realm_gives_one_dc_a_label() -> None:
    assert names.suffix_of_realm("HPC.Example.ORG") == "dc=hpc,dc=example,dc=org"


@pytest.mark.parametrize("realm", ["", "EXAMPLE..ORG", ".ORG", "EXAMPLE.ORG.", "-A.ORG", "A,dc=B", "A\n"])
def test_what_is_no_realm_is_refused(realm: str) -> None:
    with pytest.raises(InvalidSetting, match=r"such as EXAMPLE\.ORG"):
        names.suffix_of_realm(realm)


def test_a_base_dn_has_one_spelling() -> None:
    assert names.suffix_of_base_dn(" DC=Example , dc = ORG") == SUFFIX
    assert names.suffix_of_base_dn(SUFFIX) == SUFFIX


@pytest.mark.parametrize(
    "base_dn", ["", "example.org", "cn=accounts,dc=example,dc=org", "dc=example,", "dc=a b,dc=org"]
)
def test_what_is_no_freeipa_base_dn_is_refused(base_dn: str) -> None:
    with pytest.raises(InvalidSetting, match="such as dc=example,dc=org"):
        names.suffix_of_base_dn(base_dn)


def test_dns_are_where_freeipa_keeps_groups_and_users() -> None:
    assert names.group_dn(SUFFIX, "k1") == "cn=k1,cn=groups,cn=accounts,dc=example,dc=org"
    assert names.user_dn(SUFFIX, "alice") == "uid=alice,cn=users,cn=accounts,dc=example,dc=org"
    assert names.user_dn_template(SUFFIX).format(username="alice") == names.user_dn(SUFFIX, "alice")


def test_no_value_escapes_from_its_place_in_a_dn() -> None:
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
