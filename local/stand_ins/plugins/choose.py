"""Select the plugins that an engine will use: the official ones of this machine, and stand-ins for the missing ones.

The engine takes a plugin from PATH, then from beside its own program (the official CLI's), then from Pulumi's home. A
stand-in can only be on PATH, so it is put there only if the official plugin is in none of the three places. The
selection is made at every launch and never stored; launchers of an earlier one do not count as official.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

START = Path(__file__).resolve().parent / "start.py"
PACK = START.with_name("policy_pack.py")

LAUNCHER = "# Launcher of a stand-in for an official Pulumi plugin."
"""The second line of each launcher, by which it is recognised."""

CLI = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
"""Part of the official CLI. It also starts policy packs, so that the engine looks for no other program for them."""


@dataclass(frozen=True)
class StandIn:
    """A program that the engine looks for, and the arguments with which Python runs the stand-in for it.

    ``{version}`` in ``arguments`` is replaced by the version of ``sdk``.
    """

    program: str
    arguments: tuple[str, ...]
    sdk: str | None = None
    """The Python distribution in whose version the engine requests the plugin; None if any version will do."""
    instead: str | None = None
    """An official program that makes this one unnecessary."""

    @property
    def name(self) -> str:
        """The plugin's name for messages, such as ``kubernetes``."""
        return self.program.removeprefix("pulumi-resource-").removeprefix("pulumi-analyzer-")


STAND_INS = (
    StandIn("pulumi-resource-kubernetes", (str(START), "kubernetes", "{version}"), sdk="pulumi-kubernetes"),
    StandIn("pulumi-resource-random", (str(START), "random", "{version}"), sdk="pulumi-random"),
    StandIn("pulumi-resource-pulumi-python", ("-u", "-m", "pulumi.dynamic")),
    StandIn("pulumi-analyzer-policy-python", ("-u", str(PACK)), instead=LANGUAGE_HOST),
)
"""The stand-ins that every engine may need."""

LANGUAGE = StandIn(LANGUAGE_HOST, ("-u", "-m", "local.stand_ins.plugins.language.host"))
"""The stand-in that only the command line ``pulumi`` needs: the Automation API's caller runs the program itself.

Python must find this project's modules, through ``PYTHONPATH``.
"""


@dataclass(frozen=True)
class Plugin:
    """A plugin that an engine will use."""

    stand_in: StandIn
    version: str
    """The requested version; empty if any version will do."""
    official: Path | None
    """The program of the official plugin; None if the stand-in is used."""

    def __str__(self) -> str:
        source = "stand-in" if self.official is None else f"official, {self.official}"
        return " ".join(filter(None, ("plugin:", self.stand_in.name, self.version, f"({source})")))


@dataclass(frozen=True)
class Places:
    """Where an engine finds official plugins."""

    path: str
    """The engine's PATH, without launchers of stand-ins."""
    home: Path
    """Pulumi's home."""

    def find(self, program: str, plugin_version: str = "") -> Path | None:
        """Return the path of a program in the order of the engine, or None.

        Args:
            program: its file name.
            plugin_version: the version of an installed plugin; empty for a program that is not installed as a plugin.
        """
        on_path = shutil.which(program, path=self.path)
        if on_path:
            return Path(on_path)
        cli = shutil.which(CLI, path=self.path)
        beside = [Path(cli).resolve().with_name(program)] if cli else []
        name = program.removeprefix("pulumi-resource-")
        folder = self.home / "plugins" / f"resource-{name}-v{plugin_version}"
        # The engine marks an installation that has not ended with a file beside the folder.
        is_installed = plugin_version and not folder.with_name(f"{folder.name}.partial").exists()
        installed = [folder / program] if is_installed else []
        return next((each for each in [*beside, *installed] if each.is_file() and os.access(each, os.X_OK)), None)


def sdk_versions() -> dict[str, str]:
    """Return the versions of the installed SDKs that request a plugin of their own version."""
    found = {}
    for stand_in in STAND_INS:
        if stand_in.sdk:
            try:
                found[stand_in.sdk] = version(stand_in.sdk)
            except PackageNotFoundError:
                continue
    return found


def select_plugins(places: Places, versions: Mapping[str, str]) -> list[Plugin]:
    """Return every plugin that this project's programs can request.

    Args:
        places: where official plugins may be.
        versions: versions of the SDKs; an SDK that is not among them requests no plugin.
    """
    plugins = []
    for stand_in in STAND_INS:
        if stand_in.sdk is None or stand_in.sdk in versions:
            requested = versions.get(stand_in.sdk or "", "")
            instead = places.find(stand_in.instead) if stand_in.instead else None
            plugins.append(Plugin(stand_in, requested, instead or places.find(stand_in.program, requested)))
    return plugins


def select_language_host(places: Places) -> Plugin:
    """Return the language host that the command line ``pulumi`` will use.

    Args:
        places: where an official one may be.
    """
    return Plugin(LANGUAGE, "", places.find(LANGUAGE_HOST))


def write_launchers(folder: Path, plugins: Sequence[Plugin], python: Path) -> Path:
    """Write a launcher for each stand-in of ``plugins`` into ``folder`` and remove all other files. Returns the folder.

    A launcher is replaced in one step, so an engine that runs at the same time never sees an incomplete one.

    Args:
        folder: created if necessary.
        plugins: the selected plugins.
        python: the interpreter for which the SDKs are installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [each for each in plugins if each.official is None]
    programs = {each.stand_in.program for each in missing}
    for file in folder.iterdir():
        if file.name not in programs:
            file.unlink(missing_ok=True)
    # In a folder of its own: other commands may do the same at this moment.
    with TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as written:
        for plugin in missing:
            program = plugin.stand_in.program
            words = [word.format(version=plugin.version) for word in plugin.stand_in.arguments]
            command = " ".join(quote(word) for word in [str(python), *words])
            launcher = Path(written) / program
            launcher.write_text(f'#!/bin/sh\n{LAUNCHER}\nexec {command} "$@"\n')
            launcher.chmod(0o755)
            launcher.replace(folder / program)
    return folder


def without_launchers(path: str) -> str:
    """Return a PATH without the folders of launchers, which would hide official plugins that were installed since."""
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if entry and not _has_launcher(Path(entry)))


def _has_launcher(folder: Path) -> bool:
    return any(_is_launcher(folder / stand_in.program) for stand_in in (*STAND_INS, LANGUAGE))


def _is_launcher(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return content.read(len(LAUNCHER) + len("#!/bin/sh\n")).endswith(LAUNCHER.encode())
    except OSError:
        return False
