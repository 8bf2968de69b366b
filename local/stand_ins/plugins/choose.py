"""Which plugins a machine lacks, and a folder of stand-ins for just those, to be put at the front of PATH.

The engine prefers a plugin on PATH to an installed one, with a warning, so a stand-in may be there only where the
official plugin of the SDK's version is not installed. Nothing of the choice is remembered: it is made at every launch.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote

START = Path(__file__).resolve().parent / "start.py"
PACK = START.with_name("policy_pack.py")


@dataclass(frozen=True)
class StandIn:
    """A program the engine looks for under ``program``, and how the stand-in for it is run.

    ``sdk`` is the Python distribution whose version the engine asks for; None where the engine takes any.
    ``arguments`` follow the Python interpreter; ``{version}`` is the SDK's.
    """

    program: str
    arguments: tuple[str, ...]
    sdk: str | None = None

    def installed_at(self, home: Path, sdk_version: str) -> Path:
        """Where the official plugin of ``sdk_version`` is once ``pulumi plugin install`` put it there."""
        name = self.program.removeprefix("pulumi-resource-")
        return home / "plugins" / f"resource-{name}-v{sdk_version}" / self.program


STAND_INS = (
    StandIn("pulumi-resource-kubernetes", (str(START), "kubernetes", "{version}"), sdk="pulumi-kubernetes"),
    StandIn("pulumi-resource-random", (str(START), "random", "{version}"), sdk="pulumi-random"),
    StandIn("pulumi-resource-pulumi-python", ("-u", "-m", "pulumi.dynamic")),
    StandIn("pulumi-analyzer-policy-python", ("-u", str(PACK))),
)

LANGUAGE_HOST = "pulumi-language-python"
"""Comes with the official CLI, which also brings the dynamic provider's launcher and starts policy packs itself."""


def sdk_versions() -> dict[str, str]:
    """The installed versions of the SDKs that ask for a plugin of their own version."""
    found = {}
    for stand_in in STAND_INS:
        if stand_in.sdk:
            try:
                found[stand_in.sdk] = version(stand_in.sdk)
            except PackageNotFoundError:
                continue
    return found


def needed(home: Path, versions: Mapping[str, str], on_path: Callable[[str], bool]) -> list[StandIn]:
    """The stand-ins for what is neither installed under Pulumi's ``home`` in the SDK's version nor on PATH.

    An SDK that is not among ``versions`` asks for no plugin.
    """
    lacking = []
    for stand_in in STAND_INS:
        if on_path(stand_in.program):
            continue
        if stand_in.sdk is None:
            if not on_path(LANGUAGE_HOST):
                lacking.append(stand_in)
        elif stand_in.sdk in versions and not stand_in.installed_at(home, versions[stand_in.sdk]).is_file():
            lacking.append(stand_in)
    return lacking


def fill(folder: Path, stand_ins: Sequence[StandIn], versions: Mapping[str, str], python: Path) -> Path:
    """Make ``folder`` hold a launcher for each of ``stand_ins`` and nothing else. Returns the folder.

    ``python`` is the interpreter that has the SDKs. Launchers are whole or not there, also for an engine that runs
    at the same time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {each.program for each in stand_ins}
    for old in folder.iterdir():
        if old.name not in wanted:
            old.unlink()
    for stand_in in stand_ins:
        words = [word.format(version=versions.get(stand_in.sdk or "", "")) for word in stand_in.arguments]
        partial = folder / f".{stand_in.program}.partial"
        command = " ".join(quote(word) for word in [str(python), *words])
        partial.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        partial.chmod(0o755)
        partial.replace(folder / stand_in.program)
    return folder


def prepared(folder: Path, home: Path, python: Path, path: str) -> Path:
    """Fill ``folder`` with the launchers this machine needs, for an engine that will run with ``path`` behind it."""
    others = ":".join(entry for entry in path.split(":") if entry and Path(entry) != folder)
    versions = sdk_versions()
    lacking = needed(home, versions, lambda program: shutil.which(program, path=others) is not None)
    return fill(folder, lacking, versions, python)
