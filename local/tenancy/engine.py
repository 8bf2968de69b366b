"""Operations of the Pulumi engine on the stack ``local``: up, preview, refresh and destroy.

No package registry has the engine's Python language host, so this process is the language host (an inline program of
the Automation API) and runs the project's own ``__main__.py``.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation.events import EngineEvent, OpType

from components.automation import open_stack
from components.config.stack_file import STACKS, stack_path
from local.failure import Failure
from local.paths import LOCAL, PROJECT, State
from local.progress import Report
from local.stand_ins.charts.assemble import assemble
from local.tenancy.engine_environment import engine_environment, link, used_plugins
from local.tenancy.engine_events import event_text, is_error
from local.tenancy.pki import authority

STACK = "local"
CONTEXT = "local"

POLICY_SETTINGS = LOCAL / "tenancy" / "policies.json"
"""Configuration of the policies for this machine: the image registry and the storage class."""

POLICIES: dict[str, Any] = {
    "policy_packs": [str(PROJECT / "policies")],
    "policy_pack_configs": [str(POLICY_SETTINGS)],
}
"""The policy pack with its configuration."""


def prepare_workspace(state: State) -> Path:
    """Prepare the folder in which the engine and the operator's commands run; return it.

    It is laid out like the project: links to the program and the policies, the chart with its dependencies, and the
    repository's stack file, completed with the CA certificate of the local directory.
    """
    workspace = state.engine / "workspace"
    (workspace / STACKS).mkdir(parents=True, exist_ok=True)
    for name in ("Pulumi.yaml", "__main__.py", "components", "policies"):
        link(workspace / name, PROJECT / name)
    # The official language host runs the program in the virtual environment that Pulumi.yaml names.
    link(workspace / ".venv", PROJECT / ".venv")
    link(workspace / STACKS / POLICY_SETTINGS.name, POLICY_SETTINGS)
    link(workspace / "chart", assemble(state))
    _write_stack_file(state, stack_path(STACK, workspace / STACKS))
    return workspace


def prepare(state: State) -> automation.Stack:
    """Prepare the engine's workspace and select the stack, which is created the first time."""
    workspace = prepare_workspace(state)
    _remove_stale_files(state)
    environment = engine_environment(state)
    return open_stack(
        STACK,
        workspace,
        variables=environment,
        create=True,
        inline=True,
        command=automation.PulumiCommand(root=str(state.root)),
    )


def up(state: State, report: Report) -> dict[str, Any]:
    """Change the stack to what the program declares; return its outputs.

    Raises:
        Failure: the engine stopped; contains its error and names its log.
    """
    _report_plugins(state, report)
    with _operation(state, report, "up") as (stack, watch):
        refresh_interrupted(stack, watch["on_output"])
        done = preview_and_up(stack, **POLICIES, **watch)
    return {name: found.value for name, found in done.outputs.items()}


def preview_and_up(
    stack: automation.Stack,
    on_event: Callable[[EngineEvent], None],
    **options: Any,  # noqa: ANN401 - the Automation API's own options
) -> automation.UpResult:
    """Run a preview and then ``up``, as the command line does, so that a refused stack is not changed in part.

    Raises:
        CommandError: the engine stopped; if a policy was the reason, nothing was changed.
    """
    # Only errors are shown here: the up repeats everything else.
    stack.preview(**options, on_event=lambda event: on_event(event) if is_error(event) else None)
    return stack.up(**options, on_event=on_event)


def refresh_interrupted(stack: automation.Stack, on_output: Callable[[str], object] | None = None) -> list[str]:
    """Refresh the stack if a killed engine left changes or deletions unfinished; return those resources' URNs.

    The state has these resources as they were before, even if they are gone by now. Resources that were being created
    are not among them: they are not in the state and are created again.
    """
    pending = (stack.export_stack().deployment or {}).get("pending_operations") or []
    unknown = [str(each["resource"]["urn"]) for each in pending if each["type"] != "creating"]
    if unknown:
        stack.refresh(on_output=on_output)
    return unknown


def preview(state: State, report: Report) -> dict[OpType, int]:
    """Show the changes that ``up`` would make; return the number of resources by kind of change.

    Raises:
        Failure: the engine stopped; contains its error and names its log.
    """
    _report_plugins(state, report)
    with _operation(state, report, "preview") as (stack, watch):
        return dict(stack.preview(**POLICIES, **watch).change_summary)


def destroy(state: State, report: Report) -> None:
    """Remove the stack's resources, except those that it retains, such as users' home volumes.

    Raises:
        Failure: the engine stopped; contains its error and names its log.
    """
    with _operation(state, report, "destroy") as (stack, watch):
        stack.destroy(**watch)


def resources(state: State) -> list[tuple[str, str]]:
    """Type and id of every resource in the stack's state."""
    deployment = prepare(state).export_stack().deployment or {}
    return [(found["type"], found.get("id", "")) for found in deployment.get("resources", [])]


def _report_plugins(state: State, report: Report) -> None:
    for plugin in used_plugins(state.bin):
        report.console.print(f"  {plugin}", highlight=False, markup=False)


def _write_stack_file(state: State, to: Path) -> None:
    committed = yaml.safe_load((stack_path(STACK, PROJECT / STACKS)).read_text())
    certificate = authority(state, "tenancy").crt.read_text()
    for section in ("pangeo:identity", "pangeo:backup"):
        committed["config"][section]["caCertificate"] = certificate
    committed["config"]["pangeo:kubernetes"] = {"context": CONTEXT}
    if to.is_file():
        # The engine stores its encryption salt in this file.
        kept = yaml.safe_load(to.read_text())
        committed |= {key: value for key, value in kept.items() if key.startswith("encryption")}
    # In one step: a command of make shell may be reading it.
    partial = to.with_suffix(f".{os.getpid()}")
    partial.write_text(yaml.safe_dump(committed, sort_keys=False))
    partial.replace(to)


def _remove_stale_files(state: State) -> None:
    """Remove the lock of an engine that no longer runs, and the empty file that a killed engine may leave."""
    for file in (state.engine / "backend").rglob(".pulumi/stacks/**/*.attrs"):
        if not file.stat().st_size:
            # Killed while saving: every later operation would fail with "failed to load checkpoint: EOF".
            file.unlink()
    for lock in (state.engine / "backend").rglob(f".pulumi/locks/**/{STACK}/*.json"):
        process = json.loads(lock.read_text()).get("pid")
        if not Path(f"/proc/{process}").exists():
            lock.unlink()


@contextlib.contextmanager
def _operation(state: State, report: Report, name: str) -> Iterator[tuple[automation.Stack, dict[str, Any]]]:
    """The stack and the callbacks of one operation: changes and messages go to the terminal, all output to the log."""
    log = state.logs / "engine.log"
    state.logs.mkdir(parents=True, exist_ok=True)
    errors: list[EngineEvent] = []

    def write(text: str) -> None:
        with log.open("a") as out:
            out.write(text + "\n")

    def show(event: EngineEvent) -> None:
        text = event_text(event)
        if text:
            report.console.print(f"    {text}", highlight=False, markup=False)
        if is_error(event):
            errors.append(event)

    write(f"--- {name}")
    with report.step(f"pulumi {name}"):
        try:
            yield prepare(state), {"on_output": write, "on_event": show}
        except automation.errors.CommandError as error:
            raise Failure(
                f"the engine stopped during {name}" + ("" if errors else f": {error}"),
                fix="fix the cause of the error and run make up again; it continues where it stopped",
                log=log,
            ) from error
