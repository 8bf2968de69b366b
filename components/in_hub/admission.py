"""Comparison of the hub's settings with the statement of who is admitted. Pure.

Settings reach the hub from many sources: chart values, ``hub.config``, snippets of code, the command line, base
classes. The program therefore mounts a statement of who may log in beside its code, and the hub does not start with
settings that admit anybody else, wherever they come from.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from components.escape import escape_control_characters
from components.freeipa.names import (
    BUILT_IN_GROUPS,
    NO_ADMIN_GROUPS,
    USERS_GROUP_SUFFIX,
    first_value,
    groups_container,
    parent,
    user_dn_template,
)
from components.in_hub import admission_settings as classes
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, NEUTRAL, REASONS, SPAWNER
from components.in_hub.statement import Statement

CULLER = "jupyterhub-idle-culler"
CULLER_SCOPES = frozenset({"list:users", "read:users:activity", "read:servers", "delete:servers"})
CULLER_COMMAND = ["python3", "-m", "jupyterhub_idle_culler"]
"""The chart's own service, which stops idle servers, with its permissions."""

LONGEST_VALUE = 200
"""Number of characters of a value in a message."""

CERT_REQUIRED = 2
"""``ssl.CERT_REQUIRED``: ldap3 verifies the directory's certificate."""

Settings = Mapping[str, tuple[Any, Any]]
"""Names of settings to their value and their default."""


def check_statement(statement: Statement) -> Iterator[str]:
    """Yield the problems of the statement itself: groups of everybody, and groups of another directory."""
    container = groups_container(statement.suffix)
    for dn in statement.groups:
        name = first_value(dn).lower()
        if parent(dn).lower() != container.lower():
            yield f"the admitted group {dn} is not in {container}"
        if name in (NO_ADMIN_GROUPS if dn == statement.admin_group else BUILT_IN_GROUPS):
            yield f"the admitted group {dn} is one of FreeIPA's own groups, with other users than the tenancy's"
        if dn == statement.admin_group and name.endswith(USERS_GROUP_SUFFIX):
            yield f"the group of admins {dn} is the users' group of a tenancy, so each of its users would be an admin"
    if not statement.groups:
        yield "no group is admitted"
    if statement.admin_group and statement.admin_group not in statement.groups:
        yield f"the group of admins {statement.admin_group} is not among the admitted groups"


def check_hub(live: Settings, statement: Statement) -> Iterator[str]:
    """Yield the problems of the hub's own settings.

    Args:
        live: the settings of the running ``JupyterHub``. The caller checks ``authenticator_class`` and
            ``spawner_class``, whose values are classes.
        statement: the users who are admitted.
    """
    special: dict[str, Callable[[Any], Iterator[str]]] = {
        "load_roles": lambda roles: _check_roles(roles, statement.roles),
        "services": lambda services: _check_services(services, statement.services),
        "tornado_settings": lambda given: _check_keys(
            "tornado_settings", given, classes.TORNADO_SETTINGS, statement.settings.get(HUB, {})
        ),
        "subdomain_hook": _check_hook(HUB, "subdomain_hook", live.get("subdomain_hook", (None, None))[1]),
        "authenticator_class": lambda _: iter(()),
        "spawner_class": lambda _: iter(()),
    }
    yield from _check(HUB, live, statement, special)


def check_authenticator(live: Settings, statement: Statement) -> Iterator[str]:
    """Yield the problems of the authenticator's settings, which may not admit anybody whom the statement does not."""
    yield from _check(AUTHENTICATOR, live, statement, {})
    expected = {
        "allow_all": False,
        "allow_existing_users": False,
        "enable_auth_state": True,
        "manage_groups": True,
        "allowed_groups": sorted(statement.groups),
        "allowed_users": sorted(statement.admin_users),
        "admin_users": sorted(statement.admin_users),
        "admin_group": statement.admin_group,
        "bind_dn_template": [user_dn_template(statement.suffix)],
    }
    declared = statement.settings.get(AUTHENTICATOR, {})
    for name, value in expected.items():
        # A difference from what is declared was reported above.
        found, default = live[name]
        if _is_same(found, declared.get(name, default)) and not _is_same(found, value):
            yield _describe(AUTHENTICATOR, name, found, value)
    verified = plain(live["tls_kwargs"][0]).get("validate")
    if _is_same(live["tls_kwargs"][0], declared.get("tls_kwargs")) and verified != CERT_REQUIRED:
        yield _describe(AUTHENTICATOR, "tls_kwargs.validate", verified, CERT_REQUIRED)


