"""Start a stand-in plugin: ``python start.py (kubernetes|random) VERSION [ENGINE ADDRESS]``."""

import sys
from importlib.machinery import PathFinder
from types import ModuleType

# Python puts the folder of this script first on the module path; the project's folder belongs there instead.
sys.path[0] = __file__.rsplit("/", 4)[0]


def import_only_protocol() -> None:
    """Make the SDK's generated protocol modules importable without the rest of the SDK.

    ``import pulumi.runtime.proto`` runs ``pulumi/__init__``, which takes 0.2 s in every engine run, for each plugin.
    Empty packages take the place of the parent packages, so the rest of the SDK cannot be used in this process.
    """
    location: list[str] | None = None
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        spec = PathFinder.find_spec(name, location)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(f"{name} is not installed for {sys.executable}; run make up")
        location = list(spec.submodule_search_locations)
        package = ModuleType(name)
        package.__path__ = location
        sys.modules[name] = package


if __name__ == "__main__":
    import_only_protocol()
    from local.stand_ins.plugins.server import Plugin, serve

    name, version, *rest = sys.argv[1:]
    engine_address = rest[0] if rest else None
    plugin: Plugin
    if name == "kubernetes":
        from local.stand_ins.plugins.kubernetes.plugin import KubernetesPlugin

        plugin = KubernetesPlugin(version, engine_address)
    elif name == "random":
        from local.stand_ins.plugins.random_plugin import RandomPlugin

        plugin = RandomPlugin(version, engine_address)
    else:
        sys.exit(f"{name} must be kubernetes or random")
    serve(plugin)
