"""An object store that users' notebooks and Dask workers use without any settings, on a second tenancy."""

import json
from collections.abc import Iterator

import pytest

from local.images.definitions import NOTEBOOK
from local.paths import State
from local.tenancy.addresses import NODE_ADDRESS
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel, KernelRaised
from tests.support.node_capacity import stop_admin_server
from tests.support.object_store import REGION, Keys, ObjectStore, running_object_store
from tests.support.second_tenancy import SecondTenancy
from tests.support.user_guide import printed_code

pytestmark = pytest.mark.cluster

NAME = "object-store"
BUCKET = "scratch"
WORKERS = 8
START_SECONDS = 240

WRITE, READ = "to_zarr(", "air.sum()"
"""Phrases of the user guide's code."""

TOTAL = 365.0 * 90 * 180
"""The sum of the data that the code writes."""

START_WORKERS = f"""\
from dask_gateway import Gateway
cluster = Gateway().new_cluster()
cluster.scale({WORKERS})
client = cluster.get_client()
client.wait_for_workers({WORKERS}, timeout={START_SECONDS})
"""
LIST = """\
import boto3, s3fs
listed = s3fs.S3FileSystem().ls(scratch)
keys = boto3.client("s3").list_objects_v2(Bucket="scratch", Prefix="alice/")["KeyCount"]
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_object_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Iterator[SecondTenancy]:
    state = State()
    settings = {
        # Besides the notebooks of the local tenancy, two cores hold only small ones.
        "notebookCpus": 0.1,
        "notebookRamGb": 0.5,
        "notebook": {"image": NOTEBOOK.reference, "prePull": False},
        "network": {"reach": [{"name": "store", "cidrs": f"{NODE_ADDRESS}/32", "ports": store.port}]},
        "objectStore": {
            "endpoint": store.endpoint,
            "region": REGION,
            "credentials": {"secret": "s3-user-{user}"},
            "scratchBucket": BUCKET,
        },
        "dask": {
            "schedulerRamGb": 0.5,
            "cpuRequest": 0.02,
            "workerRamGb": {"min": 0.25, "default": 0.5, "max": 1},
            "maxWorkers": WORKERS,
        },
    }
    tenancy = SecondTenancy(state, tmp_path_factory.mktemp("second"), NAME, **settings)
    tenancy.wipe()
    stop_admin_server(state)
    tenancy.up()
    yield tenancy
    tenancy.wipe()


@pytest.fixture(scope="module")
def alices_keys(store: ObjectStore) -> Keys:
    keys = store.add_account("alices-account")
    store.add_bucket(BUCKET, keys)
    return keys


@pytest.fixture(scope="module")
def alice(tenancy: SecondTenancy, alices_keys: Keys) -> Iterator[Kernel]:
    """A kernel of alice, whose Secret has keys of the bucket."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s3-user-alice"},
        "stringData": {
            "AWS_ACCESS_KEY_ID": alices_keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": alices_keys.secret_access_key,
        },
    }
    tenancy.kubectl("apply", "--filename=-", stdin=json.dumps(secret))
    yield from start_kernel(tenancy, "alice")


@pytest.fixture(scope="module")
def bob(tenancy: SecondTenancy) -> Iterator[Kernel]:
    """A kernel of bob, who has no Secret."""
    yield from start_kernel(tenancy, "bob")


def start_kernel(tenancy: SecondTenancy, user: str) -> Iterator[Kernel]:
    tenancy.grant(user)
    tenancy.wait_for_hub()
    person = tenancy.person(user)
    assert person.log_in() == 200
    person.start_server()
    with Kernel(person) as kernel:
        yield kernel


def test_printed_code_writes_and_reads_with_eight_workers(alice: Kernel, store: ObjectStore) -> None:
    alice.run(printed_code(WRITE), START_SECONDS)
    assert float(alice.run(printed_code(READ), START_SECONDS)) == TOTAL
    assert (store.objects / BUCKET / "alice" / "air.zarr" / "zarr.json").exists()

    alice.run(START_WORKERS, START_SECONDS)
    try:
        assert float(alice.run(printed_code(READ), START_SECONDS)) == TOTAL
        alice.run(printed_code(WRITE), START_SECONDS)
        variables = "('AWS_ENDPOINT_URL', 'AWS_SECRET_ACCESS_KEY', 'SCRATCH_BUCKET')"
        alice.run(f"import os\nread = lambda: [os.environ[name] for name in {variables}]\nseen = client.run(read)")
        assert alice.value("len(seen)") == WORKERS
        assert alice.value("all(each == read() for each in seen.values())")
    finally:
        alice.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_other_clients_need_no_settings(alice: Kernel) -> None:
    alice.run(printed_code(WRITE) + LIST, START_SECONDS)

    assert alice.value("listed") == [f"{BUCKET}/alice/air.zarr"]
    assert alice.value("keys") > 0


def test_user_without_a_secret_has_no_keys_of_others(bob: Kernel, alice: Kernel) -> None:
    alice.run(printed_code(WRITE), START_SECONDS)

    assert bob.value("[name for name in __import__('os').environ if 'AWS' in name and 'KEY' in name]") == []
    assert bob.value("__import__('os').environ['SCRATCH_BUCKET']") == f"s3://{BUCKET}/bob"
    with pytest.raises(KernelRaised, match=r"credentials|Access Denied|Forbidden"):
        bob.run(f"import xarray\nxarray.open_zarr('s3://{BUCKET}/alice/air.zarr').load()", START_SECONDS)
