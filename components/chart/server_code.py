"""The code in users' servers, as chart values: the command that starts a server, and the files that it needs.

z2jh stores the files in the Secret ``singleuser`` and mounts each of them by itself (``jupyterhub_config.py`` of
zero-to-jupyterhub-k8s 4.4.0). It stores them in the hub's Secret, too, so that the limit of the latter's size
(``secret_size``) is one for both.
"""

import json
from pathlib import Path
from typing import Any

from components.chart.code_text import mounted_text
from components.config.mount_paths import HOME
from components.config.tenancy import Tenancy
from components.in_hub.home_problems import PROBLEMS_PATH
from components.in_server.pangeo_server.settings import Settings

SOURCE = Path(__file__).resolve().parent.parent / "in_server"

FOLDER = "/usr/local/share/pangeo"
"""Folder of the code in users' servers."""

EXTENSION = "pangeo_server"

FILES = (
    "start.py",
    "pangeo_start/__init__.py",
    "pangeo_start/configuration.py",
    "pangeo_start/home.py",
    "pangeo_start/kernels.py",
    "pangeo_start/packages.py",
    "pangeo_start/prepare.py",
    "pangeo_start/problem.py",
    "pangeo_start/shell.py",
    "pangeo_start/small_files.py",
    "pangeo_start/supervise.py",
    f"{EXTENSION}/__init__.py",
    f"{EXTENSION}/activity.py",
    f"{EXTENSION}/activity_reports.py",
    f"{EXTENSION}/dask_work.py",
    f"{EXTENSION}/file_system.py",
    f"{EXTENSION}/kernels.py",
    f"{EXTENSION}/page_requests.py",
    f"{EXTENSION}/programs.py",
    f"{EXTENSION}/settings.py",
    f"{EXTENSION}/start_page.html",
    f"{EXTENSION}/start_page.py",
    f"{EXTENSION}/cgroup.py",
    f"{EXTENSION}/home.py",
    f"{EXTENSION}/home_size.py",
    f"{EXTENSION}/usage.py",
    f"{EXTENSION}/usage_help.html",
    "labextensions/pangeo-usage/package.json",
    "labextensions/pangeo-usage/static/remoteEntry.js",
)
"""The mounted modules; each imports only others of its own folder, and packages of every notebook image."""

CONFIGURATION = {"ServerApp": {"jpserver_extensions": {EXTENSION: True}}}
"""Configuration of jupyter_server that loads the extension."""

HOME_VARIABLES = {"HOME": "/nonexistent", "PANGEO_HOME": HOME}
"""Variables of every server's container until the command runs.

The entry point of some images is a login shell, as that of Pangeo's own, or activates conda. It reads files in the home
that could end it, such as ``~/.bash_profile`` and ``~/.condarc``, before this project's code runs.
"""

_SCRIPT = f"""\
if [ -n "$PANGEO_HOME" ]; then
  export HOME="$PANGEO_HOME"
fi
for python in python3 python; do
  if "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    exec "$python" -I {FOLDER}/start.py "$@"
  fi
done
echo "pangeo: no Python 3.9 or later on PATH; the server starts without its preparation" >&2
exec "$@"
"""

SERVER_COMMAND = ("sh", "-c", _SCRIPT, "start", "jupyterhub-singleuser")
"""The command of every server. The image's ENTRYPOINT, if there is one, runs it.

KubeSpawner expands braces and Kubernetes ``$(…)`` in commands, so it has neither.
"""


def server_code(tenancy: Tenancy) -> dict[str, Any]:
    """Return the values ``singleuser.cmd`` and ``singleuser.extraFiles``."""
    texts = {
        **{path: mounted_text(SOURCE / path) for path in FILES},
        f"{EXTENSION}/settings.json": server_settings(tenancy).to_json(),
        f"config/jupyter_server_config.d/{EXTENSION}.json": json.dumps(CONFIGURATION) + "\n",
    }
    files = {
        path.replace("/", "-"): {"mountPath": f"{FOLDER}/{path}", "stringData": text} for path, text in texts.items()
    }
    return {"cmd": list(SERVER_COMMAND), "extraFiles": files}


def server_settings(tenancy: Tenancy) -> Settings:
    """Return the settings of the extension."""
    culling = tenancy.notebook.culling
    return Settings(
        problems_path=PROBLEMS_PATH,
        home=HOME,
        idle_seconds=culling.idle_minutes * 60,
        kernel_idle_seconds=culling.kernel_idle_minutes * 60,
        running_work=list(culling.running_work),
        unattended_seconds=culling.unattended_hours * 3600,
    )
