"""Read the tenancy of this stack, declare its hub, export where it answers."""

import os

import pulumi
import pulumi_kubernetes as kubernetes

from components.chart.archives import ChartDependenciesError, verify_dependencies
from components.chart.crds import Crd, packaged_crds, select_crds
from components.config.capacity import capacity
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_config, stack_path
from components.config.tenancy import Tenancy
from components.contract.immutable import immutable_settings
from components.contract.resource import Contract
from components.pangeo_cluster import PangeoCluster
from components.preflight.cluster import Checked, ClusterRefused, verify_cluster
from components.preflight.dns import verify_domain
from components.version import program_version


def main() -> None:
    """Declare everything this stack's file asks for."""
    tenancy = _tenancy()
    checked = _cluster(tenancy)
    # Refuses what must not change; so all else depends on it, the provider too: a changed one replaces what it made.
    contract = Contract("pangeo", immutable_settings(tenancy), checked.identity)
    after_it = pulumi.ResourceOptions(depends_on=[contract])
    cluster = kubernetes.Provider(
        "cluster",
        context=tenancy.kubernetes.context,
        kubeconfig=_kubeconfig(tenancy),
        # A namespace that an earlier destroy left in place is taken up again.
        upsert_existing_objects=True,
        opts=after_it,
    )
    room = capacity(tenancy)
    if room:
        pulumi.log.info(str(room))
    for warning in room.warnings if room else ():
        pulumi.log.warn(warning)
    in_cluster = pulumi.ResourceOptions.merge(after_it, pulumi.ResourceOptions(providers=[cluster]))
    pangeo = PangeoCluster("pangeo", tenancy, in_cluster, crds=_crds(tenancy, checked))
    pulumi.export("url", pangeo.url)
    pulumi.export("domain", tenancy.domain)
    pulumi.export("namespace", pangeo.namespace)
    pulumi.export("notebookUsersGroup", pangeo.notebook_users_group)
    pulumi.export("notebookUsersGroupDn", pangeo.notebook_users_group_dn)
    pulumi.export("capacity", room.as_output() if room else None)
    pulumi.export("version", program_version())


def _tenancy() -> Tenancy:
    config = pulumi.runtime.config.CONFIG.get()
    source = str(stack_path(pulumi.get_stack()))
    secret_keys = [key for key in config if pulumi.runtime.config.is_config_secret(key)]
    try:
        notices = verify_dependencies()
        tenancy = read_config(config, source=source, secret_keys=secret_keys)
        domain_warning = verify_domain(tenancy, source=source, environment=os.environ)
    except (InvalidTenancy, ChartDependenciesError) as wrong:
        raise pulumi.RunError(str(wrong)) from None
    for notice in [*notices, *([domain_warning] if domain_warning else [])]:
        pulumi.log.warn(notice)
    return tenancy


def _cluster(tenancy: Tenancy) -> Checked:
    is_preview = pulumi.runtime.is_dry_run()
    try:
        checked = verify_cluster(tenancy, stack=pulumi.get_stack(), preview=is_preview, environment=os.environ)
    except (InvalidTenancy, ClusterRefused) as wrong:
        raise pulumi.RunError(str(wrong)) from None
    for warning in checked.warnings:
        pulumi.log.warn(warning)
    return checked


def _crds(tenancy: Tenancy, checked: Checked) -> tuple[Crd, ...]:
    if not tenancy.dask.enabled:
        return ()
    try:
        owned = select_crds(packaged_crds(), checked.crds)
    except ChartDependenciesError as wrong:
        raise pulumi.RunError(str(wrong)) from None
    for notice in owned.notices:
        pulumi.log.info(notice)
    return owned.declared


def _kubeconfig(tenancy: Tenancy) -> pulumi.Output[str] | None:
    given = tenancy.kubernetes.kubeconfig
    return None if given is None else pulumi.Output.secret(given.get_secret_value())


main()
