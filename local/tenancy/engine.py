"""The real Pulumi engine on the stack ``local``: its workspace, its environment, up, preview, refresh and destroy.

The engine's Python language host cannot be had from a package registry, so this process is the language host
(an inline program of the Automation API) and runs the project's own ``__main__.py``.
"""

import contextlib
import json
import os
import secrets
import sys
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
from local.stand_ins.plugins.choose import prepare_launchers
from local.tenancy.credentials import password
from local.tenancy.engine_variables import engine_variables
from local.tenancy.pki import authority

STACK = "local"
CONTEXT = "local"
OPERATOR = "pangeo-operator"
"""The directory account the stack binds as, with FreeIPA's privilege Group Administrators."""

POLICIES: dict[str, Any] = {
    "policy_packs": [str(PROJECT / "policies")],
    "policy_pack_configs": [str(LOCAL / "tenancy" / "policies.json")],
}
"""The policy pack, and what this machine has that the pack cannot know: its registry and its storage class."""

SIGNS = {
    OpType.CREATE: "+",
    OpType.CREATE_REPLACEMENT: "+",
    OpType.UPDATE: "~",
    OpType.DELETE: "-",
    OpType.DELETE_REPLACED: "-",
    OpType.REPLACE: "±",
}


def prepare(state: State) -> automation.Stack:
    """Lay out the engine's workspace and select the stack, creating it the first time.

    The workspace is the project as an operator has it: the program by links, the chart with its dependencies, and
    the stack file of the repository with what only this machine knows (the directory's authority).
    """
    workspace = state.engine / "workspace"
    (workspace / "stacks").mkdir(parents=True, exist_ok=True)
    for name in ("Pulumi.yaml", "__main__.py", "components"):
        _link(workspace / name, PROJECT / name)
    _link(workspace / "chart", assemble(state))
    _write_stack_file(state, stack_path(STACK, workspace / STACKS))
    _drop_dead_locks(state)
    environment = engine_environment(state)
    return open_stack(
        STACK,
        workspace,
        variables=environment,
        create=True,
        inline=True,
        command=automation.PulumiCommand(root=str(state.root)),
    )


def engine_environment(state: State) -> dict[str, str]:
    """What the engine, its plugins and the program see. The bind password is here and so in no state at all."""
    home = _home(state)
    launchers = prepare_launchers(state.engine / "path", home, Path(sys.executable), os.environ["PATH"])
    return {
        **engine_variables(home, launchers, state.bin),
        "KUBECONFIG": str(state.kubeconfig),
        "FREEIPA_BIND_PASSWORD": password(state, "directory", OPERATOR),
        "PULUMI_BACKEND_URL": f"file://{_made(state.engine / 'backend')}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(state)),
    }


def up(state: State, report: Report) -> dict[str, Any]:
    """Bring the stack to what the program declares; return its outputs.

    Raises:
        Failure: the engine stopped; carries what it said and names its log.
    """
    with _operation(state, report, "up") as (stack, watch):
        refresh_interrupted(stack, watch["on_output"])
        done = reviewed_up(stack, **POLICIES, **watch)
    return {name: found.value for name, found in done.outputs.items()}


def reviewed_up(
    stack: automation.Stack,
    on_event: Callable[[EngineEvent], None],
    **options: Any,  # noqa: ANN401 - the Automation API's own options
) -> automation.UpResult:
    """``pulumi up`` as its command line does it: first a preview, so that a refused stack is not changed in part.

    Raises:
        CommandError: the engine stopped; if a policy was the reason, nothing was changed.
    """
    # What is no error, the up itself says again.
    stack.preview(**options, on_event=lambda event: on_event(event) if _is_error(event) else None)
    return stack.up(**options, on_event=on_event)


def refresh_interrupted(stack: automation.Stack, on_output: Callable[[str], object] | None = None) -> list[str]:
    """Ask what became of resources that a killed engine was changing or deleting; return them, by URN.

    The state has them as they were before: what a destroy had removed would be taken to be there still. What was being
    made is not among them: the state has none of it, so it is made again.
    """
    pending = (stack.export_stack().deployment or {}).get("pending_operations") or []
    unknown = [str(each["resource"]["urn"]) for each in pending if each["type"] != "creating"]
    if unknown:
        stack.refresh(on_output=on_output)
    return unknown


def preview(state: State, report: Report) -> dict[OpType, int]:
    """Show what ``up`` would change; return how many resources by kind of change.

    Raises:
        Failure: the engine stopped; carries what it said and names its log.
    """
    with _operation(state, report, "preview") as (stack, watch):
        return dict(stack.preview(**POLICIES, **watch).change_summary)


