"""The ingress controller before the hub, whose name decides which fix a failed check shows."""

from contextlib import suppress

from components.cli.verify.context import Context
from components.cluster.errors import CannotAsk
from components.preflight.ingress import read_ingress_classes


def find_ingress_controller(context: Context) -> str:
    """Return the name of the hub's ingress controller; empty where neither stack file nor cluster names it."""
    ingress = context.tenancy.ingress
    if ingress.controller:
        return ingress.controller
    with suppress(CannotAsk), context.cluster() as api:
        for each in read_ingress_classes(api):
            if each.name == ingress.class_name if ingress.class_name else each.is_default:
                return each.controller
    return ""
