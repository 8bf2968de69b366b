"""Permissions in the hub, and the profiles that users can choose: only those of the program."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.kinds import AUTHENTICATORS, RELEASE, SPAWNERS, class_settings, hub_values
from policies.profiles import profile_overrides
from policies.rule import Context, Resource, Rule
from policies.tree import format_value, get

GRANTS = ("loadRoles", "services", "loadGroups")
"""Values below ``hub`` that give permissions to users, groups and services."""

GRANTING_TRAITS = (
    "load_roles",
    "load_groups",
    "services",
    "api_tokens",
    "service_tokens",
    "custom_scopes",
    "admin_users",
)
"""Settings of ``JupyterHub`` that do the same."""

SCOPE_TRAITS = ("server_token_scopes", "oauth_client_allowed_scopes", "oauth_roles")
"""Settings of spawners: the permissions of a server's token."""

MANAGING_TRAITS = ("admin_groups", "manage_roles", "manage_groups", "refresh_pre_spawn")
"""Settings of authenticators that decide about permissions, or about the time at which they are checked."""

PROFILE_KEYS = (
    *("display_name", "description", "slug", "default", "groups"),
    *("kubespawner_override", "profile_options"),
)
OVERRIDES = (
    *("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee"),
    *("extra_resource_limits", "node_affinity_required", "tolerations", "image", "environment"),
)
"""Settings of a server that a profile may change; other rules check their values."""


def _check_permissions(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program

    found, own = (
        get(hub_values(release, context), "hub", default={}),
        chart_values(context.tenancy)["jupyterhub"]["hub"],
    )
    for key in GRANTS:
        yield from _check_grants(f"hub.{key}", plain(get(found, key, default={})), own.get(key, {}))
    config = own["config"]
    for classes, traits in (
        (("JupyterHub",), GRANTING_TRAITS),
        (SPAWNERS, SCOPE_TRAITS),
        (AUTHENTICATORS, MANAGING_TRAITS),
    ):
        for trait in traits:
            expected = [config[name][trait] for name in classes if trait in config.get(name, {})]
            for path, value in class_settings(release, context, classes, trait).items():
                if plain(value) not in expected:
                    yield f"{path} is {format_value(value)}, which is not the program's value"


def _check_grants(path: str, found: Any, own: Any) -> Iterator[str]:  # noqa: ANN401 - values of any kind
    if not isinstance(found, Mapping):
        yield f"{path} is {format_value(found)}, which is not the program's value"
        return
    for name in found:
        if name not in own:
            yield f"{path}.{name} is not part of the program; it could give access to users' servers or to the hub"
        elif found[name] != own[name]:
            yield f"{path}.{name} is {format_value(found[name])}; the program has {format_value(own[name])}"


def _check_profiles(release: Resource, context: Context) -> Iterator[str]:
    values = hub_values(release, context)
    for index, profile in enumerate(get(values, "singleuser", "profileList", default=[])):
        for key in profile:
            if key not in PROFILE_KEYS:
                yield f"singleuser.profileList[{index}].{key} is not part of the program's profiles"
    for path, override in profile_overrides(values):
        for key in override:
            if key not in OVERRIDES:
                yield f"{path}.kubespawner_override.{key}: a profile may change only {', '.join(OVERRIDES)}"
    for trait in ("profile_list", "profile_form_template", "options_form", "options_from_form"):
        for path, value in class_settings(release, context, SPAWNERS, trait).items():
            if value:
                yield f"{path} is set: users' choices would not be those of pangeo:notebook.profiles"


def plain(value: Any) -> Any:  # noqa: ANN401 - values of any kind
    """Return a view as dictionaries and lists, so that it can be compared."""
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(value[index]) for index in range(len(value))]
    return value


RULES = (
    Rule(
        "known-permissions",
        "Users, servers and services of the hub have only the permissions that the program gives them",
        "A role with the scope access:servers lets every user read every home; a service with admin rights can do "
        "whatever an admin can.",
        "Remove the role, group, service or scope. No configuration key adds permissions; name admins in "
        "pangeo:identity.adminUsers or pangeo:identity.adminGroup.",
        "critical",
        kinds=(RELEASE,),
        check=_check_permissions,
    ),
    Rule(
        "profiles-change-sizes",
        "Profiles change only the size, GPUs, nodes, image and environment variables of a notebook server",
        "Users choose their profile: an override could delete homes, mount other users' files or run privileged "
        "containers, and the rules on the hub's own settings would not see it.",
        "Remove the override; describe profiles in pangeo:notebook.profiles.",
        "critical",
        kinds=(RELEASE,),
        check=_check_profiles,
    ),
)
