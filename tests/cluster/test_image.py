"""The Pangeo image in a member's server: what belongs to JupyterLab is enabled, and maps need no download."""

import pytest

from local import directory, lifecycle
from local.paths import State
from tests.support.kernel import Kernel
from tests.support.person import Person, local_person

pytestmark = pytest.mark.cluster

USER = "alice"


@pytest.fixture(scope="module")
def alice() -> Person:
    directory.grant(State(), USER, lifecycle.NOTEBOOK_USERS)
    alice = local_person(State(), USER)
    assert alice.log_in() == 200
    alice.start_server()
    return alice


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("dask/clusters", id="Dask panel"),
        pytest.param("api/metrics/v1", id="use of resources"),
        pytest.param("git-pull?repo=https%3A%2F%2Fgit.example.org%2Fcourse", id="nbgitpuller"),
    ],
)
def test_extension_of_jupyterlab_answers(alice: Person, path: str) -> None:
    assert alice.call("GET", f"/user/{USER}/{path}").status_code == 200


def test_maps_need_no_download(alice: Person) -> None:
    with Kernel(alice) as kernel:
        kernel.run("import cartopy.io.shapereader as reader")
        files = kernel.value(
            "[str(reader.natural_earth(each, 'physical', 'coastline')) for each in ('110m', '50m', '10m')]"
        )
    assert files == [
        f"/opt/natural-earth/shapefiles/natural_earth/physical/ne_{scale}_coastline.shp"
        for scale in ("110m", "50m", "10m")
    ]
