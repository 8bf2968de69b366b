"""The sizes of homes of single users and groups, which must not shrink under the same name. Pure, without pydantic."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the provider's process runs without pydantic
    from components.config.tenancy import Tenancy

HomeSizes = Mapping[str, Mapping[str, int]]
"""GB of homes by name, of ``groups`` and of ``users``."""


def home_sizes(tenancy: "Tenancy") -> dict[str, dict[str, int]]:
    """Return the sizes of homes in the section ``sizes``. Plain data, kept in the stack's state."""
    found = {
        kind: {name: size.storage_gb for name, size in entries.items() if size.storage_gb is not None}
        for kind, entries in (("groups", tenancy.sizes.groups), ("users", tenancy.sizes.users))
    }
    return {kind: entries for kind, entries in found.items() if entries}


def home_size_changes(deployed: HomeSizes, wanted: HomeSizes) -> Iterator[str]:
    """Yield a message for each size that was lowered. A size may be removed: homes keep the size that they have."""
    for kind in sorted(deployed.keys() & wanted.keys()):
        for name in sorted(deployed[kind].keys() & wanted[kind].keys()):
            before, after = int(deployed[kind][name]), int(wanted[kind][name])
            if after < before:
                yield (
                    f"sizes.{kind}.{name}.storageGb: {before} → {after} is not possible: existing homes do not shrink; "
                    "set it back, or remove the key, after which new homes have the size of other users"
                )
