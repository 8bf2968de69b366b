"""Starts a stand-in plugin: ``python start.py (kubernetes|random) VERSION [ENGINE ADDRESS]``."""

import sys

# Run as a script, the first search place is this folder, whose packages have the names of others (random!).
sys.path[0] = __file__.rsplit("/", 4)[0]

from local.stand_ins.plugins.lean import only_protocol  # noqa: E402

only_protocol()

from local.stand_ins.plugins.server import Engine, serve  # noqa: E402

if __name__ == "__main__":
    name, version, *rest = sys.argv[1:]
    engine = Engine(rest[0] if rest else None)
    if name == "kubernetes":
        from local.stand_ins.plugins.kubernetes.servicer import KubernetesPlugin

        serve(KubernetesPlugin(version, engine))
    elif name == "random":
        from local.stand_ins.plugins.random.servicer import RandomPlugin

        serve(RandomPlugin(version, engine))
    else:
        sys.exit(f"there is no stand-in for {name}; there are: kubernetes, random")
