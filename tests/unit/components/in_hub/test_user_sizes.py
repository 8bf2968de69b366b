from typing import Any

import pytest

from components.in_hub.user_sizes import Sizes, find_size

SIZES: Sizes = {
    "groups": {"ocean": {"cpus": 4, "ramGb": 16}, "data": {"cpus": 2, "storageGb": 50}, "small": {"ramGb": 0.5}},
    "users": {"alice": {"storageGb": 200}, "bob": {"cpus": 1, "ramGb": 1, "storageGb": 1}},
}


@pytest.mark.parametrize(
    ("user", "groups", "expected"),
    [
        ("carol", set(), {}),
        ("carol", {"others"}, {}),
        ("carol", {"ocean"}, {"cpus": 4, "ramGb": 16}),
        ("carol", {"ocean", "data", "small"}, {"cpus": 4, "ramGb": 16, "storageGb": 50}),
        ("carol", {"small"}, {"ramGb": 0.5}),
        ("alice", {"ocean", "data"}, {"cpus": 4, "ramGb": 16, "storageGb": 200}),
        ("bob", {"ocean", "data"}, {"cpus": 1, "ramGb": 1, "storageGb": 1}),
        ("ocean", set(), {}),
    ],
)
def test_users_own_keys_come_first_and_then_the_largest_of_the_groups(
    user: str, groups: set[str], expected: dict[str, Any]
) -> None:
    assert find_size(SIZES, user, groups) == expected


def test_there_are_no_sizes_by_default() -> None:
    assert find_size({}, "alice", {"ocean"}) == {}
