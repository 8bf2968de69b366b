"""Select the plugins that a machine lacks, and write launchers of stand-ins for them into a folder for PATH.

The engine prefers a plugin on PATH to an installed one, with a warning. A stand-in must therefore be on PATH only if
the official plugin of the SDK's version is not installed. The selection is made at every launch and never stored.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote

START = Path(__file__).resolve().parent / "start.py"
PACK = START.with_name("policy_pack.py")

LANGUAGE_HOST = "pulumi-language-python"
"""Part of the official CLI, which also contains the dynamic provider's launcher and starts policy packs itself."""


@dataclass(frozen=True)
class StandIn:
    """A program that the engine looks for, and the arguments with which Python runs the stand-in for it.

    ``sdk`` is the Python distribution in whose version the engine requests the plugin; None if any version will do.
    ``{version}`` in ``arguments`` is replaced by that version.
    """

    program: str
    arguments: tuple[str, ...]
    sdk: str | None = None

    def installed_at(self, home: Path, sdk_version: str) -> Path:
        """Return the path at which ``pulumi plugin install`` puts the official plugin of ``sdk_version``."""
        name = self.program.removeprefix("pulumi-resource-")
        return home / "plugins" / f"resource-{name}-v{sdk_version}" / self.program


STAND_INS = (
    StandIn("pulumi-resource-kubernetes", (str(START), "kubernetes", "{version}"), sdk="pulumi-kubernetes"),
    StandIn("pulumi-resource-random", (str(START), "random", "{version}"), sdk="pulumi-random"),
    StandIn("pulumi-resource-pulumi-python", ("-u", "-m", "pulumi.dynamic")),
    StandIn("pulumi-analyzer-policy-python", ("-u", str(PACK))),
)


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


def find_missing(home: Path, versions: Mapping[str, str], on_path: Callable[[str], bool]) -> list[StandIn]:
    """Return the stand-ins for the plugins that are neither installed nor on PATH.

    Args:
        home: Pulumi's home folder, with the installed plugins.
        versions: versions of the SDKs; an SDK that is not among them requests no plugin.
        on_path: whether a program is on PATH.
    """
    missing = []
    for stand_in in STAND_INS:
        if on_path(stand_in.program):
            continue
        if stand_in.sdk is None:
            if not on_path(LANGUAGE_HOST):
                missing.append(stand_in)
        elif stand_in.sdk in versions and not stand_in.installed_at(home, versions[stand_in.sdk]).is_file():
            missing.append(stand_in)
    return missing


def write_launchers(folder: Path, stand_ins: Sequence[StandIn], versions: Mapping[str, str], python: Path) -> Path:
    """Write a launcher for each of ``stand_ins`` into ``folder`` and remove all other files. Returns the folder.

    A launcher is replaced in one step, so an engine that runs at the same time never sees an incomplete one.

    Args:
        folder: created if necessary.
        stand_ins: the stand-ins that the launchers start.
        versions: versions of the SDKs.
        python: the interpreter for which the SDKs are installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    programs = {each.program for each in stand_ins}
    for file in folder.iterdir():
        if file.name not in programs:
            file.unlink()
    for stand_in in stand_ins:
        words = [word.format(version=versions.get(stand_in.sdk or "", "")) for word in stand_in.arguments]
        partial = folder / f".{stand_in.program}.partial"
        command = " ".join(quote(word) for word in [str(python), *words])
        partial.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        partial.chmod(0o755)
        partial.replace(folder / stand_in.program)
    return folder


def prepare_launchers(folder: Path, home: Path, python: Path, path: str) -> Path:
    """Write the launchers that this machine needs into ``folder``, for an engine with ``folder`` before ``path``."""
    others = ":".join(entry for entry in path.split(":") if entry and Path(entry) != folder)
    versions = sdk_versions()
    missing = find_missing(home, versions, lambda program: shutil.which(program, path=others) is not None)
    return write_launchers(folder, missing, versions, python)
