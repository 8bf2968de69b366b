"""Packages of an image of notebook servers and Dask clusters, compared with the hub and the gateway. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.cli.diagnose.result import CheckResult, broken, good, warning
from components.readiness.finding import printable

HUB_MAJOR = "5"
"""Major version of JupyterHub in the chart ``jupyterhub`` 4.4.0. A server's may differ in the other parts only.

Source: ``_check_version`` in ``jupyterhub/_version.py`` 5.5.0.
"""

GATEWAY_CLIENT = "dask-gateway"
SERVER_PACKAGES = ("jupyterhub", "jupyterlab")
DASK_PACKAGES = ("dask", "distributed", GATEWAY_CLIENT)

SERVER_PROGRAMS = ("jupyterhub-singleuser",)
DASK_PROGRAMS = ("dask-scheduler", "dask-worker")
"""Programs that the charts start, which must be in a folder of ``PATH``."""

SEE_GUIDE = "see docs/operator-guide.md#your-own-image"

RESULT_FILE = "/dev/termination-log"
"""File whose text Kubernetes shows in the status of a pod that has ended; every user of a container may write it."""


def program(result_file: str) -> str:
    """Return the Python program that writes what an image contains to a file."""
    return f"""
import json, shutil
from importlib.metadata import PackageNotFoundError, version

def find(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None

found = {{
    "packages": {{name: find(name) for name in {(*SERVER_PACKAGES, *DASK_PACKAGES)!r}}},
    "programs": [name for name in {(*SERVER_PROGRAMS, *DASK_PROGRAMS)!r} if shutil.which(name)],
}}
with open({result_file!r}, "w") as result:
    json.dump(found, result)
"""


COMMAND = ("python3", "-I", "-c", program(RESULT_FILE))
"""Command of the trial. Python's ``-I`` ignores packages in a home and the folders in ``PYTHONPATH``."""


@dataclass(frozen=True)
class ImageContent:
    """What a trial of an image has found."""

    packages: Mapping[str, str]
    """Versions of those packages that the image has."""
    programs: Sequence[str]


def read_content(text: str) -> ImageContent | None:
    """Return the content from the text that the command has written; None if it is another text."""
    try:
        found = json.loads(text)
        packages = {str(name): printable(version) for name, version in found["packages"].items() if version}
        return ImageContent(packages, [str(name) for name in found["programs"]])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def compare(image: str, content: ImageContent, gateway: str | None, *, uses_dask: bool = True) -> CheckResult:
    """Compare an image with the hub and the gateway.

    Args:
        image: the image's name.
        content: what it contains.
        gateway: version of the deployed Dask gateway; None if there is none, whose version is then not compared.
        uses_dask: whether the tenancy has Dask, which needs packages and programs in the image.
    """
    packages = content.packages
    needed = (*SERVER_PACKAGES[:1], *(DASK_PACKAGES if uses_dask else ()))
    programs = (*SERVER_PROGRAMS, *(DASK_PROGRAMS if uses_dask else ()))
    missing = [name for name in needed if name not in packages]
    absent = [name for name in programs if name not in content.programs]
    shown = ", ".join(f"{name} {packages[name]}" for name in (*SERVER_PACKAGES, *DASK_PACKAGES) if name in packages)
    details = {"packages": dict(packages), "gateway": gateway}
    if missing:
        versions = f", {GATEWAY_CLIENT} in version {gateway}" if gateway and GATEWAY_CLIENT in missing else ""
        message = f"has no {' and no '.join(missing)}" + (f"; it has {shown}" if shown else "")
        return broken(image, message, f"add it to the image{versions}; {SEE_GUIDE}", **details)
    if absent:
        message = f"has no program {' and no program '.join(absent)} in a folder of PATH; it has {shown}"
        return broken(
            image, message, f"set PATH in the image (ENV), not in a shell's start-up files; {SEE_GUIDE}", **details
        )
    if packages["jupyterhub"].split(".")[0] != HUB_MAJOR:
        message = f"has jupyterhub {packages['jupyterhub']}, but the hub has version {HUB_MAJOR}; servers do not start"
        return broken(image, message, f"build the image with jupyterhub {HUB_MAJOR}; {SEE_GUIDE}", **details)
    if gateway and packages[GATEWAY_CLIENT] != gateway:
        message = (
            f"has {GATEWAY_CLIENT} {packages[GATEWAY_CLIENT]}, but the tenancy's gateway has {gateway}; Dask clusters "
            f"may not start or not scale. It has {shown}"
        )
        fix = f"build the image with {GATEWAY_CLIENT} {gateway}, or write another image in the stack file; {SEE_GUIDE}"
        return warning(image, message, fix, **details)
    return good(image, f"has {shown}" + (f", which is the gateway's version, {gateway}" if gateway else ""), **details)
