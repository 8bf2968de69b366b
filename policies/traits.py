"""``python -m policies.traits [--check]``: write the settings of the hub's classes to ``traits.json``.

The command needs an interpreter with the hub's packages, in the versions of ``local/images``. The rules read only
``traits.json``; a test compares it with the packages.
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


def trait_names(class_name: str) -> frozenset[str] | None:
    """Return the settings of one of the hub's classes, with inherited ones; None for another class."""
    names = _read_stored()["classes"].get(class_name)
    return None if names is None else frozenset(names)


def class_names() -> list[str]:
    """Return the hub's classes that have settings."""
    return list(_read_stored()["classes"])


def package_versions() -> dict[str, str]:
    """Return the package versions that the stored settings belong to."""
    return {name: str(stored) for name, stored in _read_stored()["packages"].items()}


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` with the most similar known name; an empty string where none is similar."""
    by_lower_case = {each.lower(): each for each in known}
    nearest = difflib.get_close_matches(name.lower(), list(by_lower_case), n=1)
    return f"; did you mean {by_lower_case[nearest[0]]}?" if nearest else ""


def to_snake_case(name: str) -> str:
    """Return a name as traits are written: ``allowedGroups`` becomes ``allowed_groups``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def read_installed() -> dict[str, Any]:
    """Return the settings of the installed packages' classes, in the form of ``traits.json``.

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
    from components.in_hub.usage_recorder import UsageRecorder

    classes = (
        JupyterHub,
        ConfigurableHTTPProxy,
        CryptKeeper,
        Authenticator,
        LDAPAuthenticator,
        FreeIpaAuthenticator,
        Spawner,
        KubeSpawner,
        UsageRecorder,
    )
    return {
        "packages": {name: version(name) for name in PACKAGES},
        "classes": {each.__name__: sorted(each.class_trait_names(config=True)) for each in classes},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code, 1 if ``--check`` finds the file out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m policies.traits", description="Write the settings of the hub's classes to policies/traits.json."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file is out of date")
    only_check = parser.parse_args(arguments).check
    try:
        text = json.dumps(read_installed(), indent=1) + "\n"
    except ImportError as error:
        print(f"{error}; run it with an interpreter that has the packages of local/images/base.txt and hub.txt")
        return 1
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
        return 0
    if not only_check:
        FILE.write_text(text, encoding="utf-8")
    print(f"{FILE.name}: {'is out of date; run python -m policies.traits' if only_check else 'written'}")
    return 1 if only_check else 0


@functools.cache
def _read_stored() -> Mapping[str, Mapping[str, Any]]:
    stored: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


if __name__ == "__main__":
    sys.exit(main())
