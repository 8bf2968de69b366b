"""Log-in: what is refused, and with which words."""

from typing import Any

import pytest

from components.chart.mounted_code import hub_code
from tests.unit.policies import declared
from tests.unit.policies.declared import GONE

LDAP = "hub__config__LDAPAuthenticator__"
OUR_DN = "cn=vis_pangeo_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"
ADMINS_DN = "cn=pangeo_admins,cn=groups,cn=accounts,dc=example,dc=org"


def said(rule: str, **changes: Any) -> list[str]:
    return declared.of(rule, declared.release(**changes)).sentences


@pytest.mark.parametrize("name", ["dummy", "null", "pam", "shared-password", "tmp", "nativeauthenticator.Native"])
def test_only_the_directory_is_asked_for_passwords(name: str) -> None:
    (sentence,) = said("log-in-by-directory", hub__config__JupyterHub__authenticator_class=name)
    assert sentence.endswith(f'authenticator_class is "{name}", which does not ask the directory')


def test_the_charts_own_authenticator_is_not_taken() -> None:
    (sentence,) = said("log-in-by-directory", hub__config__JupyterHub__authenticator_class=GONE)
    assert "is not set; the chart's own is dummy" in sentence


@pytest.mark.parametrize("kind", ["simple", None])
def test_the_dask_gateway_asks_the_hub(kind: str | None) -> None:
    (sentence,) = declared.of("log-in-by-directory", declared.gateway(gateway__auth__type=kind)).sentences
    assert "the gateway would believe any name" in sentence


@pytest.mark.parametrize("class_name", ["Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator"])
@pytest.mark.parametrize("value", [True, "true", 1])
def test_allow_all_is_refused_wherever_it_stands(class_name: str, value: object) -> None:
    (sentence,) = said("log-in-by-group", **{f"hub__config__{class_name}__allow_all": value})
    assert sentence.startswith(f"hub.config.{class_name}.allow_all is")


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (GONE, "hub.config.LDAPAuthenticator.allowed_groups is not set: group membership would not be asked"),
        ([], "hub.config.LDAPAuthenticator.allowed_groups is empty: group membership would not be asked"),
        (
            [OUR_DN, "cn=ipausers,cn=groups,cn=accounts,dc=example,dc=org"],
            'hub.config.LDAPAuthenticator.allowed_groups holds "ipausers", which is not vis_pangeo_notebook_users',
        ),
        (
            [OUR_DN, "cn=vis_pangeo_notebook_users,cn=elsewhere,dc=example,dc=org"],
            'hub.config.LDAPAuthenticator.allowed_groups holds "cn=vis_pangeo_notebook_users,cn=elsewhere,'
            'dc=example,dc=org", which is not vis_pangeo_notebook_users',
        ),
    ],
)
def test_only_the_tenancys_group_may_log_in(groups: object, sentence: str) -> None:
    assert said("log-in-by-group", **{f"{LDAP}allowed_groups": groups}) == [sentence]


def test_an_empty_group_list_of_the_class_that_runs_is_seen() -> None:
    (sentence,) = said("log-in-by-group", hub__config__FreeIpaAuthenticator__allowed_groups=[])
    assert sentence.startswith("hub.config.FreeIpaAuthenticator.allowed_groups is empty")


def test_another_tenancys_group_is_refused_and_ours_is_missed() -> None:
    other = OUR_DN.replace("vis_pangeo", "other")
    assert said("log-in-by-group", **{f"{LDAP}allowed_groups": [other]}) == [
        "hub.config.LDAPAuthenticator.allowed_groups does not hold the tenancy's group vis_pangeo_notebook_users",
        'hub.config.LDAPAuthenticator.allowed_groups holds "other_notebook_users", '
        "which is not vis_pangeo_notebook_users",
    ]


def test_the_admins_group_may_log_in_where_the_configuration_names_it() -> None:
    with_admins = declared.release(**{f"{LDAP}allowed_groups": [OUR_DN, ADMINS_DN]})
    assert declared.of("log-in-by-group", with_admins).sentences
    stack = declared.config(identity__adminGroup="pangeo_admins")
    assert declared.of("log-in-by-group", with_admins, stack=stack).sentences == []


def test_nobody_is_let_in_by_name_but_the_admins_of_the_configuration() -> None:
    more = declared.release(hub__config__Authenticator__allowed_users=["admin", "eve"])
    (sentence,) = declared.of("log-in-by-group", more).sentences
    assert sentence == "hub.config.Authenticator.allowed_users lets eve in by name; only admin may be"
    stack = declared.config(identity__adminUsers=["admin", "eve"])
    assert declared.of("log-in-by-group", more, stack=stack).sentences == []


