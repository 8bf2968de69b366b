"""The sizes of notebook servers that users can choose, and the pools on which each runs. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from components.config.placement import pools_of_notebooks
from components.config.pools import Pool
from components.config.schema import Location
from components.config.storage_requests import storage_of_notebooks
from components.config.tenancy import Tenancy
from components.config.user_sizes import owned_sizes


@dataclass(frozen=True)
class ServerSize:
    """The size of a notebook server."""

    label: str
    """The choice's name on the page that starts a server, and its user or group; empty if there is only one size."""
    place: Location
    """The section of the stack file that chooses it; empty for the tenancy itself."""
    cpus: float
    ram_gb: float
    gpus: int
    pools: tuple[Pool, ...]
    """The pools on which the server can run; empty if the stack file describes no nodes."""
    is_default: bool
    """Whether it is preselected, and of users without a size of their own."""
    owner: str = ""
    """The user or group, for a sentence, if the size is not that of all users (``user_sizes``)."""
    is_combined: bool = False
    """Whether it needs more than one membership or entry."""
    storage_gb: float = 0.0
    """Temporary storage that is reserved for it."""

    @property
    def subject(self) -> str:
        """A server of this size, for a sentence."""
        if self.label == self.owner:
            return f"a notebook of {self.owner}" if self.owner else "a notebook"
        return f"the profile {self.label!r}"

    def runs_on(self, pool: Pool) -> bool:
        """Return whether such servers can run on a pool, and need no more than a whole node of it."""
        has_room = self.cpus <= pool.cpus and self.ram_gb <= pool.ram_gb and self.gpus <= pool.gpus
        return pool in self.pools and has_room


def server_sizes(tenancy: Tenancy) -> tuple[ServerSize, ...]:
    """Return every size that users can have: of each profile, or without profiles, for each user and group."""
    storage_gb = storage_of_notebooks(tenancy).request_gb
    return tuple(replace(size, storage_gb=storage_gb) for size in _sizes(tenancy))


def default_size(tenancy: Tenancy, pool: Pool) -> ServerSize:
    """Return a size of servers that run on a pool: the preselected one, or else the first."""
    sizes = server_sizes(tenancy)
    on_pool = [size for size in sizes if size.runs_on(pool)] or list(sizes)
    return next((size for size in on_pool if size.is_default), on_pool[0])


def _sizes(tenancy: Tenancy) -> Iterator[ServerSize]:
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    profiles, owned = tenancy.notebook.profiles, owned_sizes(tenancy)
    for own in () if profiles else owned:
        pools = pools_of_notebooks(kinds)
        yield ServerSize(
            own.owner, own.place, own.cpus, own.ram_gb, 0, pools, not own.owner, own.owner, own.is_combined
        )
    preselected = next((profile for profile in profiles if profile.default), profiles[0] if profiles else None)
    for number, profile in enumerate(profiles):
        place: Location = ("notebook", "profiles", number)
        found: set[tuple[int, float, float]] = set()
        for own in owned:
            sizes = profile.own_sizes(own.cpus, own.ram_gb)
            first = next((index for index, (size, _, _) in enumerate(sizes) if size and size.default), 0)
            for index, (size, cpus, ram_gb) in enumerate(sizes):
                # A profile or choice with CPUs and memory of its own has them for all users.
                if (index, cpus, ram_gb) in found:
                    continue
                found.add((index, cpus, ram_gb))
                yield ServerSize(
                    ", ".join(filter(None, (profile.name, size.name if size else "", own.owner))),
                    own.place or ((*place, "sizes", index) if size else place),
                    cpus,
                    ram_gb,
                    gpus := profile.gpus_of(size),
                    pools_of_notebooks(kinds, profile.pool, gpus=gpus > 0),
                    is_default=profile is preselected and index == first and not own.owner,
                    owner=own.owner,
                    is_combined=own.is_combined,
                )
