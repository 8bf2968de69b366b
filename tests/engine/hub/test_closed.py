"""The hub does not start with a setting that admits other users than configured, wherever the setting comes from."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.chart.values import Values
from local.paths import PROJECT
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, HubEnded, hub_endings
from tests.support.hub_users import ADMINS, MEMBERS, PASSWORD, People

pytestmark = pytest.mark.engine

CLASSIFIED = """
from jupyterhub.app import JupyterHub
from jupyterhub.proxy import ConfigurableHTTPProxy
from kubespawner import KubeSpawner
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, NEUTRAL, PROXY, REASONS, SPAWNER
from components.in_hub.authenticator import FreeIpaAuthenticator
kinds = {HUB: JupyterHub, AUTHENTICATOR: FreeIpaAuthenticator, SPAWNER: KubeSpawner, PROXY: ConfigurableHTTPProxy}
for kind, found in kinds.items():
    names, classified = set(found.class_trait_names(config=True)), NEUTRAL[kind] | set(REASONS[kind])
    for name in sorted(names ^ classified):
        print(kind, name, "is not classified" if name in names else "does not exist")
    for name in sorted(NEUTRAL[kind] & set(REASONS[kind])):
        print(kind, name, "is classified twice")
"""


def config(section: str, **settings: Any) -> Callable[[Values], None]:
    """A setting in ``hub.config``, as ``chart/values.yaml`` or ``valueYamlFiles`` add it."""

    def change(values: Values) -> None:
        values["jupyterhub"]["hub"]["config"].setdefault(section, {}).update(settings)

    return change


def code(name: str, text: str) -> Callable[[Values], None]:
    """A snippet in ``hub.extraConfig``."""

    def change(values: Values) -> None:
        values["jupyterhub"]["hub"]["extraConfig"][name] = text

    return change


def role(name: str, **settings: Any) -> Callable[[Values], None]:
    """A role in ``hub.loadRoles``."""

    def change(values: Values) -> None:
        values["jupyterhub"]["hub"]["loadRoles"] = {name: settings}

    return change


EVERYBODY = "cn=ipausers,cn=groups,cn=accounts,dc=tenancy,dc=test"

BY_VALUES: dict[str, tuple[Callable[[Values], None], str]] = {
    "allow_all": (config("Authenticator", allow_all=True), "Authenticator.allow_all is True"),
    "allow_all of the subclass": (config("FreeIpaAuthenticator", allow_all=True), "Authenticator.allow_all is True"),
    "allow_all of the base class": (config("LDAPAuthenticator", allow_all=True), "Authenticator.allow_all is True"),
    "existing users": (
        config("Authenticator", allow_existing_users=True),
        "Authenticator.allow_existing_users is True",
    ),
    "a stranger": (config("Authenticator", allowed_users=["admin", "carl"]), "Authenticator.allowed_users is"),
    "a strange admin": (config("Authenticator", admin_users=["admin", "carl"]), "Authenticator.admin_users is"),
    "an admin of the hub's class": (config("JupyterHub", admin_users=["carl"]), "JupyterHub.admin_users is"),
    "the outdated section": (config("JupyterHubApp", admin_users=["carl"]), "JupyterHub.admin_users is"),
    "the outdated whitelist": (config("Authenticator", whitelist=["carl"]), "Authenticator.whitelist is"),
    "another group": (
        config("FreeIpaAuthenticator", allowed_groups=[EVERYBODY]),
        "Authenticator.allowed_groups is ['cn=ipausers",
    ),
    "admins by another group": (config("FreeIpaAuthenticator", admin_group=EVERYBODY), "Authenticator.admin_group is"),
    "membership by name": (
        config("LDAPAuthenticator", group_search_filter="(cn=*)"),
        "Authenticator.group_search_filter is",
    ),
    "another entry's password": (
        config("LDAPAuthenticator", bind_dn_template=["uid=anna,cn=users,cn=accounts,dc=tenancy,dc=test"]),
        "Authenticator.bind_dn_template is",
    ),
    "another user's account": (
        config("Authenticator", username_map={"carl": "admin"}),
        "Authenticator.username_map is",
    ),
    "unverified TLS": (config("LDAPAuthenticator", tls_kwargs={"validate": 0}), "Authenticator.tls_kwargs is"),
    "another directory": (config("FreeIpaAuthenticator", servers=["evil.test"]), "Authenticator.servers is"),
    "roles by the authenticator": (config("Authenticator", manage_roles=True), "Authenticator.manage_roles is True"),
    "no expiry": (config("FreeIpaAuthenticator", log_in_lasts_seconds=0), "Authenticator.log_in_lasts_seconds is 0"),
    "no check of log-ins": (config("Authenticator", auth_refresh_age=0), "Authenticator.auth_refresh_age is 0"),
    "long cookies": (config("JupyterHub", cookie_max_age_days=400), "JupyterHub.cookie_max_age_days is 400"),
    "log-in cookies for servers": (
        config("JupyterHub", cookie_host_prefix_enabled=True),
        "JupyterHub.cookie_host_prefix_enabled is True",
    ),
    "secrets for servers": (config("KubeSpawner", env_keep=["CONFIGPROXY_AUTH_TOKEN"]), "KubeSpawner.env_keep is"),
    "code in the log": (config("JupyterHub", logging_config={"filters": {}}), "JupyterHub.logging_config is"),
    "code in pages": (
        config("JupyterHub", jinja_environment_options={"autoescape": False}),
        "JupyterHub.jinja_environment_options is",
    ),
    "tokens for everybody": (
        config("JupyterHub", service_tokens={"topsecret": "carl"}),
        "JupyterHub.service_tokens is set",
    ),
    "an admin service": (
        config("JupyterHub", services=[{"name": "evil", "admin": True, "api_token": "topsecret"}]),
        "JupyterHub.services has a service 'evil'",
    ),
    "groups in the hub": (config("JupyterHub", load_groups={"x": {"users": ["carl"]}}), "JupyterHub.load_groups is"),
    "the hub's parts": (
        code("zz", "c.JupyterHub.tornado_settings = {'authenticator': 1}"),
        "JupyterHub.tornado_settings",
    ),
    "a role for all users": (role("user", scopes=["self", "admin:users"]), "JupyterHub.load_roles has a role 'user'"),
    "a role for a stranger": (
        role("admin", users=["carl"], scopes=["admin-ui"]),
        "JupyterHub.load_roles has a role 'admin'",
    ),
    "a server without log-in": (config("KubeSpawner", cmd=["jupyter", "lab"]), "KubeSpawner.cmd is ['jupyter', 'lab']"),
    "a server open to all": (
        config("Spawner", environment={"JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["self"]'}),
        "KubeSpawner.environment sets JUPYTERHUB_OAUTH_ACCESS_SCOPES",
    ),
    "a server's account": (config("KubeSpawner", service_account="hub"), "KubeSpawner.service_account is 'hub'"),
    "a profile without log-in": (
        config(
            "KubeSpawner", profile_list=[{"display_name": "x", "kubespawner_override": {"cmd": ["jupyter", "lab"]}}]
        ),
        "(in kubespawner_override of a profile)",
    ),
    "a route past the hub": (
        config("Proxy", extra_routes={"/x/": "http://hub"}),
        "ConfigurableHTTPProxy.extra_routes is",
    ),
    "a hook by code": (
        code("a-hook", "c.Authenticator.post_auth_hook = lambda *given: given[2] | {'name': 'admin'}"),
        "Authenticator.post_auth_hook is",
    ),
    "pages by code": (
        code("zz", "import tornado.web\nc.JupyterHub.extra_handlers = [('/x', tornado.web.RequestHandler)]"),
        "JupyterHub.extra_handlers is",
    ),
    "another authenticator": (
        code("zz", "c.JupyterHub.authenticator_class = 'dummy'"),
        "JupyterHub.authenticator_class is jupyterhub.auth.DummyAuthenticator",
    ),
    "a subclass": (
        code(
            "zz",
            "from components.in_hub.authenticator import FreeIpaAuthenticator\n"
            "class Mine(FreeIpaAuthenticator):\n    pass\nc.JupyterHub.authenticator_class = Mine",
        ),
        "JupyterHub.authenticator_class is",
    ),
    "another spawner": (
        code("zz", "c.JupyterHub.spawner_class = 'simple'"),
        "JupyterHub.spawner_class is jupyterhub.spawner.SimpleLocalProcessSpawner",
    ),
    "a new default by code": (
        code(
            "zz",
            "from components.in_hub.authenticator import FreeIpaAuthenticator as mine\n"
            "start = mine.__init__\n"
            "def __init__(self, **given):\n    given['allow_all'] = True\n    start(self, **given)\n"
            "mine.__init__ = __init__",
        ),
        "Authenticator.allow_all is True",
    ),
}

BY_ARGUMENTS = {
    "--Authenticator.allow_all=True": "Authenticator.allow_all is True",
    "--JupyterHub.authenticator_class=dummy": "JupyterHub.authenticator_class is",
    "--Authenticator.admin_users={'carl'}": "Authenticator.admin_users is",
    "--KubeSpawner.cmd=['jupyter-lab']": "KubeSpawner.cmd is",
}


@pytest.fixture(scope="module")
def endings(
    hub_python: Path, values_for: ValuesFor, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int | None, str]]:
    """Exit code and log of a hub for each case."""
    cases: list[tuple[Values, list[str]]] = []
    for change, _ in BY_VALUES.values():
        values = values_for()
        change(values)
        cases.append((values, []))
    cases += [(values_for(), [argument]) for argument in BY_ARGUMENTS]
    found = hub_endings(hub_python, tmp_path_factory.mktemp("endings"), cases)
    return dict(zip([*BY_VALUES, *BY_ARGUMENTS], found, strict=True))


@pytest.mark.parametrize("case", [*BY_VALUES, *BY_ARGUMENTS])
def test_opening_setting_ends_the_hub(endings: dict[str, tuple[int | None, str]], case: str) -> None:
    message = BY_VALUES[case][1] if case in BY_VALUES else BY_ARGUMENTS[case]

    exit_code, log = endings[case]

    assert exit_code == 1, log
    assert "the hub does not start, because its settings admit other users than configured" in log
    assert message in log
    assert "pangeo:identity.adminUsers" in log, "the fix"
    assert "topsecret" not in log
    assert "Traceback" not in log


def test_hub_ends_before_it_serves_a_page(start_hub: StartHub, values_for: ValuesFor) -> None:
    with (
        pytest.raises(HubEnded) as ended,
        start_hub(values_for(), arguments=["--Authenticator.allow_all=True"]),
    ):
        pass

    assert ended.value.exit_code == 1
    assert "Authenticator.allow_all is True" in ended.value.log


def test_missing_statement_ends_the_hub(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    del values["jupyterhub"]["hub"]["extraFiles"]["components-in_hub-admission.json"]

    with pytest.raises(HubEnded) as ended, start_hub(values):
        pass

    assert "the statement of the admitted users cannot be read" in ended.value.log


def test_all_options_of_a_stack_file_start_the_hub(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory
) -> None:
    profiles = [{"name": "small", "ramGb": 1, "default": True}, {"name": "large", "cpus": 2, "groups": [ADMINS]}]
    values = values_for(
        identity={"adminGroup": ADMINS, "adminUsers": ["admin", "boss"], "nestedGroups": True},
        notebook={"profiles": profiles},
        dask={"enabled": True},
    )

    with start_hub(values) as hub:
        assert hub.log_in("nested", PASSWORD).is_in
        assert hub.log_in("boss", PASSWORD).is_in
        assert not hub.log_in("carl", PASSWORD).is_in


def test_settings_that_admit_nobody_start_the_hub(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    for change in (
        config("JupyterHub", concurrent_spawn_limit=3, tornado_settings={"slow_spawn_timeout": 0}),
        config("Authenticator", blocked_users=["carl"]),
        config("KubeSpawner", image_pull_policy="Always", cmd="jupyterhub-singleuser"),
    ):
        change(values)

    with start_hub(values) as hub:
        assert hub.log_in("anna", PASSWORD).is_in


def test_user_added_in_the_admin_panel_is_not_admitted(hub: Hub, directory: ThrowAwayDirectory) -> None:
    admin = hub.log_in("admin", directory.password("admin"))
    assert admin.post_json("/hub/api/users", {"usernames": ["carl"], "admin": False}).status_code == 201

    carl = hub.log_in("carl", PASSWORD)

    assert not carl.is_in
    assert MEMBERS in carl.message


def test_settings_changed_after_the_start_close_the_log_in(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    later = (
        "from jupyterhub.app import JupyterHub\n"
        "start = JupyterHub.start\n"
        "async def open_up(app):\n"
        "    await start(app)\n"
        "    app.authenticator.allow_all = True\n"
        "JupyterHub.start = open_up\n"
    )
    code("zz", later)(values)

    with start_hub(values) as hub:
        for user in ("carl", "anna"):
            assert not hub.log_in(user, PASSWORD).is_in
        assert "log-in refused, because settings were changed: Authenticator.allow_all is True" in hub.log()


def test_every_setting_of_the_installed_classes_is_classified(hub_python: Path) -> None:
    found = subprocess.run(
        [hub_python, "-c", CLASSIFIED], cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True
    )

    assert found.stdout == "", "classify it in components/in_hub/admission_settings.py"


def test_reason_is_left_for_the_kubelet(hub_python: Path, tmp_path: Path) -> None:
    """``pulumi up`` reports this text as the reason for the crash of the hub's container."""
    file = tmp_path / "termination-log"
    file.touch()
    text = (
        "import logging, pathlib, types\n"
        "from components.in_hub import guard\n"
        f"guard.refuse(types.SimpleNamespace(log=logging), ['allow_all is True'], pathlib.Path({str(file)!r}))\n"
    )

    ended = subprocess.run([hub_python, "-c", text], cwd=PROJECT, capture_output=True, timeout=120, check=False)

    assert ended.returncode == 1
    assert "the hub does not start, because its settings admit other users" in file.read_text()
    assert "allow_all is True" in file.read_text()
