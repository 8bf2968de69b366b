"""A stack of this checkout for a preview by the stand-ins, without a cluster, a directory or the DNS.

Everything is below a folder that the caller deletes: a workspace with links to this checkout, the stack file without
its encrypted values, Pulumi's home and an empty backend.
"""

import secrets
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from ci.preview.official_cli import switch_notes
from components.automation import open_stack
from components.config.problems import SECRET_KEYS
from components.config.stack_file import is_encrypted, read_stack, stack_path
from local.failure import Failure
from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import assemble
from local.tenancy.engine_environment import engine_variables, used_plugins

SWITCHES = {"PANGEO_DNS_CHECK": "warn", "PANGEO_CLUSTER_CHECK": "warn", "PANGEO_DIRECTORY_CHECK": "warn"}
"""Variables that turn failed pre-flight checks into warnings."""

EMPTY_BACKEND = (
    "Made without the stack's backend, with an empty one: all resources are shown as new, even if they are deployed"
)
ENCRYPTED = "Left out because they are encrypted and this preview has no passphrase: {keys}"


def stand_in_stack(name: str, state: State, folder: Path) -> tuple[automation.Stack, list[str]]:
    """Open the stack ``name`` of this checkout in a workspace and a backend below ``folder``.

    This process runs the program.

    Args:
        name: the stack.
        state: the state folder with the engine.
        folder: an empty folder.

    Returns:
        The stack, and notes for the reader about how it is previewed.

    Raises:
        Failure: the engine is not built.
        InvalidTenancy: the stack file is wrong.
    """
    path = stack_path(name, PROJECT / "stacks")
    read_stack(path, source=str(stack_path(name)))
    text, left_out = without_secrets(path.read_text(encoding="utf-8"))
    encrypted = [ENCRYPTED.format(keys=", ".join(left_out))] if left_out else []
    workspace = _workspace(state, folder)
    stack_path(name, workspace / "stacks").write_text(text)
    stack = open_stack(
        name,
        workspace,
        variables=_variables(state, folder),
        create=True,
        inline=True,
        command=automation.PulumiCommand(root=str(state.root)),
    )
    plugins = [str(plugin) for plugin in used_plugins(state.bin)]
    return stack, [EMPTY_BACKEND, *encrypted, *switch_notes(SWITCHES), *plugins]


def require_engine(state: State) -> None:
    """Check that the engine is built.

    Raises:
        Failure: it is not built.
    """
    if not (state.bin / "pulumi").exists():
        raise Failure(f"there is neither the official Pulumi CLI nor {state.bin / 'pulumi'}", fix="run make tools")


def _workspace(state: State, folder: Path) -> Path:
    require_engine(state)
    workspace = folder / "workspace"
    (workspace / "stacks").mkdir(parents=True)
    for linked in ("Pulumi.yaml", "__main__.py", "components"):
        (workspace / linked).symlink_to(PROJECT / linked)
    (workspace / "chart").symlink_to(assemble(state))
    return workspace


def _variables(state: State, folder: Path) -> dict[str, str]:
    backend = folder / "backend"
    backend.mkdir()
    return {
        **engine_variables(folder, state.bin),
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(32),
        # A cluster in this machine's kubeconfig is not the stack's cluster.
        "KUBECONFIG": "no-cluster",
        **SWITCHES,
    }


def without_secrets(text: str) -> tuple[str, list[str]]:
    """Return a stack file without its salt and its encrypted values, and the keys of the removed values."""
    document: dict[str, Any] = yaml.safe_load(text)
    config: dict[str, Any] = document["config"]
    left_out = [
        key for key, value in config.items() if is_encrypted(value) or key.removeprefix("pangeo:") in SECRET_KEYS
    ]
    kept = {key: value for key, value in config.items() if key not in left_out}
    kubernetes = kept.get("pangeo:kubernetes")
    if isinstance(kubernetes, dict) and is_encrypted(kubernetes.get("kubeconfig")):
        kept["pangeo:kubernetes"] = {key: value for key, value in kubernetes.items() if key != "kubeconfig"}
        left_out.append("pangeo:kubernetes.kubeconfig")
    return yaml.safe_dump({"config": kept}, sort_keys=False), left_out
