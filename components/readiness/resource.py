"""The ``HubReady`` resource: waits after each change of the Helm release until the hub is ready.

**Do not move this module, and do not rename its provider class**: every stack's state refers to both. After a move,
leave a module with the old path that imports the class.

The release itself is declared with ``skipAwait``, because Helm waits without a word, and until its time-out even if
waiting cannot help. A wait that fails leaves the release as it is; the next ``up`` waits again.
"""

import os
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components.cluster.kubeconfig import SECTION_KEY, find_configured_kubeconfig
from components.dynamic_provider import ConfiguredProvider, is_unknown, report

Props = dict[str, Any]

COMPARED = ("release", "namespace", "revision")
"""The properties whose change begins another wait."""

INPUTS = (*COMPARED, "limitSeconds")


class HubReadyProvider(ConfiguredProvider):
    """Reads from the cluster in ``create`` and ``update``; changes nothing outside of the state."""

    config_key = SECTION_KEY

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Return an update if the release has another revision, or will have one. Makes no connection."""
        changes = any(is_unknown(news.get(key)) or olds.get(key) != news.get(key) for key in (*COMPARED, "__provider"))
        return DiffResult(changes=changes, replaces=[])

    def create(self, props: Props) -> CreateResult:
        """Wait for the hub."""
        self._wait(props)
        return CreateResult(f"{props['namespace']}/{props['release']}", _stored(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Wait for the hub."""
        self._wait(news)
        return UpdateResult(_stored(news))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the stored properties: the resource is an event in the past."""
        return ReadResult(id_, _stored(props), _stored(props))

    def delete(self, _id: str, props: Props) -> None:
        """Do nothing."""

    def _wait(self, props: Props) -> None:
        from components.cluster.client import connect_to_cluster
        from components.readiness.observe import observe
        from components.readiness.wait import Wait

        kubeconfig = find_configured_kubeconfig(self._configured, os.environ)
        with connect_to_cluster(kubeconfig, os.environ) as api:
            wait = Wait(lambda: observe(api, str(props["release"]), str(props["namespace"])), report)
            wait.until_ready(float(props["limitSeconds"]))


class HubReady(Resource, module="tenancy", name="HubReady"):
    """The hub, ready in the release's current revision. What needs the hub depends on it."""

    def __init__(
        self,
        resource_name: str,
        *,
        release: pulumi.Input[str],
        namespace: pulumi.Input[str],
        revision: pulumi.Input[float],
        limit_seconds: float,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the wait.

        Args:
            resource_name: the resource's name in the state.
            release: the Helm release.
            namespace: its namespace.
            revision: its revision after this deployment. Unknown in a preview in which the release changes.
            limit_seconds: how long to wait.
            opts: the resource's options.
        """
        props = {"release": release, "namespace": namespace, "revision": revision, "limitSeconds": limit_seconds}
        super().__init__(HubReadyProvider(), resource_name, props, opts)


def _stored(props: Props) -> Props:
    return {key: props[key] for key in INPUTS}
