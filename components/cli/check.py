"""``python -m components check [STACK…]``: check stack files without the engine, a cluster or secrets.

Without a name all files in ``stacks/`` are checked, also against each other. Exit code 1 on any error.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from components.config.capacity import capacity
from components.config.collisions import find_collisions
from components.config.problems import InvalidTenancy
from components.config.stack_file import STACKS, read_stack, stack_path, stacks
from components.config.tenancy import Tenancy
from components.preflight.dns import verify_domain


class Checked(NamedTuple):
    """What to print, and whether all is good."""

    lines: list[str]
    good: bool


def check(names: Sequence[str], folder: Path, *, ask_dns: bool, environment: Mapping[str, str]) -> Checked:
    """Check stacks one by one, then against each other.

    Args:
        names: stacks or paths; all of ``folder`` when empty.
        folder: where stack files are.
        ask_dns: whether to resolve the domains given.
        environment: for ``PANGEO_DNS_CHECK``.
    """
    chosen = list(dict.fromkeys(names)) or stacks(folder)
    if not chosen:
        return Checked([f"{folder}: there is no stack file Pulumi.<tenancy>.yaml"], good=False)
    lines: list[str] = []
    tenancies: dict[str, Tenancy] = {}
    for name in chosen:
        path = stack_path(name, folder)
        try:
            tenancy = read_stack(path)
            warning = verify_domain(tenancy, source=str(path), environment=environment) if ask_dns else None
        except InvalidTenancy as invalid:
            lines.append(str(invalid))
            continue
        tenancies[str(path)] = tenancy
        lines += _good(str(path), tenancy, warning)
    clashes = [str(clash) for clash in find_collisions(tenancies)]
    return Checked(lines + clashes, good=len(tenancies) == len(chosen) and not clashes)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m components check", description="Check stack files.")
    parser.add_argument("stack", nargs="*", help="a stack's name or file; all in stacks/ when none is named")
    parser.add_argument("--dns", action="store_true", help="also resolve each pangeoDomain, as a preview does")
    options = parser.parse_args(arguments)
    checked = check(options.stack, STACKS, ask_dns=options.dns, environment=os.environ)
    print("\n".join(checked.lines))
    return 0 if checked.good else 1


def _good(source: str, tenancy: Tenancy, dns_warning: str | None) -> Iterator[str]:
    room = capacity(tenancy)
    yield f"{source}: good. https://{tenancy.domain} for {tenancy.notebook_users_group}{f'; {room}' if room else ''}"
    for warning in (*((dns_warning,) if dns_warning else ()), *(room.warnings if room else ())):
        yield f"  warning: {warning}"


if __name__ == "__main__":
    sys.exit(main())
