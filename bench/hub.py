"""The hub in use: from the log-in to a notebook, and how log-ins and starts behave as there are more of them."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench.measure import Amounts, Comparison, Growth, in_turn, percentile
from bench.people import NOTEBOOK_CPUS, HubFailed, Scientist, forget_volumes, kubectl, room_for, scientists
from local.images.definitions import NOTEBOOK
from local.paths import State

VOLUME_THERE_AT_MOST = 1.5
VOLUME_NEW_AT_MOST = 3.0
REGISTERED = (10, 50, 100, 200)
AT_ONCE = 10
"""Log-ins under way at a time."""

RUNNING = 20
"""The most notebooks at a time, if the node has room."""

POD = "bench-bare"
HUB_MEMORY = "cat /proc/[0-9]*/status"


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
            what=f"log-in click to a running notebook page, {'a new' if new_volume else 'the'} volume",
            against="a bare pod of the same image, its Jupyter server, becoming ready",
            at_most=VOLUME_NEW_AT_MOST if new_volume else VOLUME_THERE_AT_MOST,
            pairs=in_turn(notebook, lambda: _bare_pod(state), repetitions),
        )


def log_ins(state: State, repetitions: int, sizes: Sequence[int] = REGISTERED) -> list[Growth | Amounts]:
    """Log-ins of ``AT_ONCE`` at a time, by the number of users that the hub and the directory know.

    Raises:
        HubFailed: a log-in was refused.
    """
    points: dict[int, tuple[float, ...]] = {}
    idle = _hub_mib(state)
    with scientists(state, max(sizes)) as people, ThreadPoolExecutor(AT_ONCE) as pool:
        registered = 0
        for size in sizes:
            list(pool.map(Scientist.log_in, people[registered:size]))
            registered = size
            waves = [people[start : start + AT_ONCE] for start in range(0, size, AT_ONCE)][:repetitions]
            points[size] = tuple(seconds for wave in waves for seconds in pool.map(Scientist.log_in, wave))
        loaded = _hub_mib(state)
    values = {
        f"{size} users, p{round(100 * share)}": round(percentile(points[size], share), 3)
        for size in sizes
        for share in (0.5, 0.99)
    }
    return [
        Growth("log-ins", f"one log-in while {AT_ONCE} are under way, N users registered", "users", points),
        Amounts("log-ins-percentiles", f"log-ins, {AT_ONCE} at a time", "seconds", values),
        Amounts(
            "hub-memory",
            "resident memory of the hub's pod",
            "MiB",
            {"before": idle, f"after {max(sizes)} users' log-ins": loaded},
        ),
    ]


def starts(state: State, most: int = RUNNING) -> Growth:
    """The start of one more notebook while N - 1 run, as far as the node has room.

    Raises:
        HubFailed: a notebook did not start.
    """
    room = min(most, room_for(state))
    if room < 2:
        raise HubFailed(f"the node has room for {room} more notebooks: stop those that run, growth needs two")
    points: dict[int, tuple[float, ...]] = {}
    with ExitStack() as stack:
        people = stack.enter_context(scientists(state, room))
        for number, one in enumerate(people, start=1):
            points[number] = (one.log_in_to_notebook(),)
        for one in people:
            one.stop()
    return Growth(
        "starts",
        "the start of the N-th notebook while the others run",
        "notebooks",
        points,
        notes=(f"the node has room for {room} of {NOTEBOOK_CPUS:g} CPUs",),
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


def _hub_mib(state: State) -> float:
    said = kubectl(state, "exec", "deploy/hub", "--", "sh", "-c", HUB_MEMORY)
    return round(sum(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmRSS:")) / 1024, 1)
