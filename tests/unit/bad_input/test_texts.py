"""Normalisation of random text: it is refused with a message, or normalised to one spelling."""

import time

import ldap3.utils.dn
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from components.config.domain import derived_domain
from components.config.types import parse_host_name
from components.freeipa import names
from components.freeipa.errors import InvalidSetting
from components.freeipa.settings import authorities
from tests.support.tenancies import CA_CERTIFICATE, problems, tenancy
from tests.unit.bad_input.readers import READERS, Reader
from tests.unit.bad_input.strategies import texts

MAX_SECONDS = 1.0
ATTEMPTS = 4
LONG_TEXT_LENGTH = 20_000

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
REPEATED = ("a", "a.", "a-", " ", "dc=a,", "\\,", "a=", ":", "a:", "-", "1", "[", "[]", "\\\\", "a =")


def find_messages(key: str, value: str) -> list[str]:
    return [problem.message for problem in problems(**{key: value})]


@given(st.sampled_from(READERS), texts)
def test_a_normalised_value_is_normalised_to_itself(reader: Reader, text: str) -> None:
    try:
        value = reader(text)
    except (ValueError, InvalidSetting) as error:
        assert str(error)  # noqa: PT017 - both outcomes are correct
        return
    if isinstance(value, str):
        assert reader(value) == value


@given(st.sampled_from(KEYS), texts)
@example("identity__server", f"ipa.example.org:{'1' * 5000}")
@example("identity__server", "ipa.example.org:٣٦")
@example("externalIp", "1" * 5000)
def test_random_text_is_accepted_or_reported_with_a_fix(key: str, text: str) -> None:
    messages = find_messages(key, text)
    assert all(message and "int string conversion" not in message for message in messages)
    assert all("integer string" not in message for message in messages)


@given(st.ip_addresses())
def test_an_accepted_address_gives_a_valid_host_name(address: object) -> None:
    assume(find_messages("externalIp", str(address)) == [])
    good = tenancy(externalIp=str(address))
    assert parse_host_name(good.domain) == good.domain
    assert derived_domain(good.external_ip).split(".")[1].strip("0123456789abcdef-") == ""


@given(st.ip_addresses(), st.ip_addresses())
def test_two_addresses_never_share_a_domain(one: object, other: object) -> None:
    assume(one != other)
    assume(find_messages("externalIp", str(one)) == [] == find_messages("externalIp", str(other)))
    assert tenancy(externalIp=str(one)).domain != tenancy(externalIp=str(other)).domain


@given(st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True))
def test_every_cluster_name_gives_a_valid_freeipa_group(name: str) -> None:
    assume(not name.startswith("kube-"))
    assume(name != "default")
    good = tenancy(clusterName=name)
    assert names.group_name(good.notebook_users_group) == good.notebook_users_group


@given(texts)
def test_a_random_user_name_stays_one_part_of_the_dn(name: str) -> None:
    assume(name.strip() and name.isprintable())
    dn = names.user_dn("dc=example,dc=org", name)
    parts = ldap3.utils.dn.parse_dn(dn)
    assert len(parts) == 5


@pytest.mark.parametrize("unit", REPEATED)
@pytest.mark.parametrize("key", [key for key in KEYS if key != "identity__caCertificate"])
def test_long_text_is_validated_quickly(key: str, unit: str) -> None:
    def seconds() -> float:
        begin = time.process_time()
        find_messages(key, unit * (LONG_TEXT_LENGTH // len(unit)) + "!")
        return time.process_time() - begin

    # On a busy machine, other processes can delay one attempt, but hardly all.
    assert any(seconds() < MAX_SECONDS for _ in range(ATTEMPTS))


def test_the_test_certificate_is_valid() -> None:
    assert authorities(CA_CERTIFICATE) == CA_CERTIFICATE
