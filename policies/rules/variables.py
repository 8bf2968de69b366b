"""Environment variables of users' pods: none that changes the log-in, and none from a Secret of the hub."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from policies.code_settings import COMPUTED
from policies.kinds import RELEASE, SPAWNERS, class_settings
from policies.merged import declared_values
from policies.pods import Variable, find_variables, format_place, services_settings, users_settings
from policies.rule import Context, Resource, Rule
from policies.rules.permissions import plain
from policies.tree import as_list


def _check_variables(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program
    from components.config.reserved_variables import reason_for_reserving

    own: dict[str, list[Any]] = defaultdict(list)
    program, found = chart_values(context.tenancy), declared_values(release, context)
    for each in (*_of_users(program), *_of_services(program)):
        own[each.name].append(each.value)
    for path, name, value in _of_users(found):
        if plain(value) in own[name] or value is COMPUTED:
            continue
        if reason := reason_for_reserving(name):
            yield f"{_format(path, name)} is not the program's: it {reason}"
        elif not isinstance(value, str | int | float):
            message = "comes from another source than the program's; users' servers could have the hub's secrets"
            yield f"{_format(path, name)} {message}"
    for path, name, value in _of_services(found):
        if plain(value) not in own[name] and (reason := reason_for_reserving(name)):
            yield f"{_format(path, name)} is not the program's: it {reason}"
    for place, names in class_settings(release, context, SPAWNERS, "env_keep").items():
        if kept := as_list(names):
            yield f"{place} gives users' servers variables of the hub: {', '.join(kept)}"


def _of_users(values: Mapping[str, Any]) -> Iterator[Variable]:
    for place, tree in users_settings(values):
        yield from find_variables(tree, place)


def _of_services(values: Mapping[str, Any]) -> Iterator[Variable]:
    for place, tree in services_settings(values):
        yield from find_variables(tree, place)


def _format(path: tuple[str | int, ...], name: str) -> str:
    return format_place(path) if not name or path[-1] == name else f"{format_place(path)} ({name})"


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
