"""Permissions in the hub and profiles of notebook servers: only those of the program."""

from typing import Any

import pytest

from tests.unit.policies import declared

CONFIG = "hub__config__"
NOTEBOOK = {"display_name": "Notebook", "kubespawner_override": {}}


def check(rule: str, **changes: Any) -> list[str]:
    return declared.check(rule, declared.release(**changes)).messages


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hub__loadRoles__user__scopes": ["self", "access:servers"]}, "hub.loadRoles.user is"),
        ({"hub__loadRoles__all": {"scopes": ["admin:users"], "users": ["mallory"]}}, "hub.loadRoles.all is not part"),
        ({"hub__loadRoles": [{"name": "all"}]}, "hub.loadRoles is"),
        ({"hub__services__spy": {"admin": True, "apiToken": "x"}}, "hub.services.spy is not part"),
        ({"hub__services__dask-gateway__admin": True}, "hub.services.dask-gateway is"),
        ({"hub__services__dask-gateway__url": "http://elsewhere"}, "hub.services.dask-gateway is"),
        ({"hub__loadGroups": {"admins": ["mallory"]}}, "hub.loadGroups.admins is not part"),
        ({f"{CONFIG}JupyterHub__load_roles": [{"name": "user"}]}, "JupyterHub.load_roles is"),
        ({f"{CONFIG}JupyterHub__services": [{"name": "spy"}]}, "JupyterHub.services is"),
        ({f"{CONFIG}JupyterHub__api_tokens": {"t": "mallory"}}, "JupyterHub.api_tokens is"),
        ({f"{CONFIG}JupyterHub__service_tokens": {"t": "spy"}}, "JupyterHub.service_tokens is"),
        ({f"{CONFIG}JupyterHub__admin_users": ["mallory"]}, "JupyterHub.admin_users is"),
        ({f"{CONFIG}JupyterHub__custom_scopes": {"custom:x": {}}}, "JupyterHub.custom_scopes is"),
        ({f"{CONFIG}KubeSpawner__server_token_scopes": ["inherit"]}, "KubeSpawner.server_token_scopes is"),
        ({f"{CONFIG}Spawner__oauth_client_allowed_scopes": ["self"]}, "Spawner.oauth_client_allowed_scopes is"),
        ({f"{CONFIG}LDAPAuthenticator__admin_groups": ["ipausers"]}, "LDAPAuthenticator.admin_groups is"),
        ({f"{CONFIG}Authenticator__manage_roles": True}, "Authenticator.manage_roles is"),
        ({f"{CONFIG}FreeIpaAuthenticator__manage_groups": False}, "FreeIpaAuthenticator.manage_groups is"),
    ],
)
def test_further_permissions_are_refused(changes: dict[str, Any], message: str) -> None:
    (found,) = check("known-permissions", **changes)
    assert message in found


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ({"delete_pvc": True}, "delete_pvc"),
        ({"privileged": True}, "privileged"),
        ({"extra_containers": [{"name": "x"}]}, "extra_containers"),
        ({"init_containers": [{"name": "x"}]}, "init_containers"),
        ({"uid": 0}, "uid"),
        ({"service_account": "hub"}, "service_account"),
        ({"volumes": [{"hostPath": {"path": "/"}}]}, "volumes"),
        ({"extra_pod_config": {"hostNetwork": True}}, "extra_pod_config"),
        ({"extra_labels": {"hub.jupyter.org/network-access-proxy-api": "true"}}, "extra_labels"),
        ({"container_security_context": {}}, "container_security_context"),
        ({"args": ["x"]}, "args"),
        ({"namespace": "kube-system"}, "namespace"),
    ],
)
def test_a_profile_changes_only_size_image_and_variables(override: dict[str, Any], key: str) -> None:
    profile = {"display_name": "Free", "kubespawner_override": override}
    (found,) = check("profiles-change-sizes", singleuser__profileList=[NOTEBOOK, profile])
    assert found.startswith(
        f"singleuser.profileList[1].kubespawner_override.{key}: a profile may change only cpu_limit"
    )


def test_a_choice_changes_only_size_image_and_variables() -> None:
    options = {"size": {"choices": {"free": {"kubespawner_override": {"privileged": True}}}}}
    (found,) = check("profiles-change-sizes", singleuser__profileList=[{**NOTEBOOK, "profile_options": options}])
    place = "singleuser.profileList[0].profile_options.size.choices.free"
    assert found.startswith(f"{place}.kubespawner_override.privileged: a profile may change only cpu_limit")


def test_written_image_changes_only_the_image() -> None:
    options = {"image": {"unlisted_choice": {"enabled": True, "kubespawner_override": {"image": "{value}", "uid": 0}}}}
    (found,) = check("profiles-change-sizes", singleuser__profileList=[{**NOTEBOOK, "profile_options": options}])
    assert found.startswith("singleuser.profileList[0].profile_options.image.unlisted_choice.kubespawner_override.uid:")


@pytest.mark.parametrize("class_name", ["KubeSpawner", "Spawner"])
@pytest.mark.parametrize("trait", ["profile_list", "options_form"])
def test_profiles_are_set_in_one_place_only(class_name: str, trait: str) -> None:
    (found,) = check("profiles-change-sizes", **{f"{CONFIG}{class_name}__{trait}": [NOTEBOOK]})
    assert found.startswith(f"hub.config.{class_name}.{trait} is set")


def test_size_and_image_of_a_profile_are_accepted() -> None:
    sizes = {"cpu_limit": 2, "cpu_guarantee": 2, "mem_limit": "2G", "mem_guarantee": "2G", "image": "a/b:1"}
    profile = {"display_name": "Large", "default": True, "groups": ["a"], "kubespawner_override": sizes}
    assert check("profiles-change-sizes", singleuser__profileList=[profile]) == []
