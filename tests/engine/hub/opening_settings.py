"""Settings that would admit other users than configured, with a part of the hub's message about each."""

from collections.abc import Callable
from typing import Any

from components.chart.values import Values


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
    "groups of the hub": (config("FreeIpaAuthenticator", manage_groups=False), "Authenticator.manage_groups is False"),
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
    "a secret of the hub": (
        config("KubeSpawner", environment={"X": {"valueFrom": {"secretKeyRef": {"name": "hub", "key": "x"}}}}),
        "KubeSpawner.environment sets X from another source than the program's",
    ),
    "variables of a group": (
        config(
            "KubeSpawner",
            group_overrides={"x": {"groups": ["x"], "spawner_override": {"environment": {"JUPYTERHUB_HOST": "x"}}}},
        ),
        "KubeSpawner.group_overrides is",
    ),
    "a server's account": (config("KubeSpawner", service_account="hub"), "KubeSpawner.service_account is 'hub'"),
    "a profile without log-in": (
        config(
            "KubeSpawner", profile_list=[{"display_name": "x", "kubespawner_override": {"cmd": ["jupyter", "lab"]}}]
        ),
        "(in kubespawner_override of a profile)",
    ),
    "choices by code": (
        code("zz", "c.KubeSpawner.options_from_form = lambda form: {'profile': 'x'}"),
        "KubeSpawner.options_from_form is",
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
