"""The stack file of the one tenancy that all tests of data access share, by domain.

Each domain has keys, users' groups and addresses of its own, so that none changes what another tests.
"""

from typing import Any

from components.config.image import Image
from components.config.registries import Registries
from local.images.definitions import NOTEBOOK, PANGEO, REPOSITORY
from local.tenancy.addresses import NODE_ADDRESS
from tests.support.object_store import REGION, ObjectStore
from tests.support.prometheus_pods import LABELS, NAMESPACE
from tests.support.web_proxy import WebProxy

NAME = "data-access"
"""The tenancy's name, also that of its storage class for shared folders."""

OCEAN, AIR, LOST = "data_access_ocean", "data_access_air", "data_access_lost"
"""Groups of folders and variables: alice is in the first and bob in the second, carol in none."""

# GPUs

GPUS = "data_access_gpus"
"""Group, only with carol, whose members may have GPUs."""

GPU_PROFILE = "gpu"
GPU_RESOURCE, GPU_COUNT = "example.com/gpu", 2
"""Devices that the node advertises."""

NODE_CPUS = 2
POOLS = [{"name": "node", "count": 1, "cpus": NODE_CPUS, "ramGb": 64, "gpus": GPU_COUNT, "gpuResource": GPU_RESOURCE}]

# Registries

MIRROR = "mirror.tenancy.test/cache"
OTHER_IMAGE = f"{REPOSITORY}/notebook:other"
"""An image with the layout of Pangeo's and an older version of dask-gateway."""

USUAL_PROFILE, OTHER_PROFILE, PANGEO_PROFILE = "usual", "other", "pangeo"

# Variables

PLAIN = "text $(HOME) $$ {username} {"
SECRETS = {"common": "0f8e-of-all-servers-$(HOME)", "ocean": "77c1-of-the-group-ocean", "air": "3b2d-of-the-group-air"}
"""Values of the key ``token`` by Secret."""

REGION_TEXT, ACCESS = "of ${all} {servers}", "a key $(HOME)"
ACCESS_KEY = {"secret": "store-keys", "key": "access"}
ENVIRONMENT = {
    "PLAIN": PLAIN,
    "COMMON_TOKEN": {"secret": "common", "key": "token"},
    "STORE_REGION": REGION_TEXT,
    "STORE_ACCESS": ACCESS_KEY,
}
GROUP_ENVIRONMENT = {
    OCEAN: {"GROUP_TOKEN": {"secret": "ocean", "key": "token"}, "OCEAN": "yes"},
    AIR: {"GROUP_TOKEN": {"secret": "air", "key": "token"}},
}

# Shared folders

OCEAN_PATH, ERA5_PATH, LOST_PATH = "/shared/ocean", "/data/era5", "/data/lost"
OCEAN_CLAIM, ERA5_CLAIM, LOST_CLAIM = "folder-ocean", "era5-data", "lost-data"
GID = 5000
"""Group of the files on the node, in which no other process is."""

FOLDERS = [
    {
        "name": "ocean",
        "create": {"sizeGb": 1, "className": NAME},
        "writers": [OCEAN],
        "readers": [AIR],
        "gid": GID,
    },
    {"name": "era5", "claim": ERA5_CLAIM, "readOnly": True, "readers": [OCEAN], "path": ERA5_PATH},
    {"name": "lost", "claim": LOST_CLAIM, "readOnly": True, "readers": [LOST], "path": LOST_PATH},
]

# Private networks

NEAR, FAR = "10.79.0.1", "10.79.1.1"
"""An address in the network of an entry, and one outside of all."""

PRIVATE_NETWORKS = [
    {"name": "near", "cidrs": "10.79.0.0/24", "ports": ["8080-8081"]},
    {"name": "dask-only", "cidrs": "10.79.0.0/24", "ports": 8090, "for": "dask"},
]

# Object store and web proxy

BUCKET = "scratch"
WORKERS = 8


def settings(store: ObjectStore, proxy: WebProxy) -> dict[str, Any]:
    """Return the keys of the stack file that differ from the local tenancy's."""
    url = f"http://{proxy.address}:{proxy.port}"
    servers = [
        {"name": "object-store", "cidrs": str(NODE_ADDRESS), "ports": store.port},
        {"name": "web-proxy", "cidrs": proxy.address, "ports": proxy.port},
    ]
    return {
        # Two cores hold three such notebooks and the workers besides both tenancies' hubs.
        "notebookCpus": 0.3,
        "notebookRamGb": 0.5,
        "notebook": {
            "image": NOTEBOOK.reference,
            "prePull": False,
            "furtherServers": 1,
            "environment": ENVIRONMENT,
            "groupEnvironment": GROUP_ENVIRONMENT,
            "profiles": [
                {"name": USUAL_PROFILE},
                {"name": OTHER_PROFILE, "image": OTHER_IMAGE},
                {"name": GPU_PROFILE, "gpus": 1, "groups": [GPUS]},
                {"name": PANGEO_PROFILE, "image": PANGEO.reference, "ramGb": 1},
            ],
        },
        "workers": {"pools": POOLS},
        "metrics": {"prometheus": {"namespace": NAMESPACE, "podLabels": LABELS}, "perUser": True, "perGroup": True},
        # Users, and their messages, know images by other names than the nodes.
        "registries": {"mirror": MIRROR},
        "sharedFolders": FOLDERS,
        "objectStore": {
            "endpoint": store.endpoint,
            "region": REGION,
            "credentials": {"secret": "s3-user-{user}"},
            "scratchBucket": BUCKET,
        },
        "network": {
            "reach": [*PRIVATE_NETWORKS, *servers],
            # It answers itself, so that the store's clients fail if they use it.
            "proxy": {"http": url, "https": url},
        },
        "dask": {
            "schedulerRamGb": 0.5,
            "cpuRequest": 0.02,
            "workerRamGb": {"min": 0.25, "default": 0.5, "max": 4},
            "maxWorkers": WORKERS,
            "workerGpus": {"max": GPU_COUNT, "groups": [GPUS]},
        },
    }


def pulled(image: str) -> str:
    """Return an image's name in the mirror."""
    return str(Registries(mirror=MIRROR).locate(Image.parse(image)))
