"""A deployed tenancy whose cluster is reached in other ways, with the data that must not change."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.home_claim import create_home, release_claim
from tests.support.kept_objects import kept_objects
from tests.support.tenancy_stack import TenancyStack


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
        """Deploy the stack, and create a user's home."""
        stack.up()
        create_home(api_server, name)
        release_claim(api_server, name)
        return cls(stack, api_server, directory, tools, name)

    def kept(self) -> dict[str, Any]:
        """Return the identities of everything that another address must neither delete nor create anew."""
        return kept_objects(self.api_server, self.tools, self.name)
