"""Accepted spellings of values for every key of the configuration."""

import json
from collections.abc import Mapping

from components.config.controllers import INGRESS_NGINX, TRAEFIK
from components.config.pools import PURPOSES
from tests.support.tenancies import ABSENT, CA_CERTIFICATE, settings

KUBECONFIG = "apiVersion: v1\nkind: Config\nclusters: []\n"
NGINX = "nginx.ingress.kubernetes.io"
DIGEST = f"sha256:{'0f' * 32}"

YES = (True, "true", "True", 1, "1", "yes", "on")
NO = (False, "false", "FALSE", 0, "no", "off")


def whole(number: int) -> tuple[object, ...]:
    return number, str(number), float(number), f"{number}.0", f" {number} "


def decimal(number: float) -> tuple[object, ...]:
    return *whole(int(number)), number, str(number), f"{number:.9f}", number + 0.123456789


ANY_NAME = "ocean"
"""Name of a section in a map of sections."""

SPELLINGS: Mapping[str, tuple[object, ...]] = {
    "clusterName": ("vis-pangeo", " vis-pangeo ", "a1"),
    "externalIp": (
        *("192.171.139.83", " 192.171.139.83 ", "10.0.0.1"),
        *("2001:db8::17", "2001:DB8::17", "2001:0db8:0000:0000:0000:0000:0000:0017", "::1", "fd00::"),
    ),
    "pangeoDomain": ("", "  ", "hub.example.org", "HUB.Example.org", "hub.example.org.", " Hub.example.org. "),
    "domainSuffix": ("nip.io", "NIP.io", "nip.io.", " nip.io "),
    "notebookCpus": tuple(str(each) for each in (*decimal(0.5)[5:], *decimal(2.25), "1e0")),
    "notebookRamGb": tuple(str(each) for each in (*decimal(0.5)[5:], *decimal(15.5), "1e1", "15.66666666")),
    "notebookStorageGb": tuple(str(each) for each in (*whole(10), 1, 65536)),
    "identity": (json.dumps(settings()["identity"], indent=2),),
    "identity.server": (
        *("ipa.example.org", "IPA.Example.org.", " ipa.example.org ", "ipa.example.org:636", "ipa.example.org:0636"),
        *(["ipa.example.org"], ["ipa1.example.org:389", "IPA2.example.org"]),
    ),
    "identity.realm": ("EXAMPLE.ORG", "example.org", "Example.Org.", " EXAMPLE.ORG "),
    "identity.baseDn": ("dc=example,dc=org", "DC=Example,DC=Org", " dc = example , dc = org "),
    "identity.tls": ("ldaps", "starttls"),
    "identity.caCertificate": (CA_CERTIFICATE, f"\n{CA_CERTIFICATE}\n", f"# FreeIPA\n{CA_CERTIFICATE}{CA_CERTIFICATE}"),
    "identity.bindDn": (
        "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
        "UID=deployer, CN=users, CN=accounts, DC=example, DC=org",
    ),
    "identity.adminUsers": (["admin"], ["Admin", " ALICE ", "b.c-d_e$"], ["1a"]),
    "identity.adminGroup": ("pangeo_admins", "Pangeo_Admins", " pangeo_admins ", "pangeo.admins$"),
    "identity.nestedGroups": (*YES, *NO),
    "identity.logInHours": (24, "24", 0.25, "36.50"),
    "identity.membershipCheck.bindDn": (
        "uid=reader,cn=sysaccounts,cn=etc,dc=example,dc=org",
        "uid = reader , cn=sysaccounts, cn=etc, dc=example, dc=org",
    ),
    "identity.membershipCheck.everyMinutes": (5, "5", 1440),
    "identity.existingGroup": ("refuse", "adopt"),
    "backup.endpoint": (
        "https://s3.example.org",
        "https://S3.Example.org/",
        "http://10.0.0.8:7070",
        "http://[fd00::8]:7070",
    ),
    "backup.bucket": ("pangeo-backups", "s3://pangeo-backups/"),
    "backup.prefix": ("backups/vis", "/vis/", "a"),
    "backup.region": ("us-east-1", "eu-test"),
    "backup.credentials.secret": ("pangeo-backup", " pangeo-backup "),
    "backup.caCertificate": (CA_CERTIFICATE, f"\n{CA_CERTIFICATE}\n"),
    "backup.schedule": ("30 1 * * *", " 0  3 * * 1-5 ", "*/30 1-3,5 1 */2 0"),
    "backup.keep.daily": (1, "30"),
    "backup.keep.weekly": (0, "52"),
    "backup.keep.monthly": (0, "24"),
    "backup.archiveFormerAfterDays": (30, "180", 3660),
    "backup.image": ("docker.io/restic/restic:0.18.1", f"docker.io/restic/restic@{DIGEST}"),
    "backup.concurrency": (1, "50"),
    "backup.snapshotClass": ("csi-cinder", " csi-cinder "),
    "backup.snapshotCopyClass": ("csi-cinder-sc-delete", " csi-cinder-sc-delete "),
    "backup.ramGb": (0.125, "0.5", 64),
    "backup.timeLimitHours": (0.1, "20", 160),
    "storage.className": ("csi-cinder", " csi-cinder ", "csi.cinder"),
    "storage.create.provisioner": ("cinder.csi.openstack.org", " cinder.csi.openstack.org "),
    "storage.create.parameters": ({}, {"type": "ssd"}, {"encrypted": True, "iops": 3000, "throughput": 1.5}),
    "storage.create.reclaimPolicy": ("Retain",),
    "storage.create.allowVolumeExpansion": YES,
    "sizes.groups.ocean.cpus": (0.5, "0.5", 4, "64"),
    "sizes.groups.ocean.ramGb": (0.5, "0.5", 16, "512"),
    "sizes.groups.ocean.storageGb": whole(50),
    "sizes.users.ocean.cpus": (0.5, "0.5", 4, "64"),
    "sizes.users.ocean.ramGb": (0.5, "0.5", 16, "512"),
    "sizes.users.ocean.storageGb": whole(200),
    "sizes": (
        json.dumps(
            {"groups": {"Ocean": {"cpus": 4}, "all.b-c$": {"ramGb": "8"}}, "users": {"1Eve": {"storageGb": 20}}}
        ),
        json.dumps({"groups": {}, "users": {}}),
    ),
    "storage.hubDatabaseGb": (1, "5", 5.0),
    "storage.hubDatabaseClass": ("csi-cinder", " csi-cinder ", "vis-pangeo-homes"),
    "ingress": (json.dumps({"controller": TRAEFIK}),),
    "ingress.className": ("traefik", "nginx", " traefik ", "haproxy"),
    "ingress.controller": (INGRESS_NGINX, TRAEFIK, f" {TRAEFIK} "),
    "ingress.tls.clusterIssuer": ("letsencrypt", " letsencrypt "),
    "ingress.tls.secretName": ("hub-tls", " hub-tls "),
    "ingress.redirectedBy": ("ingress", "controller"),
    "ingress.userSubdomains": (*YES, *NO),
    "ingress.annotations": (
        *({}, {"cert-manager.io/duration": "2160h"}),
        {"haproxy.org/ssl-redirect": True, f"{NGINX}/proxy-body-size": 1, f"{NGINX}/limit-rps": 1.5},
    ),
    "notebook.image": (
        *("docker.io/pangeo/base-notebook:2026.01.30", " docker.io/pangeo/base-notebook:2026.01.30 "),
        *("pangeo/base-notebook:2026.01.30", f"pangeo/base-notebook@{DIGEST}"),
        f"docker.io/pangeo/base-notebook:2026.01.30@{DIGEST}",
    ),
    "notebook.defaultUrl": ("/lab", " /lab ", "/tree?reset=1"),
    "notebook.startTimeoutSeconds": whole(900),
    "notebook.prePull": (*YES, *NO),
    "notebook.furtherServers": (*whole(3), 0),
    "notebook.profiles": ([], [{"name": "Small"}, {"name": "Large", "default": True}]),
    "notebook.profiles.name": ("Large memory", " Large memory ", 32, True),
    "notebook.profiles.description": ("", "For models.", 1.5),
    "notebook.profiles.cpus": decimal(2.25),
    "notebook.profiles.ramGb": (*decimal(15.5), 15.66666666),
    "notebook.profiles.gpus": (*whole(2), 0),
    "notebook.profiles.image": ("docker.io/pangeo/ml-notebook:2026.01.30", f"pangeo/ml-notebook:1@{DIGEST}"),
    "notebook.profiles.pool": ("all", " all "),
    "notebook.profiles.groups": ([], ["modellers"], ["Modellers", " OTHERS "]),
    "notebook.profiles.environment": ({}, {"A": "{b}"}, {"S3_TOKEN": {"secret": "s3", "key": "k"}, "TOKEN_URL": "x"}),
    "notebook.profiles.default": (*YES, *NO),
    "notebook.profiles.images": ([], [{"name": "A", "image": "docker.io/pangeo/ml-notebook:2026.01.30"}]),
    "notebook.profiles.images.name": ("Machine learning", " Machine learning ", 32, True),
    "notebook.profiles.images.image": ("docker.io/pangeo/ml-notebook:2026.01.30", f"pangeo/ml-notebook:1@{DIGEST}"),
    "notebook.profiles.images.default": (*YES, *NO),
    "notebook.profiles.customImages": ({"pattern": "docker.io/pangeo/*"},),
    "notebook.profiles.customImages.pattern": ("docker.io/pangeo/*", " docker.io/pangeo/ml-*/** "),
    "notebook.profiles.sizes": ([], [{"name": "Small"}, {"name": "Large", "cpus": 2, "default": True}]),
    "notebook.profiles.sizes.name": ("Large", " Large ", 32, True),
    "notebook.profiles.sizes.cpus": decimal(2.25),
    "notebook.profiles.sizes.ramGb": (*decimal(15.5), 15.66666666),
    "notebook.profiles.sizes.gpus": (*whole(2), 0),
    "notebook.profiles.sizes.default": (*YES, *NO),
    "network.clusterCidrs": ([], ["203.0.114.9"], [" 203.0.114.0/24 ", "2A05:D014::/64", "10.0.0.0/8", "fd00::/20"]),
    "notebook.environment": (
        *({}, {"A": "", "TEXT": " {a}\n$(B) ", "HTTP_ENDPOINT": "https://example.org"}, {"USE_TOKEN": "true"}),
        {"AWS_SECRET_ACCESS_KEY": {"secret": "s3", "key": "secret-key"}, "PASSWORD_FILE": "x", "CREDENTIALS": "/a"},
    ),
    "network.apiServer": ("address", "cilium"),
    "network.dns.namespace": ("kube-system", " openshift-dns "),
    "network.dns.ports": ([53], [53.0, "5353"], [8053]),
    "network.reach.name": ("object-store", " a1 "),
    "network.reach.cidrs": (
        *("10.20.0.0/16", " 10.20.0.7 ", ["10.20.0.0/16", "FD12:3456::/48"], ["100.64.0.0/10", "fd00::/20"]),
        ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"],
    ),
    "network.reach.ports": (443, "443", [443, 22.0, "8080 - 8090"], "1-65535"),
    "network.reach.protocol": ("tcp", "udp"),
    "network.reach.for": ("notebooks", ["dask"], ["dask", "notebooks"]),
    "network.proxy.http": ("", "http://proxy.example.org:3128", " https://192.171.139.9:443/ "),
    "network.proxy.https": ("", "http://[2A05:D014::9]:3128"),
    "network.proxy.noProxy": ([], [" Data.example.org ", ".example.com", "192.171.139.0/24", "2001:db8::9"]),
    "notebook.groupEnvironment": (
        {},
        {" Ocean ": {"S3_TOKEN": {"secret": "s3", "key": "k"}, "TOKEN_URL": "x"}, "a": {}},
    ),
    "notebook.culling.idleMinutes": (*whole(60), 0),
    "notebook.culling.kernelIdleMinutes": (*whole(60), 0),
    "notebook.culling.runningWork": ([], ["dask"], ["programs", "kernels"]),
    "notebook.culling.unattendedHours": (*whole(24), 0),
    "notebook.culling.maxAgeHours": (*whole(24), 0),
    "notebook.temporaryStorageGb": decimal(50.5),
    "notebook.temporaryStorageRequestGb": (*decimal(2.5), 0),
    "metrics.prometheus.namespace": ("monitoring", " monitoring "),
    "metrics.prometheus.podLabels": ({"app": "prometheus"}, {"app.kubernetes.io/name": "prometheus", "number": 1}),
    "metrics.perUser": (*YES, *NO),
    "metrics.perGroup": (*YES, *NO),
    "metrics.objectLabels": ({}, {"release": "kube-prometheus-stack"}),
    "sharedFolders.name": ("ocean", " ocean ", "a-1", "0"),
    "sharedFolders.claim": ("ocean-data", " ocean-data "),
    "sharedFolders.create.sizeGb": whole(500),
    "sharedFolders.create.className": ("cephfs", " cephfs "),
    "sharedFolders.nfs.server": ("NFS.example.org.", "192.0.2.1", "2001:DB8::1"),
    "sharedFolders.nfs.path": ("/exports/ocean", " / ", "/a{b}"),
    "sharedFolders.nfs.options": ([], ["nfsvers=4.1", "hard", "port=2049"]),
    "sharedFolders.readOnly": (*YES, *NO),
    "sharedFolders.writers": ("all", "ocean", ["ocean"], ["Ocean", " OTHERS "]),
    "sharedFolders.readers": ("all", "ocean", ["Ocean", " OTHERS "]),
    "sharedFolders.path": ("/data", " /data/ocean "),
    "sharedFolders.required": (*YES, *NO),
    "sharedFolders.gid": whole(5000),
    "objectStore.endpoint": ("https://s3.example.org", " https://S3.example.org/ ", "http://[2001:630::1]:9000"),
    "objectStore.region": ("us-east-1", " eu "),
    "objectStore.credentials.secret": ("s3-credentials", " s3.keys ", "s3-user-{user}"),
    "objectStore.credentials.accessKeyIdKey": ("AWS_ACCESS_KEY_ID", "id.txt"),
    "objectStore.credentials.secretAccessKeyKey": ("AWS_SECRET_ACCESS_KEY", "key.txt"),
    "objectStore.groupCredentials.group": ("ocean", " Ocean "),
    "objectStore.groupCredentials.secret": ("s3-ocean", "s3-user-{user}"),
    "objectStore.groupCredentials.accessKeyIdKey": ("id",),
    "objectStore.groupCredentials.secretAccessKeyKey": ("key",),
    "objectStore.scratchBucket": ("scratch", " s3://scratch.example.org/ "),
    "dask.enabled": (*YES, *NO),
    "dask.workerCores.min": whole(1),
    "dask.workerCores.max": whole(4),
    "dask.workerCores.default": whole(2),
    "dask.workerRamGb.min": decimal(1.5),
    "dask.workerRamGb.max": decimal(8.5),
    "dask.workerRamGb.default": decimal(2.5),
    "dask.workerGpus.max": whole(2),
    "dask.workerGpus.default": whole(1),
    "dask.workerGpus.groups": ([], ["gpu_users", "Modellers"]),
    "dask.workerGpus.maxPerCluster": (*whole(8), 100_000),
    "dask.workerGpus.total": (*whole(16), 1_000_000),
    "dask.schedulerCores": decimal(1.5),
    "dask.schedulerRamGb": decimal(1.5),
    "dask.cpuRequest": decimal(1.5),
    "dask.schedulerTemporaryStorageGb": decimal(5.5),
    "dask.workerTemporaryStorageGb": decimal(100.5),
    "dask.temporaryStorageRequestGb": (*decimal(2.5), 0),
    "dask.maxWorkers": (*whole(20), 10_000),
    "dask.maxCores": (*whole(40), 100_000),
    "dask.maxRamGb": (*decimal(160.5), 1_000_000),
    "dask.clustersPerUser": whole(2),
    "dask.totalCores": (*whole(64), 1_000_000),
    "dask.totalRamGb": (*decimal(256.5), 10_000_000),
    "dask.idleMinutes": (*whole(30), 1440, "never", "Never", " NEVER "),
    "announcements.text": ("Maintenance", " Servers stop:\n <now> & https://example.org/a?b=1&c=2 "),
    "announcements.until": ("2026-12-05T18:00+00:00", "2026-12-05 18:00Z", "2020-01-01T00:00:00 +05:30"),
    "announcements.severity": ("info", "warning", "urgent"),
    "announcements.where": (["logIn"], ["others", "home", "home"]),
    "branding.name": ("", " Ocean & <Ice> "),
    "branding.logo": ("", "stacks/logos/ocean.svg", " ocean.PNG "),
    "branding.links.text": ("Help", " Ask <us> "),
    "branding.links.url": ("https://example.org/a?b=1&c=2#d", "mailto:help@example.org"),
    "termsOfUse.text": ("Be kind.", " Be <kind>.\n\nhttps://example.org/terms\n"),
    "termsOfUse.version": ("1", " 2026-12.a_b "),
    "registries.mirror": ("", "registry.example.org/cache", " registry.example.org/cache "),
    "usage.keepDays": (*whole(90), 0),
    "registries.pullSecrets": ([], ["registry-login", " other.login "]),
    "workers.count": whole(3),
    "workers.cpus": decimal(8.5),
    "workers.ramGb": (*decimal(32.5), 4, "4.000000001"),
    "workers.expectedUsers": whole(20),
    "workers.diskGb": decimal(100.5),
    "workers.maxVolumes": whole(25),
    "workers.pools.name": ("all", " all ", "1", "a" * 63),
    "workers.pools.count": (*whole(3), 10_000),
    "workers.pools.cpus": decimal(8.5),
    "workers.pools.ramGb": decimal(32.5),
    "workers.pools.diskGb": decimal(100.5),
    "workers.pools.maxVolumes": whole(25),
    "workers.pools.gpus": (*whole(2), 0),
    "workers.pools.gpuResource": ("nvidia.com/gpu", " nvidia.com/mig-1g.5gb ", "gpu.example.org/A100_80GB"),
    "workers.pools.labels": ({}, {"pool": "all"}, {"example.org/pool": True, "a.B_c-1": 1, "empty": "", "none": None}),
    "workers.pools.taints.key": ("dedicated", " example.org/pool ", "a.B_c-1"),
    "workers.pools.taints.value": ("", "all", " all ", True, 1, "A.b_c-1"),
    "workers.pools.taints.effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "workers.pools.purposes": (list(PURPOSES), [*PURPOSES][::-1], [*PURPOSES, "hub"]),
    "workers.pools.placeholders": (*whole(2), 0),
    "kubernetes.context": ("vis@research-cloud", " vis@research-cloud "),
    "kubernetes.existingNamespace": ("refuse", "adopt"),
    "kubernetes.kubeconfig": ("", KUBECONFIG, '{"apiVersion": "v1"}'),
    "protect": ("true", "True", "1", "yes", "on"),
}
"""Values of each key, as the engine passes them: text at the top level, JSON below it."""

