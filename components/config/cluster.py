"""The sections ``workers`` and ``kubernetes``: the cluster's nodes, and the access to the cluster."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from components.config.kubeconfig_text import is_kubeconfig_text
from components.config.section import Section, metadata
from components.config.types import EMPTY_IS_NONE, MIN_CPUS, MIN_RAM_GB, Number, Text, WholeNumber


class Nodes(Section):
    """The worker nodes that the cluster has. The program creates none; it computes how many notebooks fit on them."""

    count: WholeNumber = Field(
        ge=1,
        le=10_000,
        description="Number of worker nodes",
        examples=[3],
        json_schema_extra=metadata(unit="nodes"),
    )
    cpus: Number = Field(
        ge=MIN_CPUS,
        le=4096,
        description="CPUs per node",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number = Field(
        ge=MIN_RAM_GB,
        le=100_000,
        description="Memory per node",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    )
    expected_users: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Expected number of users with a running notebook server at the same time",
        examples=[20],
        json_schema_extra=metadata(unit="users"),
    )


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
