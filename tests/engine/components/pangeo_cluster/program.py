"""A test's own program that declares ``PangeoCluster``, with the real engine, API server and directory."""

import contextlib
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.automation import run_program
from components.chart.crds import CrdSelection, packaged_crds, select_crds
from components.cluster.client import connect_to_cluster
from components.cluster.crds import installed_crds
from components.cluster.kubeconfig import Kubeconfig
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy
from tests.support.gateway_archives import put_gateway
from tests.support.tenancy_stack import TenancyStack


class Program(TenancyStack):
    """A stack with the program ``declare``, and with the folder, variables and servers of a whole tenancy."""

    declare: Callable[[], None]

    def tenancy(self, cluster_name: str, **changes: Any) -> Tenancy:
        """Return the stack file's tenancy with another name and these changes."""
        return read_config({**self._settings, "clusterName": cluster_name, **changes}, source="test")

    def provider(self) -> kubernetes.Provider:
        """Declare an explicit provider of the test's cluster."""
        return kubernetes.Provider("cluster", kubeconfig=self.kubeconfig.read_text(), upsert_existing_objects=True)

    def in_cluster(self) -> pulumi.ResourceOptions:
        """Return options with the provider of the test's cluster."""
        return pulumi.ResourceOptions(providers=[self.provider()])

    def package_gateway(self, version: str, *crds: dict[str, Any]) -> None:
        """Make the chart depend on a gateway of this version with these CRDs."""
        put_gateway(self.folder / "chart", version, list(crds))

    def crd_selection(self) -> CrdSelection:
        """Return the CRDs of the chart that this stack declares in the cluster's current state."""
        with connect_to_cluster(Kubeconfig(text=None, path=self.kubeconfig, context=None), {}) as api:
            return select_crds(packaged_crds(self.folder / "chart"), installed_crds(api))

    def run_project(self) -> None:
        """Run the project's own program."""
        run_program(self.folder, {})

    def _program(self) -> None:
        with contextlib.chdir(self.folder):
            self.declare()
