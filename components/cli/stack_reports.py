"""``check`` and ``capacity`` as data: what is wrong with stack files, what room tenancies have. Asks no cluster."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.config.capacity import capacity
from components.config.collisions import find_collisions
from components.config.problems import InvalidTenancy, Problem
from components.config.stack_file import read_stack, stack_path, stacks
from components.config.tenancy import Tenancy
from components.preflight.dns import verify_domain


def checked(
    names: Sequence[str], folder: Path, *, ask_dns: bool, environment: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What ``components.cli.check`` says, for machines: an object for each stack.

    Args:
        names: stacks or paths; all of ``folder`` when empty.
        folder: where stack files are.
        ask_dns: whether to resolve the domains given.
        environment: for ``PANGEO_DNS_CHECK``.
    """
    reports: dict[str, dict[str, Any]] = {}
    tenancies: dict[str, Tenancy] = {}
    for name in dict.fromkeys(names or stacks(folder)):
        path = stack_path(name, folder)
        report = reports[str(path)] = {"stack": str(path), "problems": [], "warnings": []}
        try:
            tenancy = read_stack(path)
            warned = verify_domain(tenancy, source=str(path), environment=environment) if ask_dns else None
        except InvalidTenancy as invalid:
            report["problems"] = _problems(invalid)
            continue
        tenancies[str(path)] = tenancy
        room = capacity(tenancy)
        report |= {
            "url": f"https://{tenancy.domain}",
            "notebookUsersGroup": tenancy.notebook_users_group,
            "capacity": room.as_output() if room else None,
            "warnings": [*([warned] if warned else []), *(room.warnings if room else ())],
        }
    for clash in find_collisions(tenancies):
        reports[clash.source]["problems"] += _problems(clash)
    return [{**report, "good": not report["problems"]} for report in reports.values()]


def room(names: Sequence[str], folder: Path) -> tuple[list[dict[str, Any]], list[InvalidTenancy]]:
    """What fits each tenancy's workers, and what is wrong with the stack files that could not be read.

    Args:
        names: stacks or paths; all of ``folder`` when empty.
        folder: where stack files are.
    """
    found: list[dict[str, Any]] = []
    refused: list[InvalidTenancy] = []
    chosen = list(dict.fromkeys(names or stacks(folder)))
    if not chosen:
        refused.append(InvalidTenancy(str(folder), [Problem("", "", "there is no stack file Pulumi.<tenancy>.yaml")]))
    for name in chosen:
        try:
            tenancy = read_stack(stack_path(name, folder))
        except InvalidTenancy as invalid:
            refused.append(invalid)
            continue
        fits = capacity(tenancy)
        found.append(
            {
                "stack": name,
                "notebookCpus": tenancy.notebook_cpus,
                "notebookRamGb": tenancy.notebook_ram_gb,
                "notebookStorageGb": tenancy.notebook_storage_gb,
                "capacity": fits.as_output() if fits else None,
                "warnings": list(fits.warnings) if fits else [],
            }
        )
    return found, refused


def _problems(invalid: InvalidTenancy) -> list[dict[str, str]]:
    return [{"key": each.key, "value": each.value, "message": each.message} for each in invalid.problems]
