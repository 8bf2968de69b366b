"""The provider's configuration: the target cluster, and the treatment of objects that already exist."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.server import CheckFailures
from local.stand_ins.plugins.wire import Properties, plain

if TYPE_CHECKING:
    from components.cluster.kubeconfig import Kubeconfig

CONFIG_PREFIX = "kubernetes:config:"
OPTIONS = {"clusterIdentifier", "context", "deleteUnreachable", "kubeconfig", "upsertExistingObjects", "version"}
DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"


@dataclass(frozen=True)
class ProviderConfig:
    """The configuration in use. Without a kubeconfig the default one is used."""

    given_kubeconfig: str | None = None
    context: str | None = None
    upsert_existing_objects: bool = False
    delete_unreachable: bool = False

    def kubeconfig(self) -> "Kubeconfig":
        """Find the kubeconfig.

        Raises:
            CannotAsk: there is none.
        """
        from components.cluster.kubeconfig import locate_kubeconfig

        return locate_kubeconfig(self.given_kubeconfig, self.context, os.environ)


def from_variables(variables: Mapping[str, str]) -> ProviderConfig:
    """Read the variables of a Configure request, in which booleans are texts."""
    given = {key.removeprefix(CONFIG_PREFIX): value for key, value in variables.items()}
    return ProviderConfig(
        given.get("kubeconfig"),
        given.get("context"),
        upsert_existing_objects=given.get("upsertExistingObjects") == "true",
        delete_unreachable=given.get("deleteUnreachable") == "true"
        or os.environ.get(DELETE_UNREACHABLE, "").lower() == "true",
    )


def check(news: Properties) -> CheckFailures:
    """Refuse the options that the stand-in does not implement."""
    return {
        key: "is not supported by the local stand-in for the kubernetes plugin; leave it out or install the official "
        "plugin"
        for key in news
        if key not in OPTIONS
    }


def compare(olds: Properties, news: Properties) -> provider_pb2.DiffResponse:
    """Compare two configurations. A replaced provider also replaces all its resources.

    An unchanged ``clusterIdentifier`` means the same cluster, and a changed one another cluster. Without it, the
    active cluster's entry in the kubeconfig decides: a new token or user does not change the cluster.
    """
    old, new = plain(olds), plain(news)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    identifiers = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    replaces = []
    if all(identifiers):
        replaces = [key for key in keys if key == "clusterIdentifier"]
    elif "kubeconfig" in keys and not _same_cluster(old, new):
        replaces = ["kubeconfig"]
    changes = provider_pb2.DiffResponse.DIFF_SOME if keys else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=changes, diffs=keys, replaces=replaces)


def _same_cluster(old: Properties, new: Properties) -> bool:
    from components.cluster.errors import CannotAsk
    from components.cluster.kubeconfig import locate_kubeconfig

    clusters = []
    for each in (old, new):
        kubeconfig = each.get("kubeconfig")
        if kubeconfig is not None and not isinstance(kubeconfig, str):
            return False  # unknown
        try:
            access = locate_kubeconfig(kubeconfig, each.get("context"), os.environ).access()
        except CannotAsk:
            return False
        clusters.append((access.server, access.authority, access.verify))
    return clusters[0] == clusters[1]
