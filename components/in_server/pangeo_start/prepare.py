"""The environment of a server that starts in spite of what is in the user's home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import configuration, home, kernels, packages, shell
from .problem import RUN_VARIABLE, Problem
from .small_files import read_small_file

CHECK_SECONDS = 20
"""Time limit of the check of the user's packages."""

MAX_COPIED = 200
"""Greatest number of files of JupyterLab's settings that are copied from a home in which it cannot write."""

PAGE = "/pangeo/start"
"""Path of the extension's page about the problems, below the server's own."""

SERVER_NAME = "JUPYTERHUB_SERVER_NAME"
"""Variable with the name of the server; empty for the usual one."""

LAB_SETTINGS, WORKSPACES = "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"
"""Variables with the folders of JupyterLab's settings and layouts; by default, they are in the home."""


@dataclass
class Preparation:
    """What a server is started with."""

    python: str
    home: Path
    run: Path
    """Folder of this start's temporary files."""
    environment: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    """Configuration of jupyter_server that overrides the user's."""
    ignores_user_packages: bool = False
    may_import_packages: bool = False
    """Whether the user may have packages that the server imports. Python runs parts of them before everything else."""

    def write_config(self) -> None:
        """Write the configuration, which also leads to the page about the problems if there are any."""
        config = {**self.config}
        if self.problems:
            config["ServerApp"] = {**config.get("ServerApp", {}), "default_url": PAGE}
        folder = self.run / "config"
        folder.mkdir(exist_ok=True)
        (folder / "jupyter_server_config.json").write_text(json.dumps(config), encoding="utf-8")


def prepare(python: str, run: Path, given: Mapping[str, str], code: Path) -> Preparation:
    """Look at the home, and return a server's start that avoids its problems.

    Args:
        python: the interpreter of the server's program.
        run: a new folder for temporary files.
        given: the container's environment.
        code: the folder of the code in users' servers.
    """
    folder = Path(given.get("HOME") or "/home/jovyan")
    prepared = Preparation(python, folder, run, dict(given))
    environment = prepared.environment
    environment[RUN_VARIABLE] = str(run)
    environment["JUPYTER_CONFIG_PATH"] = _join(run / "config", code / "config", given.get("JUPYTER_CONFIG_PATH"))
    environment["JUPYTER_PATH"] = _join(code, given.get("JUPYTER_PATH"))  # the extensions of JupyterLab are there
    environment["JUPYTER_RUNTIME_DIR"] = _folder(run / "runtime")
    _separate_workspaces(prepared)
    problem = home.check_home(folder)
    if problem:
        prepared.problems.append(problem)
        avoid_home(prepared, is_readable=problem.kind != "home-unreadable")
    if problem is None or problem.kind != "home-unreadable":
        with shell.check(environment) as shell_check:
            _attempt(lambda: _check_configuration(prepared, given))
            _attempt(lambda: _check_packages(prepared, given, code))
        if shell_check.is_broken:
            prepared.problems.append(shell.PROBLEM)
            prepared.config["ServerApp"] = {"terminado_settings": {"shell_command": shell_check.without_files}}
    return prepared


def _separate_workspaces(prepared: Preparation) -> None:
    """Let a further server have its own layout of JupyterLab: it has the home of the user's other servers."""
    name = prepared.environment.get(SERVER_NAME)
    if name:
        shared = prepared.environment.get(WORKSPACES) or str(_lab_state(prepared) / "workspaces")
        prepared.environment[WORKSPACES] = f"{shared}-{name}"


def _lab_state(prepared: Preparation) -> Path:
    return Path(prepared.environment.get("JUPYTER_CONFIG_DIR") or prepared.home / ".jupyter") / "lab"


def has_code(prepared: Preparation) -> bool:
    """Return whether the server reads Python code of the user's."""
    if prepared.may_import_packages and not prepared.ignores_user_packages:
        return True
    folder = Path(prepared.environment.get("JUPYTER_CONFIG_DIR") or prepared.home / ".jupyter")
    try:
        return any(name.endswith(".py") for name in os.listdir(folder))  # noqa: PTH208 - names
    except OSError:
        return False


def _attempt(check: Callable[[], None]) -> None:
    """Run a check of the home, whose failure must not prevent the others."""
    try:
        check()
    except Exception:  # the server must start
        traceback.print_exc()


def avoid_home(prepared: Preparation, *, is_readable: bool) -> None:
    """Let the server write its own files outside of the home."""
    environment, run = prepared.environment, prepared.run
    prepared.config["NotebookNotary"] = {"db_file": ":memory:", "secret_file": str(run / "notebook_secret")}
    prepared.config["LabApp"] = {"news_url": None}
    if not is_readable:
        environment["HOME"] = _folder(run / "home")
        os.chdir(environment["HOME"])
        return
    data = environment.get("JUPYTER_DATA_DIR") or str(prepared.home / ".local" / "share" / "jupyter")
    environment["JUPYTER_DATA_DIR"] = _folder(run / "own-data")
    environment["JUPYTER_PATH"] = _join(data, environment.get("JUPYTER_PATH"))
    state = _lab_state(prepared)
    if not state.parent.is_dir():
        environment["JUPYTER_CONFIG_DIR"] = _folder(run / "own-configuration")
    for variable, name in ((LAB_SETTINGS, "user-settings"), (WORKSPACES, "workspaces")):
        _copy(Path(environment.get(variable) or state / name), run / name)
        environment[variable] = str(run / name)
    profile, copy = prepared.home / ".ipython" / "profile_default", run / "ipython" / "profile_default"
    copy.mkdir(parents=True)
    environment["IPYTHONDIR"] = str(run / "ipython")
    for name in ("startup", "ipython_config.py", "ipython_kernel_config.py", "ipython_config.json"):
        if (profile / name).exists():
            os.symlink(profile / name, copy / name)  # noqa: PTH211 - Python 3.9


