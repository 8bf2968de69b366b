"""Log-in: the users, and the check of their passwords."""

from typing import Any

import pytest

from components.chart.mounted_code import hub_code
from tests.support.rendered_values import values
from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED

LDAP = "hub__config__LDAPAuthenticator__"
GROUP_DN = "cn=vis_pangeo_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"
ADMINS_DN = "cn=pangeo_admins,cn=groups,cn=accounts,dc=example,dc=org"


def check_release(rule: str, **changes: Any) -> list[str]:
    return declared.check(rule, declared.release(**changes)).messages


@pytest.mark.parametrize("name", ["dummy", "null", "pam", "shared-password", "tmp", "nativeauthenticator.Native"])
def test_only_the_directory_checks_passwords(name: str) -> None:
    (message,) = check_release("log-in-by-directory", hub__config__JupyterHub__authenticator_class=name)
    assert message.endswith(f'authenticator_class is "{name}", which does not check passwords in the directory')


def test_the_charts_default_authenticator_is_refused() -> None:
    (message,) = check_release("log-in-by-directory", hub__config__JupyterHub__authenticator_class=REMOVED)
    assert "is not set; the chart's default, dummy, accepts any password" in message


@pytest.mark.parametrize("kind", ["simple", None])
def test_the_dask_gateway_checks_users_with_the_hub(kind: str | None) -> None:
    (message,) = declared.check("log-in-by-directory", declared.gateway(gateway__auth__type=kind)).messages
    assert "the gateway would accept any user name" in message


@pytest.mark.parametrize("class_name", ["Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator"])
@pytest.mark.parametrize("value", [True, "true", 1])
def test_allow_all_is_refused_in_every_class(class_name: str, value: object) -> None:
    (message,) = check_release("log-in-by-group", **{f"hub__config__{class_name}__allow_all": value})
    assert message.startswith(f"hub.config.{class_name}.allow_all is")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (REMOVED, "hub.config.LDAPAuthenticator.allowed_groups is not set: group membership would not be checked"),
        ([], "hub.config.LDAPAuthenticator.allowed_groups is empty: group membership would not be checked"),
        (
            [GROUP_DN, "cn=ipausers,cn=groups,cn=accounts,dc=example,dc=org"],
            "hub.config.LDAPAuthenticator.allowed_groups contains cn=ipausers,cn=groups,cn=accounts,dc=example,dc=org, "
            f"which is not {GROUP_DN}",
        ),
        (
            [GROUP_DN, "cn=vis_pangeo_notebook_users,cn=elsewhere,dc=example,dc=org"],
            "hub.config.LDAPAuthenticator.allowed_groups contains cn=vis_pangeo_notebook_users,cn=elsewhere,"
            f"dc=example,dc=org, which is not {GROUP_DN}",
        ),
        (
            [GROUP_DN, GROUP_DN.replace("dc=example", "dc=other")],
            "hub.config.LDAPAuthenticator.allowed_groups contains cn=vis_pangeo_notebook_users,cn=groups,cn=accounts,"
            f"dc=other,dc=org, which is not {GROUP_DN}",
        ),
    ],
)
def test_only_the_tenancys_group_may_log_in(groups: object, message: str) -> None:
    assert check_release("log-in-by-group", **{f"{LDAP}allowed_groups": groups}) == [message]


def test_an_empty_group_list_of_the_subclass_is_refused() -> None:
    (message,) = check_release("log-in-by-group", hub__config__FreeIpaAuthenticator__allowed_groups=[])
    assert message.startswith("hub.config.FreeIpaAuthenticator.allowed_groups is empty")


def test_another_tenancys_group_is_refused() -> None:
    other = GROUP_DN.replace("vis_pangeo", "other")
    assert check_release("log-in-by-group", **{f"{LDAP}allowed_groups": [other]}) == [
        f"hub.config.LDAPAuthenticator.allowed_groups does not contain the tenancy's group {GROUP_DN}",
        f"hub.config.LDAPAuthenticator.allowed_groups contains {other}, which is not {GROUP_DN}",
    ]


def test_the_configured_admins_group_may_log_in() -> None:
    with_admins = declared.release(**{f"{LDAP}allowed_groups": [GROUP_DN, ADMINS_DN]})
    assert declared.check("log-in-by-group", with_admins).messages
    stack = declared.config(identity__adminGroup="pangeo_admins")
    both = {f"{LDAP}allowed_groups": [GROUP_DN, ADMINS_DN], "hub__config__FreeIpaAuthenticator__admin_group": ADMINS_DN}
    assert declared.check("log-in-by-group", declared.release(**both), stack=stack).messages == []


def test_only_configured_admins_may_log_in_by_name() -> None:
    more = declared.release(hub__config__Authenticator__allowed_users=["admin", "eve"])
    (message,) = declared.check("log-in-by-group", more).messages
    assert message == (
        "hub.config.Authenticator.allowed_users contains admin, eve; for pangeo:identity.adminUsers it must be admin"
    )
    stack = declared.config(identity__adminUsers=["admin", "eve"])
    both = {trait: ["eve", "admin"] for trait in ("allowed_users", "admin_users")}
    configured = declared.release(**{f"hub__config__Authenticator__{trait}": users for trait, users in both.items()})
    assert declared.check("log-in-by-group", configured, stack=stack).messages == []


