"""Node pools: groups of equal nodes, told apart by labels and taints, each for certain kinds of pods."""

import operator
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from components.config.environment import Found, raise_problems
from components.config.kubernetes_syntax import (
    KEY_MESSAGE,
    VALUE_MESSAGE,
    is_extended_resource,
    is_label_value,
    is_qualified_name,
)
from components.config.section import Section, metadata
from components.config.temporary_storage import MAX_STORAGE_GB
from components.config.types import MIN_CPUS, MIN_RAM_GB, Number, PoolName, Text, WholeNumber

MAX_NODES = 10_000
MAX_NODE_CPUS = 4096
MAX_NODE_RAM_GB = 100_000
MAX_NODE_GPUS = 64
MAX_NODE_VOLUMES = 1000

GPU_RESOURCE = "nvidia.com/gpu"
"""Name that NVIDIA's device plug-in gives to GPUs: the default, and that of nodes which are not described."""

Purpose = Literal["hub", "notebooks", "daskSchedulers", "daskWorkers"]
"""Kinds of pods. ``hub`` stands for all pods that no user starts."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]

PREFER_NO_SCHEDULE: Effect = "PreferNoSchedule"
"""The effect that keeps no pod away."""


def _taint_key(value: str) -> str:
    if not is_qualified_name(value):
        raise ValueError(KEY_MESSAGE)
    return value


def _taint_value(value: str) -> str:
    if not is_label_value(value):
        raise ValueError(VALUE_MESSAGE)
    return value


def _gpu_resource(value: str) -> str:
    if not is_extended_resource(value):
        raise ValueError(
            "is not the name of an extended resource, such as a device plug-in gives to GPUs; write for example "
            "nvidia.com/gpu"
        )
    return value


def _labels(value: object) -> dict[str, str]:
    """Validate a mapping of labels, and report each label's problem under its key."""
    found: list[Found] = []
    read: dict[str, str] = {}
    if not isinstance(value, Mapping):
        found.append(((), value, "is not a section; write labels and their values below it"))
        value = {}
    for key, given in value.items():
        # YAML reads some values as other types, and Kubernetes has only text.
        text = str(given).lower() if isinstance(given, bool) else "" if given is None else str(given)
        if not is_qualified_name(str(key)):
            found.append(((str(key),), given, f"has a key that is none of a label: it {KEY_MESSAGE}"))
        elif isinstance(given, float):
            found.append(((str(key),), given, "is a number with a point; write it in quotes"))
        elif not isinstance(given, str | int | None) or not is_label_value(text):
            found.append(((str(key),), given, VALUE_MESSAGE))
        else:
            read[str(key)] = text
    raise_problems("labels", found)
    return dict(sorted(read.items()))


Labels = Annotated[
    dict[str, str],
    PlainValidator(_labels),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "boolean", "integer", "null"]}}),
]


NodeDiskGb = Annotated[
    Number | None,
    Field(
        ge=1,
        le=MAX_STORAGE_GB,
        description="Disk per node for images, logs and temporary storage: the file system with `/var/lib/kubelet`. If "
        "set, `capacity` counts temporary storage, and some of it is reserved for each pod",
        examples=[100],
        json_schema_extra=metadata(unit="GB"),
        exclude_if=lambda value: value is None,
    ),
]

NodeVolumes = Annotated[
    WholeNumber | None,
    Field(
        ge=1,
        le=MAX_NODE_VOLUMES,
        description="Number of volumes that a node can attach, by default not counted. Each running server has one for "
        "its home, the hub has one, and each shared folder that is no NFS export has one on each node",
        examples=[25],
        json_schema_extra=metadata(unit="volumes"),
        exclude_if=lambda value: value is None,
    ),
]


class Taint(Section):
    """A taint of all nodes of a pool. It keeps away other pods than those that the program places there."""

    key: Annotated[Text, AfterValidator(_taint_key)] = Field(description="Key", examples=["nvidia.com/gpu"])
    value: Annotated[Text, AfterValidator(_taint_value)] = Field("", description="Value", examples=["present"])
    effect: Effect = Field(description="Effect on pods that do not tolerate it", examples=["NoSchedule"])


