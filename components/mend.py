"""``python -m components.mend [STACK] [--yes]``: free a Helm release that a killed ``pulumi up`` left in the way.

Helm left it ``pending-*``, or was done and the engine, killed before it heard of that, does not know of the release.

Says what is the matter and what it would do, and does it only when told to: at the terminal or by ``--yes``. Users'
home volumes are no part of the release and are not touched. Exit code 1 where something is left to be done.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from components.deployed.api import connected
from components.deployed.errors import CannotAsk
from components.deployed.forgotten import explanation as forgotten
from components.deployed.forgotten import knows_release
from components.deployed.helm import HelmFailed, helm_for
from components.deployed.identity import identity_of
from components.deployed.kubeconfig import find_kubeconfig
from components.deployed.pending import Remedy, explanation, remedy_for
from components.problems import InvalidTenancy, Problem
from components.stack_file import STACKS, read_config, read_stack, stack_path, stacks
from components.stack_yaml import load
from components.tenancy import Tenancy

PULUMI_TIMEOUT_SECONDS = 60

Agree = Callable[[], bool]


def mend(stack: str, *, agree: Agree, environment: Mapping[str, str], say: Callable[[str], None]) -> bool:
    """Look at a stack's release, and free it if it is stuck and ``agree`` says so.

    Returns:
        Whether the release is free now.

    Raises:
        InvalidTenancy: the stack file is wrong.
        CannotAsk: the cluster cannot be asked.
        HelmFailed: helm failed.
    """
    tenancy = _tenancy(stack)
    kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
    with connected(kubeconfig, environment) as api:
        say(f"cluster: {identity_of(api)}")
    with helm_for(kubeconfig, environment) as helm:
        history = helm.history(tenancy.release, tenancy.namespace)
        remedy = remedy_for(tenancy.release, tenancy.namespace, history)
        name = f"{tenancy.namespace}/{tenancy.release}"
        if remedy is None and history and knows_release(stack_name(stack), environment) is False:
            latest = max(history)
            remedy = Remedy(tenancy.release, tenancy.namespace, stuck=latest, rollback_to=None)
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
        prog="python -m components.mend", description="Free a Helm release that a killed pulumi up left pending."
    )
    parser.add_argument("stack", nargs="?", help="a stack's name; may be left out where there is one")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    options = parser.parse_args(arguments)
    try:
        stack = options.stack or _only_stack()
        free = mend(stack, agree=lambda: options.yes or _asked(), environment=os.environ, say=_say)
    except (InvalidTenancy, CannotAsk, HelmFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0 if free else 1


def _tenancy(stack: str) -> Tenancy:
    path = stack_path(stack, STACKS)
    tenancy = read_stack(path)
    if not _is_cluster_encrypted(path):
        return tenancy
    return read_config(_decrypted(path), source=str(path), secret_keys=["pangeo:kubernetes"])


def _is_cluster_encrypted(path: Path) -> bool:
    document = load(path.read_text(encoding="utf-8"))
    config = document.get("config") if isinstance(document, dict) else None
    cluster = config.get("pangeo:kubernetes") if isinstance(config, dict) else None
    if not isinstance(cluster, dict):
        return False
    return "secure" in cluster or isinstance(cluster.get("kubeconfig"), dict)


def _decrypted(path: Path) -> dict[str, object]:
    """The stack's configuration by way of the Pulumi CLI, which alone can open what is encrypted."""
    words = ["pulumi", "config", "--json", "--show-secrets", "--non-interactive", "--stack", stack_name(str(path))]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PULUMI_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    if done is None or done.returncode != 0:
        said = "which cluster is meant is encrypted, and pulumi config --show-secrets failed; log in to its backend"
        raise InvalidTenancy(str(path), [Problem("", "", said)])
    return {key: entry["value"] for key, entry in json.loads(done.stdout).items() if "value" in entry}


def stack_name(stack: str) -> str:
    """A stack's name, also where its file is named: ``stacks/Pulumi.vis.yaml`` is ``vis``."""
    return stack_path(stack, STACKS).name.removeprefix("Pulumi.").removesuffix(".yaml")


def _only_stack() -> str:
    found = stacks(STACKS)
    if len(found) != 1:
        raise InvalidTenancy(str(STACKS), [Problem("", "", f"which stack? there are: {', '.join(found) or 'none'}")])
    return found[0]


def _asked() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
