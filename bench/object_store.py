"""Time in which a Dask worker reads data from an object store, compared with the same read by a process of the host.

The process of the host is a pod in the host's network with the same image, so that its packages are the same. No
network policy applies to it, and it has no CPU limit. The worker's limit is all CPUs of the machine.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.deployment import deploy, temporary_tenancy
from bench.measurements import Comparison, measure_in_turn
from bench.members import members
from bench.process import RunFailed
from local.images.definitions import NOTEBOOK
from local.paths import State
from local.tenancy.addresses import NODE_ADDRESS
from tests.support.kernel import Kernel
from tests.support.kubectl import kubectl
from tests.support.node_capacity import stop_admin_server
from tests.support.object_store import REGION, Keys, ObjectStore, running_object_store

THROUGHPUT_LIMIT = 0.8
"""Smallest allowed throughput of a worker, as a share of the host's."""

MIB = 640
"""Size of the data, more than any cache of a client holds."""

CORES = 2
RAM_GB = 3
CPU_REQUEST = 0.02
BUCKET = "bench"
POD = "bench-host"
NAMESPACE = "default"
"""Namespace of the host's process. The tenancies' namespaces refuse pods in the host's network."""

TIMEOUT_SECONDS = 300

READ = """\
import time
import s3fs
import xarray

def read_object(url):
    with s3fs.S3FileSystem(skip_instance_cache=True).open(url, block_size=16 * 2**20, cache_type="readahead") as file:
        while file.read(16 * 2**20):
            pass

def read_zarr(url):
    xarray.open_zarr(url, chunks=None).air.load()

def time_read(read, url):
    read(url)  # Not timed: imports, connections, and the memory that the process keeps.
    started = time.perf_counter()
    read(url)
    return time.perf_counter() - started
"""
WRITE = f"""\
import numpy
import s3fs
import xarray

numbers = numpy.random.default_rng(0).random(({MIB} // 4, 1024, 1024), dtype="float32")
air = xarray.DataArray(numbers, dims=("time", "lat", "lon"), name="air")
air.to_zarr("s3://{BUCKET}/air.zarr", mode="w", encoding={{"air": {{"chunks": (4, 1024, 1024)}}}})
with s3fs.S3FileSystem().open("s3://{BUCKET}/air", "wb") as file:
    file.write(numbers.data)
"""
START_WORKER = f"""\
from dask_gateway import Gateway

cluster = Gateway().new_cluster()
cluster.scale(1)
client = cluster.get_client()
client.wait_for_workers(1, timeout={TIMEOUT_SECONDS})
"""
READS: Mapping[str, tuple[str, str, str]] = {
    "zarr": ("read_zarr", f"s3://{BUCKET}/air.zarr", f"a Zarr array of {MIB} MiB in chunks of 16 MiB, with xarray"),
    "object": ("read_object", f"s3://{BUCKET}/air", f"an object of {MIB} MiB in pieces of 16 MiB, with s3fs"),
}
"""Function, URL and description of each measured read."""


def compare_reads(state: State, repetitions: int) -> Sequence[Comparison]:
    """Compare reads by a worker with reads by a process of the host.

    Raises:
        HubFailed: no notebook started.
        RunFailed: the tenancy could not be deployed, or a read failed.
    """
    stop_admin_server(state)
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        running_object_store(Path(folder)) as store,
        temporary_tenancy(state, **tenancy_settings(store.endpoint, store.port)) as tenancy,
    ):
        keys = store.add_account("bench")
        store.add_bucket(BUCKET, keys)
        deploy(tenancy)
        tenancy.give_certificate()
        tenancy.wait_for_hub()
        with members(state, tenancy.hub, tenancy.group, 1) as (person,), _host_process(state, store, keys) as host:
            host.run(WRITE)
            tenancy.create_secret(f"s3-user-{person.user}", **_key_variables(keys))
            person.time_log_in_to_notebook()
            person.take_token()
            with Kernel(person) as kernel:
                kernel.run(READ + START_WORKER, TIMEOUT_SECONDS)
                try:
                    return [_compare(kernel, host, name, repetitions) for name in READS]
                finally:
                    kernel.run("cluster.shutdown()", TIMEOUT_SECONDS)


