"""Environment variables that turn the refusal of a pre-flight check into a warning."""

from collections.abc import Mapping

from components.config.problems import InvalidTenancy, Problem


def only_warns(variable: str, environment: Mapping[str, str]) -> bool:
    """Return whether ``variable`` is ``warn``; unset, empty and ``refuse`` are False.

    Raises:
        InvalidTenancy: it has another value.
    """
    value = environment.get(variable, "") or "refuse"
    if value not in ("refuse", "warn"):
        problem = Problem(variable, value, "is neither refuse nor warn; write one of them or unset it")
        raise InvalidTenancy("environment", [problem])
    return value == "warn"
