"""The provider's configuration: the target cluster, and the treatment of objects that already exist."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.kubernetes.active_cluster import active_cluster, existing_path, parse_kubeconfig
from local.stand_ins.plugins.server import CheckFailures
from local.stand_ins.plugins.wire import UNKNOWN, Properties, plain

if TYPE_CHECKING:
    from components.cluster.kubeconfig import Kubeconfig

CONFIG_PREFIX = "kubernetes:config:"
OPTIONS = {"clusterIdentifier", "context", "deleteUnreachable", "kubeconfig", "upsertExistingObjects", "version"}
IDENTIFIER = "clusterIdentifier"
CLUSTER_KEYS = ("kubeconfig", "context", "cluster")
"""Inputs that decide which cluster is active."""

DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"


@dataclass(frozen=True)
class ProviderConfig:
    """The configuration in use. Without a kubeconfig the default one is used."""

    given_kubeconfig: str | None = None
    context: str | None = None
    upsert_existing_objects: bool = False
    delete_unreachable: bool = False

    def kubeconfig(self) -> "Kubeconfig":
        """Return the given kubeconfig, or find the one of this machine.

        Raises:
            CannotAsk: there is none.
        """
        from components.cluster.kubeconfig import Kubeconfig, find_default_kubeconfig

        given, context = self.given_kubeconfig, self.context or None
        if not given:
            return find_default_kubeconfig(context, os.environ)
        path = existing_path(given)
        return Kubeconfig(text=None if path else given, path=path, context=context)


def from_variables(variables: Mapping[str, str]) -> ProviderConfig:
    """Read the variables of a Configure request, in which booleans are texts."""
    given = {key.removeprefix(CONFIG_PREFIX): value for key, value in variables.items()}
    return ProviderConfig(
        given.get("kubeconfig"),
        given.get("context"),
        upsert_existing_objects=given.get("upsertExistingObjects") == "true",
        delete_unreachable=given.get("deleteUnreachable", os.environ.get(DELETE_UNREACHABLE)) == "true",
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

    A changed ``clusterIdentifier`` is another cluster, and an unchanged one is the same: it prevents every replacement.
    Otherwise the active cluster's whole entry decides, if both configurations contain one. Source: ``DiffConfig`` in
    pulumi-kubernetes, provider/pkg/provider/provider.go.

    Raises:
        OperationFailed: one of the two inputs ``kubeconfig`` cannot be parsed.
    """
    old, new = _without_nulls(olds), _without_nulls(news)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if not keys:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    both = old.keys() & new.keys()
    replaces = [IDENTIFIER] if IDENTIFIER in both and IDENTIFIER in keys else []
    is_same_cluster = IDENTIFIER in both and not replaces
    unknown = next((key for key in CLUSTER_KEYS if new.get(key) is UNKNOWN), None)
    if unknown:
        keys = [unknown]
        replaces.append(unknown)
    else:
        clusters = [active_cluster(parse_kubeconfig(each.get("kubeconfig")), each) for each in (old, new)]
        if None not in clusters and clusters[0] != clusters[1]:
            replaces += [key for key in CLUSTER_KEYS if key in keys]
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME, diffs=keys, replaces=[] if is_same_cluster else replaces
    )


def _without_nulls(properties: Properties) -> Properties:
    return {key: value for key, value in plain(properties).items() if value is not None}
