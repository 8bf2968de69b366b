"""Two cores hold the servers of two people and what one test is about, and no third server."""

from pathlib import Path

from local.host.commands import output
from local.paths import State
from local.tenancy import web
from tests.support.person import Person

KUBECTL_SECONDS = 90


def admin(state: State) -> Person:
    """The tenancy's admin, logged in."""
    person = Person(state, "admin")
    assert person.log_in() == 200
    return person


def make_room(state: State) -> None:
    """Take off the node an admin's server that an earlier test left."""
    admin(state).stop_server()
    # After a restart of the node a server may run that the hub has given up.
    kubectl: list[str | Path] = [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "--namespace", web.NAMESPACE]
    output([*kubectl, "delete", "pod", "jupyter-admin", "--ignore-not-found"], timeout_seconds=KUBECTL_SECONDS)
