"""``Tenancy`` to the values of ``chart/``: pure functions, one for each part of the charts."""

from typing import Any, TypeVar

from components.chart.dask_access import gateway_access, gateway_egress, notebook_environment
from components.chart.dask_values import dask_gateway_values, dask_values
from components.chart.mounted_code import hub_code
from components.chart.network_policies import anywhere_but_metadata, name_servers, own_rules, public_internet
from components.chart.secrets import HubSecrets
from components.config.tenancy import Tenancy
from components.freeipa.names import group_dn, user_dn_template

T = TypeVar("T")

Values = dict[str, Any]
"""A tree of chart values: plain data, except for the leaves that ``HubSecrets`` brings."""

COOKIE_MAX_AGE_DAYS = 1
"""How long somebody who left the group may go on with an open session; JupyterHub's own default is 14."""

HUB_REQUESTS = {"requests": {"cpu": "100m", "memory": "512Mi"}}
PROXY_REQUESTS = {"requests": {"cpu": "50m", "memory": "128Mi"}}
"""Their share of CPUs that notebooks and Dask keep busy. A pod within the memory it requests is the last evicted."""

ROUTES_EVERY_SECONDS = 30
"""How often the hub looks whether the proxy still has every user's route, which a proxy that was restarted has not.

JupyterHub's own default is 300, and so long nobody reaches a notebook. It is the interval of the round that also writes
down who was active.
"""

ANSWER_WITHIN_SECONDS = 120
"""How long a notebook whose container runs may take to answer; the container's own coming is ``startTimeoutSeconds``.

JupyterHub's own default of 30 is too little for a notebook of a tenth of a CPU. Until it is over a user waits for a
server that will never answer, so it is not the whole start's.
"""

CULL_EVERY_SECONDS = 300
HUB_DATABASE_GI = 1

USER_NAME = r"^(?!\.{1,2}$)[a-z0-9_.][a-z0-9_.-]*$"
"""FreeIPA's rule for user names, without a last ``$`` and without the two that are folders of every path.

LDAPAuthenticator's own refuses a first digit, underscore or dot. Capitals are none of FreeIPA's, and refused.
"""

POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY = {"capabilities": {"drop": ["ALL"]}}
"""With the charts' own user ids the two meet the pod-security level `restricted`."""


def chart_values(tenancy: Tenancy, secrets: HubSecrets[T]) -> Values:
    """Everything the program sets in the charts ``jupyterhub`` 4.4.0 and ``dask-gateway`` 2026.3.0."""
    return {
        "jupyterhub": {
            "hub": _hub(tenancy, secrets),
            "proxy": {
                "secretToken": secrets.proxy_token,
                "service": {"type": "ClusterIP"},
                "https": {"enabled": False},
                # Hub and notebooks, which the chart lets it reach, are all it has routes to.
                "chp": {
                    "networkPolicy": own_rules(name_servers()),
                    "resources": PROXY_REQUESTS,
                    "extraPodSpec": {"priorityClassName": hub_priority_class(tenancy)},
                },
            },
            "singleuser": _singleuser(tenancy),
            "scheduling": {"userScheduler": {"enabled": False}, "userPlaceholder": {"enabled": False}},
            "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": tenancy.notebook.pre_pull}},
            "cull": _cull(tenancy),
            # The program's own Ingress answers for the hub, so that previews and policies see it.
            "ingress": {"enabled": False},
        },
        "dask-gateway": dask_gateway_values(tenancy),
        "dask": dask_values(tenancy),
    }


def hub_priority_class(tenancy: Tenancy) -> str:
    """The PriorityClass of hub and proxy, a name of the whole cluster's."""
    return f"{tenancy.release}-hub"


def memory(ram_gb: float) -> str:
    """Gigabytes in the notation of JupyterHub and Dask, whose G is 1024³ bytes; ``"2Gi"`` would stop the hub."""
    return f"{ram_gb:g}G"


def announcement(tenancy: Tenancy) -> str:
    """The sentence above the log-in form: whose password it wants, and what to ask for when it refuses."""
    return (
        "Sign in with your FreeIPA user name and password. "
        f"Only members of the group {tenancy.notebook_users_group} can; ask your tenancy's administrator to be added."
    )


