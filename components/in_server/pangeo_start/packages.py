"""The user's own packages that replace those of the server with others that do not fit.

Run as a program by the server's own interpreter, without the user's packages: prints the result in JSON.
"""

from __future__ import annotations

import json
import os
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any

SERVER = ("jupyterhub", "jupyterlab", "jupyter-server", "notebook")
"""Packages of the server; with those that they require, they must fit together."""

KERNEL = ("ipykernel",)


def main() -> None:
    """Print which of the user's packages break the server, and which break its notebooks, and whether it has any."""
    folder = site.getusersitepackages()
    own = sysconfig.get_paths()["purelib"]
    result: dict[str, Any] = {"folder": folder, "server": [], "kernel": [], "own": own, "imports": False}
    if user_site_is_on() and os.path.isdir(folder):  # noqa: PTH112 - a name
        result["imports"] = bool(os.listdir(folder))  # noqa: PTH208 - names
        users = index(metadata.distributions(path=[folder]))
        images = index(metadata.distributions())
        result["server"] = list(find_misfits(SERVER, images, users))
        result["kernel"] = list(find_misfits(KERNEL, images, users))
    print(json.dumps(result))


def user_site_is_on() -> bool:
    """Return whether this interpreter imports the user's packages if it is started without options."""
    if os.environ.get("PYTHONNOUSERSITE"):
        return False
    if sys.prefix == sys.base_prefix:
        return True
    try:
        with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - names
            return re.search(r"(?im)^include-system-site-packages\s*=\s*true\s*$", file.read()) is not None
    except OSError:
        return True


def index(distributions: Iterable[metadata.Distribution]) -> dict[str, metadata.Distribution]:
    """Return packages by their normalised names; the first of a name is the one that Python imports."""
    found: dict[str, metadata.Distribution] = {}
    for each in distributions:
        try:
            name = each.metadata["Name"]
        except Exception:  # noqa: S112 - a damaged package
            continue
        if name:
            found.setdefault(normalise(name), each)
    return found


def normalise(name: str) -> str:
    """Return a package's name in the spelling that all its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def find_misfits(
    roots: Iterable[str], own: dict[str, metadata.Distribution], users: dict[str, metadata.Distribution]
) -> Iterator[str]:
    """Yield the user's packages, with their versions, in place of the image's that others of ``roots`` cannot use."""
    needed, wanted = closure(roots, own)
    for name in sorted(needed & set(users)):
        found, version = users[name], own[name].version if name in own else None
        if found.version == version:
            continue
        if name in roots or not all(fits(requirement, found.version) for requirement in wanted.get(name, ())):
            yield f"{name} {found.version}" + (f" (the image has {version})" if version else "")


def closure(roots: Iterable[str], own: dict[str, metadata.Distribution]) -> tuple[set[str], dict[str, list[str]]]:
    """Return the packages that some packages need, and the requirements of each."""
    needed: set[str] = set()
    wanted: dict[str, list[str]] = {}
    rest = [each for each in roots if each in own]
    while rest:
        name = rest.pop()
        if name in needed:
            continue
        needed.add(name)
        for text in own[name].requires or () if name in own else ():
            if "extra ==" in text or "extra==" in text:
                continue
            other = normalise(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0])
            wanted.setdefault(other, []).append(text)
            if other in own:
                rest.append(other)
    return needed, wanted


def fits(requirement: str, version: str) -> bool:
    """Return whether a version fulfils a requirement; false if that cannot be found out."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return False
    try:
        parsed = Requirement(requirement)
        applies = parsed.marker is None or parsed.marker.evaluate({"extra": ""})
        return not applies or parsed.specifier.contains(version, prereleases=True)
    except Exception:
        return False


if __name__ == "__main__":
    main()
