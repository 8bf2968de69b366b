"""No-change previews of one tenancy, compared with an empty program."""

import sys

from bench.clones import Clones
from bench.engine_run import CHANGED
from bench.measurements import Amounts, Comparison, measure_in_turn
from bench.process import Run, RunFailed, timed
from local.paths import LOCAL, PROJECT

PACK, PACK_CONFIG = PROJECT / "policies", LOCAL / "tenancy" / "policies.json"
ONE_AT_MOST = 1.5
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
