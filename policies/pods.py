"""The settings of pods in a release's values: of users' pods, and of the hub's and the gateway's own.

A variable, a volume or an image reaches a pod through many settings: those of both charts, traits of KubeSpawner and of
the gateway in ``config`` or in code, profiles, groups, further containers. Rules search all of them by the name that
the last key has everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from policies.code_settings import read_valid_settings
from policies.differences import is_list
from policies.kinds import SPAWNERS
from policies.tree import Path, format_path, get

CLUSTERS = ("ClusterConfig", "KubeClusterConfig", "KubeBackend", "BoundedKubeBackend")
"""The classes of the gateway with settings of Dask's pods."""

HUB, GATEWAY = "jupyterhub", "dask-gateway"
HUB_CODE, GATEWAY_CODE = (HUB, "hub", "extraConfig"), (GATEWAY, "gateway", "extraConfig")
DASK: Path = (GATEWAY, "gateway")

OF_USERS: tuple[Path, ...] = (
    (HUB, "singleuser"),
    *((HUB, "hub", "config", name) for name in SPAWNERS),
    (*DASK, "backend"),
)
"""The places of users' pods: notebooks, and Dask's schedulers and workers."""

OF_SERVICES: tuple[Path, ...] = (
    *((HUB, part) for part in ("hub", "proxy", "scheduling", "cull")),
    *((GATEWAY, part) for part in ("gateway", "controller", "traefik")),
)
"""The places of the pods that the charts run themselves."""

NO_POD = ("config", "backend", "services", "loadRoles", "networkPolicy")
"""Keys in ``OF_SERVICES`` with other settings, and those of users' pods."""

TEXTS = ("annotations", "extraAnnotations", "extra_annotations", "extraFiles", "extraConfig", "digests")
"""Keys of mappings whose values are texts, one of which a preview does not know: the digest of the hub's secrets."""

ENVIRONMENTS = ("extraEnv", "environment", "env")
"""Keys of variables: by name, or in a list as in a container."""

ENVIRONMENT_SOURCES = ("envFrom", "env_from")
"""Keys of lists of whole Secrets and ConfigMaps that become variables."""

VOLUMES = ("extraVolumes", "volumes")


class Found(NamedTuple):
    """A setting with its place."""

    path: Path
    value: Any


class Variable(NamedTuple):
    """A variable with the place of its value. Its name is empty for a whole Secret or ConfigMap."""

    path: Path
    name: str
    value: Any


def users_settings(values: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the trees of settings of users' pods, and their settings in code."""
    for place in OF_USERS:
        if place[0] != GATEWAY or has_dask(values):
            yield Found(place, get(values, *map(str, place), default={}))
    yield from code_settings(values, HUB_CODE, SPAWNERS)
    if has_dask(values):
        yield from code_settings(values, GATEWAY_CODE, CLUSTERS)


def services_settings(values: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the trees of settings of the charts' own pods."""
    for place in OF_SERVICES:
        if place[0] != GATEWAY or has_dask(values):
            tree = get(values, *map(str, place), default={})
            for key in tree if isinstance(tree, Mapping) else ():
                if key not in (*NO_POD, *TEXTS):
                    # The key stays part of the tree, because it may be that of a setting itself.
                    yield Found(place, {key: tree[key]})


def code_settings(values: Mapping[str, Any], place: Path, classes: Sequence[str]) -> Iterator[Found]:
    """Yield the settings of classes in the code at a place; a piece that is not valid Python has none."""
    pieces = get(values, *map(str, place), default={})
    for name, code in pieces.items() if isinstance(pieces, Mapping) else [("", pieces)]:
        for each in read_valid_settings(code):
            if each.class_name in classes:
                yield Found((*place, name, each.class_name), {each.trait: each.value})


def has_dask(values: Mapping[str, Any]) -> bool:
    """Return whether the chart ``dask-gateway`` is enabled."""
    return get(values, GATEWAY, "enabled", default=True) is not False


def find_settings(tree: Any, names: Sequence[str], path: Path = ()) -> Iterator[Found]:  # noqa: ANN401 - any values
    """Yield the settings with one of these names, at any depth of a tree."""
    if isinstance(tree, Mapping):
        for key in tree:
            if key in names:
                yield Found((*path, key), tree[key])
            elif key not in (*TEXTS, *ENVIRONMENTS):
                yield from find_settings(tree[key], names, (*path, key))
    elif is_list(tree):
        for index in range(len(tree)):
            yield from find_settings(tree[index], names, (*path, index))


def find_variables(tree: Any, path: Path = ()) -> Iterator[Variable]:  # noqa: ANN401 - any values
    """Yield the variables in a tree."""
    for place, value in find_settings(tree, ENVIRONMENTS, path):
        yield from (Variable((*place, *inner), name, _text_of(entry)) for inner, name, entry in _by_name(value))
    for place, value in find_settings(tree, ENVIRONMENT_SOURCES, path):
        yield from (Variable((*place, index), "", value[index]) for index in range(len(value) if is_list(value) else 0))


def find_volumes(tree: Any, path: Path = ()) -> Iterator[Found]:  # noqa: ANN401 - any values
    """Yield the volumes in a tree. The charts and KubeSpawner have them in lists, or by name."""
    for place, value in find_settings(tree, VOLUMES, path):
        for key in value if isinstance(value, Mapping) else range(len(value) if is_list(value) else 0):
            yield Found((*place, key), value[key])


def format_place(path: Path) -> str:
    """Return a path as text. Those of the hub's chart are without its name."""
    return format_path(path[1:] if path[0] == HUB else path)


def _by_name(value: Any) -> Iterator[tuple[Path, str, Any]]:  # noqa: ANN401 - any values
    if isinstance(value, Mapping):
        yield from (((key,), str(key), value[key]) for key in value)
    elif is_list(value):
        for index in range(len(value)):
            entry = value[index]
            name = str(get(entry, "name", default=""))
            yield (index,), name, {key: entry[key] for key in entry if key != "name"} if name else entry
    else:
        yield (), "", value


def _text_of(value: Any) -> Any:  # noqa: ANN401 - any values
    """Return the text of a variable in the form of a container's; every other value is returned unchanged."""
    is_text = isinstance(value, Mapping) and set(value) <= {"name", "value"} and "value" in value
    return value["value"] if is_text else value
