"""Who the deployed hub lets in, against who the stack file says it should. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.chart.secrets import HubSecrets
from components.chart.values import chart_values
from components.cli.diagnose.result import Finding, broken, good, warning
from components.config.tenancy import Tenancy

WHAT = "hub settings"
LOG_IN_SECTIONS = ("Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator")
_NO_SECRETS = HubSecrets(proxy_token="", cookie_secret="", crypt_key="", gateway_token="")
_AS_STACK = "run pulumi up, which deploys the settings of the stack file"


def hub_settings(tenancy: Tenancy, deployed: Mapping[str, Any]) -> Finding:
    """Whether the hub asks the directory, and lets in this tenancy's group and nobody else.

    Args:
        tenancy: what should be deployed.
        deployed: the values of the chart ``jupyterhub`` as they are kept in the cluster.
    """
    hub: Mapping[str, Any] = _group(deployed, "hub")
    wrong = list(_lets_in_others(tenancy, _group(hub, "config"), _group(hub, "extraConfig")))
    if wrong:
        return broken(WHAT, "; ".join(wrong), _AS_STACK)
    expected = chart_values(tenancy, _NO_SECRETS)["jupyterhub"]["hub"]["config"]
    differing = [
        f"{section}.{key}"
        for section in LOG_IN_SECTIONS
        for key in sorted({*expected[section], *_group(_group(hub, "config"), section)})
        if expected[section].get(key) != _group(_group(hub, "config"), section).get(key)
    ]
    if differing:
        told = f"let in members of {tenancy.notebook_users_group}, and differ from the stack file in"
        return warning(WHAT, f"{told} {', '.join(differing)}", _AS_STACK, differing=differing)
    return good(WHAT, f"let in members of {tenancy.notebook_users_group} and {_named(tenancy)}, by FreeIPA's password")


def _lets_in_others(tenancy: Tenancy, config: Mapping[str, Any], extra_config: Mapping[str, Any]) -> Iterator[str]:
    authenticator = _group(config, "JupyterHub").get("authenticator_class")
    if authenticator != "ldap":
        yield f"JupyterHub.authenticator_class is {authenticator or 'not set'}, not ldap"
    if "components.in_hub.configure" not in str(extra_config.get("pangeo")):
        yield "hub.extraConfig.pangeo, which checks groups and says why somebody is refused, is not this program's"
    for section in LOG_IN_SECTIONS:
        if _group(config, section).get("allow_all"):
            yield f"{section}.allow_all lets every directory user in"
    groups = _group(config, "LDAPAuthenticator").get("allowed_groups") or []
    if tenancy.notebook_users_group_dn not in groups:
        yield f"allowed_groups is {', '.join(groups) or 'empty'} and lacks {tenancy.notebook_users_group_dn}"
    if _group(_group(config, "LDAPAuthenticator"), "tls_kwargs").get("validate") != 2:
        yield "the directory's certificate is not verified (LDAPAuthenticator.tls_kwargs.validate is not 2)"


def _group(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = settings.get(key)
    return found if isinstance(found, Mapping) else {}


def _named(tenancy: Tenancy) -> str:
    return ", ".join(tenancy.identity.admin_users)
