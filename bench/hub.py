"""Time from the log-in to a notebook of the local tenancy, compared with a pod that needs no hub."""

import json
import time

from bench.measurements import Comparison, measure_in_turn
from bench.members import local_members
from local.images.definitions import PANGEO
from local.paths import State
from tests.support.homes import delete_homes
from tests.support.kubectl import kubectl

EXISTING_VOLUME_RATIO_LIMIT = 1.5
NEW_VOLUME_RATIO_LIMIT = 3.0
NOTEBOOK_CPUS = 0.5
"""``notebookCpus`` of ``stacks/Pulumi.local.yaml``."""

POD = "bench-bare"


def compare_log_in(state: State, repetitions: int, *, new_volume: bool) -> Comparison:
    """Compare the time from the log-in to the notebook's page with the start of a pod of the same image.

    Raises:
        HubFailed: a notebook did not start.
    """
    with local_members(state, 1) as (person,):

        def notebook() -> float:
            if new_volume:
                delete_homes(state, [person.user])
            seconds = person.time_log_in_to_notebook()
            person.take_token()
            person.stop_server()
            return seconds

        return Comparison(
            name=f"log-in-to-notebook{'-new-volume' if new_volume else ''}",
            description=f"log-in click to a running notebook page, {'a new' if new_volume else 'the same'} volume",
            baseline="a bare pod of the same image, its Jupyter server, becoming ready",
            limit=NEW_VOLUME_RATIO_LIMIT if new_volume else EXISTING_VOLUME_RATIO_LIMIT,
            pairs=measure_in_turn(notebook, lambda: _start_bare_pod(state), repetitions),
        )


def _start_bare_pod(state: State) -> float:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": POD},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "notebook",
                    "image": PANGEO.reference,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"],
                    "resources": {
                        "requests": {"cpu": str(NOTEBOOK_CPUS), "memory": "1Gi"},
                        "limits": {"cpu": str(NOTEBOOK_CPUS), "memory": "1Gi"},
                    },
                    "readinessProbe": {"httpGet": {"path": "/api", "port": 8888}, "periodSeconds": 1},
                }
            ],
        },
    }
    kubectl(state, "delete", "pod", POD, "--ignore-not-found", "--wait=true")
    try:
        started = time.perf_counter()
        kubectl(state, "apply", "-f", "-", stdin=json.dumps(pod))
        kubectl(state, "wait", f"pod/{POD}", "--for=condition=Ready", "--timeout=180s", timeout_seconds=200)
        return time.perf_counter() - started
    finally:
        kubectl(state, "delete", "pod", POD, "--ignore-not-found", "--wait=true")
