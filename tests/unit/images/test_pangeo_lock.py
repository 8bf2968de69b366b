"""The lock of the Pangeo image: complete, exact, with hashes, and in the versions of the charts."""

import re

import yaml
from packaging.requirements import Requirement

from images.pangeo.lock import LEFT_OUT, LOCK, PACKAGES, find_difference, lock
from local.images.definitions import DEFINITIONS
from local.paths import PROJECT

ECOSYSTEM = [
    "bokeh",
    "bottleneck",
    "cartopy",
    "cf-units",
    "cf-xarray",
    "dask",
    "dask-gateway",
    "dask-labextension",
    "dask-ml",
    "datashader",
    "distributed",
    "fsspec",
    "gcsfs",
    "geopandas",
    "geoviews",
    "graphviz",
    "h5netcdf",
    "h5py",
    "holoviews",
    "hvplot",
    "intake",
    "ipympl",
    "ipywidgets",
    "iris-sample-data",
    "jupyter-resource-usage",
    "jupyterlab",
    "matplotlib",
    "nbgitpuller",
    "nc-time-axis",
    "netcdf4",
    "numba",
    "pandas",
    "panel",
    "papermill",
    "pint-xarray",
    "pooch",
    "rasterio",
    "rioxarray",
    "s3fs",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "scitools-iris",
    "seaborn",
    "xarray",
    "xgcm",
    "zarr",
]
"""What the image promises its users."""


def content(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


LOCKED = content(LOCK.read_text())
VERSIONS = dict(line.split()[0].split("==") for line in LOCKED)
WANTED = {each.name: each for each in map(Requirement, content(PACKAGES.read_text()))}


def test_packages_are_locked_to_exact_versions_with_hashes() -> None:
    wrong = [
        line for line in LOCKED if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]* --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert wrong == []
    assert len(VERSIONS) == len(LOCKED)


def test_image_has_the_whole_ecosystem() -> None:
    assert set(ECOSYSTEM) - WANTED.keys() == set()


def test_lock_satisfies_every_wanted_package() -> None:
    missing = [name for name, each in WANTED.items() if name not in VERSIONS or VERSIONS[name] not in each.specifier]
    assert missing == []


def test_dask_has_the_version_of_the_chart() -> None:
    chart = yaml.safe_load((PROJECT / "chart" / "Chart.yaml").read_text())
    [gateway] = [each["version"] for each in chart["dependencies"] if each["name"] == "dask-gateway"]
    assert {VERSIONS[name] for name in ("dask", "distributed", "dask-gateway")} == {gateway}


def test_jupyterhub_has_the_version_of_the_hub() -> None:
    assert f"jupyterhub=={VERSIONS['jupyterhub']}" in content((DEFINITIONS / "base.txt").read_text())


def test_images_do_without_the_package_that_slows_every_start_of_a_server() -> None:
    small = {
        line.split("==")[0]
        for file in ("base.txt", "notebook.txt")
        for line in content((DEFINITIONS / file).read_text())
    }
    assert set(LEFT_OUT) & (VERSIONS.keys() | small) == set()


def test_lock_names_the_wheels_of_the_report() -> None:
    def entry(name: str, version: str, digest: str) -> dict[str, object]:
        return {
            "metadata": {"name": name, "version": version},
            "download_info": {"archive_info": {"hashes": {"sha256": digest}}},
        }

    left_out = [entry(name, "1", "c" * 64) for name in ("rfc3987_syntax", "lark")]
    report = {"install": [entry("netCDF4", "1.7", "b" * 64), entry("Jaraco.Text", "4", "a" * 64), *left_out]}
    assert content(lock(report)) == [
        f"jaraco-text==4 --hash=sha256:{'a' * 64}",
        f"netcdf4==1.7 --hash=sha256:{'b' * 64}",
    ]


def test_lock_is_written_on_the_images_platform_only() -> None:
    assert find_difference("3.11.2", "x86_64") is None
    assert find_difference("3.12.0", "x86_64") == "this is Python 3.12.0; use 3.11.2, the image's version"
    assert find_difference("3.11.2", "aarch64") == "this machine is aarch64; use x86_64, the image's architecture"
