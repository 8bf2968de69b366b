"""Environment variables of the Pulumi engine, for the local tenancy and for tests."""

import os
import secrets
import sys
from pathlib import Path

from local.paths import PROJECT, State
from local.stand_ins.plugins.choose import prepare_launchers
from local.tenancy.credentials import password

OPERATOR = "pangeo-operator"
"""The directory account that the stack binds as; it has FreeIPA's privilege Group Administrators."""


def engine_variables(home: Path, *first_on_path: Path) -> dict[str, str]:
    """Variables for an engine that downloads nothing and runs Python plugins with this interpreter.

    Args:
        home: the folder with Pulumi's installed plugins.
        first_on_path: folders put before this process's PATH: launchers of stand-ins, then tools.
    """
    return {
        "PATH": os.pathsep.join([*map(str, first_on_path), os.environ["PATH"]]),
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": str(PROJECT),
    }


def engine_environment(state: State) -> dict[str, str]:
    """Return the environment of the engine, its plugins and the program of the stack ``local``.

    The bind password is passed here, so that no state contains it.
    """
    home = _home(state)
    launchers = prepare_launchers(state.engine / "path", home, Path(sys.executable), os.environ["PATH"])
    return {
        **engine_variables(home, launchers, state.bin),
        "KUBECONFIG": str(state.kubeconfig),
        "FREEIPA_BIND_PASSWORD": password(state, "directory", OPERATOR),
        "PULUMI_BACKEND_URL": f"file://{_ensure_folder(state.engine / 'backend')}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(state)),
    }


def _home(state: State) -> Path:
    """Pulumi's home in the state folder, with a link to the plugins installed on this machine."""
    home = _ensure_folder(state.engine / "home")
    installed = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins"
    if installed.is_dir() and installed != home / "plugins":
        link(home / "plugins", installed)
    return home


def _passphrase(state: State) -> Path:
    file = _ensure_folder(state.engine) / "passphrase"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file


def _ensure_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def link(at: Path, to: Path) -> None:
    """Make ``at`` a symbolic link to ``to``."""
    if at.is_symlink() and at.readlink() == to:
        return
    at.unlink(missing_ok=True)
    at.symlink_to(to)