def check_spawner(configured: Settings, statement: Statement) -> Iterator[str]:
    """Yield the problems of the settings of users' servers, as far as they decide who may enter a server."""

    def command(value: Any) -> Iterator[str]:  # noqa: ANN401 - a setting
        words = [value] if isinstance(value, str) else list(value or [])
        if words and (len(words) > 1 or words[0] not in classes.SERVER_COMMANDS):
            yield _describe(SPAWNER, "cmd", words, list(classes.SERVER_COMMANDS))

    special: dict[str, Callable[[Any], Iterator[str]]] = {
        "cmd": command,
        **{name: _check_hook(SPAWNER, name, None) for name in classes.HOOKS},
        "environment": lambda given: _check_environment(given, statement.references),
        "extra_pod_config": lambda given: _check_absent("extra_pod_config", given, classes.POD_KEYS),
        "extra_container_config": lambda given: _check_absent("extra_container_config", given, classes.CONTAINER_KEYS),
        "profile_list": lambda profiles: _check_profiles(profiles, statement),
    }
    yield from _check(SPAWNER, configured, statement, special)


def check_configured(kind: str, configured: Settings, statement: Statement) -> Iterator[str]:
    """Yield the problems of configured settings of an object that does not exist yet; defaults are not among them."""
    yield from _check(kind, configured, statement, {})


