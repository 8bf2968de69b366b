"""The measured worker may use all CPUs, and reads from the store with its user's keys."""

from bench.object_store import CORES, tenancy_settings
from components.config.dask import Dask
from components.config.object_store import ObjectStore


def test_a_cluster_may_have_a_worker_with_all_cpus() -> None:
    dask = Dask.model_validate(tenancy_settings("http://192.0.2.1:7070", 7070)["dask"])

    assert dask.worker_cores.default == CORES
    assert dask.max_cores >= CORES + dask.scheduler_cores


def test_each_user_has_own_keys() -> None:
    store = ObjectStore.model_validate(tenancy_settings("http://192.0.2.1:7070", 7070)["objectStore"])

    assert store.credentials is not None
    assert store.credentials.is_per_user
