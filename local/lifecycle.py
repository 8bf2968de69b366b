"""The commands on the local tenancy, each a target of the Makefile."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial

from components.freeipa.names import notebook_users_group
from local import cluster, directory, images, object_store
from local.failure import Failure
from local.host import etc_hosts, packages, requirements, supervisor
from local.host.commands import output
from local.host.stamps import digest, is_done, mark_done
from local.paths import State
from local.progress import Report
from local.shell import open_shell
from local.stand_ins.charts.assemble import upstream_charts
from local.tasks import Task, run_tasks
from local.tenancy import engine, verification, web
from local.tenancy.addresses import DIRECTORY_NAME, INGRESS_ADDRESS, NODE_ADDRESS, OBJECT_STORE_NAME
from local.tenancy.credentials import obtain
from local.tools import toolchain

NOTEBOOK_USERS = notebook_users_group(web.NAMESPACE)
CONTAINERD = str(cluster.CONTAINERD_SOCKET)


def up(state: State, report: Report) -> None:
    """Build and start everything that is missing, until the hub answers. Independent parts run at the same time.

    Raises:
        Failure: a part failed; the next ``make up`` continues where this one stopped.
    """
    requirements.check(state)
    cluster.refuse_other_clusters(state)
    _add_names()
    run_tasks(
        report,
        {
            "Debian packages": Task(partial(packages.install, state, report)),
            "Go tools": Task(partial(toolchain.install, state, report, toolchain.tenancy_tools())),
            "images": Task(partial(images.build, state, report), after=("Debian packages",)),
            "control plane": Task(
                partial(cluster.start_control_plane, state, report), after=("Debian packages", "Go tools")
            ),
            "node": Task(partial(cluster.start_node, state, report), after=("control plane",)),
            # Both listen on the pod network's bridge, which the control plane makes.
            "directory": Task(partial(directory.up, state, report), after=("control plane",)),
            "object store": Task(partial(object_store.up, state, report), after=("control plane",)),
            "images on the node": Task(
                partial(images.load, state, report, CONTAINERD), after=("images", "control plane")
            ),
        },
    )
    upstream = upstream_charts(os.environ)
    if upstream:
        images.tag_as_upstream(state, CONTAINERD, upstream)
    # Before the first run there is no namespace; in later ones, the program checks that the Secret exists.
    object_store.apply_secret(state, web.NAMESPACE)
    outputs = engine.up(state, report)
    object_store.apply_secret(state, web.NAMESPACE)
    web.apply_certificate(state)
    with report.step("Waiting until the hub answers"):
        web.wait_for_hub(state)
    _print_summary(state, report, outputs)


def install_tools(state: State, report: Report) -> None:
    """Install the Debian packages and all Go tools, also those that only tests use.

    Raises:
        Failure: a package cannot be installed or a tool cannot be built; names the log.
    """
    requirements.check(state)
    run_tasks(
        report,
        {
            "Debian packages": Task(partial(packages.install, state, report)),
            "Go tools": Task(partial(toolchain.install, state, report, toolchain.tools())),
        },
    )


def build_image(state: State, report: Report) -> None:
    """Build the images whose definition changed, and run the example notebooks of ``images/pangeo``.

    Raises:
        Failure: a package cannot be downloaded, a build step or a notebook failed; names the log.
    """
    requirements.check(state)
    packages.install(state, report)
    images.build(state, report)
    images.run_examples(state, report)


def down(state: State, report: Report) -> None:
    """Stop every process and remove everything outside the state folder.

    Raises:
        Failure: something could not be removed; lists it.
    """
    with report.step("Directory: stop"):
        directory.down(state)
    cluster.down(state, report)
    supervisor.daemon_down(state)
    images.clean_up(state)
    etc_hosts.remove()
    leftovers = cluster.leftovers(state)
    if leftovers:
        lines = "\n".join(f"    {line}" for line in leftovers)
        raise Failure(f"not removed:\n{lines}", fix="run make down again")
    report.console.print("everything is stopped; make up starts it again", highlight=False)


def wipe(state: State, report: Report) -> None:
    """Stop everything and delete the cluster, directory, stack, volumes and backups. Tools and images stay."""
    down(state, report)
    with report.step("Deleting the cluster, the directory, the stack, all volumes and all backups"):
        for folder in (state.node, state.directory, state.object_store, state.engine, state.volumes, state.pki):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (state.credentials, state.credentials.with_suffix(".lock")):
            file.unlink(missing_ok=True)


def status(state: State, report: Report) -> None:
    """Print each process and its state, then whether cluster, directory and hub answer.

    Raises:
        Failure: something does not run or does not answer.
    """
    failing = []
    for process in supervisor.status(state):
        mark = "[green]✓[/]" if process.is_running else "[red]✗[/]"
        ends = (
            f"  ended {process.exits.count}× by itself, the last time: {process.exits.last}"
            if process.exits.count
            else ""
        )
        report.console.print(f"{mark} {process.name:26} {process.state:9} {process.description}{ends}", highlight=False)
        if not process.is_running:
            failing.append(process.name)
    checks: dict[str, Callable[[State], bool]] = {
        "cluster": cluster.is_ready,
        "directory": directory.is_ready,
        "object store": object_store.is_ready,
        "hub": web.answers,
    }
    for name, check in checks.items():
        answers = check(state)
        mark = "[green]✓[/]" if answers else "[red]✗[/]"
        report.console.print(f"{mark} {name} {'answers' if answers else 'does not answer'}", highlight=False)
        if not answers:
            failing.append(name)
    if not cluster.enforces_policies():
        report.console.print("– network policies are not enforced: no packet queues (NFQUEUE)", highlight=False)
    if failing:
        raise Failure(f"not working: {', '.join(failing)}", fix="run make up", log=state.logs)


def preview(state: State, report: Report) -> None:
    """Show what the engine would change in the running tenancy."""
    _require_running(state)
    engine.preview(state, report)


def shell(state: State, command: Sequence[str]) -> None:
    """Open a shell on the running tenancy, or run one command in its environment. Ends this process."""
    _require_running(state)
    open_shell(state, command)


def verify(state: State, report: Report) -> None:
    """Verify the running tenancy: start a server, compute with Dask, and try what must be blocked.

    Raises:
        Failure: a check failed.
    """
    _require_running(state)
    report.console.print("\n… Verifying the tenancy as its users would notice: up to two minutes", highlight=False)
    verification.verify(state)


def destroy(state: State, report: Report) -> None:
    """Remove the stack's resources, except those that it retains."""
    _require_running(state)
    engine.destroy(state, report)
    claims = volume_claims(state)
    report.console.print(
        f"kept: the namespace {web.NAMESPACE}, the group {NOTEBOOK_USERS} and {len(claims)} volume claims "
        f"({', '.join(claims) or 'none'}); make up uses them again",
        highlight=False,
    )


