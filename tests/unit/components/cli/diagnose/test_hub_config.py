import copy
from typing import Any

import pytest

from components.chart.secrets import HubSecrets
from components.chart.values import chart_values
from components.cli.diagnose.hub_config import hub_settings
from components.cli.diagnose.result import State
from tests.support.tenancies import tenancy

SECRETS = HubSecrets(proxy_token="p", cookie_secret="c", crypt_key="k", gateway_token="g")
VIS = tenancy()


def deployed(path: str = "", value: object = None) -> dict[str, Any]:
    """The chart's values as deployed from the stack file, with one changed; ``hub.config.X.y`` names it."""
    values: dict[str, Any] = copy.deepcopy(chart_values(VIS, SECRETS)["jupyterhub"])
    if path:
        *groups, key = path.split(".")
        inner = values
        for group in groups:
            inner = inner[group]
        inner[key] = value
    return values


def test_what_the_program_deploys_is_good() -> None:
    found = hub_settings(VIS, deployed())

    assert found.state is State.GOOD
    assert found.told == "let in members of vis_pangeo_notebook_users and admin, by FreeIPA's password"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("hub.config.JupyterHub.authenticator_class", "dummy", "authenticator_class is dummy, not ldap"),
        ("hub.config.JupyterHub.authenticator_class", None, "authenticator_class is not set, not ldap"),
        ("hub.config.Authenticator.allow_all", True, "Authenticator.allow_all lets every directory user in"),
        ("hub.config.LDAPAuthenticator.allow_all", True, "LDAPAuthenticator.allow_all lets every directory user in"),
        ("hub.config.LDAPAuthenticator.allowed_groups", [], "allowed_groups is empty and lacks cn=vis_pangeo"),
        ("hub.config.LDAPAuthenticator.allowed_groups", None, "allowed_groups is empty and lacks cn=vis_pangeo"),
        ("hub.config.LDAPAuthenticator.tls_kwargs", {"validate": 0}, "certificate is not verified"),
        ("hub.config.LDAPAuthenticator", None, "allowed_groups is empty"),
        ("hub.extraConfig", {}, "hub.extraConfig.pangeo"),
        ("hub.config", None, "authenticator_class is not set"),
        ("hub", "nonsense", "authenticator_class is not set"),
    ],
)
def test_whoever_could_come_in_that_should_not_breaks_the_chain(path: str, value: object, told: str) -> None:
    found = hub_settings(VIS, deployed(path, value))

    assert found.state is State.BROKEN
    assert told in found.told
    assert found.do.startswith("run pulumi up")


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("hub.config.FreeIpaAuthenticator.servers", ["old.example.org:636"], "FreeIpaAuthenticator.servers"),
        ("hub.config.FreeIpaAuthenticator.nested_groups", True, "FreeIpaAuthenticator.nested_groups"),
        ("hub.config.Authenticator.admin_users", ["eve"], "Authenticator.admin_users"),
        ("hub.config.Authenticator.auto_login", True, "Authenticator.auto_login"),
    ],
)
def test_other_differences_from_the_stack_file_are_named(path: str, value: object, key: str) -> None:
    found = hub_settings(VIS, deployed(path, value))

    assert found.state is State.WARNING
    assert found.as_json()["differing"] == [key]
