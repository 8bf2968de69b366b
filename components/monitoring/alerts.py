"""The alerts of a tenancy. None depends on labels that name users or groups."""

from components.monitoring.alert import Alert

STATUS = "python -m components status STACK"
CAPACITY = "python -m components capacity STACK"
HUB_LOG = "kubectl logs --namespace NAMESPACE deployment/hub --tail=200"
PODS = "kubectl get pods --namespace NAMESPACE --output wide"
PENDING = "kubectl get pods --namespace NAMESPACE --field-selector status.phase=Pending"
EVENTS = "kubectl get events --namespace NAMESPACE --sort-by .lastTimestamp"
CERTIFICATES = "kubectl get certificates,certificaterequests,orders,challenges --namespace NAMESPACE"
QUOTAS = "kubectl describe resourcequotas --namespace NAMESPACE"
SNAPSHOTS = "kubectl get volumesnapshots --namespace NAMESPACE --sort-by .metadata.creationTimestamp"

DATABASE_FILES = "kubectl exec --namespace NAMESPACE deployment/hub -- sh -c 'ls -lhS; df -h .'"

FREE_DATABASE_VOLUME = (
    "Save elsewhere, and delete, `usage.sqlite.damaged` and files that are not the hub's. If `df` shows a larger file "
    "system than the volume, the volume shares it: free space there. Otherwise increase "
    "`pangeo:storage.hubDatabaseGb` and run `pulumi up`."
)

MINUTE = 60
DAY = 24 * 3600


def _failures(counter: str, window: str) -> str:
    """Return the sum of a counter's increases in each tenancy.

    ``increase()`` extrapolates: to twice the count, if a series has two values because its hub has just started. The
    counter, which begins at 0 then, limits it.
    """
    increase, count = f"increase({counter}[{window}])", f"max_over_time({counter}[{window}])"
    return f"sum by (namespace) ({increase} < {count} or {count})"


