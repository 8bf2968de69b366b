"""Names of the hub's groups: those of the user's FreeIPA groups. Pure.

The hub knows groups by name, so a group that was deleted and created again in FreeIPA is the same group of the hub.
"""

from collections.abc import Collection, Iterable, Iterator

from components.freeipa.names import (
    BUILT_IN_GROUPS,
    GROUP_NAME,
    GROUP_NAME_MAX_LENGTH,
    first_value,
    normal_dn,
    parent,
)


def hub_groups(names: Iterable[str], named: Collection[str] = ()) -> frozenset[str]:
    """Return the names of the hub's groups for groups of the directory: in lower case, as FreeIPA stores them.

    Left out are groups with names that FreeIPA does not allow, such as ones with spaces, and FreeIPA's own groups,
    which exist for other purposes (every user is in ``ipausers``).

    Args:
        names: the groups' names, as the directory spells them.
        named: names in lower case that the configuration uses; FreeIPA's own groups among them are not left out.
    """
    lower = {name.lower() for name in names if GROUP_NAME.fullmatch(name) and len(name) <= GROUP_NAME_MAX_LENGTH}
    return frozenset(lower - (BUILT_IN_GROUPS - set(named)))


def names_in(dns: Iterable[str], containers: Collection[str]) -> Iterator[str]:
    """Yield the names of those entries that are groups: ``memberOf`` also lists roles, permissions and rules."""
    wanted = set(map(normal_dn, containers))
    yield from (first_value(dn).strip() for dn in dns if normal_dn(parent(dn)) in wanted)