def _hub(tenancy: Tenancy, secrets: HubSecrets[T]) -> Values:
    access = gateway_access(tenancy, secrets)
    return {
        "cookieSecret": secrets.cookie_secret,
        "config": {
            "JupyterHub": {
                "authenticator_class": "ldap",
                "admin_access": True,
                "cookie_max_age_days": COOKIE_MAX_AGE_DAYS,
                "last_activity_interval": ROUTES_EVERY_SECONDS,
                "template_vars": {"announcement_login": announcement(tenancy)},
            },
            "Authenticator": {
                "admin_users": list(tenancy.identity.admin_users),
                "allowed_users": list(tenancy.identity.admin_users),
                # Its default would admit whoever is still known to the hub after leaving the group.
                "allow_existing_users": False,
                # Which profiles a user is offered goes by the groups kept there, encrypted.
                "enable_auth_state": True,
            },
            "LDAPAuthenticator": ldap_authenticator(tenancy),
            "FreeIpaAuthenticator": freeipa_authenticator(tenancy),
            "KubeSpawner": {
                # Its default deletes the home volume with the user.
                "delete_pvc": False,
                "http_timeout": ANSWER_WITHIN_SECONDS,
                "pod_security_context": POD_SECURITY,
                "container_security_context": CONTAINER_SECURITY,
                **access.spawner,
            },
            "CryptKeeper": {"keys": [secrets.crypt_key]},
        },
        "db": {
            "type": "sqlite-pvc",
            "pvc": {
                "storage": f"{HUB_DATABASE_GI}Gi",
                "storageClassName": tenancy.storage.hub_database_class or tenancy.storage_class_name,
                # Admins named by hand live in this database: it outlives the release.
                "annotations": {"helm.sh/resource-policy": "keep"} if tenancy.protect else {},
            },
        },
        # The directory and the Kubernetes API may be at any address.
        "networkPolicy": own_rules(name_servers(), anywhere_but_metadata()),
        "resources": HUB_REQUESTS,
        "extraPodSpec": {"priorityClassName": hub_priority_class(tenancy)},
        "services": access.services,
        "loadRoles": access.roles,
        **hub_code(),
    }


def ldap_authenticator(tenancy: Tenancy) -> Values:
    """Log-in for members of the group, and of the admins' group, over a verified connection, with no bind account.

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
        "valid_username_regex": USER_NAME,
        "allowed_groups": [dn for dn in (tenancy.notebook_users_group_dn, tenancy.admin_group_dn) if dn],
        "group_search_filter": "(member={userdn})",
        "group_attributes": ["member"],
    }


def freeipa_authenticator(tenancy: Tenancy) -> Values:
    """What ``components/hub_config`` adds to LDAPAuthenticator: further servers, admins by group, nested groups."""
    limited_to = {group for profile in tenancy.notebook.profiles for group in profile.groups}
    return {
        "servers": [str(server) for server in tenancy.identity.directory().servers],
        "admin_group": tenancy.admin_group_dn or "",
        "profile_groups": [group_dn(tenancy.directory_suffix, group) for group in sorted(limited_to)],
        "nested_groups": tenancy.identity.nested_groups,
        "log_in_lasts_seconds": COOKIE_MAX_AGE_DAYS * 24 * 3600,
    }


def _singleuser(tenancy: Tenancy) -> Values:
    image_name, image_tag = tenancy.notebook.image.name_and_tag
    ram = memory(tenancy.notebook_ram_gb)
    return {
        "cpu": {"limit": tenancy.notebook_cpus, "guarantee": tenancy.notebook_cpus},
        "memory": {"limit": ram, "guarantee": ram},
        "storage": {
            "type": "dynamic",
            "capacity": f"{tenancy.notebook_storage_gb}Gi",
            "dynamic": {"storageClass": tenancy.storage_class_name},
        },
        "image": {"name": image_name, "tag": image_tag},
        "defaultUrl": tenancy.notebook.default_url,
        "startTimeout": tenancy.notebook.start_timeout_seconds,
        "profileList": profile_list(tenancy),
        "extraEnv": notebook_environment(tenancy),
        "allowPrivilegeEscalation": False,
        # The network policy denies the metadata address; the init container that would too needs privileges.
        "cloudMetadata": {"blockWithIptables": False},
        "networkPolicy": own_rules(name_servers(), public_internet(), *gateway_egress(tenancy)),
    }


def profile_list(tenancy: Tenancy) -> list[Values]:
    """The choices on the page that starts a server; what a profile leaves out is as the tenancy has it."""
    return [
        {
            "display_name": profile.name,
            "description": profile.description,
            "default": profile.default,
            **({"groups": list(profile.groups)} if profile.groups else {}),
            "kubespawner_override": {
                **({} if profile.cpus is None else {"cpu_limit": profile.cpus, "cpu_guarantee": profile.cpus}),
                **(
                    {}
                    if profile.ram_gb is None
                    else dict.fromkeys(("mem_limit", "mem_guarantee"), memory(profile.ram_gb))
                ),
                **({} if profile.image is None else {"image": str(profile.image)}),
            },
        }
        for profile in tenancy.notebook.profiles
    ]


def _cull(tenancy: Tenancy) -> Values:
    culling = tenancy.notebook.culling
    return {
        "enabled": True,
        "timeout": culling.idle_minutes * 60,
        "every": CULL_EVERY_SECONDS,
        "maxAge": culling.max_age_hours * 3600,
        # Culling users would delete them from the hub, admins named by hand among them.
        "users": False,
    }
