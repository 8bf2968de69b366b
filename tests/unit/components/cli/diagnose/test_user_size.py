from components.cli.diagnose.user_size import describe_size
from tests.support.tenancies import tenancy

SIZES = {"groups": {"ocean": {"cpus": 4, "ramGb": 16}, "data": {"storageGb": 50}}, "users": {"alice": {"ramGb": 1.5}}}


def test_a_users_size_is_reported_with_its_entries() -> None:
    given = tenancy(sizes=SIZES)
    assert describe_size(given, "alice", ["ocean", "data"]) == (
        "alice has servers with 4 CPUs and 1.5 GB unless the profile sets them, and a home of 50 GB or more, by "
        "sizes.users.alice and sizes.groups.data and sizes.groups.ocean"
    )
    assert describe_size(given, "bob", []) == (
        "bob has servers with 2 CPUs and 4 GB unless the profile sets them, and a home of 10 GB or more, by the keys "
        "of all users"
    )
