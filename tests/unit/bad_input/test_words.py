"""Addresses, names and numbers of any spelling: one spelling comes out, or a sentence."""

import time
from collections.abc import Callable

import ldap3.utils.dn
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from components.config.domain import derived_domain
from components.config.types import parse_distinguished_name, parse_host_name
from components.freeipa import names
from components.freeipa.errors import InvalidSetting
from components.freeipa.settings import authorities, check_bind_dn, server_address
from tests.support.tenancies import CA_CERTIFICATE, problems, tenancy
from tests.unit.bad_input.strategies import words

LONGEST_SECONDS = 1.0
LONG = 20_000

Reader = Callable[[str], object]

READERS: tuple[Reader, ...] = (
    parse_host_name,
    parse_distinguished_name,
    names.group_name,
    names.description,
    names.suffix_of_base_dn,
    lambda text: server_address(text, "ldaps"),
    check_bind_dn,
    authorities,
)
KEYS = (
    "clusterName",
    "externalIp",
    "pangeoDomain",
    "domainSuffix",
    "identity__realm",
    "identity__server",
    "identity__bindDn",
    "identity__adminGroup",
    "identity__caCertificate",
    "storage__className",
    "notebook__image",
    "notebook__defaultUrl",
)
REPEATED = ("a", "a.", "a-", " ", "dc=a,", "\\,", "a=", ":", "a:", "-", "1", "[", "\\\\", "a =")


def told(key: str, value: str) -> list[str]:
    return [problem.message for problem in problems(**{key: value})]


@given(st.sampled_from(READERS), words)
def test_what_is_read_is_read_again_as_the_same_or_refused(reader: Reader, text: str) -> None:
    try:
        read = reader(text)
    except (ValueError, InvalidSetting) as refusal:
        assert str(refusal)  # noqa: PT017 - to be read is as good as to be refused
        return
    if isinstance(read, str):
        assert reader(read) == read


@given(st.sampled_from(KEYS), words)
@example("identity__server", f"ipa.example.org:{'1' * 5000}")
@example("identity__server", "ipa.example.org:٣٦")
@example("externalIp", "1" * 5000)
def test_a_word_of_any_key_is_taken_or_told_with_what_to_write(key: str, text: str) -> None:
    said = told(key, text)
    assert all(sentence and "int string conversion" not in sentence for sentence in said)
    assert all("integer string" not in sentence for sentence in said)


@given(st.ip_addresses())
def test_an_address_is_refused_or_makes_a_host_name_that_names_it_alone(address: object) -> None:
    assume(told("externalIp", str(address)) == [])
    good = tenancy(externalIp=str(address))
    assert parse_host_name(good.domain) == good.domain
    assert derived_domain(good.external_ip).split(".")[1].strip("0123456789abcdef-") == ""


@given(st.ip_addresses(), st.ip_addresses())
def test_two_addresses_never_share_a_domain(one: object, other: object) -> None:
    assume(one != other)
    assume(told("externalIp", str(one)) == [] == told("externalIp", str(other)))
    assert tenancy(externalIp=str(one)).domain != tenancy(externalIp=str(other)).domain


@given(st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True))
def test_every_cluster_name_by_the_rule_makes_a_group_that_freeipa_takes(name: str) -> None:
    assume(not name.startswith("kube-"))
    assume(name != "default")
    good = tenancy(clusterName=name)
    assert names.group_name(good.notebook_users_group) == good.notebook_users_group


@given(words)
def test_a_user_name_of_any_kind_stays_one_part_of_the_dn(name: str) -> None:
    assume(name.strip() and name.isprintable())
    dn = names.user_dn("dc=example,dc=org", name)
    parts = ldap3.utils.dn.parse_dn(dn)
    assert len(parts) == 5


@pytest.mark.parametrize("unit", REPEATED)
@pytest.mark.parametrize("key", [key for key in KEYS if key != "identity__caCertificate"])
def test_no_long_word_takes_long(key: str, unit: str) -> None:
    begin = time.process_time()
    told(key, unit * (LONG // len(unit)) + "!")
    assert time.process_time() - begin < LONGEST_SECONDS


def test_the_certificate_they_are_grown_from_is_one() -> None:
    assert authorities(CA_CERTIFICATE) == CA_CERTIFICATE
