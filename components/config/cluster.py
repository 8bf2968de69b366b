"""The sections ``workers`` and ``kubernetes``: the cluster's nodes, and the access to the cluster."""

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from components.config.environment import Found, raise_problems
from components.config.kubeconfig_text import is_kubeconfig_text
from components.config.pools import MAX_NODE_CPUS, MAX_NODE_RAM_GB, MAX_NODES, NodeDiskGb, NodeVolumes, Pool
from components.config.problems import format_key
from components.config.section import Place, Section, metadata
from components.config.types import EMPTY_IS_NONE, MIN_CPUS, MIN_RAM_GB, Number, Text, WholeNumber

_REQUIRED_KEYS = ("count", "cpus", "ram_gb")
_REQUIRED = "is required; write for example {}, or describe several kinds of nodes in pools"


class Nodes(Section):
    """The worker nodes that the cluster has. The program creates none; it computes how many notebooks fit on them.

    Write `count`, `cpus` and `ramGb` if all nodes are equal, or else `pools`.
    """

    count: WholeNumber | None = Field(
        None,
        ge=1,
        le=MAX_NODES,
        description="Number of worker nodes. Required without `pools`, as the next two",
        examples=[3],
        json_schema_extra=metadata(unit="nodes"),
    )
    cpus: Number | None = Field(
        None,
        ge=MIN_CPUS,
        le=MAX_NODE_CPUS,
        description="CPUs per node",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number | None = Field(
        None,
        ge=MIN_RAM_GB,
        le=MAX_NODE_RAM_GB,
        description="Memory per node",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    )
    disk_gb: NodeDiskGb = None
    max_volumes: NodeVolumes = None
    pools: tuple[Pool, ...] = Field(
        (),
        exclude_if=operator.not_,
        description="Groups of equal nodes, each for certain pods, instead of the other keys for nodes",
        examples=[[{"name": "gpu", "count": 2, "cpus": 16, "ramGb": 128, "gpus": 2, "labels": {"pool": "gpu"}}]],
    )
    expected_users: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Expected number of users with a running notebook server at the same time",
        examples=[20],
        json_schema_extra=metadata(unit="users"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Require either the size of all nodes, or pools with names of their own."""
        pools = given.get("pools")
        for key in (*_REQUIRED_KEYS, "disk_gb", "max_volumes"):
            if pools and key in given:
                yield key, "must not be set together with pools; write it for each pool"
            elif not pools and key not in given and key in _REQUIRED_KEYS:
                yield key, _REQUIRED.format(_example(cls, key))
        first: dict[str, int] = {}
        for number, pool in enumerate(pools if isinstance(pools, Sequence) else ()):
            name = str(pool["name"]).strip() if isinstance(pool, Mapping) and pool.get("name") else None
            if name is not None and (earlier := first.setdefault(name, number)) != number:
                twin = format_key(("workers", "pools", earlier))
                yield ("pools", number, "name"), f"is also the name of {twin}; write another name"

    @model_validator(mode="after")
    def _check_placeholders(self) -> Self:
        """Allow placeholders on one pool, which labels tell apart: the chart has one group of them."""
        found: list[Found] = []
        pools = [(number, pool) for number, pool in enumerate(self.pools) if pool.placeholders]
        for number, pool in pools[1:]:
            message = f"must be 0, because pool {pools[0][1].name} has placeholders; keep them on one pool"
            found.append((("pools", number, "placeholders"), pool.placeholders, message))
        for number, pool in pools[:1]:
            if not pool.labels and len(self.pools) > 1:
                message = "needs labels of the pool, or placeholders could run on another; write them in labels"
                found.append((("pools", number, "placeholders"), pool.placeholders, message))
        raise_problems("Nodes", found)
        return self

    @property
    def kinds(self) -> tuple[Pool, ...]:
        """The pools; if all nodes are equal, one without a name, for all purposes."""
        if self.pools or self.count is None or self.cpus is None or self.ram_gb is None:
            return self.pools
        return (
            Pool.model_construct(
                name="",
                count=self.count,
                cpus=self.cpus,
                ram_gb=self.ram_gb,
                disk_gb=self.disk_gb,
                max_volumes=self.max_volumes,
            ),
        )

    @property
    def are_fixed(self) -> bool:
        """Whether no node is added for pods that do not fit: placeholders are only for clusters with an autoscaler."""
        return not any(pool.placeholders for pool in self.pools)


def _example(section: type[Section], name: str) -> object:
    return (section.model_fields[name].examples or [""])[0]


class Kubernetes(Section):
    """The Kubernetes cluster of the tenancy."""

    context: Text | None = Field(
        None,
        description="Context in the kubeconfig; by default its current context",
        examples=["vis@research-cloud"],
    )
    kubeconfig: Annotated[SecretStr | None, EMPTY_IS_NONE] = Field(
        None,
        exclude=True,
        description="Content of a kubeconfig file, encrypted (`pulumi config set --secret --path "
        "pangeo:kubernetes.kubeconfig`). By default, the file in the environment variable `KUBECONFIG` or "
        "`~/.kube/config` on the machine that runs `pulumi`",
        json_schema_extra=metadata(secret=True),
    )
    existing_namespace: Literal["refuse", "adopt"] = Field(
        "refuse",
        description="What to do at the first deployment if the namespace, or the storage class to create, exists "
        "already and was not kept by this stack: `refuse`, or `adopt` it. An adopted one keeps its other content and "
        "is never deleted",
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Yield a path in ``kubeconfig``: it would be valid on one machine only."""
        kubeconfig = given.get("kubeconfig")
        if isinstance(kubeconfig, str) and not is_kubeconfig_text(kubeconfig):
            yield (
                "kubeconfig",
                "is not the content of a kubeconfig file; if it is a path, remove the key and set the environment "
                "variable KUBECONFIG to the path, or store the content: "
                "pulumi config set --secret --path pangeo:kubernetes.kubeconfig < FILE",
            )
