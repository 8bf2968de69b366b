"""The tenancies whose charts are rendered: a minimal one, and one for each setting that changes the values."""

from typing import Any

from components.config.tenancy import Tenancy
from tests.support.tenancies import CA_CERTIFICATE, tenancy

MINIMAL = "minimal"

OTHER_IMAGE = {"name": "Other image", "image": "quay.io/other/notebook:1"}

THREE_POOLS = [
    {"name": "core", "count": 1, "cpus": 4, "ramGb": 16, "labels": {"example.org/pool": "core"}, "purposes": ["hub"]},
    {
        "name": "users",
        "count": 5,
        "cpus": 16,
        "ramGb": 64,
        "labels": {"example.org/pool": "users", "disk": "ssd"},
        "taints": [{"key": "example.org/users", "effect": "NoSchedule"}],
        "purposes": ["notebooks", "daskSchedulers", "daskWorkers"],
        "placeholders": 2,
    },
    {
        "name": "gpu",
        "count": 2,
        "cpus": 32,
        "ramGb": 256,
        "gpus": 4,
        "labels": {"example.org/pool": "gpu"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoExecute"}],
        "purposes": ["notebooks", "daskWorkers"],
    },
]
"""Pools of a tenancy with GPUs: of the hub, of users, and of those who need a GPU."""

MATRIX: dict[str, dict[str, Any]] = {
    MINIMAL: {},
    "halves": {"notebookCpus": 0.5, "notebookRamGb": 1.5},
    "maximal": {"notebookCpus": 512, "notebookRamGb": 4096, "notebookStorageGb": 65536},
    "dask off": {"dask__enabled": False},
    "dask bounded": {
        "dask": {
            "workerCores": {"min": 2, "max": 4, "default": 2},
            "workerRamGb": {"min": 0.5, "max": 6, "default": 1.5},
            "maxWorkers": 7,
            "maxCores": 14,
            "maxRamGb": 20.5,
            "clustersPerUser": 3,
            "totalCores": 100,
            "totalRamGb": 200.5,
            "idleMinutes": 45,
        }
    },
    "dask sizes": {"dask": {"schedulerCores": 0.25, "schedulerRamGb": 0.5, "cpuRequest": 0.1}},
    "dask never idle": {"dask__idleMinutes": "never"},
    "stated workers": {"workers": {"count": 3, "cpus": 8, "ramGb": 32, "expectedUsers": 5}},
    "pools": {
        "workers": {"pools": THREE_POOLS, "expectedUsers": 20},
        "notebook__profiles": [{"name": "Standard"}, {"name": "GPU", "pool": "gpu", "gpus": 1}],
        "dask": {"workerGpus": {"max": 2, "groups": ["modellers"]}},
    },
    "unlabelled pool": {"workers": {"pools": [{"name": "all", "count": 3, "cpus": 8, "ramGb": 32, "placeholders": 1}]}},
    "own image": {"notebook__image": "registry.example.org:5000/pangeo/notebook:2026.01.30"},
    "image by digest": {"notebook__image": f"registry.example.org/pangeo/notebook@sha256:{'0123456789abcdef' * 4}"},
    "existing classes": {"storage": {"className": "csi-cinder", "hubDatabaseClass": "block"}},
    "created class": {"storage__create": {"provisioner": "cinder.csi.openstack.org"}},
    "unprotected": {"protect": False},
    "profiles": {
        "notebook__profiles": [
            {"name": "Small"},
            {"name": "Large", "cpus": 4, "ramGb": 16.5, "groups": ["modellers"], "default": True},
            {"name": "Other image", "image": "registry.example.org:5000/other:1"},
        ]
    },
    "other profile image": {"notebook__profiles": [OTHER_IMAGE]},
    "choices": {
        "notebook__profiles": [
            {
                "name": "Free",
                "images": [{"name": "A & B", "image": "registry.example.org/a:1"}, {**OTHER_IMAGE, "default": True}],
                "customImages": {"pattern": "registry.example.org/own-*/**"},
                "sizes": [{"name": "Small", "cpus": 0.5}, {"name": "1", "ramGb": 16.5, "default": True}],
            }
        ]
    },
    "mirror": {
        "registries": {"mirror": "mirror.example.org:5000/cache", "pullSecrets": ["registry-login", "second"]},
        "notebook__profiles": [OTHER_IMAGE],
    },
    "shared folders": {
        "sharedFolders": [
            {"name": "ocean", "create": {"sizeGb": 500, "className": "cephfs"}, "writers": ["w"], "readers": "all"},
            {"name": "era5", "claim": "era5-data", "readOnly": True, "readers": ["r"], "path": "/data/era5"},
        ]
    },
    "variables": {
        "notebook": {
            "environment": {"TEXT": "{a} $(B) 1e6 \n", "S3_TOKEN": {"secret": "s3", "key": "token"}},
            "groupEnvironment": {"g.1": {"S3_TOKEN": {"secret": "s3-g", "key": "token"}}, "h": {}},
            "profiles": [{"name": "Large", "environment": {"TEXT": "yes", "NUMBER": "0644"}}],
        }
    },
    "admins by group": {"identity__adminGroup": "pangeo_admins"},
    "starttls": {"identity__tls": "starttls", "identity__caCertificate": CA_CERTIFICATE},
    "nested groups": {"identity__nestedGroups": True},
    "several servers": {"identity__server": ["ipa1.example.org", "ipa2.example.org:6360"]},
    "private networks": {
        "network__reach": [
            {"name": "store", "cidrs": ["172.20.0.0/16", "fd12:3456::/48"], "ports": [443, "8080-8090"]},
            {"name": "carrier", "cidrs": "100.64.0.0/10", "ports": "1-65535", "for": "dask"},
        ]
    },
    "Cilium": {"network__apiServer": "cilium"},
    "Cilium, dask off": {"network__apiServer": "cilium", "dask__enabled": False},
    "other DNS": {"network__dns": {"namespace": "openshift-dns", "ports": [53, 5353]}},
    "metrics": {"metrics": {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}}},
    "metrics, dask off": {
        "metrics": {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}},
        "dask__enabled": False,
    },
    "no announcements": {"announcements": []},
    "announcements": {"announcements": [{"text": "Stop: <b> {{ x }} # 'y'", "until": "2026-12-05T18:00Z"}]},
    "own pages": {
        "branding": {"name": "Ocean & <Ice>", "links": [{"text": "Help", "url": "https://example.org/?a=1&b=2"}]},
        "termsOfUse": {"text": "Be kind: {{ x }}\n# 'y'", "version": "1"},
    },
    "IPv6": {"externalIp": "2001:db8::17"},
    "users' hosts": {"ingress__userSubdomains": True},
    "no pre-pull": {"notebook__prePull": False},
    # Helm stores numbers as floats; a template without care writes a million as 1e+06.
    "long lived": {"notebook__culling": {"idleMinutes": 40000, "maxAgeHours": 8000}},
    "longest name": {"clusterName": "a" * 40},
    "named like the gateway": {"clusterName": "vis-pangeo-dask-gateway"},
}


def matrix_tenancy(name: str) -> Tenancy:
    """Return the tenancy of this name."""
    return tenancy(**MATRIX[name])
