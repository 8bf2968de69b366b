"""The statement of the admitted users, which is mounted beside the hub's code. Pure."""

from collections.abc import Mapping
from typing import Any

from components.chart.environment import declared_references
from components.chart.mounted_code import mounted_file
from components.chart.server_code import SERVER_COMMAND
from components.chart.shared_folders import folder_files
from components.config.tenancy import Tenancy
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, SPAWNER
from components.in_hub.statement import FILE, Statement

AUTHENTICATOR_SECTIONS = ("Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator")
"""Sections of ``hub.config`` for the authenticator's class and its base classes, the most specific last."""


def add_statement(tenancy: Tenancy, hub: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of ``hub`` with the statement among its files, and the list of shared folders if any.

    Args:
        tenancy: the tenancy's configuration, which decides who is admitted.
        hub: all values that the program declares for the hub.
    """
    statement = declare_admission(tenancy, hub)
    own = mounted_file(f"in_hub/{FILE.name}", statement.to_json())
    return {**hub, "extraFiles": {**hub["extraFiles"], **own, **folder_files(tenancy)}}


def declare_admission(tenancy: Tenancy, hub: Mapping[str, Any]) -> Statement:
    """Return who is admitted, and the settings, roles and services that the program declares for the hub."""
    config = hub["config"]
    authenticator: dict[str, Any] = {}
    for section in AUTHENTICATOR_SECTIONS:
        authenticator |= config[section]
    spawner = {"cmd": list(SERVER_COMMAND), **config["KubeSpawner"]}
    return Statement(
        suffix=tenancy.directory_suffix,
        groups=tuple(dn for dn in (tenancy.notebook_users_group_dn, tenancy.admin_group_dn) if dn),
        admin_group=tenancy.admin_group_dn or "",
        admin_users=tuple(tenancy.identity.admin_users),
        settings={HUB: config["JupyterHub"], AUTHENTICATOR: authenticator, SPAWNER: spawner},
        roles=hub["loadRoles"],
        services=hub["services"],
        references=declared_references(tenancy),
    )
