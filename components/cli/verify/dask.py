"""Check of Dask: a user's cluster starts through the gateway and computes a known answer."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait

from components.chart.dask_limits import scheduling_seconds
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cli.verify.check import DASK
from components.cli.verify.code_values import insert_values
from components.cli.verify.context import Context, DaskCluster
from components.cli.verify.explain import find_dask_obstacle
from components.cli.verify.failures import CodeFailed, Ended

START_SECONDS = 90.0
"""Least time for the scheduler, and again for one worker, to start."""

LOOK_SECONDS = 5.0
"""Interval at which the cluster is asked why the scheduler or the worker does not run."""

ROOM_SECONDS = 30.0
"""Time for which no node has had room, after which the check ends: an autoscaler announces a node sooner."""

LENGTH = 1_000_000
KNOWN_SUM = LENGTH * (LENGTH - 1) // 2

SUBMIT = """
import json
from dask_gateway import Gateway
gateway = Gateway()
print(json.dumps(gateway.submit(worker_cores=CORES, worker_memory=MEMORY)))
"""

COMPUTE = """
import json
import dask.array
from dask_gateway import Gateway
gateway = Gateway()
cluster = gateway.connect(NAME, shutdown_on_close=False)
cluster.scale(1)
client = cluster.get_client()
client.wait_for_workers(1, timeout=LIMIT)
total = dask.array.arange(LENGTH, chunks=LENGTH // 4, dtype="int64").sum().compute()
print(json.dumps({"sum": int(total), "dashboard": cluster.dashboard_link}))
"""

NO_CAPACITY = ("not enough capacity", "FailedScheduling", "Insufficient", "nodes are available")
"""Parts of the gateway's messages about a quota or nodes without room (``components/in_gateway``)."""

MODULE_MISSING = "ModuleNotFoundError"


def check_dask(context: Context) -> Sequence[CheckResult]:
    """Start a cluster and compute with it, see :func:`_check`; report the end to the other checks."""
    try:
        return _check(context)
    finally:
        context.dask_ended.set()


def _check(context: Context) -> Sequence[CheckResult]:
    """Start a cluster with one worker, compute a sum on it, and leave it running for the checks that need ``DASK``.

    The worker has the default size: one of the smallest may have too little memory for the image's Dask alone.
    """
    dask = context.tenancy.dask
    if not dask.enabled:
        return [unknown(DASK, "not tested: Dask is off in the stack file")]
    submit = insert_values(SUBMIT, CORES=dask.worker_cores.default, MEMORY=dask.worker_ram_gb.default)
    cluster = ""
    try:
        cluster = str(context.server.run(submit, START_SECONDS))
        seconds = max(START_SECONDS, scheduling_seconds(context.tenancy))  # an autoscaler's node takes minutes
        compute = insert_values(COMPUTE, NAME=cluster, LIMIT=int(seconds), LENGTH=LENGTH)
        found = _run_while_there_is_room(context, cluster, compute, 2 * seconds)
    except CodeFailed as failure:
        return [_explain(context, cluster, str(failure))]
    if not isinstance(found, dict) or found.get("sum") != KNOWN_SUM:
        return [broken(DASK, f"a cluster computed {found} instead of {KNOWN_SUM}", "check the notebook's image")]
    context.dask_cluster = DaskCluster(cluster, str(found["dashboard"]))
    return [good(DASK, "a cluster started through the gateway and computed the known answer")]


def _run_while_there_is_room(context: Context, cluster: str, code: str, limit_seconds: float) -> object:
    """Run code that waits for the cluster, and return its value; give up early if its pods find no node.

    Raises:
        CodeFailed: the code failed, or no node has room.
    """
    ended: Future[object] = Future()

    def run() -> None:
        try:
            ended.set_result(context.server.run(code, limit_seconds))
        except Exception as error:  # also an unforeseen one: it is raised below
            ended.set_exception(error)

    # A daemon: the end of the server ends its request.
    threading.Thread(target=run, name="dask cluster", daemon=True).start()
    full_since: float | None = None
    while not ended.done():
        wait([ended], LOOK_SECONDS)
        obstacle = None if ended.done() else find_dask_obstacle(context, cluster)
        is_full = obstacle is not None and obstacle.is_lack_of_room
        full_since = (full_since or context.clock()) if is_full else None
        if obstacle is not None and full_since is not None and context.clock() - full_since > ROOM_SECONDS:
            raise CodeFailed(str(obstacle.finding))
        if context.has_ended():
            raise Ended
    return ended.result()


def _explain(context: Context, cluster: str, failure: str) -> CheckResult:
    namespace = context.tenancy.namespace
    if MODULE_MISSING in failure:
        fix = "use an image with dask-gateway: python -m components images"
        return broken(DASK, f"users' notebooks cannot use Dask: {failure}", fix)
    obstacle = find_dask_obstacle(context, cluster) if cluster else None
    if any(part in failure for part in NO_CAPACITY) or (obstacle is not None and obstacle.is_lack_of_room):
        reason = obstacle.finding if obstacle is not None else failure
        fix = (
            f"python -m components capacity {context.stack}; wait until clusters have ended, add nodes, or raise the "
            "limits in pangeo:dask"
        )
        return unknown(DASK, f"not tested: there is no room, so users' clusters do not start now: {reason}", fix)
    fix = f"kubectl logs --namespace {namespace} --selector app.kubernetes.io/name=dask-gateway"
    if obstacle is not None:
        return broken(DASK, f"users' clusters do not start: {obstacle.finding}", obstacle.finding.fix or fix)
    return broken(DASK, f"users' clusters do not work: {failure}", fix)
