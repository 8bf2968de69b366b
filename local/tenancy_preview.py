"""``make preview STACK=vis``: the preview that CI makes, also on a machine without the official CLI and its plugins.

With the official CLI on PATH this is ``python -m ci preview``. Without it the stand-ins run the same program on an
empty back-end: what a first deployment of the stack file would make, its policies and its warnings. No cluster, no
directory and no DNS is asked, and nothing outside a temporary folder is written but the summary.
"""

import argparse
import contextlib
import os
import runpy
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from rich.console import Console

from ci.__main__ import main as ci
from ci.official import missing_programs, notes_on
from ci.run import policies_of, preview
from ci.tell import tell
from components.problems import InvalidTenancy
from components.stack_file import PASSWORD_KEY, read_stack, stack_path
from local.charts.assemble import assemble
from local.failure import Failure
from local.paths import PROJECT, State
from local.plugins.choose import prepared

SWITCHES = {"PANGEO_DNS_CHECK": "warn", "PANGEO_CLUSTER_CHECK": "warn"}
STAND_INS = (
    "Made without the official CLI, by the stand-ins below local/, on an empty back-end: everything is shown as new, "
    "whatever is deployed"
)
ENCRYPTED = "Left out, for they are encrypted with a passphrase that this preview does not ask for: {keys}"


@contextlib.contextmanager
def stand_in_stack(name: str, state: State, folder: Path) -> Iterator[tuple[automation.Stack, list[str]]]:
    """The stack ``name`` of the repository in a workspace and a back-end below ``folder``, and notes about it.

    Raises:
        Failure: the engine is not built.
        InvalidTenancy: the stack file says something wrong.
    """
    read_stack(stack_path(name, PROJECT / "stacks"), source=f"stacks/Pulumi.{name}.yaml")
    if not (state.bin / "pulumi").exists():
        raise Failure(f"there is neither the official Pulumi CLI nor {state.bin / 'pulumi'}", way_on="run make tools")
    workspace = folder / "workspace"
    (workspace / "stacks").mkdir(parents=True)
    (folder / "backend").mkdir()
    for linked in ("Pulumi.yaml", "__main__.py", "components"):
        (workspace / linked).symlink_to(PROJECT / linked)
    (workspace / "chart").symlink_to(assemble(state))
    opened, left_out = without_secrets(stack_path(name, PROJECT / "stacks").read_text(encoding="utf-8"))
    (workspace / "stacks" / f"Pulumi.{name}.yaml").write_text(opened)
    environment = _environment(state, folder)
    notes = [STAND_INS, *([ENCRYPTED.format(keys=", ".join(left_out))] if left_out else []), *notes_on(environment)]
    with _variables(environment):
        yield (
            automation.create_stack(
                name,
                project_name="pangeo",
                program=lambda: _program(workspace),
                opts=automation.LocalWorkspaceOptions(
                    work_dir=str(workspace),
                    env_vars=environment,
                    pulumi_command=automation.PulumiCommand(root=str(state.root)),
                ),
            ),
            notes,
        )


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make preview STACK=…", description="Preview a tenancy as CI does.")
    parser.add_argument("stack")
    parser.add_argument("--markdown", type=Path, help="a file for the Markdown summary; by default in the state folder")
    options = parser.parse_args(arguments)
    state = State()
    summary = options.markdown or state.root / "previews" / f"{options.stack}.md"
    if not missing_programs():
        return ci(["preview", options.stack, "--markdown", str(summary)])
    try:
        with (
            tempfile.TemporaryDirectory(prefix="pangeo-preview-") as folder,
            stand_in_stack(options.stack, state, Path(folder)) as (stack, notes),
        ):
            found = preview(stack, policies=policies_of(PROJECT), notes=notes)
    except (Failure, InvalidTenancy) as failure:
        way_on = f"\n  way on  {failure.way_on}" if isinstance(failure, Failure) else ""
        Console(stderr=True).print(f"{failure}{way_on}", highlight=False, markup=False)
        return 1
    return tell(found, markdown_file=summary)


def _environment(state: State, folder: Path) -> dict[str, str]:
    home = folder / "home"
    launchers = prepared(folder / "path", home, Path(sys.executable), os.environ["PATH"])
    return {
        "PATH": os.pathsep.join([str(launchers), str(state.bin), os.environ["PATH"]]),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(32),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": str(PROJECT),
        # A cluster that this machine happens to know is not the stack's.
        "KUBECONFIG": "no-cluster",
        **SWITCHES,
    }


def _program(workspace: Path) -> None:
    with contextlib.chdir(workspace):
        runpy.run_path(str(workspace / "__main__.py"), run_name="__main__")


@contextlib.contextmanager
def _variables(environment: dict[str, str]) -> Iterator[None]:
    """An inline program runs in this process and sees its variables."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


if __name__ == "__main__":
    sys.exit(main())