class Pool(Section):
    """A group of equal nodes. Pods run only on the pools of their purpose, and tolerate the taints of these."""

    name: PoolName = Field(
        description="Name in messages, and in `pool` of profiles: at most 63 lower-case letters, digits and dashes",
        examples=["gpu"],
    )
    count: WholeNumber = Field(
        ge=1,
        le=MAX_NODES,
        description="Number of nodes; with an autoscaler, the largest",
        examples=[3],
        json_schema_extra=metadata(unit="nodes"),
    )
    cpus: Number = Field(
        ge=MIN_CPUS,
        le=MAX_NODE_CPUS,
        description="CPUs per node",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number = Field(
        ge=MIN_RAM_GB,
        le=MAX_NODE_RAM_GB,
        description="Memory per node",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    )
    disk_gb: NodeDiskGb = None
    max_volumes: NodeVolumes = None
    gpus: WholeNumber = Field(
        0,
        ge=0,
        le=MAX_NODE_GPUS,
        description="GPUs per node. Pods without a GPU use the pool only if a profile names it, or if no other pool "
        "has their purpose",
        examples=[2],
        json_schema_extra=metadata(unit="GPUs"),
    )
    gpu_resource: Annotated[Text, AfterValidator(_gpu_resource)] = Field(
        GPU_RESOURCE,
        description="Name of the extended resource that the nodes' device plug-in gives to the GPUs",
        examples=["amd.com/gpu"],
    )
    labels: Labels = Field(
        default_factory=dict,
        description="Labels that exactly the nodes of this pool have. Without labels, pods of its purposes may run on "
        "all nodes whose taints they tolerate",
        examples=[{"example.org/pool": "gpu"}],
    )
    taints: tuple[Taint, ...] = Field(
        (),
        description="Taints that all nodes of this pool have; by default none",
        examples=[[{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]],
    )
    purposes: tuple[Purpose, ...] = Field(
        PURPOSES,
        min_length=1,
        description="Pods that the pool is for: `hub` (hub, proxy and Dask's gateway), `notebooks`, `daskSchedulers`, "
        "`daskWorkers`; by default all",
        examples=[["notebooks"]],
    )
    placeholders: WholeNumber = Field(
        0,
        ge=0,
        le=1000,
        exclude_if=operator.not_,
        description="Number of placeholder pods of the size of a notebook server, for a pool with an autoscaler: a "
        "user's server takes the place of one at once, and the autoscaler adds a node for it. One pool can have them",
        examples=[2],
        json_schema_extra=metadata(unit="pods"),
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """Refuse two taints with one key and effect, which no node has, and placeholders that nobody would replace."""
        first: dict[tuple[str, str], int] = {}
        found: list[Found] = []
        for number, taint in enumerate(self.taints):
            if (earlier := first.setdefault((taint.key, taint.effect), number)) != number:
                message = f"has the key and effect of taints[{earlier}]; a node has each pair once, so remove one"
                found.append((("taints", number, "key"), taint.key, message))
        if self.placeholders and "notebooks" not in self.purposes:
            message = "must be 0 in a pool without the purpose notebooks, whose servers take their place"
            found.append((("placeholders",), self.placeholders, message))
        raise_problems("Pool", found)
        return self

    @property
    def barriers(self) -> frozenset[tuple[str, str, str]]:
        """The taints that keep away all pods that do not tolerate them."""
        return frozenset(
            (taint.key, taint.value, taint.effect) for taint in self.taints if taint.effect != PREFER_NO_SCHEDULE
        )


def pools_of(pools: tuple[Pool, ...], purpose: Purpose, *, gpus: bool = False) -> tuple[Pool, ...]:
    """Return the pools for pods of a purpose.

    Args:
        pools: all pools.
        purpose: the purpose.
        gpus: whether the pods request GPUs. Without, they leave pools with GPUs free as long as there are others.
    """
    suited = tuple(pool for pool in pools if purpose in pool.purposes)
    chosen = tuple(pool for pool in suited if bool(pool.gpus) is gpus)
    return chosen if chosen or gpus else suited


def describe_pools(pools: Iterator[Pool] | tuple[Pool, ...]) -> str:
    """Return the names of pools for a message: ``pools a and b``."""
    names = [pool.name for pool in pools]
    if len(names) == 1:
        return f"pool {names[0]}"
    return f"pools {', '.join(names[:-1])} and {names[-1]}" if names else "no pool"
