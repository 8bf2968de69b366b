"""The dashboard about starts of servers."""

from monitoring.panel import Dashboard, Panel, Query, quantile

STARTS = Dashboard(
    name="starts",
    title="Pangeo: starts of servers",
    description="How many starts succeed, how long they take, and what waits",
    panels=(
        Panel(
            title="Successful starts in a day",
            kind="stat",
            unit="percentunit",
            description="Part of the started servers that became ready",
            queries=(
                Query(
                    'sum(increase(jupyterhub_server_spawn_duration_seconds_count{$scope, status="success"}[1d]))'
                    " / sum(increase("
                    'jupyterhub_server_spawn_duration_seconds_count{$scope, status=~"success|failure"}[1d]))',
                    "successful",
                ),
            ),
            width=6,
            height=6,
        ),
        Panel(
            title="Pending pods",
            kind="stat",
            unit="short",
            description="Pods without a node, or whose containers have not started, by kind",
            queries=(Query("sum by (kind) (pangeo_pending_pods{$scope})", "{{kind}}"),),
            width=9,
            height=6,
        ),
        Panel(
            title="Oldest pending pod",
            kind="stat",
            unit="s",
            description="Age of the pod of each kind that has waited longest",
            queries=(Query("max by (kind) (pangeo_pending_pods_oldest_seconds{$scope})", "{{kind}}"),),
            width=9,
            height=6,
        ),
        Panel(
            title="Starts in an hour",
            kind="timeseries",
            unit="short",
            description="Starts by result",
            queries=(
                Query(
                    "sum by (status) (increase(jupyterhub_server_spawn_duration_seconds_count{$scope}[1h]))",
                    "{{status}}",
                ),
            ),
        ),
        Panel(
            title="Duration of successful starts",
            kind="timeseries",
            unit="s",
            description="Half of the starts within a day, and 95 % of them, took at most this time",
            queries=(
                Query(quantile(0.5, "jupyterhub_server_spawn_duration_seconds", ', status="success"', "1d"), "half"),
                Query(quantile(0.95, "jupyterhub_server_spawn_duration_seconds", ', status="success"', "1d"), "95 %"),
            ),
        ),
        Panel(
            title="Pending pods over time",
            kind="timeseries",
            unit="short",
            description="Pods by kind",
            queries=(Query("sum by (kind) (pangeo_pending_pods{$scope})", "{{kind}}"),),
        ),
        Panel(
            title="Delay of the hub's event loop",
            kind="timeseries",
            unit="s",
            description="99 % of the delays were at most this long; above a second, the hub is overloaded",
            queries=(Query(quantile(0.99, "jupyterhub_event_loop_interval_seconds", "", "15m"), "99 %"),),
        ),
    ),
)
