"""Deploy the hub that the stack's file describes, and export its address."""

import pulumi

from components.config.problems import NAMESPACE, READ_PASSWORD_KEY
from components.contract.immutable import immutable_settings
from components.contract.resource import Contract
from components.destroy_check.resource import DestroyCheck
from components.language_host import run_quietly
from components.pangeo_cluster import PangeoCluster
from components.preflight.run import run_preflight
from components.resources.kubernetes import KubernetesProvider
from components.source_positions import without_source_positions
from components.version import program_version


@without_source_positions()
def main() -> None:
    """Declare all resources of one tenancy."""
    tenancy, cluster_id, objects, crds, ingress, monitoring, capacity = run_preflight()
    # Refuses changes to immutable settings. Everything else depends on it, including the provider: a replaced provider
    # would replace all its resources.
    contract = Contract(
        "pangeo",
        immutable_settings(tenancy),
        cluster_id,
        stack=pulumi.get_stack(),
        namespace=tenancy.namespace,
        protect=tenancy.protect,
        ingress=ingress.as_props(),
        found=objects,
        existing_namespace=tenancy.kubernetes.existing_namespace,
        stores_kubeconfig=tenancy.kubernetes.kubeconfig is not None,
    )
    after_contract = pulumi.ResourceOptions(depends_on=[contract])
    kubeconfig = tenancy.kubernetes.kubeconfig
    provider = KubernetesProvider(
        "cluster",
        context=tenancy.kubernetes.context,
        kubeconfig=None if kubeconfig is None else pulumi.Output.secret(kubeconfig.get_secret_value()),
        # From the state where a preview runs without access to the cluster: left out, it could replace the provider.
        cluster_identifier=contract.cluster_uid,
        opts=after_contract,
    )
    options = pulumi.ResourceOptions.merge(after_contract, pulumi.ResourceOptions(providers=[provider]))
    read_password = None
    if tenancy.identity.membership_check is not None:
        # A preview without the stack's secrets warns that it is missing; an up without it is refused before this.
        read_password = pulumi.Config(NAMESPACE).get_secret(READ_PASSWORD_KEY)
    pangeo = PangeoCluster(
        "pangeo",
        tenancy,
        options,
        crds=crds,
        mark=contract.mark,
        ingress_controller=ingress.controller,
        monitoring=monitoring,
        read_password=read_password,
    )
    # Deleted first, so that it can refuse a destroy of another cluster.
    DestroyCheck(
        "pangeo",
        cluster=contract.cluster,
        namespace=tenancy.namespace,
        owner=contract.owner,
        opts=pulumi.ResourceOptions(depends_on=[contract, provider, pangeo]),
    )
    pulumi.export("url", pangeo.url)
    pulumi.export("domain", tenancy.domain)
    pulumi.export("namespace", pangeo.namespace)
    pulumi.export("notebookUsersGroup", pangeo.notebook_users_group)
    pulumi.export("notebookUsersGroupDn", pangeo.notebook_users_group_dn)
    pulumi.export("capacity", capacity.as_output() if capacity else None)
    pulumi.export("version", program_version())


run_quietly(main)
