"""A program of a test's own that declares ``PangeoCluster``: real engine, API server and directory; a tiny chart."""

import contextlib
import runpy
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.chart.crds import CrdSelection, packaged_crds, select_crds
from components.cluster.client import connected
from components.cluster.crds import installed_crds
from components.cluster.kubeconfig import Kubeconfig
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy
from tests.support.gateway_archives import put_gateway
from tests.support.tenancy_stack import TenancyStack


class Program(TenancyStack):
    """A stack whose program is ``declare``; its folder, variables and servers are those of a whole tenancy's."""

    declare: Callable[[], None]

    def tenancy(self, cluster_name: str, **changes: Any) -> Tenancy:
        """The stack file's tenancy under another name, with these settings changed."""
        return read_config({**self._settings, "clusterName": cluster_name, **changes}, source="test")

    def provider(self) -> kubernetes.Provider:
        """The test's cluster by an explicit provider."""
        return kubernetes.Provider("cluster", kubeconfig=self.kubeconfig.read_text(), upsert_existing_objects=True)

    def in_cluster(self) -> pulumi.ResourceOptions:
        """Options that lead a component and its children to the test's cluster."""
        return pulumi.ResourceOptions(providers=[self.provider()])

    def bring(self, version: str, *crds: dict[str, Any]) -> None:
        """Let the chart depend on a gateway of that version with these CRDs."""
        put_gateway(self.folder / "chart", version, list(crds))

    def owned(self) -> CrdSelection:
        """What of the chart's CRDs is this stack's, in the cluster as it is."""
        with connected(Kubeconfig(text=None, path=self.kubeconfig, context=None), {}) as api:
            return select_crds(packaged_crds(self.folder / "chart"), installed_crds(api))

    def run_project(self) -> None:
        """The project's own program, as a whole tenancy runs it."""
        runpy.run_path("__main__.py", run_name="__main__")

    def _program(self) -> None:
        with contextlib.chdir(self.folder):
            self.declare()
