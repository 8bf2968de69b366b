"""An object store that users' notebooks and Dask workers use without any settings."""

from collections.abc import Iterator

import pytest

from tests.cluster.data_access.settings import BUCKET, PANGEO_PROFILE, WORKERS
from tests.support.kernel import Kernel, KernelRaised
from tests.support.notebook_user import START_SECONDS, NotebookUser
from tests.support.object_store import ObjectStore
from tests.support.second_tenancy import SecondTenancy
from tests.support.user_guide import printed_code

pytestmark = pytest.mark.cluster

WRITE, READ, ZARR_AS_CUBE, FILE_AS_CUBES = "to_zarr(", "air.sum()", "to_iris()", "iris.load("
"""Phrases of the user guide's code."""

TOTAL = 365.0 * 90 * 180
"""The sum of the data that the code writes."""

CONNECT = f"""\
from dask_gateway import Gateway
cluster = Gateway().connect({{name!r}})
cluster.scale({WORKERS})
client = cluster.get_client()
client.wait_for_workers({WORKERS}, timeout={START_SECONDS})
"""
DISCONNECT = "cluster.scale(1)\nclient.close()\ncluster.close(shutdown=False)"
LIST = f"""\
import boto3, s3fs
listed = s3fs.S3FileSystem().ls(scratch)
keys = boto3.client("s3").list_objects_v2(Bucket="{BUCKET}", Prefix="alice/")["KeyCount"]
"""


@pytest.fixture(scope="module")
def kernel(alice: NotebookUser) -> Iterator[Kernel]:
    """A kernel on alice's server, who has keys of the bucket, after it has run the code that writes."""
    with Kernel(alice.person) as kernel:
        kernel.run(printed_code(WRITE), START_SECONDS)
        yield kernel


@pytest.fixture
def carols_kernel(tenancy: SecondTenancy) -> Iterator[Kernel]:
    """A kernel with Iris, on the server of carol, who has the same keys as alice."""
    carol = tenancy.start_server("carol", PANGEO_PROFILE)
    with Kernel(carol) as kernel:
        yield kernel
    carol.stop_server()


@pytest.fixture(scope="module")
def bobs_kernel(bob: NotebookUser) -> Iterator[Kernel]:
    """A kernel on the server of bob, who has no Secret."""
    with Kernel(bob.person) as kernel:
        yield kernel


def test_printed_code_writes_and_reads_with_eight_workers(
    alice: NotebookUser, kernel: Kernel, store: ObjectStore
) -> None:
    assert float(kernel.run(printed_code(READ), START_SECONDS)) == TOTAL
    assert (store.objects / BUCKET / "alice" / "air.zarr" / "zarr.json").exists()

    kernel.run(CONNECT.format(name=alice.at_cluster.value("cluster.name")), START_SECONDS)
    try:
        assert float(kernel.run(printed_code(READ), START_SECONDS)) == TOTAL
        kernel.run(printed_code(WRITE), START_SECONDS)
        variables = "('AWS_ENDPOINT_URL', 'AWS_SECRET_ACCESS_KEY', 'SCRATCH_BUCKET')"
        kernel.run(f"import os\nread = lambda: [os.environ[name] for name in {variables}]\nseen = client.run(read)")
        assert kernel.value("len(seen)") == WORKERS
        assert kernel.value("all(each == read() for each in seen.values())")
    finally:
        kernel.run(DISCONNECT)


def test_other_clients_need_no_settings(kernel: Kernel) -> None:
    kernel.run(LIST, START_SECONDS)

    assert kernel.value("listed") == [f"{BUCKET}/alice/air.zarr"]
    assert kernel.value("keys") > 0


def test_iris_reads_zarr_stores_and_files(carols_kernel: Kernel, store: ObjectStore) -> None:
    carols_kernel.run(printed_code(WRITE), START_SECONDS)
    with pytest.raises(KernelRaised, match="Iris cannot handle the URI scheme: s3"):
        carols_kernel.run("import iris\niris.load(f'{scratch}/air.nc')", START_SECONDS)

    assert float(carols_kernel.run(printed_code(ZARR_AS_CUBE), START_SECONDS)) == TOTAL
    carols_kernel.run(printed_code(FILE_AS_CUBES), START_SECONDS)
    assert (store.objects / BUCKET / "carol" / "air.nc").exists()
    assert carols_kernel.value("[[cube.name(), float(cube.data.sum())] for cube in cubes]") == [["air", TOTAL]]


def test_user_without_a_secret_has_no_keys_of_others(bobs_kernel: Kernel, kernel: Kernel) -> None:
    del kernel  # it has written the data
    assert bobs_kernel.value("[name for name in __import__('os').environ if 'AWS' in name and 'KEY' in name]") == []
    assert bobs_kernel.value("__import__('os').environ['SCRATCH_BUCKET']") == f"s3://{BUCKET}/bob"
    with pytest.raises(KernelRaised, match=r"credentials|Access Denied|Forbidden"):
        bobs_kernel.run(f"import xarray\nxarray.open_zarr('s3://{BUCKET}/alice/air.zarr').load()", START_SECONDS)
