"""The host names of users' servers below the hub's domain."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.in_hub.subdomains import user_domain

FREEIPA_NAMES = st.from_regex(r"[a-z0-9_.][a-z0-9_.-]{0,254}", fullmatch=True)
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def label(name: str, kind: str = "user") -> str:
    return user_domain(name, "hub.example.org", kind).removesuffix(".hub.example.org")


@pytest.mark.parametrize("name", ["alice", "j-doe", "1eve", "services", "a" * 63])
def test_a_name_that_is_a_host_name_is_used(name: str) -> None:
    assert label(name) == name


@pytest.mark.parametrize(
    "name",
    ["anna.smith", "_x", ".dot", "a_b", "1234", "a--b", "-a", "a-", "xn--nna-5na", "a" * 64, "Änna", ""],
)
def test_another_name_is_replaced_by_one_label(name: str) -> None:
    assert re.fullmatch(r"u-[a-z0-9]{1,8}--[0-9a-f]{32}", label(name))


@given(st.one_of(FREEIPA_NAMES, st.text()))
def test_every_name_gives_one_valid_label(name: str) -> None:
    assert re.fullmatch(LABEL, label(name))


@given(FREEIPA_NAMES, FREEIPA_NAMES)
def test_no_user_gets_the_host_of_another_user_or_service(one: str, other: str) -> None:
    assert (label(one) == label(other)) == (one == other)
    assert label(one) != label(other, "service")
    assert label(label(one)) == label(one) or label(label(one)) != label(other)


def test_a_name_equal_to_another_users_host_gets_another_host() -> None:
    host = label("anna.smith")

    assert label(host) != host
