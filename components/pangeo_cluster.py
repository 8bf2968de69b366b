"""The Pulumi component of one tenancy's hub: namespace, storage class, group, secrets, Helm release and Ingress."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pulumi

from components.chart.archives import CHART
from components.chart.crds import Crd
from components.chart.digest import chart_digest
from components.chart.secrets import SECRET_DIGITS, HubSecrets, secret_manifest, secrets_digest
from components.chart.values import chart_values
from components.config.tenancy import Tenancy
from components.freeipa.group_resource import FreeIpaGroup
from components.freeipa.names import notebook_users_description
from components.ownership.field_manager import FORCE_ANNOTATION
from components.ownership.mark import ANNOTATION
from components.readiness.resource import HubReady
from components.resources.ingress import https_redirect, hub_ingress
from components.resources.kubernetes import HelmRelease, KubernetesObject, annotated
from components.resources.monitoring import NAME as MONITORING_NAME
from components.resources.monitoring import monitoring_manifests
from components.resources.random import RandomHex
from components.resources.shared_folders import folder_manifests
from components.resources.tenancy_objects import namespace_manifest, storage_class_manifest

RELEASE_TIMEOUT_SECONDS = 1200
"""Time limit of the wait for a hub. The first one pulls images of several gigabytes."""

RELEASE_HISTORY = 10
"""Number of revisions to keep: Helm's default. The Pulumi provider's default is to keep all."""

TAKE_OVER = {FORCE_ANNOTATION: "true"}
"""Instruction to the Kubernetes provider: overwrite the mark, which another field manager has set.

