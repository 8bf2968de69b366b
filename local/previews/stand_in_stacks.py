"""The tenancies of this checkout for the stand-ins: on empty back-ends, without a cluster, a directory or the DNS.

Everything is below a folder that the caller takes away: a workspace with links to this checkout, stack files without
what is encrypted in them, and a back-end for each stack.
"""

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from ci.many import Opened
from ci.official import notes_on
from ci.run import policies_of
from components.config.stack_file import PASSWORD_KEY, read_stack, stack_path
from local.failure import Failure
from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import assemble
from local.stand_ins.plugins.choose import prepared, run_by_python
from local.tenancy.engine_variables import engine_variables
from previews import WarmProject, warm_project

SWITCHES = {"PANGEO_DNS_CHECK": "warn", "PANGEO_CLUSTER_CHECK": "warn"}
STAND_INS = (
    "Made without the official CLI, by the stand-ins below local/, on an empty back-end: everything is shown as new, "
    "whatever is deployed"
)
ENCRYPTED = "Left out, for they are encrypted with a passphrase that this preview does not ask for: {keys}"


@dataclass(frozen=True)
class Workspace:
    """Where the engine and the stand-ins run."""

    folder: Path
    """Holds ``Pulumi.yaml`` and the rest."""

    backends: Path
    environment: Mapping[str, str]
    """For the engine and the program, without a back-end."""

    python_plugins: Mapping[str, list[str]]
    """What Python runs for the plugins that this machine lacks, as :func:`previews.warm_project` forks them."""

    def put(self, name: str, text: str) -> dict[str, str]:
        """Put a stack's file here and make a back-end for it alone; the variable that leads to that."""
        (self.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
        backend = self.backends / name
        backend.mkdir(parents=True)
        return {"PULUMI_BACKEND_URL": backend.as_uri()}


def workspace(state: State, folder: Path) -> Workspace:
    """A workspace below ``folder``, with no stack in it.

    Raises:
        Failure: the engine is not built.
    """
    if not (state.bin / "pulumi").exists():
        raise Failure(f"there is neither the official Pulumi CLI nor {state.bin / 'pulumi'}", way_on="run make tools")
    project = folder / "workspace"
    (project / "stacks").mkdir(parents=True)
    for linked in ("Pulumi.yaml", "__main__.py", "components"):
        (project / linked).symlink_to(PROJECT / linked)
    (project / "chart").symlink_to(assemble(state))
    home, path = folder / "home", os.environ["PATH"]
    launchers = prepared(folder / "path", home, Path(sys.executable), path)
    environment = {
        **engine_variables(home, launchers, state.bin),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(32),
        # A cluster that this machine happens to know is not the stack's.
        "KUBECONFIG": "no-cluster",
        **SWITCHES,
    }
    return Workspace(project, folder / "backends", environment, run_by_python(home, path))


@contextmanager
def stand_in_stacks(state: State, folder: Path) -> Iterator[tuple[WarmProject, Callable[[str], Opened]]]:
    """The project of this checkout, ready, and what opens a stack of it; all below ``folder``.

    Raises:
        Failure: the engine is not built.
        CannotWarmUp: the process that forks the plugins did not come up.
    """
    there = workspace(state, folder)
    command = automation.PulumiCommand(root=str(state.root))
    policies = policies_of(PROJECT)
    with warm_project(
        there.folder, there.environment, command, there.python_plugins, policies and policies.pack
    ) as warm:

        def opened(name: str) -> Opened:
            text, notes = stack_without_secrets(name)
            return warm.new_stack(name, there.put(name, text)), notes

        yield warm, opened


def stack_without_secrets(name: str) -> tuple[str, list[str]]:
    """A stack's file as :func:`without_secrets` leaves it, and notes about its preview by stand-ins.

    Raises:
        InvalidTenancy: the stack file says something wrong.
    """
    path = stack_path(name, PROJECT / "stacks")
    read_stack(path, source=f"stacks/Pulumi.{name}.yaml")
    text, left_out = without_secrets(path.read_text(encoding="utf-8"))
    encrypted = [ENCRYPTED.format(keys=", ".join(left_out))] if left_out else []
    return text, [STAND_INS, *encrypted, *notes_on(SWITCHES)]


def without_secrets(text: str) -> tuple[str, list[str]]:
    """A stack file without its salt and without what is encrypted with it, and the keys that were taken out."""
    document: dict[str, Any] = yaml.safe_load(text)
    config: dict[str, Any] = document["config"]
    left_out = [key for key, value in config.items() if _is_encrypted(value) or key == f"pangeo:{PASSWORD_KEY}"]
    kept = {key: value for key, value in config.items() if key not in left_out}
    kubernetes = kept.get("pangeo:kubernetes")
    if isinstance(kubernetes, dict) and _is_encrypted(kubernetes.get("kubeconfig")):
        kept["pangeo:kubernetes"] = {key: value for key, value in kubernetes.items() if key != "kubeconfig"}
        left_out.append("pangeo:kubernetes.kubeconfig")
    return yaml.safe_dump({"config": kept}, sort_keys=False), left_out


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}
