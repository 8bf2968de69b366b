"""The ``DestroyCheck`` resource: refuses a destroy or a refresh of another cluster than the deployed one.

**Do not move this module or rename its provider class.** Every stack's state contains a reference to both. Without an
import under the old name, no deployed stack could be refreshed or destroyed.

``pulumi destroy`` and ``pulumi refresh`` do not run the program, so the contract cannot refuse them. The Kubernetes
plugin uses the kubeconfig of the machine on which they run, which may lead to another cluster: a destroy would delete
objects of the same names there, and a refresh removes objects from the state that the other cluster does not have.

This resource depends on all others, so that a destroy deletes it first, and deletes nothing else if that fails. The
engine refreshes all resources at the same time and saves what it has read even if one fails. So a refresh can only be
reported, with the way back: it deletes nothing in a cluster.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components.cluster.client import Api, connect_to_cluster
from components.cluster.identity import ClusterId
from components.cluster.kubeconfig import SECTION_KEY, find_configured_kubeconfig
from components.destroy_check.target import Target, WrongTarget, verify_target
from components.dynamic_provider import ConfiguredProvider
from components.ownership.mark import Owner

STORED = ("cluster", "namespace", "owner")
"""Names of the properties in the stack's state."""

AFTER_REFRESH = (
    "The refresh has deleted nothing, but it may have removed objects from the stack's state that the other cluster "
    "does not have. With the right cluster, run pulumi up; if the name of the Helm release is then still in use, run "
    "python -m components repair --interrupted and pulumi up"
)
"""End of the message about a refresh."""

Props = dict[str, Any]


class DestroyCheckProvider(ConfiguredProvider):
    """Verifies the target at the start of a destroy and of a refresh; an ``up`` is checked by the contract."""

    config_key = SECTION_KEY

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Return an update if a stored value changes. The server's address is for messages and not compared."""
        return DiffResult(changes=_compared(olds) != _compared(news), replaces=[])

    def create(self, props: Props) -> CreateResult:
        """Store the properties."""
        return CreateResult(str(props["namespace"]), _stored(props))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Store the new properties."""
        return UpdateResult(_stored(news))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the stored properties, after verifying the target.

        Raises:
            WrongTarget: this refresh reads another cluster.
        """
        try:
            verify_target(_target(props), self._connect, os.environ)
        except WrongTarget as error:
            raise WrongTarget(f"{error}. {AFTER_REFRESH}") from None
        return ReadResult(id_, _stored(props), _stored(props))

    def delete(self, _id: str, props: Props) -> None:
        """Verify the target.

        Raises:
            WrongTarget: a destroy would delete objects of another cluster or of another deployment.
        """
        verify_target(_target(props), self._connect, os.environ)

    def _connect(self) -> AbstractContextManager[Api]:
        return connect_to_cluster(find_configured_kubeconfig(self._configured, os.environ), os.environ)


class DestroyCheck(Resource, module="tenancy", name="DestroyCheck"):
    """Check at the start of a destroy and of a refresh. It must depend on every other resource."""

    def __init__(
        self,
        resource_name: str,
        *,
        cluster: pulumi.Input[Mapping[str, str]],
        namespace: str,
        owner: pulumi.Input[Mapping[str, str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the check.

        Args:
            resource_name: the resource's name in the state.
            cluster: properties of the target cluster (:class:`ClusterId`).
            namespace: name of the tenancy's namespace.
            owner: ``stack`` and ``deployment`` of this deployment.
            opts: the resource's options.
        """
        props: Props = {"cluster": cluster, "namespace": namespace, "owner": owner}
        super().__init__(DestroyCheckProvider(), resource_name, props, opts)


def _stored(props: Props) -> Props:
    return {key: props[key] for key in STORED}


def _compared(props: Props) -> Props:
    cluster = props.get("cluster")
    uid = cluster.get("uid") if isinstance(cluster, Mapping) else cluster
    return {**{key: props.get(key) for key in ("namespace", "owner", "__provider")}, "uid": uid}


def _target(props: Props) -> Target:
    cluster, owner = ClusterId.from_props(props["cluster"]), props["owner"]
    return Target(cluster, str(props["namespace"]), Owner(owner["stack"], cluster.uid, owner["deployment"]))
