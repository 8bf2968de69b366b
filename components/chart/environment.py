"""Environment variables of users' servers, as KubeSpawner reads them.

KubeSpawner expands braces in every string (``_expand_all`` in KubeSpawner 7.0.0), and Kubernetes expands ``$(NAME)``.
Both are escaped, so that programs read exactly the text of the stack file.
"""

from collections.abc import Mapping
from typing import Any

from components.chart.dask_access import notebook_environment
from components.chart.object_store import object_store_environment
from components.chart.proxy_variables import gateway_client_variables, user_proxy_variables
from components.config.environment import SecretKey, Variable
from components.config.tenancy import Tenancy


def server_environment(tenancy: Tenancy) -> dict[str, Any]:
    """Return the variables of all servers: the program's own and those of the stack file."""
    return {
        **notebook_environment(tenancy),
        **gateway_client_variables(tenancy),
        **object_store_environment(tenancy),
        **render_environment({**user_proxy_variables(tenancy), **tenancy.notebook.environment}),
    }


def render_environment(environment: Mapping[str, Variable]) -> dict[str, Any]:
    """Return variables in the form of ``KubeSpawner.environment``: text, or a reference to a Secret."""
    return {name: _render(value) for name, value in environment.items()}


def variable_names(tenancy: Tenancy) -> tuple[str, ...]:
    """Return the names of all variables that the stack file declares, from every source, sorted."""
    declared = user_proxy_variables(tenancy), object_store_environment(tenancy), tenancy.notebook.environment
    return tuple(sorted({name for each in declared for name in each}))


def _render(value: Variable) -> Any:  # noqa: ANN401 - a tree of JSON
    if isinstance(value, SecretKey):
        return {"valueFrom": {"secretKeyRef": {"name": value.secret, "key": value.key}}}
    # Kubernetes reads `$$` as `$`.
    return value.replace("$", "$$").replace("{", "{{").replace("}", "}}")
