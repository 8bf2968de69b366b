"""The groups of users in the hub's database."""

from collections.abc import Mapping
from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]


def groups_by_user(database: Any) -> Mapping[str, tuple[str, ...]]:  # noqa: ANN401 - SQLAlchemy's session
    """Return the sorted names of the groups of each user who has some.

    One request to the database: one for each user would keep the event loop busy.
    """
    found: dict[str, list[str]] = {}
    for user, group in database.query(orm.User.name, orm.Group.name).join(orm.User.groups):
        found.setdefault(user, []).append(group)
    return {user: tuple(sorted(groups)) for user, groups in found.items()}
