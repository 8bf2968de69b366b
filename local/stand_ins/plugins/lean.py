"""Imports of the engine's protocol without the rest of the pulumi package.

``import pulumi.runtime.proto`` runs ``pulumi/__init__``, which takes 0.2 s; a plugin starts in every engine run and
needs five generated modules. The packages above those modules are therefore put in place empty.
"""

import sys
from importlib.machinery import PathFinder
from types import ModuleType


def only_protocol() -> None:
    """Make the generated protocol modules importable alone. pulumi itself is then unusable in this process."""
    place: list[str] | None = None
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        spec = PathFinder.find_spec(name, place)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(f"{name} is not installed beside {sys.executable}; run make up")
        place = list(spec.submodule_search_locations)
        package = ModuleType(name)
        package.__path__ = place
        sys.modules[name] = package
