"""LDIF is parsed as in RFC 2849, and the project's settings override the server's defaults."""

import pytest

from local.directory import ldif
from local.directory.endpoint import suffix_of
from local.directory.ldif import Entry


def test_folded_lines_are_joined_and_comments_removed() -> None:
    text = "# why\ndn: cn=a\ncn:a\naci: (one\n  two)\n# note\nport: 1\n\n\n\ndn: cn=b\ncn: b\n"
    assert ldif.parse(text) == [
        Entry("cn=a", (("cn", "a"), ("aci", "(one two)"), ("port", "1"))),
        Entry("cn=b", (("cn", "b"),)),
    ]


def test_written_entries_parse_to_the_same() -> None:
    entries = [Entry("cn=a", (("objectClass", "top"), ("objectClass", "x"), ("cn", "a: b"))), Entry("cn=b", ())]
    assert ldif.parse(ldif.format_entries(entries)) == entries


def test_record_without_a_dn_is_refused() -> None:
    with pytest.raises(ValueError, match="not an LDIF record"):
        ldif.parse("cn: a\n")


def test_attributes_override_defaults_in_any_case() -> None:
    defaults = [Entry("cn=Config", (("a", "1"), ("B", "2"), ("b", "3")))]
    assert ldif.override(defaults, [Entry("cn=config", (("b", "4"),))]) == [
        Entry("cn=Config", (("a", "1"), ("b", "4")))
    ]


def test_entries_without_a_default_are_added() -> None:
    assert ldif.override([Entry("cn=a", ())], [Entry("cn=b", ())]) == [Entry("cn=a", ()), Entry("cn=b", ())]


def test_variable_without_a_value_is_an_error() -> None:
    assert ldif.fill("%a% and 100%", {"a": 1}) == "1 and 100%"
    with pytest.raises(KeyError, match="missing"):
        ldif.fill("%missing%", {"a": 1})


def test_suffix_has_one_part_for_each_label() -> None:
    assert suffix_of("TENANCY.TEST") == "dc=tenancy,dc=test"
    assert suffix_of("ipa.cloud.example.org") == "dc=ipa,dc=cloud,dc=example,dc=org"
