"""An image with the layout of Pangeo's image, and with its former version of dask-gateway.

Programs are in a conda environment, the user has a group of the same ID and is named in the image, and the entry point
is a log-in shell that runs its arguments. Source: ``base-image/Dockerfile`` and ``pangeo-notebook/start`` in
github.com/pangeo-data/pangeo-docker-images, tag 2026.01.30.
"""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from local.cluster.names import CONTAINERD_SOCKET
from local.images.definitions import NOTEBOOK
from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import dependencies_of
from tests.support.derived_images import Layer, import_derived

CLIENT = "2025.4.0"
"""Version of dask-gateway in Pangeo's image 2026.01.30."""

GATEWAY = next(each.version for each in dependencies_of(PROJECT / "chart") if each.name == "dask-gateway")
"""Version of the gateway, and of dask-gateway in the local image."""

DOWNLOAD_SECONDS = 120
ENVIRONMENT = "srv/conda/envs/notebook"
PACKAGES = "opt/venv/lib/python3.11/site-packages"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

CONFIGURATION = {
    "User": "jovyan",
    "WorkingDir": "/home/jovyan",
    "Entrypoint": ["/srv/start"],
    "Cmd": None,
    "Env": [
        "NB_USER=jovyan",
        "NB_UID=1000",
        "HOME=/home/jovyan",
        "SHELL=/bin/bash",
        "LANG=C.UTF-8",
        "CONDA_ENV=notebook",
        "CONDA_DIR=/srv/conda",
        f"NB_PYTHON_PREFIX=/{ENVIRONMENT}",
        "DASK_ROOT_CONFIG=/srv/conda/etc",
        f"PATH=/{ENVIRONMENT}/bin:/srv/conda/bin:{SYSTEM_PATH}",
    ],
}


def import_pangeo_like(state: State, folder: Path, name: str) -> None:
    """Give the node the image under this name.

    Args:
        state: where the local images are.
        folder: where pip puts the wheel of the client.
        name: full name of the image.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    subprocess.run([*pip, "--dest", folder, f"dask-gateway=={CLIENT}"], check=True, timeout=DOWNLOAD_SECONDS)
    layer = Layer(
        files={
            "etc/passwd": b"root:x:0:0:root:/root:/bin/bash\njovyan:x:1000:1000::/home/jovyan:/bin/bash\n",
            "etc/group": b"root:x:0:\nusers:x:100:\njovyan:x:1000:\n",
            "etc/profile.d/init_conda.sh": f"export PATH=/{ENVIRONMENT}/bin:$PATH\n".encode(),
        },
        programs={"srv/start": b'#!/bin/bash -l\nexport PANGEO_ENV=pangeo-notebook\nexec "$@"\n'},
        links={ENVIRONMENT: "/opt/venv"},
        folders={"srv": 1000, "srv/conda": 1000, "srv/conda/envs": 1000, "home/jovyan": 1000},
        removed=[f"{PACKAGES}/dask_gateway-{GATEWAY}.dist-info"],
    )
    [wheel] = folder.glob("dask_gateway-*.whl")
    with ZipFile(wheel) as content:
        layer.files |= {f"{PACKAGES}/{each}": content.read(each) for each in content.namelist()}
    import_derived(state, str(CONTAINERD_SOCKET), NOTEBOOK.reference, name, layer, CONFIGURATION)