def test_without_a_cluster_name_the_group_cannot_be_told() -> None:
    (sentence,) = declared.of("log-in-by-group", declared.release(), stack={}).sentences
    assert "pangeo:clusterName is not in the stack's configuration" in sentence
    (sentence,) = declared.of("group-name", declared.group(), stack={}).sentences
    assert "pangeo:clusterName is not in the stack's configuration" in sentence


@pytest.mark.parametrize("value", [True, "false", GONE])
def test_who_was_there_once_is_not_let_in_for_that(value: object) -> None:
    assert len(said("no-allow-existing-users", hub__config__Authenticator__allow_existing_users=value)) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({f"{LDAP}tls_strategy": "insecure"}, 'tls_strategy is "insecure"; passwords would be sent in the clear'),
        ({f"{LDAP}tls_strategy": GONE}, "tls_strategy is not set"),
        ({f"{LDAP}tls_kwargs": GONE}, "tls_kwargs is not set; ldap3 would take any certificate"),
        ({f"{LDAP}tls_kwargs": {}}, "tls_kwargs.validate is null, not 2"),
        ({f"{LDAP}tls_kwargs": {"validate": 1}}, "tls_kwargs.validate is 1, not 2"),
        ({"hub__config__FreeIpaAuthenticator__tls_kwargs": {"validate": 0}}, "FreeIpaAuthenticator.tls_kwargs.valid"),
    ],
)
def test_the_directorys_certificate_is_verified(changes: dict[str, Any], sentence: str) -> None:
    (found,) = said("verified-directory-tls", **changes)
    assert sentence in found


def test_the_program_itself_reaches_the_directory_by_tls() -> None:
    assert declared.of("verified-directory-tls", declared.group(tls="starttls")).sentences == []
    (sentence,) = declared.of("verified-directory-tls", declared.group(tls="none")).sentences
    assert sentence == 'tls is "none"; the program\'s own password would be sent in the clear'


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"{LDAP}allowedGroups", "LDAPAuthenticator.allowedGroups is in camelCase; write allowed_groups"),
        (f"{LDAP}allowed_group", "no setting of LDAPAuthenticator; did you mean allowed_groups?"),
        ("hub__config__Authenticator__allowed_groups", "hub.config.Authenticator.allowed_groups is no setting of"),
        ("hub__config__KubeSpawner__deletePvc", "is in camelCase; write delete_pvc"),
        ("hub__config__DummyAuthenticator__password", "hub.config.DummyAuthenticator is no class of this hub"),
        ("hub__config__LdapAuthenticator__server_address", "did you mean LDAPAuthenticator?"),
    ],
)
def test_settings_that_the_hub_would_ignore_are_refused(path: str, sentence: str) -> None:
    (found,) = said("known-settings", **{path: "x"})
    assert sentence in found


def test_inherited_settings_are_known() -> None:
    assert said("known-settings", hub__config__FreeIpaAuthenticator__allowed_groups=[OUR_DN]) == []
    assert said("known-settings", hub__config__KubeSpawner__default_url="/lab") == []


def test_foreign_code_in_the_hub_is_refused_unless_it_is_listed() -> None:
    foreign = declared.release(hub__extraConfig__zz="c.Authenticator.allow_all = True")
    (sentence,) = declared.of("reviewed-hub-code", foreign).sentences
    assert sentence.startswith("hub.extraConfig.zz is not of this project")
    assert declared.of("reviewed-hub-code", foreign, organisation={"furtherPieces": ["zz"]}).sentences == []


def test_changed_and_missing_code_of_ours_is_seen() -> None:
    piece = next(iter(hub_code()["extraFiles"]))
    files = {**hub_code()["extraFiles"]}
    files[piece] = {**files[piece], "stringData": files[piece]["stringData"] + "\n# more"}
    (sentence,) = said("reviewed-hub-code", hub__extraFiles=files)
    assert sentence == f"hub.extraFiles.{piece} is not what components/chart/mounted_code.py makes of this checkout"
    assert said("reviewed-hub-code", hub__extraConfig=GONE) == [
        f"hub.extraConfig.{name} is missing" for name in hub_code()["extraConfig"]
    ]


def test_values_from_a_secret_that_no_preview_shows_are_refused() -> None:
    (sentence,) = said("reviewed-hub-code", hub__existingSecret="more-values")
    assert "no preview shows" in sentence


def test_the_group_is_named_after_the_cluster() -> None:
    (sentence,) = declared.of("group-name", declared.group(name="vis-pangeo_notebook_users")).sentences
    assert sentence == 'name is "vis-pangeo_notebook_users"; for the cluster vis-pangeo it is vis_pangeo_notebook_users'
