"""The Helm values of a tenancy: pure functions, one for each part of the charts."""

from typing import Any

from components.chart import verification_access
from components.chart.admission import add_statement
from components.chart.backup import backup_values
from components.chart.browser_origins import hub_origins
from components.chart.dask_access import gateway_access, gateway_egress
from components.chart.dask_values import dask_gateway_values, dask_values
from components.chart.environment import server_environment
from components.chart.further_servers import culler_settings, hub_limit
from components.chart.group_overrides import group_overrides
from components.chart.hub_pages import announcement_values, branding_variables, hub_pages
from components.chart.images import add_registries
from components.chart.members_access import members_access
from components.chart.metrics import chart_metrics, hub_metrics, proxy_metrics
from components.chart.mounted_code import hub_code
from components.chart.network_policies import allow_all_but_metadata, allow_dns, network_policy, users_egress
from components.chart.placeholders import user_placeholder
from components.chart.placement import hub_pod, notebook_traits, prepared_nodes, scheduling
from components.chart.profiles import memory, profile_list
from components.chart.proxy_variables import hub_proxy_variables
from components.chart.secrets import SECRET_NAME
from components.chart.server_code import server_code
from components.chart.shared_folders import everyones_folders, pod_security
from components.chart.temporary_storage import server_storage
from components.config.named_groups import groups_of_servers
from components.config.tenancy import Tenancy
from components.freeipa.names import group_dn, user_dn_template

Values = dict[str, Any]
"""A tree of chart values: plain data without secrets, except that ``digests`` may have Pulumi outputs."""

AUTH_REFRESH_AGE_SECONDS = -1
"""Time for which JupyterHub remembers that a log-in is valid. Below zero: it asks at every request.

JupyterHub's default is 300. A yes to a running server's own token would then be valid for all tokens of its user.
"""

HUB_REQUESTS = {"requests": {"cpu": "100m", "memory": "512Mi"}}
"""Resource requests of the hub: its share when notebooks and Dask use all CPUs.

Pods that use less memory than they request are evicted last.
"""

PROXY_REQUESTS = {"requests": {"cpu": "50m", "memory": "128Mi"}}
"""Resource requests of the proxy, for the same reasons."""

ROUTE_CHECK_INTERVAL_SECONDS = 30
"""Interval of the hub's check of the proxy's routes. A restarted proxy has no routes until the next check.

JupyterHub's default is 300.
"""

HTTP_TIMEOUT_SECONDS = 120
"""Time limit for a notebook server to answer after its container has started.

The container's start has a limit of its own, ``startTimeoutSeconds``. JupyterHub's default of 30 is too short for a
server with a tenth of a CPU. A longer limit would make users wait longer for a server that never answers.
"""

CULL_INTERVAL_SECONDS = 300
"""Interval of the check for idle servers."""

NEVER_IDLE_SECONDS = 10 * 365 * 24 * 3600
"""Idle time of servers that are stopped because of their age only.

The chart omits a time of 0 (``jupyterhub_config.py`` of zero-to-jupyterhub-k8s), and the culler then takes 10 minutes.
"""

USER_NAME_PATTERN = r"^(?!\.{1,2}$)[a-z0-9_.][a-z0-9_.-]*$"
"""FreeIPA's pattern of user names, without a final ``$``, and without ``.`` and ``..``, which are special in paths.

LDAPAuthenticator's default refuses names that begin with a digit, underscore or dot. FreeIPA has no capital letters in
names; a name with capitals would be a second user of the hub.
"""

POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
"""Security context of notebook pods. With the chart's user IDs they meet the pod-security level ``restricted``."""

CONTAINER_SECURITY = {"capabilities": {"drop": ["ALL"]}}
"""Security context of notebook containers, for the same level."""


