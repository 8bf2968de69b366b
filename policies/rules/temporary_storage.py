"""Temporary storage of users' pods on their node's disk: limited for each, and within the organisation's bound."""

from collections.abc import Iterator
from typing import Any

from policies.kinds import RELEASE, gateway_values, hub_values
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import format_value, get


def _check_storage(release: Resource, context: Context) -> Iterator[str]:
    # They import pydantic, which loads at the same time as the program.
    from components.chart.temporary_storage import RESOURCE, format_storage, spill_variables
    from components.config.storage_requests import storage_of_notebooks, storage_of_schedulers, storage_of_workers

    tenancy, most_gb = context.tenancy, float(context.settings["mostGb"])
    server: Any = get(hub_values(release, context), "singleuser", "extraResource", default={})
    found = [
        (
            "notebook.temporaryStorageGb",
            storage_of_notebooks(tenancy).limit_gb,
            "singleuser.extraResource.limits",
            get(server, "limits", RESOURCE),
        )
    ]
    gateway = gateway_values(release, context)
    if gateway is not None and tenancy.dask.enabled:
        backend: Any = get(gateway, "gateway", "backend", default={})
        for component, storage in (
            ("scheduler", storage_of_schedulers(tenancy)),
            ("worker", storage_of_workers(tenancy)),
        ):
            place = (component, "extraContainerConfig", "resources", "limits")
            key = f"dask.{component}TemporaryStorageGb"
            path = f"dask-gateway.gateway.backend.{'.'.join(place)}"
            found.append((key, storage.limit_gb, path, get(backend, *place, RESOURCE)))
        for name, text in spill_variables(tenancy).items():
            value = get(backend, "environment", name)
            if value != text:
                yield (
                    f"dask-gateway.gateway.backend.environment.{name} is {format_value(value)}, not {text}: workers "
                    "would be evicted with all their data instead of keeping it in memory"
                )
    for key, limit_gb, path, limit in found:
        if limit is None:
            yield f"{path}.{RESOURCE} is not set: one pod could fill the disk of its node"
        elif limit != format_storage(limit_gb):
            expected = format_storage(limit_gb)
            yield f"{path}.{RESOURCE} is {format_value(limit)}; for pangeo:{key} it must be {expected}"
        if limit_gb > most_gb:
            yield f"pangeo:{key} is {limit_gb:g}, more than {most_gb:g}"


RULES = (
    Rule(
        "limited-temporary-storage",
        "What a notebook, a Dask scheduler or a Dask worker writes to its node's disk is limited, and what Dask moves "
        "out of memory stays below the limit",
        "A full disk of a node stops the pods of all users there, also those of other tenancies.",
        "Set pangeo:notebook.temporaryStorageGb, pangeo:dask.schedulerTemporaryStorageGb and "
        "pangeo:dask.workerTemporaryStorageGb; or raise this rule's setting mostGb.",
        "high",
        kinds=(RELEASE,),
        settings=(Setting("mostGb", "Most temporary storage of one pod in GB", NUMBER, 500),),
        check=_check_storage,
    ),
)