ALERTS = (
    Alert(
        name="PangeoHubDown",
        # A hub whose metrics ended is named by its namespace, for a week: an alert that ended sooner would look like
        # a repair. The second part is for a hub that was never scraped.
        expression="group by (namespace) (present_over_time(jupyterhub_total_users{$scope}[7d]))"
        " unless group by (namespace) (jupyterhub_total_users{$scope})"
        " or absent(jupyterhub_total_users{$scope})"
        " unless on () group(present_over_time(jupyterhub_total_users{$scope}[7d]))",
        minutes=5,
        severity="critical",
        summary="Prometheus has no metrics of the hub of NAMESPACE",
        description="The hub does not run, or Prometheus cannot scrape it. Without the hub, nobody can log in or start "
        "a server; running servers continue. If `status` reports a fault of the hub, correct it. If the hub runs, "
        "compare `pangeo:metrics.prometheus` with the namespace and the labels of Prometheus's pods.",
        commands=(STATUS, PODS, HUB_LOG),
    ),
    Alert(
        name="PangeoProxyDown",
        # The second part is for a proxy without a pod that has an address: Prometheus then has no target.
        expression='min by (namespace, service) (up{$scope, service=~"pangeo-metrics-(proxy|gateway)"}) == 0'
        ' or group by (namespace, service) (present_over_time(up{$scope, service="pangeo-metrics-proxy"}[7d]))'
        ' unless group by (namespace, service) (up{$scope, service="pangeo-metrics-proxy"})',
        minutes=5,
        severity="critical",
        summary="Prometheus cannot scrape {{ $labels.service }} in NAMESPACE",
        description="A proxy does not run, or Prometheus cannot scrape it. Without `pangeo-metrics-proxy`, nobody can "
        "reach the hub or a server; without `pangeo-metrics-gateway`, nobody can reach a Dask cluster. See why the pod "
        "ended or has not started, and correct that. If it runs, compare `pangeo:metrics.prometheus` with the "
        "namespace and the labels of Prometheus's pods.",
        commands=(PODS, EVENTS, STATUS),
    ),
    Alert(
        name="PangeoServerStartsFail",
        # increase() extrapolates, so that three failures can count as a little less than 3.
        expression=_failures('jupyterhub_server_spawn_duration_seconds_count{$scope, status="failure"}', "30m")
        + " > 2.5",
        minutes=0,
        severity="critical",
        summary="{{ $value | printf `%.0f` }} starts of servers in NAMESPACE failed within 30 minutes",
        description="Users cannot start their servers. The hub's log has the reason of each failure. Often an image "
        "cannot be pulled, no node has enough free CPUs or memory, or a volume cannot be mounted. `doctor` checks what "
        "one user's start needs.",
        commands=(HUB_LOG, EVENTS, "python -m components doctor STACK --user USER"),
    ),
    Alert(
        name="PangeoPodsPending",
        expression="max by (namespace, kind) "
        '(pangeo_pending_pods_oldest_seconds{$scope, kind=~"server|dask_scheduler"}) > <pending>',
        waits={"pending": 10 * MINUTE},
        minutes=1,
        severity="warning",
        summary="A pod of kind {{ $labels.kind }} in NAMESPACE has been pending for {{ $value | humanizeDuration }}",
        description="The nodes lack CPUs, memory or GPUs, an image is not pulled, or a volume is not attached. The "
        "pod's events name the reason. Add nodes, correct the image's name, or make the servers' sizes smaller.",
        commands=(PENDING, EVENTS, CAPACITY),
    ),
    Alert(
        name="PangeoDaskWorkersPending",
        expression='max by (namespace) (pangeo_pending_pods_oldest_seconds{$scope, kind="dask_worker"}) > <pending>',
        waits={"pending": 30 * MINUTE},
        minutes=1,
        severity="warning",
        summary="A Dask worker in NAMESPACE has been pending for {{ $value | humanizeDuration }}",
        description="Users ask for more workers than the nodes have room for, so that computations are slower than "
        "they expect. Add nodes, or lower `pangeo:dask.maxCores` and `pangeo:dask.maxRamGb`.",
        commands=(PENDING, EVENTS, CAPACITY),
    ),
    Alert(
        name="PangeoDirectoryRefusesLogIns",
        expression=_failures(
            'pangeo_log_ins_total{$scope, result=~"directory_unreachable|directory_incomplete"}', "10m"
        )
        + " > 1.5",
        minutes=0,
        severity="critical",
        summary="{{ $value | printf `%.0f` }} log-ins to NAMESPACE failed within 10 minutes because of the directory",
        description="The users' passwords were not checked, or their groups could not be read: no FreeIPA server gave "
        "a useful answer. The hub's log names the server and the error. Check the server, its certificate, and the "
        "network between it and the cluster.",
        commands=(STATUS, HUB_LOG),
    ),
    Alert(
        name="PangeoDirectoryServerUnreachable",
        expression="max by (namespace, server) (pangeo_directory_server_reachable{$scope}) == 0",
        minutes=5,
        severity="warning",
        summary="The hub of NAMESPACE cannot connect to the directory server {{ $labels.server }}",
        description="Log-ins use the other servers in `pangeo:identity`. Without any, nobody can log in. Check whether "
        "the server runs, whether its certificate is valid, and whether the network admits the hub.",
        commands=(STATUS, HUB_LOG),
    ),
    Alert(
        name="PangeoHomesFull",
        expression='max by (namespace) (pangeo_homes_full{$scope, above="0.95"}) > 0',
        minutes=15,
        severity="warning",
        summary="{{ $value }} homes in NAMESPACE are more than 95 % full",
        description="In a full home, files cannot be saved, and its server may not start. Ask the users to delete or "
        "move files, for example to a shared folder, or increase `pangeo:notebookStorageGb`. Each home grows at the "
        "next start of its server. With `pangeo:metrics.perUser`, the dashboard Homes names the users.",
        commands=("kubectl get pvc --namespace NAMESPACE", STATUS),
    ),
    Alert(
        name="PangeoHubDatabaseVolumeFills",
        expression="max by (namespace) (pangeo_hub_database_volume_used_bytes{$scope}"
        " / pangeo_hub_database_volume_size_bytes{$scope}) > 0.8",
        minutes=15,
        severity="warning",
        summary="The volume of the hub's database in NAMESPACE is {{ $value | humanizePercentage }} full",
        description=f"The hub stops when it cannot write to its database. {FREE_DATABASE_VOLUME}",
        commands=(DATABASE_FILES,),
    ),
    Alert(
        name="PangeoHubDatabaseVolumeFull",
        expression="max by (namespace) (pangeo_hub_database_volume_used_bytes{$scope}"
        " / pangeo_hub_database_volume_size_bytes{$scope}) > 0.95"
        " or min by (namespace) (pangeo_hub_database_volume_free_bytes{$scope}) < 20 * 1024 * 1024",
        minutes=2,
        severity="critical",
        summary="The hub of NAMESPACE can soon not write to its database",
        description="Log-ins and starts of servers fail when the volume is full. Back up the database as in `Backup "
        f"and restore` of the operator guide. {FREE_DATABASE_VOLUME}",
        commands=(DATABASE_FILES,),
    ),
    Alert(
        name="PangeoCertificateNotRenewed",
        expression=f"min by (namespace) (pangeo_certificate_expiry_timestamp_seconds{{$scope}}) - time() < {14 * DAY}",
        minutes=30,
        severity="warning",
        summary="The hub's certificate in NAMESPACE expires in {{ $value | humanizeDuration }}",
        description="cert-manager renews certificates 30 days before their end, so its renewals fail: see the messages "
        "of the certificate's orders and challenges. Replace a certificate of your own in the Secret that "
        "`pangeo:ingress.tls.secretName` names.",
        commands=(CERTIFICATES, STATUS),
    ),
    Alert(
        name="PangeoCertificateExpires",
        expression=f"min by (namespace) (pangeo_certificate_expiry_timestamp_seconds{{$scope}}) - time() < {3 * DAY}",
        minutes=5,
        severity="critical",
        summary="The hub's certificate in NAMESPACE expires in {{ $value | humanizeDuration }}",
        description="Browsers refuse the hub's address after the end of the certificate. See the messages of the "
        "certificate's orders and challenges, or replace a certificate of your own in the Secret that "
        "`pangeo:ingress.tls.secretName` names. A negative duration is the time since its end.",
        commands=(CERTIFICATES, STATUS),
    ),
    Alert(
        name="PangeoCertificateOfAnotherHost",
        expression="max by (namespace) (pangeo_certificate_matches_host{$scope}) == 0",
        minutes=15,
        severity="critical",
        summary="The certificate at the hub's address in NAMESPACE is for another host",
        description="Browsers refuse the hub's address. Ingress controllers show a certificate of their own while the "
        "Secret with the hub's certificate is missing or not valid: see why cert-manager has not created it, or create "
        "the Secret that `pangeo:ingress.tls.secretName` names.",
        commands=(CERTIFICATES, STATUS),
    ),
    Alert(
        name="PangeoBackupOld",
        expression=f"time() - min by (namespace, volumes) (pangeo_backup_timestamp_seconds{{$scope}}) > {8 * DAY}",
        minutes=30,
        severity="warning",
        summary="The newest backup of {{ $labels.volumes }} in NAMESPACE is {{ $value | humanizeDuration }} old",
        description="At least one volume has no backup of the last eight days; a volume without any backup counts from "
        "its creation. See why the backup job or the snapshots fail, and back up the volume as in `Backup and restore` "
        "of the operator guide.",
        commands=(SNAPSHOTS, "kubectl get jobs,cronjobs --namespace NAMESPACE", STATUS),
    ),
    Alert(
        name="PangeoQuotaExhausted",
        expression="max by (namespace, quota, resource) "
        "(pangeo_quota_used{$scope} / pangeo_quota_hard{$scope}) >= 0.95",
        minutes=15,
        severity="warning",
        summary="{{ $labels.resource }} of the quota {{ $labels.quota }} in NAMESPACE is "
        "{{ $value | humanizePercentage }} used",
        description="Kubernetes refuses pods or volumes beyond the quota: starts of servers fail, and Dask clusters "
        "get no more workers. Stop servers that nobody uses, or ask the cluster's administrator for a larger quota.",
        commands=(QUOTAS, PODS, CAPACITY),
    ),
    Alert(
        name="PangeoObservationsFail",
        # After a failed observation, this metric is absent.
        expression="group by (namespace) (jupyterhub_total_users{$scope}) unless on (namespace) "
        "(time() - max by (namespace) (pangeo_observation_timestamp_seconds{$scope}) < <old>)",
        waits={"old": 5 * MINUTE},
        minutes=10,
        severity="warning",
        summary="The hub of NAMESPACE cannot read the objects of its namespace",
        description="Until it can, no alerts about pods, homes, the hub's database, quotas and backups fire. The hub's "
        "log has the reason, for example a missing permission.",
        commands=(HUB_LOG, STATUS),
    ),
)
