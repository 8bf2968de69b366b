"""The provider's own configuration: which cluster, and how to treat what is there already."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.stand_ins.plugins.kubernetes.kubeconfig import Kubeconfig, server_of
from local.stand_ins.plugins.wire import Properties, plain

CONFIG_PREFIX = "kubernetes:config:"

KNOWN = {"kubeconfig", "context", "namespace", "upsertExistingObjects", "deleteUnreachable"}
HARMLESS = {
    "version",
    "pluginDownloadURL",
    "enableServerSideApply",
    "enableConfigMapMutable",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
    "kubeClientSettings",
}
"""Options of the official plugin that change nothing for the objects and releases the stand-in knows."""


@dataclass(frozen=True)
class Options:
    """The configuration in use."""

    kubeconfig: Kubeconfig
    namespace: str | None
    upsert_existing_objects: bool
    delete_unreachable: bool

    @property
    def default_namespace(self) -> str:
        """The namespace of objects that name none: the provider's, or the kubeconfig context's."""
        return self.namespace or self.kubeconfig.namespace


def configured(variables: Mapping[str, str]) -> Options:
    """The options in a Configure request's variables; booleans come as text."""
    given = {key.removeprefix(CONFIG_PREFIX): value for key, value in variables.items()}
    return Options(
        kubeconfig=Kubeconfig(given.get("kubeconfig"), context=given.get("context")),
        namespace=given.get("namespace"),
        upsert_existing_objects=given.get("upsertExistingObjects") == "true",
        delete_unreachable=given.get("deleteUnreachable") == "true",
    )


def refused(news: Properties) -> dict[str, str]:
    """Options that would change what the stand-in does and that it does not know."""
    return {
        key: "is not known to the local stand-in for the kubernetes plugin; leave it out or install the official plugin"
        for key in news
        if key not in KNOWN | HARMLESS
    }


def changed(olds: Properties, news: Properties) -> tuple[list[str], list[str]]:
    """Which options changed, and which of those replace the provider and so every resource it made.

    Only a kubeconfig that leads to another API server, or may, does: a new token or user reaches the same objects.
    """
    old, new = plain(olds), plain(news)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return keys, [key for key in keys if key == "kubeconfig" and not _same_server(old, new)]


def _same_server(old: Properties, new: Properties) -> bool:
    servers = {
        server_of(each["kubeconfig"], each.get("context")) if isinstance(each.get("kubeconfig"), str) else None
        for each in (old, new)
    }
    return len(servers) == 1 and None not in servers
