"""Read the tenancy of this stack, declare its hub, export where it answers."""

import os

import pulumi
import pulumi_kubernetes as kubernetes

from components.capacity import capacity
from components.chart_dependencies import ChartDependenciesError, verify_dependencies
from components.domain_check import verify_domain
from components.pangeo_cluster import PangeoCluster
from components.problems import InvalidTenancy
from components.stack_file import read_config
from components.tenancy import Tenancy


def main() -> None:
    """Declare everything this stack's file asks for."""
    tenancy = _tenancy()
    cluster = kubernetes.Provider(
        "cluster",
        context=tenancy.kubernetes.context,
        kubeconfig=_kubeconfig(tenancy),
        # A namespace that an earlier destroy left in place is taken up again.
        upsert_existing_objects=True,
    )
    room = capacity(tenancy)
    for warning in room.warnings if room else ():
        pulumi.log.warn(warning)
    pangeo = PangeoCluster("pangeo", tenancy, pulumi.ResourceOptions(providers=[cluster]))
    pulumi.export("url", pangeo.url)
    pulumi.export("domain", tenancy.domain)
    pulumi.export("namespace", pangeo.namespace)
    pulumi.export("notebookUsersGroup", pangeo.notebook_users_group)
    pulumi.export("notebookUsersGroupDn", pangeo.notebook_users_group_dn)
    pulumi.export("capacity", room.as_output() if room else None)


def _tenancy() -> Tenancy:
    config = pulumi.runtime.config.CONFIG.get()
    source = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
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


def _kubeconfig(tenancy: Tenancy) -> pulumi.Output[str] | None:
    given = tenancy.kubernetes.kubeconfig
    return None if given is None else pulumi.Output.secret(given.get_secret_value())


main()
