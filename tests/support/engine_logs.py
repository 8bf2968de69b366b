"""Engines without automatic logs.

Every command of the engine logs all its details, compressed and encrypted, to ``logs`` in Pulumi's home: 8 to 13 MB for
a preview of a tenancy, for a third of the CPU time of the run with all its plugins. There is no setting for it (pulumi
v3.259, ``pkg/logging``), but an engine that cannot create the folder does without logs.
"""

from pathlib import Path

from local.tenancy.engine_environment import engine_variables


def variables_without_logs(folder: Path, *tools: Path) -> dict[str, str]:
    """Return the variables of ``engine_variables`` for an engine that writes no logs."""
    variables = engine_variables(folder, *tools)
    _logs(variables).touch()
    return variables


def restore_logs(variables: dict[str, str]) -> None:
    """Let the engine with these variables write logs again."""
    _logs(variables).unlink()


def _logs(variables: dict[str, str]) -> Path:
    return Path(variables["PULUMI_HOME"], "logs")
