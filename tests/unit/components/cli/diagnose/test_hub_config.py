import copy
from typing import Any

import pytest

from components.chart.values import chart_values
from components.cli.diagnose.hub_config import check_hub_settings
from components.cli.diagnose.result import Status
from tests.support.tenancies import tenancy

VIS = tenancy()


def deployed(path: str = "", value: object = None) -> dict[str, Any]:
    """The chart's values as deployed from the stack file, with one changed; ``hub.config.X.y`` names it."""
    values: dict[str, Any] = copy.deepcopy(chart_values(VIS)["jupyterhub"])
    if path:
        *groups, key = path.split(".")
        inner = values
        for group in groups:
            inner = inner[group]
        inner[key] = value
    return values


def test_deployed_settings_are_good() -> None:
    found = check_hub_settings(VIS, deployed())

    assert found.status is Status.GOOD
    assert (
        found.message
        == "members of vis_pangeo_notebook_users can log in, and the admins admin, with their FreeIPA passwords"
    )


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("hub.config.JupyterHub.authenticator_class", "dummy", "authenticator_class is dummy, not ldap"),
        ("hub.config.JupyterHub.authenticator_class", None, "authenticator_class is not set, not ldap"),
        ("hub.config.Authenticator.allow_all", True, "Authenticator.allow_all lets every directory user log in"),
        (
            "hub.config.LDAPAuthenticator.allow_all",
            True,
            "LDAPAuthenticator.allow_all lets every directory user log in",
        ),
        ("hub.config.LDAPAuthenticator.allowed_groups", [], "allowed_groups is empty and lacks cn=vis_pangeo"),
        ("hub.config.LDAPAuthenticator.allowed_groups", None, "allowed_groups is empty and lacks cn=vis_pangeo"),
        ("hub.config.LDAPAuthenticator.tls_kwargs", {"validate": 0}, "certificate is not verified"),
        ("hub.config.LDAPAuthenticator", None, "allowed_groups is empty"),
        ("hub.extraConfig", {}, "hub.extraConfig.pangeo"),
        ("hub.config", None, "authenticator_class is not set"),
        ("hub", "nonsense", "authenticator_class is not set"),
    ],
)
def test_settings_that_let_others_log_in_are_broken(path: str, value: object, message: str) -> None:
    found = check_hub_settings(VIS, deployed(path, value))

    assert found.status is Status.BROKEN
    assert message in found.message
    assert found.fix.startswith("run pulumi up")


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("hub.config.FreeIpaAuthenticator.servers", ["old.example.org:636"], "FreeIpaAuthenticator.servers"),
        ("hub.config.FreeIpaAuthenticator.nested_groups", True, "FreeIpaAuthenticator.nested_groups"),
        ("hub.config.Authenticator.admin_users", ["eve"], "Authenticator.admin_users"),
        ("hub.config.Authenticator.auto_login", True, "Authenticator.auto_login"),
    ],
)
def test_other_differences_are_warnings(path: str, value: object, key: str) -> None:
    found = check_hub_settings(VIS, deployed(path, value))

    assert found.status is Status.WARNING
    assert found.as_json()["differing"] == [key]
