"""The dashboard about CPUs, memory and quotas."""

from monitoring.panel import LARGEST, Dashboard, Panel, Query, largest_users

RESOURCES = Dashboard(
    name="resources",
    title="Pangeo: resources against guarantees",
    description="CPUs and memory guaranteed to pods, against the worker nodes of the stack file and the quotas",
    panels=(
        Panel(
            title="Guaranteed CPUs",
            kind="stat",
            unit="percentunit",
            description="Part of the worker nodes' CPUs; needs pangeo:workers in the stack file",
            queries=(Query("sum(pangeo_guaranteed_cpus{$scope}) / sum(pangeo_workers_cpus{$scope})", "CPUs"),),
            width=6,
            height=6,
        ),
        Panel(
            title="Guaranteed memory",
            kind="stat",
            unit="percentunit",
            description="Part of the worker nodes' memory; needs pangeo:workers in the stack file",
            queries=(
                Query(
                    "sum(pangeo_guaranteed_memory_bytes{$scope}) / sum(pangeo_workers_memory_bytes{$scope})", "memory"
                ),
            ),
            width=6,
            height=6,
        ),
        Panel(
            title="Quotas",
            kind="bargauge",
            unit="percentunit",
            description="Used part of each resource of each quota; empty in a namespace without quotas",
            queries=(
                Query(
                    "max by (quota, resource) (pangeo_quota_used{$scope} / (pangeo_quota_hard{$scope} > 0))",
                    "{{quota}}: {{resource}}",
                ),
            ),
            height=6,
        ),
        Panel(
            title="CPUs over time",
            kind="timeseries",
            unit="short",
            description="CPUs that pods request by kind, and those of the worker nodes",
            queries=(
                Query("sum by (kind) (pangeo_guaranteed_cpus{$scope})", "{{kind}}"),
                Query("sum(pangeo_workers_cpus{$scope})", "worker nodes"),
            ),
        ),
        Panel(
            title="Memory over time",
            kind="timeseries",
            unit="bytes",
            description="Memory that pods request by kind, and that of the worker nodes",
            queries=(
                Query("sum by (kind) (pangeo_guaranteed_memory_bytes{$scope})", "{{kind}}"),
                Query("sum(pangeo_workers_memory_bytes{$scope})", "worker nodes"),
            ),
        ),
        Panel(
            title="CPUs by group",
            kind="timeseries",
            unit="short",
            description="CPUs of the groups' members; a user counts in each of the groups",
            queries=(Query("sum by (group) (pangeo_group_guaranteed_cpus{$scope})", "{{group}}"),),
            only_with="perGroup",
        ),
        Panel(
            title="Memory by group",
            kind="timeseries",
            unit="bytes",
            description="Memory of the groups' members; a user counts in each of the groups",
            queries=(Query("sum by (group) (pangeo_group_guaranteed_memory_bytes{$scope})", "{{group}}"),),
            only_with="perGroup",
        ),
        Panel(
            title="CPUs by user",
            kind="timeseries",
            unit="short",
            description=f"The {LARGEST} users with the most guaranteed CPUs, of servers and Dask clusters",
            queries=(largest_users("pangeo_user_guaranteed_cpus"),),
            only_with="perUser",
        ),
        Panel(
            title="Memory by user",
            kind="timeseries",
            unit="bytes",
            description=f"The {LARGEST} users with the most guaranteed memory, of servers and Dask clusters",
            queries=(largest_users("pangeo_user_guaranteed_memory_bytes"),),
            only_with="perUser",
        ),
    ),
)
