"""Environment variables of users' servers, as KubeSpawner reads them.

KubeSpawner expands braces in every string (``_expand_all`` in KubeSpawner 7.0.0), and Kubernetes expands ``$(NAME)``.
Both are escaped, so that programs read exactly the text of the stack file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from components.chart.dask_access import notebook_environment
from components.chart.object_store import object_store_environment, store_keys_of_groups
from components.chart.proxy_variables import gateway_client_variables, user_proxy_variables
from components.chart.secret_references import secret_reference
from components.chart.server_code import HOME_VARIABLES
from components.config.environment import SecretKey, Variable
from components.config.gpus import has_gpus
from components.config.tenancy import Tenancy
from components.in_gateway.option_values import escape_references
from components.in_hub.gpus import NO_GPUS, VARIABLE


def server_environment(tenancy: Tenancy) -> dict[str, Any]:
    """Return the variables of all servers: the program's own and those of the stack file."""
    return {
        **HOME_VARIABLES,
        **notebook_environment(tenancy),
        **gateway_client_variables(tenancy),
        **({VARIABLE: NO_GPUS} if has_gpus(tenancy) else {}),
        **object_store_environment(tenancy),
        **render_environment({**user_proxy_variables(tenancy), **tenancy.notebook.environment}),
    }


def render_environment(environment: Mapping[str, Variable]) -> dict[str, Any]:
    """Return variables in the form of ``KubeSpawner.environment``: text, or a reference to a Secret."""
    return {name: _render(value) for name, value in environment.items()}


def variables_of_groups(tenancy: Tenancy) -> dict[str, Any]:
    """Return the entries of ``KubeSpawner.group_overrides`` for variables of groups.

    JupyterHub 5.5.0 applies them in the order of their keys, after the variables of all servers and before those of
    the profile (``apply_group_overrides`` in ``spawner.py``; ``load_user_options`` of KubeSpawner 7.0.0).
    """
    return {
        f"environment-{group}": {
            "groups": [group],
            "spawner_override": {"environment": render_environment(environment)},
        }
        for group, environment in tenancy.notebook.group_environment.items()
    }


def variable_names(tenancy: Tenancy) -> tuple[str, ...]:
    """Return the names of all variables that the stack file declares, from every source, sorted."""
    declared = (environment for _, environment in tenancy.notebook.environments())
    stores = object_store_environment(tenancy), *_environments(store_keys_of_groups(tenancy))
    sources = user_proxy_variables(tenancy), *stores, *declared
    return tuple(sorted({name for each in sources for name in each}))


def declared_references(tenancy: Tenancy) -> list[dict[str, Any]]:
    """Return every value of a variable that is a reference to a Secret, as the spawner has it."""
    rendered = (render_environment(environment) for _, environment in tenancy.notebook.environments())
    environments = server_environment(tenancy), *rendered, *_environments(store_keys_of_groups(tenancy))
    values = [value for each in environments for value in each.values()]
    return [value for number, value in enumerate(values) if isinstance(value, dict) and value not in values[:number]]


def _environments(overrides: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for override in overrides.values():
        yield override["spawner_override"]["environment"]


def _render(value: Variable) -> Any:  # noqa: ANN401 - a tree of JSON
    if isinstance(value, SecretKey):
        return secret_reference(value.secret, value.key)
    return escape_references(value).replace("{", "{{").replace("}", "}}")
