"""One check of ``verify``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.cli.diagnose.result import CheckResult
from components.cli.verify.context import Context

LEASE, SERVER, NOTEBOOK, FILES, DASK = "verification user", "server", "notebook", "files", "dask"
"""Subjects that other checks need: the hub has created the verification's user; its server starts, runs code, and has
its files after a restart, from when it runs until all checks have ended; so does its Dask cluster."""


@dataclass(frozen=True)
class Check:
    """A check, which may depend on others."""

    subject: str
    """Name of the check, and of its result if it has only one."""
    proves: str
    """Meaning of a passed check in a few words, for the help text of ``verify``."""
    run: Callable[[Context], Sequence[CheckResult]]
    needs: tuple[str, ...] = ()
    """Subjects of the checks that must have passed."""
