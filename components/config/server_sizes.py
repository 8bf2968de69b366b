"""The sizes of notebook servers that users can choose, and the pools on which each runs. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from components.config.placement import pools_of_notebooks
from components.config.pools import Pool
from components.config.schema import Location
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class ServerSize:
    """The size of a notebook server."""

    label: str
    """The choice's name on the page that starts a server; empty if there are no choices."""
    place: Location
    """The section of the stack file that chooses it; empty for the tenancy itself."""
    cpus: float
    ram_gb: float
    gpus: int
    pools: tuple[Pool, ...]
    """The pools on which the server can run; empty if the stack file describes no nodes."""
    is_default: bool
    """Whether it is preselected."""

    def runs_on(self, pool: Pool) -> bool:
        """Return whether such servers can run on a pool, and need no more than a whole node of it."""
        has_room = self.cpus <= pool.cpus and self.ram_gb <= pool.ram_gb and self.gpus <= pool.gpus
        return pool in self.pools and has_room


def server_sizes(tenancy: Tenancy) -> tuple[ServerSize, ...]:
    """Return every size that users can choose: of each profile, or the only one if there are no profiles."""
    return tuple(_sizes(tenancy))


def default_size(tenancy: Tenancy, pool: Pool) -> ServerSize:
    """Return a size of servers that run on a pool: the preselected one, or else the first."""
    sizes = server_sizes(tenancy)
    on_pool = [size for size in sizes if size.runs_on(pool)] or list(sizes)
    return next((size for size in on_pool if size.is_default), on_pool[0])


def _sizes(tenancy: Tenancy) -> Iterator[ServerSize]:
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    profiles = tenancy.notebook.profiles
    if not profiles:
        cpus, ram_gb = tenancy.notebook_cpus, tenancy.notebook_ram_gb
        yield ServerSize("", (), cpus, ram_gb, 0, pools_of_notebooks(kinds), is_default=True)
    preselected = next((profile for profile in profiles if profile.default), profiles[0] if profiles else None)
    for number, profile in enumerate(profiles):
        place: Location = ("notebook", "profiles", number)
        sizes = profile.own_sizes(tenancy.notebook_cpus, tenancy.notebook_ram_gb)
        first = next((index for index, (size, _, _) in enumerate(sizes) if size and size.default), 0)
        for index, (size, cpus, ram_gb) in enumerate(sizes):
            yield ServerSize(
                f"{profile.name}, {size.name}" if size else profile.name,
                (*place, "sizes", index) if size else place,
                cpus,
                ram_gb,
                gpus := profile.gpus_of(size),
                pools_of_notebooks(kinds, profile.pool, gpus=gpus > 0),
                is_default=profile is preselected and index == first,
            )
