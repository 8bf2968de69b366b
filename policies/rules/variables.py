"""Environment variables of users' servers: none that changes the log-in, and none from a Secret of the hub."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.kinds import RELEASE, SPAWNERS, class_settings, hub_values
from policies.rule import Context, Resource, Rule
from policies.rules.permissions import plain
from policies.tree import format_value, get


def _check_variables(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program
    from components.config.reserved_variables import reason_for_reserving

    own = chart_values(context.tenancy)["jupyterhub"]
    declared = [variables for _, variables in _environments(own)]
    for path, variables in _environments(hub_values(release, context), context, release):
        if not isinstance(variables, Mapping):
            yield f"{path} is {format_value(variables)}, not variables by name"
            continue
        for name in variables:
            value = plain(variables[name])
            if any(value == each.get(name) for each in declared):
                continue
            if reason := reason_for_reserving(name):
                yield f"{path}.{name} is not the program's: it {reason}"
            elif not isinstance(value, str | int | float):
                message = "comes from another source than the program's; users' servers could have the hub's secrets"
                yield f"{path}.{name} {message}"


def _environments(
    hub: Mapping[str, Any], context: Context | None = None, release: Resource | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield the variables of all servers and of profiles, with their path."""
    yield "singleuser.extraEnv", get(hub, "singleuser", "extraEnv", default={})
    for index, profile in enumerate(get(hub, "singleuser", "profileList", default=[])):
        override = get(profile, "kubespawner_override", default={})
        path = f"singleuser.profileList[{index}].kubespawner_override.environment"
        yield path, get(override, "environment", default={})
    if context is not None and release is not None:
        yield from class_settings(release, context, SPAWNERS, "environment").items()


RULES = (
    Rule(
        "declared-variables",
        "Users' servers have variables from Secrets, and variables that configure the log-in, only as the program "
        "declares them",
        "A server's variables decide who may enter it, and a reference to a Secret gives its content to users: with "
        "that of the Secret hub, a user is the hub.",
        "Remove the variable; write others in pangeo:notebook.environment, groupEnvironment or profiles.",
        "critical",
        kinds=(RELEASE,),
        check=_check_variables,
    ),
)
