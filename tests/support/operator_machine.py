"""An operator's machine: a home with the kubeconfig, and a checkout, in folders of their own."""

from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.kubeconfigs import change_cluster
from tests.support.tenancy_stack import TenancyStack


def stack_on_machine(
    folder: Path,
    tools: Path,
    directory: ThrowAwayDirectory,
    api_server: ApiServer,
    of: TenancyStack | None = None,
    **settings: Any,
) -> TenancyStack:
    """Return a stack as opened on a machine whose folders are in ``folder``.

    Args:
        folder: the parent of the home and the checkout.
        tools: the folder of the programs.
        directory: the stack's directory server.
        api_server: the cluster.
        of: the stack to open; without it, a new one is created.
        settings: as of :class:`TenancyStack`.
    """
    home, checkout = folder / "home-of-operator", folder / "checkout"
    checkout.mkdir(parents=True)
    config = change_cluster(api_server.kubeconfig, home / ".kube" / "config")
    stack = TenancyStack(checkout, tools, directory, config, of=of, **settings)
    stack.environment.update({"HOME": str(home), "KUBECONFIG": ""})
    return stack
