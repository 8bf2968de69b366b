"""What a reviewer sees of a changed property, and never of a secret."""

from typing import Any

import pytest

from ci.preview.differences import SECRET, UNKNOWN, PropertyChange, differences, shown

SIGNATURE = "4dabf18193072939515e22adb298388d"
BLINDED = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n"
KUBECONFIG = "apiVersion: v1\nclusters:\n- name: a\nusers:\n- name: b\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def changed(before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any) -> list[tuple[Any, ...]]:
    return [(each.path, each.before, each.after) for each in differences(before, after, **more)]


def test_what_is_the_same_is_not_told() -> None:
    assert changed({"a": {"b": [1, "x", None, True]}}, {"a": {"b": [1, "x", None, True]}}) == []


def test_what_differs_is_told_by_its_path() -> None:
    assert changed({"values": {"memory": "1G", "cpu": 1}}, {"values": {"memory": "2G", "cpu": 1}}) == [
        ("values.memory", "1G", "2G")
    ]


def test_what_comes_and_what_goes_has_one_side() -> None:
    assert changed({"old": 1}, {"new": False}) == [("new", None, "false"), ("old", "1", None)]


def test_a_new_resource_has_only_an_after_and_a_deleted_one_only_a_before() -> None:
    assert changed(None, {"a": "x"}) == [("a", None, "x")]
    assert changed({"a": "x"}, None) == [("a", "x", None)]


def test_a_list_is_compared_place_by_place_and_an_empty_one_is_told() -> None:
    assert changed({"a": ["x", "y"]}, {"a": ["x", "z", "y"]}) == [("a[1]", "y", "z"), ("a[2]", None, "y")]
    assert changed({"a": ["x"]}, {"a": []}) == [("a", None, "[]"), ("a[0]", "x", None)]


def test_a_number_is_not_its_text_and_null_is_not_absence() -> None:
    assert changed({"a": 1}, {"a": "1"}) == [("a", "1", "1")]
    assert changed({"a": None}, {}) == [("a", "null", None)]


def test_a_key_with_a_dot_is_quoted_as_the_engine_does() -> None:
    [(path, *_)] = changed({}, {"labels": {"app.kubernetes.io/name": "x"}})

    assert path == 'labels["app.kubernetes.io/name"]'


def test_the_engines_own_bookkeeping_is_left_out() -> None:
    assert changed({"__provider": "gASV"}, {"__provider": "other", "__internal": {}}) == []


def test_what_is_not_known_before_an_up_is_said_so() -> None:
    assert shown("04da6b54-80e4-46f7-96ec-b56ff0331ba9") == UNKNOWN


@pytest.mark.parametrize("value", [BLINDED, "[secret]", KEY, KUBECONFIG], ids=["blinded", "text", "key", "kubeconfig"])
def test_a_secret_is_never_shown(value: object) -> None:
    assert changed({}, {"a": value}) == [("a", None, SECRET)]
    assert changed({"a": value}, {"a": "open"}) == [("a", SECRET, "open")]


def test_a_secret_that_changes_is_told_when_the_engine_says_so() -> None:
    inputs = {"values": {"token": BLINDED, "other": BLINDED}}

    assert changed(inputs, inputs) == []
    assert changed(inputs, inputs, named_by_engine=["values.token"]) == [("values.token", SECRET, SECRET)]


def test_code_that_only_speaks_of_private_keys_is_shown() -> None:
    assert shown('raise ValueError("is a PRIVATE KEY; -----BEGIN CERTIFICATE----- is wanted")').startswith("raise")


def test_another_certificate_is_told_by_its_digest() -> None:
    [(_, before, after)] = changed({"a": CERTIFICATE}, {"a": CERTIFICATE.replace("MIIB", "MIIC")})

    assert before.startswith("(certificates, sha256 ")
    assert before != after


def test_a_file_is_named_as_one() -> None:
    assert shown({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "x"}) == "(file)"


def test_why_a_resource_is_replaced_is_marked_at_the_property_or_above_it() -> None:
    found = differences({"a": {"b": 1}, "ab": 1}, {"a": {"b": 2}, "ab": 2}, replacing=["a"])

    assert found == (PropertyChange("a.b", "1", "2", replaces=True), PropertyChange("ab", "1", "2"))
