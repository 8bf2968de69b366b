"""Comparison of the deployed hub's log-in settings with the stack file. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.chart.values import chart_values
from components.cli.diagnose.result import CheckResult, broken, good, warning
from components.config.tenancy import Tenancy

SUBJECT = "hub settings"
LOG_IN_SECTIONS = ("Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator")
_FIX = "run pulumi up, which deploys the settings of the stack file"


def check_hub_settings(tenancy: Tenancy, deployed: Mapping[str, Any]) -> CheckResult:
    """Check that the hub asks the directory, and that only the tenancy's users can log in.

    Args:
        tenancy: the tenancy in the stack file.
        deployed: the values of the chart ``jupyterhub`` in the cluster.
    """
    hub: Mapping[str, Any] = _section(deployed, "hub")
    config = _section(hub, "config")
    problems = list(_log_in_problems(tenancy, config, _section(hub, "extraConfig")))
    if problems:
        return broken(SUBJECT, "; ".join(problems), _FIX)
    expected = chart_values(tenancy)["jupyterhub"]["hub"]["config"]
    differing = [
        f"{section}.{key}"
        for section in LOG_IN_SECTIONS
        for key in sorted({*expected[section], *_section(config, section)})
        if expected[section].get(key) != _section(config, section).get(key)
    ]
    allowed = f"members of {tenancy.notebook_users_group} can log in"
    if differing:
        message = f"{allowed}, but settings differ from the stack file: {', '.join(differing)}"
        return warning(SUBJECT, message, _FIX, differing=differing)
    admins = ", ".join(tenancy.identity.admin_users)
    return good(SUBJECT, f"{allowed}, and the admins {admins}, with their FreeIPA passwords")


def _log_in_problems(tenancy: Tenancy, config: Mapping[str, Any], extra_config: Mapping[str, Any]) -> Iterator[str]:
    authenticator = _section(config, "JupyterHub").get("authenticator_class")
    if authenticator != "ldap":
        yield f"JupyterHub.authenticator_class is {authenticator or 'not set'}, not ldap"
    if "components.in_hub.configure" not in str(extra_config.get("pangeo")):
        yield "hub.extraConfig.pangeo, which checks groups and explains refusals, is not this program's"
    for section in LOG_IN_SECTIONS:
        if _section(config, section).get("allow_all"):
            yield f"{section}.allow_all lets every directory user log in"
    groups = _section(config, "LDAPAuthenticator").get("allowed_groups") or []
    if tenancy.notebook_users_group_dn not in groups:
        yield f"allowed_groups is {', '.join(groups) or 'empty'} and lacks {tenancy.notebook_users_group_dn}"
    if _section(_section(config, "LDAPAuthenticator"), "tls_kwargs").get("validate") != 2:
        yield "the directory's certificate is not verified (LDAPAuthenticator.tls_kwargs.validate is not 2)"


def _section(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = settings.get(key)
    return found if isinstance(found, Mapping) else {}
