"""Statements in the stack file that leave a risk to the operator, which no other rule can judge."""

from collections.abc import Iterator, Sequence

from policies.rule import Context, Resource, Rule


def _check_statements(_: Sequence[Resource], context: Context) -> Iterator[str]:
    tenancy = context.tenancy
    if tenancy.kubernetes.existing_namespace == "adopt":
        yield (
            "pangeo:kubernetes.existingNamespace is adopt: network policies, role bindings and other objects that the "
            "namespace contains already remain, and may allow more than the hub's own"
        )
    if tenancy.network.cluster_cidrs == ():
        yield (
            "pangeo:network.clusterCidrs is empty: users' pods can reach the public addresses of the cluster's nodes, "
            "pods and API server"
        )


RULES = (
    Rule(
        "no-accepted-risks",
        "The stack file accepts neither the content of an existing namespace nor access to the cluster's own addresses",
        "These keys state that somebody has looked at the cluster, which a preview cannot check.",
        "Use a new namespace, or review kubectl get networkpolicies,roles,rolebindings in the existing one; list the "
        "cluster's addresses in pangeo:network.clusterCidrs. Disable this rule once the cluster has been reviewed.",
        "medium",
        "advisory",
        check_stack=_check_statements,
    ),
)