ALL_NODES = {"name": "all", "count": 3, "cpus": 8, "ramGb": 32}

COMPANIONS: Mapping[str, Mapping[str, object]] = {
    "backup": {
        "backup": {
            "endpoint": "https://s3.example.org",
            "bucket": "pangeo-backups",
            "credentials": {"secret": "pangeo-backup"},
            "snapshotClass": "csi-cinder",
        }
    },
    "announcements": {"announcements": [{"text": "Maintenance", "until": "2026-12-05T18:00+00:00"}]},
    "branding.links": {"branding": {"links": [{"text": "Help", "url": "https://example.org"}]}},
    "termsOfUse": {"termsOfUse": {"text": "Be kind.", "version": "1"}},
    "metrics": {"metrics": {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}}},
    "identity.baseDn": {"identity__realm": ABSENT},
    "identity.membershipCheck": {
        "identity__membershipCheck": {"bindDn": "uid=reader,cn=sysaccounts,cn=etc,dc=example,dc=org"}
    },
    "storage.className": {"storage": {}},
    "workers": {"workers": {"count": 3, "cpus": 8, "ramGb": 32}},
    "workers.pools": {"workers": {"pools": [ALL_NODES]}},
    "workers.pools.taints": {
        "workers": {"pools": [{**ALL_NODES, "taints": [{"key": "dedicated", "effect": "NoSchedule"}]}]}
    },
    "network.reach": {"network": {"reach": [{"name": "store", "cidrs": "10.20.0.0/16", "ports": 443}]}},
    "notebook.profiles": {"notebook": {"profiles": [{"name": "Large"}]}},
    "notebook.profiles.pool": {"notebook": {"profiles": [{"name": "Large"}]}, "workers": {"pools": [ALL_NODES]}},
    "notebook.profiles.images": {
        "notebook": {"profiles": [{"name": "A", "images": [{"name": "B", "image": "docker.io/pangeo/a:1"}]}]}
    },
    "notebook.profiles.customImages": {
        "notebook": {"profiles": [{"name": "A", "customImages": {"pattern": "docker.io/pangeo/*"}}]}
    },
    "notebook.profiles.sizes": {"notebook": {"profiles": [{"name": "A", "sizes": [{"name": "B"}]}]}},
    "objectStore": {"objectStore": {"endpoint": "https://s3.example.org"}},
    "objectStore.groupCredentials": {
        "objectStore": {"endpoint": "https://s3.example.org", "groupCredentials": [{"group": "ocean", "secret": "s3"}]}
    },
    "objectStore.credentials": {"objectStore": {"endpoint": "https://s3.example.org", "credentials": {"secret": "s3"}}},
    "sharedFolders": {"sharedFolders": [{"name": "ocean", "claim": "ocean-data", "readers": ["r"]}]},
    "sharedFolders.create": {
        "sharedFolders": [{"name": "ocean", "create": {"sizeGb": 1, "className": "nfs"}, "readers": ["r"]}]
    },
    "sharedFolders.nfs": {
        "sharedFolders": [{"name": "ocean", "nfs": {"server": "192.0.2.1", "path": "/a"}, "readers": ["r"]}]
    },
}
"""Changes of other settings that a key, or all keys below it, need."""
