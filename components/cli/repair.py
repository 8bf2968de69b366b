"""``python -m components repair [STACK] [--yes]``: free a Helm release that a killed ``pulumi up`` left in the way.

Helm left it ``pending-*``, or was done and the engine, killed before it heard of that, does not know of the release.

Says what is the matter and what it would do, and does it only when told to: at the terminal or by ``--yes``. Users'
home volumes are no part of the release and are not touched. Exit code 1 where something is left to be done.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from components.cli.stack import OpenedStack, opened
from components.cluster.client import connected
from components.cluster.errors import CannotAsk
from components.cluster.helm import HelmFailed, helm_for
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.orphaned_release import explanation as forgotten
from components.cluster.orphaned_release import knows_release
from components.cluster.releases import Repair, explanation, repair_for
from components.config.problems import InvalidTenancy

Agree = Callable[[], bool]


def mend(stack: OpenedStack, *, agree: Agree, environment: Mapping[str, str], say: Callable[[str], None]) -> bool:
    """Look at a stack's release, and free it if it is stuck and ``agree`` says so.

    Returns:
        Whether the release is free now.

    Raises:
        CannotAsk: the cluster cannot be asked.
        HelmFailed: helm failed.
    """
    tenancy = stack.tenancy
    kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
    with connected(kubeconfig, environment) as api:
        say(f"cluster: {read_cluster_id(api)}")
    with helm_for(kubeconfig, environment) as helm:
        history = helm.history(tenancy.release, tenancy.namespace)
        remedy = repair_for(tenancy.release, tenancy.namespace, history)
        name = f"{tenancy.namespace}/{tenancy.release}"
        if remedy is None and history and knows_release(stack.name, environment) is False:
            latest = max(history)
            remedy = Repair(tenancy.release, tenancy.namespace, stuck=latest, rollback_to=None)
            say(forgotten(remedy.release, remedy.namespace, latest.status))
            say(
                f"to do: helm uninstall {remedy.release}; the next pulumi up installs it anew. "
                "Users' home volumes stay as they are"
            )
        elif remedy is None:
            state = f"is {max(history).status} (revision {max(history).number})" if history else "is not installed"
            say(f"the Helm release {name} {state}: nothing is stuck, and pulumi up can go on")
            return True
        else:
            say(explanation(remedy.release, remedy.namespace, remedy.stuck))
            say(f"to do: {remedy.steps}. Users' home volumes stay as they are")
        if not agree():
            say("nothing was done; to have it done: --yes")
            return False
        helm.apply(remedy)
    say("done; now run pulumi up")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m components repair", description="Free a Helm release that a killed pulumi up left pending."
    )
    parser.add_argument("stack", nargs="?", help="a stack's name; may be left out where there is one")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    options = parser.parse_args(arguments)
    try:
        stack = opened(options.stack).with_cluster()
        free = mend(stack, agree=lambda: options.yes or _asked(), environment=os.environ, say=_say)
    except (InvalidTenancy, CannotAsk, HelmFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0 if free else 1


def _asked() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
