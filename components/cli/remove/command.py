"""The command ``remove``: deletes what ``pulumi destroy`` kept of a tenancy, with all files of its users.

Policies protect a tenancy's data from every ``up``, so they refuse ``protect: false``. This command does not run the
program: it needs the name of the cluster, typed by a person, after a destroy.
"""

from collections.abc import Callable, Mapping

from components.cli.remove.facts import places, read_remains
from components.cli.remove.plan import Plan, Refused, plan_removal
from components.cli.repair.backend import Backend
from components.cli.stack import OpenStack
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import delete_object
from components.freeipa.groups import open_groups


def remove_tenancy(
    stack: OpenStack,
    *,
    password: str,
    confirm: Callable[[str], bool],
    environment: Mapping[str, str],
    report: Callable[[str], None],
) -> bool:
    """Report what remains of a destroyed tenancy, and delete it if that is confirmed.

    Args:
        stack: the stack, with its kubeconfig decrypted.
        password: the bind password.
        confirm: returns whether the operator has named the cluster whose name is given.
        environment: where ``KUBECONFIG`` and the programs kubectl and pulumi are looked up.
        report: receives each line of text.

    Returns:
        Whether nothing is left that a destroy of this stack kept.

    Raises:
        PulumiFailed: the state cannot be read.
        CannotAsk: the cluster gives no answer, or has not finished a deletion.
        FreeIpaError: the directory gives no answer, or refuses the deletion.
    """
    tenancy = stack.tenancy
    backend = Backend(stack.name, environment)
    with connect_to_cluster(find_kubeconfig(tenancy.kubernetes, environment), environment) as api:

        def look() -> Plan | Refused:
            deployment = backend.export().get("deployment") or {}
            entries = [*(deployment.get("resources") or []), *(deployment.get("pending_operations") or [])]
            remains = read_remains(tenancy, api, password)
            types = [str(each.get("type", "")) for each in entries]
            return plan_removal(remains, stack.name, tenancy.cluster_name, types)

        report(f"cluster: {api.server}")
        report(f"state: {stack.name} in {backend.url()}")
        plan = look()
        if isinstance(plan, Refused):
            return _refuse(plan, report)
        if locked := backend.lock():
            return _refuse(Refused(locked, "wait until no other run changes the stack"), report)
        for line in plan.lines:
            report(line)
        if plan.is_empty:
            return True
        if not confirm(tenancy.cluster_name):
            report(f"nothing was changed; to confirm without a question, add --yes {tenancy.cluster_name}")
            return False
        # A person may have needed long to answer.
        again = look()
        if again != plan:
            fix = f"run again: python -m components remove {stack.name}"
            changed = Refused("something was changed meanwhile", fix)
            return _refuse(again if isinstance(again, Refused) else changed, report)
        _delete(stack, plan, api, password, report)
    report("done. What this command never deletes is described in docs/operator-guide.md, Removing everything for good")
    return True


def _delete(stack: OpenStack, plan: Plan, api: ReadWriteApi, password: str, report: Callable[[str], None]) -> None:
    tenancy = stack.tenancy
    found = {(each.kind, each.name): each for each in plan.objects}
    for place in places(tenancy):
        if each := found.get((place.kind, place.name)):
            delete_object(api, place, each.uid, report)
            report(f"deleted: {each}")
    if plan.group:
        with open_groups(tenancy.identity.directory(), tenancy.directory_suffix, password) as groups:
            groups.delete_group(plan.group.name)
        report(f"deleted: {plan.group}")


def _refuse(refused: Refused, report: Callable[[str], None]) -> bool:
    report(f"nothing was changed: {refused.reason}")
    report(f"→ {refused.fix}")
    return False
