"""The whole local tenancy: what ``make up``, ``down``, ``status`` and the others do, in order."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from components.freeipa.names import notebook_users_group
from local import cluster, directory, images
from local.failure import Failure
from local.host import etc_hosts, packages, requirements, supervisor
from local.host.commands import output
from local.host.stamps import digest, is_done, mark_done
from local.paths import State
from local.progress import Report
from local.stand_ins.charts.assemble import upstream_charts
from local.tenancy import engine, web
from local.tenancy.addresses import DIRECTORY_NAME
from local.tenancy.credentials import obtain
from local.tools import toolchain

NOTEBOOK_USERS = notebook_users_group(web.NAMESPACE)


def up(state: State, report: Report) -> None:
    """Everything, from nothing to a hub that answers; what is there already is left alone.

    Raises:
        Failure: with the way on; the next ``make up`` goes on where this one stopped.
    """
    requirements.check(state)
    packages.install(state, report)
    toolchain.install(state, report, toolchain.tenancy_tools())
    images.build(state, report)
    cluster.up(state, report)
    with ThreadPoolExecutor() as pool:
        loaded = pool.submit(images.load, state, report, str(cluster.CONTAINERD_SOCKET))
        answering = pool.submit(directory.up, state, report)
        loaded.result()
        answering.result()
    upstream = upstream_charts(os.environ)
    if upstream:
        images.tag_as_upstream(state, str(cluster.CONTAINERD_SOCKET), upstream)
    etc_hosts.add(web.DOMAIN)
    web.give_certificate(state)
    outputs = engine.up(state, report)
    with report.step("The hub answers"):
        web.wait_for_hub(state)
    _say_what_is_there(state, report, outputs)


def down(state: State, report: Report) -> None:
    """Stop every process and take everything off the machine that is not in the state folder.

    Raises:
        Failure: something is left; lists what.
    """
    with report.step("Directory: stop"):
        directory.down(state)
    cluster.down(state, report)
    supervisor.daemon_down(state)
    images.let_go(state)
    etc_hosts.remove()
    left = cluster.leftovers(state)
    if left:
        raise Failure("left behind:\n" + "\n".join(f"    {thing}" for thing in left), way_on="run make down again")
    report.console.print("nothing is left running; make up brings it all back", highlight=False)


def wipe(state: State, report: Report) -> None:
    """Stop, then forget the cluster, the directory, the stack and every volume. Tools and images stay."""
    down(state, report)
    with report.step("Forgetting the cluster, the directory, the stack and all volumes"):
        for folder in (state.node, state.directory, state.engine, state.volumes, state.pki):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (state.credentials, state.credentials.with_suffix(".lock")):
            file.unlink(missing_ok=True)


def status(state: State, report: Report) -> None:
    """One line a process, then whether the parts answer.

    Raises:
        Failure: something does not run or does not answer.
    """
    failing = []
    for process in supervisor.status(state):
        mark = "[green]✓[/]" if process.is_running else "[red]✗[/]"
        ends = f"  ended {process.exits.count}× by itself, last: {process.exits.last}" if process.exits.count else ""
        report.console.print(f"{mark} {process.name:26} {process.state:9} {process.description}{ends}", highlight=False)
        if not process.is_running:
            failing.append(process.name)
    checks: dict[str, Callable[[State], bool]] = {
        "node": cluster.is_ready,
        "directory": directory.is_ready,
        "hub": web.answers,
    }
    for name, answers in checks.items():
        fine = answers(state)
        mark = "[green]✓[/]" if fine else "[red]✗[/]"
        report.console.print(f"{mark} {name} {'answers' if fine else 'does not answer'}", highlight=False)
        if not fine:
            failing.append(name)
    if not cluster.enforces_policies():
        report.console.print("– network policies are not enforced: the kernel offers no queue", highlight=False)
    if failing:
        raise Failure(f"not well: {', '.join(failing)}", way_on="run make up", log=state.logs)


def preview(state: State, report: Report) -> None:
    """What the engine would change on the running tenancy."""
    _must_run(state)
    engine.preview(state, report)


def destroy(state: State, report: Report) -> None:
    """Remove what the stack declares, except what it retains."""
    _must_run(state)
    engine.destroy(state, report)
    kept = volumes(state)
    report.console.print(
        f"kept: the namespace {web.NAMESPACE}, the group {NOTEBOOK_USERS} and {len(kept)} volume claims "
        f"({', '.join(kept) or 'none'}); make up takes them up again",
        highlight=False,
    )


def grant(state: State, report: Report, user: str) -> None:
    """Let a directory user log in to the hub: a member of the stack's group from now on."""
    added = directory.grant(state, user, NOTEBOOK_USERS)
    report.console.print(f"{user} {'is now' if added else 'was already'} a member of {NOTEBOOK_USERS}", highlight=False)


def revoke(state: State, report: Report, user: str) -> None:
    """Take a directory user's right to log in."""
    removed = directory.revoke(state, user, NOTEBOOK_USERS)
    said = "is no member any more" if removed else "was no member"
    report.console.print(f"{user} {said} of {NOTEBOOK_USERS}", highlight=False)


def volumes(state: State) -> list[str]:
    """The volume claims in the hub's namespace."""
    found = output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "get", "pvc", "-n", web.NAMESPACE, "-o", "json"],
        timeout_seconds=30,
    )
    return [claim["metadata"]["name"] for claim in json.loads(found)["items"]]


def _must_run(state: State) -> None:
    if not cluster.is_ready(state):
        raise Failure("the local tenancy does not run", way_on="run make up")


def _say_what_is_there(state: State, report: Report, outputs: dict[str, object]) -> None:
    def say(line: str) -> None:
        report.console.print(line, highlight=False)

    group = outputs["notebookUsersGroup"]
    say(f"\n[bold]{web.url(state)}[/]  (answers on this machine only)")
    say(f"  may log in  admin, and the members of {group} in the directory {DIRECTORY_NAME}")
    say(f"  passwords   in {state.credentials}, which only root reads{_passwords_once(state)}")
    say(f"  authority   {state.pki / 'tenancy-ca.crt'}, to be trusted by the browser")
    say("  try         make grant USER=alice, then log in as alice")


def _passwords_once(state: State) -> str:
    users = obtain(state, "directory", directory.DEMO_USERS)
    made_from = digest(texts=users.values())
    if is_done(state, "passwords-shown", made_from):
        return ""
    mark_done(state, "passwords-shown", made_from)
    return "; shown this once:" + "".join(f"\n                {user:6} {word}" for user, word in users.items())
