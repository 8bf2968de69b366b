"""A deployed tenancy whose cluster is reached in other ways, with the data that must not change."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.kept_objects import kept_objects
from tests.support.tenancy_stack import TenancyStack

HOME = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim-alice, annotations: {notes: what alice wrote}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
"""


@dataclass
class Deployment:
    """A tenancy with a home; its cluster's kubeconfig can be replaced by another one."""

    stack: TenancyStack
    api_server: ApiServer
    directory: ThrowAwayDirectory
    tools: Path
    name: str

    @classmethod
    def deploy(
        cls, stack: TenancyStack, api_server: ApiServer, directory: ThrowAwayDirectory, tools: Path, name: str
    ) -> "Deployment":
        """Deploy the stack under this name, and create a user's home."""
        stack._settings["clusterName"] = name
        stack.write()
        stack.up()
        inside = ("--namespace", name)
        api_server.kubectl("apply", *inside, "--filename", "-", stdin=HOME)
        # The controller that would remove the claim's finalizer at its deletion does not run here.
        patch = '{"metadata": {"finalizers": null}}'
        api_server.kubectl("patch", "persistentvolumeclaim", "claim-alice", *inside, "--patch", patch)
        return cls(stack, api_server, directory, tools, name)

    def kept(self) -> dict[str, Any]:
        """Return the identities of everything that another address must neither delete nor create anew."""
        return kept_objects(self.api_server, self.tools, self.name)
