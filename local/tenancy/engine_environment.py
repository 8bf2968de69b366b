"""Environment variables of the Pulumi engine, for the local tenancy and for tests."""

import os
import secrets
import sys
from pathlib import Path

from local.paths import PROJECT, State
from local.stand_ins.plugins.choose import (
    Places,
    Plugin,
    sdk_versions,
    select_plugins,
    without_launchers,
    write_launchers,
)
from local.tenancy.credentials import password

OPERATOR = "pangeo-operator"
"""The directory account that the stack binds as; it has FreeIPA's privilege Group Administrators."""


def engine_variables(folder: Path, *tools: Path) -> dict[str, str]:
    """Variables for an engine that downloads nothing and runs Python plugins with this interpreter.

    It uses the official plugins of this machine, and stand-ins only for the missing ones.

    Args:
        folder: gets Pulumi's home and the launchers of stand-ins.
        tools: folders put before this process's PATH, the first of which has the Pulumi CLI.
    """
    places = _places(folder, tools)
    launchers = write_launchers(folder / "path", select_plugins(places, sdk_versions()), Path(sys.executable))
    return {
        "PATH": os.pathsep.join([str(launchers), places.path]),
        "PULUMI_HOME": str(places.home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": str(PROJECT),
    }


def used_plugins(*tools: Path) -> list[Plugin]:
    """Return the plugins that an engine on this machine uses, for the terminal.

    Args:
        tools: folders put before this process's PATH, as for ``engine_variables``.
    """
    return select_plugins(Places(_search_path(tools), operators_home()), sdk_versions())


def uses_stand_in(folder: Path, program: str = "pulumi-resource-kubernetes") -> bool:
    """Return whether the engine with ``engine_variables(folder)`` uses the stand-in for a plugin's program."""
    return (folder / "path" / program).exists()


def engine_environment(state: State) -> dict[str, str]:
    """Return the environment of the engine, its plugins and the program of the stack ``local``.

    The bind password is passed here, so that no state contains it.
    """
    return {
        **engine_variables(state.engine, state.bin),
        "KUBECONFIG": str(state.kubeconfig),
        "FREEIPA_BIND_PASSWORD": password(state, "directory", OPERATOR),
        "PULUMI_BACKEND_URL": f"file://{_ensure_folder(state.engine / 'backend')}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(state)),
    }


def operators_home() -> Path:
    """Return the Pulumi home of the operator, into which ``pulumi plugin install`` puts plugins."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def link_installed_plugins(home: Path) -> Path:
    """Give a Pulumi home the plugins that are installed on this machine; return the home.

    Plugins that were installed into the home itself stay. A link to plugins that no longer exist is removed.
    """
    plugins = _ensure_folder(home) / "plugins"
    installed = operators_home() / "plugins"
    if plugins.exists() and not plugins.is_symlink():
        return home
    is_own = installed.absolute() == plugins.absolute()  # PULUMI_HOME is this home
    if installed.is_dir() and not is_own:
        link(plugins, installed.resolve())
    elif not is_own or not plugins.exists():
        plugins.unlink(missing_ok=True)
    return home


def _places(folder: Path, tools: tuple[Path, ...]) -> Places:
    return Places(_search_path(tools), link_installed_plugins(folder / "home"))


def _search_path(tools: tuple[Path, ...]) -> str:
    return os.pathsep.join([*map(str, tools), without_launchers(os.environ["PATH"])])


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
