"""The command ``members accept``. It can be repeated after an interruption, and finishes what is missing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from components.cli.accept.facts import (
    FORMER_ID,
    FORMER_USER,
    KeptVolume,
    claim_path,
    config_map,
    pods_with,
    read_kept_volumes,
    read_names,
    volume_path,
)
from components.cli.accept.plan import Plan, binding_instructions, plan_decision
from components.cli.audit_log import BEGUN, AuditLog
from components.cli.members import Group, MembersRefused, find_account, new_entry, prepare_log, record
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import ObjectPath, change_object, create_object, delete_object, set_annotation
from components.in_hub.user_id import DECISIONS, ID_ANNOTATION, KEY_PREFIX, REFUSALS, Decision


def accept_user(
    group: Group,
    user: str,
    *,
    same_person: bool,
    confirm: Callable[[], bool],
    log: AuditLog,
    environment: Mapping[str, str],
    report: Callable[[str], None],
) -> bool:
    """Let the FreeIPA account that has the name now use the hub, as the former user or as a new one.

    Args:
        group: the users' group, with the account to log in to FreeIPA with.
        user: the user's name.
        same_person: whether rights and homes pass to the new account.
        confirm: returns whether the operator agrees to the reported changes.
        log: records the decision.
        environment: where ``KUBECONFIG`` and kubectl are looked up.
        report: receives each line of text.

    Returns:
        Whether the changes were made.

    Raises:
        MembersRefused: there is no such account, or the log cannot be written.
        FreeIpaError: the directory could not be read.
        CannotAsk: the cluster gives no answer or refuses a change; repeat the command.
    """
    prepare_log(log)
    account = find_account(group, user)
    if account.unique_id is None:
        fix = "give the account that logs in FreeIPA's permission 'System: Read User IPA Attributes'"
        raise MembersRefused(f"FreeIPA does not show {group.bind_dn} the ipaUniqueID of {account.uid}; {fix}")
    decision = Decision(account.unique_id, same_person)
    namespace = group.tenancy.namespace
    with connect_to_cluster(find_kubeconfig(group.tenancy.kubernetes, environment), environment) as api:
        report(f"cluster: {api.server}, namespace {namespace}")
        plan = plan_decision(read_names(api, namespace), account.uid, decision)
        for line in plan.lines:
            report(line)
        if not confirm():
            report("nothing was changed; to confirm without a question, add --yes")
            return False
        entry = new_entry(group, account.uid, "accept --same-person" if same_person else "accept --new-person")
        record(replace(entry, outcome=BEGUN), log)
        # First, so that the former account cannot start a server again while its homes are taken away.
        _write_decision(api, namespace, plan)
        for home in plan.rebind:
            set_annotation(api, claim_path(namespace, home.claim), home.uid, ID_ANNOTATION, decision.user_id)
            report(f"bound: {home.claim}")
        _release_homes(api, namespace, plan, report)
        record(entry, log)
        for volume in read_kept_volumes(api, namespace, account.uid):
            for line in binding_instructions(volume, namespace):
                report(line)
    report(f"done: {account.uid} can log in")
    return True


def _write_decision(api: ReadWriteApi, namespace: str, plan: Plan) -> None:
    key = KEY_PREFIX + plan.user

    def decide(manifest: dict[str, Any]) -> None:
        manifest["data"] = {**(manifest.get("data") or {}), key: plan.decision.as_text()}

    def forget(manifest: dict[str, Any]) -> None:
        manifest["data"] = {name: text for name, text in (manifest.get("data") or {}).items() if name != key}

    place = config_map(namespace, DECISIONS)
    metadata = {"name": DECISIONS, "namespace": namespace}
    create_object(api, place, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    if not change_object(api, place, None, decide):
        raise CannotAsk(f"{api.server}: {place} was deleted by others; try again")
    change_object(api, config_map(namespace, REFUSALS), None, forget)


def _release_homes(api: ReadWriteApi, namespace: str, plan: Plan, report: Callable[[str], None]) -> None:
    """Keep the volumes, stop the servers that use them, and delete the claims, in this order."""
    for home in plan.release:
        if home.volume:
            _keep_volume(api, KeptVolume(home.volume, home.claim, home.user, home.user_id))
            report(f"kept: the volume {home.volume}, with the reclaim policy Retain")
    for pod in pods_with(api, namespace, [home.claim for home in plan.release]):
        name = str(pod["metadata"]["name"])
        place = ObjectPath("Pod", f"/api/v1/namespaces/{namespace}/pods", name, namespace)
        delete_object(api, place, str(pod["metadata"]["uid"]), report)
        report(f"stopped: {name}")
    for home in plan.release:
        delete_object(api, claim_path(namespace, home.claim), home.uid, report)
        report(f"deleted: the claim {home.claim}")


def _keep_volume(api: ReadWriteApi, volume: KeptVolume) -> None:
    def keep(manifest: dict[str, Any]) -> None:
        annotations = manifest["metadata"].get("annotations") or {}
        manifest["metadata"]["annotations"] = {**annotations, FORMER_USER: volume.user, FORMER_ID: volume.user_id}
        manifest["spec"]["persistentVolumeReclaimPolicy"] = "Retain"

    if not change_object(api, volume_path(volume.name), None, keep):
        raise CannotAsk(
            f"{api.server}: the volume {volume.name} of the claim {volume.claim} does not exist; delete the claim "
            "yourself if its files are not needed"
        )