@pytest.mark.parametrize("value", [True, "false", REMOVED])
def test_existing_users_are_not_admitted_automatically(value: object) -> None:
    assert len(check_release("no-allow-existing-users", hub__config__Authenticator__allow_existing_users=value)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({f"{LDAP}tls_strategy": "insecure"}, 'tls_strategy is "insecure"; passwords would be sent unencrypted'),
        ({f"{LDAP}tls_strategy": REMOVED}, "tls_strategy is not set"),
        ({f"{LDAP}tls_kwargs": REMOVED}, "tls_kwargs is not set; ldap3 would accept any certificate"),
        ({f"{LDAP}tls_kwargs": {}}, "tls_kwargs.validate is null, not 2"),
        ({f"{LDAP}tls_kwargs": {"validate": 1}}, "tls_kwargs.validate is 1, not 2"),
        ({"hub__config__FreeIpaAuthenticator__tls_kwargs": {"validate": 0}}, "FreeIpaAuthenticator.tls_kwargs.valid"),
    ],
)
def test_the_directorys_certificate_is_verified(changes: dict[str, Any], message: str) -> None:
    (found,) = check_release("verified-directory-tls", **changes)
    assert message in found


def test_the_program_connects_to_the_directory_by_tls() -> None:
    assert declared.check("verified-directory-tls", declared.group(tls="starttls")).messages == []
    (message,) = declared.check("verified-directory-tls", declared.group(tls="none")).messages
    assert message == 'tls is "none"; the password of the program\'s account would be sent unencrypted'


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{LDAP}allowedGroups", "LDAPAuthenticator.allowedGroups is in camelCase; write allowed_groups"),
        (f"{LDAP}allowed_group", "is not a setting of LDAPAuthenticator; did you mean allowed_groups?"),
        ("hub__config__Authenticator__allowed_groups", "hub.config.Authenticator.allowed_groups is not a setting of"),
        ("hub__config__KubeSpawner__deletePvc", "is in camelCase; write delete_pvc"),
        ("hub__config__DummyAuthenticator__password", "hub.config.DummyAuthenticator is not a class of this hub"),
        ("hub__config__LdapAuthenticator__server_address", "did you mean LDAPAuthenticator?"),
    ],
)
def test_settings_that_the_hub_would_ignore_are_refused(path: str, message: str) -> None:
    (found,) = check_release("known-settings", **{path: "x"})
    assert message in found


def test_inherited_settings_are_known() -> None:
    assert check_release("known-settings", hub__config__FreeIpaAuthenticator__allowed_groups=[GROUP_DN]) == []
    assert check_release("known-settings", hub__config__KubeSpawner__default_url="/lab") == []


def test_additional_hub_code_must_be_listed() -> None:
    foreign = declared.release(hub__extraConfig__zz="c.Authenticator.allow_all = True")
    (message,) = declared.check("reviewed-hub-code", foreign).messages
    assert message.startswith("hub.extraConfig.zz is not part of this project")
    assert declared.check("reviewed-hub-code", foreign, organisation={"furtherPieces": ["zz"]}).messages == []


def test_changed_or_missing_hub_code_is_refused() -> None:
    files = {**values()["jupyterhub"]["hub"]["extraFiles"]}
    piece = next(iter(files))
    files[piece] = {**files[piece], "stringData": files[piece]["stringData"] + "\n# more"}
    (message,) = check_release("reviewed-hub-code", hub__extraFiles=files)
    assert message == f"hub.extraFiles.{piece} differs from the code in this checkout"
    assert check_release("reviewed-hub-code", hub__extraConfig=REMOVED) == [
        f"hub.extraConfig.{name} is missing" for name in hub_code()["extraConfig"]
    ]


def test_values_from_a_secret_are_refused() -> None:
    (message,) = check_release("reviewed-hub-code", hub__existingSecret="more-values")
    assert "do not appear in a preview" in message


def test_the_group_is_named_after_the_cluster() -> None:
    (message,) = declared.check("group-name", declared.group(name="vis-pangeo_notebook_users")).messages
    assert message == (
        'name is "vis-pangeo_notebook_users"; for pangeo:clusterName vis-pangeo it must be vis_pangeo_notebook_users'
    )


@pytest.mark.parametrize("class_name", ["Authenticator", "FreeIpaAuthenticator"])
@pytest.mark.parametrize("trait", ["admin_users", "allowed_users"])
@pytest.mark.parametrize("users", [["admin", "mallory"], ["mallory"], [], "mallory"])
def test_admins_are_exactly_the_configured_ones(class_name: str, trait: str, users: object) -> None:
    """JupyterHub treats its admins as allowed users."""
    (message,) = check_release("log-in-by-group", **{f"hub__config__{class_name}__{trait}": users})
    assert message.startswith(f"hub.config.{class_name}.{trait} contains ")


@pytest.mark.parametrize("name", ["ipausers", "IPAUsers", "editors", "trust admins", "default smb group"])
def test_groups_of_ordinary_users_are_no_groups_of_admins(name: str) -> None:
    group = f"cn={name},cn=groups,cn=accounts,dc=example,dc=org"
    for changes in (
        {"hub__config__FreeIpaAuthenticator__admin_group": group},
        {"hub__config__LDAPAuthenticator__allowed_groups": [GROUP_DN, group]},
    ):
        release = declared.release(**changes)
        for stack in (declared.config(), declared.config(identity__adminGroup=name)):
            assert declared.check("log-in-by-group", release, stack=stack).messages
