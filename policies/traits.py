"""``python -m policies.traits [--check]``: the settings that the hub's classes have, kept in ``traits.json``.

The command runs where the hub's own packages are installed, in the versions of ``local/images``. The rules read only
what it wrote; the tests hold that against the packages.
"""

import argparse
import difflib
import functools
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("traits.json")
PACKAGES = ("jupyterhub", "jupyterhub-kubespawner", "jupyterhub-ldapauthenticator")


def of_class(name: str) -> frozenset[str] | None:
    """The settings of one of the hub's classes, inherited ones too; None for what is none of them."""
    found = _kept()["classes"].get(name)
    return None if found is None else frozenset(found)


def classes() -> list[str]:
    """The hub's classes that take settings."""
    return list(_kept()["classes"])


def packages() -> dict[str, str]:
    """The versions that the kept settings are of."""
    return {name: str(found) for name, found in _kept()["packages"].items()}


def hint(name: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` where something is near."""
    spelt = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), list(spelt), n=1)
    return f"; did you mean {spelt[near[0]]}?" if near else ""


def snake_case(name: str) -> str:
    """``allowedGroups`` as traits are spelt: ``allowed_groups``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def installed() -> dict[str, Any]:
    """What the installed packages have, as it is kept.

    Raises:
        ImportError: the hub's packages are not installed here.
    """
    from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]
    from jupyterhub.auth import Authenticator  # type: ignore[import-not-found,unused-ignore]
    from jupyterhub.crypto import CryptKeeper  # type: ignore[import-not-found,unused-ignore]
    from jupyterhub.proxy import ConfigurableHTTPProxy  # type: ignore[import-not-found,unused-ignore]
    from jupyterhub.spawner import Spawner  # type: ignore[import-not-found,unused-ignore]
    from kubespawner import KubeSpawner  # type: ignore[import-not-found,unused-ignore]
    from ldapauthenticator import LDAPAuthenticator  # type: ignore[import-not-found,unused-ignore]

    from components.in_hub.authenticator import FreeIpaAuthenticator

    of_the_hub = (
        JupyterHub,
        ConfigurableHTTPProxy,
        CryptKeeper,
        Authenticator,
        LDAPAuthenticator,
        FreeIpaAuthenticator,
        Spawner,
        KubeSpawner,
    )
    return {
        "packages": {name: version(name) for name in PACKAGES},
        "classes": {each.__name__: sorted(each.class_trait_names(config=True)) for each in of_the_hub},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code, 1 where ``--check`` finds the file out of date."""
    parser = argparse.ArgumentParser(prog="python -m policies.traits", description="Write down the hub's settings.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")
    only_check = parser.parse_args(arguments).check
    try:
        text = json.dumps(installed(), indent=1) + "\n"
    except ImportError as missing:
        print(f"{missing}: run it with an interpreter that has the packages of local/images/base.txt and hub.txt")
        return 1
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
        return 0
    if not only_check:
        FILE.write_text(text, encoding="utf-8")
    print(f"{FILE.name}: {'is out of date; run python -m policies.traits' if only_check else 'written'}")
    return 1 if only_check else 0


@functools.cache
def _kept() -> Mapping[str, Mapping[str, Any]]:
    kept: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


if __name__ == "__main__":
    sys.exit(main())
