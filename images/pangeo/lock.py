"""Resolve packages.txt to packages.lock: one wheel for each package, with its exact version and hash.

    /usr/bin/python3 images/pangeo/lock.py

Run it on x86-64 with the Python of Debian 12, which the image has: the newest versions of some packages need Python
3.11.5, and Debian's is 3.11.2. Wheels are specific to a machine's architecture.
"""

import json
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGES = HERE / "packages.txt"
LOCK = HERE / "packages.lock"

IMAGE_PYTHON, IMAGE_MACHINE = "3.11.2", "x86_64"
"""The Python version of Debian 12, the image's base, and the architecture of its nodes."""

LEFT_OUT = ("lark", "rfc3987-syntax")
"""Packages that the image does without. jsonschema imports rfc3987-syntax if it is there, to check international
addresses, which nothing here does. Its grammar, in lark, takes half of the CPU time in which JupyterLab starts."""

HEADER = "# Written by lock.py from packages.txt: wheels for Debian 12 (x86-64, Python 3.11.2).\n"


def find_difference(python: str, machine: str) -> str | None:
    """Return how this platform differs from the image's; None if it does not."""
    if python != IMAGE_PYTHON:
        return f"this is Python {python}; use {IMAGE_PYTHON}, the image's version"
    if machine != IMAGE_MACHINE:
        return f"this machine is {machine}; use {IMAGE_MACHINE}, the image's architecture"
    return None


def resolve(packages: Path) -> dict[str, Any]:
    """Return pip's report of a fresh installation of ``packages``."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        report = Path(folder) / "report.json"
        pip = [f"{folder}/bin/python", "-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary=:all:"]
        subprocess.run([*pip, "--quiet", "--report", report, "--requirement", packages], check=True)
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


def lock(report: dict[str, Any]) -> str:
    """Return the lock file's text for pip's report (https://pip.pypa.io/en/stable/reference/installation-report/)."""
    lines = sorted(
        f"{name}=={entry['metadata']['version']} "
        f"--hash=sha256:{entry['download_info']['archive_info']['hashes']['sha256']}\n"
        for entry in report["install"]
        if (name := normalise(entry["metadata"]["name"])) not in LEFT_OUT
    )
    return HEADER + "".join(lines)


def normalise(name: str) -> str:
    """Return a package's name in lower case with dashes."""
    return name.lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    if difference := find_difference(platform.python_version(), platform.machine()):
        sys.exit(f"lock.py: {difference}")
    try:
        LOCK.write_text(lock(resolve(PACKAGES)), encoding="utf-8")
    except subprocess.CalledProcessError:
        sys.exit("lock.py: pip failed, see above; packages.lock is unchanged")
