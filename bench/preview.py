"""No-change previews: of one tenancy against an empty program, and of many from one warm process."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from pulumi import automation

from bench.clones import Clones
from bench.engine_run import CHANGED
from bench.measurements import Amounts, Comparison, measure_in_turn
from bench.process import Run, RunFailed, timed
from local.paths import LOCAL, PROJECT, State
from previews import InFlight, warm_project

PACK, PACK_CONFIG = PROJECT / "policies", LOCAL / "tenancy" / "policies.json"
ONE_AT_MOST = 1.5
MANY_AT_MOST = 0.7
EMPTY_IN_A_ROW = 10
"""One of them alone takes between half and twice the others' time."""
PREVIEWS_EACH = 3
FLOOR = (
    "beside the empty program's: the engine's own log of all it is told, the interpreter and imports of the dynamic "
    "provider's plugin, those of the Kubernetes and random plugins, which start one after the other after it, and the "
    "program's own imports"
)


def one(clones: Clones, repetitions: int, *, policies: bool) -> Comparison:
    """A no-change preview of one tenancy.

    Raises:
        RunFailed: a preview failed, or found something to change.
    """
    pack = [f"--policy-pack={PACK}", f"--policy-pack-config={PACK_CONFIG}"] if policies else []
    return Comparison(
        name=f"preview{'-with-policies' if policies else ''}",
        description=f"no-change preview of one tenancy, policies {'on' if policies else 'off'}",
        baseline="the same engine on an empty Python program",
        limit=ONE_AT_MOST,
        pairs=measure_in_turn(
            lambda: _run(clones, "tenancy", *pack).seconds, lambda: _run(clones, "empty").seconds, repetitions
        ),
        notes=(FLOOR,),
    )


def many(clones: Clones, state: State, repetitions: int, in_flight: InFlight) -> Comparison:
    """No-change previews of all clones from one process that starts cold.

    Raises:
        RunFailed: a preview found something to change.
    """
    count = len(clones.names)
    return Comparison(
        name=f"previews-of-{count}",
        description=f"no-change preview of {count} tenancies from one warm process, {in_flight.count} in flight",
        baseline=f"{count} × the empty program's preview, the mean of {EMPTY_IN_A_ROW} in a row",
        limit=MANY_AT_MOST,
        pairs=measure_in_turn(
            lambda: _together(clones, state, clones.names, in_flight).seconds,
            lambda: count * fmean(_run(clones, "empty").seconds for _ in range(EMPTY_IN_A_ROW)),
            repetitions,
            warm_ups=0,
        ),
        notes=("the start of the warm process is counted",),
    )


def memory(clones: Clones) -> Amounts:
    """The most that each process of a preview holds, and all at one time.

    Raises:
        RunFailed: the preview failed.
    """
    run = _run(clones, "tenancy", memory=True)
    return Amounts(
        "preview-memory",
        "most resident memory of each process of a preview; of all together, what they share counted once",
        "MiB",
        {**run.peak_mib, "all together": run.together_mib},
    )


def memory_of_many(clones: Clones, state: State, in_flight: InFlight) -> Amounts:
    """The same while many previews run; a few for each that is in flight are enough to see it.

    Raises:
        RunFailed: a preview found something to change.
    """
    names = clones.names[: PREVIEWS_EACH * in_flight.count]
    run = _together(clones, state, names, in_flight, memory=True)
    return Amounts(
        "previews-memory",
        f"the same of {len(names)} previews from one warm process, {in_flight.count} in flight",
        "MiB",
        {**run.peak_mib, "all together": run.together_mib},
    )


def preview_all(
    folder: Path, root: Path, names: Sequence[str], in_flight: InFlight, python_plugins: Mapping[str, Sequence[str]]
) -> None:
    """What :func:`many` measures, in a process of its own.

    Raises:
        RunFailed: a preview found something to change.
    """
    with warm_project(folder, {}, automation.PulumiCommand(root=str(root)), python_plugins) as project:
        for name, changes in project.each(names, _changes, in_flight):
            if changes:
                raise RunFailed(f"the preview of {name} is not without a change: {changes}; run make up", CHANGED)
            print(name, "no change", flush=True)


def _changes(stack: automation.Stack) -> dict[str, int]:
    summary = stack.preview(color="never").change_summary
    return {str(kind): count for kind, count in summary.items() if kind != automation.OpType.SAME}


def _together(clones: Clones, state: State, names: Sequence[str], in_flight: InFlight, *, memory: bool = False) -> Run:
    return timed(
        [sys.executable, "-m", "bench.many_previews", str(state.root), str(in_flight.count), *names],
        cwd=clones.tenancies,
        variables=clones.variables,
        timeout_seconds=60 * len(names),
        memory=memory,
    )


def _run(clones: Clones, program: str, *arguments: str, memory: bool = False) -> Run:
    folder, stack = (clones.tenancies, clones.names[0]) if program == "tenancy" else (clones.empty, clones.empty_name)
    try:
        return timed(
            [sys.executable, "-m", "bench.engine_run", "preview", program, stack, *arguments],
            cwd=folder,
            variables=clones.variables,
            memory=memory,
        )
    except RunFailed as failed:
        if failed.code == CHANGED:
            raise RunFailed("the deployed tenancy is not as the program declares it; run make up", CHANGED) from None
        raise
