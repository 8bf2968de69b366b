"""The values that the program sets in the two charts."""

import re
from typing import Any

import pytest

from components.chart.profiles import memory
from components.chart.server_code import HOME_VARIABLES
from components.chart.values import NEVER_IDLE_SECONDS, chart_values
from policies.secret_paths import is_secret
from policies.tree import leaves
from tests.support.rendered_values import values
from tests.support.tenancies import CA_CERTIFICATE, tenancy


def hub_config(**changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = values(**changes)["jupyterhub"]["hub"]["config"]
    return config


def test_only_the_group_and_named_admins_may_log_in() -> None:
    config = hub_config()

    assert config["JupyterHub"]["authenticator_class"] == "ldap"
    assert config["LDAPAuthenticator"]["allowed_groups"] == [
        "cn=vis_pangeo_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"
    ]
    assert config["Authenticator"] == {
        "admin_users": ["admin"],
        "allowed_users": ["admin"],
        "allow_existing_users": False,
        "enable_auth_state": True,
        "refresh_pre_spawn": True,
        "auth_refresh_age": -1,
    }


def test_usage_is_recorded_for_three_years_unless_the_stack_file_says_otherwise() -> None:
    assert hub_config()["UsageRecorder"] == {"keep_days": 1096}
    assert hub_config(usage={"keepDays": 0})["UsageRecorder"] == {"keep_days": 0}


def test_admins_group_may_log_in_and_profile_groups_may_not() -> None:
    groups = "cn=groups,cn=accounts,dc=example,dc=org"
    identity = {
        "server": ["ipa1.example.org", "ipa2.example.org:6360"],
        "realm": "EXAMPLE.ORG",
        "adminGroup": "Boffins",
    }
    identity["bindDn"] = "uid=d,dc=example,dc=org"
    profiles = [{"name": "Large", "groups": ["modellers", "astronomers"]}, {"name": "Small"}]

    config = hub_config(identity=identity, notebook={"profiles": profiles})

    assert config["LDAPAuthenticator"]["allowed_groups"] == [
        f"cn=vis_pangeo_notebook_users,{groups}",
        f"cn=boffins,{groups}",
    ]
    assert config["FreeIpaAuthenticator"] == {
        "servers": ["ipa1.example.org:636", "ipa2.example.org:6360"],
        "admin_group": f"cn=boffins,{groups}",
        "profile_groups": [f"cn=astronomers,{groups}", f"cn=modellers,{groups}"],
        "nested_groups": False,
        "manage_groups": True,
        "log_in_lasts_seconds": 24 * 3600,
        "dask_namespace": "vis-pangeo",
    }


def test_log_in_lasts_one_day_for_browsers_and_tokens() -> None:
    config = hub_config()

    assert config["JupyterHub"]["cookie_max_age_days"] == 1
    assert config["FreeIpaAuthenticator"]["log_in_lasts_seconds"] == 24 * 3600


def test_proxy_routes_are_checked_every_half_minute() -> None:
    assert hub_config()["JupyterHub"]["last_activity_interval"] == 30


def test_server_may_take_two_minutes_to_answer() -> None:
    assert hub_config()["KubeSpawner"]["http_timeout"] == 120


def test_no_group_of_admins_by_default() -> None:
    assert hub_config()["FreeIpaAuthenticator"]["admin_group"] == ""


def test_profile_has_groups_only_if_it_is_limited_to_some() -> None:
    profiles = [{"name": "Large", "groups": ["Modellers"]}, {"name": "Small"}]

    large, small = values(notebook={"profiles": profiles})["jupyterhub"]["singleuser"]["profileList"]

    assert large["groups"] == ["modellers"]
    assert "groups" not in small


def test_names_and_descriptions_of_profiles_are_text_and_not_html() -> None:
    profiles = [{"name": "CPU & <b>GPU</b>", "description": "<script>alert(1)</script>"}]

    (profile,) = values(notebook={"profiles": profiles})["jupyterhub"]["singleuser"]["profileList"]

    assert profile["display_name"] == "CPU &amp; &lt;b&gt;GPU&lt;/b&gt;"
    assert profile["description"] == "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.parametrize("name", ["alice", "1eve", "_x", "j.doe-2", ".dot", "a" * 255])
def test_user_names_of_freeipa_can_log_in(name: str) -> None:
    assert re.fullmatch(hub_config()["LDAPAuthenticator"]["valid_username_regex"], name)


@pytest.mark.parametrize("name", ["", "Alice", ".", "..", "-x", "a b", "a/b", "a*", "a)(uid=*", "a,cn=b", "a\n", "ä"])
def test_invalid_user_names_cannot_log_in(name: str) -> None:
    assert not re.fullmatch(hub_config()["LDAPAuthenticator"]["valid_username_regex"], name)


def test_directory_certificate_is_verified() -> None:
    assert hub_config()["LDAPAuthenticator"]["tls_kwargs"] == {"validate": 2}
    assert hub_config(identity__caCertificate=CA_CERTIFICATE)["LDAPAuthenticator"]["tls_kwargs"] == {
        "validate": 2,
        "ca_certs_data": CA_CERTIFICATE,
    }


@pytest.mark.parametrize(("tls", "strategy", "port"), [("ldaps", "on_connect", 636), ("starttls", "before_bind", 389)])
def test_every_connection_is_ldaps_or_starttls(tls: str, strategy: str, port: int) -> None:
    ldap = hub_config(identity__tls=tls)["LDAPAuthenticator"]

    assert (ldap["tls_strategy"], ldap["server_port"]) == (strategy, port)


def test_notebook_limits_equal_its_guarantees() -> None:
    notebook = values(notebookCpus=1.5, notebookRamGb=2.5)["jupyterhub"]["singleuser"]

    assert notebook["cpu"] == {"limit": 1.5, "guarantee": 1.5}
    assert notebook["memory"] == {"limit": "2.5G", "guarantee": "2.5G"}


@pytest.mark.parametrize(
    ("ram_gb", "written"),
    [(2, "2G"), (1.5, "1.5G"), (0.25, "0.25G"), (1024, "1024G"), (3.7252902984, "3.7252902984G"), (0.1, "0.1G")],
)
def test_memory_has_jupyterhubs_notation(ram_gb: float, written: str) -> None:
    assert memory(ram_gb) == written
    assert int(float(written[:-1]) * 1024**3) == int(ram_gb * 1024**3), "as JupyterHub reads it"


def test_home_has_the_configured_size_and_class() -> None:
    storage = values(notebookStorageGb=25, storage={"className": "csi-cinder"})["jupyterhub"]["singleuser"]["storage"]

    assert storage["capacity"] == "25Gi"
    assert storage["dynamic"]["storageClass"] == "csi-cinder"


def test_homes_and_users_are_never_deleted() -> None:
    assert hub_config()["KubeSpawner"]["delete_pvc"] is False
    assert values()["jupyterhub"]["cull"]["users"] is False


def test_further_servers_are_limited_and_forgotten_when_idle() -> None:
    def settings(further: int) -> list[Any]:
        rendered = values(notebook={"furtherServers": further})["jupyterhub"]
        keys = ("hub", "allowNamedServers"), ("hub", "namedServerLimitPerUser"), ("cull", "removeNamedServers")
        return [rendered[section].get(key) for section, key in keys]

    assert settings(0) == [None, None, None]
    assert settings(2) == [True, 2, True]
    assert values(notebook={"furtherServers": 0}) == values()


def test_servers_that_are_never_idle_are_not_stopped_after_the_cullers_own_time() -> None:
    """The chart omits a time of 0."""

    def cull(**culling: int) -> tuple[bool, int, int]:
        found = values(notebook__culling=culling)["jupyterhub"]["cull"]
        return found["enabled"], found["timeout"], found["maxAge"]

    assert cull(idleMinutes=0, maxAgeHours=24) == (True, NEVER_IDLE_SECONDS, 24 * 3600)
    assert cull(idleMinutes=0)[0] is False
    assert cull(idleMinutes=5) == (True, 300, 0)


def test_protected_hub_database_outlives_the_release() -> None:
    def annotations(**changes: Any) -> Any:
        return values(**changes)["jupyterhub"]["hub"]["db"]["pvc"]["annotations"]

    assert annotations() == {"helm.sh/resource-policy": "keep"}
    assert annotations(protect=False) == {}


def test_values_contain_no_secret() -> None:
    found = [path for path, value in leaves(values()) if is_secret(path) and value]

    assert found == []


def test_new_secrets_restart_the_gateway() -> None:
    rendered = chart_values(tenancy(), secrets_digest="5" * 64)

    assert "5" * 64 in rendered["dask-gateway"]["gateway"]["annotations"].values()


def test_values_without_dask_do_not_mention_the_gateway() -> None:
    without = values(dask={"enabled": False})

    assert without["dask-gateway"] == {"enabled": False}
    assert "dask-gateway" not in without["jupyterhub"]["hub"]["services"]
    assert "dask-gateway" not in str(without["jupyterhub"]["hub"]["loadRoles"])
    assert without["jupyterhub"]["singleuser"]["extraEnv"] == HOME_VARIABLES


def test_notebook_pod_cannot_escalate_privileges() -> None:
    notebook = values()["jupyterhub"]["singleuser"]

    assert notebook["allowPrivilegeEscalation"] is False
    assert notebook["cloudMetadata"] == {"blockWithIptables": False}
    assert notebook["networkPolicy"]["enabled"] is True
    assert hub_config()["KubeSpawner"]["container_security_context"] == {"capabilities": {"drop": ["ALL"]}}


def test_log_in_page_names_the_users_group() -> None:
    announcement = hub_config()["JupyterHub"]["template_vars"]["announcement_login"]

    assert "vis_pangeo_notebook_users" in announcement