def grant(state: State, report: Report, user: str) -> None:
    """Let a directory user log in to the hub, by making the user a member of the stack's group."""
    added = directory.grant(state, user, NOTEBOOK_USERS)
    report.console.print(f"{user} {'is now' if added else 'was already'} a member of {NOTEBOOK_USERS}", highlight=False)


def revoke(state: State, report: Report, user: str) -> None:
    """Take away a directory user's right to log in, by removing the user from the stack's group."""
    removed = directory.revoke(state, user, NOTEBOOK_USERS)
    change = "is no longer a member" if removed else "was not a member"
    report.console.print(f"{user} {change} of {NOTEBOOK_USERS}", highlight=False)


def volume_claims(state: State) -> list[str]:
    """Return the names of the volume claims in the hub's namespace."""
    found = output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "get", "pvc", "-n", web.NAMESPACE, "-o", "json"],
        timeout_seconds=30,
    )
    return [claim["metadata"]["name"] for claim in json.loads(found)["items"]]


def _add_names() -> None:
    etc_hosts.add({DIRECTORY_NAME: NODE_ADDRESS, OBJECT_STORE_NAME: NODE_ADDRESS, web.DOMAIN: INGRESS_ADDRESS})


def _require_running(state: State) -> None:
    if not cluster.is_ready(state):
        raise Failure("the local tenancy is not running", fix="run make up")


def _print_summary(state: State, report: Report, outputs: dict[str, object]) -> None:
    group = outputs["notebookUsersGroup"]
    lines = [
        f"\n[bold]{web.url(state)}[/]  (answers on this machine only)",
        f"  users       admin, and the members of {group} in the directory {DIRECTORY_NAME}",
        f"  passwords   in {state.credentials}, readable by root only{_passwords_once(state)}",
        f"  CA file     {state.pki / 'tenancy-ca.crt'}, for the browser to trust",
        "  next        run make grant USER=alice, then log in as alice",
        "  commands    make shell: kubectl, pulumi and python -m components … on this tenancy",
    ]
    report.console.print("\n".join(lines), highlight=False)


def _passwords_once(state: State) -> str:
    users = obtain(state, "directory", directory.DEMO_USERS)
    users_digest = digest(texts=users.values())
    if is_done(state, "passwords-shown", users_digest):
        return ""
    mark_done(state, "passwords-shown", users_digest)
    return "; shown only once:" + "".join(f"\n                {user:6} {password}" for user, password in users.items())
