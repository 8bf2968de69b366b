"""Random valid tenancies for the fuzzer."""

import copy
import json
import random
from collections.abc import Mapping
from typing import Any

from components.config.tenancy import Tenancy
from policies.pack import read_tenancy
from policies.rule import InvalidConfiguration
from tests.support.spellings import COMPANIONS, SPELLINGS
from tests.support.tenancies import ABSENT, settings

STACK = "vis"

RELATED = (
    *("sharedFolders.", "objectStore.", "network.", "registries.", "workers.pools.", "dask.workerGpus."),
    *("notebook.environment", "notebook.groupEnvironment", "notebook.profiles.", "sizes."),
)
"""Beginnings of the keys of data, choices and nodes. Each tenancy has several, so that they meet each other."""

UNUSED = ("protect", "storage.className")
"""Keys with another value than every random tenancy has."""


def random_tenancy(source: random.Random) -> Tenancy:
    """Return a valid tenancy with several keys in random accepted spellings."""
    tree = settings(storage={"create": {"provisioner": "cinder.csi.openstack.org"}})
    tenancy = _read(tree)
    assert tenancy
    for key in _random_keys(source):
        changed = with_value(tree, key, source.choice(SPELLINGS[key]), source)
        valid = _read(changed)
        tree, tenancy = (changed, valid) if valid else (tree, tenancy)
    return tenancy


def _random_keys(source: random.Random) -> list[str]:
    keys = [key for key in SPELLINGS if key not in UNUSED]
    found = source.sample(keys, source.randint(0, 10))
    for start in source.sample(RELATED, source.randint(0, 4)):
        own = [key for key in keys if key.startswith(start)]
        found += source.sample(own, min(len(own), source.randint(1, 4)))
    return found


def with_value(tree: Mapping[str, Any], key: str, value: object, source: random.Random) -> dict[str, Any]:
    """Return a copy of the settings with a value at a key, and what the key needs besides.

    A key of an entry of a list is set in one of the entries, or in a further one.
    """
    result = copy.deepcopy(dict(tree))
    *parents, last = key.split(".")
    needed = _needed(key)
    inner: Any = result
    for parent in parents:
        needed = needed.get(parent, {}) if isinstance(needed, Mapping) else {}
        entries = isinstance(needed, list)
        if not isinstance(inner.get(parent), list if entries else dict):
            inner[parent] = copy.deepcopy(needed)
        inner = inner[parent]
        if entries:
            if not inner or source.random() < 0.4:
                inner.append(_renamed(needed[0], len(inner)))
            inner, needed = source.choice(inner), needed[0]
    inner[last] = value
    _remove_absent(result, _needed(key))
    return result


def _remove_absent(tree: dict[str, Any], needed: Mapping[str, Any]) -> None:
    for name, each in needed.items():
        if each is ABSENT:
            tree.pop(name, None)
        elif isinstance(each, dict) and isinstance(tree.get(name), dict):
            _remove_absent(tree[name], each)


def _needed(key: str) -> dict[str, Any]:
    """Return the settings that a key needs; the companion of the longest path contains those of shorter ones."""
    paths = sorted((path for path in COMPANIONS if f"{key}.".startswith(f"{path}.")), key=len)
    return _as_tree(COMPANIONS[paths[-1]]) if paths else {}


def _as_tree(changes: Mapping[str, object]) -> dict[str, Any]:
    """Return changes such as ``identity__realm`` as a tree of settings."""
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = tree
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return tree


def _renamed(entry: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return a further entry of a list, with names of its own where two entries must not share one."""
    own = {key: f"{entry[key]}-{number}" for key in ("name", "claim", "group") if key in entry}
    return {**copy.deepcopy(dict(entry)), **own}


def _read(tree: Mapping[str, Any]) -> Tenancy | None:
    config = {f"pangeo:{key}": each if isinstance(each, str) else json.dumps(each) for key, each in tree.items()}
    try:
        tenancy = read_tenancy(STACK, tuple(config.items()))
    except InvalidConfiguration:
        return None
    return tenancy if _profiles_fit(tenancy) else None


def _profiles_fit(tenancy: Tenancy) -> bool:
    """Return whether a node has room for each size of the profiles, users and groups: a rule refuses others."""
    nodes = tenancy.nodes
    sizes = [size[1:] for profile in tenancy.notebook.profiles for size in profile.own_sizes(0, 0)]
    sizes += [
        (size.cpus or 0, size.ram_gb or 0)
        for entries in (tenancy.sizes.groups, tenancy.sizes.users)
        for size in entries.values()
    ]
    return nodes is None or all(
        any(cpus <= kind.cpus and ram_gb <= kind.ram_gb for kind in nodes.kinds) for cpus, ram_gb in sizes
    )
