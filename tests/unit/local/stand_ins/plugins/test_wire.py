"""Property values keep their meaning on the way to the engine and back."""

from local.stand_ins.plugins.wire import (
    UNKNOWN,
    Properties,
    Secret,
    from_struct,
    has_unknown,
    marked_like,
    plain,
    redacted,
    to_struct,
)


def test_values_secrets_and_unknowns_come_back_as_they_went() -> None:
    properties: Properties = {
        "text": "a",
        "none": None,
        "yes": True,
        "list": [1, "two", 2.5, None, [], {}],
        "secret": Secret({"inner": [Secret("b"), UNKNOWN]}),
        "unknown": UNKNOWN,
        "empty": {},
    }
    assert from_struct(to_struct(properties)) == properties


def test_whole_numbers_are_integers_because_apis_refuse_80_0_for_a_port() -> None:
    port = from_struct(to_struct({"port": 80.0}))["port"]
    assert (port, type(port)) == (80, int)


def test_unknowns_are_found_inside_secrets() -> None:
    assert has_unknown({"a": Secret([UNKNOWN])})
    assert not has_unknown({"a": Secret(["known"])})


def test_live_values_are_secret_where_the_old_ones_were() -> None:
    old = {"a": Secret("x"), "b": {"c": [Secret(1), 2]}, "d": "plain"}
    live = {"a": "new", "b": {"c": [3, 4, 5]}, "d": "plain", "e": "added"}
    assert marked_like(live, old) == {"a": Secret("new"), "b": {"c": [Secret(3), 4, 5]}, "d": "plain", "e": "added"}


def test_no_secret_stays_in_a_text() -> None:
    properties = {"values": {"token": Secret({"deep": ["open sesame"]}), "plain": "hub"}}
    assert redacted("no room for open sesame in hub", properties) == "no room for [secret] in hub"


def test_a_secret_that_holds_another_is_taken_out_whole() -> None:
    assert redacted("abcdefgh", {"a": Secret("abcd"), "b": Secret("abcdefgh")}) == "[secret]"


def test_plain_lays_open_at_every_depth() -> None:
    assert plain(Secret({"a": [Secret(1)]})) == {"a": [1]}
