"""The sizes of servers that users can have by the section ``sizes``, whichever groups they are in. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from components.config.schema import Location
from components.config.sizes import UserSize
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class OwnedSize:
    """CPUs and memory of the servers of a user or of a group's members, if their profile sets neither."""

    owner: str
    """The user or group, for a sentence; empty for all others."""
    place: Location
    """The entry in the stack file; empty for the tenancy's own size."""
    cpus: float
    ram_gb: float
    is_combined: bool = False
    """Whether it needs a membership in several groups, or in a group beside an entry of the user's own."""


def owned_sizes(tenancy: Tenancy) -> tuple[OwnedSize, ...]:
    """Return every size that users can have without a profile: the tenancy's first, each one once."""
    found: dict[tuple[float, float], OwnedSize] = {}
    for each in _sizes(tenancy):
        found.setdefault((each.cpus, each.ram_gb), each)
    return tuple(found.values())


def _sizes(tenancy: Tenancy) -> Iterator[OwnedSize]:
    groups, users = tenancy.sizes.groups, tenancy.sizes.users
    usual = tenancy.notebook_cpus, tenancy.notebook_ram_gb
    yield OwnedSize("", (), *usual)
    for kind, entries in (("groups", groups), ("users", users)):
        for name, size in entries.items():
            yield OwnedSize(f"{kind.removesuffix('s')} {name}", ("sizes", kind, name), *_complete(size, usual))
    largest = _largest(groups.values(), usual)
    yield OwnedSize("a member of several groups", ("sizes", "groups"), *largest, is_combined=True)
    for name, size in users.items():
        own = _complete(size, largest)
        yield OwnedSize(f"user {name} as a member of a group", ("sizes", "users", name), *own, is_combined=True)


def _complete(size: UserSize, usual: tuple[float, float]) -> tuple[float, float]:
    return size.cpus or usual[0], size.ram_gb or usual[1]


def _largest(sizes: Collection[UserSize], usual: tuple[float, float]) -> tuple[float, float]:
    """Return the largest CPUs and memory of the sizes that have them."""
    cpus = [each.cpus for each in sizes if each.cpus is not None]
    ram_gb = [each.ram_gb for each in sizes if each.ram_gb is not None]
    return max(cpus, default=usual[0]), max(ram_gb, default=usual[1])
