"""The dashboard about users, log-ins and what they depend on."""

from monitoring.panel import Dashboard, Panel, Query, quantile

USERS = Dashboard(
    name="users",
    title="Pangeo: users",
    description="Activity, log-ins, and what they depend on: directory, certificate, hub and proxy",
    panels=(
        Panel(
            title="Active users",
            kind="stat",
            unit="short",
            description="Users with activity in a day, a week and 30 days; the hub counts them every hour",
            queries=(Query("sum by (period) (jupyterhub_active_users{$scope})", "{{period}}"),),
            width=8,
            height=5,
        ),
        Panel(
            title="Registered users",
            kind="stat",
            unit="short",
            description="Users in the hub's database, who logged in at least once",
            queries=(Query("sum(jupyterhub_total_users{$scope})", "users"),),
            width=4,
            height=5,
        ),
        Panel(
            title="Running servers",
            kind="stat",
            unit="short",
            description="Servers that run now",
            queries=(Query("sum(jupyterhub_running_servers{$scope})", "servers"),),
            width=4,
            height=5,
        ),
        Panel(
            title="Certificate is valid for",
            kind="stat",
            unit="s",
            description="Time until the end of the hub's certificate; of several tenancies, the first to expire",
            queries=(Query("min(pangeo_certificate_expiry_timestamp_seconds{$scope}) - time()", "certificate"),),
            width=4,
            height=5,
        ),
        Panel(
            title="Directory servers that answer",
            kind="stat",
            unit="short",
            description="1: the hub could connect within the last minute",
            queries=(Query("min by (server) (pangeo_directory_server_reachable{$scope})", "{{server}}"),),
            width=4,
            height=5,
        ),
        Panel(
            title="Running servers over time",
            kind="timeseries",
            unit="short",
            description="Servers by tenancy",
            queries=(Query("sum by (namespace) (jupyterhub_running_servers{$scope})", "{{namespace}}"),),
        ),
        Panel(
            title="Log-ins in an hour",
            kind="timeseries",
            unit="short",
            description="Log-ins with the form by result. Those that begin with directory are its faults",
            queries=(Query("sum by (result) (increase(pangeo_log_ins_total{$scope}[1h]))", "{{result}}"),),
        ),
        Panel(
            title="Duration of the hub's answers",
            kind="timeseries",
            unit="s",
            description="Half of the requests, and 95 % of them, were answered within this time",
            queries=(
                Query(quantile(0.5, "jupyterhub_request_duration_seconds", "", "15m"), "half"),
                Query(quantile(0.95, "jupyterhub_request_duration_seconds", "", "15m"), "95 %"),
            ),
        ),
        Panel(
            title="Requests through the proxy in a minute",
            kind="timeseries",
            unit="short",
            description="Requests that the proxy passed to the hub and to servers, by status",
            queries=(Query("60 * sum by (status) (rate(requests_proxy{$scope}[15m]))", "{{status}}"),),
        ),
    ),
)
