"""From the log-in to a notebook of the local tenancy, against a pod without a hub."""

import json
import time

from bench.cluster import forget_volumes, kubectl
from bench.measurements import Comparison, measure_in_turn
from bench.members import scientists
from local.images.definitions import NOTEBOOK
from local.paths import State

VOLUME_THERE_AT_MOST = 1.5
VOLUME_NEW_AT_MOST = 3.0
NOTEBOOK_CPUS = 0.5
"""Of ``stacks/Pulumi.local.yaml``."""

POD = "bench-bare"


def to_notebook(state: State, repetitions: int, *, new_volume: bool) -> Comparison:
    """From the click on the log-in button to the notebook's page, against a pod without a hub.

    Raises:
        HubFailed: there was no notebook.
    """
    with scientists(state, 1) as (one,):

        def notebook() -> float:
            if new_volume:
                forget_volumes(state, [one.name])
            seconds = one.log_in_to_notebook()
            one.stop()
            return seconds

        return Comparison(
            name=f"log-in-to-notebook{'-new-volume' if new_volume else ''}",
            description=f"log-in click to a running notebook page, {'a new' if new_volume else 'the'} volume",
            baseline="a bare pod of the same image, its Jupyter server, becoming ready",
            limit=VOLUME_NEW_AT_MOST if new_volume else VOLUME_THERE_AT_MOST,
            pairs=measure_in_turn(notebook, lambda: _bare_pod(state), repetitions),
        )


def _bare_pod(state: State) -> float:
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
                    "image": NOTEBOOK.reference,
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
