"""The steps of a repair: each is reported, confirmed together with the others, and applied. Pure.

Another repair of the state is added as a function in ``STATE_REPAIRS``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from components.cli.repair.creations import Creation
from components.cli.repair.state import Export, drop_creations
from components.cli.repair.stored_provider import needs_identity, with_identity
from components.cli.repair.verdict import ReleaseRepair
from components.cluster.identity import ClusterId
from components.cluster.releases import Repair

HOMES_STAY = "Users' home volumes stay as they are"


@dataclass(frozen=True)
class Step:
    """One step of the repair. Steps are compared by their texts."""

    finding: str
    """What is wrong."""
    action: str
    """What will be done about it."""
    release: Repair | None = None
    """The operation of Helm, for a step in the cluster."""
    edit: Callable[[Export], Export] | None = field(default=None, compare=False)
    """Returns the repaired state, for a step in the state."""


@dataclass(frozen=True)
class StateToRepair:
    """The state, and what was found out about its pending creations."""

    export: Export
    creations: tuple[Creation, ...]
    cluster: ClusterId | None = None
    """The cluster at its present address; it is the one in the state's contract."""
    has_kubeconfig: bool = False
    """Whether the stack file contains a kubeconfig."""


StateRepair = Callable[[StateToRepair], Step | None]
"""Returns the step that repairs a state; None if the state does not need it."""


def release_step(verdict: ReleaseRepair) -> Step:
    """Return the step that repairs the Helm release."""
    return Step(verdict.finding, f"{verdict.repair.steps}. {HOMES_STAY}", release=verdict.repair)


def forget_creations(state: StateToRepair) -> Step | None:
    """Return the step that removes pending creations whose outcome is known."""
    known = [each for each in state.creations if each.outcome]
    if not known:
        return None
    urns = frozenset(each.urn for each in known)
    lines = "".join(f"\n  {each.name}: {each.outcome}" for each in known)
    return Step(
        f"a run was killed while it created resources, and every later up warns of these operations:{lines}",
        "remove these operations from the state; nothing outside the state is changed",
        edit=lambda export: drop_creations(export, urns),
    )


def identify_provider(state: StateToRepair) -> Step | None:
    """Return the step that puts the cluster's identity in the place of one machine's kubeconfig."""
    cluster = state.cluster
    if cluster is None or not needs_identity(state.export):
        return None
    return Step(
        "the state was written by a version before 0.3: its Kubernetes provider has the kubeconfig of one machine, and "
        "not the identity of the cluster",
        f"record the cluster {cluster}; nothing outside the state is changed",
        edit=lambda export: with_identity(export, cluster, keeps_secret=state.has_kubeconfig),
    )


STATE_REPAIRS: tuple[StateRepair, ...] = (forget_creations, identify_provider)
"""Every repair of the state, in the order in which they are applied. Each is independent of the others.

They run only if the outcome of every pending operation is known, because writing the state drops all of them.
"""


def state_steps(state: StateToRepair) -> list[Step]:
    """Return the steps that the state needs."""
    return [step for repair in STATE_REPAIRS if (step := repair(state))]


def edit_state(export: Export, steps: list[Step]) -> Export:
    """Return the state after the steps."""
    for step in steps:
        if step.edit:
            export = step.edit(export)
    return export
