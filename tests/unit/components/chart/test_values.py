"""What the program sets in the two charts."""

import re
from typing import Any

import pytest

from components.chart.values import memory
from tests.support.rendered_values import SECRETS, values
from tests.support.tenancies import CA_CERTIFICATE


def hub_config(**changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = values(**changes)["jupyterhub"]["hub"]["config"]
    return config


def test_log_in_is_by_ldap_for_one_group_and_the_named_admins_only() -> None:
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
    }


def test_members_of_the_admins_group_may_log_in_and_no_other_group_opens_the_hub() -> None:
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
        "log_in_lasts_seconds": 24 * 3600,
    }


def test_a_log_in_lasts_a_day_for_browsers_and_for_tokens() -> None:
    config = hub_config()

    assert config["JupyterHub"]["cookie_max_age_days"] == 1
    assert config["FreeIpaAuthenticator"]["log_in_lasts_seconds"] == 24 * 3600


def test_a_proxy_that_lost_its_routes_has_them_back_within_half_a_minute() -> None:
    assert hub_config()["JupyterHub"]["last_activity_interval"] == 30


def test_a_notebook_of_little_cpu_may_take_two_minutes_to_answer() -> None:
    assert hub_config()["KubeSpawner"]["http_timeout"] == 120


def test_nobody_is_made_or_unmade_an_admin_by_a_group_unless_one_is_named() -> None:
    assert hub_config()["FreeIpaAuthenticator"]["admin_group"] == ""


def test_a_profile_says_which_groups_it_is_for_only_when_it_is_for_some() -> None:
    profiles = [{"name": "Large", "groups": ["Modellers"]}, {"name": "Small"}]

    large, small = values(notebook={"profiles": profiles})["jupyterhub"]["singleuser"]["profileList"]

    assert large["groups"] == ["modellers"]
    assert "groups" not in small


@pytest.mark.parametrize("name", ["alice", "1eve", "_x", "j.doe-2", ".dot", "a" * 255])
def test_user_names_of_freeipa_can_log_in(name: str) -> None:
    assert re.fullmatch(hub_config()["LDAPAuthenticator"]["valid_username_regex"], name)


@pytest.mark.parametrize("name", ["", "Alice", ".", "..", "-x", "a b", "a/b", "a*", "a)(uid=*", "a,cn=b", "a\n", "ä"])
def test_what_is_no_user_name_of_freeipa_cannot(name: str) -> None:
    assert not re.fullmatch(hub_config()["LDAPAuthenticator"]["valid_username_regex"], name)


def test_the_directorys_certificate_is_verified() -> None:
    assert hub_config()["LDAPAuthenticator"]["tls_kwargs"] == {"validate": 2}
    assert hub_config(identity__caCertificate=CA_CERTIFICATE)["LDAPAuthenticator"]["tls_kwargs"] == {
        "validate": 2,
        "ca_certs_data": CA_CERTIFICATE,
    }


@pytest.mark.parametrize(("tls", "strategy", "port"), [("ldaps", "on_connect", 636), ("starttls", "before_bind", 389)])
def test_every_connection_is_ldaps_or_starttls(tls: str, strategy: str, port: int) -> None:
    ldap = hub_config(identity__tls=tls)["LDAPAuthenticator"]

    assert (ldap["tls_strategy"], ldap["server_port"]) == (strategy, port)


def test_a_notebook_is_guaranteed_what_it_is_limited_to() -> None:
    notebook = values(notebookCpus=1.5, notebookRamGb=2.5)["jupyterhub"]["singleuser"]

    assert notebook["cpu"] == {"limit": 1.5, "guarantee": 1.5}
    assert notebook["memory"] == {"limit": "2.5G", "guarantee": "2.5G"}


@pytest.mark.parametrize(("ram_gb", "written"), [(2, "2G"), (1.5, "1.5G"), (0.25, "0.25G"), (1024, "1024G")])
def test_memory_is_in_the_notation_jupyterhub_reads(ram_gb: float, written: str) -> None:
    assert memory(ram_gb) == written


def test_a_home_has_the_given_size_and_class() -> None:
    storage = values(notebookStorageGb=25, storage={"className": "csi-cinder"})["jupyterhub"]["singleuser"]["storage"]

    assert storage["capacity"] == "25Gi"
    assert storage["dynamic"]["storageClass"] == "csi-cinder"


def test_homes_are_never_deleted_with_a_user_nor_users_culled() -> None:
    assert hub_config()["KubeSpawner"]["delete_pvc"] is False
    assert values()["jupyterhub"]["cull"]["users"] is False


def test_the_hubs_database_outlives_the_release_while_protected() -> None:
    def annotations(**changes: Any) -> Any:
        return values(**changes)["jupyterhub"]["hub"]["db"]["pvc"]["annotations"]

    assert annotations() == {"helm.sh/resource-policy": "keep"}
    assert annotations(protect=False) == {}


def test_all_four_secrets_are_given_so_that_no_render_makes_its_own() -> None:
    rendered = values()["jupyterhub"]

    assert rendered["proxy"]["secretToken"] == SECRETS.proxy_token
    assert rendered["hub"]["cookieSecret"] == SECRETS.cookie_secret
    assert rendered["hub"]["config"]["CryptKeeper"]["keys"] == [SECRETS.crypt_key]
    assert rendered["hub"]["services"]["dask-gateway"]["apiToken"] == SECRETS.gateway_token


def test_without_dask_nothing_of_the_gateway_is_left() -> None:
    without = values(dask={"enabled": False})

    assert without["dask-gateway"] == {"enabled": False}
    assert without["jupyterhub"]["hub"]["services"] == {}
    assert without["jupyterhub"]["hub"]["loadRoles"] == {}
    assert without["jupyterhub"]["singleuser"]["extraEnv"] == {}


def test_a_notebook_pod_may_not_raise_its_privileges() -> None:
    notebook = values()["jupyterhub"]["singleuser"]

    assert notebook["allowPrivilegeEscalation"] is False
    assert notebook["cloudMetadata"] == {"blockWithIptables": False}
    assert notebook["networkPolicy"]["enabled"] is True
    assert hub_config()["KubeSpawner"]["container_security_context"] == {"capabilities": {"drop": ["ALL"]}}


def test_the_log_in_page_names_the_group_that_may_log_in() -> None:
    announcement = hub_config()["JupyterHub"]["template_vars"]["announcement_login"]

    assert "vis_pangeo_notebook_users" in announcement