def chart_values(tenancy: Tenancy, *, chart_digest: object = "", secrets_digest: object = "") -> Values:
    """Return all values that the program sets in the charts ``jupyterhub`` 4.4.0 and ``dask-gateway`` 2026.3.0.

    Args:
        tenancy: the tenancy's configuration.
        chart_digest: digest of the chart (``chart.digest``). Only its inputs make Pulumi upgrade a release.
        secrets_digest: digest of the hub's secrets, which are no values (``chart.secrets``), for the same reason.
    """
    values: Values = {
        "digests": {"chart": chart_digest, "secrets": secrets_digest},
        "jupyterhub": {
            "hub": _hub(tenancy),
            "proxy": {
                "service": {"type": "ClusterIP"},
                "https": {"enabled": False},
                # The proxy has routes to the hub and the notebooks only; the chart itself allows these.
                "chp": {
                    "networkPolicy": network_policy(*allow_dns(tenancy.network.dns)),
                    "resources": PROXY_REQUESTS,
                    **proxy_metrics(tenancy),
                    **hub_pod(tenancy, hub_priority_class(tenancy)),
                },
            },
            "singleuser": _singleuser(tenancy),
            "scheduling": {
                "userScheduler": {"enabled": False},
                "userPlaceholder": user_placeholder(tenancy),
                **scheduling(tenancy),
            },
            "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": tenancy.notebook.pre_pull}},
            "cull": _cull(tenancy),
            # The program declares the Ingress itself, so that previews and policies see it.
            "ingress": {"enabled": False},
        },
        "dask-gateway": dask_gateway_values(tenancy, secrets_digest),
        "dask": dask_values(tenancy),
        # Absent for the default, so that releases of stacks without the key do not change.
        **chart_metrics(tenancy),
        **({"apiServer": tenancy.network.api_server} if tenancy.network.api_server != "address" else {}),
        **announcement_values(tenancy),
        **backup_values(tenancy),
    }
    return add_registries(tenancy, values)


def hub_priority_class(tenancy: Tenancy) -> str:
    """Return the name of the PriorityClass of hub and proxy; it is unique in the cluster."""
    return f"{tenancy.release}-hub"


def announcement(tenancy: Tenancy) -> str:
    """Return the text above the log-in form: which password to use, with a code or not, and the users' group.

    The sentence about codes is always there: FreeIPA's administrators can require codes at any time, and the refusal's
    message must not reveal who has to use one. FreeIPA reads both from one field (``ipapwd_pre_bind_otp``).
    """
    return (
        "Sign in with your FreeIPA user name and password. "
        "If you use one-time codes, enter the password immediately followed by the code. "
        f"You must be a member of the group {tenancy.notebook_users_group}; ask your administrator to add you."
    )


def _hub(tenancy: Tenancy) -> Values:
    access, members = gateway_access(tenancy), members_access(tenancy, SECRET_NAME)
    proxy = hub_proxy_variables(tenancy)
    code, (metrics_files, metrics_start) = hub_code(), hub_metrics(tenancy)
    page_files, page_start = hub_pages(tenancy)
    hub: Values = {
        "config": {
            "JupyterHub": {
                "authenticator_class": "ldap",
                "admin_access": True,
                "cookie_max_age_days": tenancy.identity.log_in_hours / 24,
                "custom_scopes": {**members.scopes, **verification_access.SCOPES},
                "last_activity_interval": ROUTE_CHECK_INTERVAL_SECONDS,
                "template_vars": {"announcement_login": announcement(tenancy), **branding_variables(tenancy)},
                **hub_origins(tenancy),
            },
            "Authenticator": {
                "admin_users": list(tenancy.identity.admin_users),
                "allowed_users": list(tenancy.identity.admin_users),
                # The default admits all users in the hub's database, including those who have left the group.
                "allow_existing_users": False,
                # Stores the log-in, encrypted: its time, its groups and the user's ipaUniqueID.
                "enable_auth_state": True,
                # No server starts for a user without a valid log-in.
                "refresh_pre_spawn": True,
                "auth_refresh_age": AUTH_REFRESH_AGE_SECONDS,
            },
            "LDAPAuthenticator": ldap_authenticator(tenancy),
            "FreeIpaAuthenticator": {**freeipa_authenticator(tenancy), **members.authenticator},
            "UsageRecorder": {"keep_days": tenancy.usage.keep_days},
            "KubeSpawner": {
                # The default deletes the home volume when a user is deleted.
                "delete_pvc": False,
                "http_timeout": HTTP_TIMEOUT_SECONDS,
                "pod_security_context": {**POD_SECURITY, **pod_security(tenancy)},
                "container_security_context": CONTAINER_SECURITY,
                **access.spawner,
                **group_overrides(tenancy),
                **notebook_traits(tenancy),
            },
        },
        "db": {
            "type": "sqlite-pvc",
            "pvc": {
                "storage": f"{tenancy.storage.hub_database_gb}Gi",
                "storageClassName": tenancy.storage.hub_database_class or tenancy.storage_class_name,
                # The database holds admins appointed in the hub, so it is kept when the release is deleted.
                "annotations": {"helm.sh/resource-policy": "keep"} if tenancy.protect else {},
            },
        },
        # The hub connects to the directory and the Kubernetes API, which may have any address.
        "networkPolicy": network_policy(*allow_dns(tenancy.network.dns), allow_all_but_metadata()),
        "resources": HUB_REQUESTS,
        **hub_pod(tenancy, hub_priority_class(tenancy)),
        **({"extraEnv": proxy} if proxy else {}),
        **hub_limit(tenancy),
        "services": {**access.services, **members.services, **verification_access.SERVICES},
        "loadRoles": {**access.roles, **members.roles, **verification_access.ROLES},
        **members.pod,
        "extraFiles": code["extraFiles"] | metrics_files | page_files,
        "extraConfig": code["extraConfig"] | metrics_start | page_start,
    }
    return add_statement(tenancy, hub)


