"""A temporary tenancy for measurements, and the duration of its first ``up`` compared with Helm alone."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pulumi.automation.errors import CommandError

from bench.measurements import Comparison, measure_in_turn
from bench.process import measure_command
from local.failure import Failure
from local.paths import State
from tests.support.rendered_values import add_secrets
from tests.support.second_tenancy import TIMEOUT_SECONDS, SecondTenancy

NAME = "bench"
RATIO_LIMIT = 1.15


@contextmanager
def temporary_tenancy(state: State, **settings: Any) -> Iterator[SecondTenancy]:  # noqa: ANN401 - values of a stack file
    """Provide a tenancy that is not deployed yet; it is removed afterwards, also after an error.

    Args:
        state: the state folder of the local tenancy, which must be running.
        settings: keys of the stack file that differ from the local tenancy's.

    Raises:
        Failure: something of the tenancy could not be removed.
    """
    with TemporaryDirectory(prefix="bench-") as folder:
        tenancy = SecondTenancy(state, Path(folder), NAME, protect=False, **settings)
        tenancy.wipe()
        try:
            yield tenancy
        finally:
            # The engine's state may be incomplete; wipe() does not depend on it.
            with suppress(CommandError, Failure):
                tenancy.destroy()
            tenancy.wipe()


def deploy(tenancy: SecondTenancy) -> float:
    """Return the seconds of ``pulumi up`` from nothing; its release waits for the hub.

    Raises:
        RunFailed: the engine failed.
    """
    return measure_command(
        [sys.executable, "-m", "bench.engine_run", "up", "tenancy", tenancy.name],
        cwd=tenancy.folder,
        variables=tenancy.environment,
        timeout_seconds=TIMEOUT_SECONDS,
    ).seconds


def compare_first_up(state: State, repetitions: int) -> Comparison:
    """Compare a tenancy's first ``up`` with ``helm upgrade --install`` of the same chart and values.

    Raises:
        RunFailed: an ``up`` failed.
        Failure: helm failed.
    """
    with temporary_tenancy(state) as tenancy:
        deploy(tenancy)
        # Helm alone has no Secret to read the hub's secrets from, so they are values, on standard input.
        values = json.dumps(add_secrets(json.loads(tenancy.helm("get", "values", tenancy.name, "--output", "json"))))
        _destroy(tenancy)

        def up() -> float:
            seconds = deploy(tenancy)
            _destroy(tenancy)
            return seconds

        def helm() -> float:
            options = ["--create-namespace", "--wait", f"--timeout={TIMEOUT_SECONDS:.0f}s", "--values=-"]
            started = time.perf_counter()
            tenancy.helm("upgrade", "--install", tenancy.name, str(tenancy.chart), *options, stdin=values)
            seconds = time.perf_counter() - started
            tenancy.helm("uninstall", tenancy.name, "--wait", "--ignore-not-found")
            tenancy.delete_namespace()
            return seconds

        return Comparison(
            name="first-up",
            description="first up of a tenancy to a ready hub",
            baseline="helm upgrade --install --wait of the same chart and values",
            limit=RATIO_LIMIT,
            pairs=measure_in_turn(up, helm, repetitions, warm_ups=0),
        )


def _destroy(tenancy: SecondTenancy) -> None:
    tenancy.destroy()
    tenancy.delete_namespace()