def tenancy_settings(endpoint: str, port: int) -> dict[str, object]:
    """Return the keys of a stack file whose users have this store, and one worker with all CPUs of the machine."""
    return {
        "network": {"reach": [{"name": "store", "cidrs": f"{NODE_ADDRESS}/32", "ports": port}]},
        "objectStore": {"endpoint": endpoint, "region": REGION, "credentials": {"secret": "s3-user-{user}"}},
        "dask": {
            "schedulerRamGb": 0.5,
            "cpuRequest": CPU_REQUEST,
            "workerCores": {"min": CORES, "default": CORES, "max": CORES},
            "workerRamGb": {"min": RAM_GB, "default": RAM_GB, "max": RAM_GB},
        },
    }


class _Host:
    """A pod in the host's network, which runs Python with the notebook's packages."""

    def __init__(self, state: State, variables: Mapping[str, str]) -> None:
        self._state = state
        self._environment = f"import os\nos.environ |= {dict(variables)!r}\n"

    def run(self, code: str) -> str:
        """Run code in a new process and return its output. It is sent on standard input: it contains keys."""
        command = ("exec", "-i", POD, "--", "python", "-")
        return _kubectl(self._state, *command, stdin=self._environment + code)


@contextmanager
def _host_process(state: State, store: ObjectStore, keys: Keys) -> Iterator[_Host]:
    container = {
        "name": "python",
        "image": NOTEBOOK.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "infinity"],
        "resources": {"requests": {"cpu": str(CPU_REQUEST), "memory": f"{RAM_GB}Gi"}},
    }
    spec = {
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}, "spec": spec}
    _kubectl(state, "delete", "pod", POD, "--ignore-not-found", "--wait=true")
    try:
        _kubectl(state, "apply", "-f", "-", stdin=json.dumps(pod))
        _kubectl(state, "wait", f"pod/{POD}", "--for=condition=Ready", "--timeout=180s")
        yield _Host(state, {"AWS_ENDPOINT_URL": store.endpoint, "AWS_DEFAULT_REGION": REGION, **_key_variables(keys)})
    finally:
        _kubectl(state, "delete", "pod", POD, "--ignore-not-found", "--wait=true")


def _compare(kernel: Kernel, host: _Host, name: str, repetitions: int) -> Comparison:
    read, url, description = READS[name]

    def in_worker() -> float:
        return float(kernel.value(f"client.submit(time_read, {read}, {url!r}, pure=False).result()", TIMEOUT_SECONDS))

    def on_host() -> float:
        printed = host.run(f"{READ}print('seconds', time_read({read}, {url!r}))")
        found = re.search(r"seconds ([0-9.]+)", printed)
        if not found:
            raise RunFailed(f"the host's process did not print the seconds of {read}")
        return float(found[1])

    comparison = Comparison(
        name=f"worker-reads-{name}",
        description=f"a Dask worker with {CORES} cores reads {description}, from an object store on the host",
        baseline="the same image in the host's network, without a CPU limit",
        limit=1 / THROUGHPUT_LIMIT,
        # Each call has a warm-up of its own.
        pairs=measure_in_turn(in_worker, on_host, repetitions, warm_ups=0),
    )
    rates = [MIB / each.median for each in (comparison.measured_seconds, comparison.baseline_seconds)]
    return replace(comparison, notes=("{:.0f} MiB/s, on the host {:.0f} MiB/s".format(*rates),))


def _kubectl(state: State, *arguments: str, stdin: str | None = None) -> str:
    return kubectl(state, *arguments, namespace=NAMESPACE, stdin=stdin, timeout_seconds=TIMEOUT_SECONDS)


def _key_variables(keys: Keys) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key}