def destroy(state: State, report: Report) -> None:
    """Remove what the stack declares, except what it retains; users' home volumes are among that.

    Raises:
        Failure: the engine stopped; carries what it said and names its log.
    """
    with _operation(state, report, "destroy") as (stack, watch):
        stack.destroy(**watch)


def resources(state: State) -> list[tuple[str, str]]:
    """Type and id of every resource that the stack holds now."""
    deployment = prepare(state).export_stack().deployment or {}
    return [(found["type"], found.get("id", "")) for found in deployment.get("resources", [])]


def _write_stack_file(state: State, to: Path) -> None:
    committed = yaml.safe_load((stack_path(STACK, PROJECT / STACKS)).read_text())
    committed["config"]["pangeo:identity"]["caCertificate"] = authority(state, "tenancy").crt.read_text()
    committed["config"]["pangeo:kubernetes"] = {"context": CONTEXT}
    if to.is_file():
        # The engine keeps its encryption salt in this file.
        kept = yaml.safe_load(to.read_text())
        committed |= {key: value for key, value in kept.items() if key.startswith("encryption")}
    to.write_text(yaml.safe_dump(committed, sort_keys=False))


def _drop_dead_locks(state: State) -> None:
    """A killed engine leaves its lock behind, which guards nothing then, and maybe an empty file beside the state."""
    for file in (state.engine / "backend").rglob(".pulumi/stacks/**/*.attrs"):
        if not file.stat().st_size:
            # Killed in the middle of saving: the engine would say "failed to load checkpoint: EOF" for ever.
            file.unlink()
    for lock in (state.engine / "backend").rglob(f".pulumi/locks/**/{STACK}/*.json"):
        process = json.loads(lock.read_text()).get("pid")
        if not Path(f"/proc/{process}").exists():
            lock.unlink()


@contextlib.contextmanager
def _operation(state: State, report: Report, name: str) -> Iterator[tuple[automation.Stack, dict[str, Any]]]:
    """The stack and how to watch one operation on it: changes and messages on the terminal, all output in the log."""
    log = state.logs / "engine.log"
    _made(state.logs)
    errors: list[str] = []

    def write(text: str) -> None:
        with log.open("a") as out:
            out.write(text + "\n")

    def show(event: EngineEvent) -> None:
        said = _change(event) or _violation(event) or _message(event)
        if said:
            report.console.print(f"    {said}", highlight=False, markup=False)
        if said and said.startswith("error:"):
            errors.append(said)

    write(f"--- {name}")
    with report.step(f"pulumi {name}"):
        try:
            yield prepare(state), {"on_output": write, "on_event": show}
        except automation.errors.CommandError as error:
            raise Failure(
                f"the engine stopped during {name}" + ("" if errors else f": {error}"),
                way_on="mend what it names and run make up again: it goes on where it stopped",
                log=log,
            ) from error


def _is_error(event: EngineEvent) -> bool:
    said = _violation(event) or _message(event)
    return said is not None and said.startswith("error:")


def _change(event: EngineEvent) -> str | None:
    if event.res_outputs_event is None or event.res_outputs_event.metadata.op not in SIGNS:
        return None
    metadata = event.res_outputs_event.metadata
    return f"{SIGNS[metadata.op]} {metadata.type}  {metadata.urn.rsplit('::', 1)[-1]}"


def _violation(event: EngineEvent) -> str | None:
    policy = event.policy_event
    if policy is None:
        return None
    said = "error" if policy.enforcement_level == "mandatory" else "warning"
    return f"{said}: policy {policy.policy_name}: {policy.message.strip()}"


def _message(event: EngineEvent) -> str | None:
    diagnostic = event.diagnostic_event
    if diagnostic is None or diagnostic.severity not in ("warning", "error", "info#err"):
        return None
    said = diagnostic.message.strip()
    # That the stand-ins come from PATH is this folder's own doing.
    return None if not said or "from $PATH" in said else f"{diagnostic.severity}: {said}"


def _home(state: State) -> Path:
    """Pulumi's home in the state folder, with the plugins that this machine's own home has, so that those win."""
    home = _made(state.engine / "home")
    installed = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins"
    if installed.is_dir() and installed != home / "plugins":
        _link(home / "plugins", installed)
    return home


def _passphrase(state: State) -> Path:
    file = _made(state.engine) / "passphrase"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _link(at: Path, to: Path) -> None:
    if at.is_symlink() and at.readlink() == to:
        return
    at.unlink(missing_ok=True)
    at.symlink_to(to)
