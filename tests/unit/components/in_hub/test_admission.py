"""The comparison of the hub's settings with the statement of the admitted users."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.chart.admission import declare_admission
from components.chart.values import chart_values
from components.in_hub import admission
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, SPAWNER
from components.in_hub.statement import Statement, read_statement
from tests.support.rendered_values import values
from tests.support.tenancies import tenancy

SUFFIX = "dc=example,dc=org"
GROUP = f"cn=users_here,cn=groups,cn=accounts,{SUFFIX}"
ADMINS = f"cn=admins,cn=groups,cn=accounts,{SUFFIX}"
STATEMENT = Statement(SUFFIX, (GROUP,), "", ("admin",), {AUTHENTICATOR: {}, HUB: {}, SPAWNER: {}})


def problems(found: Iterable[str]) -> str:
    return "; ".join(found)


def authenticator(**changed: Any) -> dict[str, tuple[Any, Any]]:
    """The settings of the authenticator as the program declares them, with changes."""
    given = {**declared().settings[AUTHENTICATOR], **changed}
    return {"allow_all": (False, False), **{name: (value, None) for name, value in given.items()}}


def declared() -> Statement:
    return declare_admission(tenancy(), values()["jupyterhub"]["hub"])


def test_declared_settings_have_no_problem() -> None:
    assert problems(admission.check_statement(declared())) == ""
    assert problems(admission.check_authenticator(authenticator(), declared())) == ""


def test_mounted_file_has_the_statement(tmp_path: Path) -> None:
    file = tmp_path / "admission.json"
    file.write_text(declared().to_json())

    read = read_statement(file)

    assert read == replace(declared(), settings=read.settings, roles=read.roles, services=read.services)
    assert read.settings[AUTHENTICATOR] == declared().settings[AUTHENTICATOR]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"groups": 1}'])
def test_file_with_another_content_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "admission.json").write_text(text)

    with pytest.raises(ValueError, match=r"admission\.json|Expecting value"):
        read_statement(tmp_path / "admission.json")


def test_member_or_named_admin_is_admitted() -> None:
    assert STATEMENT.admits("anna", [GROUP, "cn=others"])
    assert STATEMENT.admits("admin", [])
    assert not STATEMENT.admits("anna", [ADMINS])


@pytest.mark.parametrize("name", ["ipausers", "IPAUsers", "editors", "trust admins", "admins"])
def test_groups_of_freeipa_itself_are_not_admitted(name: str) -> None:
    statement = replace(STATEMENT, groups=(GROUP, f"cn={name},cn=groups,cn=accounts,{SUFFIX}"))
    assert "is one of FreeIPA's own groups" in problems(admission.check_statement(statement))


@pytest.mark.parametrize("name", ["vis_notebook_users", "Other_Notebook_Users"])
def test_users_group_of_a_tenancy_is_no_group_of_admins(name: str) -> None:
    dn = f"cn={name},cn=groups,cn=accounts,{SUFFIX}"
    statement = replace(STATEMENT, groups=(GROUP, dn), admin_group=dn)
    assert "each of its users would be an admin" in problems(admission.check_statement(statement))


def test_freeipas_admins_may_be_the_group_of_admins() -> None:
    assert problems(admission.check_statement(replace(STATEMENT, groups=(GROUP, ADMINS), admin_group=ADMINS))) == ""


def test_group_of_another_directory_is_refused() -> None:
    statement = replace(STATEMENT, groups=("cn=users_here,cn=groups,cn=accounts,dc=other",))
    assert "is not in cn=groups" in problems(admission.check_statement(statement))


def test_program_that_declares_an_open_door_is_refused_too() -> None:
    """The statement of groups and admins holds even where the declared settings contradict it."""
    open_door = {"allow_existing_users": True, "tls_kwargs": {"validate": 0}}
    opened = declared()
    settings = {**opened.settings, AUTHENTICATOR: {**opened.settings[AUTHENTICATOR], **open_door}}

    found = problems(admission.check_authenticator(authenticator(**open_door), replace(opened, settings=settings)))

    assert "Authenticator.allow_existing_users is True instead of False" in found
    assert "Authenticator.tls_kwargs.validate is 0 instead of 2" in found


def test_unknown_setting_may_only_have_its_default() -> None:
    settings = {**authenticator(), "new_in_jupyterhub_7": (True, False)}
    assert "new_in_jupyterhub_7 is True instead of False; it is a setting that this program does not know" in problems(
        admission.check_authenticator(settings, declared())
    )
    settings["new_in_jupyterhub_7"] = (False, False)
    assert problems(admission.check_authenticator(settings, declared())) == ""


def test_zero_is_not_false() -> None:
    assert problems(admission.check_authenticator(authenticator(nested_groups=0), declared())) != ""


@pytest.mark.parametrize(("seconds", "accepted"), [(60, True), (0, False), (10**6, False), (True, False), (-1, False)])
def test_log_in_may_be_shorter_than_declared(seconds: object, accepted: bool) -> None:
    found = problems(admission.check_authenticator(authenticator(log_in_lasts_seconds=seconds), declared()))
    assert (found == "") is accepted


def test_admin_whom_an_admin_deletes_does_not_close_the_log_in() -> None:
    assert problems(admission.check_authenticator(authenticator(allowed_users=set()), declared())) == ""


def test_long_and_secret_values_are_not_shown() -> None:
    live: dict[str, tuple[Any, Any]] = {
        "api_tokens": ({"topsecret": "anna"}, {}),
        "custom_scopes": ({"x\x1b": "y" * 10_000}, {}),
    }
    found = problems(admission.check_hub(live, STATEMENT))
    assert "JupyterHub.api_tokens is set to another value than the program's" in found
    assert "topsecret" not in found
    assert "\x1b" not in found
    assert len(found) < 1000


@pytest.mark.parametrize(
    "role",
    [
        {"name": "user", "scopes": ["self", "admin:users"]},
        {"name": "user", "scopes": ["self"], "users": ["anna"]},
        {"name": "other", "scopes": []},
        {"name": "jupyterhub-idle-culler", "scopes": ["list:users"], "services": ["other"]},
        {"name": "jupyterhub-idle-culler", "scopes": ["admin:users"], "services": ["jupyterhub-idle-culler"]},
        {},
    ],
)
def test_role_that_is_not_the_programs_is_refused(role: dict[str, object]) -> None:
    statement = replace(STATEMENT, roles={"user": {"scopes": ["self"]}})
    assert "load_roles has a role" in problems(admission.check_hub({"load_roles": ([role], [])}, statement))


def test_programs_and_chart_s_roles_and_services_are_accepted() -> None:
    statement = replace(STATEMENT, roles={"user": {"scopes": ["self"]}}, services={"gateway": {"display": False}})
    live: dict[str, tuple[Any, Any]] = {
        "load_roles": (
            [
                {"name": "user", "scopes": ["self"]},
                {"name": "jupyterhub-idle-culler", "scopes": ["list:users"], "services": ["jupyterhub-idle-culler"]},
            ],
            [],
        ),
        "services": (
            [
                {"name": "gateway", "display": False, "api_token": "x"},
                {
                    "name": "jupyterhub-idle-culler",
                    "command": ["python3", "-m", "jupyterhub_idle_culler", "--timeout=1"],
                },
            ],
            [],
        ),
    }
    assert problems(admission.check_hub(live, statement)) == ""
    live["services"][0][0]["admin"] = True
    assert "services has a service 'gateway'" in problems(admission.check_hub(live, statement))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cmd", ["jupyter", "lab", "--IdentityProvider.token="]),
        ("args", ["--ServerApp.password="]),
        ("environment", {"JUPYTERHUB_OAUTH_ACCESS_SCOPES": "[]"}),
        ("extra_pod_config", {"serviceAccountName": "hub"}),
        ("extra_container_config", {"args": ["x"]}),
        ("pre_spawn_hook", print),
        ("profile_list", print),
        ("profile_list", [{"profile_options": {"x": {"choices": {"y": {"kubespawner_override": {"cmd": ["x"]}}}}}}]),
    ],
)
def test_server_without_the_hubs_log_in_is_refused(name: str, value: object) -> None:
    assert problems(admission.check_spawner({name: (value, None)}, STATEMENT)) != ""


def from_secret(secret: str, key: str, **more: object) -> dict[str, object]:
    return {"valueFrom": {"secretKeyRef": {"name": secret, "key": key, **more}}}


@pytest.mark.parametrize(
    "value",
    [
        *(from_secret("hub", "s3-key"), from_secret("s3", "other"), from_secret("s3", "s3-key", optional=True)),
        {"valueFrom": {"configMapKeyRef": {"name": "s3", "key": "s3-key"}}},
        {"value": "x", **from_secret("s3", "s3-key")},
    ],
)
def test_variable_from_another_source_than_the_declared_is_refused(value: object) -> None:
    statement = replace(STATEMENT, references=[from_secret("s3", "s3-key")])
    in_profile = [{"kubespawner_override": {"environment": {"X": value}}}]

    assert "sets X from another source" in problems(
        admission.check_spawner({"environment": ({"X": value}, None)}, statement)
    )
    assert "in kubespawner_override of a profile" in problems(
        admission.check_spawner({"profile_list": (in_profile, None)}, statement)
    )


def test_declared_variables_are_accepted() -> None:
    """Also those of profiles and groups; no further variable of a group is."""
    reference = {"secret": "s3", "key": "s3-key"}
    given = tenancy(
        notebook__environment={"A": reference},
        notebook__profiles=[{"name": "x", "environment": {"A": {"secret": "large", "key": "k"}}}],
        notebook__groupEnvironment={"ocean": {"B": reference}},
        objectStore={"endpoint": "https://s3.example.org", "credentials": {"secret": "s3-user-{user}"}},
    )
    rendered = chart_values(given)["jupyterhub"]
    statement = declare_admission(given, rendered["hub"])
    overrides = rendered["hub"]["config"]["KubeSpawner"]["group_overrides"]
    live: dict[str, tuple[Any, Any]] = {
        "environment": (rendered["singleuser"]["extraEnv"], {}),
        "profile_list": (rendered["singleuser"]["profileList"], []),
        "group_overrides": (overrides, {}),
    }
    assert problems(admission.check_spawner(live, statement)) == ""

    live["group_overrides"] = ({**overrides, "x": {"groups": ["air"], "spawner_override": {}}}, {})
    assert "group_overrides is" in problems(admission.check_spawner(live, statement))


@pytest.mark.parametrize(
    ("name", "value"),
    [("cmd", "jupyterhub-singleuser"), ("environment", {"X": "1"}), ("image", "a:1"), ("extra_pod_config", {})],
)
def test_other_settings_of_servers_are_accepted(name: str, value: object) -> None:
    assert problems(admission.check_spawner({name: (value, None)}, STATEMENT)) == ""
