"""One tenancy's hub as one Pulumi component: who may log in, what a notebook gets, where it answers."""

from collections.abc import Sequence

import pulumi
from pulumi_random import RandomBytes

from components.chart.archives import CHART
from components.chart.crds import Crd
from components.chart.secrets import SECRET_BYTES, HubSecrets
from components.chart.values import chart_values
from components.config.tenancy import Tenancy
from components.freeipa.group_resource import FreeIpaGroup
from components.freeipa.names import notebook_users_description
from components.resources.ingress import https_redirect, hub_ingress
from components.resources.kubernetes import HelmRelease, KubernetesObject

RELEASE_TIMEOUT_SECONDS = 1200
"""A first start pulls images of several gigabytes."""

RELEASE_HISTORY = 10
"""Helm's own default; the provider's is to keep every revision."""

POD_SECURITY_LABELS = {
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
}

CRD_ANNOTATIONS = {
    # Helm, or another tenancy with an older chart, may have set the same fields.
    "pulumi.com/patchForce": "true",
    # The release has objects of these kinds.
    "pulumi.com/waitFor": "condition=Established",
}


class PangeoCluster(pulumi.ComponentResource):
    """The hub of ``tenancy``, in a Kubernetes cluster and a FreeIPA directory that exist already.

    **Providers.** Kubernetes objects go where ``opts.providers`` says, children inherit it; with none, the default
    provider's cluster is taken. Give it ``upsert_existing_objects``, or what an earlier destroy left in place stops
    the next ``up``. Two clusters in one program do not collide: every name in the cluster and in the directory comes
    from ``tenancy.cluster_name``, every name in the state from ``name``. CRDs alone are shared (``gateway_crds``).

    **What stays.** While ``tenancy.protect`` holds, the namespace, and with it users' home volumes, the hub's
    database and the group stay when the stack is destroyed. CRDs always do.

    **Aliases.** Names in the state are a contract with every deployed stack: a child that is renamed or moved without
    an alias is another child, deleted and made anew, users' volumes with their namespace. So who changes the name,
    type or parent of a child gives it its old one as an alias, for as long as a stack may hold it; and who renames
    the component itself gives ``opts.aliases``, which children follow.
    """

    url: pulumi.Output[str]
    """Where scientists log in."""

    namespace: pulumi.Output[str]
    notebook_users_group: pulumi.Output[str]
    """The FreeIPA group whose members may log in."""

    notebook_users_group_dn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        tenancy: Tenancy,
        opts: pulumi.ResourceOptions | None = None,
        *,
        crds: Sequence[Crd] | None = None,
    ) -> None:
        """Declare everything.

        ``crds``: the CRDs that this program installs and upgrades (``chart.crds.select_crds``). None leaves them
        to Helm, which installs what is missing with the first release and upgrades nothing.
        """
        super().__init__("pangeo:caas:PangeoCluster", name, tenancy.as_inputs(), opts)
        namespace = KubernetesObject(
            name,
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": tenancy.namespace, "labels": POD_SECURITY_LABELS},
            },
            pulumi.ResourceOptions(parent=self, retain_on_delete=tenancy.protect),
        )
        in_namespace = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        group = self._group(name, tenancy)
        release = self._release(name, tenancy, crds, in_namespace)
        after_the_release = pulumi.ResourceOptions(parent=self, depends_on=[namespace, release])
        KubernetesObject(name, hub_ingress(tenancy), after_the_release)
        for manifest in https_redirect(tenancy):
            KubernetesObject(f"{name}-https", manifest, after_the_release)
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

    def _group(self, name: str, tenancy: Tenancy) -> FreeIpaGroup:
        directory = tenancy.identity.directory()
        return FreeIpaGroup(
            # Not the cluster's name: a renamed cluster must be refused, not declared as another group.
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
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _release(
        self, name: str, tenancy: Tenancy, crds: Sequence[Crd] | None, opts: pulumi.ResourceOptions
    ) -> HelmRelease:
        secrets = HubSecrets(
            proxy_token=self._secret(name, "proxy-token"),
            cookie_secret=self._secret(name, "cookie-secret"),
            crypt_key=self._secret(name, "crypt-key"),
            gateway_token=self._secret(name, "gateway-token"),
        )
        needed = [*self._storage_class(name, tenancy), *self._crds(name, tenancy, crds or ())]
        return HelmRelease(
            name,
            {
                "name": tenancy.release,
                "namespace": tenancy.namespace,
                "chart": f"./{CHART}",
                "values": chart_values(tenancy, secrets),
                "timeout": RELEASE_TIMEOUT_SECONDS,
                "cleanupOnFail": True,
                "maxHistory": RELEASE_HISTORY,
                "skipCrds": crds is not None,
            },
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True, depends_on=needed)),
        )

    def _storage_class(self, name: str, tenancy: Tenancy) -> list[KubernetesObject]:
        create = tenancy.storage.create
        if create is None:
            return []
        return [
            KubernetesObject(
                name,
                {
                    "apiVersion": "storage.k8s.io/v1",
                    "kind": "StorageClass",
                    "metadata": {"name": tenancy.storage_class_name},
                    "provisioner": create.provisioner,
                    "parameters": create.parameters,
                    "reclaimPolicy": create.reclaim_policy,
                    "allowVolumeExpansion": create.allow_volume_expansion,
                    "volumeBindingMode": "WaitForFirstConsumer",
                },
                pulumi.ResourceOptions(parent=self, retain_on_delete=tenancy.protect),
            )
        ]

    def _crds(self, name: str, tenancy: Tenancy, crds: Sequence[Crd]) -> list[KubernetesObject]:
        return [
            KubernetesObject(
                f"{name}-{crd.name}",
                {
                    "apiVersion": "apiextensions.k8s.io/v1",
                    "kind": "CustomResourceDefinition",
                    "metadata": {
                        "name": crd.name,
                        "labels": {**crd.labels},
                        "annotations": {**crd.annotations, **CRD_ANNOTATIONS},
                    },
                    "spec": {**crd.spec},
                },
                pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            for crd in crds
            if tenancy.dask.enabled
        ]

    def _secret(self, name: str, purpose: str) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        return pulumi.Output.secret(RandomBytes(f"{name}-{purpose}", length=SECRET_BYTES, opts=child).hex)