def restrict(prepared: Preparation, reason: str, detail: str) -> None:
    """Change the start to one without anything of the user's: configuration, packages and data of Jupyter."""
    environment, run = prepared.environment, prepared.run
    environment["JUPYTER_CONFIG_DIR"] = _folder(run / "no-configuration")
    environment["JUPYTER_DATA_DIR"] = _folder(run / "no-data")
    prepared.ignores_user_packages = True
    for variable, name in ((LAB_SETTINGS, "user-settings"), (WORKSPACES, "workspaces")):
        environment.setdefault(variable, str(prepared.home / ".jupyter" / "lab" / name))
    # Variables of the image, or of the files that its entry point reads.
    environment.pop("PYTHONHOME", None)
    paths = [each for each in environment.pop("PYTHONPATH", "").split(os.pathsep) if is_outside(each, prepared.home)]
    if paths:
        environment["PYTHONPATH"] = _join(*paths)
    prepared.problems.insert(
        0,
        Problem.of(
            "start-failed",
            f"The server {reason} with your own settings, so it was started without them. Its last message: {detail}",
            "Look for the cause in ~/.jupyter, ~/.local/share/jupyter and ~/.local/lib, and correct it or move it "
            "away, for example in a terminal: mv ~/.jupyter ~/.jupyter.old",
        ),
    )


def is_outside(folder: str, home: Path) -> bool:
    """Return whether a folder of Python's modules is not the home or in it. The present folder is the home."""
    path = Path(folder)
    return path.is_absolute() and home not in (path, *path.parents)


def _check_configuration(prepared: Preparation, given: Mapping[str, str]) -> None:
    folder = Path(given.get("JUPYTER_CONFIG_DIR") or prepared.home / ".jupyter")
    broken = configuration.find_broken(folder)
    if not broken:
        return
    target = prepared.run / "configuration"
    configuration.copy_without(folder, broken, target)
    prepared.environment["JUPYTER_CONFIG_DIR"] = str(target)
    prepared.problems += [configuration.describe(each, prepared.home) for each in broken]


def _check_packages(prepared: Preparation, given: Mapping[str, str], code: Path) -> None:
    found = _find_misfits(prepared.python, given, code)
    data = Path(given.get("JUPYTER_DATA_DIR") or prepared.home / ".local" / "share" / "jupyter")
    prepared.may_import_packages = found.get("imports", True)
    folder = found.get("folder", "")
    server, kernel = found.get("server", []), found.get("kernel", [])
    if server:
        prepared.ignores_user_packages = True
    if server or kernel:
        listed = ", ".join(dict.fromkeys([*server, *kernel]))
        names = " ".join(dict.fromkeys(each.split()[0] for each in (*server, *kernel)))
        notebooks = "; notebooks use the image's packages before yours" if kernel else ""
        prepared.problems.append(
            Problem.of(
                "packages",
                f"Packages that you installed in {folder} do not fit the server: {listed}. The server was started "
                f"without your packages{notebooks}.",
                f"Remove them, in a terminal: pip uninstall --yes {names}",
            )
        )
    broken = kernels.find_broken_kernels(data)
    names_broken = [name for name, _ in broken]
    replaced = False
    if kernel or kernels.NAME in names_broken:
        target = prepared.run / "data"
        own = found.get("own") if kernel else None
        prefix = Path(prepared.python).parent.parent
        replaced = kernels.write_own_kernel(prefix, target, own)
        if replaced:
            prepared.environment["JUPYTER_PATH"] = _join(target, prepared.environment.get("JUPYTER_PATH"))
    prepared.problems += [
        kernels.describe(data, prepared.home, name, reason, replaced=replaced and name == kernels.NAME)
        for name, reason in broken
    ]


def _find_misfits(python: str, given: Mapping[str, str], code: Path) -> dict[str, Any]:
    program = code / packages.__name__.replace(".", "/")
    try:
        done = subprocess.run(
            [python, "-I", f"{program}.py"],
            env=dict(given),
            capture_output=True,
            timeout=CHECK_SECONDS,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"pangeo: the user's packages were not checked: {error}", file=sys.stderr)
        return {}


def _copy(source: Path, target: Path) -> None:
    """Copy a folder of settings without its links, and what else does not belong there."""
    target.mkdir(parents=True, exist_ok=True)
    number = 0
    for folder, _, names in os.walk(source):
        for name in names:
            path = Path(folder, name)
            if number == MAX_COPIED:
                return
            if path.is_symlink():
                continue
            try:
                content = read_small_file(path)
            except (OSError, ValueError):
                continue
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
            number += 1


def _join(*paths: str | Path | None) -> str:
    return os.pathsep.join(str(path) for path in paths if path)


def _folder(path: Path) -> str:
    path.mkdir(parents=True, exist_ok=True)
    return str(path)
