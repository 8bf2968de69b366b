"""Changed properties as a reviewer sees them, without secrets."""

from typing import Any

import pytest

from ci.preview.differences import SECRET, UNKNOWN, PropertyChange, differences, display_value

SIGNATURE = "4dabf18193072939515e22adb298388d"
BLINDED = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n"
KUBECONFIG = "apiVersion: v1\nclusters:\n- name: a\nusers:\n- name: b\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def changed(before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any) -> list[tuple[Any, ...]]:
    return [(each.path, each.before, each.after) for each in differences(before, after, **more)]


def test_equal_inputs_have_no_difference() -> None:
    assert changed({"a": {"b": [1, "x", None, True]}}, {"a": {"b": [1, "x", None, True]}}) == []


def test_difference_has_the_propertys_path() -> None:
    assert changed({"values": {"memory": "1G", "cpu": 1}}, {"values": {"memory": "2G", "cpu": 1}}) == [
        ("values.memory", "1G", "2G")
    ]


def test_added_and_removed_properties_have_one_value() -> None:
    assert changed({"old": 1}, {"new": False}) == [("new", None, "false"), ("old", "1", None)]


def test_new_and_deleted_resources_have_one_value() -> None:
    assert changed(None, {"a": "x"}) == [("a", None, "x")]
    assert changed({"a": "x"}, None) == [("a", "x", None)]


def test_lists_are_compared_by_index() -> None:
    assert changed({"a": ["x", "y"]}, {"a": ["x", "z", "y"]}) == [("a[1]", "y", "z"), ("a[2]", None, "y")]
    assert changed({"a": ["x"]}, {"a": []}) == [("a", None, "[]"), ("a[0]", "x", None)]


def test_number_differs_from_text_and_null_from_missing() -> None:
    assert changed({"a": 1}, {"a": "1"}) == [("a", "1", "1")]
    assert changed({"a": None}, {}) == [("a", "null", None)]


def test_key_with_a_dot_is_quoted() -> None:
    [(path, *_)] = changed({}, {"labels": {"app.kubernetes.io/name": "x"}})

    assert path == 'labels["app.kubernetes.io/name"]'


def test_internal_keys_of_the_engine_are_left_out() -> None:
    assert changed({"__provider": "gASV"}, {"__provider": "other", "__internal": {}}) == []


def test_unknown_value_is_shown_as_unknown() -> None:
    assert display_value("04da6b54-80e4-46f7-96ec-b56ff0331ba9") == UNKNOWN


@pytest.mark.parametrize("value", [BLINDED, "[secret]", KEY, KUBECONFIG], ids=["blinded", "text", "key", "kubeconfig"])
def test_secret_is_never_shown(value: object) -> None:
    assert changed({}, {"a": value}) == [("a", None, SECRET)]
    assert changed({"a": value}, {"a": "open"}) == [("a", SECRET, "open")]


def test_changed_secret_is_listed_if_the_engine_names_it() -> None:
    inputs = {"values": {"token": BLINDED, "other": BLINDED}}

    assert changed(inputs, inputs) == []
    assert changed(inputs, inputs, named_by_engine=["values.token"]) == [("values.token", SECRET, SECRET)]


def test_code_that_mentions_private_keys_is_shown() -> None:
    assert display_value('raise ValueError("is a PRIVATE KEY; -----BEGIN CERTIFICATE----- is wanted")').startswith(
        "raise"
    )


def test_certificate_is_shown_by_its_digest() -> None:
    [(_, before, after)] = changed({"a": CERTIFICATE}, {"a": CERTIFICATE.replace("MIIB", "MIIC")})

    assert before.startswith("(certificates, sha256 ")
    assert before != after


def test_file_asset_is_shown_as_a_file() -> None:
    assert display_value({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "x"}) == "(file)"


def test_properties_that_replace_a_resource_are_marked() -> None:
    found = differences({"a": {"b": 1}, "ab": 1}, {"a": {"b": 2}, "ab": 2}, replacing=["a"])

    assert found == (PropertyChange("a.b", "1", "2", replaces=True), PropertyChange("ab", "1", "2"))
