"""Previews without changes: of one tenancy compared with an empty program, and of many compared with a sequence."""

import sys
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from bench.clones import Clones
from bench.engine_run import CHANGED
from bench.many_previews import preview_command
from bench.measurements import Amounts, Comparison, measure_in_turn
from bench.process import Run, RunFailed, measure_command
from ci.preview.preview_all import Limits
from local.paths import LOCAL, PROJECT

PACK, PACK_CONFIG = PROJECT / "policies", LOCAL / "tenancy" / "policies.json"
ONE_PREVIEW_RATIO_LIMIT = 1.5
MANY_PREVIEWS_RATIO_LIMIT = 0.6
SEQUENCE = 5
"""Number of previews whose mean is the baseline of many previews."""

PREVIEWS_PER_SLOT = 3
"""Number of previews per concurrent process when memory is measured."""


def compare_one(clones: Clones, repetitions: int, *, policies: bool) -> Comparison:
    """Compare a preview of one tenancy with a preview of an empty program.

    Raises:
        RunFailed: a preview failed or found changes.
    """
    pack = [f"--policy-pack={PACK}", f"--policy-pack-config={PACK_CONFIG}"] if policies else []
    return Comparison(
        name=f"preview{'-with-policies' if policies else ''}",
        description=f"no-change preview of one tenancy, policies {'on' if policies else 'off'}",
        baseline="the same engine on an empty Python program",
        limit=ONE_PREVIEW_RATIO_LIMIT,
        pairs=measure_in_turn(
            lambda: _run(clones, "tenancy", *pack).seconds, lambda: _run(clones, "empty").seconds, repetitions
        ),
    )


def compare_many(clones: Clones, repetitions: int) -> Comparison:
    """Compare concurrent previews of all clones with the same number of previews in sequence.

    Raises:
        RunFailed: a preview failed or found changes.
    """
    count = len(clones.names)
    return Comparison(
        name=f"previews-of-{count}",
        description=f"no-change previews of {count} tenancies, {Limits.of_machine().concurrency} concurrent processes",
        baseline=f"{count} × a preview in the same kind of process, the mean of {SEQUENCE} in sequence",
        limit=MANY_PREVIEWS_RATIO_LIMIT,
        pairs=measure_in_turn(
            lambda: _run_many(clones, clones.names).seconds,
            lambda: count * fmean(_run_single(clones, name) for name in clones.names[:SEQUENCE]),
            repetitions,
            warm_ups=0,
        ),
    )


def measure_memory(clones: Clones) -> Amounts:
    """Measure the peak memory of each process of a preview, and of all together.

    Raises:
        RunFailed: the preview failed.
    """
    run = _run(clones, "tenancy", memory=True)
    return Amounts(
        "preview-memory",
        "peak resident memory of each process of a preview; of all together, shared pages counted once",
        "MiB",
        {**run.peak_mib, "all together": run.together_mib},
    )


def measure_memory_of_many(clones: Clones) -> Amounts:
    """Measure the peak memory of concurrent previews.

    Raises:
        RunFailed: a preview failed or found changes.
    """
    concurrency = Limits.of_machine().concurrency
    names = clones.names[: PREVIEWS_PER_SLOT * concurrency]
    run = _run_many(clones, names, memory=True)
    return Amounts(
        "previews-memory",
        f"the same of {len(names)} previews in {concurrency} concurrent processes",
        "MiB",
        {**run.peak_mib, "all together": run.together_mib},
    )


def _run_many(clones: Clones, names: tuple[str, ...], *, memory: bool = False) -> Run:
    return measure_command(
        [sys.executable, "-m", "bench.many_previews", *names],
        cwd=clones.tenancies,
        variables=clones.variables,
        timeout_seconds=60 * len(names),
        memory=memory,
    )


def _run_single(clones: Clones, name: str) -> float:
    with TemporaryDirectory(prefix="bench-") as folder:
        arguments, _ = preview_command(name, Path(folder, "report.json"))
        return measure_command(arguments, cwd=clones.tenancies, variables=clones.variables).seconds


def _run(clones: Clones, program: str, *arguments: str, memory: bool = False) -> Run:
    folder, stack = (clones.tenancies, clones.names[0]) if program == "tenancy" else (clones.empty, clones.empty_name)
    try:
        return measure_command(
            [sys.executable, "-m", "bench.engine_run", "preview", program, stack, *arguments],
            cwd=folder,
            variables=clones.variables,
            memory=memory,
        )
    except RunFailed as failed:
        if failed.code == CHANGED:
            raise RunFailed("the preview of the deployed tenancy found changes; run make up", CHANGED) from None
        raise
