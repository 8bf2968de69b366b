"""The command ``repair``: repairs what a killed run left behind in the cluster and in the stack's state.

Nothing is changed unless the state knows this tenancy in this cluster, and no run holds the stack's lock. Users' home
volumes are not part of the Helm release and are not changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from components.cli.repair.backend import Backend
from components.cli.repair.creations import list_creations, unresolved_operations
from components.cli.repair.facts import Facts, read_facts
from components.cli.repair.steps import StateToRepair, Step, edit_state, release_step, state_steps
from components.cli.repair.verdict import Refused, ReleaseRepair, judge
from components.cli.stack import OpenStack
from components.cluster.helm import Helm, helm_for
from components.cluster.kubeconfig import find_kubeconfig
from components.programs import report_on_stderr


@dataclass(frozen=True)
class Plan:
    """What a repair would do."""

    steps: tuple[Step, ...]
    messages: tuple[str, ...]
    """Remarks about what needs no repair, or what this command does not repair."""
    next: str
    """What to do afterwards."""
    is_complete: bool
    """Whether nothing remains to be repaired after the steps."""


def repair_stack(
    stack: OpenStack,
    *,
    confirm: Callable[[], bool],
    is_interrupted: bool,
    environment: Mapping[str, str],
    report: Callable[[str], None],
) -> bool:
    """Report what a killed run left behind, and repair it where needed and confirmed.

    Args:
        stack: the stack, with its kubeconfig decrypted.
        confirm: returns whether to go on with the steps that were reported.
        is_interrupted: whether the operator states that neither pulumi nor helm is running.
        environment: where ``KUBECONFIG`` and the programs helm, kubectl and pulumi are looked up.
        report: receives each line of text.

    Returns:
        Whether nothing needs a repair any more.

    Raises:
        PulumiFailed: the state cannot be read or written.
        CannotAsk: the cluster gives no answer.
        HelmFailed: helm failed.
    """
    backend = Backend(stack.name, environment)
    kubeconfig = find_kubeconfig(stack.tenancy.kubernetes, environment)
    with helm_for(kubeconfig, environment, report_on_stderr) as helm:

        def look() -> tuple[Facts, Plan | Refused]:
            facts = read_facts(stack.tenancy, backend, kubeconfig, helm, environment)
            return facts, plan_repair(facts, stack.name, url, datetime.now(UTC), is_interrupted=is_interrupted)

        url = backend.url()
        facts, plan = look()
        report(f"cluster: {facts.cluster.cluster}")
        report(f"state: {stack.name} in {url}")
        if isinstance(plan, Refused):
            return _refuse(plan, report)
        for message in plan.messages:
            report(message)
        if not plan.steps:
            if not plan.is_complete:
                report(f"now run {plan.next}")
            return plan.is_complete
        for step in plan.steps:
            report(f"found: {step.finding}")
            report(f"to do: {step.action}")
        if lock := backend.lock():
            return _refuse(Refused(lock, f"if no run is active any more: pulumi cancel --stack {stack.name}"), report)
        if not confirm():
            report("nothing was changed; to repair without a question, add --yes")
            return False
        # Time has passed since the facts were read: another run may have begun, and may even have ended.
        facts, again = look()
        if again != plan or backend.lock():
            fix = f"run again: python -m components repair {stack.name}"
            return _refuse(Refused("the cluster or the state was changed meanwhile", fix), report)
        _apply(plan, facts, backend, helm)
    report(f"done; now run {plan.next}")
    return plan.is_complete


def plan_repair(facts: Facts, stack: str, backend: str, now: datetime, *, is_interrupted: bool) -> Plan | Refused:
    """Return what to do. Pure.

    Args:
        facts: from the cluster and the state.
        stack: the stack's name, for messages.
        backend: URL of the backend, for messages.
        now: the time.
        is_interrupted: whether the operator states that neither pulumi nor helm is running.
    """
    verdict = judge(facts.state, facts.cluster, stack=stack, backend=backend, now=now, is_interrupted=is_interrupted)
    if isinstance(verdict, Refused):
        return verdict
    steps = [release_step(verdict)] if isinstance(verdict, ReleaseRepair) else []
    messages = [] if isinstance(verdict, ReleaseRepair) else [verdict.message]
    is_uninstalled = isinstance(verdict, ReleaseRepair) and verdict.repair.rollback_to is None
    release_remains = bool(facts.cluster.history) and not is_uninstalled
    creations = list_creations(facts.state, facts.existing, release_remains=release_remains)
    unresolved = unresolved_operations(facts.state, creations)
    if unresolved:
        messages.append(
            f"a run was killed while it was {', '.join(unresolved)}; only pulumi refresh finds out what became of it, "
            "and the rest of the state is repaired after that"
        )
        again = f", then python -m components repair {stack}" if creations else ""
        return Plan(tuple(steps), tuple(messages), f"pulumi refresh{again}, then pulumi up", is_complete=False)
    steps += state_steps(StateToRepair(facts.export, creations, facts.cluster.cluster, facts.has_kubeconfig))
    messages += [] if steps else ["the state needs no repair"]
    return Plan(tuple(steps), tuple(messages), "pulumi up", is_complete=True)


def _refuse(refused: Refused, report: Callable[[str], None]) -> bool:
    report(f"nothing was changed: {refused.reason}")
    report(f"→ {refused.fix}")
    return False


def _apply(plan: Plan, facts: Facts, backend: Backend, helm: Helm) -> None:
    """Apply the steps: the cluster first, so that after an interruption the state still shows what is to be done."""
    for step in plan.steps:
        if step.release:
            helm.apply(step.release)
    edited = edit_state(facts.export, list(plan.steps))
    if edited != facts.export:
        backend.replace(facts.export, edited)