def ldap_authenticator(tenancy: Tenancy) -> Values:
    """Return the log-in settings: members of the users' and admins' groups, verified TLS, and no bind account.

    Source: LDAPAuthenticator 2.0.2. ``validate: 2`` is ``ssl.CERT_REQUIRED``; without it ldap3 verifies nothing.
    """
    identity = tenancy.identity
    server = identity.directory().servers[0]
    trusted = {} if identity.ca_certificate is None else {"ca_certs_data": identity.ca_certificate}
    return {
        "server_address": server.host,
        "server_port": server.port,
        "tls_strategy": "on_connect" if identity.tls == "ldaps" else "before_bind",
        "tls_kwargs": {"validate": 2, **trusted},
        "bind_dn_template": [user_dn_template(tenancy.directory_suffix)],
        "valid_username_regex": USER_NAME_PATTERN,
        "allowed_groups": [dn for dn in (tenancy.notebook_users_group_dn, tenancy.admin_group_dn) if dn],
        "group_search_filter": "(member={userdn})",
        "group_attributes": ["member"],
    }


def freeipa_authenticator(tenancy: Tenancy) -> Values:
    """Return the settings that ``components/in_hub`` adds: servers, admins by group, nested groups, sizes."""
    needed = {group for _, group in groups_of_servers(tenancy)}
    return {
        "servers": [str(server) for server in tenancy.identity.directory().servers],
        "admin_group": tenancy.admin_group_dn or "",
        "profile_groups": [group_dn(tenancy.directory_suffix, group) for group in sorted(needed)],
        "nested_groups": tenancy.identity.nested_groups,
        # The user's FreeIPA groups are the hub's groups. LDAPAuthenticator itself could not log anybody in with it.
        "manage_groups": True,
        "log_in_lasts_seconds": round(tenancy.identity.log_in_hours * 3600),
        **({"sizes": sizes} if (sizes := tenancy.sizes.model_dump(by_alias=True, exclude_none=True)) else {}),
    }


def _singleuser(tenancy: Tenancy) -> Values:
    image_name, image_tag = tenancy.registries.locate(tenancy.notebook.image).name_and_tag
    ram = memory(tenancy.notebook_ram_gb)
    return {
        "cpu": {"limit": tenancy.notebook_cpus, "guarantee": tenancy.notebook_cpus},
        "memory": {"limit": ram, "guarantee": ram},
        "extraResource": server_storage(tenancy),
        "storage": {
            "type": "dynamic",
            "capacity": f"{tenancy.notebook_storage_gb}Gi",
            "dynamic": {"storageClass": tenancy.storage_class_name},
            **everyones_folders(tenancy),
        },
        "image": {"name": image_name, "tag": image_tag},
        "defaultUrl": tenancy.notebook.default_url,
        "startTimeout": tenancy.notebook.start_timeout_seconds,
        "profileList": profile_list(tenancy),
        "extraEnv": server_environment(tenancy),
        **server_code(tenancy),
        **prepared_nodes(tenancy),
        "allowPrivilegeEscalation": False,
        # The network policy blocks the metadata server. The chart's init container for this would need privileges.
        "cloudMetadata": {"blockWithIptables": False},
        "networkPolicy": network_policy(*users_egress(tenancy.network, "notebooks"), *gateway_egress(tenancy)),
    }


def _cull(tenancy: Tenancy) -> Values:
    culling = tenancy.notebook.culling
    return {
        "enabled": bool(culling.idle_minutes or culling.max_age_hours),
        "timeout": culling.idle_minutes * 60 or NEVER_IDLE_SECONDS,
        "every": CULL_INTERVAL_SECONDS,
        "maxAge": culling.max_age_hours * 3600,
        # Culling users would delete them from the hub, including admins appointed in the hub.
        "users": False,
        **culler_settings(tenancy),
    }
