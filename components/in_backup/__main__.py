"""The entry point of the run's pod: ``python3 -m components.in_backup``."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from components.in_backup.cluster import Cluster
from components.in_backup.pods import CODE_FOLDER
from components.in_backup.run import execute_run
from components.in_backup.session import RunFailed
from components.in_backup.settings import Settings

SETTINGS = f"{CODE_FOLDER}/settings.json"


def main() -> int:
    """Execute a run. Return 1 if something was not backed up: Kubernetes repeats a run only after other exit codes."""
    signal.signal(signal.SIGTERM, _stop)
    environment = os.environ
    settings = Settings.from_json(Path(SETTINGS).read_text())
    settings = replace(settings, image=environment["RESTIC_IMAGE"], own_image=environment["OWN_IMAGE"])
    url = f"https://{_host(environment['KUBERNETES_SERVICE_HOST'])}:{environment['KUBERNETES_SERVICE_PORT']}"
    owner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": environment["POD_NAME"],
        "uid": environment["POD_UID"],
    }
    cluster = Cluster(url, settings.namespace)
    job, node = environment["JOB_NAME"], environment["NODE_NAME"]
    try:
        return 0 if execute_run(cluster, settings, owner=owner, job=job, node=node, log=_log) else 1
    except RunFailed as failure:
        sys.exit(str(failure))


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _log(line: str) -> None:
    print(line, flush=True)


def _stop(_number: int, _frame: object) -> NoReturn:
    # The next run deletes the pods; Kubernetes starts it if this pod was evicted.
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
