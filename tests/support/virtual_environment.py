"""Virtual environments for real servers, separate from the project's own; one for each set of requirements."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.host import stamps
from local.host.locks import lock_file
from local.paths import PROJECT, State

INSTALL_SECONDS = 600


def virtual_environment(name: str, requirements: Path, images: Sequence[str], without: Sequence[str] = ()) -> Path:
    """The folder of the environment ``name``. Several test processes may call this at once: one of them makes it.

    ``images`` are the images' requirement lists (``local/images/<image>.txt``) that ``requirements`` includes, and
    ``without`` are optional dependencies that are removed.
    """
    state = State()
    folder = state.root / "tests" / f"{name}-python"
    stamp = f"tests-{name}-python"
    lists = [PROJECT / "local" / "images" / f"{image}.txt" for image in images]
    made_from = stamps.digest(files=[requirements, *lists], texts=[sys.version, *without])
    with lock_file(folder.with_suffix(".lock")):
        if not stamps.is_done(state, stamp, made_from):
            shutil.rmtree(folder, ignore_errors=True)
            python = [sys.executable, "-m"]
            subprocess.run([*python, "venv", "--without-pip", folder], check=True, timeout=INSTALL_SECONDS)
            pip = [*python, "pip", "--python", str(folder), "--quiet", "--disable-pip-version-check"]
            # Python compiles the modules that are used, which are a small part.
            install = [*pip, "install", "--no-compile", "--requirement", str(requirements)]
            subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
            if without:
                subprocess.run([*pip, "uninstall", "--yes", *without], check=True, timeout=INSTALL_SECONDS)
            stamps.mark_done(state, stamp, made_from)
    return folder
