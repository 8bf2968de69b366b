"""The command ``terms``: who accepted which terms of use when, from the record on the hub's volume."""

import json
import os
from collections.abc import Callable, Mapping, Sequence

from components.chart.mounted_code import HUB_FOLDER
from components.cli.arguments import AsJson, Stack
from components.cli.output import print_json, print_rows
from components.cli.stack import open_stack
from components.cli.terminal import errors_reported
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.pod_command import run_in_deployment
from components.config.tenancy import Tenancy
from components.config.types import format_count
from components.in_hub.acceptances import Acceptance

PROGRAM = ("env", f"PYTHONPATH={HUB_FOLDER}", "python3", "-m", "components.in_hub.acceptances")
"""The command in the hub's container that prints the record as JSON."""


def read_acceptances(
    tenancy: Tenancy, environment: Mapping[str, str], run: Callable[..., bytes] = run_in_deployment
) -> list[Acceptance]:
    """Return the record of the tenancy's hub, the oldest acceptance first.

    Raises:
        CannotAsk: the hub's pod did not give it.
    """
    kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
    printed = run(kubeconfig, environment, tenancy.namespace, "hub", PROGRAM)
    try:
        return [Acceptance(**each) for each in json.loads(printed)]
    except (ValueError, TypeError):
        message = f"{kubeconfig.name}: the hub's answer is not its record; run pulumi up with this version"
        raise CannotAsk(message) from None


def summarise(tenancy: Tenancy, found: Sequence[Acceptance]) -> str:
    """Return a sentence about the present version."""
    terms = tenancy.terms_of_use
    if terms is None:
        return "the stack file has no termsOfUse: nobody is asked"
    count = sum(each.version == terms.version for each in found)
    return f"version {terms.version}, which the stack file has: accepted by {format_count(count, 'account')}"


def terms(stack: Stack = None, as_json: AsJson = False) -> None:
    """List who accepted which version of the terms of use, and when.

    A record belongs to an account, by its ipaUniqueID: FreeIPA may give its user name to another person later.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        found = read_acceptances(opened.tenancy, os.environ)
    if as_json:
        keys = ("user", "version", "time", "account", "sha256")
        print_json([dict(zip(keys, _cells(each), strict=True)) for each in found])
        return
    print_rows(["user", "version", "accepted", "account"], [_cells(each)[:4] for each in found])
    print(f"{opened.name}: {summarise(opened.tenancy, found)}")


def _cells(each: Acceptance) -> list[str]:
    return [each.user, each.version, each.time, each.user_id, each.digest]
