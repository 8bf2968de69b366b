"""The declared resources together: none that protects a tenancy is missing, and none is doubled."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from policies.kinds import (
    CONTRACT,
    DESTROY_CHECK,
    GROUP,
    HUB_READY,
    INGRESS,
    MIDDLEWARE,
    MONITORING,
    NAMESPACE,
    PROVIDERS,
    RANDOM,
    RELEASE,
    SECRET,
    SERVICE,
    STORAGE_CLASS,
    TENANCY,
    VOLUME,
    VOLUME_CLAIM,
)
from policies.rule import Context, Resource, Rule

ONE = (1, 1)
AT_MOST_ONE = (0, 1)


def _expected_numbers(context: Context) -> Mapping[str, tuple[int, int]]:
    """Return the smallest and the largest number of resources by type."""
    from components.chart.secrets import HubSecrets
    from components.resources.monitoring import monitoring_manifests
    from components.resources.shared_folders import folder_manifests

    folders = Counter(manifest["kind"] for manifest in folder_manifests(context.tenancy))
    secrets = len(HubSecrets.__dataclass_fields__)
    return {
        **dict.fromkeys((TENANCY.type, CONTRACT.type, DESTROY_CHECK, GROUP.type), ONE),
        **dict.fromkeys((NAMESPACE.type, SECRET.type, RELEASE.type, f"{PROVIDERS}kubernetes"), ONE),
        STORAGE_CLASS.type: ONE if context.tenancy.storage.create else (0, 0),
        VOLUME_CLAIM.type: (folders["PersistentVolumeClaim"],) * 2,
        VOLUME.type: (folders["PersistentVolume"],) * 2,
        # Traefik's redirect has an Ingress of its own.
        INGRESS.type: (1, 2),
        MIDDLEWARE.type: AT_MOST_ONE,
        SERVICE.type: (len(monitoring_manifests(context.tenancy, ())),) * 2,
        # Where the cluster has their kinds.
        **dict.fromkeys(MONITORING, AT_MOST_ONE if context.tenancy.metrics else (0, 0)),
        HUB_READY: AT_MOST_ONE,
        RANDOM: (secrets, secrets),
    }


def _check_together(resources: Sequence[Resource], context: Context) -> Iterator[str]:
    # The engine passes no resource that a program only reads, with get().
    count = Counter(each.type for each in resources)
    for kind, (least, most) in _expected_numbers(context).items():
        if not least <= count[kind] <= most:
            number = str(least) if least == most else f"{least} to {most}"
            yield f"there are {count[kind]} resources of the type {kind}; this tenancy has {number}"


RULES = (
    Rule(
        "complete-tenancy",
        "The stack declares each resource that a tenancy consists of, in the right number",
        "Without its namespace, a tenancy has no pod-security level; without the contract and the check before a "
        "destroy, nothing refuses the loss of users' files; a secret that is read from elsewhere may be known.",
        "Restore the program. No configuration key removes one of these resources.",
        "critical",
        check_stack=_check_together,
    ),
)
