"""The command ``repair``: repairs a Helm release that a killed run left behind.

Either the release is stuck in ``pending-*``, or helm had finished and the engine was killed before it saved the
release in the stack's state. Users' home volumes are not part of the release and are not changed.
"""

from collections.abc import Callable, Mapping

from components.cli.stack import OpenStack
from components.cluster.client import connect_to_cluster
from components.cluster.helm import helm_for
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.releases import Repair, orphaned_release, repair_for, stuck_release

HOMES_STAY = "Users' home volumes stay as they are"


def repair_release(
    stack: OpenStack, *, confirm: Callable[[], bool], environment: Mapping[str, str], report: Callable[[str], None]
) -> bool:
    """Report the state of the stack's release, and repair it where needed and confirmed.

    Args:
        stack: the stack, with its kubeconfig decrypted.
        confirm: returns whether to go on with the repair that was reported.
        environment: where ``KUBECONFIG`` and the programs helm, kubectl and pulumi are looked up.
        report: receives each line of text.

    Returns:
        Whether the release needs no repair any more.

    Raises:
        CannotAsk: the cluster gives no answer.
        HelmFailed: helm failed.
    """
    tenancy = stack.tenancy
    kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
    with connect_to_cluster(kubeconfig, environment) as api:
        report(f"cluster: {read_cluster_id(api)}")
    with helm_for(kubeconfig, environment) as helm:
        history = helm.history(tenancy.release, tenancy.namespace)
        repair = repair_for(tenancy.release, tenancy.namespace, history)
        if repair:
            report(stuck_release(repair.release, repair.namespace, repair.stuck))
            report(f"to do: {repair.steps}. {HOMES_STAY}")
        elif history and stack.has_release(environment) is False:
            latest = max(history)
            repair = Repair(tenancy.release, tenancy.namespace, stuck=latest, rollback_to=None)
            report(orphaned_release(repair.release, repair.namespace, latest.status))
            report(f"to do: helm uninstall {repair.release}; the next pulumi up installs it again. {HOMES_STAY}")
        else:
            status = f"is {max(history).status} (revision {max(history).number})" if history else "is not installed"
            report(f"the Helm release {tenancy.namespace}/{tenancy.release} {status}: there is nothing to repair")
            return True
        if not confirm():
            report("nothing was changed; to repair the release without a question, add --yes")
            return False
        helm.apply(repair)
    report("done; now run pulumi up")
    return True
