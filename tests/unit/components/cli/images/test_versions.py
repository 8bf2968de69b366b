import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.cli.diagnose.result import Status
from components.cli.images.versions import (
    DASK_PROGRAMS,
    SERVER_PROGRAMS,
    ImageContent,
    compare,
    program,
    read_content,
)

IMAGE = "registry.example.org/team/notebook:1"
GATEWAY = "2026.3.0"
PROGRAMS = (*SERVER_PROGRAMS, *DASK_PROGRAMS)
PACKAGES = {
    "jupyterhub": "5.4.6",
    "jupyterlab": "4.5.2",
    "dask": GATEWAY,
    "distributed": GATEWAY,
    "dask-gateway": GATEWAY,
}


def content(programs: tuple[str, ...] = PROGRAMS, **versions: str | None) -> ImageContent:
    changed = PACKAGES | {name.replace("_", "-"): version for name, version in versions.items()}
    return ImageContent({name: version for name, version in changed.items() if version}, programs)


def test_the_program_finds_versions_and_programs(tmp_path: Path) -> None:
    for name, version in {"dask_gateway": "2025.4.0", "dask": "2026.1.1"}.items():
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    scheduler = tmp_path / "dask-scheduler"
    scheduler.write_text("#!/bin/sh\n")
    scheduler.chmod(0o755)
    result = tmp_path / "result"

    subprocess.run(
        [sys.executable, "-S", "-c", program(str(result))],
        env={"PATH": f"{tmp_path}:{os.defpath}", "PYTHONPATH": str(tmp_path)},
        check=True,
    )

    found = read_content(result.read_text())
    assert found == ImageContent({"dask": "2026.1.1", "dask-gateway": "2025.4.0"}, ["dask-scheduler"])


@pytest.mark.parametrize("text", ["", "Collecting…", "[]", "{}", '{"packages": [], "programs": []}', "null"])
def test_another_text_is_no_content(text: str) -> None:
    assert read_content(text) is None


def test_an_image_with_the_gateways_version_is_good() -> None:
    found = compare(IMAGE, content(), GATEWAY)

    assert found.subject == IMAGE
    assert found.status is Status.GOOD
    assert "dask-gateway 2026.3.0, which is the gateway's version, 2026.3.0" in found.message
    assert found.as_json()["packages"] == PACKAGES


def test_another_version_of_the_client_is_a_warning_with_both_versions_and_the_fix() -> None:
    found = compare(IMAGE, content(dask_gateway="2025.4.0", dask="2026.1.1", distributed="2026.1.1"), GATEWAY)

    assert found.status is Status.WARNING
    assert found.message.startswith("has dask-gateway 2025.4.0, but the tenancy's gateway has 2026.3.0; ")
    assert "dask 2026.1.1, distributed 2026.1.1" in found.message
    assert found.fix.startswith("build the image with dask-gateway 2026.3.0, or write another image in the stack file")


@pytest.mark.parametrize(
    ("given", "message", "fix"),
    [
        (
            content(dask_gateway=None),
            "has no dask-gateway; it has jupyterhub 5.4.6",
            "dask-gateway in version 2026.3.0",
        ),
        (
            content(jupyterhub=None, distributed=None),
            "has no jupyterhub and no distributed; ",
            "add it to the image; see",
        ),
        (ImageContent({}, ()), "has no jupyterhub and no dask and no distributed and no dask-gateway", "add it"),
        (content(programs=SERVER_PROGRAMS), "has no program dask-scheduler and no program dask-worker in a", "PATH"),
        (content(jupyterhub="6.0.1"), "has jupyterhub 6.0.1, but the hub has version 5", "jupyterhub 5"),
    ],
)
def test_an_image_that_cannot_work_is_broken(given: ImageContent, message: str, fix: str) -> None:
    found = compare(IMAGE, given, GATEWAY)

    assert found.status is Status.BROKEN
    assert found.message.startswith(message)
    assert fix in found.fix


def test_without_dask_only_the_server_counts() -> None:
    given = ImageContent({"jupyterhub": "5.5.0"}, SERVER_PROGRAMS)

    assert compare(IMAGE, given, None, uses_dask=False).status is Status.GOOD
    assert compare(IMAGE, given, GATEWAY).status is Status.BROKEN


def test_dask_is_required_before_the_gateway_is_deployed() -> None:
    found = compare(IMAGE, ImageContent({"jupyterhub": "5.5.0"}, SERVER_PROGRAMS), None)

    assert found.status is Status.BROKEN
    assert found.message.startswith("has no dask")
    assert "None" not in f"{found.message} {found.fix}"
    assert compare(IMAGE, content(), None).status is Status.GOOD