An object that an earlier destroy kept, or that is adopted, still has the mark of its last owner.
"""


class PangeoCluster(pulumi.ComponentResource):
    """The hub of a tenancy, in an existing Kubernetes cluster and an existing FreeIPA directory.

    **Providers.** Kubernetes objects are created by the provider in ``opts.providers``, or else by the default
    provider. The provider needs ``upsert_existing_objects``: without it, objects retained by an earlier destroy make
    the next ``up`` fail. A program may declare several of these components: names in the cluster and in the directory
    are derived from ``tenancy.cluster_name``, names in the state from ``name``. Only CRDs are shared (``chart.crds``).

    **Retained objects.** The engine never deletes the namespace (and so users' home volumes and the hub's database),
    the storage class, shared folders or CRDs. ``Contract`` deletes all but CRDs at a destroy if ``tenancy.protect`` is
    false. A protected group is kept.

    **Aliases.** Do not change the name, type or parent of a child without giving it the old one as an alias, as long
    as a deployed stack may contain it. Without an alias, Pulumi deletes the child and creates a new one; deleting the
    namespace would delete users' volumes. When renaming the component itself, set ``opts.aliases``; it applies to all
    children.
    """

    url: pulumi.Output[str]
    """The address where users log in."""

    namespace: pulumi.Output[str]
    """The Kubernetes namespace of the hub."""

    notebook_users_group: pulumi.Output[str]
    """The FreeIPA group whose members may log in."""

    notebook_users_group_dn: pulumi.Output[str]
    """The DN of that group."""

    def __init__(
        self,
        name: str,
        tenancy: Tenancy,
        opts: pulumi.ResourceOptions | None = None,
        *,
        crds: Sequence[Crd] | None = None,
        mark: pulumi.Input[str] | None = None,
        ingress_controller: str | None = None,
        monitoring: Collection[str] = (),
        read_password: pulumi.Input[str] | None = None,
        report_wait: bool = True,
    ) -> None:
        """Declare all resources of the hub.

        Args:
            name: the component's name in the state.
            tenancy: the tenancy's configuration.
            opts: the component's options.
            crds: the CRDs to declare (``chart.crds.select_crds``). With None, Helm installs missing CRDs with the first
                revision of the release, and upgrades none.
            mark: text that marks everything the component creates (``Contract.mark``); None for no mark.
            ingress_controller: ``spec.controller`` of the ingress class that serves the hub
                (``preflight.ingress``); None for the one in the stack file.
            monitoring: kinds of the Prometheus Operator that the cluster has (``preflight.monitoring``).
            read_password: password of ``identity.membershipCheck.bindDn``; None without this section.
            report_wait: wait for the hub with progress and an early stop. This reads from the cluster of the stack's
                key ``pangeo:kubernetes``, of KUBECONFIG or of ``~/.kube/config``, so it must be false if the provider
                in ``opts`` has another cluster; Helm then waits, silently.

        Raises:
            NoRedirect: nothing would redirect the log-in page from ``http://`` to ``https://``.
        """
        redirect = https_redirect(tenancy, ingress_controller or tenancy.ingress.controller)
        super().__init__("pangeo:caas:PangeoCluster", name, tenancy.as_inputs(), opts)
        self._reports_wait = report_wait
        self._read_password = None if read_password is None else pulumi.Output.secret(read_password)
        # First, so that wrong settings of the directory, or a group of another owner, stop the run before it changes
        # anything else: every other resource waits for the group.
        group = self._declare_group(name, tenancy, mark)
        self._after_group = pulumi.ResourceOptions(parent=self, depends_on=[group])
        self._annotations = {ANNOTATION: mark, **TAKE_OVER} if mark else {}
        namespace = KubernetesObject(
            name,
            annotated(namespace_manifest(tenancy), self._annotations),
            # No ``up`` can delete it. The contract does, at a destroy of a tenancy without protection.
            self._options(retain_on_delete=True),
        )
        in_namespace = self._options(depends_on=[namespace])
        release = self._declare_release(name, tenancy, crds, in_namespace)
        ready = [self._declare_wait(name, tenancy, release)] if self._reports_wait else []
        after_release = self._options(depends_on=[namespace, release, *ready])
        KubernetesObject(name, annotated(hub_ingress(tenancy), self._annotations), after_release)
        for manifest in redirect:
            KubernetesObject(f"{name}-https", annotated(manifest, self._annotations), after_release)
        for manifest in monitoring_manifests(tenancy, monitoring):
            part = manifest["metadata"]["name"].removeprefix(MONITORING_NAME)
            KubernetesObject(f"{name}{part}", annotated(manifest, self._annotations), in_namespace)
        self.url = pulumi.Output.from_input(f"https://{tenancy.domain}")
        self.namespace = pulumi.Output.from_input(tenancy.namespace)
        self.notebook_users_group = pulumi.Output.from_input(tenancy.notebook_users_group)
        self.notebook_users_group_dn = group.dn
        self.register_outputs(
            {
                "url": self.url,
                "namespace": self.namespace,
                "notebookUsersGroup": self.notebook_users_group,
                "notebookUsersGroupDn": self.notebook_users_group_dn,
            }
        )

    def _declare_wait(self, name: str, tenancy: Tenancy, release: HelmRelease) -> HubReady:
        return HubReady(
            name,
            release=tenancy.release,
            namespace=tenancy.namespace,
            revision=release.status.apply(_revision),
            limit_seconds=RELEASE_TIMEOUT_SECONDS,
            opts=self._options(depends_on=[release]),
        )

    def _options(self, **options: Any) -> pulumi.ResourceOptions:  # noqa: ANN401 - any option of a resource
        """Return the options of a child that waits for the group."""
        return pulumi.ResourceOptions.merge(self._after_group, pulumi.ResourceOptions(**options))

    def _declare_group(self, name: str, tenancy: Tenancy, mark: pulumi.Input[str] | None) -> FreeIpaGroup:
        directory = tenancy.identity.directory()
        return FreeIpaGroup(
            # Not derived from the cluster's name, so that a renamed cluster is refused instead of getting a new group.
            f"{name}-notebook-users",
            servers=[str(server) for server in directory.servers],
            tls=directory.tls,
            ca_certificate=directory.ca_certificate,
            bind_dn=directory.bind_dn,
            suffix=tenancy.directory_suffix,
            group_name=tenancy.notebook_users_group,
            description=notebook_users_description(tenancy.cluster_name),
            existing_group=tenancy.identity.existing_group,
            protect=tenancy.protect,
            mark=mark,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_release(
        self, name: str, tenancy: Tenancy, crds: Sequence[Crd] | None, opts: pulumi.ResourceOptions
    ) -> HelmRelease:
        secrets = self._declare_secrets(name)
        dependencies = [
            KubernetesObject(
                f"{name}-secrets",
                annotated(secret_manifest(tenancy, secrets, self._read_password), self._annotations),
                opts,
            ),
            *self._declare_storage_class(name, tenancy),
            *self._declare_folders(name, tenancy, opts),
            *self._declare_crds(name, tenancy, crds or ()),
        ]
        values = chart_values(tenancy, chart_digest=chart_digest(CHART), secrets_digest=_public_digest(secrets))
        return HelmRelease(
            name,
            {
                "name": tenancy.release,
                "namespace": tenancy.namespace,
                "chart": f"./{CHART}",
                "values": values,
                # Helm would wait without a word. HubReady waits instead, says for what, and stops if that cannot help.
                "skipAwait": self._reports_wait,
                # Still the limit of each hook of the charts.
                "timeout": RELEASE_TIMEOUT_SECONDS,
                "cleanupOnFail": True,
                "maxHistory": RELEASE_HISTORY,
                "skipCrds": crds is not None,
            },
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=dependencies)),
        )

    def _declare_storage_class(self, name: str, tenancy: Tenancy) -> list[KubernetesObject]:
        create = tenancy.storage.create
        if create is None:
            return []
        return [
            KubernetesObject(
                name,
                annotated(storage_class_manifest(tenancy, create), self._annotations),
                self._options(retain_on_delete=True),  # as the namespace
            )
        ]

    def _declare_folders(self, name: str, tenancy: Tenancy, opts: pulumi.ResourceOptions) -> list[KubernetesObject]:
        retained = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True))  # as the namespace
        return [
            KubernetesObject(
                f"{name}-{manifest['metadata']['name'].removeprefix(f'{tenancy.cluster_name}-')}",
                annotated(manifest, self._annotations),
                retained,
            )
            for manifest in folder_manifests(tenancy)
        ]

    def _declare_crds(self, name: str, tenancy: Tenancy, crds: Sequence[Crd]) -> list[KubernetesObject]:
        return [
            KubernetesObject(
                f"{name}-{crd.name}",
                crd.manifest(),
                self._options(retain_on_delete=True),
            )
            for crd in crds
            if tenancy.dask.enabled
        ]

    def _declare_secrets(self, name: str) -> HubSecrets[pulumi.Output[str]]:
        def declare(purpose: str) -> pulumi.Output[str]:
            return pulumi.Output.secret(RandomHex(f"{name}-{purpose}", SECRET_DIGITS, self._after_group).result)

        return HubSecrets(
            proxy_token=declare("proxy-token"),
            cookie_secret=declare("cookie-secret"),
            crypt_key=declare("crypt-key"),
            gateway_token=declare("gateway-token"),
            members_token=declare("members-token"),
            verification_token=declare("verification-token"),
        )


def _public_digest(secrets: HubSecrets[pulumi.Output[str]]) -> pulumi.Output[str]:
    known = pulumi.Output.all(**vars(secrets))
    return pulumi.Output.unsecret(known.apply(lambda found: secrets_digest(HubSecrets(**found))))


def _revision(status: Mapping[str, Any] | None) -> float:
    """Return the number of a release's revision; 0 if the engine has none."""
    return float((status or {}).get("revision") or 0)
