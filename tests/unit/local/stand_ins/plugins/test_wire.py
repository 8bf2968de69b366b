"""Property values keep their meaning when they are encoded and decoded."""

from local.stand_ins.plugins.wire import (
    UNKNOWN,
    Properties,
    Secret,
    from_struct,
    has_unknown,
    mark_secrets_like,
    plain,
    to_struct,
)


def test_values_secrets_and_unknowns_survive_encoding() -> None:
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


def test_whole_numbers_become_integers() -> None:
    port = from_struct(to_struct({"port": 80.0}))["port"]
    assert (port, type(port)) == (80, int)


def test_unknowns_inside_secrets_are_found() -> None:
    assert has_unknown({"a": Secret([UNKNOWN])})
    assert not has_unknown({"a": Secret(["known"])})


def test_live_values_are_secret_where_the_old_ones_were() -> None:
    old = {"a": Secret("x"), "b": {"c": [Secret(1), 2]}, "d": "plain"}
    live = {"a": "new", "b": {"c": [3, 4, 5]}, "d": "plain", "e": "added"}
    assert mark_secrets_like(live, old) == {
        "a": Secret("new"),
        "b": {"c": [Secret(3), 4, 5]},
        "d": "plain",
        "e": "added",
    }


def test_plain_removes_marks_at_every_depth() -> None:
    assert plain(Secret({"a": [Secret(1)]})) == {"a": [1]}