def plain(value: Any) -> Any:  # noqa: ANN401 - settings are of every type
    """Return a setting in the form that it has after a round trip through JSON; sets become sorted lists."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def _check(
    kind: str, live: Settings, statement: Statement, special: Mapping[str, Callable[[Any], Iterator[str]]]
) -> Iterator[str]:
    declared = statement.settings.get(kind, {})
    for name, (value, default) in sorted(live.items()):
        if name in special:
            if plain(value) != plain(declared.get(name, ...)):
                yield from special[name](value)
            continue
        if name in NEUTRAL[kind]:
            continue
        expected = declared.get(name, default)
        if not _is_same(value, expected) and not _is_narrower(kind, name, value, expected):
            yield _describe(kind, name, value, expected)


def _is_same(value: Any, expected: Any) -> bool:  # noqa: ANN401 - settings are of every type
    found, wanted = plain(value), plain(expected)
    if isinstance(found, list) and isinstance(wanted, list):  # sets have no order, and the order admits nobody
        return sorted(found, key=str) == sorted(wanted, key=str)
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _is_narrower(kind: str, name: str, value: Any, expected: Any) -> bool:  # noqa: ANN401 - settings are of every type
    if name == "allowed_users":  # the hub removes a user whom an admin deletes
        return set(plain(value)) <= set(plain(expected or []))
    if name not in classes.CEILINGS and not (kind == AUTHENTICATOR and name.endswith("_seconds")):
        return False
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (value, expected))
    # Zero is no limit.
    return numbers and value > 0 and (value <= expected or expected == 0)


def _describe(kind: str, name: str, value: Any, expected: Any) -> str:  # noqa: ANN401 - settings are of every type
    reason = REASONS[kind].get(name.partition(".")[0], "is a setting that this program does not know")
    where = f"{kind}.{name}"
    if name in classes.SECRET:
        return f"{where} is set to another value than the program's; it {reason}"
    return f"{where} is {_text(value)} instead of {_text(expected)}; it {reason}"


def _text(value: Any) -> str:  # noqa: ANN401 - settings are of every type
    # The address of a function differs at every start.
    text = re.sub(r" at 0x[0-9a-f]+", "", escape_control_characters(repr(plain(value))))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _check_roles(roles: Any, expected: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:  # noqa: ANN401 - a setting
    for role in plain(roles):
        name = role.get("name") if isinstance(role, dict) else None
        if name == CULLER and _is_cullers_role(role):
            continue
        if name is None or name not in expected or role != {"name": name, **plain(expected[name])}:
            yield f"JupyterHub.load_roles has a role {_text(name)} that is not the program's; it gives permissions"


def _is_cullers_role(role: Mapping[str, Any]) -> bool:
    others = {key: value for key, value in role.items() if key != "scopes"}
    return set(role.get("scopes", ())) <= CULLER_SCOPES and others == {"name": CULLER, "services": [CULLER]}


def _check_services(services: Any, expected: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:  # noqa: ANN401
    tokens = ("api_token", "apiToken")
    for service in plain(services):
        name = str(service.get("name")) if isinstance(service, dict) else ""
        if name == CULLER and set(service) == {"name", "command"} and service["command"][:3] == CULLER_COMMAND:
            continue
        found = {key: value for key, value in service.items() if key not in tokens} if name else {}
        if name not in expected or found != {"name": name, **plain(expected[name])}:
            yield f"JupyterHub.services has a service {_text(name)} that is not the program's; it may have permissions"


def _check_keys(
    name: str,
    given: Any,  # noqa: ANN401 - a setting
    allowed: frozenset[str],
    declared: Mapping[str, Any],
) -> Iterator[str]:
    own = plain(declared.get(name, {}))
    for key, value in plain(given).items():
        if key not in allowed and (key not in own or own[key] != value):
            yield f"JupyterHub.{name} has the key {_text(key)}; it {REASONS[HUB][name]}"


def _check_absent(name: str, given: Any, refused: frozenset[str]) -> Iterator[str]:  # noqa: ANN401 - a setting
    for key in sorted(set(plain(given or {})) & refused):
        yield f"KubeSpawner.{name} has the key {key}; it can change who may enter a user's server"


def _check_hook(kind: str, name: str, default: Any) -> Callable[[Any], Iterator[str]]:  # noqa: ANN401 - a setting
    def check(value: Any) -> Iterator[str]:  # noqa: ANN401 - a setting
        # Only the program's own code, whichever of the hooks it uses.
        if value != default and not str(getattr(value, "__module__", "")).startswith("components.in_hub."):
            yield _describe(kind, name, value, default)

    return check


def _check_environment(given: Any, references: Sequence[Any]) -> Iterator[str]:  # noqa: ANN401 - a setting
    variables = plain(given or {})
    for name in variables:
        value = variables[name] if isinstance(variables, dict) else None
        if str(name).upper().startswith(classes.SERVER_VARIABLES):
            yield f"KubeSpawner.environment sets {name}, which can change who may enter a user's server"
        elif isinstance(value, dict) and value not in references:
            yield (
                f"KubeSpawner.environment sets {name} from another source than the program's; it can give users' "
                "servers the hub's secrets"
            )


def _check_profiles(profiles: Any, statement: Statement) -> Iterator[str]:  # noqa: ANN401 - a setting
    # The program's own function has the list that it selects from.
    listed = getattr(profiles, "profiles", profiles)
    if callable(listed):
        yield _describe(SPAWNER, "profile_list", listed, None)
        return
    for override in _overrides(plain(listed)):
        settings = {name: (value, None) for name, value in override.items()}
        for problem in check_spawner(
            settings, Statement(statement.suffix, (), "", (), references=statement.references)
        ):
            yield f"{problem} (in kubespawner_override of a profile)"


def _overrides(tree: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - a part of the profiles
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == "kubespawner_override" and isinstance(value, dict):
                yield value
            else:
                yield from _overrides(value)
    elif isinstance(tree, list):
        for each in tree:
            yield from _overrides(each)
