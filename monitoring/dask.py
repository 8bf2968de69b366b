"""The dashboard about Dask clusters."""

from monitoring.panel import LARGEST, Dashboard, Panel, Query, largest_users

DASK = Dashboard(
    name="dask",
    title="Pangeo: Dask",
    description="Dask clusters, their workers and what they have",
    panels=(
        Panel(
            title="Clusters",
            kind="stat",
            unit="short",
            description="Dask clusters that have not ended",
            queries=(Query("sum(pangeo_dask_clusters{$scope})", "clusters"),),
            width=6,
            height=6,
        ),
        Panel(
            title="Workers",
            kind="stat",
            unit="short",
            description="Workers that run, and workers that wait for a node, an image or the quota",
            queries=(Query("sum by (state) (pangeo_dask_workers{$scope})", "{{state}}"),),
            width=9,
            height=6,
        ),
        Panel(
            title="Oldest pending worker",
            kind="stat",
            unit="s",
            description="Age of the worker that has waited longest",
            queries=(Query('max(pangeo_pending_pods_oldest_seconds{$scope, kind="dask_worker"})', "worker"),),
            width=9,
            height=6,
        ),
        Panel(
            title="Clusters over time",
            kind="timeseries",
            unit="short",
            description="Dask clusters by tenancy",
            queries=(Query("sum by (namespace) (pangeo_dask_clusters{$scope})", "{{namespace}}"),),
        ),
        Panel(
            title="Workers over time",
            kind="timeseries",
            unit="short",
            description="Workers by state",
            queries=(Query("sum by (state) (pangeo_dask_workers{$scope})", "{{state}}"),),
        ),
        Panel(
            title="CPUs of Dask",
            kind="timeseries",
            unit="short",
            description="CPUs that schedulers and workers request",
            queries=(Query('sum by (kind) (pangeo_guaranteed_cpus{$scope, kind=~"dask_.*"})', "{{kind}}"),),
        ),
        Panel(
            title="Memory of Dask",
            kind="timeseries",
            unit="bytes",
            description="Memory that schedulers and workers request",
            queries=(Query('sum by (kind) (pangeo_guaranteed_memory_bytes{$scope, kind=~"dask_.*"})', "{{kind}}"),),
        ),
        Panel(
            title="CPUs of Dask by user",
            kind="timeseries",
            unit="short",
            description=f"The {LARGEST} users whose schedulers and workers request the most CPUs",
            queries=(largest_users("pangeo_user_guaranteed_cpus", ', kind=~"dask_.*"'),),
            width=24,
            only_with="perUser",
        ),
    ),
)
